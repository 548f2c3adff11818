"""Files that come in: to a path, where only a whole file appears, to a stream, or as bytes.

Actions that answer files call it.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

import attrs

from zohorm import streams
from zohorm.errors import InvalidValue, MalformedReply, WrongType

if TYPE_CHECKING:
    from zohorm.calls import Answer

FileTarget = str | os.PathLike[str] | BinaryIO
"""Where a file goes: a path, or a stream opened for writing bytes."""

Progress = Callable[[int, int | None], object]
"""Is told the bytes received so far, and how many there will be if the service says so.

It begins at 0, again if the file has to be asked for once more. What it raises ends the call.
"""

_PARAMETER = re.compile(r';\s*([\w*]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')


@attrs.frozen
class SavedFile:
    """A file that was received.

    Attributes:
        size: its bytes.
        kind: its content type.
        name: what the service calls it, without any folder; None if it does not say.
        path: where it is; None if it went to a stream.
    """

    size: int
    kind: str
    name: str | None = attrs.field(default=None, repr=False)
    path: Path | None = None


class Download:
    """Takes one file; see `saving_to`."""

    def __init__(
        self, stream: BinaryIO, progress: Progress | None, most_bytes: int | None = None
    ) -> None:
        self._stream = stream
        self._progress = progress
        self._most_bytes = most_bytes
        self._start = _start(stream)
        self._total: int | None = None
        self._headers: Mapping[str, str] = {}
        self.received = 0

    @property
    def spent(self) -> bool:
        """Whether bytes went to a stream that cannot go back."""
        return self._start is None and self.received > 0

    def takes(self, status: int, headers: Mapping[str, str]) -> bool:
        """Tell whether the answer is a file; if it is, begin anew."""
        if not 200 <= status < 300 or not streams.is_file(headers):
            return False
        with streams.breaking():
            self.rewind()
            self._headers = headers
            length = headers.get("Content-Length", "")
            # Of a compressed answer it is the length before it is unpacked.
            plain = headers.get("Content-Encoding", "identity") == "identity"
            self._total = int(length) if plain and length.isdecimal() else None
            self._tell()
        return True

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        with streams.breaking():
            if self._most_bytes is not None and self.received + len(piece) > self._most_bytes:
                raise MalformedReply(
                    "the file is larger than may be taken into memory",
                    advice="Save it piece by piece (to=...), or raise max_reply_bytes",
                )
            left = memoryview(piece)
            while left:
                # A raw stream may take less than it is given.
                written = self._stream.write(left)
                left = left[len(left) if written is None else written :]
            self.received += len(piece)
            self._tell()

    def complete(self, answer: Answer) -> None:
        """Take what the transport gave as a whole, if it knows no sinks.

        Raises:
            MalformedReply: there was no file.
        """
        if answer.content and self.takes(answer.status, answer.headers):
            self.write(answer.content)
        if not self.received:
            raise MalformedReply("the service answered no file", status=answer.status)

    def rewind(self) -> None:
        """Drop what was taken so far."""
        if self._start is not None and self.received:
            self._stream.seek(self._start)
            self._stream.truncate()
        self.received = 0

    def saved(self, path: Path | None = None) -> SavedFile:
        """Say what was received."""
        kind = self._headers.get("Content-Type", "").partition(";")[0].strip().lower()
        name = file_name(self._headers.get("Content-Disposition", ""))
        return SavedFile(self.received, kind, name, path)

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.received, self._total)


@contextmanager
def saving_to(
    to: FileTarget, progress: Progress | None, most_bytes: int | None = None
) -> Iterator[tuple[Download, Path | None]]:
    """Open the target of a download; it holds the whole file after the block, or what it held.

    A path is written beside it and renamed at the end. A stream that can go back is cut to what it
    was if the block fails, as where more than `most_bytes` come.

    Raises:
        OSError: the path cannot be written; no call was made.
        InvalidValue, WrongType: it is a folder, or no target.
    """
    with streams.mended():
        if isinstance(to, str | os.PathLike):
            path = Path(to)
            with _written_beside(path) as stream:
                yield Download(stream, progress), path
            return
        download = Download(_bytes_stream(to), progress, most_bytes)
        try:
            yield download, None
        except BaseException:
            # The stream may be what failed.
            with suppress(OSError, ValueError):
                download.rewind()
            raise


def _bytes_stream(to: object) -> BinaryIO:
    if isinstance(to, io.TextIOBase) or not hasattr(to, "write"):
        kind = type(to).__name__
        raise WrongType(f"a file goes to a path or a stream of bytes, not {kind}")
    return cast("BinaryIO", to)


@contextmanager
def _written_beside(path: Path) -> Iterator[BinaryIO]:
    path = Path(os.path.realpath(path))  # A link stays, and leads to what is new.
    if path.is_dir():
        raise InvalidValue("the path of a download is a folder", advice="Name the file in it")
    if path.exists() and not path.is_file():
        raise InvalidValue(
            "the path of a download is a device or a pipe", advice="Open it, and pass the stream"
        )
    # Not of `tempfile`, whose files nobody else may read.
    partial = path.with_name(f".zohorm-{uuid.uuid4().hex}.part")
    try:
        with partial.open("xb") as stream:
            if path.exists():
                shutil.copymode(path, partial)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _start(stream: BinaryIO) -> int | None:
    """Return where a stream stands, None if it cannot go back there."""
    seekable = getattr(stream, "seekable", None)
    if seekable is None or not seekable() or not hasattr(stream, "truncate"):
        return None
    return stream.tell()


def file_name(disposition: str) -> str | None:
    """Return the file name of a Content-Disposition header, without any folder.

    Source: RFC 6266; `filename*` goes before `filename`.
    """
    found = {name.lower(): value for name, value in _PARAMETER.findall(f";{disposition}")}
    extended = re.fullmatch(r"([\w-]+)'[^']*'(.*)", found.get("filename*", "").strip('" '))
    name = None
    if extended is not None:
        with suppress(LookupError, UnicodeDecodeError):
            name = unquote(extended[2], encoding=extended[1], errors="strict")
    if name is None:
        name = found.get("filename", "").strip()
        if name.startswith('"'):
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            # Seen by clients: UTF-8, which HTTP libraries read as Latin-1.
            name = name.encode("latin-1").decode()
    name = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip()
    return name if name.strip(".") else None
