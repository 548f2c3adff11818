"""Two people edit the lines of one invoice at random: nothing is lost and every clash is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Literal

import attrs
import pytest
from hypothesis import Phase, assume, event, given, settings
from hypothesis import strategies as st
from making import rows_of

from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.books.invoice import LineItem
from zohorm.errors import Conflict
from zohorm.sandbox import Sandbox

# Each example is several calls, so no time goes into explaining a failure.
PHASES = [phase for phase in Phase if phase is not Phase.explain]

Kind = Literal["rate", "describe", "add", "remove", "move", "swap"]


@attrs.frozen
class Step:
    """One thing that a person does; `place` and `other` are taken modulo the count of lines."""

    kind: Kind
    place: int
    other: int
    rate: Decimal


rates = st.decimals(min_value="0.000001", max_value="99999999.99", places=6)
steps = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["rate", "describe", "add", "remove", "move", "swap"]),
        place=st.integers(0, 9),
        other=st.integers(0, 9),
        rate=rates,
    ),
    max_size=5,
)


@attrs.frozen
class Line:
    """What the model knows of a line; `key` names it for as long as it lives."""

    key: str
    name: str
    rate: Decimal
    description: str = ""


def expected(start: list[Line], script: list[Step], who: str) -> list[Line]:
    """Return the lines after a script: what a person must see before saving."""
    lines = list(start)
    for number, step in enumerate(script):
        count = len(lines)
        if step.kind == "add":
            name = f"{who} {number}"
            lines.insert(step.place % (count + 1), Line(name, name, step.rate))
        elif not count:
            continue
        elif step.kind == "rate":
            lines[step.place % count] = attrs.evolve(lines[step.place % count], rate=step.rate)
        elif step.kind == "describe":
            text = f"{who} {step.other}"
            lines[step.place % count] = attrs.evolve(lines[step.place % count], description=text)
        elif step.kind == "remove":
            # The service refuses a document without lines.
            if count > 1:
                del lines[step.place % count]
        elif step.kind == "move":
            lines.insert(step.other % count, lines.pop(step.place % count))
        else:
            one, two = step.place % count, step.other % count
            lines[one], lines[two] = lines[two], lines[one]
    return lines


def play(invoice: Invoice, script: list[Step], who: str) -> None:
    """Do the same to a record."""
    lines = invoice.line_items
    for number, step in enumerate(script):
        count = len(lines)
        if step.kind == "add":
            lines.insert(step.place % (count + 1), LineItem(name=f"{who} {number}", rate=step.rate))
        elif not count:
            continue
        elif step.kind == "rate":
            lines[step.place % count].rate = step.rate
        elif step.kind == "describe":
            lines[step.place % count].description = f"{who} {step.other}"
        elif step.kind == "remove":
            if count > 1:
                del lines[step.place % count]
        elif step.kind == "move":
            lines.insert(step.other % count, lines.pop(step.place % count))
        else:
            one, two = step.place % count, step.other % count
            lines[one], lines[two] = lines[two], lines[one]


def clashes(base: list[Line], theirs: list[Line], mine: list[Line]) -> bool:
    """Say whether the two results cannot both be had: decided from the results alone."""
    was = {one.key: one for one in base}
    here, there = {one.key: one for one in mine}, {one.key: one for one in theirs}
    for key, line in was.items():
        touched_here = here.get(key) != line
        touched_there = there.get(key) != line
        both_removed = key not in here and key not in there
        # The check is by line: whoever touches one that the other has touched is told. A line that
        # both removed is gone as both want, and a removed one that only moved here is no edit.
        if touched_here and touched_there and not both_removed:
            return True
    kept = [one.key for one in base if one.key in here and one.key in there]
    order_here = [one.key for one in mine if one.key in kept]
    order_there = [one.key for one in theirs if one.key in kept]
    return order_here != kept and order_there != kept and order_here != order_there


def stored(sandbox: Sandbox, invoice_id: str) -> list[dict[str, object]]:
    (row,) = (row for row in sandbox.rows("Invoice") if row["invoice_id"] == invoice_id)
    return [dict(each) for each in rows_of(row["line_items"])]


def seen(rows: list[dict[str, object]], names: dict[str, str]) -> list[Line]:
    """Return stored rows as lines, known by `names` (line id -> key) or by their own name."""
    found: list[Line] = []
    for row in rows:
        rate = row["rate"]
        assert isinstance(rate, Decimal)
        name = str(row["name"])
        key = names.get(str(row["line_item_id"]), name)
        found.append(Line(key, name, rate, str(row["description"])))
    return found


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Sandbox, ZohoBooks, ZohoBooks, str]]:
    """One sandbox, two people, and a customer, for all the examples."""
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=100_000, per_day=10_000_000)
        settings = {"clock": sandbox.clock, "calls_per_minute": 100_000}
        with (
            closing(ZohoBooks(**sandbox.credentials, **settings)) as mine,  # type: ignore[arg-type]
            closing(ZohoBooks(**sandbox.credentials, **settings)) as theirs,  # type: ignore[arg-type]
        ):
            customer = Contact.using(mine)(contact_name="Ærø & Søn")
            customer.save()
            yield sandbox, mine, theirs, customer.id


def draft(session: ZohoBooks, customer: str, count: int) -> Invoice:
    invoice = Invoice.using(session)(
        customer_id=customer,
        line_items=[
            LineItem(name=f"line {number}", rate=Decimal(f"{number}.{number:02}1"))
            for number in range(count)
        ],
    )
    invoice.save()
    return invoice


@given(count=st.integers(1, 5), my_script=steps, their_script=steps)
@settings(max_examples=40, deadline=None, phases=PHASES)
def test_two_people_lose_no_line_and_no_cent_and_hear_of_every_clash(
    shop: tuple[Sandbox, ZohoBooks, ZohoBooks, str],
    count: int,
    my_script: list[Step],
    their_script: list[Step],
) -> None:
    sandbox, my_session, their_session, customer = shop
    mine = draft(my_session, customer, count)
    theirs = Invoice.using(their_session).get(mine.id)
    names = {str(line.line_item_id): f"line {place}" for place, line in enumerate(mine.line_items)}
    base = seen(stored(sandbox, mine.id), names)
    my_wish = expected(base, my_script, "mine")
    their_wish = expected(base, their_script, "theirs")
    # The service refuses a document without lines, as where each removes what the other leaves.
    here, there = ({one.key for one in wish} for wish in (my_wish, their_wish))
    assume(here & there or (here | there) - {one.key for one in base})

    play(theirs, their_script, "theirs")
    theirs.save()
    assert seen(stored(sandbox, mine.id), names) == their_wish
    play(mine, my_script, "mine")

    if my_wish != base and clashes(base, their_wish, my_wish):
        event("clash")
        with pytest.raises(Conflict):
            mine.save()
        assert seen(stored(sandbox, mine.id), names) == their_wish
        assert not mine.is_in_doubt
        return
    event("merged" if my_wish != base and their_wish != base else "one person alone")
    mine.save()

    rows = stored(sandbox, mine.id)
    result = seen(rows, names)
    check_result(base, their_wish, my_wish, result)
    if my_wish != base:
        assert [line.line_item_id for line in mine.line_items] == [
            row["line_item_id"] for row in rows
        ]
        assert mine.sub_total == cents(rows)
    assert not mine.is_changed


def cents(rows: list[dict[str, object]]) -> Decimal:
    """Return the sum of the lines."""
    totals = [row["item_total"] for row in rows]
    return sum((total for total in totals if isinstance(total, Decimal)), Decimal(0))


def check_result(
    base: list[Line], theirs: list[Line], mine: list[Line], result: list[Line]
) -> None:
    """Compare what is stored with what both wanted, line by line and in order."""
    was = {one.key: one for one in base}
    here, there = {one.key: one for one in mine}, {one.key: one for one in theirs}
    wanted: dict[str, Line] = {}
    for key in {**was, **there, **here}:
        removed = key in was and (key not in here or key not in there)
        if not removed:
            edited_here = key in here and here[key] != was.get(key)
            wanted[key] = here[key] if edited_here else there.get(key) or here[key]
    assert {one.key: one for one in result} == wanted
    assert len(result) == len(wanted)
    order = [one.key for one in result]
    kept = [key for key in was if key in wanted]
    order_here = [one.key for one in mine if one.key in kept]
    order_there = [one.key for one in theirs if one.key in kept]
    expected_order = order_here if order_here != kept else order_there
    assert [key for key in order if key in kept] == expected_order
    # What one person added stays in the order in which that person put it.
    for side in (mine, theirs):
        added = [one.key for one in side if one.key not in was]
        assert [key for key in order if key in added] == added


@given(count=st.integers(1, 4), scripts=st.lists(steps, min_size=2, max_size=4))
@settings(max_examples=10, deadline=None, phases=PHASES)
def test_people_who_save_in_turns_from_fresh_records_never_clash(
    shop: tuple[Sandbox, ZohoBooks, ZohoBooks, str], count: int, scripts: list[list[Step]]
) -> None:
    sandbox, my_session, their_session, customer = shop
    mine = draft(my_session, customer, count)
    theirs = Invoice.using(their_session).get(mine.id)
    names = {str(line.line_item_id): f"line {place}" for place, line in enumerate(mine.line_items)}

    for turn, script in enumerate(scripts):
        record = (mine, theirs)[turn % 2].refresh()
        before = seen(stored(sandbox, mine.id), names)
        wish = expected(before, script, f"turn {turn}:")
        play(record, script, f"turn {turn}:")
        record.save()

        assert seen(stored(sandbox, mine.id), names) == wish
