"""What goes out or comes in piece by piece, so that a file need not fit in memory.

The transport sends a `Body` and fills a `Sink`; uploads and downloads are such.
"""

from __future__ import annotations

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


def pour(read: Callable[[int], bytes], sink: Sink) -> int:
    """Move what `read` gives into a sink, and return how many bytes there were."""
    total = 0
    while piece := read(PIECE_BYTES):
        sink.write(piece)
        total += len(piece)
    return total


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
