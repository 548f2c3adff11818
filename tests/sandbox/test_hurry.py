"""Callers with little time and callers with much, who wait for one access token together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from local_redis import LocalRedis

from zohorm.books import ZohoBooks
from zohorm.clock import Clock, SystemClock
from zohorm.coordinating import Coordinator
from zohorm.errors import Timeout
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.sandbox import Sandbox
from zohorm.throttle import Throttle
from zohorm.token import LockingTokenStore

TOKEN_PATH = "/oauth/v2/token"
# A little time: for a caller in a hurry, on the real clock.
SOON = 0.5
LONG = 30.0


class CountingClock(SystemClock):
    """The real clock; tells when somebody begins to wait for another thread."""

    def __init__(self) -> None:
        self.waiting = threading.Semaphore(0)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waiting.release()
        super().wait(condition, seconds)


class Sessions:
    """Sessions of one user that share the token, each with a time of its own for its calls."""

    def __init__(self, sandbox: Sandbox, **settings: Any) -> None:
        self.clock = CountingClock()
        self._given: dict[str, Any] = {**sandbox.credentials, "clock": self.clock, **settings}
        self._open = ExitStack()
        self._pool = self._open.enter_context(ThreadPoolExecutor(64))

    def one(self, seconds: float, **settings: Any) -> ZohoBooks:
        session = ZohoBooks(**self._given, max_wait_seconds=seconds, **settings)
        self._open.callback(session.close)
        return session

    def ask(self, session: ZohoBooks) -> Future[int]:
        """Make a call in a thread of its own; it returns the status."""
        return self._pool.submit(lambda: session.request("GET", "/items").status)

    def await_waiting(self, count: int) -> None:
        """Return when so many more callers wait for the renewal of another."""
        for _ in range(count):
            assert self.clock.waiting.acquire(timeout=LONG)

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def sessions(sandbox: Sandbox) -> Iterator[Sessions]:
    sandbox.limits(in_flight=50)
    opened = Sessions(sandbox, max_in_flight=50)
    yield opened
    sandbox.release()
    opened.close()


@pytest.mark.parametrize("retries", [0, 10])
def test_a_hurried_caller_that_renews_the_token_fails_nobody_who_has_more_time(
    retries: int, sandbox: Sandbox, sessions: Sessions
) -> None:
    hurried, patient = (sessions.one(time, max_retries=retries) for time in (SOON, LONG))
    sandbox.next(path=TOKEN_PATH, fault="hang-after-commit")
    first = sessions.ask(hurried)
    sandbox.wait_for_hanging()
    others = [sessions.ask(patient) for _ in range(16)]
    sessions.await_waiting(16)

    with pytest.raises(Timeout) as caught:
        first.result(LONG)

    assert caught.value.out_of_time
    assert [other.result(LONG) for other in others] == [200] * 16
    assert len(sandbox.token_calls) == 2
    assert {call.status for call in sandbox.calls} == {200}


def test_callers_in_a_hurry_ask_a_silent_server_once_or_twice_and_are_done_in_time(
    sandbox: Sandbox, sessions: Sessions
) -> None:
    """Ten tokens in ten minutes are few: one request each would use them up."""
    session = sessions.one(SOON)
    sandbox.next(path=TOKEN_PATH, fault="hang-after-commit", times=99)
    clock = SystemClock()
    began = clock.now()

    callers = [sessions.ask(session) for _ in range(32)]
    errors = [caller.exception(LONG) for caller in callers]

    assert {type(error) for error in errors} == {Timeout}
    assert clock.now() - began < SOON + 1
    sandbox.release()
    assert 1 <= len(sandbox.token_calls) <= 2
    assert sandbox.calls == []


class WatchedStore:
    """A token store that tells when somebody waits for the right to renew the token."""

    def __init__(self, store: LockingTokenStore) -> None:
        self._store = store
        self.load, self.save = store.load, store.save
        self.block, self.blocked = store.block, store.blocked
        self.asked = threading.Semaphore(0)

    def renewing(self, deadline: float | None) -> AbstractContextManager[None]:
        self.asked.release()
        return self._store.renewing(deadline)


@attrs.define
class Watched:
    """A coordinator with such a store."""

    real: Coordinator
    stores: list[WatchedStore] = attrs.field(factory=list)

    def throttle(self, key: str, **limits: Any) -> Throttle:
        return self.real.throttle(key, **limits)

    def tokens(self, key: str, *, clock: Clock) -> WatchedStore:
        store = self.real.tokens(key, clock=clock)
        assert isinstance(store, LockingTokenStore)
        self.stores.append(WatchedStore(store))
        return self.stores[-1]


@pytest.fixture(params=["files", "redis"])
def shared(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: LocalRedis
) -> Iterator[Callable[[], Coordinator]]:
    """Make coordinators that know nothing of each other, as those of several processes do."""
    with ExitStack() as opened:

        def make() -> Coordinator:
            if request.param == "files":
                return FileCoordinator(tmp_path / "zohorm")
            made = RedisCoordinator(redis_server.url)
            opened.callback(made.close)
            return made

        yield make


def test_a_hurried_caller_that_waits_for_another_process_fails_nobody_who_has_more_time(
    sandbox: Sandbox, shared: Callable[[], Coordinator]
) -> None:
    here, elsewhere = Watched(shared()), Watched(shared())
    sessions, strangers = (Sessions(sandbox, coordinator=each) for each in (here, elsewhere))
    hurried, patient, stranger = sessions.one(SOON), sessions.one(LONG), strangers.one(LONG)
    with closing(sessions), closing(strangers):
        with elsewhere.stores[0].renewing(None):
            first = sessions.ask(hurried)
            assert here.stores[0].asked.acquire(timeout=LONG)
            others = [sessions.ask(patient) for _ in range(8)]
            sessions.await_waiting(8)
            error = first.exception(LONG)
            assert sandbox.token_calls == []

        assert isinstance(error, Timeout)
        assert error.out_of_time
        assert [other.result(LONG) for other in others] == [200] * 8
        assert strangers.ask(stranger).result(LONG) == 200
        assert len(sandbox.token_calls) == 1
