"""Write docs/benchmarks-sandbox.md: how the sandbox is measured, and the tables of the last run."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence

import attrs

from tests.bench.serving import ROOT

_TEXT = """\
# Benchmarks of the sandbox

How long the sandbox takes, so that your tests need not wait for it. Its speed tells nothing about
the service's.

```sh
python -m tests.bench.sandbox           # --write renews this page
python -m tests.bench.sandbox --large   # also 100,000 invoices in a file
python -m tests.bench.sandbox --quick   # does it work
```

The server runs in a process of its own. Each call goes over one open connection of `http.client`,
and takes its turn with a call to an empty handler of the same server: `ratio` is to that one's
median, which is what HTTP costs here without any sandbox. The times hold sending, waiting and
reading the answer's bytes, not its JSON.

## Calls on 20,000 invoices in memory

{called}

Targets: a page of 200 rows in 15 ms, a get or an update in 5 ms.

## Start

{started}

Target: one second. The demo data, 1,000 contacts, 500 items and 5,000 invoices, is made by a thread
while the program goes on, and the first call waits for it; a second sandbox of one process takes it
over ready-made.
{large}
{where}
"""


@attrs.frozen
class Line:
    """One row of a table: seconds, and the ratio to the empty handler."""

    name: str
    median: float
    least: float
    most: float
    ratio: float | None


def write_page(
    called: Sequence[Line],
    started: Sequence[Line],
    large: tuple[Sequence[Line], str] | None,
    *,
    to_file: bool,
) -> str:
    """Return the page of a run; write it if asked to."""
    more = ""
    if large is not None:
        table, said = large
        more = f"\n## 100,000 invoices in a file\n\n{_table(table)}\n\n{said}\n"
    text = _TEXT.format(called=_table(called), started=_table(started), large=more, where=_where())
    if to_file:
        (ROOT / "docs" / "benchmarks-sandbox.md").write_text(text, encoding="utf-8")
    return text


def _table(lines: Sequence[Line]) -> str:
    head = "| | median | least | nine of ten below | ratio |\n| --- | --- | --- | --- | --- |"
    rows = [
        f"| {line.name} | {_ms(line.median)} | {_ms(line.least)} | {_ms(line.most)} | "
        f"{'-' if line.ratio is None else f'{line.ratio:.1f}'} |"
        for line in lines
    ]
    return "\n".join([head, *rows])


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms"


def _where() -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"Measured on {today} with {python}, {os.cpu_count()} cores, {platform.system()}; "
        f"load at the end {load}."
    )
