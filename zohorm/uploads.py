"""Files that are sent: where each comes from, its name, its kind and size, checked before a call.

Actions and saves that carry files open them here, and send them as one multipart body.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, TypeGuard, cast

import attrs

from zohorm import bounding, streams, wire
from zohorm.errors import InvalidValue, Unsupported, WrongType
from zohorm.resource import FilePart, Operation

_MEGABYTE = 1024 * 1024
_JSON = "JSONString"  # Invoice v3, introduction: the field with the JSON, beside files too
_COUNT = "totalFiles"
_TYPES = {
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "zip": "application/zip",
}
# How files of these kinds begin, for those that come without a name.
_BEGINNINGS = (
    (re.compile(rb"%PDF-"), "pdf"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"BM"), "bmp"),
)
_LONGEST_BEGINNING = 12


@attrs.frozen
class File:
    """A file to send under a name of your choice.

    Attributes:
        source: a path, the bytes, or a stream opened for reading bytes; it is sent from where it
            stands.
        name: what the service shall call it; that of the path or stream if it is None.
        kind: its content type; that of the name's ending if it is None.
        checked: False sends it whatever its kind and size, where the facts about them are wrong.
    """

    source: str | os.PathLike[str] | bytes | BinaryIO = attrs.field(repr=False)
    name: str | None = attrs.field(default=None, kw_only=True)
    kind: str | None = attrs.field(default=None, kw_only=True)
    checked: bool = attrs.field(default=True, kw_only=True)


FileSource = str | os.PathLike[str] | bytes | BinaryIO | File
"""What can be sent as a file; a text is a path."""

Files = Mapping[str, FileSource | Iterable[FileSource] | None]
"""The files of one call by the name of their part, None for those that are left out."""


@attrs.frozen
class _Ready:
    """One checked file: a stream that can be read again from `start`."""

    part: str
    name: str
    kind: str
    stream: BinaryIO
    start: int
    size: int

    def pieces(self) -> Iterator[bytes]:
        """Yield the content.

        Raises:
            InvalidValue: it is no longer as long as it was when it was checked.
        """
        self.stream.seek(self.start)
        left = self.size
        while left:
            piece = self.stream.read(min(streams.PIECE_BYTES, left))
            if not piece or len(piece) > left:
                raise _changed()
            left -= len(piece)
            yield piece
        if self.stream.read(1):
            raise _changed()


class Multipart:
    """The body of a call with files: a multipart form, read from its sources as it is sent."""

    def __init__(self, fields: Iterable[tuple[str, bytes]], files: Iterable[_Ready]) -> None:
        self._boundary = uuid.uuid4().hex
        self._fields = b"".join(
            b"%b\r\n\r\n%b\r\n" % (self._head(name), content) for name, content in fields
        )
        self._files = tuple(files)
        self._last = f"--{self._boundary}--\r\n".encode()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} bytes>"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with it: without its length it would be sent in chunks."""
        kind = f"multipart/form-data; boundary={self._boundary}"
        return {"Content-Type": kind, "Content-Length": str(len(self))}

    def __len__(self) -> int:
        of_files = sum(len(self._file_head(file)) + file.size + 2 for file in self._files)
        return len(self._fields) + of_files + len(self._last)

    def __iter__(self) -> Iterator[bytes]:
        yield self._fields
        for file in self._files:
            yield self._file_head(file)
            pieces = file.pieces()
            while True:
                bounding.check()
                with streams.breaking():
                    piece = next(pieces, b"")
                if not piece:
                    break
                yield piece
            yield b"\r\n"
        yield self._last

    def _head(self, name: str, more: str = "") -> bytes:
        text = f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"{more}'
        return text.encode()

    def _file_head(self, file: _Ready) -> bytes:
        # RFC 7578 wants the name as it is, in UTF-8, and no `filename*`; what would end the
        # quotes or the line is written as browsers write it.
        name = file.name.replace('"', "%22")
        return self._head(file.part, f'; filename="{name}"\r\nContent-Type: {file.kind}\r\n\r\n')


@attrs.frozen
class Opened:
    """The checked files of one call, open until the block ends that opened them."""

    files: tuple[_Ready, ...]
    counted: bool

    def body(self, json: object = None, fields: Mapping[str, object] | None = None) -> Multipart:
        """Return the body that carries them, with JSON and plain fields beside them."""
        pairs = [(name, text.encode()) for name, text in wire.arguments(fields or {})]
        if json is not None:
            pairs.append((_JSON, wire.encode(json)))
        if self.counted:
            pairs.append((_COUNT, str(len(self.files)).encode()))
        return Multipart(pairs, self.files)


@contextmanager
def opened(operation: Operation, files: Files) -> Iterator[Opened]:
    """Open and check the files of a call; no call is made if one cannot be sent.

    Raises:
        InvalidValue: a file is empty, too large or of another kind than the service takes, or
            there are too many.
        WrongType: something is no file.
        Unsupported: the operation takes no such file.
        OSError: a file cannot be read.
    """
    parts = {part.name: part for part in operation.files}
    ready: list[_Ready] = []
    with ExitStack() as stack, streams.mended():
        for name, sources in files.items():
            if sources is None:
                continue
            if name not in parts:
                raise Unsupported(
                    f"the service documents no {name} on {operation.method} {operation.path}",
                    advice=f"It documents {', '.join(parts) or 'no files'}",
                )
            ready += [_ready(parts[name], file, stack) for file in _each(parts[name], sources)]
        counted = any(part.counted for part in operation.files) and bool(ready)
        yield Opened(tuple(ready), counted)


