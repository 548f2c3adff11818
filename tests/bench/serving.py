"""Start the server of the benchmarks, talk to it bare, and measure how fast it is by itself."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

ROOT = Path(__file__).parents[2]


@attrs.frozen
class Seen:
    """What the server has counted since it was told to start anew."""

    calls: Mapping[str, int]
    bodies: Mapping[str, int]
    cpu: float


class Bare:
    """A keep-alive connection of a socket and nothing else; it only looks for the length."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(1 << 20))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, method: str, target: str, body: bytes = b"") -> memoryview:
        """Return the body of the answer; it is overwritten by the next one."""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        held, start, ends = 0, 0, -1
        while held != ends:
            held += self._socket.recv_into(self._buffer[held:])
            if ends < 0 and (found := bytes(self._buffer[: min(held, 2000)]).find(b"\r\n\r\n")) > 0:
                start = found + 4
                ends = start + _length(bytes(self._buffer[:found]))
        return self._buffer[start:ends]

    def start(self, **conditions: float) -> None:
        """Let the server count from zero, under these conditions."""
        self.send("POST", "/bench", json.dumps(conditions).encode())

    def seen(self) -> Seen:
        """Return what the server has counted."""
        return Seen(**json.loads(bytes(self.send("GET", "/bench"))))


def _length(head: bytes) -> int:
    return int(head.partition(b"Content-Length:")[2].partition(b"\r\n")[0])


class Server:
    """The server's process, for a `with` block."""

    def __enter__(self) -> int:
        """Start the server and return its port."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # It reads its standard input to the end and leaves then.
        self._process.communicate()


@attrs.frozen
class Speed:
    """How fast the server answers a client that does nothing with the answer."""

    what: str
    size: int
    calls_per_second: float
    server_seconds: float
    """CPU of the server per call."""


def speeds(port: int, *, calls: int) -> list[Speed]:
    """Measure the server by itself, one figure per kind of answer."""
    one = "/books/v3/invoices/4815000000001000007?organization_id=10001"
    kinds = [
        ("a list page", "GET", "/books/v3/invoices?page=1&per_page=200", b""),
        ("an invoice", "GET", one, b""),
        ("a change", "PUT", one, b'{"reference_number":"x"}'),
    ]
    found = []
    with Bare(port) as bare:
        for what, method, target, body in kinds:
            bare.start(pages=1)
            size = len(bare.send(method, target, body))
            bare.start(pages=1)
            began = time.perf_counter()
            for _ in range(calls):
                bare.send(method, target, body)
            seconds = time.perf_counter() - began
            found.append(Speed(what, size, calls / seconds, bare.seen().cpu / calls))
    return found
