"""`python -m zohorm.sandbox.rules`: print the page of all rules, docs/rules.md."""

from __future__ import annotations

import sys
from itertools import groupby

from zohorm.sandbox.rules.stating import Rule, known

_HEAD = """# Rules of the sandbox

A business rule that the sandbox follows is a small function in `zohorm/sandbox/rules/`, listed here
by name: `lines.gross` is the function `gross` (or `_gross`) in `lines.py`. It either has
a source, or it is assumed, because no public source says what holds.

An answer of which an assumed rule has decided a part carries the header `X-Sandbox-Assumed`, with
the names of such rules between commas. There the service may answer something else.

This page is made by `python -m zohorm.sandbox.rules`.
"""


def page() -> str:
    """Return the page: a table for each module."""
    parts = [_HEAD]
    for module, rules in groupby(known(), key=lambda rule: rule.name.rpartition(".")[0]):
        rows = "\n".join(_row(rule) for rule in rules)
        parts.append(f"\n## {module}\n\n| Rule | What holds | Source |\n|---|---|---|\n{rows}\n")
    return "".join(parts)


def _row(rule: Rule) -> str:
    rests_on = rule.source or f"**assumed**: {rule.because}"
    cells = (f"`{rule.name}`", rule.says, rests_on)
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
