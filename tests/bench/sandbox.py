"""`python -m tests.bench.sandbox`: measure the sandbox; see docs/benchmarks-sandbox.md.

Each call is timed beside one to an empty handler of the same server, in the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from tests.bench.sandbox_page import Line, write_page
from tests.bench.serving import ROOT

EMPTY = "an empty handler"


@attrs.frozen
class Served:
    """What the process that serves has printed."""

    empty_url: str
    url: str
    organization_id: str
    token: str
    started_seconds: float
    filled_seconds: float


class Process:
    """`tests.bench.sandbox_server` as a process of its own, ended by the end of the block."""

    def __init__(self, invoices: int, data: Path | None = None) -> None:
        command = [sys.executable, "-m", "tests.bench.sandbox_server", str(invoices)]
        command += [] if data is None else [str(data)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Served:
        assert self._process.stdout is not None
        return Served(**json.loads(self._process.stdout.readline()))

    def __exit__(self, *_error: object) -> None:
        # Killed: what is in a file must be there all the same.
        self._process.kill()
        self._process.communicate()


class Client:
    """Calls over one connection, as cheaply as Python can."""

    def __init__(self, url: str, served: Served) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc)
        self._query = f"organization_id={served.organization_id}"
        self._headers = {
            "Authorization": f"Zoho-oauthtoken {served.token}",
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: str | None = None) -> float:
        """Make a call that must succeed; return its seconds."""
        return self.answer(method, path, body)[0]

    def answer(self, method: str, path: str, body: str | None = None) -> tuple[float, bytes]:
        """Do the same; return what was answered as well."""
        began = time.perf_counter()
        joint = "&" if "?" in path else "?"
        self._connection.request(method, path + joint + self._query, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:200]!r}")
        return seconds, content

    def invoice_ids(self) -> list[str]:
        """Walk the list of invoices."""
        found: list[str] = []
        while True:
            page = len(found) // 200 + 1
            _, content = self.answer("GET", f"/books/v3/invoices?per_page=200&page={page}")
            answer = json.loads(content)
            found += [row["invoice_id"] for row in answer["invoices"]]
            if not answer["page_context"]["has_more_page"]:
                return found


def calls(served: Served, rounds: int, *, wanted: int) -> dict[str, list[float]]:
    """Time each kind of call, one after the other, round after round."""
    empty, client = Client(served.empty_url, served), Client(served.url, served)
    ids = client.invoice_ids()
    if len(ids) < wanted:
        raise RuntimeError(f"{len(ids)} invoices are listed of {wanted}")
    last_page = max(1, len(ids) // 200)
    found: dict[str, list[float]] = {}
    for number in range(rounds):
        key, page = ids[number * 7919 % len(ids)], 1 + number * 13 % last_page
        invoices, invoice = "/books/v3/invoices", f"/books/v3/invoices/{key}"
        body = json.dumps({"notes": f"Change {number}"})
        made = {
            EMPTY: empty.call("GET", "/"),
            "a first page of 200 rows": client.call("GET", f"{invoices}?per_page=200"),
            "any page of 200 rows": client.call("GET", f"{invoices}?per_page=200&page={page}"),
            "200 rows, filtered by status, by due date": client.call(
                "GET", f"{invoices}?per_page=200&status=overdue&sort_column=due_date"
            ),
            "a get": client.call("GET", invoice),
            "an update": client.call("PUT", invoice, body),
        }
        for name, seconds in made.items():
            found.setdefault(name, []).append(seconds)
    return found


def starts(rounds: int) -> dict[str, list[float]]:
    """Time the start from Python, in a new process each: of the sandbox alone, then with import."""
    code = (
        "import time; began = time.perf_counter()\n"
        "from zohorm.sandbox import Sandbox\n"
        "imported = time.perf_counter()\n"
        "with Sandbox({seed!r}) as sandbox:\n"
        "    started = time.perf_counter()\n"
        "    sandbox.rows('Item')\n"
        "    filled = time.perf_counter()\n"
        "print(imported - began, started - imported, filled - imported)\n"
    )
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for seed, name in ((None, "Sandbox()"), ("demo", 'Sandbox(seed="demo")')):
            command = [sys.executable, "-c", code.format(seed=seed)]
            ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            imported, started, filled = map(float, ran.stdout.split())
            found.setdefault("import zohorm.sandbox", []).append(imported)
            found.setdefault(name, []).append(started)
            found.setdefault(f"{name}, and its first rows", []).append(filled)
    return found


def lines(found: dict[str, list[float]]) -> list[Line]:
    """Return medians, and ratios to the empty handler where it was asked as well."""
    made = []
    empty = statistics.median(found[EMPTY]) if EMPTY in found else None
    for name, seconds in found.items():
        ordered = sorted(seconds)
        middle = statistics.median(ordered)
        ratio = None if empty is None else middle / empty
        made.append(Line(name, middle, ordered[0], ordered[len(ordered) * 9 // 10], ratio))
    return made


def large(rounds: int) -> tuple[list[Line], str]:
    """Time calls on 100,000 invoices in a file, after the process that wrote them was killed."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "zoho.db"
        with Process(100_000, data) as served:
            filled = served.filled_seconds
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
        with Process(0, data) as served:
            opened = served.started_seconds
            made = lines(calls(served, rounds, wanted=100_000))
    said = (
        f"Filled through `sandbox.insert` in {filled:.0f} s, {size / 1e6:,.0f} MB; after a "
        f"`kill -9` another process opened the file in {opened:.2f} s, and listed all of them."
    )
    return made, said


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sandbox", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="calls of each kind (100)")
    parser.add_argument("--quick", action="store_true", help="check that it works; no times")
    parser.add_argument("--large", action="store_true", help="also 100,000 invoices in a file")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-sandbox.md")
    asked = parser.parse_args(arguments)
    invoices, rounds = (300, 2) if asked.quick else (20_000, asked.rounds)
    with Process(invoices) as served:
        called = lines(calls(served, rounds, wanted=invoices))
    started = lines(starts(1 if asked.quick else 5))
    if asked.quick:
        sys.stderr.write(f"{len(called)} kinds of calls and {len(started)} starts work\n")
        return 0
    text = write_page(called, started, large(rounds) if asked.large else None, to_file=asked.write)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
