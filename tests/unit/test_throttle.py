from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zohorm.clock import ManualClock
from zohorm.errors import DayLimit, InFlightLimit, LimitError, MinuteLimit
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.pace import Rate
from zohorm.throttle import LocalThrottle, Quota, Throttle

ORGANIZATION = "10"
LIMITS: dict[str, Any] = {
    "calls_per_minute": 100,
    "max_in_flight": 10,
    "intercall_delay_seconds": 0.0,
}
MakeSeveral = Callable[..., list[Throttle]]
Make = Callable[..., Throttle]


@pytest.fixture(scope="module", params=["in memory", "in a file"])
def make_several(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> MakeSeveral:
    """Makes throttles that keep one pace together: of threads, or of what stands for processes."""

    def make(count: int, **settings: Any) -> list[Throttle]:
        if request.param == "in memory":
            return [LocalThrottle(**settings)] * count
        folder = tmp_path_factory.mktemp("shared")
        limits = {**LIMITS, **settings}
        return [FileCoordinator(folder).throttle("https://api", **limits) for _ in range(count)]

    return make


@pytest.fixture(scope="module")
def make(make_several: MakeSeveral) -> Make:
    """Makes one throttle, in memory or in a file."""
    return lambda **settings: make_several(1, **settings)[0]


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


def _call(throttle: Throttle, organization: str = ORGANIZATION) -> None:
    with throttle.slot(organization, None):
        pass


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 7),
    at_once=st.integers(1, 4),
    delay=st.sampled_from([0.0, 0.0, 0.3, 5.0]),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("start"), st.integers(0, 2)),
            st.tuples(st.just("end"), st.integers(0, 3)),
            st.tuples(st.just("pass"), st.floats(0, 90)),
            st.tuples(st.just("penalty"), st.sampled_from([0.5, 30.0])),
            st.tuples(st.just("crowded"), st.integers(0, 2)),
        ),
        max_size=60,
    ),
)
def test_no_minute_holds_more_calls_than_allowed_wherever_in_the_call_the_service_counts_it(
    make_several: MakeSeveral,
    rate: int,
    at_once: int,
    delay: float,
    steps: list[tuple[str, float]],
) -> None:
    """Three processes start and end calls as they like; a call that must wait long is given up."""
    clock = ManualClock(patience_seconds=0)
    throttles = make_several(
        3,
        calls_per_minute=rate,
        max_in_flight=at_once,
        intercall_delay_seconds=delay,
        clock=clock,
    )
    open_calls: list[tuple[float, ExitStack]] = []
    calls: list[tuple[float, float]] = []

    def end(number: int) -> None:
        began, call = open_calls.pop(number)
        call.close()
        calls.append((began, clock.now()))

    for step, value in steps:
        if step == "start":
            call = ExitStack()
            with suppress(LimitError):
                call.enter_context(throttles[int(value)].slot(ORGANIZATION, clock.now() + 70))
                open_calls.append((clock.now(), call))
            assert len(open_calls) <= at_once
        elif step == "end" and open_calls:
            end(int(value) % len(open_calls))
        elif step == "pass":
            clock.move(seconds=value)
        elif step == "penalty":
            throttles[0].penalty(ORGANIZATION, value)
            for throttle in throttles:
                with pytest.raises(MinuteLimit):
                    throttle.slot(ORGANIZATION, clock.now() + value / 2).__enter__()
        elif step == "crowded":
            throttles[int(value)].crowded(ORGANIZATION)
    while open_calls:
        end(0)

    _check_windows(calls, rate)
    starts = sorted(began for began, _ in calls)
    assert all(later - earlier >= delay - 1e-5 for earlier, later in itertools.pairwise(starts))


def _check_windows(calls: list[tuple[float, float]], rate: int) -> None:
    """Whenever between its start and its end the service counts a call, no window is over."""
    for last, _ in calls:
        counted = [1 for began, ended in calls if began <= last and ended >= last - 60]
        assert len(counted) <= rate


