"""A bound for the reading of one answer, however often a piece of it comes. The transport sets it.

The timeout of a socket starts anew with each byte, so a server could spin an answer out for ever.
"""

from __future__ import annotations

import contextvars
import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# When the exchange of this thread must be over, on the monotonic clock.
_ends_at = contextvars.ContextVar[float | None]("zohorm_ends_at", default=None)


class _BoundedReader(io.RawIOBase):
    """Reads an answer from its socket, and waits for no piece of it beyond the end of the call."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self._socket = sock
        self._ends_at = ends_at
        self._silence = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        left = self._ends_at - time.monotonic()
        if self._silence is not None and left >= self._silence:
            return self._raw.readinto(buffer)
        if left <= 0:
            raise TimeoutError("the time of the call is over")
        self._socket.settimeout(left)
        try:
            return self._raw.readinto(buffer)
        finally:
            # The next request of this connection is sent with what is set here.
            self._socket.settimeout(self._silence)

    def close(self) -> None:
        self._raw.close()
        super().close()


class Answer(http.client.HTTPResponse):
    """An answer, status line and headers included, that is read in bounded time."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        ends_at = _ends_at.get()
        if ends_at is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_BoundedReader(sock, ends_at))


def check() -> None:
    """Refuse to send on when the exchange of this thread must be over.

    Raises:
        TimeoutError: it must.
    """
    ends_at = _ends_at.get()
    if ends_at is not None and time.monotonic() > ends_at:
        raise TimeoutError("the time of the call is over")


@contextmanager
def until(seconds: float | None) -> Iterator[None]:
    """Let the exchange of this thread end within so many real seconds."""
    mark = _ends_at.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(mark)
