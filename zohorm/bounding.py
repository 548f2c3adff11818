"""Bounds for the reading of one answer: its time, its bytes. The transport sets them.

The timeout of a socket starts anew with each byte, so a server could spin an answer out for ever;
and a few bytes of a compressed one may unpack to more than the memory holds.
"""

from __future__ import annotations

import contextvars
import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from zohorm.streams import PIECE_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3 import BaseHTTPResponse

REPLY_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of one answer that are taken into memory, unless a session says otherwise."""

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


class TooLarge(Exception):
    """An answer has more bytes than may be taken into memory."""


def content(response: BaseHTTPResponse, most_bytes: int) -> bytes:
    """Return the content of an answer, unpacked.

    Raises:
        TooLarge: there are more bytes than `most_bytes`.
    """
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > most_bytes:
        raise TooLarge
    if length.isdecimal() and "Content-Encoding" not in response.headers:
        return response.read(decode_content=True)  # In one piece, which is the fastest.
    pieces: list[bytes] = []
    left = most_bytes
    while piece := response.read(PIECE_BYTES, decode_content=True):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise TooLarge
    return b"".join(pieces)
