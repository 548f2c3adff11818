"""The arithmetic of the pace: whether the next call of an organization may start, else when.

It has no clock, no lock, and waits for nothing. A throttle keeps a `Pace`, in memory or in a file,
and passes the time in. Source: Books v3, introduction, API limits.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable

import attrs

from zohorm.clock import Clock
from zohorm.errors import InFlightLimit, LimitError, MinuteLimit

# A little more than the minute, for the service's clock and ours need not agree to the last digit.
WINDOW_SECONDS = 60.1
# One of the in-flight slots lost to a refusal comes back after so long.
RECOVERY_SECONDS = 60.0
# Sums of floats differ in the last digit, and a clock cannot sleep for a last digit.
TICK_SECONDS = 1e-6


@attrs.frozen
class Rate:
    """What a session allows itself."""

    calls_per_minute: int = attrs.field(validator=attrs.validators.ge(1))
    max_in_flight: int = attrs.field(validator=attrs.validators.ge(1))
    delay_seconds: float = attrs.field(validator=attrs.validators.ge(0))

    def stricter(self, other: Rate) -> Rate:
        """Return the stricter of each limit."""
        return Rate(
            min(self.calls_per_minute, other.calls_per_minute),
            min(self.max_in_flight, other.max_in_flight),
            max(self.delay_seconds, other.delay_seconds),
        )


@attrs.frozen
class Obstacle:
    """Why a call may not start yet.

    Attributes:
        seconds: when it may; None when only the end of another call can help.
        look_seconds: when to look whether one has ended, where nobody tells of it.
        wait: waits until told of an end elsewhere, at most for so long; None to wait here.
    """

    error: type[LimitError]
    what: str
    seconds: float | None = None
    cure: str = "make fewer calls"
    look_seconds: float | None = None
    wait: Callable[[float], None] | None = None

    def check(self, clock: Clock, deadline: float | None) -> None:
        """Raise the error if the call cannot start before the deadline."""
        if deadline is None or clock.now() + (self.seconds or 0.0) < deadline:
            return
        resets_at = None
        if self.seconds is not None:
            resets_at = dt.datetime.fromtimestamp(clock.time() + self.seconds, dt.UTC)
        raise too_late(self.error, self.what, cure=self.cure, resets_at=resets_at)


def too_late(
    error: type[LimitError], what: str, *, cure: str, resets_at: dt.datetime | None
) -> LimitError:
    """Return the error of a call whose turn would come after its deadline."""
    return error(
        f"the call cannot start in the time it has: {what}",
        advice=f"Allow it more time (max_wait_seconds), or {cure}",
        resets_at=resets_at,
        out_of_time=True,
    )


def queued(place: int) -> Obstacle:
    """Return what keeps a call waiting that nothing but its place in the queue keeps."""
    return Obstacle(InFlightLimit, f"{place} calls wait before this one")


@attrs.define
class Pace:
    """The calls of one organization, as far as they count for the next one.

    A call counts for the minute until a minute after it *ended*: it reached the service at some
    moment between its start and its end, and counting from the start would let one too many in.

    Attributes:
        ended: when the calls of the last minute ended, the earliest first.
        withdrawn: how many slots refusals have taken away, at `withdrawn_at`.
    """

    ended: deque[float] = attrs.field(factory=deque)
    in_flight: int = 0
    last_start: float | None = None
    held_until: float = 0.0
    withdrawn: int = 0
    withdrawn_at: float = 0.0

    def obstacle(self, rate: Rate, now: float, before: int = 0) -> Obstacle | None:
        """Return what keeps a call from starting that so many others go before."""
        now += TICK_SECONDS
        while self.ended and self.ended[0] + WINDOW_SECONDS <= now:
            self.ended.popleft()
        too_many = len(self.ended) + self.in_flight + before + 1 - rate.calls_per_minute
        ready = 0.0
        if self.last_start is not None:
            ready = max(ready, self.last_start + rate.delay_seconds * (before + 1))
        if 0 < too_many <= len(self.ended):
            ready = max(ready, self.ended[too_many - 1] + WINDOW_SECONDS)
        if self.held_until > max(ready, now):
            what = "the service asked to wait before more calls are made"
            wait = self.held_until - now + TICK_SECONDS
            return Obstacle(MinuteLimit, what, wait, cure=f"try again in {wait:.0f} s")
        if ready > now:
            what = f"the pace is {rate.calls_per_minute} calls per minute"
            return Obstacle(MinuteLimit, what, ready - now + TICK_SECONDS)
        allowed = rate.max_in_flight - self._still_withdrawn(now)
        # Too many for the minute even if all that ended were forgotten: one in flight must end.
        if self.in_flight + before >= max(allowed, 1) or too_many > 0:
            what = f"{self.in_flight} calls are in flight and {before} wait before this one"
            return Obstacle(InFlightLimit, what)
        return None

    def start(self, now: float) -> None:
        """Count a call as started."""
        self.in_flight += 1
        self.last_start = now

    def end(self, now: float) -> None:
        """Count a call as ended."""
        self.in_flight -= 1
        self.ended.append(now)

    def hold(self, now: float, seconds: float) -> None:
        """Let no call start for so long."""
        self.held_until = max(self.held_until, now + seconds)

    def narrow(self, rate: Rate, now: float) -> None:
        """Allow one call fewer at once, never none; one comes back per minute."""
        self.withdrawn = min(self._still_withdrawn(now) + 1, rate.max_in_flight - 1)
        self.withdrawn_at = now

    def _still_withdrawn(self, now: float) -> int:
        back = int((now - self.withdrawn_at) / RECOVERY_SECONDS)
        return max(0, self.withdrawn - back)
