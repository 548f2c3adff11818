"""Lists of embedded records: what counts as an edit, what is sent, how two sides come together."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm import fields as f
from zohorm.errors import Conflict, InvalidValue, ReadOnlyField, Unsupported, WrongType
from zohorm.fields import Field, Many, One, ReadOnly
from zohorm.record import Embedded


class Line(Embedded, id="line_item_id"):
    """A line of the document below."""

    line_item_id: ReadOnly[str] = f.read_only(f.identifier())
    name: Field[str | None] = f.text()
    rate: Field[Decimal | None] = f.money()
    item_order: Field[int | None] = f.integer()
    item_total: ReadOnly[Decimal] = f.read_only(f.money())


class Remark(Embedded, id="remark_id"):
    """An element that the service keeps when a list leaves it out."""

    remark_id: Field[str | None] = f.identifier()
    value: Field[object] = f.json()


class Place(Embedded):
    """An address without an id."""

    city: Field[str | None] = f.text()
    country: Field[str | None] = f.text()


class Document(Embedded):
    """Something with lines, remarks and a place."""

    lines_of: Many[Line] = f.many(Line)
    remarks: Many[Remark] = f.many(Remark, replaced=False)
    place: One[Place] = f.one(Place)
    parts: ReadOnly[tuple[Line, ...]] = f.read_only_many(Line)


def row(number: int, rate: str = "1.00", **more: object) -> dict[str, object]:
    return {"line_item_id": str(number), "name": f"line {number}", "rate": Decimal(rate), **more}


def document(*rows: dict[str, object]) -> Document:
    return Document._received({"lines_of": list(rows)}, None)


def sent(of: Document) -> list[dict[str, object]]:
    payload = of.lines_of.payload()
    assert isinstance(payload, list)
    return payload


def test_an_untouched_list_is_not_changed() -> None:
    bill = document(row(1), row(2))

    assert [line.name for line in bill.lines_of] == ["line 1", "line 2"]
    assert not bill.is_changed


def test_each_kind_of_edit_counts_as_a_change() -> None:
    edited, added, removed, moved = (document(row(1), row(2)) for _ in range(4))

    edited.lines_of[0].rate = Decimal(5)
    added.lines_of.append(Line(name="new"))
    del removed.lines_of[0]
    moved.lines_of.reverse()

    assert all(one.lines_of.is_changed for one in (edited, added, removed, moved))


def test_a_list_is_sent_whole_without_what_the_service_computes() -> None:
    bill = document(row(1, item_total=Decimal("1.00")), row(2))
    bill.lines_of[1].rate = Decimal("2.50")

    assert sent(bill) == [
        {"line_item_id": "1", "name": "line 1", "rate": Decimal("1.00")},
        {"line_item_id": "2", "name": "line 2", "rate": Decimal("2.50")},
    ]


def test_positions_are_numbered_anew_when_rows_carry_them() -> None:
    bill = document(row(1, item_order=1), row(2, item_order=2))
    bill.lines_of.reverse()

    assert [(line["line_item_id"], line["item_order"]) for line in sent(bill)] == [
        ("2", 1),
        ("1", 2),
    ]


def test_only_touched_elements_are_sent_where_the_service_keeps_the_rest() -> None:
    bill = Document._received(
        {"remarks": [{"remark_id": "1", "value": "a"}, {"remark_id": "2", "value": "b"}]}, None
    )
    bill.remarks[1].value = "c"

    assert bill.remarks.payload() == [{"remark_id": "2", "value": "c"}]
    with pytest.raises(Unsupported, match="keeps elements"):
        del bill.remarks[0]


def test_an_embedded_record_is_sent_whole_and_blank_when_absent() -> None:
    bill = Document._received({"place": {"city": "Bergen", "country": "Norway"}}, None)
    bill.place.city = "Ålesund"

    assert bill._changed_payload() == {"place": {"city": "Ålesund", "country": "Norway"}}
    nowhere = Document._received({"place": {}}, None)
    assert nowhere.place.city is None
    assert not nowhere.is_changed


def test_an_element_of_another_list_is_refused() -> None:
    one, other = document(row(1)), document(row(2))

    with pytest.raises(InvalidValue, match="belongs to another record"):
        one.lines_of.append(other.lines_of[0])
    one.lines_of.append(other.lines_of[0].copy())

    assert "line_item_id" not in sent(one)[1]


def test_wrong_elements_are_refused() -> None:
    bill = document(row(1))

    with pytest.raises(WrongType, match=r"^Document\.lines_of takes Line objects.*Line\(\.\.\.\)"):
        bill.lines_of.append(Place(city="Rome"))  # type: ignore[arg-type]
    bill.lines_of = [bill.lines_of[0], bill.lines_of[0]]
    with pytest.raises(InvalidValue, match="twice"):
        bill.lines_of.payload()
    with pytest.raises(WrongType, match="takes several"):
        bill.lines_of = "abc"  # type: ignore[assignment]


def test_what_the_service_computes_refuses_edits() -> None:
    bill = Document._received({"parts": [row(1)]}, None)

    with pytest.raises(ReadOnlyField):
        bill.parts[0].name = "other"


def test_after_a_save_elements_keep_their_identity_and_new_ones_get_their_ids() -> None:
    bill = document(row(1), row(2))
    first = bill.lines_of[0]
    fresh = bill.lines_of.add(name="new", rate=Decimal(3))

    bill.lines_of.adopt([row(1), row(2), row(3, "3.00")])

    assert bill.lines_of[0] is first
    assert bill.lines_of[2] is fresh
    assert fresh.line_item_id == "3"
    assert not bill.lines_of.is_changed


def new_lines(*names: str) -> tuple[Document, list[Line]]:
    of = document(row(1))
    made = [Line(name=name, rate=Decimal(place + 1)) for place, name in enumerate(names)]
    of.lines_of.extend(made)
    return of, made


def answered(number: int, name: str, rate: str) -> dict[str, object]:
    return {"line_item_id": str(number), "name": name, "rate": Decimal(rate)}


def test_new_lines_are_known_by_their_values_where_the_answer_has_another_order() -> None:
    of, (tea, cake, milk) = new_lines("Tea", "Cake", "Milk")

    rows = [answered(8, "Milk", "3"), row(1), answered(9, "Tea", "1"), answered(7, "Cake", "2")]
    of.lines_of.adopt(rows)

    assert [tea.line_item_id, cake.line_item_id, milk.line_item_id] == ["9", "7", "8"]
    assert [line.line_item_id for line in of.lines_of] == ["8", "1", "9", "7"]
    assert not of.lines_of.is_changed


def test_a_new_line_with_a_changed_value_goes_by_its_place_among_those_that_are_left() -> None:
    of, (tea, cake, milk) = new_lines("Tea", "Cake", "Milk")

    rows = [row(1), answered(9, "Milk", "3"), answered(8, "Tea", "1.50"), answered(7, "CAKE", "2")]
    of.lines_of.adopt(rows)

    assert [tea.line_item_id, cake.line_item_id, milk.line_item_id] == ["8", "7", "9"]
    assert [tea.rate, cake.name] == [Decimal("1.50"), "CAKE"]


def test_a_row_that_the_service_added_goes_to_no_new_line() -> None:
    of, (tea, cake) = new_lines("Tea", "Cake")

    rows = [row(1), answered(9, "Shipping", "4"), answered(8, "Tea", "1"), answered(7, "Cake", "2")]
    of.lines_of.adopt(rows)

    assert [tea.line_item_id, cake.line_item_id] == ["8", "7"]
    shipping = of.lines_of[1]
    assert shipping.name == "Shipping"
    assert all(shipping is not line for line in (tea, cake))


def test_a_new_line_that_no_row_surely_shows_is_left_out() -> None:
    """Its value has changed, and there is a row too many: either may be the one."""
    of, (tea, cake) = new_lines("Tea", "Cake")

    rows = [row(1), answered(9, "Shipping", "4"), answered(8, "Tea", "1"), answered(7, "CAKE", "2")]
    of.lines_of.adopt(rows)

    assert tea.line_item_id == "8"
    assert all(line is not cake for line in of.lines_of)
    assert [line.name for line in of.lines_of] == ["line 1", "Shipping", "Tea", "CAKE"]
    with pytest.raises(ReadOnlyField, match="no longer in its list"):
        cake.rate = Decimal(5)


def test_equal_new_lines_get_a_row_each() -> None:
    of, (first, second) = new_lines("Tea", "Tea")
    second.rate = first.rate

    of.lines_of.adopt([row(1), answered(8, "Tea", "1"), answered(9, "Tea", "1")])

    assert [first.line_item_id, second.line_item_id] == ["8", "9"]


def test_a_colleagues_new_line_stays_beside_an_edit() -> None:
    bill = document(row(1), row(2))
    bill.lines_of[0].rate = Decimal(9)

    bill.lines_of.rebase([row(1), row(7, "7.00"), row(2)])

    assert [(line["line_item_id"], line["rate"]) for line in sent(bill)] == [
        ("1", Decimal(9)),
        ("7", Decimal("7.00")),
        ("2", Decimal("1.00")),
    ]


def test_a_colleagues_edit_of_another_line_stays() -> None:
    bill = document(row(1), row(2))
    bill.lines_of[0].rate = Decimal(9)

    bill.lines_of.rebase([row(1), row(2, "8.00")])

    assert [line["rate"] for line in sent(bill)] == [Decimal(9), Decimal("8.00")]


@pytest.mark.parametrize(
    "theirs", [[row(1, "2.00"), row(2)], [row(2)]], ids=["changed", "vanished"]
)
def test_a_touched_line_that_changed_or_vanished_is_a_conflict(
    theirs: list[dict[str, object]],
) -> None:
    bill = document(row(1), row(2))
    bill.lines_of[0].rate = Decimal(9)

    with pytest.raises(Conflict) as caught:
        bill.lines_of.rebase(theirs)

    assert caught.value.mine["lines_of"] == sent(bill)
    assert caught.value.theirs["lines_of"] == theirs
    assert "9" not in str(caught.value)


def test_removing_a_line_that_a_colleague_edited_is_a_conflict() -> None:
    bill = document(row(1), row(2))
    del bill.lines_of[0]

    with pytest.raises(Conflict):
        bill.lines_of.rebase([row(1, "2.00"), row(2)])


def test_two_different_orders_are_a_conflict_and_equal_ones_are_not() -> None:
    one, other = document(row(1), row(2), row(3)), document(row(1), row(2), row(3))
    one.lines_of = [one.lines_of[i] for i in (2, 0, 1)]
    other.lines_of = [other.lines_of[i] for i in (1, 0, 2)]
    theirs = [row(3), row(1), row(2)]

    one.lines_of.rebase(theirs)

    assert not one.lines_of.is_changed
    with pytest.raises(Conflict, match="reordered"):
        other.lines_of.rebase(theirs)


def test_a_moved_line_is_no_conflict_though_it_changes_every_position() -> None:
    bill = document(row(1, item_order=1), row(2, item_order=2))
    bill.lines_of[1].rate = Decimal(9)

    bill.lines_of.rebase([row(5, item_order=1), row(1, item_order=2), row(2, item_order=3)])

    assert [line["line_item_id"] for line in sent(bill)] == ["5", "1", "2"]


def test_a_list_survives_pickling_with_its_edits() -> None:
    bill = document(row(1), row(2))
    bill.lines_of[0].rate = Decimal(9)
    bill.lines_of.append(Line(name="new"))

    again = pickle.loads(pickle.dumps(bill))  # our own bytes

    assert sent(again) == sent(bill)
    again.lines_of.append(Line(name="another"))
    assert len(sent(bill)) == 3


edits = st.lists(
    st.tuples(
        st.sampled_from(["edit", "add", "remove", "move"]), st.integers(0, 9), st.integers(0, 9)
    ),
    max_size=6,
)


def play(of: Document, script: list[tuple[str, int, int]], name: str) -> set[str]:
    """Apply edits to the lines; return the ids that were removed."""
    removed: set[str] = set()
    for step, (kind, place, other) in enumerate(script):
        count = len(of.lines_of)
        if kind == "add":
            of.lines_of.insert(place % (count + 1), Line(name=f"{name} {step}", rate=Decimal(step)))
        elif count and kind == "edit":
            of.lines_of[place % count].rate = Decimal(f"{100 + step}.{other:02}")
        elif count and kind == "remove":
            line = of.lines_of.pop(place % count)
            if line._own_id:
                removed.add(line._own_id)
        elif count:
            of.lines_of.insert(other % count, of.lines_of.pop(place % count))
    return removed


@given(st.integers(0, 5), edits, edits)
def test_no_line_is_lost_that_nobody_removed_and_no_edit_is_overwritten(
    count: int, my_script: list[tuple[str, int, int]], their_script: list[tuple[str, int, int]]
) -> None:
    base = [row(number) for number in range(1, count + 1)]
    mine, theirs = document(*base), document(*base)
    gone = play(mine, my_script, "mine")
    gone_there = play(theirs, their_script, "theirs")
    served = [
        {**line, "line_item_id": line.get("line_item_id", f"t{place}")}
        for place, line in enumerate(sent(theirs))
    ]
    my_edits = {
        line._own_id: line.rate for line in mine.lines_of if line._own_id and line.is_changed
    }
    my_new = sorted(str(line.name) for line in mine.lines_of if not line._own_id)
    served_by_id = {line["line_item_id"]: line for line in served}
    clash = any(
        identifier not in served_by_id or served_by_id[identifier]["rate"] != Decimal("1.00")
        for identifier in my_edits
    ) or any(
        identifier in served_by_id and served_by_id[identifier]["rate"] != Decimal("1.00")
        for identifier in gone
    )

    said = ""
    result = served
    try:
        if mine.lines_of.is_changed:
            mine.lines_of.rebase(served)
            result = sent(mine)
    except Conflict as conflict:
        said = str(conflict)

    if said:
        assert clash or "reordered" in said
        return
    assert not clash
    found = {line["line_item_id"]: line for line in result if "line_item_id" in line}
    assert set(found) == set(served_by_id) - gone
    assert not set(found) & gone_there
    for identifier, line in found.items():
        expected = my_edits.get(str(identifier), served_by_id[identifier]["rate"])
        assert line["rate"] == expected
    # Where they have moved the lines, new ones stay beside their neighbours, in whatever order.
    assert sorted(str(line["name"]) for line in result if "line_item_id" not in line) == my_new
