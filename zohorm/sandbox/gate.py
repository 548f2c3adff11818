"""Where calls that hang wait: for `release()`, the end of the server, or their client to go."""

from __future__ import annotations

import select
import socket
import threading

# How often a waiting call looks whether its client is still there.
_LOOK_SECONDS = 0.02


class Gate:
    """Holds calls back; safe for threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._opened = 0
        self._is_closed = False
        self._waiting = 0

    def wait(self, client: socket.socket, *, seconds: float | None = None) -> bool:
        """Wait for `open`, at most `seconds` of real time: the client waits in real time as well.

        Returns whether the call may go on: not if its client has left, or the server stops.
        """
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
            try:
                return self._held(client, seconds)
            finally:
                self._waiting -= 1

    def wait_for(self, calls: int, *, seconds: float) -> bool:
        """Wait until that many calls wait here; returns whether they came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting >= calls, seconds)

    def _held(self, client: socket.socket, seconds: float | None) -> bool:
        opened = self._opened
        left = seconds
        while self._opened == opened and not self._is_closed and (left is None or left > 0):
            step = _LOOK_SECONDS if left is None else min(_LOOK_SECONDS, left)
            self._changed.wait(step)
            left = None if left is None else left - step
            if _has_left(client):
                return False
        return not self._is_closed

    def open(self) -> None:
        """Let the calls that wait now go on; later ones wait again."""
        with self._changed:
            self._opened += 1
            self._changed.notify_all()

    def reopen(self) -> None:
        """Let calls wait here again after `close`."""
        with self._changed:
            self._is_closed = False

    def close(self) -> None:
        """Send every call away, now and until `reopen`."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


def _has_left(client: socket.socket) -> bool:
    try:
        readable, _, _ = select.select([client], [], [], 0)
        return bool(readable) and not client.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True
