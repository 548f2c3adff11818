"""JSON and Python values: nothing is lost on the way, and what cannot be sent is refused."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm import wire
from zohorm.errors import InvalidId, InvalidValue, WrongType

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda number: -400 < number.adjusted() < 400
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | amounts | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_what_is_encoded_decodes_to_the_same_value(value: object) -> None:
    assert wire.decode(wire.encode(value)) == value


@given(values)
def test_what_is_encoded_is_what_every_json_reader_reads(value: object) -> None:
    again = json.loads(wire.encode(value), parse_float=Decimal)

    assert again == value


@pytest.mark.parametrize(
    "text", ["0.1", "1E+3", "1234567890.123456789", "-0.005", "100", "1E-7", "0.10"]
)
def test_an_amount_is_written_to_its_last_digit_without_an_exponent(text: str) -> None:
    written = wire.encode(Decimal(text)).decode()

    assert Decimal(written) == Decimal(text)
    assert "e" not in written.lower()


def test_numbers_with_a_fraction_are_read_exactly() -> None:
    body = wire.decode(b'{"total": 0.1, "rate": 19.990, "id": 4815000000000124511}')

    assert body == {
        "total": Decimal("0.1"),
        "rate": Decimal("19.990"),
        "id": 4815000000000124511,
    }
    assert isinstance(body["total"], Decimal)


def test_text_travels_as_utf_8() -> None:
    assert wire.encode({"name": "Größe 送金"}) == '{"name":"Größe 送金"}'.encode()


@pytest.mark.parametrize("broken", [b"", b"{", b'{"a": NaN}', b"[1,]", b"\xff", b"Infinity"])
def test_what_is_no_json_is_a_value_error(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.decode(broken)


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"a": {2, 3}}, b"bytes", dt.date.today])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(WrongType):
        wire.encode(value)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), "\ud800", Decimal("1E+9999")]
)
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue):
        wire.encode({"value": value})


@pytest.mark.parametrize("value", [0.1, 1.0, float("inf"), [0.1], {"rate": 0.1}])
def test_a_float_is_never_written(value: object) -> None:
    """Not by a member that the facts do not know, either: it may be an amount."""
    with pytest.raises(WrongType, match="Decimal"):
        wire.encode({"value": value})
    with pytest.raises(WrongType, match="Decimal"):
        wire.argument(value)
    with pytest.raises(WrongType, match="Decimal"):
        wire.arguments({"value": value})


@pytest.mark.parametrize(
    ("kind", "received", "read"),
    [
        (wire.TEXT, "", ""),
        (wire.TEXT, 80540, "80540"),
        (wire.TEXT, Decimal("1.50"), "1.50"),
        (wire.ID, "", None),
        (wire.ID, 4815000000000124511, "4815000000000124511"),
        (wire.MONEY, "", None),
        (wire.MONEY, "10.50", Decimal("10.50")),
        (wire.MONEY, 3, Decimal(3)),
        (wire.NUMBER, Decimal("0.1"), Decimal("0.1")),
        (wire.INTEGER, "", None),
        (wire.INTEGER, "15", 15),
        (wire.INTEGER, Decimal("15.0"), 15),
        (wire.DATE, "", None),
        (wire.DATE, "2026-01-31", dt.date(2026, 1, 31)),
        (wire.DATE, "2026-01-31T10:00:00+0100", dt.date(2026, 1, 31)),
        (wire.BOOLEAN, "true", True),
        (wire.BOOLEAN, "", None),
        (wire.BOOLEAN, False, False),
        (wire.TEXTS, ["a", 1], ("a", "1")),
        (wire.TEXTS, "", None),
        (wire.ENUM, "a word of tomorrow", "a word of tomorrow"),
    ],
)
def test_each_kind_reads_the_forms_that_the_service_sends(
    kind: wire.Kind, received: object, read: object
) -> None:
    found = kind.read(received)

    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("kind", "received"),
    [
        (wire.MONEY, "70%"),
        (wire.MONEY, True),
        (wire.INTEGER, Decimal("1.5")),
        (wire.DATE, "31.01.2026"),
        (wire.DATE, 5),
        (wire.DATETIME, "2026-01-31T10:00:00"),
        (wire.DATETIME, 5),
        (wire.BOOLEAN, "perhaps"),
        (wire.TEXT, ["a"]),
        (wire.TEXTS, {"a": 1}),
    ],
)
def test_each_kind_refuses_to_read_what_it_is_not(kind: wire.Kind, received: object) -> None:
    with pytest.raises(wire.READ_ERRORS):
        kind.read(received)


@pytest.mark.parametrize(
    ("kind", "given_value", "error"),
    [
        (wire.MONEY, 0.1, WrongType),
        (wire.MONEY, "0.1", WrongType),
        (wire.MONEY, True, WrongType),
        (wire.MONEY, Decimal("NaN"), InvalidValue),
        (wire.INTEGER, 1.0, WrongType),
        (wire.INTEGER, True, WrongType),
        (wire.TEXT, 5, WrongType),
        (wire.ID, 5, WrongType),
        (wire.ID, "a/b", InvalidId),
        (wire.DATE, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), WrongType),
        (wire.DATE, "tomorrow", InvalidValue),
        (wire.DATE, "2026-W01-1", InvalidValue),
        (wire.DATE, 5, WrongType),
        (wire.DATETIME, dt.datetime(2026, 1, 1), InvalidValue),  # noqa: DTZ001  # naive on purpose
        (wire.DATETIME, dt.date(2026, 1, 1), WrongType),
        (wire.BOOLEAN, 1, WrongType),
        (wire.BOOLEAN, "true", WrongType),
        (wire.TEXTS, "abc", WrongType),
        (wire.TEXTS, [1], WrongType),
        (wire.TEXTS, 5, WrongType),
        (wire.JSON, object(), WrongType),
    ],
)
def test_each_kind_refuses_to_write_the_wrong_type(
    kind: wire.Kind, given_value: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"Invoice\.field"):
        kind.write("Invoice.field", given_value)


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_survives_to_the_second(instant: dt.datetime) -> None:
    written = wire.DATETIME.write("time", instant)

    assert ":" not in written[19:]
    read = wire.DATETIME.read(written)
    assert abs(read - instant) < dt.timedelta(minutes=1)


@given(st.dates())
def test_a_day_survives(day: dt.date) -> None:
    assert wire.DATE.read(wire.DATE.write("day", day)) == day


@given(amounts)
def test_an_amount_survives_the_query(amount: Decimal) -> None:
    assert Decimal(wire.query_text(wire.MONEY.write("amount", amount))) == amount


def test_a_frozen_value_refuses_edits_and_a_thawed_one_is_apart() -> None:
    row = {"tags": [{"id": "1"}]}

    frozen = wire.frozen(row)
    thawed = wire.thawed(row)
    thawed["tags"][0]["id"] = "2"

    assert row == {"tags": [{"id": "1"}]}
    with pytest.raises(TypeError):
        frozen["tags"][0]["id"] = "2"
    with pytest.raises(AttributeError):
        frozen["tags"].append("x")


def test_query_parameters_are_text_and_none_is_left_out() -> None:
    found = wire.arguments(
        {
            "send": True,
            "page": 2,
            "rate": Decimal("1.50"),
            "day": dt.date(2026, 1, 31),
            "ids": ["1", "2"],
            "none": None,
        }
    )

    assert found == [
        ("send", "true"),
        ("page", "2"),
        ("rate", "1.50"),
        ("day", "2026-01-31"),
        ("ids", "1,2"),
    ]


@pytest.mark.parametrize(
    ("received", "value"),
    [
        (Decimal("3.00"), Decimal("3.00")),
        (3, Decimal(3)),
        ("3.00%", "3.00%"),
        (" 10% ", "10%"),
        ("10.5", Decimal("10.5")),
        ("", None),
        (None, None),
    ],
)
def test_a_discount_reads_as_an_amount_or_a_percentage(received: object, value: object) -> None:
    assert wire.DISCOUNT.read(received) == value
    assert type(wire.DISCOUNT.read(received)) is type(value)


@pytest.mark.parametrize("value", ["10", "ten%", "%", "-5%", "10%%", "1e2%", ""])
def test_a_discount_as_text_is_a_percentage(value: str) -> None:
    with pytest.raises(InvalidValue, match=r"percentage as text"):
        wire.DISCOUNT.write("discount", value)
