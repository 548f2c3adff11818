"""Things that sessions share, counted: the token source of one user, the pace of one organization.

Sessions acquire them when they open and release them when they close. And work that one caller
does for all who wait for it, as the token source renews the token.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from zohorm import forking
from zohorm.clock import Clock
from zohorm.errors import Timeout, ZohoError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# Who has less time left asks for no token: it would count against the ten, and come too late.
_WORTHWHILE_SECONDS = 0.1


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


class Relay:
    """One renewal under way: one caller leads it, and the others wait for its outcome.

    A leader that gives up for want of time, or because its session was closed, is followed by
    the one with the most time left. So a caller in a hurry fails nobody else, and none of those
    that fail one after the other leaves behind one that could have gone on instead.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()  # guards everything below
        self._is_led = False
        self._is_over = False
        self._least_seconds = 0.0
        self._error: ZohoError | None = None
        self._waiting: dict[object, float] = {}

    def join(self, deadline: float | None) -> bool:
        """Wait for the outcome; return True at once if this caller is to lead.

        Raises:
            ZohoError: the renewal failed, in whatever way the one who led it met.
        """
        caller, ends = object(), math.inf if deadline is None else deadline
        with self._changed:
            self._waiting[caller] = ends
            try:
                while not self._is_over:
                    left = None if deadline is None else deadline - self._clock.now()
                    if left is not None and left <= (0.0 if self._is_led else self._least_seconds):
                        raise _not_in_time()
                    if not self._is_led and ends >= max(self._waiting.values()):
                        self._is_led = True
                        return True
                    self._clock.wait(self._changed, left)
            finally:
                del self._waiting[caller]
                if not self._is_led:
                    self._changed.notify_all()  # Another one may have the most time now.
        if self._error is not None:
            # A copy each: threads would write their tracebacks into one and the same.
            raise self._error.copy() from self._error
        return False

    def land(self, error: ZohoError | None = None) -> None:
        """Tell all who wait how it ended."""
        with self._changed:
            self._is_over, self._error = True, error
            self._changed.notify_all()

    def pass_on(self) -> None:
        """Lead no more; whoever has the most time does, or comes next."""
        with self._changed:
            self._is_led = False
            self._least_seconds = _WORTHWHILE_SECONDS
            self._changed.notify_all()


def _not_in_time() -> Timeout:
    return Timeout(
        "the access token was not renewed in time",
        advice="Try again, or allow more time (max_wait_seconds)",
        out_of_time=True,
    )
