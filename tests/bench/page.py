"""Write docs/benchmarks.md: how it is measured, and the tables of the last full run."""

from __future__ import annotations

from tests.bench.serving import ROOT

_TEXT = """\
# Benchmarks

What zohorm costs beside a loop written by hand with `requests.Session` and `.json()`. Below 1 it is
faster than that loop. The figures are one machine's; the ratios carry over better than the times.

```sh
python -m tests.bench                   # everything, five rounds; --write renews this page
python -m tests.bench --only W1,W2      # some tasks
python -m tests.bench --quick           # seconds: does it work, are the call counts right
python -m tests.bench --profile W1      # where the time goes; --side loop for the loop's
```

## How it is measured

- A server in a process of its own sends prepared answers over loopback: list pages of 200 invoices,
  invoices with ten lines, answers to changes. What it can do by itself stands in the last table,
  and the column `server` says which share of the time of loop and zohorm its CPU took.
- Every measurement is a fresh process. The sides take turns, round after round, and each ratio is
  taken within a round; the table shows their median and their range.
- A connection is made and a first call is over before the clock starts.
- `of CPU` is the same ratio of the process's CPU time, which other programs on the machine disturb
  less than they disturb the time on the clock.
- The loop obeys no limit and checks nothing: it reads members of dictionaries, with amounts as
  floats. zohorm reads exact decimals and days, keeps the pace, and looks for rows seen twice.
- W5 runs with bytecode, as installed packages do. `requests` is loaded with the first session, so a
  program that only names models does not wait for it; `W5 open` shows what opening one adds.
- W7 runs zohorm on a clock whose minute lasts two seconds, against a server that refuses more than
  100 calls in two seconds. Its ratio is that to the least time that this limit allows.
- W8 reads 200,000 rows at every size: one list of them, ten lists or a hundred, one after another.
  A short run would meet other moods of the machine than a long one.
- In every run the server counts the calls and keeps the bodies of changes; a wrong count fails it.
- `zohorm` reads JSON with the standard library, `zohorm, msgspec` with the optional faster reader.

## The tables

{tables}"""


def write(tables: str) -> None:
    """Write the page around the tables."""
    (ROOT / "docs" / "benchmarks.md").write_text(_TEXT.format(tables=tables), encoding="utf-8")
