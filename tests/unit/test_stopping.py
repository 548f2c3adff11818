"""A call that waits ends when its session is closed or its program is interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from zohorm.books import Item, ZohoBooks
from zohorm.clock import ManualClock, SystemClock
from zohorm.errors import SessionClosed, ZohoError
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.sandbox import Sandbox
from zohorm.stopping import Stop
from zohorm.throttle import LocalThrottle

_LONG = 30.0


class WatchedClock(SystemClock):
    """The real clock; tells when somebody begins to wait."""

    def __init__(self) -> None:
        self.waiting = threading.Semaphore(0)

    def sleep(self, seconds: float) -> None:
        self.waiting.release()
        super().sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waiting.release()
        super().wait(condition, seconds)


class Waiting:
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._call = call
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._call()
        except ZohoError as error:
            self.error = error

    def end(self) -> BaseException | None:
        self._thread.join(_LONG)
        assert not self._thread.is_alive()
        return self.error


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture(params=["in memory", "in files"])
def opened(
    request: pytest.FixtureRequest, sandbox: Sandbox, clock: WatchedClock, tmp_path: Path
) -> Iterator[Callable[..., ZohoBooks]]:
    """Open sessions on the real clock, which share a pace in memory or in files."""
    shared = FileCoordinator(tmp_path / "x") if request.param == "in files" else None
    with ExitStack() as stack:

        def make(**settings: Any) -> ZohoBooks:
            given = {**sandbox.credentials, "clock": clock, "coordinator": shared, **settings}
            session = ZohoBooks(**given)
            stack.callback(session.close)
            return session

        yield make


def _ask(session: ZohoBooks) -> None:
    Item.using(session).iterate().first()


Open = Callable[..., ZohoBooks]


def test_closing_ends_the_wait_for_the_minute(
    sandbox: Sandbox, opened: Open, clock: WatchedClock
) -> None:
    session = opened(calls_per_minute=1)
    _ask(session)
    calls = [Waiting(lambda: _ask(session)) for _ in range(3)]
    for _ in calls:
        assert clock.waiting.acquire(timeout=_LONG)

    session.close()

    assert [type(call.end()) for call in calls] == [SessionClosed] * 3
    assert len(sandbox.calls) == 1


def test_closing_ends_the_wait_for_another_call(
    sandbox: Sandbox, opened: Open, clock: WatchedClock
) -> None:
    one, other = opened(max_in_flight=1), opened(max_in_flight=1)
    _ask(one)  # gets the token
    sandbox.next(fault="hang")
    hanging = Waiting(lambda: _ask(one))
    sandbox.wait_for_hanging(1, seconds=_LONG)
    waiting = Waiting(lambda: _ask(other))
    assert clock.waiting.acquire(timeout=_LONG)

    other.close()
    error = waiting.end()
    sandbox.release()

    assert isinstance(error, SessionClosed)
    assert hanging.end() is None
    _ask(one)
    assert [call.status for call in sandbox.calls] == [200] * 3


def test_closing_ends_the_wait_for_the_next_try_and_tells_what_may_be_done(
    sandbox: Sandbox, opened: Open, clock: WatchedClock
) -> None:
    session = opened(retry_backoff_seconds=100.0)
    item = Item.using(session)(name="Desk", rate=10)
    item.save()
    item.name = "Table"
    sandbox.next(status=503, method="PUT")
    call = Waiting(item.save)
    assert clock.waiting.acquire(timeout=_LONG)

    session.close()

    error = call.end()
    assert isinstance(error, SessionClosed)
    assert error.maybe_done
    assert [call.status for call in sandbox.calls][-1] == 503


def test_other_sessions_of_the_organization_go_on(
    sandbox: Sandbox, opened: Open, clock: WatchedClock
) -> None:
    """The closed one's place in the queue is free at once."""
    holder, one, other = (opened(max_in_flight=1) for _ in range(3))
    _ask(holder)  # gets the token
    sandbox.next(fault="hang")
    hanging = Waiting(lambda: _ask(holder))
    sandbox.wait_for_hanging(1, seconds=_LONG)
    first = Waiting(lambda: _ask(one))
    assert clock.waiting.acquire(timeout=_LONG)
    second = Waiting(lambda: _ask(other))

    one.close()
    error = first.end()
    sandbox.release()

    assert isinstance(error, SessionClosed)
    assert second.end() is None
    assert hanging.end() is None
    assert [call.status for call in sandbox.calls] == [200] * 3


def test_a_session_that_is_closed_does_not_fail_the_renewal_of_another(
    sandbox: Sandbox, clock: WatchedClock
) -> None:
    """Both wait for one token; who was asking for it stops, and the other asks by itself."""
    settings: dict[str, Any] = {**sandbox.credentials, "clock": clock, "max_retries": 3}
    one = ZohoBooks(**settings, retry_backoff_seconds=100.0)
    other = ZohoBooks(**settings)
    sandbox.next(path="/oauth/v2/token", status=500)
    first = Waiting(lambda: _ask(one))
    assert clock.waiting.acquire(timeout=_LONG)
    second = Waiting(lambda: _ask(other))
    assert clock.waiting.acquire(timeout=_LONG)

    one.close()

    assert isinstance(first.end(), SessionClosed)
    assert second.end() is None
    other.close()


class Interrupted(ManualClock):
    """A clock on which the first wait is interrupted, as by Ctrl-C."""

    interruptions = 1

    def sleep(self, seconds: float) -> None:
        if self.interruptions:
            self.interruptions -= 1
            raise KeyboardInterrupt
        super().sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.sleep(seconds or 0.0)


@pytest.mark.parametrize("limit", [{"calls_per_minute": 1}, {"intercall_delay_seconds": 5.0}])
@pytest.mark.parametrize("shared", [False, True])
def test_an_interrupted_wait_leaves_no_place_behind(
    tmp_path: Path, limit: dict[str, Any], shared: bool
) -> None:
    clock = Interrupted()
    limits = {
        "calls_per_minute": 100,
        "max_in_flight": 1,
        "intercall_delay_seconds": 0.0,
        "clock": clock,
        **limit,
    }
    throttle = (
        FileCoordinator(tmp_path / "x").throttle("https://api", **limits)
        if shared
        else LocalThrottle(**limits)
    )
    with throttle.slot("10", None):
        pass

    with pytest.raises(KeyboardInterrupt), throttle.slot("10", None):
        pass
    with pytest.raises(KeyboardInterrupt), throttle.slot("10", None):
        raise KeyboardInterrupt
    with throttle.slot("10", clock.now() + 100):
        pass


def test_who_is_not_in_a_call_sleeps_on() -> None:
    stop = Stop()
    stop.ask()
    clock = ManualClock()

    clock.sleep(5)
    with stop.watched(), pytest.raises(SessionClosed):
        clock.sleep(5)

    assert clock.now() == 5
