"""The calls of one organization as this process counts them with the others, through Redis.

`Turns` asks it for each call that starts or ends; the script beside this file decides.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Literal

import attrs

from zohorm.clock import Clock
from zohorm.day import Day, Quota, day_limit
from zohorm.errors import CoordinatorAway, InFlightLimit, MinuteLimit
from zohorm.extras.redis_absence import Absence
from zohorm.extras.redis_leases import Leases
from zohorm.extras.redis_server import Away, RedisServer
from zohorm.extras.redis_state import Answer, SharedState
from zohorm.pace import WINDOW_SECONDS, Obstacle, Pace, Rate, queued

# How old what Redis said of the day may be before it is asked again.
_QUOTA_SECONDS = 1.0

_log = logging.getLogger("zohorm.throttle")


@attrs.frozen
class Terms:
    """What all organizations of one coordinator have in common.

    `share` is the part of the pace that this process takes when Redis is away; None for none.
    """

    server: RedisServer
    leases: Leases
    clock_speed: float
    share: float | None


@attrs.define
class _Held:
    """What a ticket stands for: a call that waits, is counted in Redis, or goes on our share."""

    call: str
    standing: Literal["waiting", "counted", "alone"] = "waiting"


class RedisLedger:
    """Counts calls in Redis, and on a share of the pace when that is away; see `Ledger`."""

    def __init__(self, name: str, *, terms: Terms, clock: Clock) -> None:
        self._terms = terms
        self._clock = clock
        self._state = SharedState(
            name,
            server=terms.server,
            clock=clock,
            clock_speed=terms.clock_speed,
            lease_seconds=terms.leases.seconds,
        )
        self._absence = Absence(clock, terms.clock_speed)
        self._numbers = itertools.count()
        self._lock = threading.Lock()  # guards everything below
        self._held: dict[object, _Held] = {}
        self._next_start = 0.0
        self._day = Day()
        self._alone = Pace()
        # What Redis must hear when it is back: calls that ended, or went on our share.
        self._untold: deque[tuple[str, float]] = deque()

    def begin(self, ticket: object, *, rate: Rate, place: int, reserve: int) -> Obstacle | None:
        """Count the call as started, or return why it may not start yet; see `Ledger`."""
        if place:
            return self._behind(place)
        with self._lock:
            if ticket not in self._held:
                call = f"{self._terms.server.process}-{next(self._numbers)}"
                self._held[ticket] = _Held(call)
            held = self._held[ticket]
        try:
            self._look()
            self._tell_of_ended()
            answer = self._state.enter(held.call, rate, reserve)
            self._is_back()
        except Away as away:
            return self._without_redis(self._is_away(away), held, rate, reserve)
        return self._judged(answer, held, rate, reserve)

    def end(self, ticket: object) -> None:
        """Give back what the ticket holds. If Redis is away, it hears of it later."""
        with self._lock:
            held = self._held.pop(ticket, None)
            if held is not None and held.standing == "alone":
                self._alone.end(self._clock.now())
        if held is None:
            return
        if held.standing == "waiting":
            self._tell(lambda: self._state.quit(held.call))
        elif held.standing == "alone" or not self._tell(lambda: self._state.leave([held.call])):
            self._tell_later(held.call)

    def hold(self, seconds: float) -> None:
        """Start no call for so long."""
        with self._lock:
            self._alone.hold(self._clock.now(), seconds)
        self._tell(lambda: self._state.hold(seconds))

    def narrow(self, rate: Rate) -> None:
        """Allow one call fewer at once, never none; one comes back per minute."""
        with self._lock:
            self._alone.narrow(self._part(rate), self._clock.now())
        self._tell(lambda: self._state.narrow(rate.max_in_flight))

    def quota(self) -> Quota | None:
        """Return what is left of the day; asks Redis at most once a second."""
        answered_at = self._state.answered_at
        if answered_at is None or self._clock.now() - answered_at > _QUOTA_SECONDS:
            self._tell(self._state.look)
        with self._lock:
            return self._known_day().known(self._clock.time())

    def learn(self, quota: Quota) -> None:
        """Take note of what an answer said; Redis hears of it when the call ends."""
        with self._lock:
            self._day.learn(quota, self._clock.time())
        self._state.learn(quota)
        # No call of this process may come soon, and those of others would be refused.
        if quota.remaining <= 0:
            self._tell(self._state.look)

    def is_holding(self) -> bool:
        """Tell whether calls of this process are in flight."""
        with self._lock:
            return any(held.standing == "counted" for held in self._held.values())

    def renew(self) -> None:
        """Renew the leases of the calls in flight."""
        with self._lock:
            calls = [held.call for held in self._held.values() if held.standing == "counted"]
        try:
            self._state.renew(calls)
            self._is_back()
        except Away as away:
            self._is_away(away)

    def renew_after_fork(self) -> None:
        """Make new locks and forget the parent's calls; what is known of the day stays."""
        self._lock = threading.Lock()
        self._held.clear()
        self._untold.clear()
        self._alone.in_flight = 0
        self._state.renew_after_fork()
        self._absence.renew_after_fork()

    def _behind(self, place: int) -> Obstacle:
        """Return what a call waits for that others of this process go before; asks nobody."""
        seconds = self._next_start - self._clock.now()
        if seconds <= 0:
            return queued(place)
        return Obstacle(MinuteLimit, f"{place} calls of this process wait before it", seconds)

    def _judged(self, answer: Answer, held: _Held, rate: Rate, reserve: int) -> Obstacle | None:
        if answer.verdict == "go":
            with self._lock:
                held.standing = "counted"
            self._terms.leases.watch(self)
            return None
        if answer.verdict == "day" and self._state.quota is not None:
            raise day_limit(self._state.quota, reserve)
        if answer.verdict == "flight":
            what = f"{answer.flying} calls are in flight and {answer.place} wait before this one"
            wait = partial(self._wait_for_end, held.call)
            return Obstacle(InFlightLimit, what, look_seconds=answer.wait_seconds, wait=wait)
        with self._lock:
            self._next_start = self._clock.now() + answer.wait_seconds
        if answer.verdict == "held":
            what = "the service asked to wait before more calls are made"
            cure = f"try again in {answer.wait_seconds:.0f} s"
            return Obstacle(MinuteLimit, what, answer.wait_seconds, cure)
        what = f"the pace is {rate.calls_per_minute} calls per minute, in all processes"
        return Obstacle(MinuteLimit, what, answer.wait_seconds)

    def _wait_for_end(self, call: str, seconds: float) -> None:
        try:
            self._state.wait_for_end(call, seconds)
        except Away as away:
            self._is_away(away)

    def _without_redis(self, away: Away, held: _Held, rate: Rate, reserve: int) -> Obstacle | None:
        # Until then, calls that were made through Redis may count.
        if self._terms.share is not None and self._absence.lasts(WINDOW_SECONDS):
            return self._begin_alone(held, rate, reserve)
        what = f"{self._terms.server!r}, which keeps the pace of all processes, is away"
        what = f"{what}: {away.reason}"
        if away.lasting and self._terms.share is None:
            raise CoordinatorAway(what, advice=f"The service was not asked; {away.cure}") from away
        return Obstacle(
            CoordinatorAway, what, look_seconds=self._absence.look_seconds, cure=away.cure
        )

    def _begin_alone(self, held: _Held, rate: Rate, reserve: int) -> Obstacle | None:
        now = self._clock.now()
        with self._lock:
            day = self._known_day()
            day.require(reserve, in_flight=self._alone.in_flight, now=self._clock.time())
            obstacle = self._alone.obstacle(self._part(rate), now)
            if obstacle is None:
                held.standing = "alone"
                self._alone.start(now)
        if obstacle is None:
            self._tell_later(held.call)
        return obstacle

    def _part(self, rate: Rate) -> Rate:
        """Return our share of the pace, one call a minute at least."""
        part = self._terms.share or 1.0
        return Rate(
            max(1, int(rate.calls_per_minute * part)),
            max(1, int(rate.max_in_flight * part)),
            rate.delay_seconds / part,
        )

    def _known_day(self) -> Day:
        """Return the day with what Redis told of it; called with the lock."""
        told = self._state.quota
        if told is not None:
            self._day.learn(told, self._clock.time())
        return self._day

    def _look(self) -> None:
        """Raise if Redis was away a moment ago, and it is not yet time to ask again."""
        reason = self._absence.reason
        if reason is not None and self._absence.look_seconds > 0:
            raise Away(reason.reason, lasting=reason.lasting, cure=reason.cure) from reason

    def _tell(self, tell: Callable[[], object]) -> bool:
        """Tell Redis, unless it is away: whoever begins a call finds out when it is back."""
        if self._absence.reason is not None:
            return False
        try:
            tell()
        except Away as away:
            self._is_away(away)
            return False
        return True

    def _tell_later(self, call: str) -> None:
        now = self._clock.now()
        with self._lock:
            self._untold.append((call, now))
            while self._untold[0][1] < now - WINDOW_SECONDS:
                self._untold.popleft()

    def _tell_of_ended(self) -> None:
        with self._lock:
            untold = list(self._untold)
            self._untold.clear()
        if not untold:
            return
        try:
            self._state.leave(sorted({call for call, _ in untold}))
        except Away:
            with self._lock:
                self._untold.extendleft(reversed(untold))
            raise

    def _is_away(self, away: Away) -> Away:
        if self._absence.note(away):
            _log.warning("%r, which keeps the pace, is away: %s", self._terms.server, away.reason)
        return away

    def _is_back(self) -> None:
        if self._absence.end():
            _log.warning("%r, which keeps the pace, is back", self._terms.server)
