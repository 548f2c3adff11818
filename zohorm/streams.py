"""What goes out or comes in piece by piece, so that a file need not fit in memory.

The transport sends a `Body` and fills a `Sink`; uploads and downloads are such.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

PIECE_BYTES = 64 * 1024


class Body(Protocol):
    """A body that is sent piece by piece."""

    def __len__(self) -> int:
        """Return how many bytes it has."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes from the first one, each time anew: a refused call is sent again.

        Raises:
            Broken: they cannot be read.
        """
        ...


class Sink(Protocol):
    """Takes the content of an answer piece by piece."""

    @property
    def spent(self) -> bool:
        """Whether it cannot give back what it took, so that the call must not be sent again."""
        ...

    def takes(self, status: int, headers: Mapping[str, str]) -> bool:
        """Tell whether the content of this answer belongs in here; if it does, begin anew.

        Raises:
            Broken: it cannot begin.
        """
        ...

    def write(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            Broken: it cannot.
        """
        ...


def is_file(headers: Mapping[str, str]) -> bool:
    """Tell whether a success with these headers is a file; a text is one if it says so."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not kind or "json" in kind:
        return False
    return not kind.startswith("text/") or "Content-Disposition" in headers


def is_refusal(content: bytes) -> bool:
    """Tell whether a small content is the service's JSON for a refusal, whatever its type says."""
    if len(content) > PIECE_BYTES or not content.startswith(b"{"):
        return False
    try:
        body: object = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "message" in body and body.get("code", 0) not in (0, "0")


def pour(read: Callable[[int], bytes], sink: Sink) -> tuple[bytes, int]:
    """Move what `read` gives into a sink, and return how many bytes; a refusal returns instead."""
    piece = _beginning(read)
    if is_refusal(piece):
        return piece, 0
    total = 0
    while piece:
        sink.write(piece)
        total += len(piece)
        piece = read(PIECE_BYTES)
    return b"", total


def _beginning(read: Callable[[int], bytes]) -> bytes:
    """Return the first piece, with all that follows where it may be a small JSON object."""
    first = piece = read(PIECE_BYTES)
    while piece and first.startswith(b"{") and len(first) <= PIECE_BYTES:
        piece = read(PIECE_BYTES)
        first += piece
    return first


class Broken(Exception):
    """Our end of a stream failed with `error`: a full disk, a callback that raised.

    It is no OSError, so that nothing takes it for a failure of the network.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


@contextmanager
def breaking() -> Iterator[None]:
    """Turn what the block raises into Broken."""
    try:
        yield
    except Exception as error:
        raise Broken(error) from error


@contextmanager
def mended() -> Iterator[None]:
    """Let whoever called see the error itself in place of Broken."""
    try:
        yield
    except Broken as broken:
        raise broken.error from broken.error.__cause__
