"""The pace of an organization's calls, kept here so that the service need not refuse them.

The connection takes a slot for every call, and reports what the service says about its limits.
Source: Books v3, introduction, API limits; the X-Rate-Limit headers as clients have seen them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from zohorm import forking
from zohorm.clock import Clock, SystemClock
from zohorm.day import Day
from zohorm.day import Quota as Quota  # whoever writes a throttle finds its parts here
from zohorm.day import day_limit as day_limit
from zohorm.pace import Obstacle, Pace, Rate, queued
from zohorm.pace import too_late as too_late
from zohorm.turns import Turns


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


class LedgerThrottle:
    """Keeps a pace that ledgers count, one for each organization; see `Throttle`.

    Of sessions with different limits each keeps its own, and all their calls count together.
    """

    def __init__(self, rate: Rate, line: Callable[[str], Turns]) -> None:
        """`line` returns the queue of an organization in this process, over its ledger."""
        self._rate = rate
        self._line = line

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._rate})"

    def slot(
        self, organization: str, deadline: float | None, *, reserve: int = 0
    ) -> AbstractContextManager[None]:
        """Wait for a turn and hold it for the length of one call; see `Throttle.slot`.

        Raises:
            CoordinatorAway: nobody can say how many calls other processes have made.
        """
        return self._line(organization).turn(self._rate, deadline, reserve)

    def penalty(self, organization: str, seconds: float) -> None:
        """Start no call for so long, in any process that shares the pace."""
        self._line(organization).ledger.hold(seconds)

    def crowded(self, organization: str) -> None:
        """Allow one call fewer at once, never none; one comes back per minute."""
        self._line(organization).ledger.narrow(self._rate)

    def quota(self, organization: str) -> Quota | None:
        """Return what is left of the day, or None when that is not known."""
        return self._line(organization).ledger.quota()

    def remember(self, organization: str, quota: Quota) -> None:
        """Take note of what an answer said about the day's calls."""
        self._line(organization).ledger.learn(quota)


class LocalThrottle(LedgerThrottle):
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
        rate = Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
        super().__init__(rate, self._own_line)
        self._clock = SystemClock() if clock is None else clock
        self._lock = threading.Lock()  # guards _lines and _rate
        self._lines: dict[str, Turns] = {}
        forking.register(self)

    def tighten(
        self, *, calls_per_minute: int, max_in_flight: int, intercall_delay_seconds: float
    ) -> None:
        """Keep the stricter of these limits and the present ones, for one more session."""
        with self._lock:
            self._rate = self._rate.stricter(
                Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
            )

    def renew_after_fork(self) -> None:
        """Make new locks and forget the parent's calls in flight; counts stay."""
        self._lock = threading.Lock()
        for turns in self._lines.values():
            turns.renew_after_fork()

    def _own_line(self, organization: str) -> Turns:
        with self._lock:
            if organization not in self._lines:
                self._lines[organization] = Turns(_Memory(self._clock), self._clock)
            return self._lines[organization]


class _Memory:
    """The calls of one organization, counted in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards the three below
        self._pace = Pace()
        self._day = Day()
        self._held: set[object] = set()

    def begin(self, ticket: object, *, rate: Rate, place: int, reserve: int) -> Obstacle | None:
        """Count the call as started, or return why it may not start yet."""
        with self._lock:
            now = self._clock.now()
            self._day.require(reserve, in_flight=len(self._held), now=self._clock.time())
            obstacle = self._pace.obstacle(rate, now, place)
            if obstacle is None and not place:
                self._held.add(ticket)
                self._pace.start(now)
            return obstacle or (queued(place) if place else None)

    def end(self, ticket: object) -> None:
        """Count the call as ended, if it had started in this process."""
        with self._lock:
            if ticket in self._held:
                self._held.remove(ticket)
                self._pace.end(self._clock.now())

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._pace.hold(self._clock.now(), seconds)

    def narrow(self, rate: Rate) -> None:
        with self._lock:
            self._pace.narrow(rate, self._clock.now())

    def quota(self) -> Quota | None:
        with self._lock:
            return self._day.known(self._clock.time())

    def learn(self, quota: Quota) -> None:
        with self._lock:
            self._day.learn(quota, self._clock.time())

    def renew_after_fork(self) -> None:
        self._lock = threading.Lock()
        self._held.clear()
        self._pace.in_flight = 0
