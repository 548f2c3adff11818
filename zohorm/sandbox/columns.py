"""The columns by which a resource's rows are found and sorted, made from its facts.

Texts are stored folded, numbers and instants as text that sorts, a list of values on lines of its
own: `filters.py` compares with the same forms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache, lru_cache

import attrs

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.exact import Json, Row, sortable

LINE_END = "\n"
_ELSEWHERE = ("custom_field", "address", "email")


@attrs.frozen
class Column:
    """One column: its name, and how its value is read from a record."""

    name: str
    kind: str
    extract: Callable[[Row], str | None]
    is_indexed: bool = True
    holds_many: bool = False
    """Whether the record may have several values, each then on a line of its own."""


def fold(text: str) -> str:
    """Return text in which capital letters do not matter."""
    return text.casefold()


def instant(text: str) -> dt.datetime | None:
    """Return the instant of a timestamp; None if it is none. The colon of an offset is optional."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def day(text: str) -> str | None:
    """Return a day as it is; None if the text is not a day in its one form, `2026-01-15`."""
    try:
        return text if dt.date.fromisoformat(text).isoformat() == text else None
    except ValueError:
        return None


def key(kind: str, value: Json) -> str | None:
    """Return the form in which a value is compared; None for an unset one or another kind."""
    # Lists and objects are no values to compare.
    return None if isinstance(value, (list, dict)) else _key(kind, value)


# Names, days and amounts come in many records; a boolean must not be taken for a number.
@lru_cache(maxsize=8192, typed=True)
def _key(kind: str, value: bool | int | Decimal | str | None) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if kind in ("integer", "number", "money", "discount"):
        return sortable(value) if isinstance(value, (int, Decimal)) else None
    if kind == "datetime":
        moment = instant(str(value))
        return None if moment is None else f"{int(moment.timestamp()) + 10**11:012d}"
    if kind in ("date", "id"):
        return str(value)
    return fold(str(value))


@cache
def columns_of(resource: Resource) -> tuple[Column, ...]:
    """Return the columns of a resource: what its filters and sorts read, its number, its texts."""
    made: dict[str, Column] = {}
    kinds = {name: field.kind for name, field in resource.fields.items()}
    for each in resource.filters.values():
        if each.name not in ("filter_by", "search_text"):
            made.setdefault(each.row_field, _column(resource, each.row_field, each.kind))
    named = ("contact_name", "name", "customer_id", "vendor_id")
    always = ("status", "created_time", *named, resource.number)
    for name in (*resource.sort, *always):
        if name and name in resource.fields:
            made[name] = _column(resource, name, kinds[name])
    return (*made.values(), Column("search", "text", _searchable(resource), is_indexed=False))


def has_values(resource: Resource, name: str) -> bool:
    """Tell whether a record can hold what a filter without a member of its own looks at."""
    if name in resource.fields or name.startswith("item_") or name in _ELSEWHERE:
        return True
    if name.endswith("_date") and f"{name.removesuffix('_date')}_time" in resource.fields:
        return True
    return bool(_holders(resource, name))


def _holders(resource: Resource, name: str) -> tuple[str, ...]:
    """Return the members of a record whose parts have a member of this name."""
    parts = (
        (field.name, resource.embedded.get(field.of or "")) for field in resource.fields.values()
    )
    return tuple(holder for holder, part in parts if part is not None and name in part.fields)


def _column(resource: Resource, name: str, kind: str) -> Column:
    column = f"f_{name}"
    if name in resource.fields and name not in ("email", "address"):
        kind = resource.fields[name].kind
        return Column(column, kind, lambda row: key(kind, row.get(name)))
    if name.endswith("_date") and f"{name.removesuffix('_date')}_time" in resource.fields:
        source = f"{name.removesuffix('_date')}_time"
        # The day as the organization sees it: the first ten characters of its own local time.
        return Column(column, "date", lambda row: day(str(row.get(source) or "")[:10]))
    holders = _holders(resource, name)
    return Column(
        column,
        kind,
        lambda row: _lines(kind, _inside(row, name, holders)),
        is_indexed=False,
        holds_many=True,
    )


def _inside(row: Row, name: str, holders: tuple[str, ...] = ()) -> list[Json]:
    """Return the values that a filter without a member of its own looks at."""
    if name.startswith("item_"):
        member = name if name == "item_id" else name.removeprefix("item_")
        return _members(row.get("line_items"), member)
    if name == "custom_field":
        return _members(row.get("custom_fields"), "value")
    if name == "address":
        addresses = (row.get(each) for each in ("billing_address", "shipping_address"))
        return [part for each in addresses if isinstance(each, dict) for part in each.values()]
    if name == "email":
        return [
            row.get("email"),
            *_members(row.get("contact_persons"), "email"),
            *_members(row.get("contact_persons_associated"), "contact_person_email"),
        ]
    held = (row.get(holder) for holder in holders)
    rows: Iterable[Json] = (value if isinstance(value, list) else [value] for value in held)
    return [found for each in rows for found in _members(each, name)]


def _members(rows: Json, name: str) -> list[Json]:
    if not isinstance(rows, list):
        return []
    return [row.get(name) for row in rows if isinstance(row, dict)]


def _lines(kind: str, values: Iterable[Json]) -> str | None:
    """Return values as lines, each between two line ends, so that whole ones can be found."""
    found = [key(kind, value) for value in values]
    kept = [each.replace(LINE_END, " ") if LINE_END in each else each for each in found if each]
    return LINE_END + LINE_END.join(kept) + LINE_END if kept else None


def _searchable(resource: Resource) -> Callable[[Row], str | None]:
    # Seen by clients: names, e-mail, company, notes; not custom fields.
    wanted = ("name", "number", "email", "notes", "description", "sku", "phone")
    names = [
        name
        for name, field in resource.fields.items()
        if field.kind == "text" and any(each in name for each in wanted)
    ]

    def text(row: Row) -> str | None:
        values = (row.get(name) for name in names)
        emails = _inside(row, "email") if "email" in resource.fields else ()
        found = [fold(value) for value in (*values, *emails) if isinstance(value, str) and value]
        return LINE_END.join(found) or None

    return text
