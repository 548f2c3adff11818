"""Write what was measured as Markdown tables."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from tests.bench.answers import PAGE_SIZE
from tests.bench.rounds import Measured, Ratio
from tests.bench.serving import Speed
from tests.bench.tasks import Side
from tests.bench.worker import Result

_PACKAGES = ("zohorm", "requests", "urllib3", "attrs", "cachetools", "msgspec")
_SIDES: dict[Side, str] = {"zohorm": "zohorm", "msgspec": "zohorm, msgspec"}


def report(measured: Sequence[Measured], speeds: Iterable[Speed], rounds: int) -> str:
    """Return the tables of a run."""
    parts = [_where(rounds), _table(_HEAD, _lines(measured))]
    growth = [one for one in measured if one.task.name.startswith("W8")]
    if growth:
        parts += ["Growth (W8), medians:", _table(_GROWTH_HEAD, _growth(growth))]
    parts += ["The server by itself, asked over a bare socket:", _table(_SPEED_HEAD, _own(speeds))]
    return "\n\n".join(parts) + "\n"


def _where(rounds: int) -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"
    return (
        f"Measured on {today}: {python}; {versions}.\n"
        f"Machine: {machine}; load at the end {load}. Median of {rounds} rounds."
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    name = text.partition("model name")[2].partition("\n")[0].lstrip("\t :")
    return name or platform.machine()


_HEAD = ("", "what", "side", "loop", "zohorm", "ratio", "range", "of CPU", "target", "server")


def _lines(measured: Iterable[Measured]) -> Iterator[tuple[str, ...]]:
    for one in measured:
        for side, name in _SIDES.items():
            if side in one.rounds:
                yield _line(one, side, name)


def _line(one: Measured, side: Side, name: str) -> tuple[str, ...]:
    task = one.task
    cpu = "-"
    if task.measure == "bytes":
        ratio = one.ratio(side, lambda result: result.held_bytes)
        shown = [f"{one.median(each, _held) / task.size:,.0f} B" for each in ("loop", side)]
    else:
        paced = task.measure == "pace"
        ratio = one.against_ideal(side) if paced else one.ratio(side, lambda result: result.wall)
        shown = [_time(one.median(each, _wall)) for each in ("loop", side)]
        cpu = _number(one.ratio(side, _cpu).median)
    if task.measure == "pace":
        refused = one.median("loop", lambda result: result.refused)
        shown[0] += f", {refused:.0f} refused"
    target = task.target if side == "zohorm" else task.fast_target
    return (
        task.name,
        task.what,
        name,
        *shown,
        _number(ratio.median),
        _range(ratio),
        cpu,
        "-" if target is None else f"{target:g}",
        _share(one, side) if task.measure == "time" else "-",
    )


def _held(result: Result) -> float:
    return result.held_bytes


def _wall(result: Result) -> float:
    return result.wall


def _cpu(result: Result) -> float:
    return result.cpu


def _share(one: Measured, side: Side) -> str:
    shares = [
        one.median(each, lambda result: result.server_cpu / result.wall) for each in ("loop", side)
    ]
    return " / ".join(f"{share:.0%}" for share in shares)


_GROWTH_HEAD = (
    "rows",
    "side",
    "time per row",
    "CPU per row",
    "CPU against 2,000",
    "range",
    "peak",
    "per row",
)


def _growth(measured: Sequence[Measured]) -> Iterator[tuple[str, ...]]:
    for side in ("loop", "zohorm"):
        for one in measured:
            against = one.growth(side, measured[0], _cpu)
            peak = one.median(side, lambda result: result.peak_bytes)
            yield (
                f"{one.task.size:,}",
                side,
                f"{one.per_row(side, _wall) * 1e6:.1f} µs",
                f"{one.per_row(side, _cpu) * 1e6:.1f} µs",
                _number(against.median),
                _range(against),
                f"{peak / 1e6:.1f} MB",
                f"{peak / one.task.size:,.0f} B",
            )


_SPEED_HEAD = ("answer", "bytes", "calls per second", "CPU of the server per call")


def _own(speeds: Iterable[Speed]) -> Iterator[tuple[str, ...]]:
    for one in speeds:
        what = f"{one.what} of {PAGE_SIZE} rows" if "page" in one.what else one.what
        cpu = f"{one.server_seconds * 1e6:.0f} µs"
        yield what, f"{one.size:,}", f"{one.calls_per_second:,.0f}", cpu


def _number(value: float) -> str:
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _range(ratio: Ratio) -> str:
    return f"{_number(ratio.least)} to {_number(ratio.most)}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
