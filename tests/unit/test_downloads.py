"""Files on their way in: where they go, what is told of them, and what a failure leaves behind."""

from __future__ import annotations

import gzip
import io
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import attrs
import pytest
from scripted import Scripted
from wiring import Wiring

from zohorm import downloads
from zohorm.calls import Call
from zohorm.clock import SystemClock
from zohorm.downloads import FileTarget, Progress, SavedFile
from zohorm.errors import (
    InvalidValue,
    MalformedReply,
    NotFound,
    Timeout,
    Unreachable,
    WrongType,
)
from zohorm.retry import RetryPolicy
from zohorm.transport import Reply, Request

CONTENT = bytes(range(256)) * 1000
FILE = {"Content-Type": "application/pdf"}
AT_ONCE = RetryPolicy(backoff_seconds=0)


def fetch(
    url: str, to: FileTarget, progress: Progress | None = None, **settings: object
) -> SavedFile:
    """Download what the server gives."""
    wiring = attrs.evolve(Wiring(url=url, retry=AT_ONCE), **settings)
    with wiring.open() as connection, downloads.saving_to(to, progress) as (download, path):
        download.complete(connection.send(Call("GET", "/invoices/1/attachment", sink=download)))
    return download.saved(path)


class OneWay(io.RawIOBase):
    """A stream that cannot go back, and takes little at a time."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, content: object, /) -> int:
        piece = bytes(cast("memoryview", content)[:1000])
        self.taken += piece
        return len(piece)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A path in a folder of its own, so that leftovers show."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder / "contract.pdf"


def beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_goes_to_a_path(server: Scripted, target: Path) -> None:
    disposition = "attachment; filename=contract-7.pdf"
    server.next(body=CONTENT, headers={**FILE, "Content-Disposition": disposition})

    saved = fetch(server.url, target)

    assert saved == SavedFile(len(CONTENT), "application/pdf", "contract-7.pdf", target)
    assert target.read_bytes() == CONTENT
    assert beside(target) == ["contract.pdf"]


def test_a_file_goes_to_a_stream_where_it_stands(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE)
    stream = io.BytesIO(b"head")
    stream.seek(4)

    assert fetch(server.url, stream).path is None
    assert stream.getvalue() == b"head" + CONTENT


def test_a_file_goes_to_a_stream_that_takes_little_at_a_time(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE)
    stream = OneWay()

    fetch(server.url, cast("BinaryIO", stream))

    assert stream.taken == CONTENT


def test_progress_is_told_from_nothing_to_all(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE)
    told: list[tuple[int, int | None]] = []

    fetch(server.url, target, lambda received, total: told.append((received, total)))

    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert len(told) > 3
    assert told == sorted(told)


def test_of_a_compressed_file_the_length_is_not_known(server: Scripted, target: Path) -> None:
    packed = {**FILE, "Content-Encoding": "gzip"}
    server.next(body=gzip.compress(CONTENT), headers=packed)
    totals = set()

    fetch(server.url, target, lambda _, total: totals.add(total))

    assert totals == {None}
    assert target.read_bytes() == CONTENT


def test_a_file_that_breaks_off_is_asked_for_again(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT[:999], headers=FILE, fault="truncate")
    server.next(body=CONTENT, headers=FILE)
    told = []

    fetch(server.url, target, lambda received, _: told.append(received))

    assert target.read_bytes() == CONTENT
    assert told.count(0) == 2


def test_a_shorter_file_leaves_nothing_of_a_longer_try(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE, fault="truncate")
    server.next(body=b"short", headers=FILE)
    stream = io.BytesIO()

    fetch(server.url, stream)

    assert stream.getvalue() == b"short"


def test_a_file_that_always_breaks_off_leaves_what_was_there(
    server: Scripted, target: Path
) -> None:
    target.write_bytes(b"the old one")
    server.next(body=CONTENT, headers=FILE, fault="truncate", times=4)

    with pytest.raises(MalformedReply):
        fetch(server.url, target)

    assert len(server.calls) == 4
    assert target.read_bytes() == b"the old one"
    assert beside(target) == ["contract.pdf"]


def test_a_stream_is_cut_to_what_it_was(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE, fault="truncate", times=4)
    stream = io.BytesIO(b"head")
    stream.seek(4)

    with pytest.raises(MalformedReply):
        fetch(server.url, stream)

    assert stream.getvalue() == b"head"


def test_a_stream_that_cannot_go_back_gets_no_second_try(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE, fault="truncate")
    stream = OneWay()

    with pytest.raises(MalformedReply, match="begin anew with another"):
        fetch(server.url, cast("BinaryIO", stream))

    assert len(server.calls) == 1


def test_a_stream_that_cannot_go_back_waits_for_its_first_byte(server: Scripted) -> None:
    server.next(502, b"<html>", times=2)
    server.next(body=CONTENT, headers=FILE)
    stream = OneWay()

    fetch(server.url, cast("BinaryIO", stream))

    assert stream.taken == CONTENT


@contextmanager
def killed_halfway() -> Iterator[tuple[str, list[int]]]:
    """A server that dies in the middle of each answer: the connection is reset."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(10_000)
                if b"/oauth/" in asked:
                    token = b'{"access_token":"1000.t","expires_in":3600}'
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(token) + token)
                    continue
                seen.append(1)
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n"
                connection.sendall(head + b"Content-Length: 999999\r\n\r\n" + CONTENT)
                lingering = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_server_that_dies_halfway_leaves_no_file(target: Path) -> None:
    with killed_halfway() as (url, seen), pytest.raises((MalformedReply, Unreachable)):
        fetch(url, target)

    assert len(seen) > 1
    assert beside(target) == []


