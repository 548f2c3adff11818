"""The queue of a process: threads that wait for a call, each let through in the order it came.

The throttles make one per organization, over a ledger that counts the calls.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import attrs

from zohorm import stopping
from zohorm.clock import Clock
from zohorm.day import Quota
from zohorm.pace import Obstacle, Rate, queued

_log = logging.getLogger("zohorm.throttle")
_log.addHandler(logging.NullHandler())


class Ledger(Protocol):
    """Where the calls of an organization are counted; safe for threads."""

    def begin(self, ticket: object, *, rate: Rate, place: int, reserve: int) -> Obstacle | None:
        """Count the call as started, or return why it may not start yet.

        A call that others of this process go before (`place` of them) never starts; it only
        learns what it waits for.

        Raises:
            DayLimit: fewer than `reserve` calls are left of the day.
        """
        ...

    def end(self, ticket: object) -> None:
        """Give back what the ticket holds, if anything; an error must not hide a call's answer."""

    def hold(self, seconds: float) -> None:
        """Let no call start for so long."""

    def narrow(self, rate: Rate) -> None:
        """Allow one call fewer at once, never none; one comes back per minute."""

    def quota(self) -> Quota | None:
        """Return what is left of the day, None when that is not known or cannot be asked."""

    def learn(self, quota: Quota) -> None:
        """Take note of what an answer said about the day's calls."""

    def renew_after_fork(self) -> None:
        """Make new locks and forget the parent's calls in flight."""


class Turns:
    """Lets the calls of one organization start one by one, in the order in which they asked.

    Whoever is first waits for time by itself; all others, and a first one that needs a call to
    end, wait to be notified. The ledger is asked without a lock, for it may do I/O.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._clock = clock
        self._changed = threading.Condition()  # guards the two below
        self._queue: deque[object] = deque()
        self._ends = 0

    @contextmanager
    def turn(self, rate: Rate, deadline: float | None, reserve: int) -> Iterator[None]:
        """Wait for a turn and hold it for the length of one call; see `Throttle.slot`."""
        ticket = object()
        try:
            self._enter(ticket, rate, deadline, reserve)
            yield
        finally:
            # Also after an interrupt at any point above, so that no place is lost.
            self._drop(ticket)
            self.ledger.end(ticket)
            with self._changed:
                self._ends += 1
                self._changed.notify_all()

    def renew_after_fork(self) -> None:
        """Make a new lock and forget those who wait in the parent."""
        self._changed = threading.Condition()
        self._queue.clear()
        self.ledger.renew_after_fork()

    def _enter(self, ticket: object, rate: Rate, deadline: float | None, reserve: int) -> None:
        """Return when the call may start."""
        with self._changed:
            place = len(self._queue)
            self._queue.append(ticket)
        if place:
            obstacle = self.ledger.begin(ticket, rate=rate, place=place, reserve=reserve)
            self._await_first(ticket, obstacle, deadline)
        while True:
            ends = self._ends
            obstacle = self.ledger.begin(ticket, rate=rate, place=0, reserve=reserve)
            if obstacle is None:
                self._drop(ticket)
                return
            obstacle.check(self._clock, deadline)
            stopping.check()
            self._wait(obstacle, ends, deadline)

    def _await_first(
        self, ticket: object, obstacle: Obstacle | None, deadline: float | None
    ) -> None:
        """Return when nobody waits before this one; raise at once if that comes too late."""
        if obstacle is None:
            obstacle = queued(0)
        obstacle.check(self._clock, deadline)
        # Its time was counted from now; later on only the deadline itself can be missed.
        late = attrs.evolve(obstacle, seconds=None)
        with self._changed:
            while self._queue[0] is not ticket:
                late.check(self._clock, deadline)
                left = None if deadline is None else deadline - self._clock.now()
                self._clock.wait(self._changed, left)

    def _wait(self, obstacle: Obstacle, ends: int, deadline: float | None) -> None:
        """Wait for time, or until a call ended after `ends` others had."""
        if obstacle.seconds is not None:
            if obstacle.seconds >= 1:
                _log.info("waiting %.1f s for the pace of the organization", obstacle.seconds)
            self._clock.sleep(obstacle.seconds)
            return
        limits = [] if deadline is None else [deadline - self._clock.now()]
        if obstacle.look_seconds is not None:
            limits.append(obstacle.look_seconds)
        if obstacle.wait is not None and limits:
            obstacle.wait(min(limits))
            return
        with self._changed:
            # One that ended while the ledger was asked has notified nobody.
            if self._ends == ends:
                self._clock.wait(self._changed, min(limits, default=None))

    def _drop(self, ticket: object) -> None:
        with self._changed:
            if ticket in self._queue:
                self._queue.remove(ticket)
                self._changed.notify_all()
