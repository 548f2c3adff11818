"""The pace of an organization's calls, kept here so that the service need not refuse them.

The connection takes a slot for every call, and reports what the service says about its limits.
Source: Books v3, introduction, API limits; the X-Rate-Limit headers as clients have seen them.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import attrs

from zohorm import forking
from zohorm.clock import Clock, SystemClock
from zohorm.errors import DayLimit, InFlightLimit, LimitError, MinuteLimit

# A little more than the minute, for the service's clock and ours need not agree to the last digit.
WINDOW_SECONDS = 60.1
# One of the in-flight slots lost to a refusal comes back after so long.
_RECOVERY_SECONDS = 60.0
# A day limit without a reset time is believed for so long; then one call may find out.
_UNKNOWN_RESET_SECONDS = 900.0
_TICK_SECONDS = 1e-6

_log = logging.getLogger("zohorm.throttle")
_log.addHandler(logging.NullHandler())


@attrs.frozen
class Quota:
    """The calls of the day, as the service last told them; what it did not tell is None."""

    limit: int | None
    remaining: int
    resets_at: dt.datetime | None


class Throttle(Protocol):
    """Who decides when a call may start; `settings.throttle` takes any object with these methods.

    `deadline` is a reading of the clock that the throttle was made with.
    """

    def slot(
        self, organization: str, deadline: float | None, *, reserve: int = 0
    ) -> AbstractContextManager[None]:
        """Wait for a turn and hold it for the length of one call.

        Raises:
            MinuteLimit, InFlightLimit: no turn comes before the deadline.
            DayLimit: fewer than `reserve` calls are left of the day.
        """
        ...

    def penalty(self, organization: str, seconds: float) -> None:
        """Start no call for so long: the service refused one for the calls per minute."""

    def crowded(self, organization: str) -> None:
        """Allow fewer calls at once: the service refused one for the calls in flight."""

    def quota(self, organization: str) -> Quota | None:
        """Return what is left of the day, or None when that is not known."""

    def remember(self, organization: str, quota: Quota) -> None:
        """Take note of what an answer said about the day's calls."""


class LocalThrottle:
    """Keeps the pace within this process; safe for threads and forks.

    Calls get their turn in the order in which they asked. Each organization has a pace of its own.
    """

    def __init__(
        self,
        *,
        calls_per_minute: int = 100,
        max_in_flight: int = 10,
        intercall_delay_seconds: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self._rate = _Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
        self._clock = SystemClock() if clock is None else clock
        self._lock = threading.Lock()  # guards _paces and _rate
        self._paces: dict[str, _Pace] = {}
        forking.register(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._rate})"

    @contextmanager
    def slot(
        self, organization: str, deadline: float | None, *, reserve: int = 0
    ) -> Iterator[None]:
        """Wait for a turn and hold it for the length of one call; see `Throttle.slot`."""
        pace = self._pace(organization)
        pace.enter(deadline, reserve)
        try:
            yield
        finally:
            pace.leave()

    def penalty(self, organization: str, seconds: float) -> None:
        """Start no call for so long."""
        self._pace(organization).hold(seconds)

    def crowded(self, organization: str) -> None:
        """Allow one call fewer at once, never none; one comes back per minute."""
        self._pace(organization).narrow()

    def quota(self, organization: str) -> Quota | None:
        """Return what is left of the day, or None when that is not known."""
        return self._pace(organization).day.known()

    def remember(self, organization: str, quota: Quota) -> None:
        """Take note of what an answer said about the day's calls."""
        self._pace(organization).day.learn(quota)

    def tighten(
        self, *, calls_per_minute: int, max_in_flight: int, intercall_delay_seconds: float
    ) -> None:
        """Keep the stricter of these limits and the present ones, for one more session."""
        with self._lock:
            self._rate = _Rate(
                min(self._rate.calls_per_minute, calls_per_minute),
                min(self._rate.max_in_flight, max_in_flight),
                max(self._rate.delay_seconds, intercall_delay_seconds),
            )
            for pace in self._paces.values():
                pace.rate = self._rate

    def renew_after_fork(self) -> None:
        """Make new locks and forget the parent's calls in flight; counts stay."""
        self._lock = threading.Lock()
        for pace in self._paces.values():
            pace.renew_after_fork()

    def _pace(self, organization: str) -> _Pace:
        with self._lock:
            if organization not in self._paces:
                self._paces[organization] = _Pace(self._rate, self._clock)
            return self._paces[organization]


