"""The script in redis_ledger.lua, on a real server and with a time that the tests pass in."""

from __future__ import annotations

import heapq
import itertools
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_redis import LocalRedis

import zohorm.extras.redis_ledger as ledger
from zohorm.pace import WINDOW_SECONDS

SCRIPT = Path(ledger.__file__).with_suffix(".lua").read_text(encoding="utf-8")
SECOND = 1_000_000
LEASE_SECONDS = 15
# An arbitrary instant; the server's own clock has about as many digits.
START = 1_750_000_000 * SECOND


class Script:
    """Asks the script as the library does, at a time of the test's; times here in seconds."""

    def __init__(self, server: LocalRedis, *, window: float = WINDOW_SECONDS) -> None:
        self.client = server.client
        self.keys = [f"t:{{10}}:{p}" for p in ("state", "ended", "flying", "queue", "waiters")]
        self.client.delete(*self.client.scan_iter("t:*"), "t:none")
        self.run = self.client.register_script(SCRIPT)
        self.window = window
        self.asked = 0

    def ask(
        self,
        now: float | None,
        operation: str,
        *arguments: Any,
        known: tuple[Any, Any] = ("", 0),
        news: tuple[Any, ...] = ("", "", "", ""),
        life: str = "a",
    ) -> list[Any]:
        self.asked += 1
        time = "" if now is None else START + round(now * SECOND)
        terms = [round(seconds * SECOND) for seconds in (self.window, 60, LEASE_SECONDS)]
        given = [operation, time, *terms, life, *known, *news, *arguments]
        return self.run(keys=self.keys, args=given)

    def enter(
        self,
        now: float | None,
        call: str,
        *,
        rate: int = 100,
        at_once: int = 10,
        delay: float = 0,
        reserve: int = 0,
        **more: Any,
    ) -> tuple[str, float]:
        limits = (rate, at_once, round(delay * SECOND), reserve)
        verdict, wait, *_ = self.ask(now, "enter", call, *limits, **more)
        return verdict, int(wait) / SECOND

    def was_woken(self, call: str) -> bool:
        return self.client.lpop(f"{self.keys[0]}:wake:{call}") is not None


@pytest.fixture
def script(redis_server: LocalRedis) -> Script:
    return Script(redis_server)


@attrs.frozen
class Limits:
    rate: int
    at_once: int
    delay: float


@attrs.define
class Process:
    """One that makes calls as they come, and asks for the next while others run."""

    name: str
    todo: list[tuple[float, float]]  # seconds of idling before a call, and of its length
    dies_at: float
    made: int = 0
    waits_for_end: bool = False
    asked_at: float = 0.0

    @property
    def call(self) -> str:
        return f"{self.name}-{self.made}"


class World:
    """Several processes at the script, event by event; nothing here waits."""

    def __init__(self, script: Script, limits: Limits, processes: list[Process]) -> None:
        self.script = script
        self.limits = limits
        self.processes = processes
        self.spans: list[tuple[float, float]] = []  # of each call from start to end
        self.made: list[list[int]] = []  # by each process, after each call
        self._order = itertools.count()
        self._events: list[tuple[float, int, str, Process, str]] = []

    def run(self) -> None:
        for process in self.processes:
            self._next(process, 0.0)
        while self._events:
            now, _, what, process, call = heapq.heappop(self._events)
            if now >= process.dies_at:
                continue
            if what == "end":
                self.script.ask(now, "leave", call)
                self._wake(now)
            elif what == "renew":
                self.script.ask(now, "renew", call)
            elif process.todo and call == process.call:
                self._ask(process, now)

    def _at(self, now: float, what: str, process: Process) -> None:
        heapq.heappush(self._events, (now, next(self._order), what, process, process.call))

    def _next(self, process: Process, now: float) -> None:
        if process.todo:
            process.asked_at = now + process.todo[0][0]
            self._at(process.asked_at, "ask", process)

    def _ask(self, process: Process, now: float) -> None:
        limits = self.limits
        verdict, wait = self.script.enter(
            now, process.call, rate=limits.rate, at_once=limits.at_once, delay=limits.delay
        )
        process.waits_for_end = verdict == "flight"
        if verdict != "go":
            assert wait > 0
            self._at(now + wait, "ask", process)
            return
        _, length = process.todo.pop(0)
        end = min(now + length, process.dies_at)
        self.spans.append((now, end))
        self._at(now + length, "end", process)
        for beat in range(5, int(length), 5):
            self._at(now + beat, "renew", process)
        process.made += 1
        self.made.append([one.made for one in self.processes])
        self._next(process, now)

    def _wake(self, now: float) -> None:
        for process in self.processes:
            if process.waits_for_end and self.script.was_woken(process.call):
                self._at(now, "ask", process)


