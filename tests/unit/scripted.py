"""A server that does exactly what a test tells it, for faults that the sandbox does not offer."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

import attrs

Fault = Literal["drop", "hang", "truncate", "hang-in-body", "hang-up-after", "drip", "drip-headers"]
TOKEN_PATH = "/oauth/v2/token"


@attrs.frozen
class Step:
    """One answer: a status and a body, or a fault."""

    status: int = 200
    body: bytes = b'{"code":0,"message":"success"}'
    headers: Mapping[str, str] = attrs.field(factory=dict)
    fault: Fault | None = None


@attrs.frozen
class Seen:
    """One request as it arrived, and the number of the connection that it arrived on."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


class Scripted:
    """Gives the steps in order, then success for ever; token requests have their own script."""

    def __init__(self) -> None:
        self.calls: list[Seen] = []
        self.token_calls: list[Seen] = []
        self.most_at_once = 0
        self._steps: list[Step] = []
        self._token_steps: list[Step] = []
        self._tokens_given = 0
        self._at_once = 0
        self._connections = 0
        self._gate: threading.Event | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._gate is not None:
            self._gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def next(
        self,
        status: int = 200,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next calls so; a body that is not bytes is sent as JSON."""
        self._steps += [_step(status, body, headers, fault)] * times

    def next_token(
        self,
        status: int = 200,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next token requests so."""
        self._token_steps += [_step(status, body, headers, fault)] * times

    def hold(self) -> threading.Event:
        """Let every request wait until the returned event is set."""
        self._gate = threading.Event()
        return self._gate

    def _take(self, seen: Seen) -> Step:
        with self._lock:
            if seen.path == TOKEN_PATH:
                self.token_calls.append(seen)
                return self._token_steps.pop(0) if self._token_steps else self._new_token()
            self.calls.append(seen)
            return self._steps.pop(0) if self._steps else Step()

    def _new_token(self) -> Step:
        self._tokens_given += 1
        return _step(
            200,
            {
                "access_token": f"1000.token-{self._tokens_given}",
                "api_domain": self.url,
                "token_type": "Bearer",
                "expires_in": 3600,
            },
            None,
            None,
        )

    def _connected(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def _entered(self) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if self._gate is not None:
            self._gate.wait()

    def _left(self) -> None:
        with self._lock:
            self._at_once -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of many tests."""


def _step(
    status: int, body: object, headers: Mapping[str, str] | None, fault: Fault | None
) -> Step:
    if body is None:
        body = {"code": 0, "message": "success"}
    kind = "text/html" if isinstance(body, bytes) else "application/json;charset=UTF-8"
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Step(status, content, {"Content-Type": kind, **(headers or {})}, fault)


def _handler(script: Scripted) -> type[socketserver.BaseRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self.number = script._connected()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            seen = Seen(
                method=self.command,
                path=parts.path,
                query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
                raw_query=parts.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
                connection=self.number,
            )
            step = script._take(seen)
            script._entered()
            try:
                self._play(step)
            finally:
                script._left()

        def _play(self, step: Step) -> None:
            if step.fault == "hang":
                script._over.wait()
            if step.fault in ("hang", "drop"):
                self.close_connection = True
                return
            if step.fault == "drip-headers":
                self._drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 10_000)
                return
            self.send_response(step.status)
            for name, value in step.headers.items():
                self.send_header(name, value)
            if step.fault == "drip":
                self.send_header("Content-Length", "10000")
                self.end_headers()
                self._drip(b"{" * 10_000)
                return
            extra = 10 if step.fault in ("truncate", "hang-in-body") else 0
            self.send_header("Content-Length", str(len(step.body) + extra))
            self.end_headers()
            self.wfile.write(step.body)
            self.wfile.flush()
            if step.fault == "hang-in-body":
                script._over.wait()
            if step.fault is not None:
                self.close_connection = True

        def _drip(self, content: bytes) -> None:
            """Be never silent for long, and never done."""
            self.close_connection = True
            for number in range(len(content)):
                self.wfile.write(content[number : number + 1])
                self.wfile.flush()
                if script._over.wait(0.02):
                    return

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  (http.server asks for them)

    return Handler