@settings(max_examples=25, deadline=None)
@given(
    rate=st.integers(1, 6),
    at_once=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.permutations(range(5)), st.sampled_from([0.0, 0.05, 1.0]), st.integers(0, 4)),
        min_size=10,
        max_size=40,
    ),
)
def test_nobody_is_let_in_at_the_cost_of_a_process_that_waits_for_longer(
    tmp_path_factory: pytest.TempPathFactory,
    rate: int,
    at_once: int,
    steps: list[tuple[list[int], float, int]],
) -> None:
    """Processes look in any order; who waits for longer is let in at the same look, or nobody."""
    clock = ManualClock()
    folder = tmp_path_factory.mktemp("shared")
    limits = Rate(rate, at_once, 0.0)
    ledgers = [
        FileCoordinator(folder)._line("https://api", limits, clock, ORGANIZATION).ledger
        for _ in range(5)
    ]
    inside: list[int] = []
    waiting: list[int] = []
    waited = 0

    for order, seconds, ends in steps:
        for _ in range(min(ends, len(inside))):
            number = inside.pop(0)
            ledgers[number].end(number)
        clock.move(seconds=seconds)
        let_in = []
        for number in order:
            if number in inside:
                continue
            if ledgers[number].begin(number, rate=limits, place=0, reserve=0) is None:
                let_in.append(number)
                inside.append(number)
            elif number not in waiting:
                waiting.append(number)
                waited += 1
        still = [number for number in waiting if number not in let_in]
        assert not [n for n in let_in if any(_earlier(waiting, other, n) for other in still)]
        waiting = still

    assert len(inside) <= at_once


def _earlier(waiting: list[int], one: int, other: int) -> bool:
    return other in waiting and waiting.index(one) < waiting.index(other)


@settings(max_examples=15, deadline=None)
@given(rate=st.integers(1, 12), at_once=st.integers(1, 5), threads=st.integers(1, 8))
def test_threads_keep_both_limits_and_everyone_gets_all_turns(
    make_several: MakeSeveral, rate: int, at_once: int, threads: int
) -> None:
    clock = ManualClock(patience_seconds=0.001)
    throttles = make_several(3, calls_per_minute=rate, max_in_flight=at_once, clock=clock)
    lock = threading.Lock()
    calls: list[tuple[float, float]] = []
    inside = 0
    most = 0

    def work(throttle: Throttle) -> None:
        nonlocal inside, most
        for _ in range(5):
            with throttle.slot(ORGANIZATION, None):
                with lock:
                    began = clock.now()
                    inside += 1
                    most = max(most, inside)
                clock.move(seconds=0.1)
                with lock:
                    inside -= 1
                    calls.append((began, clock.now()))

    workers = [_start(partial(work, throttles[number % 3])) for number in range(threads)]
    for worker in workers:
        worker.join()

    assert len(calls) == 5 * threads
    _check_windows(calls, rate)
    assert most <= at_once


def test_calls_get_their_turn_in_the_order_in_which_they_asked(make: Make) -> None:
    clock = WatchedClock()
    throttle = make(max_in_flight=1, clock=clock)
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


def test_the_first_calls_of_a_minute_do_not_wait(make: Make) -> None:
    clock = ManualClock()
    throttle = make(calls_per_minute=100, clock=clock)

    for _ in range(100):
        _call(throttle)
    assert clock.now() == 0
    _call(throttle)

    assert 60 <= clock.now() < 61


def test_organizations_do_not_wait_for_each_other(make: Make) -> None:
    clock = ManualClock()
    throttle = make(calls_per_minute=1, clock=clock)

    _call(throttle, "10")
    _call(throttle, "20")

    assert clock.now() == 0


def test_a_slow_call_counts_for_a_minute_after_its_end(make: Make) -> None:
    clock = ManualClock()
    throttle = make(calls_per_minute=1, clock=clock)

    with throttle.slot(ORGANIZATION, None):
        clock.move(seconds=50)
    _call(throttle)

    assert clock.now() >= 110


def test_calls_in_flight_count_for_the_minute(make: Make) -> None:
    clock = WatchedClock(patience_seconds=0)
    throttle = make(calls_per_minute=2, max_in_flight=10, clock=clock)

    with (
        throttle.slot(ORGANIZATION, None),
        throttle.slot(ORGANIZATION, None),
        pytest.raises(InFlightLimit),
        throttle.slot(ORGANIZATION, clock.now() + 5),
    ):
        pass


def test_a_wait_beyond_the_deadline_is_refused_before_it_begins(make: Make) -> None:
    clock = ManualClock()
    throttle = make(calls_per_minute=1, clock=clock)
    _call(throttle)

    with pytest.raises(MinuteLimit) as caught, throttle.slot(ORGANIZATION, clock.now() + 59):
        pass

    assert clock.now() == 0
    assert caught.value.resets_at is not None
    assert 60 <= caught.value.resets_at.timestamp() - clock.time() < 61


