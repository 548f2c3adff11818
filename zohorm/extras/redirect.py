"""The end of a consent in a browser: a listener on this machine that takes one redirect.

`zohorm login` opens it, sends the user's browser to the accounts server, and waits.
"""

from __future__ import annotations

import hmac
import html
import queue
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from zohorm.errors import AuthError, InvalidValue, Timeout

_LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}
_PAGE = "<!doctype html><html lang=en><title>zohorm</title><p>{}</p></html>"
# A browser may open connections in advance, and send nothing on them.
_SILENCE_SECONDS = 10


class Redirect:
    """Listens at `url`, whose host is this machine, until a browser was sent there.

    Raises:
        InvalidValue: the address is not one of this machine over plain HTTP, or it is taken.
    """

    def __init__(self, url: str, *, state: str) -> None:
        self._path, address = _place(url)
        self._state = state
        self._arrived: queue.Queue[Mapping[str, str]] = queue.Queue()
        try:
            self._server = _Server(address, self)
        except OSError as error:
            raise InvalidValue(
                f"nobody can listen on port {address[1]}: {error.strerror}",
                advice="Register another port with the client, and pass --redirect-url",
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.daemon = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float) -> Mapping[str, str]:
        """Return what the redirect says: `code`, and maybe `location` and `accounts-server`.

        Raises:
            AuthError: the user refused, or the service sent the browser back with an error.
            Timeout: nobody came in time.
        """
        try:
            said = self._arrived.get(timeout=seconds)
        except queue.Empty:
            raise Timeout(
                f"no browser came back within {seconds:.0f} seconds",
                advice="Start again; on a machine without a browser use --device",
            ) from None
        error = said.get("error")
        if error == "access_denied":
            raise AuthError("the user refused consent", advice="Nothing was stored", code=error)
        if error is not None or not said.get("code"):
            raise AuthError(
                "the service sent the browser back without a code",
                advice="Check the scopes, and the redirect address of the client",
                code=_plain(error),
            )
        return said

    def arrived(self, target: str) -> tuple[HTTPStatus, str]:
        """Take one request of the browser, and return what it is told."""
        parts = urlsplit(target)
        if parts.path != self._path:
            return HTTPStatus.NOT_FOUND, "There is nothing here."
        said = dict(parse_qsl(parts.query))
        # Anybody may send a browser here; only the service that we sent it to knows the state.
        if not hmac.compare_digest(said.get("state", "").encode(), self._state.encode()):
            return HTTPStatus.BAD_REQUEST, "This is not the answer that was waited for."
        self._arrived.put(said)
        if said.get("code"):
            return HTTPStatus.OK, "Done. You may close this window and go back to the terminal."
        return HTTPStatus.OK, "Nothing was allowed. You may close this window."


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], redirect: Redirect) -> None:
        self.redirect = redirect
        if ":" in address[0]:
            import socket

            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that went away."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENCE_SECONDS

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        status, said = self.server.redirect.arrived(self.path)
        content = _PAGE.format(html.escape(said)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        # The address of this page holds the code.
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the address holds the code."""


def _place(url: str) -> tuple[str, tuple[str, int]]:
    """Return the path to wait for, and the address to listen on."""
    try:
        parts = urlsplit(url)
        host, port = _LOOPBACK.get(parts.hostname or ""), parts.port or 80
    except ValueError:
        raise _wrong_place() from None
    if host is None or parts.scheme != "http" or parts.query or parts.fragment:
        raise _wrong_place()
    return parts.path or "/", (host, port)


def _wrong_place() -> InvalidValue:
    return InvalidValue(
        "the redirect address must be http://localhost:PORT/ or one below it",
        advice="Register such an address with the client; nobody else can be sent there",
    )


def _plain(error: str | None) -> str | None:
    """Return an error's name only if it is a name."""
    return error if error is not None and error.replace("_", "").isalnum() else None
