"""Where the time of one task goes: stacks sampled by CPU time, summed by module, function, line."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType

from tests.bench import worker
from tests.bench.serving import ROOT, Bare
from tests.bench.tasks import TASKS, Side, Task

_INTERVAL_SECONDS = 0.001
_LINES = 25


class Sampler:
    """Counts, at each tick of CPU time, where the main thread stands.

    Time within a C function counts for the line that called it: Python takes the signal when the
    function returns.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.modules: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.within: Counter[str] = Counter()

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECONDS, _INTERVAL_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _tick(self, _: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        self.samples += 1
        name = _short(frame.f_code.co_filename)
        self.modules[name] += 1
        self.functions[_function(frame)] += 1
        self.lines[f"{name}:{frame.f_lineno} {frame.f_code.co_qualname}"] += 1
        self.within.update({_function(each) for each in _stack(frame)})


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _function(frame: FrameType) -> str:
    return f"{_short(frame.f_code.co_filename)} {frame.f_code.co_qualname}"


@cache  # Otherwise the sampling itself would show among the samples.
def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])


def profile(task: Task, side: Side, port: int, *, repeat: int) -> str:
    """Do `task` again and again on one side and return where the time went."""
    worker.prepare(side)
    sampler = Sampler()
    with Bare(port) as bare:
        for _ in range(repeat):
            bare.start(pages=task.pages)
            # Anew each time: what one repetition has cached would spare the next its calls.
            works = worker.side_class(side)(port, limit=0, window_seconds=0.0)
            work = getattr(works, task.work_of(side))
            with sampler:
                work(task.size)
            works.close()
    parts = [f"{task.name}, {side}: {sampler.samples} samples, in percent of the CPU time"]
    for title, counter in (
        ("by module, itself", sampler.modules),
        ("by function, itself", sampler.functions),
        ("by function, with what it calls", sampler.within),
        ("by line, itself", sampler.lines),
    ):
        parts.append(title)
        for name, count in counter.most_common(_LINES):
            parts.append(f"  {count / max(sampler.samples, 1):6.1%}  {name}")
    return "\n".join(parts) + "\n"


def main() -> None:
    """Profile what the command line names: SIDE PORT REPEAT TASK."""
    side, port, repeat, name = sys.argv[1:]
    task = next(task for task in TASKS if task.name == name)
    chosen: Side = "loop" if side == "loop" else "msgspec" if side == "msgspec" else "zohorm"
    sys.stdout.write(profile(task, chosen, int(port), repeat=int(repeat)))


if __name__ == "__main__":
    main()
