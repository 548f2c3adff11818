"""`python -m tests.bench.limits`: measure the shared pace; see docs/benchmarks-limits.md.

The sides take turns within each round, so that a busy machine is as busy for each of them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import attrs

from tests.bench.limits_page import Cost, Throughput, write_page
from zohorm.clock import SystemClock
from zohorm.coordinating import Coordinator
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.sandbox import Sandbox
from zohorm.throttle import LocalThrottle, Throttle

# Tests are no package, so what they share has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parents[1]))

from fleet import Fleet, QuickClock, order

HOST = "https://api"
THREADS = 8


@attrs.frozen
class Size:
    """How much is measured.

    Attributes:
        calls: how many each side makes in a round, to a new organization.
        speed: how much faster than real the clock of the fleet runs.
        per_minute: how many calls its organization allows in a minute of that clock.
        minutes: how many minutes' worth of calls are made.
    """

    rounds: int
    calls: int
    processes: Sequence[int]
    speed: float
    per_minute: int
    minutes: int


FULL = Size(20, 200, (1, 2, 3, 4), 10.0, 300, 4)
QUICK = Size(1, 20, (2,), 120.0, 50, 2)


@contextmanager
def sides(folder: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """Yield what can be measured here: what `fleet` makes a coordinator of, by its name."""
    found: dict[str, dict[str, Any]] = {
        "one process alone": {"kind": "none"},
        "files": {"kind": "files", "folder": str(folder / "files")},
    }
    with ExitStack() as stack:
        if shutil.which("redis-server"):
            from local_redis import LocalRedis

            redis = stack.enter_context(LocalRedis())
            found["Redis"] = {"kind": "redis", "url": redis.url}
        yield found


def costs(made: dict[str, dict[str, Any]], size: Size) -> list[Cost]:
    """Time a slot that is free at once, taken and given back, on each side."""
    seconds: dict[str, list[float]] = {name: [] for name in made}
    with ExitStack() as stack:
        throttles = {name: _throttle(side, stack) for name, side in made.items()}
        for number in range(size.rounds):
            for name, throttle in throttles.items():
                seconds[name] += _slots(throttle, f"{number}", size.calls)
    return [
        Cost(name, statistics.median(each), sorted(each)[len(each) * 9 // 10])
        for name, each in seconds.items()
    ]


def _throttle(side: dict[str, Any], stack: ExitStack) -> Throttle:
    limits: dict[str, Any] = {
        "calls_per_minute": 10**6,
        "max_in_flight": 10,
        "intercall_delay_seconds": 0.0,
        "clock": SystemClock(),
    }
    if side["kind"] == "none":
        return LocalThrottle(**limits)
    coordinator: Coordinator
    if side["kind"] == "redis":
        from zohorm.extras.redis_coordinator import RedisCoordinator

        coordinator = by_redis = RedisCoordinator(side["url"])
        stack.callback(by_redis.close)
    else:
        coordinator = FileCoordinator(side["folder"])
    return coordinator.throttle(HOST, **limits)


def _slots(throttle: Throttle, organization: str, calls: int) -> list[float]:
    found = []
    for _ in range(calls):
        began = time.perf_counter()
        with throttle.slot(organization, None):
            pass
        found.append(time.perf_counter() - began)
    return found


def throughputs(made: dict[str, dict[str, Any]], size: Size) -> Iterator[Throughput]:
    """Let fleets of processes call as fast as their pace allows."""
    for name, side in made.items():
        for processes in size.processes:
            if side["kind"] != "none" or processes == 1:
                yield _throughput(name, side, processes, size)


def _throughput(name: str, side: dict[str, Any], processes: int, size: Size) -> Throughput:
    shared = {**side, "clock_speed": size.speed} if side["kind"] == "redis" else side
    with Sandbox(clock=QuickClock(size.speed)) as sandbox:
        sandbox.limits(per_minute=size.per_minute)
        told = order(
            sandbox.credentials,
            shared,
            speed=size.speed,
            calls=size.per_minute * size.minutes // processes,
            threads=THREADS,
            path=f"/items/{sandbox.insert('Item', {'name': 'Tea', 'rate': 1})}",
            settings={"calls_per_minute": size.per_minute},
        )
        with Fleet(processes, told) as fleet:
            results = [worker.result() for worker in fleet.workers]
        moments = sorted(chain.from_iterable(result["moments"] for result in results))
        # The call that takes the place of another cannot come less than a minute after it.
        gaps = [
            (later - earlier) * size.speed
            for earlier, later in zip(moments, moments[size.per_minute :], strict=False)
        ]
        return Throughput(
            name,
            processes,
            share=60 / statistics.mean(gaps),
            refused=sum(call.status == 429 for call in sandbox.calls),
            tokens=len(sandbox.token_calls),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.limits", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="check that it works; no times")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-limits.md")
    asked = parser.parse_args(arguments)
    size = QUICK if asked.quick else FULL
    with tempfile.TemporaryDirectory() as folder, sides(Path(folder)) as made:
        taken = costs(made, size)
        reached = list(throughputs(made, size))
    refused = sum(one.refused for one in reached)
    if asked.quick:
        sys.stderr.write(f"{len(taken)} sides work; {refused} calls were refused\n")
    else:
        sys.stdout.write(write_page(taken, reached, to_file=asked.write))
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
