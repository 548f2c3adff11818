"""Files on their way out: what is read from where, what is refused, and what the server sees."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import attrs
import pytest
from scripted import Scripted
from werkzeug.formparser import parse_form_data
from wiring import Wiring

from zohorm import uploads
from zohorm.calls import Call
from zohorm.errors import (
    InFlightLimit,
    InvalidValue,
    OutcomeUnknown,
    Unreachable,
    Unsupported,
    WrongType,
    ZohoError,
)
from zohorm.resource import FilePart, Operation
from zohorm.retry import RetryPolicy
from zohorm.uploads import File, FileSource

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PDF = b"%PDF-1.4 a contract"
PNG = b"\x89PNG\r\n\x1a\n and so on"
PART = FilePart("attachment", kinds="gif png jpeg jpg pdf", megabytes=1)


@attrs.frozen
class Sent:
    """One part of a form as the server read it."""

    name: str
    file_name: str | None
    kind: str
    content: bytes


def attach(*parts: FilePart) -> Operation:
    return Operation("POST", "/bills/1/attachment", "scope", files=parts or (PART,))


def sent(
    source: FileSource | list[FileSource],
    part: FilePart = PART,
    *,
    json: object = None,
    fields: dict[str, object] | None = None,
) -> list[Sent]:
    """Read the form that would be sent."""
    with uploads.opened(attach(part), {part.name: source}) as opened:
        form = opened.body(json, fields)
        content = b"".join(form)
        assert len(content) == len(form)
        return list(parts_of(form.headers["Content-Type"], content))


def parts_of(content_type: str, content: bytes) -> Iterator[Sent]:
    """Read a form as a server does, fields first."""
    environ: WSGIEnvironment = {
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
    }
    _, fields, files = parse_form_data(environ, silent=False)
    for name, text in fields.items(multi=True):
        yield Sent(name, None, "text/plain", text.encode())
    for name, file in files.items(multi=True):
        with closing(file):
            yield Sent(name, file.filename, file.mimetype, file.read())


def refusal(source: object, part: FilePart = PART) -> str:
    """Return what is said of a file that is not sent."""
    files = {part.name: cast("FileSource", source)}
    with pytest.raises(ZohoError) as caught, uploads.opened(attach(part), files):
        pass
    return str(caught.value)


class Pipe(io.RawIOBase):
    """A stream that gives what it has once, a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = cast("memoryview", buffer)
        piece, self._rest = self._rest[: min(7, len(view))], self._rest[min(7, len(view)) :]
        view[: len(piece)] = piece
        return len(piece)


def pipe(content: bytes) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(Pipe(content)))


def test_a_file_is_sent_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "contract.pdf"
    path.write_bytes(PDF)

    expected = [Sent("attachment", "contract.pdf", "application/pdf", PDF)]
    assert sent(path) == expected
    assert sent(str(path)) == expected


def test_a_file_is_sent_from_an_open_one_and_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "contract.pdf"
    path.write_bytes(PDF)

    with path.open("rb") as stream:
        assert sent(stream) == [Sent("attachment", "contract.pdf", "application/pdf", PDF)]
        assert not stream.closed


def test_a_stream_is_sent_from_where_it_stands() -> None:
    stream = io.BytesIO(b"skip " + PDF)
    stream.seek(5)

    assert sent(stream)[0].content == PDF


def test_bytes_without_a_name_are_named_by_what_they_are() -> None:
    assert sent(PDF) == [Sent("attachment", "attachment.pdf", "application/pdf", PDF)]
    assert sent(PNG)[0].file_name == "attachment.png"


def test_bytes_may_be_given_a_name() -> None:
    assert sent(File(PDF, name="contract.pdf"))[0].file_name == "contract.pdf"


def test_a_pipe_is_sent_with_its_length() -> None:
    """A server of this kind may not take a body of unknown length."""
    assert sent(pipe(PDF)) == [Sent("attachment", "attachment.pdf", "application/pdf", PDF)]


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(PDF,))
    writer.start()

    assert sent(path) == [Sent("attachment", "scan.pdf", "application/pdf", PDF)]
    writer.join()


def test_json_and_fields_stand_beside_the_file() -> None:
    found = sent(PDF, json={"notes": "für Ada"}, fields={"document_ids": ["1", "2"], "doc": None})

    assert [(part.name, part.content.decode()) for part in found[:2]] == [
        ("document_ids", "1,2"),
        ("JSONString", '{"notes":"für Ada"}'),
    ]


