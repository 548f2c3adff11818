"""Lookups: what is sent never loses a row, and what is tested here is exactly what was asked."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zohorm import wire
from zohorm.errors import InvalidValue, UnknownFilter, WrongType
from zohorm.lookups import (
    Condition,
    Filter,
    Verdict,
    condition,
    date_filter,
    exact_filter,
    number_filter,
    since_filter,
    text_filter,
)

ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
TEXTUAL: Mapping[str, Callable[[str, str], bool]] = {
    "exact": lambda held, asked: held.casefold() == asked.casefold(),
    "startswith": lambda held, asked: held.casefold().startswith(asked.casefold()),
    "contains": lambda held, asked: asked.casefold() in held.casefold(),
}
FILTERS: Mapping[str, Filter] = {
    "day": date_filter("day"),
    "total": number_filter("total"),
    "name": text_filter("name"),
    "changed": since_filter("changed"),
    "status": exact_filter("status", wire.ENUM, unchecked=("unpaid", "viewed")),
    "view": exact_filter(
        "view", wire.ENUM, parameter="filter_by", values={"active": "Status.Active"}
    ),
    "customer_id": exact_filter("customer_id", wire.ID),
    "is_taxable": exact_filter("is_taxable", wire.BOOLEAN),
    "kind": Filter(wire.TEXT, {"in": "kind_in", "not_in": "kind_not_in"}),
    "amount": number_filter("amount", row_field="total"),
}

days = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))
# Days that lie close together, so that bounds are met.
close_days = st.integers(0, 6).map(lambda step: dt.date(2026, 2, 26) + dt.timedelta(days=step))
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-50, max_value=50)
close_amounts = st.integers(-3, 3).map(lambda cents: Decimal(cents) / 100)
texts = st.text(st.sampled_from("aAbBßſ éÉ,"), max_size=4)
offsets = st.integers(-12 * 60, 14 * 60).map(lambda n: dt.timezone(dt.timedelta(minutes=n)))
moments = st.builds(
    lambda seconds, micro, zone: (
        dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds, microseconds=micro)
    ).astimezone(zone),
    st.integers(-3, 3),
    st.sampled_from([0, 0, 1, 500_000, 999_999]),
    offsets,
)
stamps = moments.map(lambda moment: moment.replace(microsecond=0))


def made(key: str, value: object) -> Condition:
    return condition("Invoice", FILTERS, key, value)


def readings(parameter: str, lookup: str) -> list[Callable[[Any, Any], bool]]:
    """Return how a service may read a bound: both ways where no source says which."""
    if lookup == "exact":
        return [operator.eq]
    if parameter.startswith("total"):
        return [ORDERED[lookup]]  # Its names say whether the bound is included.
    above = lookup in ("gt", "gte")
    return [operator.gt, operator.ge] if above else [operator.lt, operator.le]


@pytest.mark.parametrize("lookup", ORDERED)
@given(held=close_days | days, asked=close_days)
def test_no_reading_of_a_sent_day_loses_a_row(lookup: str, held: dt.date, asked: dt.date) -> None:
    one = made(f"day__{lookup}", asked)

    for reads in readings(one.parameter, lookup):
        if ORDERED[lookup](held, asked):
            assert reads(held, dt.date.fromisoformat(one.sent))


@pytest.mark.parametrize("lookup", ORDERED)
@given(held=close_days | days, asked=close_days)
def test_the_test_of_a_day_is_the_comparison_itself(
    lookup: str, held: dt.date, asked: dt.date
) -> None:
    verdict = made(f"day__{lookup}", asked).verdict({"day": held.isoformat()})

    assert (verdict is Verdict.KEEP) is ORDERED[lookup](held, asked)


@pytest.mark.parametrize("lookup", ORDERED)
@given(held=close_days | days, asked=close_days)
def test_a_day_is_called_ignored_only_if_no_reading_could_send_it(
    lookup: str, held: dt.date, asked: dt.date
) -> None:
    one = made(f"day__{lookup}", asked)
    sent = dt.date.fromisoformat(one.sent)

    may_come = any(reads(held, sent) for reads in readings(one.parameter, lookup))

    assert (one.verdict({"day": held.isoformat()}) is Verdict.IGNORED) is not may_come


@pytest.mark.parametrize("lookup", ORDERED)
@given(held=close_amounts | amounts, asked=close_amounts | amounts, as_text=st.booleans())
def test_an_amount_is_sent_exactly_and_tested_as_asked(
    lookup: str, held: Decimal, asked: Decimal, as_text: bool
) -> None:
    one = made(f"total__{lookup}", asked)

    assert Decimal(one.sent) == asked
    assert "e" not in one.sent.lower()
    verdict = one.verdict({"total": str(held) if as_text else held})
    assert verdict is (Verdict.KEEP if ORDERED[lookup](held, asked) else Verdict.IGNORED)


@pytest.mark.parametrize("lookup", ["gt", "gte"])
@given(held=stamps, asked=moments)
def test_no_reading_of_a_sent_instant_loses_a_row_and_the_test_is_exact(
    lookup: str, held: dt.datetime, asked: dt.datetime
) -> None:
    one = made(f"changed__{lookup}", asked)
    sent = dt.datetime.fromisoformat(one.sent)
    wanted = ORDERED[lookup](held, asked)

    if wanted:
        assert held > sent
    verdict = one.verdict({"changed": held.strftime("%Y-%m-%dT%H:%M:%S%z")})
    assert (verdict is Verdict.KEEP) is wanted
    assert (verdict is Verdict.IGNORED) is (held < sent)


@given(asked=moments)
def test_an_instant_is_sent_in_whole_seconds_without_a_colon_in_its_offset(
    asked: dt.datetime,
) -> None:
    sent = made("changed__gt", asked).sent

    assert len(sent) == len("2026-03-01T00:00:00+0000")
    assert sent[-5] in "+-"


@pytest.mark.parametrize("lookup", TEXTUAL)
@given(held=texts, asked=texts)
def test_a_text_is_sent_as_it_is_and_tested_without_regard_to_case(
    lookup: str, held: str, asked: str
) -> None:
    one = made(f"name__{lookup}", asked)

    assert one.sent == asked
    assert (one.verdict({"name": held}) is Verdict.KEEP) is TEXTUAL[lookup](held, asked)
    assert one.verdict({"name": held}) is not Verdict.DROP


@given(held=texts, asked=st.lists(texts, min_size=1, max_size=4))
def test_several_texts_are_tested_as_asked(held: str, asked: list[str]) -> None:
    assume(not any("," in one for one in asked))
    folded = [one.casefold() for one in asked]

    inside = made("kind__in", asked)
    outside = made("kind__not_in", tuple(asked))

    assert inside.sent == outside.sent == ",".join(asked)
    assert (inside.verdict({"kind": held}) is Verdict.KEEP) is (held.casefold() in folded)
    assert (outside.verdict({"kind": held}) is Verdict.KEEP) is (held.casefold() not in folded)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("day__gte", dt.date(2026, 1, 1)),
        ("total__lt", 5),
        ("name", "Ana"),
        ("changed__gt", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("customer_id", "5"),
        ("is_taxable", True),
        ("kind__in", ["a"]),
    ],
)
def test_a_row_without_the_member_says_nothing_and_is_kept(key: str, value: object) -> None:
    assert made(key, value).verdict({"other": 1}) is Verdict.KEEP


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("day__gte", dt.date(2026, 1, 1)),
        ("total__lt", 5),
        ("customer_id", "5"),
        ("is_taxable", True),
    ],
)
def test_an_empty_member_fulfils_no_condition(key: str, value: object, empty: object) -> None:
    name = key.partition("__")[0]

    assert made(key, value).verdict({name: empty}) is Verdict.IGNORED


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_member_is_not_among_the_texts_left_out(empty: object) -> None:
    assert made("kind__not_in", ["a"]).verdict({"kind": empty}) is Verdict.KEEP


@pytest.mark.parametrize(
    ("key", "value", "member"),
    [("day", dt.date(2026, 1, 1), "soon"), ("total", 5, "much"), ("is_taxable", True, "maybe")],
)
def test_a_member_in_an_unknown_form_says_nothing(key: str, value: object, member: object) -> None:
    assert made(key, value).verdict({key: member}) is Verdict.KEEP


# What goes over the wire.


@pytest.mark.parametrize(
    ("key", "value", "parameter", "sent"),
    [
        ("day", dt.date(2026, 1, 31), "day", "2026-01-31"),
        ("day", "2026-01-31", "day", "2026-01-31"),
        ("day__gte", dt.date(2026, 1, 1), "day_start", "2025-12-31"),
        ("day__lte", dt.date(2026, 1, 31), "day_end", "2026-02-01"),
        ("day__lt", dt.date(2026, 1, 31), "day_before", "2026-01-31"),
        ("day__gt", dt.date(2026, 1, 31), "day_after", "2026-01-31"),
        ("day__gte", dt.date.min, "day_start", "0001-01-01"),
        ("day__lte", dt.date.max, "day_end", "9999-12-31"),
        ("total", Decimal("1E+3"), "total", "1000"),
        ("total__lt", Decimal("10.50"), "total_less_than", "10.50"),
        ("total__lte", 10, "total_less_equals", "10"),
        ("total__gt", 10, "total_greater_than", "10"),
        ("total__gte", Decimal("-0.01"), "total_greater_equals", "-0.01"),
        ("name", "Ana", "name", "Ana"),
        ("name__startswith", "A", "name_startswith", "A"),
        ("name__contains", "&=", "name_contains", "&="),
        ("status", "unpaid", "status", "unpaid"),
        ("view", "active", "filter_by", "Status.Active"),
        ("customer_id", "4815", "customer_id", "4815"),
        ("is_taxable", True, "is_taxable", "true"),
        ("is_taxable", False, "is_taxable", "false"),
        ("amount__gt", 10, "amount_greater_than", "10"),
    ],
)
def test_each_lookup_has_its_parameter_and_form(
    key: str, value: object, parameter: str, sent: str
) -> None:
    one = made(key, value)

    assert (one.parameter, one.sent) == (parameter, sent)


@pytest.mark.parametrize("lookup", ["gt", "gte"])
@pytest.mark.parametrize("second", [0, 1])
def test_since_the_beginning_of_time_can_be_asked(lookup: str, second: int) -> None:
    one = made(f"changed__{lookup}", dt.datetime(1, 1, 1, 0, 0, second, tzinfo=dt.UTC))

    assert one.sent.startswith("0001-01-01T00:00:0")
    assert one.verdict({"changed": "2026-01-15T02:00:00-0700"}) is Verdict.KEEP


def test_a_row_field_of_another_name_is_tested() -> None:
    one = made("amount__gt", 10)

    assert one.verdict({"total": Decimal(11)}) is Verdict.KEEP
    assert one.verdict({"total": Decimal(10)}) is Verdict.IGNORED


@pytest.mark.parametrize("status", ["paid", "sent", None])
def test_a_view_that_no_row_confirms_is_not_tested(status: object) -> None:
    assert made("status", "unpaid").verdict({"status": status}) is Verdict.KEEP


def test_another_status_is_tested() -> None:
    assert made("status", "paid").verdict({"status": "sent"}) is Verdict.IGNORED


# What is refused.


@pytest.mark.parametrize(
    "key", ["colour", "colour__in", "name__gte", "total__contains", "__gte", "status__in"]
)
def test_an_unknown_filter_or_lookup_names_those_there_are_and_the_ways_out(key: str) -> None:
    with pytest.raises(UnknownFilter) as caught:
        made(key, "x")

    text = str(caught.value)
    assert repr(key) in text
    assert "day__gte" in text
    assert "name__startswith" in text
    assert ".where(" in text
    assert ".params(" in text


def test_a_resource_without_filters_says_so() -> None:
    with pytest.raises(UnknownFilter, match="It has none"):
        condition("Thing", {}, "name", "x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("day", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("day__gte", 5),
        ("total", 10.5),
        ("total", "10"),
        ("total", True),
        ("name", 5),
        ("changed__gt", dt.date(2026, 1, 1)),
        ("changed__gt", "2026-01-01"),
        ("customer_id", 5),
        ("is_taxable", "true"),
        ("is_taxable", 1),
        ("kind__in", "abc"),
        ("kind__in", 5),
        ("kind__in", [5]),
        ("name", None),
        ("day", None),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: object) -> None:
    with pytest.raises(WrongType, match=key.partition("__")[0]):
        made(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("day", "31.01.2026"),
        ("day", "2026-02-30"),
        ("total", Decimal("NaN")),
        ("changed__gt", dt.datetime(2026, 1, 1)),  # noqa: DTZ001 (that is what is refused)
        ("kind__in", []),
        ("customer_id", "a/b"),
        ("kind__in", ["a,b"]),
    ],
)
def test_a_value_that_cannot_be_is_refused(key: str, value: object) -> None:
    with pytest.raises(InvalidValue if key != "customer_id" else ValueError):
        made(key, value)