@attrs.frozen
class _Rate:
    calls_per_minute: int = attrs.field(validator=attrs.validators.ge(1))
    max_in_flight: int = attrs.field(validator=attrs.validators.ge(1))
    delay_seconds: float = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen
class _Obstacle:
    """Why a call may not start yet. `seconds` is None when only another call's end can help."""

    error: type[LimitError]
    what: str
    seconds: float | None = None
    cure: str = "make fewer calls"


class _Pace:
    """The calls of one organization.

    A call counts for the minute until a minute after it *ended*: it reached the service at some
    moment between its start and its end, and counting from the start would let one too many in.
    """

    def __init__(self, rate: _Rate, clock: Clock) -> None:
        self.rate = rate
        self.day = _Day(clock)
        self._clock = clock
        self._turn = threading.Condition()  # guards everything below; never held during a call
        self._queue: deque[object] = deque()
        self._ended: deque[float] = deque()
        self._in_flight = 0
        self._last_start: float | None = None
        self._held_until = 0.0
        self._withdrawn = 0
        self._withdrawn_at = 0.0

    def enter(self, deadline: float | None, reserve: int) -> None:
        """Return when the call may start.

        Whoever is first in the queue waits for time by itself; all others, and a first one that
        needs a call to end, wait to be notified.
        """
        ticket = object()
        with self._turn:
            self._queue.append(ticket)
        try:
            while (seconds := self._step(ticket, deadline, reserve)) > 0:
                if seconds >= 1:
                    _log.info("waiting %.1f s for the pace of the organization", seconds)
                self._clock.sleep(seconds)
        finally:
            with self._turn:
                self._queue.remove(ticket)
                self._turn.notify_all()

    def leave(self) -> None:
        """Count the call as ended and let the next one look."""
        with self._turn:
            # A child forked inside a slot leaves a slot that it never had.
            self._in_flight = max(0, self._in_flight - 1)
            self._ended.append(self._clock.now())
            self._turn.notify_all()

    def hold(self, seconds: float) -> None:
        """Start no call for so long."""
        with self._turn:
            self._held_until = max(self._held_until, self._clock.now() + seconds)

    def narrow(self) -> None:
        """Allow one call fewer at once, never none."""
        with self._turn:
            self._withdrawn = min(self._still_withdrawn() + 1, self.rate.max_in_flight - 1)
            self._withdrawn_at = self._clock.now()

    def renew_after_fork(self) -> None:
        """Make new locks and forget the parent's calls in flight."""
        self._turn = threading.Condition()
        self._queue.clear()
        self._in_flight = 0
        self.day.renew_after_fork()

    def _step(self, ticket: object, deadline: float | None, reserve: int) -> float:
        """Start the call and return 0, or return how long to sleep before the next look."""
        with self._turn:
            while True:
                self.day.require(reserve, self._in_flight)
                obstacle = self._obstacle(self._queue.index(ticket))
                if obstacle is None:
                    self._in_flight += 1
                    self._last_start = self._clock.now()
                    return 0.0
                self._check(obstacle, deadline)
                if obstacle.seconds is not None and self._queue[0] is ticket:
                    return obstacle.seconds
                left = None if deadline is None else deadline - self._clock.now()
                self._clock.wait(self._turn, left)

    def _obstacle(self, place: int) -> _Obstacle | None:
        """Return what keeps the call at this place of the queue from starting now."""
        # Sums of floats differ in the last digit, and a clock cannot sleep for a last digit.
        now = self._clock.now() + _TICK_SECONDS
        while self._ended and self._ended[0] + WINDOW_SECONDS <= now:
            self._ended.popleft()
        before = len(self._ended) + self._in_flight + place
        too_many = before + 1 - self.rate.calls_per_minute
        ready = 0.0
        if self._last_start is not None:
            ready = max(ready, self._last_start + self.rate.delay_seconds * (place + 1))
        if 0 < too_many <= len(self._ended):
            ready = max(ready, self._ended[too_many - 1] + WINDOW_SECONDS)
        if self._held_until > max(ready, now):
            what = "the service asked to wait before more calls are made"
            wait = self._held_until - now + _TICK_SECONDS
            return _Obstacle(MinuteLimit, what, wait, cure=f"try again in {wait:.0f} s")
        if ready > now:
            what = f"the pace is {self.rate.calls_per_minute} calls per minute"
            return _Obstacle(MinuteLimit, what, ready - now + _TICK_SECONDS)
        allowed = self.rate.max_in_flight - self._still_withdrawn()
        # Too many for the minute even if all that ended were forgotten: one in flight must end.
        if self._in_flight + place >= allowed or too_many > 0:
            what = f"{self._in_flight} calls are in flight and {place} wait before this one"
            return _Obstacle(InFlightLimit, what)
        return _Obstacle(InFlightLimit, f"{place} calls wait before this one") if place else None

    def _check(self, obstacle: _Obstacle, deadline: float | None) -> None:
        now = self._clock.now()
        if deadline is None or now + (obstacle.seconds or 0.0) < deadline:
            return
        resets_at = None
        if obstacle.seconds is not None:
            resets_at = _instant(self._clock.time() + obstacle.seconds)
        raise too_late(obstacle.error, obstacle.what, cure=obstacle.cure, resets_at=resets_at)

    def _still_withdrawn(self) -> int:
        back = int((self._clock.now() - self._withdrawn_at) / _RECOVERY_SECONDS)
        return max(0, self._withdrawn - back)