def test_a_server_that_falls_silent_halfway_is_left_in_time(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE, fault="hang-in-body", times=3)

    with pytest.raises(Timeout):
        fetch(server.url, target, timeout=(5.0, 0.2))

    assert beside(target) == []


def test_a_file_that_comes_in_drops_ends_with_the_time_of_the_call(
    server: Scripted, target: Path
) -> None:
    """The time of the call bounds it, although the server is never silent for long."""
    server.next(headers=FILE, fault="drip")

    with pytest.raises(Timeout):
        fetch(server.url, target, max_wait_seconds=0.5, clock=SystemClock())

    assert len(server.calls) == 1
    assert beside(target) == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, {"code": 1002, "message": "Attachment does not exist."}, NotFound),
        (200, {"code": 1002, "message": "Attachment does not exist."}, NotFound),
    ],
)
def test_a_refusal_is_one_although_a_file_is_due(
    server: Scripted, target: Path, status: int, body: object, error: type[Exception]
) -> None:
    target.write_bytes(b"the old one")
    server.next(status, body)

    with pytest.raises(error):
        fetch(server.url, target)

    assert target.read_bytes() == b"the old one"
    assert beside(target) == ["contract.pdf"]


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", "text/csv"])
def test_a_refusal_in_the_clothes_of_a_file_is_one(
    server: Scripted, target: Path, kind: str
) -> None:
    said = {"Content-Type": kind, "Content-Disposition": 'attachment; filename="a.pdf"'}
    body = b'{"code": 1002, "message": "Attachment does not exist."}'
    server.next(body=body, headers=said, times=2)
    stream = io.BytesIO()

    with pytest.raises(NotFound, match=r"Attachment does not exist\."):
        fetch(server.url, target)
    with pytest.raises(NotFound):
        fetch(server.url, stream)

    assert (beside(target), stream.getvalue()) == ([], b"")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"code": 1002}',
        b'{"code": 0, "message": "success"}',
        b'{"message": "no code"}',
        b"{" * 70_000,
        b'{"code": 1, "message": "' + b"x" * 70_000 + b'"}',
        b'{"code": 1, "message": "' + b"x" * 200_000 + b'"}',
    ],
    ids=lambda content: f"{content[:20]!r}, {len(content)} bytes",
)
def test_a_file_may_begin_as_json_does(server: Scripted, target: Path, content: bytes) -> None:
    server.next(body=content, headers={"Content-Type": "application/octet-stream"})

    fetch(server.url, target)

    assert target.read_bytes() == content


def test_a_gateways_page_is_no_file(server: Scripted, target: Path) -> None:
    server.next(body=b"<html>", headers={"Content-Type": "text/html"}, times=4)

    with pytest.raises(MalformedReply):
        fetch(server.url, target)

    assert beside(target) == []


def test_a_text_that_is_called_a_file_is_one(server: Scripted, target: Path) -> None:
    said = {"Content-Type": "text/csv", "Content-Disposition": "attachment; filename=a.csv"}
    server.next(body=b"a,b\n", headers=said)

    assert fetch(server.url, target).kind == "text/csv"


def test_an_empty_file_is_an_error(server: Scripted, target: Path) -> None:
    server.next(body=b"", headers=FILE, times=4)

    with pytest.raises(MalformedReply):
        fetch(server.url, target)

    assert beside(target) == []