def test_fields_alone_make_a_form_too() -> None:
    """Documents that the service has already may be named in place of a file."""
    with uploads.opened(attach(attrs.evolve(PART, kinds="pdf", counted=True)), {}) as opened:
        form = opened.body(None, {"document_ids": ["1", "2"]})

        found = list(parts_of(form.headers["Content-Type"], b"".join(form)))

    assert found == [Sent("document_ids", None, "text/plain", b"1,2")]


def test_several_files_are_counted() -> None:
    part = attrs.evolve(PART, kinds="pdf png", most=None, counted=True)

    found = sent([PDF, File(PNG, name="scan.png")], part)

    assert [(each.name, each.file_name) for each in found] == [
        ("totalFiles", None),
        ("attachment", "attachment.pdf"),
        ("attachment", "scan.png"),
    ]
    assert found[0].content == b"2"


@pytest.mark.parametrize("name", ["Müller & Söhne.pdf", "請求書.pdf", 'the "last" one.pdf'])
def test_names_travel_in_utf_8(name: str) -> None:
    """RFC 7578, 4.2: as they are, with no `filename*`; quotes as browsers write them."""
    with uploads.opened(attach(), {"attachment": File(PDF, name=name)}) as opened:
        content = b"".join(opened.body())

    assert f'filename="{name.replace(chr(34), "%22")}"\r\n'.encode() in content
    assert sent(File(PDF, name=name))[0].file_name == name


def test_a_path_is_not_sent_but_its_last_step(tmp_path: Path) -> None:
    folder = tmp_path / "Ärger"
    folder.mkdir()
    path = folder / "line\nbreak\\.pdf"
    path.write_bytes(PDF)

    assert sent(path)[0].file_name == "line_break_.pdf"


@pytest.mark.parametrize(
    "name", ["../etc/passwd.pdf", "a\\b.pdf", "a\r\nX: 1.pdf", "", "\ud800.pdf"]
)
def test_a_name_that_could_be_something_else_is_refused(name: str) -> None:
    assert "one line without slashes" in refusal(File(PDF, name=name))


def test_a_content_type_that_could_be_something_else_is_refused() -> None:
    assert "content type" in refusal(File(PDF, kind="application/pdf\r\nX: 1"))


def test_a_kind_that_the_service_does_not_take_is_refused() -> None:
    said = refusal(File(b"MZ", name="virus.exe"))

    assert "no .exe files as attachment" in said
    assert "It takes gif, png, jpeg, jpg, pdf" in said


def test_what_the_facts_say_of_a_file_can_be_overruled() -> None:
    assert sent(File(b"MZ", name="setup.exe", checked=False))[0].file_name == "setup.exe"
    assert len(sent(File(bytes(2**20 + 1), name="big.pdf", checked=False))[0].content) == 2**20 + 1


def test_a_file_of_an_unknown_kind_has_to_be_named() -> None:
    assert "nothing tells the kind" in refusal(b"some text")


@pytest.mark.parametrize("source", [bytes(2**20 + 1), io.BytesIO(bytes(2**20 + 1))])
def test_a_file_that_is_too_large_is_refused(source: FileSource) -> None:
    assert "more than 1 MB" in refusal(source)


def test_a_pipe_that_is_too_large_is_refused_without_reading_it_all() -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object, /) -> int:
            self.read_bytes += len(cast("memoryview", buffer))
            return len(cast("memoryview", buffer))

    endless = Endless()

    assert "more than 1 MB" in refusal(io.BufferedReader(endless))
    assert endless.read_bytes < 2 * 2**20


def test_a_file_of_just_the_size_is_sent() -> None:
    assert len(sent(File(bytes(2**20), name="big.pdf"))[0].content) == 2**20


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pdf"
    empty.touch()

    assert "is empty" in refusal(empty)
    assert "is empty" in refusal(b"")
    assert "is empty" in refusal(pipe(b""))


def test_a_stream_that_was_not_rewound_is_refused() -> None:
    stream = io.BytesIO()
    stream.write(PDF)

    assert "seek(0)" in refusal(stream)


@pytest.mark.parametrize("source", [io.StringIO("text"), 7, {"name": "x"}, [7], [[PDF]]])
def test_what_is_no_file_is_refused(source: object) -> None:
    with pytest.raises(WrongType), uploads.opened(attach(), {"attachment": cast("bytes", source)}):
        pass


def test_a_stream_of_text_is_refused() -> None:
    class Text:
        def read(self, size: int = -1) -> str:
            return "text"

    assert "a stream of bytes" in refusal(Text())


