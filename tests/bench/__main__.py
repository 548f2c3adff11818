"""`python -m tests.bench`: measure zohorm against loops written by hand; see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from tests.bench import page, rounds, table
from tests.bench.serving import ROOT, Server, speeds
from tests.bench.tasks import TASKS, Task, named


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", metavar="W1,W2", help="only tasks whose names begin so")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (5)")
    parser.add_argument("--quick", action="store_true", help="check that it works; no times")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--profile", metavar="W1", help="show where the time of a task goes")
    parser.add_argument("--side", default="zohorm", choices=("loop", "zohorm", "msgspec"))
    parser.add_argument("--repeat", type=int, default=10, help="how often to do a profiled task")
    return parser.parse_args()


def main() -> int:
    """Do what the command line asks; 1 if a count of calls is wrong."""
    asked = _arguments()
    with Server() as port:
        if asked.profile:
            return _profile(named(asked.profile), asked.side, asked.repeat, port)
        tasks = named(asked.only) if asked.only else TASKS
        if asked.quick:
            measured = rounds.quick(tasks, port)
        else:
            measured = rounds.run(tasks, asked.rounds, port)
            text = table.report(measured, speeds(port, calls=2000), asked.rounds)
            sys.stdout.write(text)
            if asked.write:
                page.write(text)
    faults = [fault for one in measured for fault in one.faults]
    for fault in faults:
        sys.stderr.write(f"wrong: {fault}\n")
    if not faults:
        sys.stderr.write(f"{len(measured)} tasks, all call counts are right\n")
    return 1 if faults else 0


def _profile(tasks: Sequence[Task], side: str, repeat: int, port: int) -> int:
    for task in tasks:
        if task.measure == "import":
            # Python itself tells what each import costs.
            command = [sys.executable, "-X", "importtime", "-c", "from zohorm.books import Invoice"]
        else:
            arguments = [side, str(port), str(repeat), task.name]
            command = [sys.executable, "-m", "tests.bench.profiling", *arguments]
        subprocess.run(command, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
