"""The coordinator on a real Redis: what a process asks, how it waits, what it does without."""

from __future__ import annotations

import datetime as dt
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from traceback import TracebackException
from typing import Any

import pytest
from fleet import QuickClock
from local_redis import LocalRedis

from zohorm.clock import SystemClock
from zohorm.errors import (
    CoordinatorAway,
    DayLimit,
    InFlightLimit,
    InvalidValue,
    MinuteLimit,
    NotPicklable,
)
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.refresh import Token
from zohorm.throttle import LedgerThrottle, Quota

HOST = "https://www.zohoapis.com"
ORGANIZATION = "10"
# A minute takes a second: enough for a busy machine to look before it is over.
SPEED = 60.0
CLOCK = QuickClock(SPEED)


class SleepersClock(QuickClock):
    """Tells when somebody has begun to sleep: then the wait of the first in line is known."""

    def __init__(self, speed: float) -> None:
        super().__init__(speed)
        self.asleep = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        super().sleep(seconds)


class Processes:
    """Coordinators that know nothing of each other, as those of several processes do."""

    def __init__(self, server: LocalRedis) -> None:
        self._server = server
        self._open = ExitStack()

    def one(self, url: str | None = None, **settings: Any) -> RedisCoordinator:
        settings = {"clock_speed": SPEED, "lease_seconds": 1.0, **settings}
        made = RedisCoordinator(url or self._server.url, **settings)
        return self._open.enter_context(closing(made))

    def throttle(self, *, rate: int = 100, at_once: int = 10, **settings: Any) -> LedgerThrottle:
        return throttle(self.one(**settings), rate=rate, at_once=at_once)

    def close(self) -> None:
        self._open.close()


def throttle(
    coordinator: RedisCoordinator,
    *,
    rate: int = 100,
    at_once: int = 10,
    delay: float = 0.0,
    clock: QuickClock = CLOCK,
) -> LedgerThrottle:
    return coordinator.throttle(
        HOST,
        calls_per_minute=rate,
        max_in_flight=at_once,
        intercall_delay_seconds=delay,
        clock=clock,
    )


@pytest.fixture
def processes(redis_server: LocalRedis) -> Iterator[Processes]:
    with closing(Processes(redis_server)) as found:
        yield found


def call(throttle: LedgerThrottle, seconds: float | None = None, *, reserve: int = 0) -> None:
    deadline = None if seconds is None else CLOCK.now() + seconds
    with throttle.slot(ORGANIZATION, deadline, reserve=reserve):
        pass


def start(act: Any) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_processes_keep_one_pace(processes: Processes) -> None:
    one, other = processes.throttle(rate=4), processes.throttle(rate=4)
    began = CLOCK.now()
    for _ in range(2):
        call(one)
        call(other)
    with pytest.raises(MinuteLimit) as caught:
        call(other, 1)
    assert caught.value.resets_at is not None

    call(other)

    assert CLOCK.now() - began >= 60


def test_organizations_and_hosts_do_not_wait_for_each_other(processes: Processes) -> None:
    coordinator = processes.one()
    pace = throttle(coordinator, rate=1)
    elsewhere = coordinator.throttle(
        "https://www.zohoapis.eu",
        calls_per_minute=1,
        max_in_flight=1,
        intercall_delay_seconds=0,
        clock=CLOCK,
    )

    with pace.slot("10", CLOCK.now() + 1), pace.slot("20", CLOCK.now() + 1):
        call(elsewhere, 1)


def test_a_call_that_ends_wakes_one_of_another_process(
    processes: Processes, redis_server: LocalRedis
) -> None:
    one, other = processes.throttle(at_once=1), processes.throttle(at_once=1)
    order: list[str] = []

    def second() -> None:
        call(other)
        order.append("second")

    with one.slot(ORGANIZATION, None):
        waiting = start(second)
        _until(lambda: redis_server.calls("blpop") + _blocked(redis_server) > 0)
        asked = redis_server.calls()
        SystemClock().sleep(0.3)
        assert redis_server.calls() - asked <= 3, "it waits without asking, but for the lease"
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]


def _blocked(server: LocalRedis) -> int:
    return int(server.client.info("clients")["blocked_clients"])


