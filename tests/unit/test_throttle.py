from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zohorm.clock import ManualClock
from zohorm.errors import DayLimit, InFlightLimit, MinuteLimit
from zohorm.throttle import LocalThrottle, Quota

ORGANIZATION = "10"


class WatchedClock(ManualClock):
    """Tells when somebody starts to wait for another call."""

    def __init__(self, *, patience_seconds: float = 30.0) -> None:
        super().__init__(patience_seconds=patience_seconds)
        self.waiting = threading.Semaphore(0)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waiting.release()
        super().wait(condition, seconds)


def _start(call: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def _call(throttle: LocalThrottle, organization: str = ORGANIZATION) -> None:
    with throttle.slot(organization, None):
        pass


def _most_within_a_minute(starts: list[float]) -> int:
    return max(sum(first <= other < first + 60 for other in starts) for first in starts)


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 7),
    delay=st.sampled_from([0.0, 0.3, 5.0]),
    calls=st.lists(
        st.tuples(st.floats(0, 40), st.floats(0, 90), st.sampled_from([0.0, 0.0, 30.0])),
        min_size=1,
        max_size=40,
    ),
)
def test_no_minute_holds_more_calls_than_allowed_wherever_in_the_call_the_service_counts_it(
    rate: int, delay: float, calls: list[tuple[float, float, float]]
) -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=rate, intercall_delay_seconds=delay, clock=clock)
    starts: list[float] = []
    arrivals: list[float] = []

    for idle, length, penalty in calls:
        clock.move(seconds=idle)
        with throttle.slot(ORGANIZATION, None):
            starts.append(clock.now())
            clock.move(seconds=length / 2)
            arrivals.append(clock.now())
            clock.move(seconds=length / 2)
        if penalty:
            throttle.penalty(ORGANIZATION, penalty)

    assert _most_within_a_minute(starts) <= rate
    assert _most_within_a_minute(arrivals) <= rate
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(gap >= delay - 1e-6 for gap in gaps)


@settings(max_examples=15, deadline=None)
@given(rate=st.integers(1, 12), at_once=st.integers(1, 5), threads=st.integers(1, 8))
def test_threads_keep_both_limits_and_everyone_gets_all_turns(
    rate: int, at_once: int, threads: int
) -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=rate, max_in_flight=at_once, clock=clock)
    lock = threading.Lock()
    starts: list[float] = []
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with throttle.slot(ORGANIZATION, None):
                with lock:
                    starts.append(clock.now())
                    inside += 1
                    most = max(most, inside)
                clock.move(seconds=0.1)
                with lock:
                    inside -= 1

    workers = [_start(work) for _ in range(threads)]
    for worker in workers:
        worker.join()

    assert len(starts) == 5 * threads
    assert _most_within_a_minute(starts) <= rate
    assert most <= at_once


def test_calls_get_their_turn_in_the_order_in_which_they_asked() -> None:
    clock = WatchedClock()
    throttle = LocalThrottle(max_in_flight=1, clock=clock)
    order: list[int] = []

    def ask(number: int) -> None:
        with throttle.slot(ORGANIZATION, None):
            order.append(number)

    with throttle.slot(ORGANIZATION, None):
        threads = []
        for number in range(5):
            threads.append(_start(lambda number=number: ask(number)))  # type: ignore[misc]
            clock.waiting.acquire()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_the_first_calls_of_a_minute_do_not_wait() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=100, clock=clock)

    for _ in range(100):
        _call(throttle)
    assert clock.now() == 0
    _call(throttle)

    assert 60 <= clock.now() < 61


def test_organizations_do_not_wait_for_each_other() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=1, clock=clock)

    _call(throttle, "10")
    _call(throttle, "20")

    assert clock.now() == 0


def test_a_slow_call_counts_for_a_minute_after_its_end() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=1, clock=clock)

    with throttle.slot(ORGANIZATION, None):
        clock.move(seconds=50)
    _call(throttle)

    assert clock.now() >= 110


def test_calls_in_flight_count_for_the_minute() -> None:
    clock = WatchedClock(patience_seconds=0)
    throttle = LocalThrottle(calls_per_minute=2, max_in_flight=10, clock=clock)

    with (
        throttle.slot(ORGANIZATION, None),
        throttle.slot(ORGANIZATION, None),
        pytest.raises(InFlightLimit),
        throttle.slot(ORGANIZATION, clock.now() + 5),
    ):
        pass


def test_a_wait_beyond_the_deadline_is_refused_before_it_begins() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=1, clock=clock)
    _call(throttle)

    with pytest.raises(MinuteLimit) as caught, throttle.slot(ORGANIZATION, clock.now() + 59):
        pass

    assert clock.now() == 0
    assert caught.value.resets_at is not None
    assert 60 <= caught.value.resets_at.timestamp() - clock.time() < 61


def test_a_place_in_the_queue_that_comes_too_late_is_refused_at_once() -> None:
    clock = WatchedClock()
    slow = LocalThrottle(max_in_flight=1, intercall_delay_seconds=50, clock=clock)

    with slow.slot(ORGANIZATION, None):
        clock.move(seconds=60)
        second = _start(lambda: _call(slow))
        clock.waiting.acquire()
        with pytest.raises(MinuteLimit), slow.slot(ORGANIZATION, clock.now() + 30):
            pass
    second.join()


def test_a_call_that_nobody_makes_room_for_is_refused_at_the_deadline() -> None:
    clock = ManualClock(patience_seconds=0)
    throttle = LocalThrottle(max_in_flight=1, clock=clock)

    with (
        throttle.slot(ORGANIZATION, None),
        pytest.raises(InFlightLimit) as caught,
        throttle.slot(ORGANIZATION, 5.0),
    ):
        pass

    assert clock.now() == 5
    assert "max_wait_seconds" in str(caught.value)
    _call(throttle)


