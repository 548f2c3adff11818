"""Ends the waits of a session's calls when the session is closed.

The connection says whose call a thread makes, and what time it has left; clocks ask, whenever they
let it wait, and so do those who wait for something that knows no clock.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from zohorm import forking
from zohorm.errors import SessionClosed


class Stop:
    """Whether a session is closed; safe for threads and forks."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()  # guards _waits
        self._waits: list[threading.Condition] = []
        forking.register(self)

    @contextmanager
    def watched(self, left: Callable[[], float] | None = None) -> Iterator[None]:
        """Let whatever waits in this thread meanwhile end when the stop is asked for.

        `left` returns the seconds that the call still has; None if there is no limit.
        """
        before, left_before = _current.set(self), _left.set(left)
        try:
            yield
        finally:
            _current.reset(before)
            _left.reset(left_before)

    def ask(self) -> None:
        """Wake all who wait; they raise SessionClosed."""
        self._asked.set()
        with self._lock:
            waits = list(self._waits)
        for condition in waits:
            with condition:
                condition.notify_all()

    def check(self) -> None:
        """Raise if the stop was asked for."""
        if self._asked.is_set():
            raise SessionClosed(
                "the session was closed while a call waited", advice="Open another one"
            )

    def sleep(self, seconds: float) -> None:
        """Return after so long; raise as soon as the stop is asked for."""
        self._asked.wait(seconds)
        self.check()

    def wait(self, condition: threading.Condition, seconds: float | None) -> bool:
        """Wait to be notified; raise as soon as the stop is asked for."""
        with self._lock:
            self._waits.append(condition)
        try:
            # Asked for before the line above, nobody would notify; after it, `ask` does.
            self.check()
            notified = condition.wait(seconds)
        finally:
            with self._lock:
                self._waits.remove(condition)
        self.check()
        return notified

    def renew_after_fork(self) -> None:
        """Make new locks; the parent's threads wait in the parent."""
        asked = self._asked.is_set()
        self._asked, self._lock = threading.Event(), threading.Lock()
        self._waits.clear()
        if asked:
            self._asked.set()


_current: ContextVar[Stop | None] = ContextVar("zohorm_stop", default=None)


_left: ContextVar[Callable[[], float] | None] = ContextVar("zohorm_left", default=None)


def seconds_left() -> float:
    """Return the seconds that this thread's call still has, by its session's clock."""
    left = _left.get()
    return math.inf if left is None else left()


def check() -> None:
    """Raise SessionClosed if the session of this thread's call was closed."""
    stop = _current.get()
    if stop is not None:
        stop.check()


def sleep(seconds: float) -> None:
    """Return after so long in real time, or raise SessionClosed at once when it is due."""
    stop = _current.get()
    if stop is None:
        threading.Event().wait(seconds)
    else:
        stop.sleep(seconds)


def wait(condition: threading.Condition, seconds: float | None) -> bool:
    """Wait as `condition.wait()` does, or raise SessionClosed at once when it is due."""
    stop = _current.get()
    return condition.wait(seconds) if stop is None else stop.wait(condition, seconds)
