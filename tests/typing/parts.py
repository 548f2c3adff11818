"""The parts of a session that can be replaced, as the type checkers see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import assert_type

from zohorm.clock import Clock, ManualClock, SystemClock
from zohorm.connection import Answer, Call, Connection
from zohorm.coordinating import Coordinator
from zohorm.errors import Conflict, DayLimit
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.products import ZohoBooks
from zohorm.refresh import Token
from zohorm.throttle import LocalThrottle, Quota, Throttle
from zohorm.token import LockingTokenStore, TokenStore
from zohorm.transport import Reply, Request, RequestsTransport, Transport

clocks: list[Clock] = [SystemClock(), ManualClock()]
throttle: Throttle = LocalThrottle()
transport: Transport = RequestsTransport()


class Canned:
    """A transport of somebody's own, for tests without a server."""

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None,
    ) -> Reply:
        return Reply(200, {"Content-Type": "application/json"}, b'{"code":0}')

    def close(self) -> None: ...


class Kept:
    """A token store of somebody's own."""

    def load(self) -> Token | None:
        return None

    def save(self, token: Token) -> None: ...


canned: Transport = Canned()
kept: TokenStore = Kept()
shared: list[Coordinator] = [FileCoordinator("/srv/zohorm"), RedisCoordinator("redis://host")]
locking: LockingTokenStore = FileCoordinator().tokens("ab12", clock=clocks[0])
sessions = [ZohoBooks("1", coordinator="files"), ZohoBooks("1", coordinator=shared[0])]
ZohoBooks("1", coordinator=kept)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def use(connection: Connection, error: DayLimit, conflict: Conflict) -> None:
    assert_type(connection.send(Call("GET", "/invoices")), Answer)
    assert_type(connection.quota, Quota | None)
    assert_type(error.calls_remaining, int | None)
    assert_type(error.resets_at, dt.datetime | None)
    assert_type(conflict.theirs, Mapping[str, object])
