"""What is measured: the tasks, their sizes, their targets, and the calls that each may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from tests.bench.answers import PAGE_SIZE

Side = Literal["loop", "zohorm", "msgspec"]
"""`zohorm` reads JSON with the standard library, `msgspec` is zohorm with the faster reader."""

Measure = Literal["time", "import", "bytes", "pace"]


@attrs.frozen(kw_only=True)
class Task:
    """One line of the table.

    `work` names the method of both sides, `loop_work` that of the loop where it is another.
    `size` counts rows, records or calls; `quick` is the size of the run that measures nothing.
    The work is done `repeats` times in a row, so that small and large sizes take as long.
    """

    name: str
    what: str
    work: str
    loop_work: str = ""
    measure: Measure = "time"
    size: int
    quick: int
    repeats: int = 1
    listed: bool = False
    latency_seconds: float = 0.0
    limit: int = 0
    window_seconds: float = 0.0
    target: float | None = None
    fast_target: float | None = None

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return -(-self.size // PAGE_SIZE) if self.listed else 1

    def work_of(self, side: Side) -> str:
        """Return the name of the method that does the task."""
        return self.loop_work or self.work if side == "loop" else self.work

    def smaller(self) -> Task:
        """Return the task as the quick run does it."""
        limit = min(self.limit, 5)
        return attrs.evolve(
            self,
            size=self.quick,
            repeats=min(self.repeats, 2),
            latency_seconds=0.0,
            limit=limit,
            window_seconds=0.2 if limit else 0.0,
        )

    def expected(self, side: Side) -> Mapping[str, int]:
        """Return the calls that the server must have seen."""
        if self.measure == "import":
            return {}
        if self.listed:
            return {"GET list": self.pages * self.repeats}
        if self.work == "save":
            return {"GET list": 1, "PUT one": self.size}
        if self.work == "get_same" and side != "loop":
            return {"GET one": 1}
        return {"GET one": self.size}

    @property
    def ideal_seconds(self) -> float:
        """The least time that the limit allows: the last window needs no waiting."""
        return (self.size - 1) // self.limit * self.window_seconds


TASKS = (
    Task(
        name="W1",
        what="iterate 20,000 list rows, read five fields of each",
        work="iterate",
        listed=True,
        size=20_000,
        quick=600,
        target=1.0,
        fast_target=0.7,
    ),
    Task(
        name="W2 same",
        what="get one invoice 1,000 times",
        work="get_same",
        size=1000,
        quick=5,
        target=0.01,
    ),
    Task(
        name="W2 distinct",
        what="get 1,000 different invoices",
        work="get_distinct",
        size=1000,
        quick=5,
        target=0.7,
        fast_target=0.7,
    ),
    Task(
        name="W3",
        what="edit one field of 200 records and save each",
        work="save",
        size=200,
        quick=20,
        target=0.7,
        fast_target=0.7,
    ),
    Task(
        name="W4",
        what="iterate 20 pages, 100 ms latency",
        work="iterate",
        listed=True,
        size=4000,
        quick=600,
        latency_seconds=0.1,
        target=1.05,
    ),
    Task(
        name="W4 ahead",
        what="the same with .ahead(10)",
        work="iterate_ahead",
        loop_work="iterate",
        listed=True,
        size=4000,
        quick=1000,
        latency_seconds=0.1,
        target=0.2,
    ),
    Task(
        name="W5",
        what="import Invoice; against requests, attrs and cachetools together",
        work="",
        measure="import",
        size=1,
        quick=1,
        target=1.15,
    ),
    Task(
        name="W5 open",
        what="the same and open a session; against opening one of requests",
        work="",
        measure="import",
        size=1,
        quick=1,
    ),
    Task(
        name="W6",
        what="bytes per held list row, 20,000 rows",
        work="hold",
        listed=True,
        measure="bytes",
        size=20_000,
        quick=400,
        target=1.2,
        fast_target=1.2,
    ),
    Task(
        name="W7",
        what="250 gets under a limit of 100 calls per 2 s; against the ideal time",
        work="paced",
        measure="pace",
        size=250,
        quick=12,
        limit=100,
        window_seconds=2.0,
        target=1.1,
    ),
    *(
        Task(
            name=f"W8 {rows:,}",
            what=f"W1 with {rows:,} rows" + (f", {repeats} times" if repeats > 1 else ""),
            work="iterate",
            listed=True,
            size=rows,
            quick=quick,
            repeats=repeats,
        )
        for rows, repeats, quick in ((2000, 100, 200), (20_000, 10, 400), (200_000, 1, 800))
    ),
)


def named(prefixes: str) -> tuple[Task, ...]:
    """Return the tasks whose names begin with one of the comma separated `prefixes`."""
    wanted = tuple(prefix.strip() for prefix in prefixes.split(","))
    found = tuple(task for task in TASKS if task.name.startswith(wanted))
    if not found:
        raise SystemExit(f"no task begins with {prefixes}; there are W1 to W8")
    return found
