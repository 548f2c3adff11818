"""Filters of a list: which lookups a resource documents, their wire names, and the test of a row.

The service answers an unknown or unsupported filter with the whole list, so each condition is asked
wide and tested here again on every row that carries the member.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import attrs

from zohorm import wire
from zohorm.errors import InvalidValue, UnknownFilter, WrongType


class Verdict(enum.Enum):
    """What a condition says of one row."""

    KEEP = "keep"
    DROP = "drop"
    """Outside what was asked, inside what was sent: the bound was widened on purpose."""
    IGNORED = "ignored"
    """Outside what was sent: the service did not apply the filter."""


class _Comparable(Protocol):
    def __lt__(self, other: object, /) -> bool: ...
    def __le__(self, other: object, /) -> bool: ...


@attrs.frozen
class Filter:
    """The lookups of one filter: lookup name -> query parameter.

    `values` maps a Python value to another wire value (a status to its view); values in
    `unchecked` name views that a row's own member cannot confirm.
    """

    kind: wire.Kind
    lookups: Mapping[str, str]
    values: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)
    unchecked: frozenset[str] = attrs.field(default=frozenset(), kw_only=True)
    row_field: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Condition:
    """One filter as a query holds it: the parameter to send and the test for rows."""

    name: str
    lookup: str
    parameter: str
    sent: str = attrs.field(repr=False)
    row_field: str
    judge: Callable[[object], Verdict] | None = attrs.field(repr=False)

    def can_judge(self, row: wire.Row) -> bool:
        """Say whether `row` shows what the condition tests."""
        return self.judge is not None and self.row_field in row

    def verdict(self, row: wire.Row) -> Verdict:
        """Judge `row`; a row without the member is kept, for it says nothing."""
        if self.judge is None or not self.can_judge(row):
            return Verdict.KEEP
        return self.judge(row[self.row_field])


def text_filter(name: str, *, row_field: str | None = None) -> Filter:
    """Return the filter of a text member with the usual three lookups."""
    lookups = {"exact": name, "startswith": f"{name}_startswith", "contains": f"{name}_contains"}
    return Filter(wire.TEXT, lookups, row_field=row_field)


def date_filter(name: str, *, row_field: str | None = None) -> Filter:
    """Return the filter of a day with the usual five lookups."""
    lookups = {
        "exact": name,
        "gte": f"{name}_start",
        "lte": f"{name}_end",
        "lt": f"{name}_before",
        "gt": f"{name}_after",
    }
    return Filter(wire.DATE, lookups, row_field=row_field)


def number_filter(name: str, *, row_field: str | None = None) -> Filter:
    """Return the filter of an amount with the usual five lookups."""
    lookups = {
        "exact": name,
        "lt": f"{name}_less_than",
        "lte": f"{name}_less_equals",
        "gt": f"{name}_greater_than",
        "gte": f"{name}_greater_equals",
    }
    return Filter(wire.MONEY, lookups, row_field=row_field)


def exact_filter(
    name: str,
    kind: wire.Kind = wire.TEXT,
    *,
    parameter: str | None = None,
    values: Mapping[str, str] | None = None,
    unchecked: Iterable[str] = (),
    row_field: str | None = None,
) -> Filter:
    """Return a filter that knows equality alone; `parameter` if its wire name is another."""
    return Filter(
        kind,
        {"exact": parameter or name},
        values=values or {},
        unchecked=frozenset(unchecked),
        row_field=row_field,
    )


def since_filter(name: str) -> Filter:
    """Return the filter of an instant that documents only "modified after"."""
    return Filter(wire.DATETIME, {"gt": name, "gte": name})


def condition(resource: str, filters: Mapping[str, Filter], key: str, value: object) -> Condition:
    """Return the condition that `key=value` asks for.

    Raises:
        UnknownFilter: the resource documents no such filter or lookup.
        WrongType: the value is of another type than the filter's.
    """
    name, _, lookup = key.partition("__")
    lookup = lookup or "exact"
    known = filters.get(name)
    if known is None or lookup not in known.lookups:
        raise UnknownFilter(
            f"{resource} documents no filter {key!r}",
            advice=f"It has {_names(filters)}. For anything else: "
            ".where(predicate) filters here, .params(name=value) sends any parameter.",
        )
    if value is None:
        raise WrongType(f"{key} takes a value, not None", advice="Test for None with .where(...).")
    return _build(known, name, lookup, key, value)


def _names(filters: Mapping[str, Filter]) -> str:
    names = [
        name if lookup == "exact" else f"{name}__{lookup}"
        for name, known in sorted(filters.items())
        for lookup in known.lookups
    ]
    return ", ".join(names) or "none"


def _build(known: Filter, name: str, lookup: str, key: str, value: object) -> Condition:
    kind = known.kind
    if lookup in ("in", "not_in"):
        given = list(_several(key, value))
        wanted = [kind.write(key, member) for member in given]
        sent: object = [known.values.get(str(member), member) for member in wanted]
    else:
        given = [value]
        wanted = [kind.write(key, value)]
        sent = known.values.get(str(wanted[0]), _widened(lookup, wanted[0], kind))
    unchecked = any(str(member) in known.unchecked for member in wanted)
    judge = None if unchecked else _judge(kind, lookup, given)
    return Condition(
        name, lookup, known.lookups[lookup], wire.query_text(sent), known.row_field or name, judge
    )


def _several(key: str, value: object) -> Iterable[object]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise WrongType(f"{key} takes several values (a list)")
    members = list(value)
    if not members:
        raise InvalidValue(f"{key} takes at least one value")
    if any(isinstance(member, str) and "," in member for member in members):
        raise InvalidValue(
            f"{key} cannot send a value with a comma, for commas part the values",
            advice="Test for it with .where(...).",
        )
    return members


def _widened(lookup: str, value: object, kind: wire.Kind) -> object:
    """Move a bound by one step where no source says whether the service includes the bound itself.

    Source: Books v3, introduction (no statement on the inclusion of `_start`, `_end`, `_after`).
    """
    step = {"gte": -1, "gt": -1, "lte": 1, "lt": 0}.get(lookup, 0)
    if kind is wire.DATE and lookup in ("gte", "lte"):
        day: dt.date = kind.read(value)
        try:
            return (day + dt.timedelta(days=step)).isoformat()
        except OverflowError:
            return value
    if kind is wire.DATETIME and step:
        instant: dt.datetime = kind.read(value)
        try:
            return kind.write("bound", instant + dt.timedelta(seconds=step))
        except OverflowError:
            return value
    return value


def _judge(kind: wire.Kind, lookup: str, given: list[object]) -> Callable[[object], Verdict]:
    values = [wire.asked(kind, member) for member in given]
    test = _TESTS[lookup](values) if kind not in _TEXT_KINDS else _text_test(lookup, values)
    wide = _wide_test(kind, lookup, values)

    def judge(member: object) -> Verdict:
        try:
            held = kind.read(member)
        except wire.READ_ERRORS:
            return Verdict.KEEP
        if held is None:
            return Verdict.KEEP if lookup == "not_in" else Verdict.IGNORED
        if test(held):
            return Verdict.KEEP
        return Verdict.DROP if wide is not None and wide(held) else Verdict.IGNORED

    return judge


_TEXT_KINDS = (wire.TEXT, wire.ENUM)


def _text_test(lookup: str, values: list[str]) -> Callable[[str], bool]:
    # Whether the service ignores case is nowhere stated, so the test here ignores it too.
    folded = [value.casefold() for value in values]
    first = folded[0]
    tests: dict[str, Callable[[str], bool]] = {
        "exact": lambda held: held.casefold() == first,
        "startswith": lambda held: held.casefold().startswith(first),
        "contains": lambda held: first in held.casefold(),
        "in": lambda held: held.casefold() in folded,
        "not_in": lambda held: held.casefold() not in folded,
    }
    return tests[lookup]


_TESTS: dict[str, Callable[[list[_Comparable]], Callable[[_Comparable], bool]]] = {
    "exact": lambda values: lambda held: held == values[0],
    "in": lambda values: lambda held: held in values,
    "not_in": lambda values: lambda held: held not in values,
    "gt": lambda values: lambda held: values[0] < held,
    "gte": lambda values: lambda held: values[0] <= held,
    "lt": lambda values: lambda held: held < values[0],
    "lte": lambda values: lambda held: held <= values[0],
}


def _wide_test(
    kind: wire.Kind, lookup: str, values: list[_Comparable]
) -> Callable[[_Comparable], bool] | None:
    """Return the test of the bound as sent, itself included; None where nothing is widened."""
    first = values[0]
    # The parameters of amounts say in their names whether the bound is included.
    if kind not in (wire.DATE, wire.DATETIME) or lookup not in ("gt", "gte", "lt", "lte"):
        return None
    sent = kind.read(_widened(lookup, kind.write("bound", first), kind))
    if lookup in ("gt", "gte"):
        return lambda held: sent <= held
    return lambda held: held <= sent
