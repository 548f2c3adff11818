"""Time, as whoever waits sees it: the real clock, and one that tests move by hand."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from zohorm import forking, stopping


class Clock(Protocol):
    """What throttle, token and connection wait on."""

    def now(self) -> float:
        """Return seconds that only ever grow, from an arbitrary start."""
        ...

    def time(self) -> float:
        """Return the wall clock: seconds since 1970, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`; a clock that asks `stopping` ends it when the session closes."""

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait for a notification, at most `seconds`; called with the condition held."""


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()

    def time(self) -> float:
        """Return the wall clock."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        if seconds > 0:
            stopping.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait to be notified, for at most `seconds`."""
        stopping.wait(condition, seconds)


class ManualClock:
    """A clock that stands still until somebody sleeps on it or moves it; safe for threads.

    `sleep()` moves the clock at once, so that nothing that waits takes real time. `wait()` may
    not do so at once: the notification may be due from a thread that is working at this moment.
    It really waits for `patience_seconds`, and moves the clock only if nobody notified.
    """

    def __init__(self, start: float = 1_750_000_000.0, *, patience_seconds: float = 2.0) -> None:
        self._start = start
        self._patience_seconds = patience_seconds
        self._elapsed = 0.0
        self._lock = threading.Lock()  # guards _elapsed
        forking.register(self)

    def now(self) -> float:
        """Return the seconds passed since the clock was made."""
        with self._lock:
            return self._elapsed

    def time(self) -> float:
        """Return the wall clock that tests see."""
        with self._lock:
            return self._start + self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move the clock by `seconds` at once."""
        stopping.check()
        self.move(seconds=max(0.0, seconds))

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait for a notification; if none comes, move the clock. Without a limit, just wait."""
        if seconds is None:
            stopping.wait(condition, None)
        elif not stopping.wait(condition, min(seconds, self._patience_seconds)):
            self.sleep(seconds)

    def move(
        self, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the clock; a negative sum is refused, for time does not run back."""
        step = seconds + 60 * (minutes + 60 * (hours + 24 * days))
        if step < 0:
            raise ValueError("a clock cannot be moved back")
        with self._lock:
            self._elapsed += step

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child; from then on its time is its own."""
        self._lock = threading.Lock()


class RunningClock(ManualClock):
    """A clock that runs as the real one does, from another start, and can be moved ahead besides.

    Whoever waits on it does not wait for real; whoever waits on the real clock finds that it has
    waited here as well.
    """

    def __init__(self, start: float = 1_750_000_000.0, *, patience_seconds: float = 2.0) -> None:
        super().__init__(start, patience_seconds=patience_seconds)
        self._began = time.monotonic()

    def now(self) -> float:
        """Return the seconds passed since the clock was made, those that it was moved included."""
        return super().now() + time.monotonic() - self._began

    def time(self) -> float:
        """Return the wall clock that tests see."""
        return super().time() + time.monotonic() - self._began
