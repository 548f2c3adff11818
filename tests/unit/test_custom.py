"""Custom fields by name, without a service: kinds, names, and what is sent of a row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from zohorm import fields as f
from zohorm.custom import KINDS, TEXT_TYPES, Custom
from zohorm.errors import InvalidValue, WrongType
from zohorm.model import Embedded, Model


class Bare(Embedded):
    """A custom field of a document that shows no more of it, and no id."""

    label: f.Field[str | None] = f.text()
    value: f.Field[str | None] = f.text()


class Boat(Model, product="test", path="boats", id="boat_id"):
    """A model with custom fields."""

    boat_id: f.ReadOnly[str] = f.read_only(f.identifier())
    custom_fields: Custom[Bare] = f.custom(Bare)


def boat(**row: Any) -> Boat:
    """Return a whole received record with one custom field of these members."""
    return Boat._received({"boat_id": "1", "custom_fields": [row]}, None)


@pytest.mark.parametrize(
    ("data_type", "received", "value"),
    [
        ("date", "2026-01-15", dt.date(2026, 1, 15)),
        ("date_time", "2026-01-15T10:30:00+0000", dt.datetime(2026, 1, 15, 10, 30, tzinfo=dt.UTC)),
        ("check_box", "true", True),
        ("check_box", False, False),
        ("decimal", "10.50", Decimal("10.50")),
        ("number", 3, Decimal(3)),
        ("amount", Decimal("0.1"), Decimal("0.1")),
        ("multiselect", ["red", "green"], ("red", "green")),
        ("string", 7, "7"),
        ("string", "2026-01-15", "2026-01-15"),
        ("never heard of", "2026-01-15", "2026-01-15"),
        ("never heard of", Decimal("1.5"), Decimal("1.5")),
        ("date", "", None),
        ("multiselect", [], None),
        ("check_box", None, None),
    ],
)
def test_a_value_has_the_type_of_its_definition(
    data_type: str, received: object, value: object
) -> None:
    record = boat(api_name="cf_x", data_type=data_type, value=received)

    assert record.custom_fields["cf_x"] == value
    assert type(record.custom_fields["cf_x"]) is type(value)


def test_no_type_is_both_text_and_another() -> None:
    assert not set(KINDS) & TEXT_TYPES


def test_a_value_that_does_not_fit_is_an_error_that_shows_none_of_it() -> None:
    record = boat(api_name="cf_x", data_type="date", value="secret")

    with pytest.raises(InvalidValue) as caught:
        _ = record.custom_fields["cf_x"]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [Decimal(3), dt.date(2026, 1, 15), ["red"], True])
def test_a_field_of_unknown_type_takes_any_value(value: Any) -> None:
    record = boat(label="Size", value="1")

    record.custom_fields["Size"] = value

    assert record.is_changed


def test_a_float_is_refused() -> None:
    record = boat(label="Size", value="1")

    with pytest.raises(WrongType):
        record.custom_fields["Size"] = 0.5  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "known",
    [
        {"customfield_id": "7"},
        {"api_name": "cf_size"},
        {"label": "Size"},
        {"index": 1},
    ],
)
def test_a_row_is_sent_with_what_it_is_known_by_and_what_changed(known: dict[str, object]) -> None:
    record = boat(**{"label": "", **known}, value="1", show_on_pdf=True)

    record.custom_fields[0].value = "2"

    assert record._changed_payload() == {"custom_fields": [{**known, "value": "2"}]}


def test_the_id_goes_before_the_other_names() -> None:
    record = boat(label="Size", api_name="cf_size", customfield_id="7", value="1")

    record.custom_fields["cf_size"] = "2"

    assert record._changed_payload() == {"custom_fields": [{"customfield_id": "7", "value": "2"}]}


def test_setting_the_same_value_changes_nothing() -> None:
    record = boat(api_name="cf_size", data_type="decimal", value=Decimal("1.50"))

    record.custom_fields["cf_size"] = Decimal("1.5")

    assert not record.is_changed


def test_a_promoted_text_that_may_be_of_any_type_is_not_taken_for_text() -> None:
    row = {"boat_id": "1", "cf_x_unformatted": "12", "cf_y_unformatted": "North"}
    record = Boat._received(row, None)

    assert record.custom_fields._shown_in_list("cf_x") == (False, None)
    assert record.custom_fields._shown_in_list("cf_y") == (True, "North")
