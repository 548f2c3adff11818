"""What Redis keeps of one organization's calls, and how its script is asked; the pace asks."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Iterable

import attrs

from zohorm.clock import Clock
from zohorm.day import Quota
from zohorm.extras.redis_server import RedisServer
from zohorm.pace import RECOVERY_SECONDS, WINDOW_SECONDS, Rate

# A day limit without a reset time is believed for so long, as by LocalThrottle.
_UNKNOWN_RESET_SECONDS = 900.0
_MICROSECONDS = 1_000_000


@attrs.frozen
class Answer:
    """What the script says.

    Attributes:
        verdict: "go"; "day" if the day's calls are down to the reserve; "pace" or "held" if only
            time can help; "flight" if another call must end; "told" if nothing was asked.
        wait_seconds: on the session's clock, until it is worth while to ask again.
        flying: the calls in flight, of all processes.
        place: how many calls of other processes wait before this one.
    """

    verdict: str
    wait_seconds: float
    flying: int
    place: int


class SharedState:
    """Asks the script of the pace; safe for threads.

    Each answer also tells of the day, and each question takes along what answers of the service
    told of it. Every method raises `Away` if Redis does not answer.
    """

    def __init__(
        self,
        name: str,
        *,
        server: RedisServer,
        clock: Clock,
        clock_speed: float,
        lease_seconds: float,
    ) -> None:
        parts = ("state", "ended", "flying", "queue", "waiters")
        # The braces keep them on one machine of a cluster.
        self._keys = [f"{server.prefix}:{{{name}}}:{part}" for part in parts]
        self._server = server
        self._clock = clock
        self._speed = clock_speed
        self._lease = int(lease_seconds * _MICROSECONDS)
        self._lock = threading.Lock()  # guards everything below
        self._answered_at: float | None = None
        self._life, self._count = "", 0
        self._news: Quota | None = None
        self._quota: Quota | None = None

    @property
    def answered_at(self) -> float | None:
        """The reading of the session's clock at the last answer."""
        return self._answered_at

    @property
    def quota(self) -> Quota | None:
        """What the last answer told of the day."""
        return self._quota

    def renew_after_fork(self) -> None:
        """Make a new lock."""
        self._lock = threading.Lock()

    def enter(self, call: str, rate: Rate, reserve: int) -> Answer:
        """Ask whether a call may start; if not, it waits in the queue from then on."""
        return self._ask(
            "enter",
            call,
            rate.calls_per_minute,
            rate.max_in_flight,
            self._micro(rate.delay_seconds),
            reserve,
        )

    def leave(self, calls: Iterable[str]) -> None:
        """Count calls as ended now."""
        self._ask("leave", *calls)

    def quit(self, call: str) -> None:
        """Take a call that has not started out of the queue."""
        self._ask("quit", call)

    def renew(self, calls: Iterable[str]) -> None:
        """Renew the leases of calls in flight."""
        self._ask("renew", *calls)

    def hold(self, seconds: float) -> None:
        """Start no call for so long."""
        self._ask("hold", self._micro(seconds))

    def narrow(self, max_in_flight: int) -> None:
        """Allow one call fewer at once."""
        self._ask("narrow", max_in_flight)

    def look(self) -> None:
        """Exchange what is known of the day."""
        self._ask("look")

    def learn(self, quota: Quota) -> None:
        """Tell of the day with the next question."""
        with self._lock:
            self._news = quota

    def wait_for_end(self, call: str, seconds: float) -> None:
        """Return when another call ended for which this one waits, or after so long at the latest.

        It waits in Redis, which is told of every end, and therefore on the real clock.
        """
        self._server.wait(f"{self._keys[0]}:wake:{call}", seconds / self._speed)

    def _ask(self, operation: str, *arguments: str | int) -> Answer:
        with self._lock:
            now = self._clock.now()
            known: tuple[str | int, str | int] = ("", 0)
            # What an older answer told of counts no more.
            if self._answered_at is not None and now - self._answered_at < WINDOW_SECONDS:
                known = (self._life, self._count)
            news, self._news = self._news, None
        asked = (
            operation,
            "",
            self._micro(WINDOW_SECONDS),
            self._micro(RECOVERY_SECONDS),
            self._lease,
            uuid.uuid4().hex[:16],
            *known,
            *self._told(news),
            *arguments,
        )
        try:
            said = self._server.run(self._keys, asked)
        except BaseException:
            with self._lock:
                self._news = self._news or news
            raise
        return self._read(said)

    def _told(self, quota: Quota | None) -> tuple[str | int, ...]:
        if quota is None:
            return ("", "", "", "")
        seconds = _UNKNOWN_RESET_SECONDS
        if quota.resets_at is not None:
            seconds = quota.resets_at.timestamp() - self._clock.time()
        limit = "" if quota.limit is None else quota.limit
        told = int(quota.resets_at is not None)
        return (limit, quota.remaining, max(0, self._micro(seconds)), told)

    def _read(self, said: list[str | int]) -> Answer:
        verdict, wait, flying, place, life, count, limit, left, time, told = said
        quota = None
        if left != "":
            resets_at = dt.datetime.fromtimestamp(self._clock.time() + self._seconds(time), dt.UTC)
            quota = Quota(
                int(limit) if limit != "" else None,
                int(left),
                resets_at if told == "1" else None,
            )
        with self._lock:
            # Answers to several threads come out of order.
            if life != self._life or int(count) > self._count:
                self._life, self._count = str(life), int(count)
            self._answered_at = self._clock.now()
            self._quota = quota
        return Answer(str(verdict), self._seconds(wait), int(flying), int(place))

    def _micro(self, seconds: float) -> int:
        return int(seconds / self._speed * _MICROSECONDS)

    def _seconds(self, microseconds: str | int) -> float:
        return int(microseconds) / _MICROSECONDS * self._speed
