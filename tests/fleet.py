"""Processes that call the sandbox together, with the limits scaled down in time.

A test starts them with `Fleet`; each runs this file. Their clocks, and the sandbox's, are
`QuickClock`s: the real clock running faster, so that a minute of the limits takes half a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import TracebackType
from typing import Any

from zohorm.clock import ManualClock, SystemClock

SPEED = 120.0
START = 1_768_467_600.0  # the sandbox's first instant, 15 January 2026


class QuickClock(ManualClock):
    """The real clock, running faster; readings of all processes of a machine agree."""

    def __init__(self, speed: float = SPEED) -> None:
        super().__init__()
        self.speed = speed

    def now(self) -> float:
        return time.monotonic() * self.speed

    def time(self) -> float:
        return START + self.now()

    def sleep(self, seconds: float) -> None:
        SystemClock().sleep(seconds / self.speed)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(None if seconds is None else seconds / self.speed)


class Worker:
    """One process of the fleet."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def result(self) -> Any:
        """Wait for the end, and return what the process found."""
        out, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0
        return json.loads(out)


class Fleet:
    """Several processes that begin together; those that still run are killed in the end."""

    def __init__(self, count: int, order: Mapping[str, Any]) -> None:
        self.workers = [Worker({**order, "number": number}) for number in range(count)]

    def __enter__(self) -> Fleet:
        for worker in self.workers:
            worker.await_ready()
        for worker in self.workers:
            worker.go()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()
            for pipe in (worker.process.stdin, worker.process.stdout):
                assert pipe is not None
                pipe.close()


def order(
    credentials: Mapping[str, Any], coordinator: Mapping[str, Any], **work: Any
) -> dict[str, Any]:
    """Return what each process is told: `work` are calls, threads, path and settings."""
    return {"credentials": dict(credentials), "coordinator": dict(coordinator), **work}


def _coordinator(wanted: Mapping[str, Any]) -> Any:
    """Make what the order names: the keywords of one of the two classes, or nothing."""
    settings = dict(wanted)
    kind = settings.pop("kind")
    if kind == "none":
        return None
    if kind == "redis":
        from zohorm.extras.redis_coordinator import RedisCoordinator

        return RedisCoordinator(settings.pop("url"), **settings)
    from zohorm.extras.file_coordinator import FileCoordinator

    return FileCoordinator(**settings)


def _work(order: Mapping[str, Any]) -> dict[str, Any]:
    from zohorm.books import ZohoBooks

    clock = QuickClock(order.get("speed", SPEED))
    books = ZohoBooks(
        **order["credentials"],
        coordinator=_coordinator(order["coordinator"]),
        clock=clock,
        # The clock runs fast, so an hour of it is soon over.
        max_wait_seconds=1e6,
        **order.get("settings", {}),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.monotonic()
    with closing(books), ThreadPoolExecutor(order["threads"]) as pool:

        def ask(_: int) -> tuple[int, float]:
            return books.request("GET", order["path"]).status, time.monotonic()

        answers = list(pool.map(ask, range(order["calls"])))
    return {
        "statuses": [status for status, _ in answers],
        "seconds": time.monotonic() - began,
        # Readings of a clock that all processes of a machine share.
        "moments": [moment for _, moment in answers],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_work(json.loads(sys.argv[1]))))
