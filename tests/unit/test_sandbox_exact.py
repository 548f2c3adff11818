"""Exact JSON and the text forms by which the store compares."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm.sandbox import exact
from zohorm.sandbox.columns import day, instant, key

amounts = st.decimals(
    min_value=Decimal("-1e20"), max_value=Decimal("1e20"), allow_nan=False, places=6
)


@given(amounts, amounts)
def test_sortable_text_sorts_as_the_numbers_do(one: Decimal, other: Decimal) -> None:
    assert (exact.sortable(one) < exact.sortable(other)) == (one < other)
    assert (exact.sortable(one) == exact.sortable(other)) == (one == other)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("20609.5", "20609.5"),
        ("0", "0.0"),
        ("-0.00", "0.0"),
        ("100", "100.0"),
        ("1E+3", "1000.0"),
        ("1.500", "1.5"),
        ("0.1", "0.1"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
    ],
)
def test_numbers_are_written_as_the_service_does(number: str, text: str) -> None:
    assert exact.write(Decimal(number)) == text


@given(amounts)
def test_numbers_survive_a_round_trip(number: Decimal) -> None:
    assert exact.load(exact.write({"n": number}))["n"] == number


def test_no_float_is_made() -> None:
    value = exact.read('{"a": 0.1, "b": [1e2], "c": 3}')

    assert value == {"a": Decimal("0.1"), "b": [Decimal(100)], "c": 3}
    assert isinstance(value, dict)
    assert isinstance(value["a"], Decimal)
    with pytest.raises(TypeError):
        exact.write(object())


@given(st.recursive(st.text() | st.booleans() | st.none(), lambda c: st.lists(c, max_size=3)))
def test_text_is_written_as_json_reads_it(value: object) -> None:
    assert json.loads(exact.write(value)) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "Infinity", "1e99999", "9" * 31, '"\\ud800"', "[" * 65 + "]" * 65, "1" * 5000],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_stored_is_not_read(text: str) -> None:
    with pytest.raises(exact.NotJson):
        exact.read(text)


def test_characters_beyond_the_basic_plane_are_read_from_escapes() -> None:
    assert exact.read('"\\ud83d\\udcb6"') == "💶"


@pytest.mark.parametrize("text", ["", "x", "1,5", "0x1", "1e5000", "--1", "١"])
def test_text_that_is_no_number(text: str) -> None:
    with pytest.raises(exact.NotJson):
        exact.number_of(text)


def test_days_and_instants_have_one_form() -> None:
    assert day("2026-01-31") == "2026-01-31"
    assert [day(text) for text in ("2026-02-30", "20260131", "2026-1-31", "")] == [None] * 4
    assert instant("2026-01-31") is not None
    assert instant("soon") is None
    same = ("2026-01-15T10:00:00-0700", "2026-01-15T17:00:00+00:00", "2026-01-15T17:00:00Z")
    assert len({key("datetime", text) for text in same}) == 1
    assert key("money", "text") is None
    assert key("text", ["x"]) is None