def most_within_a_minute(times: list[float]) -> int:
    times = sorted(times)
    return max(sum(first <= other < first + 60 for other in times) for first in times)


def most_at_once(spans: list[tuple[float, float]]) -> int:
    # One that ends at an instant makes room for one that starts at it.
    changes = sorted(
        (time, step) for span in spans for time, step in zip(span, (1, -1), strict=True)
    )
    return max(itertools.accumulate(step for _, step in changes))


work = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0, 0.0, 3.5, 40.0]), st.sampled_from([0.01, 0.4, 7.0, 18.0])),
    max_size=9,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    limits=st.builds(
        Limits, st.integers(1, 6), st.integers(1, 4), st.sampled_from([0.0, 0.0, 0.5])
    ),
    works=st.lists(work, min_size=1, max_size=4),
    dies_at=st.sampled_from([None, None, 20.0, 75.0]),
)
def test_no_minute_holds_too_many_calls_whoever_makes_them_and_nobody_waits_for_ever(
    limits: Limits,
    works: list[list[tuple[float, float]]],
    dies_at: float | None,
    redis_server: LocalRedis,
) -> None:
    script = Script(redis_server)
    processes = [Process(f"p{n}", list(todo), float("inf")) for n, todo in enumerate(works)]
    if dies_at is not None:
        processes[0].dies_at = dies_at
    wanted = sum(len(process.todo) for process in processes[dies_at is not None :])
    world = World(script, limits, processes)

    world.run()

    for process in processes[dies_at is not None :]:
        assert process.todo == [], "somebody starved"
    if world.spans:
        # Wherever in the call the service counts it.
        for part in (0.0, 0.5, 1.0):
            counted = [start + part * (end - start) for start, end in world.spans]
            assert most_within_a_minute(counted) <= limits.rate
        assert most_at_once(world.spans) <= limits.at_once
        starts = sorted(start for start, _ in world.spans)
        gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
        assert all(gap >= limits.delay - 2e-6 for gap in gaps)
        lengths = sum(end - start for start, end in world.spans)
        bound = lengths + (WINDOW_SECONDS + 30 + limits.delay) * (wanted + 2)
        assert starts[-1] <= bound + 40 * wanted + 4 * LEASE_SECONDS
        # One question for each start, each end and each wait, and some to look after the dead.
        looks = len(works) * (starts[-1] / LEASE_SECONDS + 2)
        assert script.asked <= 7 * len(world.spans) + looks


def test_processes_that_always_want_more_get_the_same(script: Script) -> None:
    processes = [Process(f"p{n}", [(0.0, 0.3)] * 60, float("inf")) for n in range(4)]
    world = World(script, Limits(rate=10, at_once=3, delay=0), processes)
    world.run()

    halfway = next(counts for counts in world.made if sum(counts) >= 120)
    assert max(halfway) - min(halfway) <= 10  # a minute's calls


def test_one_with_stricter_limits_gets_its_turn_among_others(script: Script) -> None:
    for number in range(8):
        assert script.enter(0, f"q{number}", rate=10)[0] == "go"
        script.ask(0, "leave", f"q{number}")

    verdict, wait = script.enter(1, "strict", rate=5)
    assert verdict == "pace"
    # Two more could start for the loose one's limits, and the strict one would never see fewer.
    assert script.enter(2, "loose", rate=10)[0] == "pace"

    assert script.enter(1 + wait, "strict", rate=5)[0] == "go"
    assert script.enter(1 + wait, "loose", rate=10)[0] == "go"


