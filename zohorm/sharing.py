"""Things that sessions share, counted: the token source of one user, the pace of one organization.

Sessions acquire them when they open and release them when they close.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from zohorm import forking

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """One value per key, made by who comes first and dropped when the last holder releases it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _held
        self._held: dict[K, tuple[V, int]] = {}
        forking.register(self)

    def acquire(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of `key`, made by `make()` if nobody holds one.

        `make` runs under the lock, so it must not do I/O. Each call is matched by one `release()`.
        """
        with self._lock:
            value, holders = self._held[key] if key in self._held else (make(), 0)
            self._held[key] = (value, holders + 1)
            return value

    def release(self, key: K) -> None:
        """Give the value back; the last holder drops it, and closes it if it has `close()`."""
        with self._lock:
            value, holders = self._held.pop(key)
            if holders > 1:
                self._held[key] = (value, holders - 1)
        close = getattr(value, "close", None)
        if holders == 1 and callable(close):
            close()

    def __len__(self) -> int:
        return len(self._held)

    def renew_after_fork(self) -> None:
        """Make a new lock; the values stay held and renew themselves."""
        self._lock = threading.Lock()