def _until(claim: Any, seconds: float = 10.0) -> None:
    clock = SystemClock()
    late = clock.now() + seconds
    while not claim():
        assert clock.now() < late
        clock.sleep(0.005)


def test_a_call_in_flight_is_refused_at_its_deadline(processes: Processes) -> None:
    one, other = processes.throttle(at_once=1), processes.throttle(at_once=1)

    with one.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        call(other, 10)


class WatchedClock(QuickClock):
    """Tells when a thread begins to wait for another one of its process."""

    def __init__(self) -> None:
        super().__init__(SPEED)
        self.waiting = threading.Semaphore(0)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waiting.release()
        super().wait(condition, seconds)


def test_threads_get_their_turn_in_the_order_in_which_they_asked(
    processes: Processes, redis_server: LocalRedis
) -> None:
    clock = WatchedClock()
    pace = processes.one().throttle(
        HOST, calls_per_minute=100, max_in_flight=1, intercall_delay_seconds=0, clock=clock
    )
    order: list[int] = []

    def ask(number: int) -> None:
        with pace.slot(ORGANIZATION, None):
            order.append(number)

    with processes.throttle(at_once=1).slot(ORGANIZATION, None):
        threads = [start(lambda: ask(0))]
        _until(lambda: _blocked(redis_server) > 0)
        for number in range(1, 5):
            threads.append(start(lambda number=number: ask(number)))
            clock.waiting.acquire()
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_a_wait_costs_one_question_more(processes: Processes, redis_server: LocalRedis) -> None:
    pace = processes.throttle(rate=2)
    for _ in range(2):
        call(pace)
    asked = redis_server.calls()

    call(pace)

    assert redis_server.calls() - asked <= 4  # it asks, waits, asks, tells of its end; and a tick


def test_a_refusal_holds_the_calls_of_all_processes(processes: Processes) -> None:
    one, other = processes.throttle(), processes.throttle()

    began = CLOCK.now()
    one.penalty(ORGANIZATION, 60)

    with pytest.raises(MinuteLimit, match="the service asked to wait"):
        call(other, 1)
    call(other)
    assert CLOCK.now() - began >= 60


def test_a_crowd_narrows_all_processes(processes: Processes) -> None:
    one, other = processes.throttle(at_once=2), processes.throttle(at_once=2)

    one.crowded(ORGANIZATION)

    with one.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        call(other, 5)


def test_calls_are_spread_over_all_processes(processes: Processes) -> None:
    paces = [throttle(processes.one(), delay=10) for _ in range(2)]
    began = CLOCK.now()

    for pace in paces * 2:
        call(pace)

    assert CLOCK.now() - began >= 30


def test_the_day_is_known_to_all_processes(processes: Processes) -> None:
    one, other = processes.throttle(), processes.throttle()
    resets_at = dt.datetime.fromtimestamp(CLOCK.time() + 3600, dt.UTC)
    with one.slot(ORGANIZATION, None):
        one.remember(ORGANIZATION, Quota(1000, 12, resets_at))

    known = other.quota(ORGANIZATION)

    assert known is not None
    assert (known.limit, known.remaining) == (1000, 12)
    assert known.resets_at is not None
    assert abs(known.resets_at - resets_at) < dt.timedelta(minutes=2)
    with pytest.raises(DayLimit) as caught:
        call(other, reserve=13)
    assert caught.value.calls_remaining == 12
    call(other, reserve=12)


def test_a_day_without_calls_is_told_at_once(processes: Processes) -> None:
    one, other = processes.throttle(), processes.throttle()

    one.remember(ORGANIZATION, Quota(None, 0, None))

    with pytest.raises(DayLimit):
        call(other)