def test_a_path_that_is_not_there_is_told_as_python_tells_it(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError),
        uploads.opened(attach(), {"attachment": tmp_path / "gone.pdf"}),
    ):
        pass


def test_more_files_than_a_call_takes_are_refused() -> None:
    assert "one file in a call" in refusal([PDF, PDF])
    assert "at most 2 files" in refusal([PDF] * 3, attrs.evolve(PART, kinds="pdf", most=2))


def test_a_file_that_the_operation_does_not_take_is_refused() -> None:
    with (
        pytest.raises(Unsupported, match="documents no photo"),
        uploads.opened(attach(), {"photo": PDF}),
    ):
        pass


def test_the_repr_of_a_file_shows_no_content() -> None:
    assert "secret" not in repr(File(b"secret"))


# What goes over the line.


def upload(
    server: Scripted,
    source: FileSource,
    before: Callable[[], object] = lambda: None,
    **settings: object,
) -> None:
    """Send a file to the server; `before` is called once it is open."""
    wiring = attrs.evolve(Wiring(url=server.url), **settings)
    operation = attach()
    with wiring.open() as connection, uploads.opened(operation, {"attachment": source}) as opened:
        before()
        form = opened.body()
        connection.send(
            Call("POST", operation.path, body=form, headers=form.headers, repeatable=False)
        )


def test_a_form_goes_out_with_its_length_and_the_server_reads_it(server: Scripted) -> None:
    upload(server, File(PDF, name="contract.pdf"))

    [call] = server.calls
    assert "transfer-encoding" not in call.headers
    assert list(parts_of(call.headers["content-type"], call.body)) == [
        Sent("attachment", "contract.pdf", "application/pdf", PDF)
    ]


@pytest.mark.parametrize("source", [PDF, io.BytesIO(PDF), pipe(PDF)], ids=["bytes", "seek", "pipe"])
def test_a_refused_upload_is_sent_once_more_as_a_whole(
    server: Scripted, source: FileSource
) -> None:
    server.next(429, {"code": 1070, "message": "in process"})

    upload(server, source)

    first, second = server.calls
    assert first.body == second.body
    assert PDF in second.body


def test_an_expired_token_costs_one_more_upload(server: Scripted) -> None:
    server.next(401, {"code": 57, "message": "not authorized"})

    upload(server, PDF)

    assert [PDF in call.body for call in server.calls] == [True, True]


@pytest.mark.parametrize("step", [{"fault": "drop"}, {"status": 502, "body": b"<html>"}])
def test_an_upload_that_nobody_answered_is_not_repeated(
    server: Scripted, step: dict[str, object]
) -> None:
    server.next(**step)  # type: ignore[arg-type]  # the parameters of one step

    with pytest.raises(OutcomeUnknown):
        upload(server, PDF)

    assert len(server.calls) == 1


def test_an_upload_without_a_server_can_be_tried_again() -> None:
    with Scripted() as gone:
        url = gone.url
    retry = RetryPolicy(max_retries=1, backoff_seconds=0)
    wiring = Wiring(url=url, retry=retry, first_token=None)

    with (
        pytest.raises(Unreachable),
        wiring.open() as connection,
        uploads.opened(attach(), {"attachment": PDF}) as opened,
    ):
        connection.send(Call("POST", "/x", body=opened.body(), repeatable=False))


def test_a_refusal_that_does_not_end_is_told_as_what_it_is(server: Scripted) -> None:
    server.next(429, {"code": 1070, "message": "in process"}, times=3)

    with pytest.raises(InFlightLimit):
        upload(server, PDF, retry=RetryPolicy(max_retries=2))

    assert len(server.calls) == 3


@pytest.mark.parametrize("change", [PDF[:-4], PDF + b"more"], ids=["shorter", "longer"])
def test_a_file_that_changes_under_way_is_not_sent_whole(
    server: Scripted, tmp_path: Path, change: bytes
) -> None:
    path = tmp_path / "contract.pdf"
    path.write_bytes(PDF)

    with pytest.raises(InvalidValue, match="has changed"):
        upload(server, path, before=lambda: path.write_bytes(change))


def test_a_stream_that_fails_under_way_shows_its_own_error(server: Scripted) -> None:
    class Failing(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError("the stick was pulled out")
            return super().read(size)

    with pytest.raises(OSError, match="pulled out"):
        upload(server, File(Failing(PDF), name="contract.pdf"))
