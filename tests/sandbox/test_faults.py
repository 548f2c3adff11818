"""Every fault against every kind of call; what docs/faults.md says of it is what happens."""

from __future__ import annotations

import faulting
import pytest
from faulting import FAULTS, PAGE, VERBS, Cell


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    """Every cell. What the page does not show so is looked at again in peace.

    A busy machine may keep silent for as long as a silence is borne here.
    """
    told = PAGE.read_text(encoding="utf-8")
    found = faulting.cells()
    if faulting.page(found) == told and not any(list(cell.wrongs()) for cell in found):
        return found
    with faulting.stage(faulting.CALM_SECONDS) as on:
        return [
            cell
            if cell.words in _row(told, cell)
            else on.cell(cell.verb, cell.fault, lasting=cell.lasting)
            for cell in found
        ]


def _row(told: str, cell: Cell) -> str:
    section = told.partition(f"## {cell.verb.name}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith(f"| {cell.fault.name} |")]
    return lines[0].split("|")[3 if cell.lasting else 2] if lines else ""


def test_the_page_of_faults_shows_what_happens(cells: list[Cell]) -> None:
    """`python tests/sandbox/faulting.py` writes it."""
    assert faulting.page(cells) == PAGE.read_text(encoding="utf-8")


def test_nothing_is_done_twice_lost_in_silence_or_tried_without_end(cells: list[Cell]) -> None:
    wrong = {(cell.verb.name, cell.fault.name, cell.lasting): list(cell.wrongs()) for cell in cells}

    assert len(wrong) == 2 * len(VERBS) * len(FAULTS) - 2  # A file is no JSON.
    assert {place: found for place, found in wrong.items() if found} == {}


def test_the_faults_are_met(cells: list[Cell]) -> None:
    """No fault ends in a success without another call, a lasting one only by looking it up."""
    unmet = [
        (cell.verb.name, cell.fault.name)
        for cell in cells
        if cell.error is None and (cell.calls < 2 or (cell.lasting and cell.verb.steps == 1))
    ]

    assert unmet == []