def test_scripts_that_the_server_forgot_are_sent_again(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle()
    call(pace)
    redis_server.client.script_flush()

    call(pace)


def test_a_call_waits_for_redis_to_come_back(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle()
    redis_server.stop()
    starter = threading.Timer(0.4, redis_server.start)
    starter.start()

    call(pace, 6000)

    starter.join()


def test_a_restart_holds_calls_until_those_that_were_forgotten_count_no_more(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle(rate=3)
    for _ in range(3):
        call(pace)
    ended = CLOCK.now()
    redis_server.stop()
    redis_server.start()

    call(pace)

    assert CLOCK.now() - ended >= 60


@pytest.mark.parametrize("seconds", [1, 40])
def test_a_call_that_redis_does_not_answer_in_time_says_so(
    seconds: float, processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle()
    redis_server.stop()

    with pytest.raises(CoordinatorAway) as caught:
        call(pace, seconds)

    assert "cannot be reached" in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_slot_held_while_redis_goes_away_ends_without_an_error(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle(rate=2)
    with pace.slot(ORGANIZATION, None):
        redis_server.stop()
    redis_server.start()

    call(pace)


def test_without_redis_a_process_goes_on_at_its_share_after_a_minute(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle(rate=8, at_once=4, when_away="share", share=0.25)
    call(pace)
    redis_server.stop()
    away = CLOCK.now()
    call(pace)

    assert CLOCK.now() - away >= 60
    call(pace, 1)
    with pytest.raises(MinuteLimit):
        call(pace, 1)  # a quarter of eight are two
    with pace.slot(ORGANIZATION, None), pytest.raises((InFlightLimit, MinuteLimit)):
        call(pace, 1)


def test_calls_made_without_redis_count_when_it_is_back(
    processes: Processes, redis_server: LocalRedis, caplog: pytest.LogCaptureFixture
) -> None:
    pace = processes.throttle(rate=4, when_away="share", share=0.5)
    call(pace)
    redis_server.stop()
    with caplog.at_level(logging.WARNING, "zohorm.throttle"):
        for _ in range(2):
            call(pace)
        redis_server.start()
        # The share is used up for now; one of those who wait for it finds that Redis is back.
        while not redis_server.calls():
            call(pace)

    said = [record.getMessage() for record in caplog.records]
    assert ["is away" in line for line in said] == [True, False]
    assert "is back" in said[1]
    # The one that found out, and those of the last minute on the share.
    assert redis_server.client.zcard(f"zohorm:{{{HOST}/{ORGANIZATION}}}:ended") in (2, 3)


def test_a_frozen_redis_counts_as_away(processes: Processes, redis_server: LocalRedis) -> None:
    pace = processes.throttle(url=f"{redis_server.url}?socket_timeout=0.2")
    call(pace)
    redis_server.freeze()

    with pytest.raises(CoordinatorAway, match="does not answer"):
        call(pace, 60)

    redis_server.go_on()
    call(pace)


def test_a_redis_that_takes_no_writes_counts_as_away(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle()
    redis_server.client.replicaof("127.0.0.1", redis_server.port)
    try:
        with pytest.raises(CoordinatorAway, match="takes no writes"):
            call(pace, 10)
    finally:
        redis_server.client.replicaof("NO", "ONE")

    call(pace)


def test_a_redis_without_memory_still_keeps_the_pace(
    processes: Processes, redis_server: LocalRedis
) -> None:
    """What the script keeps is little, and it forgets before it notes."""
    pace = processes.throttle(rate=1)
    redis_server.set("maxmemory", 1)

    call(pace)

    with pytest.raises(MinuteLimit):
        call(pace, 10)


def test_a_foreign_value_under_a_key_is_an_error_at_once(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle()
    redis_server.client.set(f"zohorm:{{{HOST}/{ORGANIZATION}}}:ended", "hello")

    with pytest.raises(CoordinatorAway, match="not ours"):
        call(pace)
    call(processes.throttle(prefix="other"))


def test_no_error_tells_the_password(processes: Processes, redis_server: LocalRedis) -> None:
    redis_server.set("requirepass", "the-right-one")
    url = redis_server.url.replace("redis://", "redis://:planted-secret@")
    coordinator = processes.one(url)

    with pytest.raises(CoordinatorAway, match="user or password") as caught:
        call(throttle(coordinator), 10)

    shown = [repr(coordinator), str(caught.value), repr(caught.value)]
    error: BaseException | None = caught.value
    while error is not None:
        shown.append(repr(error))
        error = error.__cause__ or error.__context__
    # Services that collect errors keep the variables, too; those of this test know the address.
    del url
    shown += TracebackException.from_exception(caught.value, capture_locals=True).format()
    assert "planted-secret" not in " ".join(shown)
    assert "127.0.0.1" in repr(coordinator)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:planted#secret@host:6379",
        "redis://host:planted-secret/0",
        "planted-secret",
        "redis://h?planted=1",
    ],
)
def test_an_address_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        RedisCoordinator(url)

    assert "planted" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "settings",
    [
        {"when_away": "never"},
        {"share": 0},
        {"share": 1.5},
        {"prefix": ""},
        {"prefix": "a{b}"},
        {"lease_seconds": 0},
        {"clock_speed": 0},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        RedisCoordinator("redis://127.0.0.1", **settings)


def test_a_coordinator_is_not_pickled() -> None:
    with pytest.raises(NotPicklable):
        pickle.dumps(RedisCoordinator("redis://127.0.0.1"))


def test_leases_are_renewed_while_a_call_lasts(
    processes: Processes, redis_server: LocalRedis
) -> None:
    one, other = processes.throttle(at_once=1), processes.throttle(at_once=1)

    with one.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        call(other, 1.7 * SPEED)  # longer than a lease
    _until(lambda: not [t for t in threading.enumerate() if t.name == "zohorm-leases"])

    call(other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_calls_and_connections_of_its_own(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle(at_once=2)
    with pace.slot(ORGANIZATION, None):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                call(pace, 60)
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        # The child left nothing of ours: one of two places is still taken.
        assert redis_server.client.zcard(f"zohorm:{{{HOST}/{ORGANIZATION}}}:flying") == 1
        call(pace, 60)


def test_redis_may_go_away_while_a_call_waits_for_the_end_of_another(
    processes: Processes, redis_server: LocalRedis
) -> None:
    one, other = processes.throttle(at_once=1), processes.throttle(at_once=1)
    with one.slot(ORGANIZATION, None):
        stopper = threading.Timer(0.2, redis_server.stop)
        stopper.start()

        with pytest.raises(CoordinatorAway):
            call(other, 1.0 * SPEED)

        stopper.join()
        # Leases cannot be renewed now; nobody hears of it but who asks.
        SystemClock().sleep(0.5)
    redis_server.start()
    call(other)


def test_what_ended_meanwhile_is_kept_until_redis_can_be_told(
    processes: Processes, redis_server: LocalRedis
) -> None:
    pace = processes.throttle(rate=2)
    with pace.slot(ORGANIZATION, None):
        redis_server.stop()
    with pytest.raises(CoordinatorAway):
        call(pace, 30)
    redis_server.start()

    call(pace)

    assert redis_server.client.zcard(f"zohorm:{{{HOST}/{ORGANIZATION}}}:ended") >= 1


def test_a_thread_behind_others_is_refused_as_soon_as_its_wait_is_known(
    processes: Processes, redis_server: LocalRedis
) -> None:
    clock = SleepersClock(SPEED)
    pace = throttle(processes.one(), rate=1, clock=clock)
    call(pace)
    first = start(lambda: call(pace))
    assert clock.asleep.wait(30)
    asked = redis_server.calls()

    with pytest.raises(MinuteLimit):
        call(pace, 1)

    assert redis_server.calls() == asked
    first.join()


def test_a_user_who_may_use_our_keys_alone_is_enough(
    processes: Processes, redis_server: LocalRedis
) -> None:
    rules = {"enabled": True, "passwords": ["+pw"], "keys": ["zohorm:*"]}
    categories = ["+@all", "-@admin", "-@dangerous"]
    redis_server.client.acl_setuser("worker", **rules, categories=categories)
    try:
        coordinator = processes.one(redis_server.url.replace("redis://", "redis://worker:pw@"))
        store = coordinator.tokens("0a", clock=CLOCK)
        with store.renewing(None):
            store.save(Token("1000.a"))
        assert store.load() is not None
        one, other = throttle(coordinator, at_once=1), processes.throttle(at_once=1)
        with other.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
            call(one, 5)
        call(one)
    finally:
        redis_server.client.acl_deluser("worker")


def test_without_the_package_the_error_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "from zohorm import ZohoBooks\n"
        "ZohoBooks('10', access_token='x', coordinator='redis://127.0.0.1')\n"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert 'pip install "zohorm[redis]"' in ran.stderr