def test_the_same_question_asked_twice_is_one_call(script: Script) -> None:
    assert script.enter(0, "a", rate=2)[0] == "go"
    assert script.enter(0, "a", rate=2)[0] == "go"
    assert script.enter(0, "b", rate=2)[0] == "go"
    assert script.enter(0, "c", rate=2)[0] == "flight"


def test_a_dead_process_leaves_its_places_after_a_lease(script: Script) -> None:
    for call in ("a", "b"):
        assert script.enter(0, call, at_once=2)[0] == "go"

    verdict, wait = script.enter(1, "c", at_once=2)

    assert (verdict, wait) == ("flight", LEASE_SECONDS - 1)
    assert script.enter(1 + wait, "c", at_once=2)[0] == "go"


def test_a_process_that_lives_keeps_its_places(script: Script) -> None:
    assert script.enter(0, "a", at_once=1)[0] == "go"
    script.ask(10, "renew", "a")

    assert script.enter(16, "b", at_once=1) == ("flight", 9)


def test_a_renewal_does_not_bring_back_a_call_that_left(script: Script) -> None:
    script.enter(0, "a", at_once=1)
    script.ask(1, "leave", "a")
    script.ask(1, "renew", "a")

    assert script.enter(2, "b", at_once=1)[0] == "go"


def test_who_dies_waiting_holds_nobody_up_for_long(script: Script) -> None:
    script.enter(0, "a", at_once=1)
    assert script.enter(0, "dead", at_once=1)[0] == "flight"
    script.ask(1, "leave", "a")
    assert script.was_woken("dead")

    now, asked = 2.0, 0
    while (answer := script.enter(now, "b", at_once=1))[0] != "go":
        now, asked = now + answer[1], asked + 1

    assert now <= 2 + 2 * LEASE_SECONDS
    assert asked <= 3


def test_who_quits_the_queue_lets_the_next_one_through(script: Script) -> None:
    script.enter(0, "a", at_once=1)
    script.enter(0, "b", at_once=1)
    script.enter(0, "c", at_once=1)
    script.ask(1, "leave", "a")

    script.ask(1, "quit", "b")

    assert script.was_woken("c")
    assert script.enter(1, "c", at_once=1)[0] == "go"


def test_a_refusal_holds_everybody(script: Script) -> None:
    script.ask(0, "hold", 30 * SECOND)

    assert script.enter(10, "a") == ("held", 20)
    assert script.enter(30, "a")[0] == "go"


def test_a_crowd_takes_places_that_come_back_one_a_minute(script: Script) -> None:
    script.ask(0, "narrow", 3)
    script.ask(0, "narrow", 3)
    script.ask(0, "narrow", 3)

    assert script.enter(1, "a", at_once=3)[0] == "go"
    assert script.enter(1, "b", at_once=3)[0] == "flight"
    script.ask(60, "renew", "a")
    assert script.enter(61, "b", at_once=3)[0] == "go"


def test_a_state_that_was_lost_holds_calls_until_what_was_forgotten_counts_no_more(
    script: Script,
) -> None:
    *_, life, count, _, _, _, _ = script.ask(0, "enter", "a", 2, 10, 0, 0)
    script.client.flushall()

    # Another process may have come first, and knows nothing.
    assert script.enter(1, "new", rate=2, life="b")[0] == "go"
    assert script.enter(2, "old", known=(life, count), life="c") == ("held", WINDOW_SECONDS)
    assert script.enter(62.2, "old", life="c")[0] == "go"


def test_an_older_copy_of_the_state_counts_as_lost(script: Script) -> None:
    *_, life, count, _, _, _, _ = script.ask(0, "look")

    assert script.enter(1, "a", known=(life, count))[0] == "go"
    assert script.enter(1, "b", known=(life, 1_000))[0] == "held"


def test_an_older_copy_of_the_state_holds_calls_once_and_not_with_each_question(
    script: Script,
) -> None:
    life = script.ask(0, "look")[4]
    held = script.ask(1, "enter", "a", 100, 10, 0, 0, known=(life, 1_000), life="b")
    assert held[0] == "held"

    # A caller keeps the higher count of one life, for answers come out of order.
    known = (life, 1_000) if held[4] == life else (held[4], held[5])
    script.ask(50, "look", known=known)

    assert script.enter(62, "a", known=known)[0] == "go"


