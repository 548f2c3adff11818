"""Run every task on every side, each in a fresh process, round after round; compare the medians."""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable

import attrs

from tests.bench.serving import ROOT
from tests.bench.tasks import Side, Task
from tests.bench.worker import Result


@attrs.frozen
class Ratio:
    """The median of one side against the loop of the same round, and the extremes."""

    median: float
    least: float
    most: float


@attrs.define
class Measured:
    """What all rounds gave for one task."""

    task: Task
    rounds: dict[Side, list[Result]] = attrs.Factory(dict)

    def median(self, side: Side, value: Callable[[Result], float]) -> float:
        """Return the median of a value over the rounds."""
        return statistics.median(value(result) for result in self.rounds[side])

    def ratio(self, side: Side, value: Callable[[Result], float]) -> Ratio:
        """Compare a value of `side` with the loop's, round by round."""
        pairs = zip(self.rounds[side], self.rounds["loop"], strict=True)
        return _spread(value(ours) / (value(loop) or 1e-9) for ours, loop in pairs)

    def per_row(self, side: Side, value: Callable[[Result], float]) -> float:
        """Return the median of a value over the rounds, for one row of those that were read."""
        return self.median(side, value) / (self.task.size * self.task.repeats)

    def growth(self, side: Side, first: Measured, value: Callable[[Result], float]) -> Ratio:
        """Compare a value for one row with that of another size, round by round."""
        rows = self.task.size * self.task.repeats / (first.task.size * first.task.repeats)
        pairs = zip(self.rounds[side], first.rounds[side], strict=True)
        return _spread(value(large) / value(small) / rows for large, small in pairs)

    def against_ideal(self, side: Side) -> Ratio:
        """Compare the time of `side` with the least that the limit allows."""
        return _spread(result.wall / self.task.ideal_seconds for result in self.rounds[side])

    @property
    def faults(self) -> list[str]:
        """What went otherwise than it must: wrong counts of calls, wrong bodies."""
        return [
            f"{self.task.name}, {result.side}: {fault}"
            for results in self.rounds.values()
            for result in results
            for fault in result.faults
        ]


def _spread(values: Iterable[float]) -> Ratio:
    found = sorted(values)
    return Ratio(statistics.median(found), found[0], found[-1])


def sides_of(task: Task) -> list[Side]:
    """Return the sides that do `task`; the faster reader only where it is installed."""
    sides: list[Side] = ["loop", "zohorm"]
    if task.fast_target is not None and importlib.util.find_spec("msgspec") is not None:
        sides.append("msgspec")
    return sides


def run(tasks: Iterable[Task], rounds: int, port: int) -> list[Measured]:
    """Return the figures of `rounds` interleaved rounds."""
    measured = [Measured(task, {side: [] for side in sides_of(task)}) for task in tasks]
    for number in range(1, rounds + 1):
        for one in measured:
            sys.stderr.write(f"round {number} of {rounds}: {one.task.name}\n")
            for side, results in one.rounds.items():
                results += worker(side, port, [one.task.name])
    for one in measured:
        # zohorm may not know the faster reader; then there is nothing to compare.
        if not all(result.msgspec for result in one.rounds.get("msgspec", ())):
            del one.rounds["msgspec"]
    return measured


def quick(tasks: Iterable[Task], port: int) -> list[Measured]:
    """Do every task once and small, all of one side in one process; for its faults alone."""
    measured = {task.name: Measured(task.smaller()) for task in tasks}
    for side in ("loop", "zohorm", "msgspec"):
        names = [name for name, one in measured.items() if side in sides_of(one.task)]
        for result in worker(side, port, ["quick", *names]) if names else ():
            measured[result.task].rounds[side] = [result]
    return list(measured.values())


def worker(side: Side, port: int, arguments: list[str]) -> list[Result]:
    """Return what a fresh process measures."""
    command = [sys.executable, "-m", "tests.bench.worker", side, str(port), *arguments]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [Result(**json.loads(line)) for line in ran.stdout.splitlines()]
