"""The server of the benchmarks, a process of its own: it sends prepared answers and counts calls.

`python -m tests.bench.server` prints its port. Beside the calls of the service it answers
`POST /bench?...` (start anew with these conditions) and `GET /bench` (what it has seen since).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque

import attrs

from tests.bench.answers import Answers

ROOT = b"/books/v3/invoices"
_CONTROL = b"/bench"
_HEAD = (
    b"HTTP/1.1 %s\r\n"
    b"Server: ZGS\r\n"
    b"Date: Thu, 15 Jan 2026 19:11:31 GMT\r\n"
    b"Content-Type: application/json;charset=UTF-8\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: keep-alive\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: SAMEORIGIN\r\n"
    b"X-XSS-Protection: 1\r\n"
    b"Cache-Control: private,no-cache,no-store,max-age=0,must-revalidate\r\n"
    b"Pragma: no-cache\r\n"
    b"Strict-Transport-Security: max-age=15768000\r\n"
    b"X-Rate-Limit-Limit: 10000\r\n"
    b"X-Rate-Limit-Remaining: 9000\r\n"
    b"X-Rate-Limit-Reset: 79200\r\n"
    b"%s\r\n"
)
_REFUSAL = b'{"code":44,"message":"For security reasons you have been blocked for some time"}'
# A page fits into the socket's buffer, so that it leaves in one piece.
_BUFFER_BYTES = 1 << 20


@attrs.define
class Conditions:
    """Under what the calls of one measurement run: pages of the list, latency, limit of calls."""

    pages: int = 1
    latency_seconds: float = 0.0
    limit: int = 0
    window_seconds: float = 0.0


class Service:
    """What all connections share."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.start(Conditions())

    def start(self, conditions: Conditions) -> None:
        """Forget what was counted, and go on under `conditions`."""
        self.conditions = conditions
        self.calls: Counter[str] = Counter()
        self.bodies: Counter[str] = Counter()
        self._taken: deque[float] = deque()
        self._cpu_began = time.process_time()

    def seen(self) -> bytes:
        """Return what was counted, and the seconds of CPU that it took."""
        cpu = time.process_time() - self._cpu_began
        return json.dumps({"calls": self.calls, "bodies": self.bodies, "cpu": cpu}).encode()

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """Return the whole answer to one call of the service."""
        path, _, query = target.partition(b"?")
        if self._is_refused():
            self.calls["refused"] += 1
            retry = b"Retry-After: %d\r\n" % max(1, int(self.conditions.window_seconds))
            return _HEAD % (b"429 Too Many Requests", len(_REFUSAL), retry) + _REFUSAL
        if path == ROOT:
            content = self._page(query)
            name = f"{method.decode()} list"
        else:
            identifier = path[len(ROOT) + 1 :]
            got = self.answers.one if method == b"GET" else self.answers.changed
            content = got(identifier)
            name = f"{method.decode()} one"
        self.calls[name] += 1
        if body:
            self.bodies[body.decode()] += 1
        return _HEAD % (b"200 OK", len(content), b"") + content

    def _page(self, query: bytes) -> bytes:
        pairs = (pair.partition(b"=") for pair in query.split(b"&"))
        asked = {name: value for name, _, value in pairs}
        counted = asked.get(b"response_option") == b"1"
        return self.answers.page(int(asked[b"page"]), self.conditions.pages, counted=counted)

    def _is_refused(self) -> bool:
        limit, now = self.conditions.limit, time.monotonic()
        if not limit:
            return False
        while self._taken and self._taken[0] + self.conditions.window_seconds <= now:
            self._taken.popleft()
        if len(self._taken) >= limit:
            return True
        self._taken.append(now)
        return False


class Exchange(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            ends = end + 4 + _length(head)
            if len(self._received) < ends:
                return
            body, self._received = self._received[end + 4 : ends], self._received[ends:]
            method, target, _ = head.split(b" ", 2)
            self._answer(method, target, body)

    def _answer(self, method: bytes, target: bytes, body: bytes) -> None:
        if target.startswith(_CONTROL):
            content = self._control(method, body)
            self._transport.write(_HEAD % (b"200 OK", len(content), b"") + content)
            return
        answer = self._service.answer(method, target, body)
        if self._service.conditions.latency_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._service.conditions.latency_seconds, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _control(self, method: bytes, body: bytes) -> bytes:
        if method == b"POST":
            self._service.start(Conditions(**json.loads(body)))
        return self._service.seen()


def _length(head: bytes) -> int:
    if head.startswith(b"GET"):
        return 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve() -> None:
    """Serve until standard input ends, which it does when the parent is gone."""
    service = Service()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Exchange(service), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