def test_a_clock_that_was_set_back_holds_calls_for_a_window(script: Script) -> None:
    assert script.enter(3600, "a")[0] == "go"

    assert script.enter(0, "b") == ("held", WINDOW_SECONDS)
    assert script.enter(WINDOW_SECONDS, "b")[0] == "go"


def test_a_clock_that_trembles_holds_nobody(script: Script) -> None:
    assert script.enter(10, "a")[0] == "go"

    assert script.enter(9.5, "b")[0] == "go"


def test_values_that_are_no_numbers_count_as_none(script: Script) -> None:
    script.enter(0, "a")
    foreign = {
        "now": "soon",
        "count": "",
        "held_until": "never",
        "last_start": "x",
        "day_left": "?",
    }
    script.client.hset(script.keys[0], mapping=foreign)
    script.client.hset(script.keys[4], "stranger", "hello")
    script.client.zadd(script.keys[3], {"stranger": 1})
    # Ends that have not come yet, and leases for years.
    script.client.zadd(script.keys[1], {f"later{n}": 9e15 for n in range(200)})
    script.client.zadd(script.keys[2], {f"lasting{n}": 9e15 for n in range(200)})

    assert script.enter(1, "b")[0] == "go"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "9e17", "9e15", "hello"])
@pytest.mark.parametrize(
    "name",
    ["now", "held_until", "last_start", "day_limit", "day_left", "day_till", "withdrawn_at"],
)
def test_a_foreign_value_keeps_nobody_out_for_longer_than_a_window(
    script: Script, name: str, value: str
) -> None:
    script.ask(0, "look", news=(1000, 500, 600 * SECOND, 1))
    script.enter(0, "a")
    script.client.hset(script.keys[0], name, value)

    answers = [script.ask(1 + n * 61, "enter", str(n), 100, 10, 0, 0) for n in range(2)]

    assert answers[1][0] == "go"
    # Python reads all of these as whole numbers.
    told = [text for answer in answers for text in (answer[1], *answer[5:9]) if text]
    assert told == [str(int(text)) for text in told]


@pytest.mark.parametrize("value", ["nan", "inf", "hello"])
def test_a_foreign_count_holds_calls_for_a_window_at_most(script: Script, value: str) -> None:
    script.enter(0, "a")
    script.client.hset(script.keys[0], "count", value)

    assert script.enter(1, "b", known=("a", 1))[0] == "held"
    assert script.enter(62, "b", known=("a", 1))[0] == "go"


def test_the_day_is_shared_and_ends(script: Script) -> None:
    script.ask(0, "leave", "a", news=(1000, 5, 600 * SECOND, 1))
    script.ask(1, "leave", "b", news=(1000, 7, 599 * SECOND, 1))  # came out of order

    assert script.enter(2, "c", reserve=6)[0] == "day"
    assert script.ask(2, "look")[6:] == ["1000", "5", str(598 * SECOND), "1"]
    assert script.enter(601, "c", reserve=6)[0] == "go"


def test_calls_in_flight_come_off_the_day(script: Script) -> None:
    script.ask(0, "look", news=(1000, 2, 600 * SECOND, 1))

    assert [script.enter(0, call)[0] for call in "abc"] == ["go", "go", "day"]


def test_the_clock_of_the_server_is_used_when_no_time_is_given(redis_server: LocalRedis) -> None:
    script = Script(redis_server, window=1.0)

    assert script.enter(None, "a", rate=1)[0] == "go"
    script.ask(None, "leave", "a")
    verdict, wait = script.enter(None, "b", rate=1)
    assert verdict == "pace"
    assert 0 < wait <= 1
    redis_server.client.blpop(["nothing"], timeout=wait + 0.01)
    assert script.enter(None, "b", rate=1)[0] == "go"


def test_nothing_is_kept_for_ever(script: Script) -> None:
    script.enter(0, "a", at_once=1)
    script.enter(0, "b", at_once=1)
    script.ask(0, "leave", "a")

    assert all(script.client.ttl(key) > 0 for key in script.client.scan_iter("*"))