class _Day:
    """The quota of one organization's day, forgotten when it resets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards _quota and _until
        self._quota: Quota | None = None
        self._until = 0.0

    def known(self) -> Quota | None:
        """Return what was last told, unless it has reset since."""
        with self._lock:
            return self._current()

    def learn(self, quota: Quota) -> None:
        """Keep the lower of two counts of one day: answers may come out of order."""
        with self._lock:
            before = self._current()
            if before is not None and _same_day(before, quota):
                remaining = min(before.remaining, quota.remaining)
                quota = attrs.evolve(quota, remaining=remaining)
            self._quota = quota
            self._until = self._clock.time() + _UNKNOWN_RESET_SECONDS
            if quota.resets_at is not None:
                self._until = quota.resets_at.timestamp()

    def require(self, reserve: int, in_flight: int) -> None:
        """Refuse the call if the day's calls, less those in flight, are down to the reserve."""
        quota = self.known()
        # Without a reserve, too, nothing is gained by sending a call that must be refused.
        if quota is None or quota.remaining - in_flight >= max(reserve, 1):
            return
        raise day_limit(quota, reserve)

    def renew_after_fork(self) -> None:
        """Make a new lock."""
        self._lock = threading.Lock()

    def _current(self) -> Quota | None:
        if self._quota is not None and self._clock.time() >= self._until:
            self._quota = None
        return self._quota


def too_late(
    error: type[LimitError], what: str, *, cure: str, resets_at: dt.datetime | None
) -> LimitError:
    """Return the error of a call whose turn would come after its deadline."""
    return error(
        f"the call cannot start in the time it has: {what}",
        advice=f"Allow it more time (max_wait_seconds), or {cure}",
        resets_at=resets_at,
    )


def day_limit(quota: Quota, reserve: int) -> DayLimit:
    """Return the error of a call that would go below the reserve of the day."""
    when = "later" if quota.resets_at is None else f"at {quota.resets_at:%Y-%m-%d %H:%M:%S} UTC"
    return DayLimit(
        f"{quota.remaining} calls of the day remain, and min_calls_remaining is {reserve}",
        advice=f"Go on {when}, when the count starts anew, or lower min_calls_remaining",
        resets_at=quota.resets_at,
        calls_remaining=quota.remaining,
    )


def _same_day(one: Quota, other: Quota) -> bool:
    if one.limit != other.limit or one.resets_at is None or other.resets_at is None:
        return False
    return abs(one.resets_at - other.resets_at) < dt.timedelta(hours=1)


def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
