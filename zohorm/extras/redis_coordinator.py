"""`RedisCoordinator`: pace and token shared through Redis, by processes on any number of machines.

The setting `coordinator="redis://..."` makes one; a session asks it for its pace and its token.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Literal, Never

from zohorm import forking
from zohorm.clock import Clock
from zohorm.errors import InvalidValue, NotPicklable
from zohorm.extras.redis_leases import Leases
from zohorm.extras.redis_ledger import RedisLedger, Terms
from zohorm.extras.redis_server import RedisServer
from zohorm.extras.redis_tokens import RedisTokenStore
from zohorm.pace import Rate
from zohorm.throttle import LedgerThrottle
from zohorm.turns import Turns


class RedisCoordinator:
    """Shares pace and token through one Redis; safe for threads and forks.

    Redis holds the access token in plain text: reach it by TLS (`rediss://`), and let only those
    in who may have the token. Its clock is that of all machines, so theirs need not agree.

    While Redis is away, `when_away="fail"` lets calls wait for it and then raises CoordinatorAway.
    `when_away="share"` waits for a minute, in which earlier calls still count, and then goes on
    with `share` of the limits: choose it so that those of all processes make up 1 at most. Each
    process then also renews the token for itself. What it called meanwhile is told when Redis is
    back.
    """

    def __init__(
        self,
        url: str,
        *,
        when_away: Literal["fail", "share"] = "fail",
        share: float = 0.25,
        prefix: str = "zohorm",
        lease_seconds: float = 15.0,
        clock_speed: float = 1.0,
    ) -> None:
        """`url` is redis://user:password@host:port/database, or rediss:// for TLS.

        `prefix` begins the name of every key. A call in flight or a renewal under way is given up
        `lease_seconds` (of real time) after its process died. `clock_speed` says how many seconds
        of the sessions' clock pass in a second of Redis's; it differs from 1 only in tests.
        """
        if when_away not in ("fail", "share"):
            raise InvalidValue('when_away is "fail" or "share"')
        if not 0 < share <= 1:
            raise InvalidValue("share is a part of the pace, above 0 and at most 1")
        if not prefix or any(mark in prefix for mark in "{}"):
            raise InvalidValue("prefix is a text without braces")
        if not lease_seconds >= 0.1 or not clock_speed > 0:
            raise InvalidValue("lease_seconds is at least 0.1, and clock_speed above 0")
        self._terms = Terms(
            server=RedisServer(url, prefix=prefix, clock_speed=clock_speed),
            leases=Leases(lease_seconds),
            clock_speed=clock_speed,
            share=share if when_away == "share" else None,
        )
        self._lock = threading.Lock()  # guards _lines
        self._lines: dict[tuple[str, str], Turns] = {}
        forking.register(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._terms.server!r}>"

    def __reduce__(self) -> Never:
        raise NotPicklable(
            "a coordinator holds connections and cannot be pickled",
            advice="Make one from the address on the other side",
        )

    def throttle(
        self,
        key: str,
        *,
        calls_per_minute: int,
        max_in_flight: int,
        intercall_delay_seconds: float,
        clock: Clock,
    ) -> LedgerThrottle:
        """Return the pace of the organizations on one API host, within these limits."""
        rate = Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
        return LedgerThrottle(rate, partial(self._line, key, clock))

    def tokens(self, key: str, *, clock: Clock) -> RedisTokenStore:
        """Return the place of one user's token."""
        return RedisTokenStore(
            key,
            server=self._terms.server,
            leases=self._terms.leases,
            clock=clock,
            clock_speed=self._terms.clock_speed,
            falls_back=self._terms.share is not None,
        )

    def close(self) -> None:
        """Close the connections; leases that are still held run out."""
        self._terms.leases.close()
        self._terms.server.close()

    def renew_after_fork(self) -> None:
        """Take connections of its own; the parent's calls and leases stay the parent's."""
        self._lock = threading.Lock()
        self._terms.leases.renew_after_fork()
        self._terms.server.renew_after_fork()
        for turns in self._lines.values():
            turns.renew_after_fork()

    def _line(self, key: str, clock: Clock, organization: str) -> Turns:
        """Return the queue of an organization, one for all sessions of the process."""
        with self._lock:
            if (key, organization) not in self._lines:
                ledger = RedisLedger(f"{key}/{organization}", terms=self._terms, clock=clock)
                self._lines[key, organization] = Turns(ledger, clock)
            return self._lines[key, organization]
