"""The HTTP server: threads, connections that stay open, connections that are cut.

It reads one request at a time from each connection, hands it to the application and writes the
reply in one piece. Werkzeug's own handler closes the connection after every answer, which would
hide what pooled clients do; so its `run_wsgi` is replaced here.
"""

from __future__ import annotations

import http.client
import ipaddress
import logging
import re
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

import attrs
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request

from zohorm.sandbox.reply import Reply, envelope, refused, unknown_url

if TYPE_CHECKING:
    from io import BufferedWriter

    from _typeshed.wsgi import WSGIEnvironment

BODY_LIMIT = 32 * 1024 * 1024
_POLL_SECONDS = 0.01
_DROPS = 20
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_TOO_LARGE = envelope({"code": 15, "message": "The request is too large."}, status=413)
_NO_LENGTH = envelope({"code": 4, "message": "The length of the request is none."}, status=400)
_log = logging.getLogger(__name__)


class Dropped(Exception):
    """Raised by the application to close the connection without an answer."""


class _Unreadable(Exception):
    """Raised where a body cannot be read to its end; the connection closes after the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


@attrs.frozen
class Cut:
    """A reply of which only the first part is sent before the connection closes."""

    reply: Reply
    length: int


@attrs.frozen
class Drip:
    """A reply whose content comes in drops, over so many seconds.

    `wait` waits between two of them, and tells whether there is somebody to send the next one to.
    """

    reply: Reply
    seconds: float
    wait: Wait


class Wait(Protocol):
    """What a dripping reply waits with."""

    def __call__(self, *, seconds: float | None) -> bool:
        """Wait for real; return whether to go on."""
        ...


Answerer = Callable[[Request], "Reply | Cut | Drip"]


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Server:
    """Listens, on loopback unless told otherwise, and answers by calling the application."""

    def __init__(
        self,
        answer: Answerer,
        *,
        now: Callable[[], float],
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """`now` is the time that the answers' `Date` tells, in seconds since 1970.

        Raises:
            OSError: the port is in use, or the address is not one of this machine.
        """
        self._listener = _Listener(host, port, answer, now)
        self.url = f"http://{_named(host)}:{self._listener.port}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": _POLL_SECONDS},
            name="zohorm-sandbox",
            daemon=True,
        )

    def start(self) -> None:
        """Begin to answer; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection, also those that wait for an answer."""
        self._listener.shutdown()
        self._listener.close_connections()
        self._listener.server_close()
        self._thread.join()


class _Listener(ThreadedWSGIServer):
    request_queue_size = 128

    def __init__(self, host: str, port: int, answer: Answerer, now: Callable[[], float]) -> None:
        self.answer = answer
        self.now = now
        # Guards the set of open connections.
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        # Werkzeug would end the whole process where the port is in use, so it gets an open one.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server(
            (host, port), family=family, backlog=self.request_queue_size
        ) as opened:
            super().__init__(host, port, _no_application, handler=_Handler, fd=opened.fileno())

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        _log.exception("a connection ended with an error")


class _Request(Request):
    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        # In memory, for a broken form would leave temporary files open; BODY_LIMIT bounds them.
        return BytesIO()


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Headers wait for the content, so that a small answer is one packet.
    wbufsize = 64 * 1024

    @property
    def _listener(self) -> _Listener:
        return cast("_Listener", self.server)

    def run_wsgi(self) -> None:
        try:
            body = self._read_body()
        except _Unreadable as unreadable:
            self._send(unreadable.reply)
            self.close_connection = True
            return
        try:
            answer = self._answer(body)
        except Dropped:
            self.close_connection = True
            _shut(self.connection)
            return
        if isinstance(answer, Cut):
            self._send(answer.reply, length=answer.length)
            self.close_connection = True
            _shut(self.connection)
        elif isinstance(answer, Drip):
            self._drip(answer)
        else:
            self._send(answer)

    def _drip(self, answer: Drip) -> None:
        content = answer.reply.content
        drop = max(1, len(content) // _DROPS)
        self._send(answer.reply, length=0)
        for start in range(0, len(content), drop):
            if not answer.wait(seconds=answer.seconds / _DROPS):
                self.close_connection = True
                return
            self._write(content[start : start + drop])
            if self.close_connection:
                return

    def _answer(self, body: bytes) -> Reply | Cut | Drip:
        try:
            environ: WSGIEnvironment = self.make_environ()
        except ValueError:
            # An address that cannot be taken apart, such as http://[ with no end.
            return refused(unknown_url())
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        try:
            with _Request(environ) as request:
                return self._listener.answer(request)
        except Dropped:
            raise
        except Exception:  # noqa: BLE001  # a fault of ours; the client sees what the service would say
            _log.exception("the sandbox failed on %s", self.requestline)
            return envelope({"code": 1000, "message": "Internal error"}, status=500)

    def _read_body(self) -> bytes:
        """Return the body.

        Raises:
            _Unreadable: it is too large, or its length makes no sense.
        """
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        text = self.headers.get("Content-Length", "0").strip()
        if not text.isascii() or not text.isdigit():
            raise _Unreadable(_NO_LENGTH)
        if len(text.lstrip("0")) > 9 or int(text) > BODY_LIMIT:
            raise _Unreadable(_TOO_LARGE)
        return self.rfile.read(int(text))

    def _read_chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            size_text = self.rfile.readline(80).split(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size_text):
                raise _Unreadable(_NO_LENGTH)
            size = int(size_text, 16)
            total += size
            if total > BODY_LIMIT:
                raise _Unreadable(_TOO_LARGE)
            if size == 0:
                break
            parts.append(self.rfile.read(size))
            self.rfile.readline(2)
        http.client.parse_headers(self.rfile)
        return b"".join(parts)

    def _send(self, reply: Reply, *, length: int | None = None) -> None:
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = ""
        self.send_response_only(reply.status, phrase)
        if "Date" not in reply.headers:
            self.send_header("Date", formatdate(self._listener.now(), usegmt=True))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.content)))
        # A client that asked for one or the other learns that it gets it.
        if "Connection" in self.headers:
            self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        content = b"" if self.command == "HEAD" else reply.content[:length]
        self._write(content)

    def _write(self, content: bytes) -> None:
        try:
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:
            # The client has left. What waits to be written is dropped, or closing would try again,
            # fail, and leave the socket open.
            self.close_connection = True
            cast("BufferedWriter", self.wfile).raw.close()

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing: the calls are in `sandbox.calls`."""

    def log_error(self, format: str, *args: object) -> None:  # named so by the base
        """Print nothing: the client has its answer."""


def _named(host: str) -> str:
    """Return the host of a URL that reaches an address that was listened on."""
    reached = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{reached}]" if ":" in reached else reached


def _no_application(environ: object, start_response: object) -> list[bytes]:
    raise NotImplementedError("the handler calls the sandbox itself")


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The client has closed it already.
        pass
