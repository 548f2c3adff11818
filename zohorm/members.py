"""Descriptors of a record's members; `zohorm.fields` builds them, records hold them.

`Field` is plain, `ReadOnly` is computed by the service, `CreateOnly` can be set until the record
exists, `WriteOnly` is sent but never shown; `Many` and `One` hold embedded records, `Link` follows
an id to its record, `Children` opens a collection below a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Generic, Never, Self, TypeVar, cast, overload

from zohorm import wire
from zohorm.errors import InvalidValue, ReadOnlyField, WrongType
from zohorm.slots import Readable, Slots

if TYPE_CHECKING:
    from zohorm.children import Collection
    from zohorm.declared import Declared
    from zohorm.lines import Lines
    from zohorm.record import Record

T = TypeVar("T")
EmbeddedT = TypeVar("EmbeddedT", bound="Record")
ModelT = TypeVar("ModelT", bound="Declared")
LinkT = TypeVar("LinkT", bound="Declared | None")

BY_KIND: Final = object()
"""Stands for the wire form of None that the kind of a member has."""


class Value(Readable[T]):
    """A member that one JSON value holds; reading converts it, so a row costs nothing unread."""

    writable = True

    def __init__(
        self, kind: wire.Kind, *, clear: object = BY_KIND, choices: tuple[str, ...] = ()
    ) -> None:
        self.kind = kind
        self._read = kind.read
        self._as_is = kind.as_is
        self.choices = choices
        self.cleared = kind.cleared if clear is BY_KIND else clear
        self.name = ""
        self.owner = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name
        self.owner = owner.__name__

    def __repr__(self) -> str:
        return f"<{self.access} {self.kind.name} field {self.owner}.{self.name}>"

    def read(self, value: object) -> T:
        """Return a wire value as Python has it.

        Raises:
            InvalidValue: the service sent something else than the facts say.
        """
        try:
            held: T = self._read(value)
        except wire.READ_ERRORS as error:
            raise self._misfit() from error
        return held

    def _misfit(self) -> InvalidValue:
        return InvalidValue(
            f"{self.owner}.{self.name} was received in a form that is no {self.kind.name}",
            advice=f"Read it raw: record[{self.name!r}], or correct the fact with "
            f"{self.owner}.extend({self.name}=...).",
        )

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
        self.refuse_if_fixed(record)
        record._edit(self, self.write(value))

    def refuse_if_fixed(self, record: Record) -> None:
        """Raise ReadOnlyField if this member of `record` cannot be set, now or ever."""


class Field(Value[T]):
    """A member that can be read and written."""

    def __set__(self, record: Record, value: T) -> None:
        self.put(record, value)


class CreateOnly(Value[T]):
    """A member that can be set only until the record exists at the service."""

    access = "create-only"

    def __set__(self, record: Record, value: T) -> None:
        self.put(record, value)

    def refuse_if_fixed(self, record: Record) -> None:
        """Raise ReadOnlyField if the record exists already."""
        if not record.is_new:
            raise ReadOnlyField(
                f"{self.owner}.{self.name} can be set only when the record is created",
                advice="Make a copy() with the other value and save that.",
            )


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

    def refuse_if_fixed(self, record: Record) -> None:
        """Raise ReadOnlyField."""
        raise ReadOnlyField(
            f"{self.owner}.{self.name} is read-only: the service computes it",
            advice=f"If that fact is wrong, correct it with {self.owner}.extend({self.name}=...).",
        )


class ReadOnlyMany(ReadOnly[tuple[EmbeddedT, ...]]):
    """Embedded records that the service computes; they read as a tuple."""

    def __init__(self, element: type[EmbeddedT]) -> None:
        super().__init__(wire.JSON)
        self.element = element

    @overload
    def __get__(self, record: None, owner: type[Slots]) -> Self: ...
    @overload
    def __get__(self, record: Slots, owner: type[Slots]) -> tuple[EmbeddedT, ...]: ...
    def __get__(self, record: Slots | None, owner: type[Slots]) -> Self | tuple[EmbeddedT, ...]:
        if record is None:
            return self
        return tuple(
            self.element._received(row, record._lent_session, fixed=True)
            for row in wire.rows_in(record._wire_value(self))
        )


class ReadOnlyOne(ReadOnly[EmbeddedT | None]):
    """One embedded record that the service computes."""

    def __init__(self, element: type[EmbeddedT]) -> None:
        super().__init__(wire.JSON)
        self.element = element

    @overload
    def __get__(self, record: None, owner: type[Slots]) -> Self: ...
    @overload
    def __get__(self, record: Slots, owner: type[Slots]) -> EmbeddedT | None: ...
    def __get__(self, record: Slots | None, owner: type[Slots]) -> Self | EmbeddedT | None:
        if record is None:
            return self
        row = wire.row_in(record._wire_value(self))
        return self.element._received(row, record._lent_session, fixed=True) if row else None


class Listed:
    """What `Many` and `One` share: a member that holds embedded records."""

    writable = True
    single = False
    known_by: tuple[str, ...] = ()
    """What else than its id tells which row is meant, the best first."""

    def __init__(
        self, element: type[Record], *, replaced: bool = True, create_only: bool = False
    ) -> None:
        self.element = element
        self.replaced = replaced
        self.create_only = create_only
        self.name = ""
        self.owner = ""

    def __set_name__(self, owner: type[Record], name: str) -> None:
        self.name = name
        self.owner = owner.__name__
        self._owner = owner

    def __reduce__(self) -> tuple[object, ...]:
        # Lists of a pickled record find their member again; a copy of it would be another one.
        return (getattr, (self._owner, self.name))

    def __repr__(self) -> str:
        return f"<{self.element.__name__} in {self.owner}.{self.name}>"

    def put(self, record: Record, value: object) -> None:
        """Make `value` the embedded records."""
        if isinstance(value, str | bytes | Mapping | Slots) or not isinstance(value, Iterable):
            raise WrongType(
                f"{self.owner}.{self.name} takes several {self.element.__name__} objects, "
                f"not {type(value).__name__}"
            )
        record._lines_of(self).replace(value)

    def touched_payload(self, element: Record) -> dict[str, object]:
        """Return what has changed of an element and what it is known by; all of a new one."""
        row = element._row
        for name in (element._id_name, *self.known_by):
            if name and row.get(name) not in (None, ""):
                return {name: row[name], **element._changed_payload()}
        return element._writable_payload()


class Many(Listed, Generic[EmbeddedT]):
    """A list of embedded records; edits, order and membership travel with `save()`.

    With `replaced`, the service deletes what a list leaves out, so the list is sent whole and
    rebased on a fresh read; without it, only changed and new members are sent.
    """

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> Lines[EmbeddedT]: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | Lines[EmbeddedT]:
        if record is None:
            return self
        return cast("Lines[EmbeddedT]", record._lines_of(self))

    def __set__(self, record: Record, value: Iterable[EmbeddedT]) -> None:
        self.put(record, value)


class One(Listed, Generic[EmbeddedT]):
    """One embedded record, such as an address; it is sent whole when any member changed."""

    single = True

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> EmbeddedT: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | EmbeddedT:
        if record is None:
            return self
        return cast("EmbeddedT", record._lines_of(self).only())

    def __set__(self, record: Record, value: EmbeddedT) -> None:
        self.put(record, value)

    def put(self, record: Record, value: object) -> None:
        """Make `value` the embedded record."""
        super().put(record, [value])


class Link(Generic[LinkT]):
    """The record that an id member points to; reading costs one call unless cached.

    It is None where the id is empty; a link by an id that is always sent is typed without None.
    """

    def __init__(self, by: str, to: str) -> None:
        self.by = by
        self.to = to
        self.name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> LinkT: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | LinkT:
        if record is None:
            return self
        return cast("LinkT", record._follow(self))

    def __set__(self, record: Record, value: LinkT) -> None:
        self.put(record, value)

    def put(self, record: Record, value: object) -> None:
        """Set the id member to the id of `value`."""
        record._point(self, value)


class Children(Generic[ModelT]):
    """A collection of records that live below this one, with endpoints of their own.

    Or of those that are made of it: `by` names its id as they know it, and `shown` is the member of
    this record that lists them.
    """

    def __init__(self, to: str, *, by: str | None = None, shown: str | None = None) -> None:
        self.by = by
        self.shown = shown
        self.to = to
        self.name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type[Declared]) -> Self: ...
    @overload
    def __get__(self, record: Declared, owner: type[Declared]) -> Collection[ModelT]: ...
    def __get__(self, record: Declared | None, owner: type[Declared]) -> Self | Collection[ModelT]:
        if record is None:
            return self
        below: Collection[ModelT] = (
            record._collection(self.to)
            if self.by is None
            else record._collection_by(self.to, self.by, self.shown)
        )
        return below

    def __set__(self, record: Declared, value: Never) -> None:
        raise ReadOnlyField(
            f"{type(record).__name__}.{self.name} is a collection and cannot be assigned",
            advice=f"{self.name}.create(...) adds a record; each one has its own delete()",
        )
