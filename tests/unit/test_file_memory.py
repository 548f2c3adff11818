"""A file of any size goes through little memory, both ways; measured over HTTP."""

from __future__ import annotations

import os
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from wiring import Wiring

from zohorm import downloads, uploads
from zohorm.calls import Call
from zohorm.clock import SystemClock
from zohorm.connection import Connection
from zohorm.errors import OutcomeUnknown
from zohorm.refresh import Token
from zohorm.resource import FilePart, Operation
from zohorm.uploads import FileSource

SIZE = 50 * 2**20
MOST_BYTES = 2**20
ATTACH = Operation("POST", "/bills/1/attachment", files=(FilePart("attachment", kinds="pdf"),))
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"


class Flowing:
    """A server that takes and gives files of any size, and keeps nothing of them."""

    def __init__(self) -> None:
        self.taken = 0
        self._buffer = bytearray(2**16)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as asked:
            line = asked.readline()
            length = 0
            while (header := asked.readline()) != b"\r\n":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            while length:
                got = asked.readinto1(memoryview(self._buffer)[: min(length, len(self._buffer))])
                length -= got
                self.taken += got
        if line.startswith(b"GET"):
            connection.sendall(HEAD % (b"application/pdf", SIZE))
            for _ in range(SIZE // len(self._buffer)):
                connection.sendall(self._buffer)
        else:
            said = b'{"code":0,"access_token":"1000.t","expires_in":3600}'
            connection.sendall(HEAD % (b"application/json", len(said)) + said)


@pytest.fixture
def flowing() -> Iterator[Flowing]:
    server = Flowing()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def connection(flowing: Flowing) -> Iterator[Connection]:
    with Wiring(url=flowing.url).open() as opened:
        opened.send(Call("PUT", "/first"))  # What is made once is not counted.
        yield opened


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.pdf"
    with path.open("wb") as stream:
        stream.truncate(SIZE)
    return path


def peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@contextmanager
def piped(path: Path) -> Iterator[BinaryIO]:
    """A pipe that a thread writes the file into."""
    ours, theirs = os.pipe()

    def write() -> None:
        with path.open("rb") as source, open(theirs, "wb", buffering=0) as target:
            while piece := source.read(2**16):
                target.write(piece)

    thread = threading.Thread(target=write)
    thread.start()
    with open(ours, "rb") as stream:
        yield cast("BinaryIO", stream)
    thread.join()


def send(connection: Connection, source: FileSource) -> None:
    with uploads.opened(ATTACH, {"attachment": uploads.File(source, name="a.pdf")}) as opened:
        form = opened.body()
        connection.send(Call("POST", ATTACH.path, body=form, headers=form.headers))


def test_an_upload_from_a_path_is_never_whole_in_memory(
    connection: Connection, flowing: Flowing, large: Path
) -> None:
    assert peak_bytes(lambda: send(connection, large)) < MOST_BYTES
    assert flowing.taken > SIZE


def test_an_upload_from_a_pipe_is_never_whole_in_memory(
    connection: Connection, flowing: Flowing, large: Path
) -> None:
    with piped(large) as stream:
        assert peak_bytes(lambda: send(connection, stream)) < MOST_BYTES
    assert flowing.taken > SIZE


def test_a_download_to_a_path_is_never_whole_in_memory(
    connection: Connection, tmp_path: Path
) -> None:
    target = tmp_path / "got.pdf"

    def fetch() -> None:
        with downloads.saving_to(target, None) as (download, _):
            connection.send(Call("GET", "/bills/1/attachment", sink=download))

    assert peak_bytes(fetch) < MOST_BYTES
    assert target.stat().st_size == SIZE


def send_once(connection: Connection, form: uploads.Multipart) -> None:
    connection.send(Call("POST", ATTACH.path, body=form, headers=form.headers, repeatable=False))


def test_an_upload_that_nobody_reads_ends_with_the_time_of_the_call(large: Path) -> None:
    """The server is there and silent, so the upload stands still in the middle."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        wiring = Wiring(
            url=f"http://127.0.0.1:{deaf.getsockname()[1]}",
            clock=SystemClock(),
            token=None,
            first_token=Token("1000.t", expires_at=float("inf")),
            max_wait_seconds=0.5,
        )
        began = time.monotonic()
        with (
            wiring.open() as connection,
            uploads.opened(ATTACH, {"attachment": large}) as opened,
            pytest.raises(OutcomeUnknown),
        ):
            send_once(connection, opened.body())

    assert time.monotonic() - began < 3