def test_a_refused_or_failed_call_gives_its_slot_back() -> None:
    throttle = LocalThrottle(max_in_flight=1, clock=ManualClock(patience_seconds=0))

    with pytest.raises(ZeroDivisionError), throttle.slot(ORGANIZATION, None):
        raise ZeroDivisionError

    with throttle.slot(ORGANIZATION, 1.0):
        pass


def test_a_penalty_holds_every_call_of_the_organization_and_only_those() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)

    throttle.penalty(ORGANIZATION, 60)
    throttle.penalty(ORGANIZATION, 10)
    _call(throttle, "20")
    assert clock.now() == 0
    _call(throttle)

    assert clock.now() == 60


def test_crowding_takes_a_slot_away_and_a_minute_brings_it_back() -> None:
    clock = ManualClock(patience_seconds=0)
    throttle = LocalThrottle(max_in_flight=2, clock=clock)

    throttle.crowded(ORGANIZATION)
    throttle.crowded(ORGANIZATION)

    with (
        throttle.slot(ORGANIZATION, None),
        pytest.raises(InFlightLimit),
        throttle.slot(ORGANIZATION, clock.now() + 1),
    ):
        pass
    clock.move(minutes=1)
    with throttle.slot(ORGANIZATION, None), throttle.slot(ORGANIZATION, clock.now() + 1):
        pass


def test_sessions_that_share_a_pace_keep_the_stricter_limits() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(calls_per_minute=100, clock=clock)
    _call(throttle)

    throttle.tighten(calls_per_minute=3, max_in_flight=20, intercall_delay_seconds=2)
    starts = []
    for _ in range(3):
        _call(throttle)
        starts.append(clock.now())

    assert starts[:2] == [2, 4]
    assert starts[2] >= 60
    assert "max_in_flight=10" in repr(throttle)


@pytest.mark.parametrize(
    "limits", [{"calls_per_minute": 0}, {"max_in_flight": 0}, {"intercall_delay_seconds": -1.0}]
)
def test_limits_that_no_call_could_keep_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        LocalThrottle(**limits)  # type: ignore[arg-type]


def _tell(
    throttle: LocalThrottle,
    clock: ManualClock,
    remaining: int,
    *,
    limit: int = 1000,
    resets_in: float | None = 3600,
) -> Quota:
    resets_at = None
    if resets_in is not None:
        resets_at = dt.datetime.fromtimestamp(clock.time() + resets_in, dt.UTC)
    quota = Quota(limit, remaining, resets_at)
    throttle.remember(ORGANIZATION, quota)
    return quota


@pytest.mark.parametrize(("remaining", "reserve", "allowed"), [(5, 5, True), (4, 5, False)])
def test_the_reserve_of_the_day_is_kept(remaining: int, reserve: int, allowed: bool) -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)
    quota = _tell(throttle, clock, remaining)

    if allowed:
        with throttle.slot(ORGANIZATION, None, reserve=reserve):
            pass
    else:
        with pytest.raises(DayLimit) as caught, throttle.slot(ORGANIZATION, None, reserve=reserve):
            pass
        assert caught.value.resets_at == quota.resets_at
        assert caught.value.calls_remaining == 4


def test_a_day_without_calls_left_refuses_even_without_a_reserve() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)
    _tell(throttle, clock, 0)

    with pytest.raises(DayLimit), throttle.slot(ORGANIZATION, None, reserve=0):
        pass
    _call(throttle, "20")


def test_calls_in_flight_are_taken_off_the_day() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)
    _tell(throttle, clock, 1)

    with (
        throttle.slot(ORGANIZATION, None, reserve=1),
        pytest.raises(DayLimit),
        throttle.slot(ORGANIZATION, None, reserve=1),
    ):
        pass


@pytest.mark.parametrize(("resets_in", "passes"), [(3600.0, 3600.0), (None, 900.0)])
def test_a_quota_is_forgotten_when_it_resets(resets_in: float | None, passes: float) -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)
    quota = _tell(throttle, clock, 0, resets_in=resets_in)

    clock.move(seconds=passes - 1)
    assert throttle.quota(ORGANIZATION) == quota
    clock.move(seconds=2)

    assert throttle.quota(ORGANIZATION) is None
    _call(throttle)


def test_answers_out_of_order_do_not_raise_the_count() -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)

    _tell(throttle, clock, 7)
    _tell(throttle, clock, 9)

    quota = throttle.quota(ORGANIZATION)
    assert quota is not None
    assert quota.remaining == 7


@pytest.mark.parametrize("news", [{"limit": 5000}, {"resets_in": 90000.0}, {"resets_in": None}])
def test_a_new_day_or_a_new_limit_replaces_the_count(news: dict[str, float]) -> None:
    clock = ManualClock()
    throttle = LocalThrottle(clock=clock)

    _tell(throttle, clock, 7)
    latest = _tell(throttle, clock, 900, **news)  # type: ignore[arg-type]

    assert throttle.quota(ORGANIZATION) == latest


def test_a_forked_child_keeps_the_count_but_not_the_calls_in_flight() -> None:
    clock = ManualClock(patience_seconds=0)
    throttle = LocalThrottle(calls_per_minute=2, max_in_flight=1, clock=clock)
    _call(throttle)
    inside, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with throttle.slot(ORGANIZATION, None):
            inside.set()
            go_on.wait()

    thread = _start(hold)
    inside.wait()
    child = os.fork()
    if child == 0:
        _call(throttle)
        _call(throttle)
        os._exit(int(clock.now()))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    go_on.set()
    thread.join()

    assert status == 60