def test_a_place_in_the_queue_that_comes_too_late_is_refused_at_once(make: Make) -> None:
    clock = WatchedClock()
    slow = make(max_in_flight=1, intercall_delay_seconds=50, clock=clock)

    with slow.slot(ORGANIZATION, None):
        clock.move(seconds=60)
        second = _start(lambda: _call(slow))
        clock.waiting.acquire()
        with pytest.raises(MinuteLimit), slow.slot(ORGANIZATION, clock.now() + 30):
            pass
    second.join()


def test_a_call_that_nobody_makes_room_for_is_refused_at_the_deadline(make: Make) -> None:
    clock = ManualClock(patience_seconds=0)
    throttle = make(max_in_flight=1, clock=clock)

    with (
        throttle.slot(ORGANIZATION, None),
        pytest.raises(InFlightLimit) as caught,
        throttle.slot(ORGANIZATION, 5.0),
    ):
        pass

    assert clock.now() == 5
    assert "max_wait_seconds" in str(caught.value)
    _call(throttle)


def test_a_refused_or_failed_call_gives_its_slot_back(make: Make) -> None:
    throttle = make(max_in_flight=1, clock=ManualClock(patience_seconds=0))

    with pytest.raises(ZeroDivisionError), throttle.slot(ORGANIZATION, None):
        raise ZeroDivisionError

    with throttle.slot(ORGANIZATION, 1.0):
        pass


def test_a_penalty_holds_every_call_of_the_organization_and_only_those(make: Make) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)

    throttle.penalty(ORGANIZATION, 60)
    throttle.penalty(ORGANIZATION, 10)
    _call(throttle, "20")
    assert clock.now() == 0
    _call(throttle)

    assert clock.now() == 60


def test_crowding_takes_a_slot_away_and_a_minute_brings_it_back(make: Make) -> None:
    clock = ManualClock(patience_seconds=0)
    throttle = make(max_in_flight=2, clock=clock)

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
    throttle: Throttle,
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
def test_the_reserve_of_the_day_is_kept(
    make: Make, remaining: int, reserve: int, allowed: bool
) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)
    quota = _tell(throttle, clock, remaining)

    if allowed:
        with throttle.slot(ORGANIZATION, None, reserve=reserve):
            pass
    else:
        with pytest.raises(DayLimit) as caught, throttle.slot(ORGANIZATION, None, reserve=reserve):
            pass
        assert caught.value.resets_at == quota.resets_at
        assert caught.value.calls_remaining == 4


def test_a_day_without_calls_left_refuses_even_without_a_reserve(make: Make) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)
    _tell(throttle, clock, 0)

    with pytest.raises(DayLimit), throttle.slot(ORGANIZATION, None, reserve=0):
        pass
    _call(throttle, "20")


def test_calls_in_flight_are_taken_off_the_day(make: Make) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)
    _tell(throttle, clock, 1)

    with (
        throttle.slot(ORGANIZATION, None, reserve=1),
        pytest.raises(DayLimit),
        throttle.slot(ORGANIZATION, None, reserve=1),
    ):
        pass


@pytest.mark.parametrize(("resets_in", "passes"), [(3600.0, 3600.0), (None, 900.0)])
def test_a_quota_is_forgotten_when_it_resets(
    make: Make, resets_in: float | None, passes: float
) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)
    quota = _tell(throttle, clock, 0, resets_in=resets_in)

    clock.move(seconds=passes - 1)
    assert throttle.quota(ORGANIZATION) == quota
    clock.move(seconds=2)

    assert throttle.quota(ORGANIZATION) is None
    _call(throttle)


def test_answers_out_of_order_do_not_raise_the_count(make: Make) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)

    _tell(throttle, clock, 7)
    _tell(throttle, clock, 9)

    quota = throttle.quota(ORGANIZATION)
    assert quota is not None
    assert quota.remaining == 7


@pytest.mark.parametrize("news", [{"limit": 5000}, {"resets_in": 90000.0}, {"resets_in": None}])
def test_a_new_day_or_a_new_limit_replaces_the_count(make: Make, news: dict[str, float]) -> None:
    clock = ManualClock()
    throttle = make(clock=clock)

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
