"""How long Redis has been away for one organization of this process, and when to look again."""

from __future__ import annotations

import threading

from zohorm.clock import Clock
from zohorm.extras.redis_server import Away

# Real seconds between two looks.
_FIRST_LOOK_SECONDS = 0.05
_LONGEST_LOOK_SECONDS = 2.0


class Absence:
    """What the latest questions told; safe for threads. Seconds are of the session's clock."""

    def __init__(self, clock: Clock, clock_speed: float) -> None:
        self._clock = clock
        self._speed = clock_speed
        self.renew_after_fork()

    def renew_after_fork(self) -> None:
        """Make a new lock, and look for oneself."""
        self._lock = threading.Lock()  # guards everything below
        self._reason: Away | None = None
        self._since = 0.0
        self._look_at = 0.0
        self._pause_seconds = _FIRST_LOOK_SECONDS

    @property
    def reason(self) -> Away | None:
        """Why the last question was not answered; None if it was."""
        return self._reason

    @property
    def look_seconds(self) -> float:
        """In how many seconds it is time to ask again."""
        return max(0.0, self._look_at - self._clock.now())

    def lasts(self, seconds: float) -> bool:
        """Tell whether Redis was away for so long at least."""
        return self._reason is not None and self._clock.now() - self._since >= seconds

    def note(self, reason: Away) -> bool:
        """Take note of a question without an answer, and tell whether it was the first.

        One that was not asked, for it was not yet time, changes nothing.
        """
        now = self._clock.now()
        with self._lock:
            is_first = self._reason is None
            if is_first:
                self._since = now
                self._pause_seconds = _FIRST_LOOK_SECONDS
            if is_first or now >= self._look_at:
                self._reason = reason
                self._look_at = now + self._pause_seconds * self._speed
                self._pause_seconds = min(2 * self._pause_seconds, _LONGEST_LOOK_SECONDS)
            return is_first

    def end(self) -> bool:
        """Take note of an answer, and tell whether Redis was away before."""
        if self._reason is None:
            return False
        with self._lock:
            was_away, self._reason = self._reason is not None, None
            return was_away