def _each(part: FilePart, sources: object) -> list[File]:
    """Return the files of one part.

    Raises:
        InvalidValue: there are more than one call takes.
        WrongType: something is no file.
    """
    if _is_source(sources):
        found: list[object] = [sources]
    elif isinstance(sources, Iterable) and not isinstance(sources, Mapping):
        found = list(sources)
    else:
        raise _no_file(part, sources)
    if part.most is not None and len(found) > part.most:
        most = "one file" if part.most == 1 else f"at most {part.most} files"
        raise InvalidValue(
            f"{part.name} takes {most} in a call",
            advice="Send the others in calls of their own",
        )
    files = []
    for each in found:
        if not _is_source(each):
            raise _no_file(part, each)
        files.append(each if isinstance(each, File) else File(each))
    return files


def _is_source(value: object) -> TypeGuard[FileSource]:
    return isinstance(value, str | os.PathLike | bytes | bytearray | File) or hasattr(value, "read")


def _no_file(part: FilePart, value: object) -> WrongType:
    return WrongType(
        f"{part.name} takes a path, bytes, a stream of bytes or a File, not {type(value).__name__}"
    )


def _ready(part: FilePart, file: File, stack: ExitStack) -> _Ready:
    most_bytes = part.megabytes * _MEGABYTE if part.megabytes and file.checked else None
    source = _stream(part, file, stack)
    stream = _rewindable(part, source, most_bytes, stack)
    start = stream.tell()
    beginning = stream.read(_LONGEST_BEGINNING)
    if not isinstance(beginning, bytes):
        raise _no_file(part, source)
    stream.seek(0, os.SEEK_END)
    size = stream.tell() - start
    if size <= 0:
        advice = "A stream is sent from where it stands: seek(0) goes back to its beginning"
        raise InvalidValue(f"the file for {part.name} is empty", advice=advice)
    if most_bytes is not None and size > most_bytes:
        raise _too_large(part)
    name, ending = _named(part, file, source, beginning)
    if file.checked and part.kinds and ending not in part.kinds:
        raise InvalidValue(
            f"the service takes no .{ending} files as {part.name}",
            advice=f"It takes {', '.join(part.kinds)}; File(..., checked=False) sends it anyway",
        )
    kind = file.kind or _TYPES.get(ending, "application/octet-stream")
    if not re.fullmatch(r"[!-~]+/[ -~]+", kind):
        raise InvalidValue("the kind of a file is a content type, such as application/pdf")
    return _Ready(part.name, name, kind, stream, start, size)


def _stream(part: FilePart, file: File, stack: ExitStack) -> BinaryIO:
    source: object = file.source
    if isinstance(source, bytes | bytearray):
        return io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        return stack.enter_context(open(source, "rb"))
    if isinstance(source, io.TextIOBase) or not hasattr(source, "read"):
        raise _no_file(part, source)
    return cast("BinaryIO", source)


def _rewindable(
    part: FilePart, stream: BinaryIO, most_bytes: int | None, stack: ExitStack
) -> BinaryIO:
    """Return a stream that can be read twice: a pipe is copied to disk, where it has a length."""
    seekable = getattr(stream, "seekable", None)
    if seekable is not None and seekable():
        return stream
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
    while piece := stream.read(streams.PIECE_BYTES):
        if not isinstance(piece, bytes):
            raise _no_file(part, stream)
        copy.write(piece)
        if most_bytes is not None and copy.tell() > most_bytes:
            raise _too_large(part)
    copy.seek(0)
    return cast("BinaryIO", copy)


def _named(part: FilePart, file: File, stream: BinaryIO, beginning: bytes) -> tuple[str, str]:
    """Return the name of a file and its ending, which its first bytes tell if its name does not.

    Raises:
        InvalidValue: it can be no name, or nothing tells the kind.
    """
    if file.name is not None:
        if not re.fullmatch(r"[^/\\\x00-\x1f\x7f\ud800-\udfff]+", file.name):
            raise InvalidValue("the name of a file is one line without slashes")
        name = file.name
    else:
        called: object = getattr(stream, "name", None)
        base = os.path.basename(os.fsdecode(called)) if isinstance(called, str | bytes) else ""
        # A name of the file system may hold anything but a slash.
        name = re.sub(r"[\\\x00-\x1f\x7f\ud800-\udfff]", "_", base)
    _, dot, ending = name.rpartition(".")
    if dot and ending:
        return name, ending.lower()
    found = next((kind for shape, kind in _BEGINNINGS if shape.match(beginning)), None)
    if found is None:
        raise InvalidValue(
            f"nothing tells the kind of the file for {part.name}",
            advice='Name it: File(content, name="contract.pdf")',
        )
    return f"{name or part.name}.{found}", found


def _too_large(part: FilePart) -> InvalidValue:
    return InvalidValue(
        f"the file for {part.name} has more than {part.megabytes} MB",
        advice="The service takes no larger ones; File(..., checked=False) sends it anyway",
    )


def _changed() -> InvalidValue:
    return InvalidValue("a file has changed while it was sent, so it was not sent whole")
