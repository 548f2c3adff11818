"""One measurement in a process of its own: does a task once and prints what it took as JSON.

`python -m tests.bench.worker SIDE PORT [quick] TASK...`; the benchmark calls it.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

import attrs

from tests.bench.answers import CHANGED
from tests.bench.serving import ROOT, Bare, Seen
from tests.bench.tasks import TASKS, Side, Task

_IMPORTS = {
    "W5": ("import requests, attrs, cachetools", "from zohorm.books import Invoice"),
    "W5 open": (
        "import requests, attrs, cachetools; requests.Session()",
        "from zohorm.books import Invoice, ZohoBooks; ZohoBooks('1', access_token='bench')",
    ),
}
"""What the loop loads, and what zohorm does."""
_IMPORT_TIMER = (
    "import time; wall, cpu = time.perf_counter(), time.process_time()\n"
    "{imports}\n"
    "print(time.perf_counter() - wall, time.process_time() - cpu)"
)


@attrs.frozen(kw_only=True)
class Result:
    """What one side took for one task: seconds, bytes, calls."""

    task: str
    side: Side
    wall: float = 0.0
    cpu: float = 0.0
    server_cpu: float = 0.0
    held_bytes: int = 0
    peak_bytes: int = 0
    refused: int = 0
    faults: tuple[str, ...] = ()
    msgspec: bool = False


class Works(Protocol):
    """The loop, or zohorm; its other methods are the tasks' work."""

    def __init__(self, port: int, *, limit: int, window_seconds: float) -> None: ...

    def close(self) -> None: ...


def measure(task: Task, side: Side, port: int) -> Result:
    """Do `task` once and return what it took."""
    if task.measure == "import":
        return _import(task, side)
    with Bare(port) as bare:
        bare.start(pages=task.pages)
        # Connections are made and first uses are over before the clock starts.
        works = side_class(side)(port, limit=task.limit, window_seconds=task.window_seconds)
        bare.start(
            pages=task.pages,
            latency_seconds=task.latency_seconds,
            limit=task.limit,
            window_seconds=task.window_seconds,
        )
        take = _held if task.measure == "bytes" else _timed
        result, done = take(task, side, works)
        works.close()
        seen = bare.seen()
    result = attrs.evolve(
        result,
        server_cpu=seen.cpu,
        refused=seen.calls.get("refused", 0),
        msgspec=sys.modules.get("msgspec") is not None,
    )
    return attrs.evolve(result, faults=tuple(_faults(task, side, done, seen)))


def _faults(task: Task, side: Side, done: int, seen: Seen) -> Iterator[str]:
    if done != task.size * task.repeats:
        yield f"{done} done instead of {task.size * task.repeats}"
    calls, expected = dict(seen.calls), dict(task.expected(side))
    if task.measure == "pace" and side == "loop":
        # The loop learns of the limit by refusals; that is what W7 shows.
        calls.pop("refused", None)
    if calls != expected:
        yield f"calls {calls} instead of {expected}"
    if task.work == "save" and [json.loads(body) for body in seen.bodies] != [
        {"reference_number": CHANGED}
    ]:
        yield f"bodies {list(seen.bodies)}"


def side_class(side: Side) -> type[Works]:
    """Return the class that does the work of `side`."""
    # Imported late: what one side loads must not stand in the memory of the other.
    if side == "loop":
        from tests.bench.loop import Loop

        return Loop
    from tests.bench.ours import Ours

    return Ours


def _timed(task: Task, side: Side, works: Works) -> tuple[Result, int]:
    work = getattr(works, task.work_of(side))
    gc.collect()
    resident_bytes()  # What was loaded before may have taken more for a moment.
    resident = resident_bytes()
    wall, cpu = time.perf_counter(), time.process_time()
    done = sum(int(work(task.size)) for _ in range(task.repeats))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resident_bytes() - resident
    return Result(task=task.name, side=side, wall=wall, cpu=cpu, peak_bytes=peak), done


def _held(task: Task, side: Side, works: Works) -> tuple[Result, int]:
    work = getattr(works, task.work_of(side))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    rows = cast("list[object]", work(task.size))
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return Result(task=task.name, side=side, held_bytes=held), len(rows)


def resident_bytes() -> int:
    """Return the most memory in use since this was asked last; 0 where only Linux would tell."""
    try:
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _import(task: Task, side: Side) -> Result:
    code = _IMPORT_TIMER.format(imports=_IMPORTS[task.name][side != "loop"])
    with tempfile.TemporaryDirectory() as compiled:
        # Installed packages are compiled once, so the run that counts finds bytecode.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(2):
            ran = subprocess.run(
                [sys.executable, "-c", code],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
    wall, cpu = (float(part) for part in ran.stdout.split())
    return Result(task=task.name, side=side, wall=wall, cpu=cpu)


def prepare(side: Side) -> None:
    """Make this process one of `side`: it reads JSON with that side's reader and no other."""
    # None makes an import fail, as Python documents it; its type stubs do not know that.
    modules = cast("dict[str, object]", sys.modules)
    # requests would take simplejson where it is installed, and be another loop than elsewhere.
    modules["simplejson"] = None
    if side != "msgspec":
        modules["msgspec"] = None


def main() -> None:
    """Measure what the command line names."""
    side, port, *rest = sys.argv[1:]
    quick = rest[:1] == ["quick"]
    names = rest[1:] if quick else rest
    chosen = cast("Side", side)
    prepare(chosen)
    for task in TASKS:
        if task.name in names:
            result = measure(task.smaller() if quick else task, chosen, int(port))
            sys.stdout.write(json.dumps(attrs.asdict(result)) + "\n")


if __name__ == "__main__":
    main()
