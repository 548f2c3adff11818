"""Write docs/benchmarks-limits.md: how the shared pace is measured, and the tables of a run."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterable, Sequence

import attrs

from tests.bench.serving import ROOT

_TEXT = """\
# Benchmarks of the limits

What it costs that several processes keep one pace, and how much of what the service allows they
use. How they do it is told in [limits](limits.md#several-processes).

```sh
python -m tests.bench.limits           # --write renews this page
python -m tests.bench.limits --quick   # does it work
```

## Cost of a turn

A turn that is free at once, taken and given back: what each call pays on top of its own time. The
sides take turns in one run, 200 calls each to an organization that had none before. Redis listens
on the loopback interface.

{costs}

Target: 1 ms in the median.

## Throughput

Processes of eight threads each call one organization of the sandbox as fast as they may, with a
clock on which a minute takes six seconds and an organization that allows 300 calls in it. The share
is 60 seconds over the time between a call and the one that takes its place in the count, which is
60.1 seconds and a call's own duration at best: 1,200 calls in all.

{throughputs}

Target: 95 %, no call refused, one token.

{where}
"""


@attrs.frozen
class Cost:
    """The cost of a turn on one side, in seconds; nine of ten cost less than `most`."""

    name: str
    median: float
    most: float


@attrs.frozen
class Throughput:
    """How much of the allowed calls a number of processes made."""

    name: str
    processes: int
    share: float
    refused: int
    tokens: int


def write_page(costs: Sequence[Cost], throughputs: Iterable[Throughput], *, to_file: bool) -> str:
    """Return the page of a run; write it if asked to."""
    first = costs[0].median
    rows = [
        f"| {one.name} | {one.median * 1e6:,.0f} µs | {one.most * 1e6:,.0f} µs | "
        f"{one.median / first:.0f} |"
        for one in costs
    ]
    head = "| | median | nine of ten below | ratio |\n| --- | --- | --- | --- |"
    reached = [
        f"| {one.name} | {one.processes} | {one.share:.1%} | {one.refused} | {one.tokens} |"
        for one in throughputs
    ]
    over = (
        "| | processes | share of the allowed | refused | tokens |\n| --- | --- | --- | --- | --- |"
    )
    text = _TEXT.format(
        costs="\n".join([head, *rows]),
        throughputs="\n".join([over, *reached]),
        where=_where(),
    )
    if to_file:
        (ROOT / "docs" / "benchmarks-limits.md").write_text(text, encoding="utf-8")
    return text


def _where() -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"Measured on {today} with {python}, {os.cpu_count()} cores, {platform.system()}; "
        f"load at the end {load}."
    )