def test_what_the_callback_raises_ends_the_call(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE, times=2)

    def stop(received: int, total: int | None) -> None:
        if received:
            raise TimeoutError("the user has left")

    with pytest.raises(TimeoutError, match="the user has left") as caught:
        fetch(server.url, target, stop)

    assert type(caught.value) is TimeoutError
    assert len(server.calls) == 1
    assert beside(target) == []


def test_an_interrupt_leaves_no_half_file(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE)

    def interrupt(received: int, total: int | None) -> None:
        if received:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server.url, target, interrupt)

    assert beside(target) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_a_full_disk_is_told_as_what_it_is(server: Scripted) -> None:
    server.next(body=CONTENT, headers=FILE, times=2)

    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space"):
        fetch(server.url, cast("BinaryIO", full))

    assert len(server.calls) == 1


def test_a_folder_that_is_not_there_costs_no_call(server: Scripted, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fetch(server.url, tmp_path / "nowhere" / "contract.pdf")

    assert server.calls == []


def test_a_folder_is_no_place_for_a_file(server: Scripted, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="folder"):
        fetch(server.url, tmp_path)

    assert server.calls == []


def test_a_device_is_not_replaced_by_a_file(server: Scripted, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(InvalidValue, match="device or a pipe"):
        fetch(server.url, pipe)

    assert pipe.is_fifo()


@pytest.mark.parametrize("to", [io.StringIO(), 7])
def test_what_takes_no_bytes_is_refused(server: Scripted, to: object) -> None:
    with pytest.raises(WrongType):
        fetch(server.url, cast("BinaryIO", to))

    assert server.calls == []


def test_a_link_leads_to_the_new_file(server: Scripted, target: Path, tmp_path: Path) -> None:
    server.next(body=CONTENT, headers=FILE)
    target.write_bytes(b"the old one")
    link = tmp_path / "link.pdf"
    link.symlink_to(target)

    fetch(server.url, link)

    assert link.is_symlink()
    assert target.read_bytes() == CONTENT


def test_a_new_file_can_be_read_by_whom_the_old_one_could(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE)
    target.touch(mode=0o640)
    target.chmod(0o640)

    fetch(server.url, target)

    assert target.stat().st_mode & 0o777 == 0o640


def test_two_threads_may_save_to_one_path(server: Scripted, target: Path) -> None:
    server.next(body=CONTENT, headers=FILE, times=6)
    threads = [threading.Thread(target=fetch, args=(server.url, target)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert target.read_bytes() == CONTENT
    assert beside(target) == ["contract.pdf"]


def test_a_transport_that_knows_no_sinks_will_do(target: Path) -> None:
    class Whole:
        def send(self, request: Request, *_: object, **__: object) -> Reply:
            return Reply(200, FILE, CONTENT)

        def close(self) -> None:
            """Nothing is open."""

    told = []
    with downloads.saving_to(target, lambda *at: told.append(at)) as (download, _):
        reply = Whole().send(Request("GET", "http://127.0.0.1/"))
        download.complete(reply)  # type: ignore[arg-type]  # it has what an answer has here

    assert target.read_bytes() == CONTENT
    assert told == [(0, None), (len(CONTENT), None)]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ('attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'),
        ("attachment; filename*=UTF-8''M%C3%BCller.pdf", "Müller.pdf"),
        ("attachment; filename=\"M_ller.pdf\"; filename*=UTF-8''M%C3%BCller.pdf", "Müller.pdf"),
        ("attachment; filename*=utf-8'de'M%C3%BCller.pdf; filename=\"M_ller.pdf\"", "Müller.pdf"),
        ("attachment; filename*=ISO-8859-1''M%FCller.pdf", "Müller.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''%FF.pdf", "a.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=KLINGON''%41.pdf", "a.pdf"),
        ('attachment;filename="MÃ¼ller.pdf"', "Müller.pdf"),
        ('attachment; filename="Müller.pdf"', "Müller.pdf"),
        ('attachment; FileName="a;b.pdf"; size=7', "a;b.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ('attachment; filename="C:\\\\temp\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="a\tb.pdf"', "ab.pdf"),
        ('attachment; filename=".."', None),
        ('attachment; filename=""', None),
        ("attachment", None),
        ("", None),
    ],
)
def test_names_of_files_are_read(disposition: str, name: str | None) -> None:
    """RFC 6266; what leads to another folder is left out."""
    assert downloads.file_name(disposition) == name
