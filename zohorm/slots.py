"""What every record holds, and how hundreds of records a page are made in little time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Self, TypeVar, cast, overload

if TYPE_CHECKING:
    from zohorm import wire
    from zohorm.changes import Edit
    from zohorm.lines import Lines
    from zohorm.loads import Loads
    from zohorm.record import Record
    from zohorm.session import Session
    from zohorm.settling import Doubt

T = TypeVar("T")


class Standing(NamedTuple):
    """What a record is beside its values; the records of one page share one.

    Attributes:
        session: the one that it was made with, None as long as there is none.
        parents: the ids of the records that it lives below, by member name.
        whole: every member is loaded.
        loads: counts the fetches of its query.
        home: the token of the list that an embedded record lives in, or a `changes.Home`.
        deleted: the service has deleted it, or `maybe_deleted`, nobody knows.
        detached_from: the organization that it was pickled in.
    """

    session: Session | None = None
    parents: Mapping[str, str] = {}
    whole: bool = False
    loads: Loads | None = None
    home: object = None
    deleted: bool = False
    maybe_deleted: bool = False
    detached_from: str | None = None


NEW: Final = Standing()
"""That of a record which nothing is known of yet."""

_NO_EDITS: Final[dict[str, Edit]] = {}
_NO_LINES: Final[dict[str, Lines[Record]]] = {}
"""What every record starts with; the first edit or list gives it a dictionary of its own."""


class _OfStanding(Generic[T]):
    """A member of the standing; the record for which it is set gets a standing of its own."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, record: Slots | None, owner: object) -> T:
        if record is None:
            raise AttributeError(f"{self._name} belongs to a record, not to its class")
        held: T = getattr(record._standing, self._name)
        return held

    def __set__(self, record: Slots, value: T) -> None:
        record._standing = record._standing._replace(**{self._name: value})  # type: ignore[arg-type]


class Slots:
    """The row, the id, the edits and the lists of a record, and its standing."""

    __slots__ = ("__weakref__", "_doubt", "_edits", "_id", "_lines", "_row", "_standing")

    _row: wire.Row
    _id: str | None
    _edits: dict[str, Edit]
    _lines: dict[str, Lines[Record]]
    _standing: Standing
    # Apart from the standing, which one thread may replace while another notes a doubt.
    _doubt: Doubt | None

    _session: _OfStanding[Session | None] = _OfStanding("session")
    _parents: _OfStanding[Mapping[str, str]] = _OfStanding("parents")
    _whole: _OfStanding[bool] = _OfStanding("whole")
    _loads: _OfStanding[Loads | None] = _OfStanding("loads")
    _home: _OfStanding[object] = _OfStanding("home")
    _deleted: _OfStanding[bool] = _OfStanding("deleted")
    _maybe_deleted: _OfStanding[bool] = _OfStanding("maybe_deleted")
    _detached_from: _OfStanding[str | None] = _OfStanding("detached_from")

    @classmethod
    def _made(cls, row: wire.Row, identifier: str | None, standing: Standing) -> Self:
        """Return a record of a received row; no check, no call, no edit."""
        record = object.__new__(cls)
        _set_row(record, row)
        _set_id(record, identifier)
        _set_standing(record, standing)
        _set_edits(record, _NO_EDITS)
        _set_lines(record, _NO_LINES)
        _set_doubt(record, None)
        return record

    @classmethod
    def _all_made(
        cls, rows: Sequence[wire.Row], identifiers: Sequence[str], standing: Standing
    ) -> list[Self]:
        """Return a record of each row as `made` does; slot by slot, which takes half the time."""
        records = list(map(object.__new__, repeat(cls, len(rows))))
        values: tuple[tuple[Callable[[Slots, object], None], Iterable[object]], ...] = (
            *((_set_row, rows), (_set_id, identifiers), (_set_standing, repeat(standing))),
            *((_set_edits, repeat(_NO_EDITS)), (_set_lines, repeat(_NO_LINES))),
            (_set_doubt, repeat(None)),
        )
        for fill, held in values:
            deque(map(fill, records, held), maxlen=0)
        return records

    @property
    def _lent_session(self) -> Session | None:
        """The session that embedded records follow links with."""
        return self._session

    def _wire_value(self, member: Readable[T]) -> wire.Wire:
        """Return the wire value of a member: edited, else received, else what `absent` finds."""
        if member.name in self._edits:
            return self._edits[member.name].value
        try:
            return self._row[member.name]
        except KeyError:
            return self._absent(member.name, member.access)

    def _absent(self, name: str, access: str) -> wire.Wire:
        """Return the wire value of a declared member that the row does not show."""
        return None


def _setter(name: str) -> Callable[[Slots, object], None]:
    return cast("Callable[[Slots, object], None]", vars(Slots)[name].__set__)


class Readable(Generic[T]):
    """What reading a member does. It goes straight to the slots: loops read it thousands of times.

    A value of the type `_as_is` is read already; `read` converts any other.
    """

    access = "plain"
    name: str
    _as_is: type[T] | None

    @overload
    def __get__(self, record: None, owner: type[Slots]) -> Self: ...
    @overload
    def __get__(self, record: Slots, owner: type[Slots]) -> T: ...
    def __get__(self, record: Slots | None, owner: type[Slots]) -> Self | T:
        if record is None:
            return self
        if record._edits:
            value = record._wire_value(self)
        else:
            try:
                value = record._row[self.name]
            except KeyError:
                value = record._absent(self.name, self.access)
        if type(value) is self._as_is:
            held: T = value  # A kind reads values of this type as themselves.
            return held
        return self.read(value)

    def read(self, value: object) -> T:
        """Return a wire value as Python has it; each kind of member says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is read")


# Past the check of names that assigning to a record makes, and faster than object.__setattr__.
_set_row, _set_id, _set_standing = _setter("_row"), _setter("_id"), _setter("_standing")
_set_edits, _set_lines, _set_doubt = _setter("_edits"), _setter("_lines"), _setter("_doubt")


def begin(record: Slots, session: Session | None) -> None:
    """Make `record` a new one without any value."""
    _set_row(record, {})
    _set_id(record, None)
    _set_standing(record, NEW if session is None else NEW._replace(session=session))
    _set_edits(record, _NO_EDITS)
    _set_lines(record, _NO_LINES)
    _set_doubt(record, None)
