"""Build the members of a record; generated resource files and `Model.extend()` are written with it.

`notes: Field[str | None] = f.text()`; what the kinds of members are, `zohorm.members` says.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal, TypeVar

from zohorm.custom import Custom
from zohorm.lookups import (
    Filter,
    date_filter,
    exact_filter,
    number_filter,
    since_filter,
    text_filter,
)
from zohorm.members import (
    BY_KIND,
    Children,
    CreateOnly,
    EmbeddedT,
    Field,
    Link,
    LinkT,
    Many,
    ModelT,
    One,
    ReadOnly,
    ReadOnlyMany,
    ReadOnlyOne,
    T,
    Value,
    WriteOnly,
)
from zohorm.wire import (
    BOOLEAN,
    DATE,
    DATETIME,
    DISCOUNT,
    ENUM,
    ID,
    INTEGER,
    JSON,
    MONEY,
    NUMBER,
    TEXT,
    TEXTS,
)

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "DISCOUNT",
    "ENUM",
    "ID",
    "INTEGER",
    "JSON",
    "MONEY",
    "NUMBER",
    "TEXT",
    "TEXTS",
    "Children",
    "CreateOnly",
    "Custom",
    "Field",
    "Filter",
    "Link",
    "Many",
    "One",
    "ReadOnly",
    "Value",
    "WriteOnly",
    "boolean",
    "children",
    "create_only",
    "custom",
    "date",
    "date_filter",
    "datetime",
    "discount",
    "enum",
    "exact_filter",
    "identifier",
    "integer",
    "json",
    "link",
    "many",
    "money",
    "number",
    "number_filter",
    "one",
    "read_only",
    "read_only_many",
    "read_only_one",
    "since_filter",
    "text",
    "text_filter",
    "texts",
    "write_only",
]

TextT = TypeVar("TextT", bound=str | None)
DecimalT = TypeVar("DecimalT", bound=Decimal | None)
DiscountT = TypeVar("DiscountT", bound=Decimal | str | None)
IntegerT = TypeVar("IntegerT", bound=int | None)
DateT = TypeVar("DateT", bound=dt.date | None)
InstantT = TypeVar("InstantT", bound=dt.datetime | None)
BooleanT = TypeVar("BooleanT", bound=bool | None)
TextsT = TypeVar("TextsT", bound=tuple[str, ...] | None)


def text(*, clear: object = BY_KIND) -> Field[TextT]:
    """Return a field of text."""
    return Field(TEXT, clear=clear)


def identifier(*, clear: object = BY_KIND) -> Field[TextT]:
    """Return a field that holds the id of another record."""
    return Field(ID, clear=clear)


def enum(*choices: str, clear: object = BY_KIND) -> Field[TextT]:
    """Return a field of one of some words; unknown words load too, for documents age."""
    return Field(ENUM, clear=clear, choices=choices)


def discount(*, clear: object = BY_KIND) -> Field[DiscountT]:
    """Return a field of an amount as `Decimal`, or a percentage as text: `"10%"`."""
    return Field(DISCOUNT, clear=clear)


def money(*, clear: object = BY_KIND) -> Field[DecimalT]:
    """Return a field of an amount, price or rate, exact to the last digit."""
    return Field(MONEY, clear=clear)


def number(*, clear: object = BY_KIND) -> Field[DecimalT]:
    """Return a field of a quantity or percentage, exact to the last digit."""
    return Field(NUMBER, clear=clear)


def integer(*, clear: object = BY_KIND) -> Field[IntegerT]:
    """Return a field of a whole number."""
    return Field(INTEGER, clear=clear)


def date(*, clear: object = BY_KIND) -> Field[DateT]:
    """Return a field of a day."""
    return Field(DATE, clear=clear)


def datetime(*, clear: object = BY_KIND) -> Field[InstantT]:
    """Return a field of an instant; it reads as an aware datetime."""
    return Field(DATETIME, clear=clear)


def boolean(*, clear: object = BY_KIND) -> Field[BooleanT]:
    """Return a field of a yes or no."""
    return Field(BOOLEAN, clear=clear)


def texts(*, clear: object = BY_KIND) -> Field[TextsT]:
    """Return a field of several texts; assign a new tuple to change it."""
    return Field(TEXTS, clear=clear)


def json(*, clear: object = BY_KIND) -> Field[object]:
    """Return a field of any JSON value; it reads as a frozen view, assign a new value to change."""
    return Field(JSON, clear=clear)


def read_only(field: Field[T], *, init: Literal[False] = False) -> ReadOnly[T]:
    """Return `field` as one that the service computes."""
    return ReadOnly(field.kind, choices=field.choices)


def create_only(field: Field[T]) -> CreateOnly[T]:
    """Return `field` as one that can be set only on a new record."""
    return CreateOnly(field.kind, clear=field.cleared, choices=field.choices)


def write_only(field: Field[T]) -> WriteOnly[T]:
    """Return `field` as one that is sent and never shown."""
    return WriteOnly(field.kind, clear=field.cleared, choices=field.choices)


def many(
    element: type[EmbeddedT], *, replaced: bool = True, create_only: bool = False
) -> Many[EmbeddedT]:
    """Return a list of embedded records.

    Args:
        element: the class of the embedded records.
        replaced: the service deletes what a list leaves out.
        create_only: the list is taken from a new record alone, and never shown.
    """
    return Many(element, replaced=replaced, create_only=create_only)


def custom(element: type[EmbeddedT]) -> Custom[EmbeddedT]:
    """Return the custom fields of a record: a list of rows that also goes by name."""
    return Custom(element)


def one(element: type[EmbeddedT], *, create_only: bool = False) -> One[EmbeddedT]:
    """Return one embedded record; one that is `create_only` is taken from a new record alone."""
    return One(element, create_only=create_only)


def read_only_many(
    element: type[EmbeddedT], *, init: Literal[False] = False
) -> ReadOnly[tuple[EmbeddedT, ...]]:
    """Return a list of embedded records that the service computes."""
    return ReadOnlyMany(element)


def read_only_one(
    element: type[EmbeddedT], *, init: Literal[False] = False
) -> ReadOnly[EmbeddedT | None]:
    """Return one embedded record that the service computes."""
    return ReadOnlyOne(element)


def link(by: str, to: str) -> Link[LinkT]:
    """Return the link from the id member `by` to the model named `to` of the same product."""
    return Link(by, to)


def children(
    to: str, *, by: str | None = None, shown: str | None = None, init: Literal[False] = False
) -> Children[ModelT]:
    """Return the collection of `to` records below this one, or made of it: see `Children`."""
    return Children(to, by=by, shown=shown)
