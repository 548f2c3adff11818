"""Descriptors of a record's members and their builders; generated resource files are made of them.

`Field` is plain, `ReadOnly` is computed by the service, `CreateOnly` can be set until the record
exists, `WriteOnly` is sent but never shown; `Many` and `One` hold embedded records, `Link` follows
an id to its record, `Children` opens a collection below a record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Generic, Literal, Never, Self, TypeVar, overload

from zohorm import wire
from zohorm.errors import InvalidValue, ReadOnlyField
from zohorm.lookups import (
    Filter,
    date_filter,
    exact_filter,
    number_filter,
    since_filter,
    text_filter,
)
from zohorm.wire import BOOLEAN, DATE, DATETIME, ENUM, ID, INTEGER, JSON, MONEY, NUMBER, TEXT, TEXTS

if TYPE_CHECKING:
    from zohorm.children import Collection
    from zohorm.lines import Lines
    from zohorm.model import Model
    from zohorm.record import Record

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATETIME",
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
    "date",
    "date_filter",
    "datetime",
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

T = TypeVar("T")
EmbeddedT = TypeVar("EmbeddedT", bound="Record")
ModelT = TypeVar("ModelT", bound="Model")
TextT = TypeVar("TextT", bound=str | None)
DecimalT = TypeVar("DecimalT", bound=Decimal | None)
IntegerT = TypeVar("IntegerT", bound=int | None)
DateT = TypeVar("DateT", bound=dt.date | None)
InstantT = TypeVar("InstantT", bound=dt.datetime | None)
BooleanT = TypeVar("BooleanT", bound=bool | None)
TextsT = TypeVar("TextsT", bound=tuple[str, ...] | None)

_BY_KIND: Final = object()


class Value(Generic[T]):
    """A member that one JSON value holds; reading converts it, so a row costs nothing unread."""

    access = "plain"
    writable = True

    def __init__(
        self, kind: wire.Kind, *, clear: object = _BY_KIND, choices: tuple[str, ...] = ()
    ) -> None:
        self.kind = kind
        self.choices = choices
        self.cleared = kind.cleared if clear is _BY_KIND else clear
        self.name = ""
        self.owner = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
        self.owner = owner.__name__

    def __repr__(self) -> str:
        return f"<{self.access} {self.kind.name} field {self.owner}.{self.name}>"

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> T: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | T:
        if record is None:
            return self
        return self.read(record.wire_value(self))

    def read(self, value: object) -> T:
        """Return a wire value as Python has it.

        Raises:
            InvalidValue: the service sent something else than the facts say.
        """
        try:
            held: T = self.kind.read(value)
        except wire.READ_ERRORS as error:
            raise InvalidValue(
                f"{self.owner}.{self.name} was received in a form that is no {self.kind.name}",
                advice=f"Read it raw: record[{self.name!r}], or correct the fact with "
                f"{self.owner}.extend({self.name}=...).",
            ) from error
        return held

    def write(self, value: object) -> object:
        """Return a Python value in its wire form; None becomes what clears the member."""
        if value is None:
            return self.cleared
        return self.kind.write(f"{self.owner}.{self.name}", value)

    def same(self, one: object, other: object) -> bool:
        """Say whether two wire values mean the same."""
        try:
            return bool(self.kind.read(one) == self.kind.read(other))
        except wire.READ_ERRORS:
            return one == other

    def put(self, record: Record, value: object) -> None:
        """Note `value` as an unsaved edit of `record`."""
        record.edit(self, self.write(value))


class Field(Value[T]):
    """A member that can be read and written."""

    def __set__(self, record: Record, value: T) -> None:
        self.put(record, value)


class CreateOnly(Value[T]):
    """A member that can be set only until the record exists at the service."""

    access = "create-only"

    def __set__(self, record: Record, value: T) -> None:
        self.put(record, value)

    def put(self, record: Record, value: object) -> None:
        """Note `value` on a record that is not created yet.

        Raises:
            ReadOnlyField: the record exists already.
        """
        if not record.is_new:
            raise ReadOnlyField(
                f"{self.owner}.{self.name} can be set only when the record is created",
                advice="Make a copy() with the other value and save that.",
            )
        super().put(record, value)


class WriteOnly(Value[T]):
    """A member that is sent and never shown: it reads None unless an unsaved value stands."""

    access = "write-only"

    def __set__(self, record: Record, value: T) -> None:
        self.put(record, value)


class ReadOnly(Value[T]):
    """A member that the service computes."""

    access = "read-only"
    writable = False

    def __set__(self, record: Record, value: Never) -> None:
        self.put(record, value)

    def put(self, record: Record, value: object) -> None:
        """Refuse the value.

        Raises:
            ReadOnlyField: always.
        """
        raise ReadOnlyField(
            f"{self.owner}.{self.name} is read-only: the service computes it",
            advice="If that fact is wrong, correct it with "
            f"{self.owner}.extend({self.name}=...).",
        )


class ReadOnlyMany(ReadOnly[tuple[EmbeddedT, ...]]):
    """Embedded records that the service computes; they read as a tuple."""

    def __init__(self, element: type[EmbeddedT]) -> None:
        super().__init__(JSON)
        self.element = element

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> tuple[EmbeddedT, ...]: ...
    def __get__(
        self, record: Record | None, owner: type[Record]
    ) -> Self | tuple[EmbeddedT, ...]:
        if record is None:
            return self
        return tuple(
            self.element.received(row, record.lent_session, fixed=True)
            for row in wire.rows_in(record.wire_value(self))
        )


class ReadOnlyOne(ReadOnly[EmbeddedT | None]):
    """One embedded record that the service computes."""

    def __init__(self, element: type[EmbeddedT]) -> None:
        super().__init__(JSON)
        self.element = element

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> EmbeddedT | None: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | EmbeddedT | None:
        if record is None:
            return self
        row = wire.row_in(record.wire_value(self))
        return self.element.received(row, record.lent_session, fixed=True) if row else None


class Many(Generic[EmbeddedT]):
    """A list of embedded records; edits, order and membership travel with `save()`.

    With `replaced`, the service deletes what a list leaves out, so the list is sent whole and
    rebased on a fresh read; without it, only changed and new members are sent.
    """

    writable = True

    def __init__(self, element: type[EmbeddedT], *, replaced: bool = True) -> None:
        self.element = element
        self.replaced = replaced
        self.single = False
        self.name = ""
        self.owner = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
        self.owner = owner.__name__

    def __repr__(self) -> str:
        return f"<list of {self.element.__name__} {self.owner}.{self.name}>"

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> Lines[EmbeddedT]: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | Lines[EmbeddedT]:
        if record is None:
            return self
        return record.lines(self)

    def __set__(self, record: Record, value: Iterable[EmbeddedT]) -> None:
        self.put(record, value)

    def put(self, record: Record, value: Iterable[EmbeddedT]) -> None:
        """Make `value` the members of the list; those of the list itself keep their ids."""
        record.lines(self).replace(value)


class One(Generic[EmbeddedT]):
    """One embedded record, such as an address; it is sent whole when any member changed."""

    writable = True

    def __init__(self, element: type[EmbeddedT]) -> None:
        self.element = element
        self.replaced = True
        self.single = True
        self.name = ""
        self.owner = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
        self.owner = owner.__name__

    def __repr__(self) -> str:
        return f"<embedded {self.element.__name__} {self.owner}.{self.name}>"

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> EmbeddedT: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | EmbeddedT:
        if record is None:
            return self
        return record.lines(self).only()

    def __set__(self, record: Record, value: EmbeddedT) -> None:
        self.put(record, value)

    def put(self, record: Record, value: EmbeddedT) -> None:
        """Make `value` the embedded record."""
        record.lines(self).replace([value])


class Link(Generic[ModelT]):
    """The record that an id member points to, or None; reading costs one call unless cached."""

    def __init__(self, by: str, to: str) -> None:
        self.by = by
        self.to = to
        self.name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> ModelT | None: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | ModelT | None:
        if record is None:
            return self
        target: ModelT | None = record.follow(self)
        return target

    def __set__(self, record: Record, value: ModelT | None) -> None:
        self.put(record, value)

    def put(self, record: Record, value: ModelT | None) -> None:
        """Set the id member to the id of `value`."""
        record.point(self, value)


class Children(Generic[ModelT]):
    """A collection of records that live below this one, with endpoints of their own."""

    def __init__(self, to: str) -> None:
        self.to = to
        self.name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type[Model]) -> Self: ...
    @overload
    def __get__(self, record: Model, owner: type[Model]) -> Collection[ModelT]: ...
    def __get__(self, record: Model | None, owner: type[Model]) -> Self | Collection[ModelT]:
        if record is None:
            return self
        below: Collection[ModelT] = record.collection(self.to)
        return below


def text(*, clear: object = _BY_KIND) -> Field[TextT]:
    """Return a field of text."""
    return Field(TEXT, clear=clear)


def identifier(*, clear: object = _BY_KIND) -> Field[TextT]:
    """Return a field that holds the id of another record."""
    return Field(ID, clear=clear)


def enum(*choices: str, clear: object = _BY_KIND) -> Field[TextT]:
    """Return a field of one of some words; unknown words load too, for documents age."""
    return Field(ENUM, clear=clear, choices=choices)


def money(*, clear: object = _BY_KIND) -> Field[DecimalT]:
    """Return a field of an amount, price or rate, exact to the last digit."""
    return Field(MONEY, clear=clear)


def number(*, clear: object = _BY_KIND) -> Field[DecimalT]:
    """Return a field of a quantity or percentage, exact to the last digit."""
    return Field(NUMBER, clear=clear)


def integer(*, clear: object = _BY_KIND) -> Field[IntegerT]:
    """Return a field of a whole number."""
    return Field(INTEGER, clear=clear)


def date(*, clear: object = _BY_KIND) -> Field[DateT]:
    """Return a field of a day."""
    return Field(DATE, clear=clear)


def datetime(*, clear: object = _BY_KIND) -> Field[InstantT]:
    """Return a field of an instant; it reads as an aware datetime."""
    return Field(DATETIME, clear=clear)


def boolean(*, clear: object = _BY_KIND) -> Field[BooleanT]:
    """Return a field of a yes or no."""
    return Field(BOOLEAN, clear=clear)


def texts(*, clear: object = _BY_KIND) -> Field[TextsT]:
    """Return a field of several texts; assign a new tuple to change it."""
    return Field(TEXTS, clear=clear)


def json(*, clear: object = _BY_KIND) -> Field[object]:
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


def many(element: type[EmbeddedT], *, replaced: bool = True) -> Many[EmbeddedT]:
    """Return a list of embedded records; `replaced` if the service deletes what a list omits."""
    return Many(element, replaced=replaced)


def one(element: type[EmbeddedT]) -> One[EmbeddedT]:
    """Return one embedded record."""
    return One(element)


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


def link(by: str, to: str) -> Link[ModelT]:
    """Return the link from the id member `by` to the model named `to` of the same product."""
    return Link(by, to)


def children(to: str, *, init: Literal[False] = False) -> Children[ModelT]:
    """Return the collection of `to` records below this one."""
    return Children(to)
