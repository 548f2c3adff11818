"""What whole records and embedded ones share: a received row, unsaved edits apart from it, fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Self, TypeVar, dataclass_transform

import attrs

from zohorm import fields as f
from zohorm import wire
from zohorm.errors import NotLoaded, ReadOnlyField, UnknownField, Unsupported, WrongType
from zohorm.lines import Lines

if TYPE_CHECKING:
    from zohorm.model import Model
    from zohorm.session import Session

MISSING: Final = object()
"""Stands for a member that no received row has shown."""

EmbeddedT = TypeVar("EmbeddedT", bound="Record")
ModelT = TypeVar("ModelT", bound="Model")


class Edit(NamedTuple):
    """An unsaved wire value beside the one that it replaces (`MISSING` if that was not loaded)."""

    base: object
    value: object


@attrs.frozen
class Change:
    """An unsaved change of one member: its value when it was edited, and now."""

    old: object
    new: object


@dataclass_transform(
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(f.read_only, f.read_only_many, f.read_only_one, f.children),
)
class Record:
    """A row with fields; `Model` and `Embedded` are made of it."""

    __slots__ = ("__weakref__", "_edits", "_home", "_lines", "_row", "_session")

    _values: ClassVar[Mapping[str, f.Value[object]]] = {}
    _lists: ClassVar[Mapping[str, f.Many[Record] | f.One[Record]]] = {}
    _links: ClassVar[Mapping[str, f.Link[Model]]] = {}
    _product: ClassVar[str] = ""
    _id_name: ClassVar[str | None] = None

    _row: wire.Row
    _edits: dict[str, Edit]
    _lines: dict[str, Lines[Record]]
    _session: Session | None
    _home: object

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._values = dict(cls._values)
        cls._lists = dict(cls._lists)
        cls._links = dict(cls._links)
        for name, member in list(vars(cls).items()):
            cls._declare(name, member)

    @classmethod
    def _declare(cls, name: str, member: object) -> bool:
        """Note `member` under its kind; say whether it is a member of rows at all."""
        if isinstance(member, f.Value):
            table: Mapping[str, object] = cls._values
        elif isinstance(member, f.Many | f.One):
            table = cls._lists
        elif isinstance(member, f.Link):
            table = cls._links
        else:
            return isinstance(member, f.Children)
        assert isinstance(table, dict)
        table[name] = member
        return True

    @classmethod
    def extend(cls, **members: object) -> None:
        """Add or correct members of this class for the whole process, where the facts are wrong.

        `Invoice.extend(cf_region=f.text(), total=f.money())`; the builders are in `zohorm.fields`.

        Raises:
            WrongType: a value is no field.
        """
        for name, member in members.items():
            if not cls._declare(name, member):
                raise WrongType(
                    f"{cls.__name__}.extend({name}=...) takes a field from zohorm.fields"
                )
            setattr(cls, name, member)
            member.__set_name__(cls, name)  # type: ignore[attr-defined]  # _declare checked it

    def __init__(self, **values: object) -> None:
        self._start({}, None)
        for name, value in values.items():
            self._member(name).put(self, value)

    def _start(self, row: wire.Row, session: Session | None) -> None:
        self._row = row
        self._edits = {}
        self._lines = {}
        self._session = session
        self._home = None

    @classmethod
    def _member(cls, name: str) -> f.Value[object] | f.Many[Record] | f.One[Record] | f.Link[Model]:
        for table in (cls._values, cls._lists, cls._links):
            if name in table:
                found: f.Value[object] = table[name]  # type: ignore[assignment]  # one of the three
                return found
        raise cls._unknown(name)

    @classmethod
    def _unknown(cls, name: str) -> UnknownField:
        names = [*cls._values, *cls._lists, *cls._links]
        close = difflib.get_close_matches(name, names, n=3)
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        return UnknownField(
            f"{cls.__name__} has no field {name!r}",
            advice=f"{meant}It has {', '.join(sorted(names))}. "
            f"A member that the facts do not know is sent with record[{name!r}] = value.",
        )

    if not TYPE_CHECKING:  # Checkers would take it as leave to assign any name.

        def __setattr__(self, name: str, value: object) -> None:
            if name[0] != "_" and not hasattr(type(self), name):
                raise self._unknown(name)
            object.__setattr__(self, name, value)

    @classmethod
    def received(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a record of a received row; `fixed` ones refuse edits, for nobody could save them."""
        record = cls.__new__(cls)
        record._start(row, session)
        record._home = FIXED if fixed else None
        return record

    @property
    def is_new(self) -> bool:
        """Whether the service has not given this record an id yet."""
        return not self._id_name or not self._row.get(self._id_name)

    @property
    def is_changed(self) -> bool:
        """Whether there are unsaved edits."""
        return bool(self._edits) or any(part.is_changed for part in self._lines.values())

    @property
    def lent_session(self) -> Session | None:
        """The session that embedded records follow links with."""
        return self._session

    @property
    def raw(self) -> dict[str, object]:
        """A copy of the row as received, unsaved edits apart."""
        copied: dict[str, object] = wire.thawed(self._row)
        return copied

    def wire_value(self, field: f.Value[EmbeddedT]) -> object:
        """Return the wire value of a field: edited, else received, else what `_absent` finds."""
        edit = self._edits.get(field.name)
        if edit is not None:
            return edit.value
        try:
            return self._row[field.name]
        except KeyError:
            return self._absent(field.name, field.access)

    def _absent(self, name: str, access: str) -> object:
        """Return the wire value of a declared member that the row does not show."""
        return None

    def edit(self, field: f.Value[EmbeddedT], value: object) -> None:
        """Note a wire value as unsaved; one equal to the received value takes the edit back."""
        self._refuse_if_fixed()
        edit = self._edits.get(field.name)
        base = self._row.get(field.name, MISSING) if edit is None else edit.base
        if base is not MISSING and field.same(base, value):
            self._edits.pop(field.name, None)
        else:
            self._edits[field.name] = Edit(base, value)

    def _refuse_if_fixed(self) -> None:
        if self._home is FIXED:
            raise ReadOnlyField(
                f"this {type(self).__name__} is computed by the service and cannot be edited"
            )

    def lines(self, member: f.Many[EmbeddedT] | f.One[EmbeddedT]) -> Lines[EmbeddedT]:
        """Return the embedded records of `member`, the same list at every call."""
        part = self._lines.get(member.name)
        if part is None:
            received = self._row.get(member.name, MISSING)
            if received is MISSING:
                received = self._absent(member.name, "plain")
            part = self._part(member, received)
            self._lines[member.name] = part
        found: Lines[EmbeddedT] = part  # type: ignore[assignment]  # one list per member
        return found

    def _part(self, member: f.Many[EmbeddedT] | f.One[EmbeddedT], received: object) -> Lines[Record]:
        # The lists of one record share a dictionary, so their element type widens to Record here.
        return Lines(
            member,  # type: ignore[arg-type]
            received,
            self._session,
            fixed=self._home is FIXED,
            parents=self._parents_below(),
        )

    def _parents_below(self) -> Mapping[str, str]:
        return {}

    def __getitem__(self, name: str) -> object:
        """Return the member `name` as on the wire, frozen: for what the facts do not declare.

        Raises:
            NotLoaded: only part of the record is loaded, and the part lacks it.
            UnknownField: the whole record has no such member.
        """
        edit = self._edits.get(name)
        if edit is not None:
            return wire.frozen(edit.value)
        if name in self._row:
            return wire.frozen(self._row[name])
        raise self._not_held(name)

    def __contains__(self, name: object) -> bool:
        return name in self._edits or name in self._row

    def _not_held(self, name: str) -> NotLoaded | UnknownField:
        return UnknownField(f"this {type(self).__name__} was received without {name!r}")

    def __setitem__(self, name: str, value: object) -> None:
        """Note a raw JSON value to send under `name`: for members that the facts do not declare.

        Raises:
            ReadOnlyField: the member is declared as computed by the service.
            Unsupported: the member is a list or an embedded record; edit those through attributes.
        """
        if name in self._lists:
            raise Unsupported(f"edit {type(self).__name__}.{name} through the attribute")
        declared = self._values.get(name)
        if declared is not None and not declared.writable:
            declared.put(self, value)
        self._refuse_if_fixed()
        edit = self._edits.get(name)
        base = self._row.get(name, MISSING) if edit is None else edit.base
        self._edits[name] = Edit(base, wire.JSON.write(name, value))

    def changes(self) -> dict[str, Change]:
        """Return the unsaved changes by member name; an old value that was not loaded is None."""
        found = {name: self._change(name, edit) for name, edit in self._edits.items()}
        for name, part in self._lines.items():
            if part.is_changed:
                found[name] = Change(part.old(), part.now())
        return found

    def _change(self, name: str, edit: Edit) -> Change:
        base = None if edit.base is MISSING else edit.base
        field = self._values.get(name)
        if field is None:
            return Change(wire.frozen(base), wire.frozen(edit.value))
        return Change(field.read(base), field.read(edit.value))

    def revert(self) -> None:
        """Drop every unsaved edit; what was received last stands again."""
        self._edits = {}
        self._lines = {}

    def to_dict(self) -> dict[str, object]:
        """Return the loaded members as Python values, embedded records as dictionaries; no call."""
        found: dict[str, object] = {}
        for name in [*self._row, *(name for name in self._edits if name not in self._row)]:
            if name in self._lists:
                found[name] = self.lines(self._lists[name]).now()
            elif isinstance(field := self._values.get(name), f.Value):
                found[name] = _plain(field.__get__(self, type(self)))
            else:
                found[name] = wire.thawed(self[name])
        for name, part in self._lines.items():
            if name not in found and (part.is_changed or self._lists[name].single is False):
                found[name] = part.now()
        return found

    def follow(self, link: f.Link[ModelT]) -> Model | None:
        """Return the record that `link` points to."""
        identifier = self.wire_value(self._values[link.by])
        if not identifier:
            return None
        session = self._needed_session()
        return session.linked(self._linking_product(), link.to, str(identifier))

    def point(self, link: f.Link[ModelT], target: ModelT | None) -> None:
        """Set the member that `link` goes by to the id of `target`."""
        field = self._values[link.by]
        if target is None:
            field.put(self, None)
            return
        if type(target).__name__ != link.to:
            raise WrongType(
                f"{type(self).__name__}.{link.name} takes a {link.to}, "
                f"not {type(target).__name__}"
            )
        field.put(self, target.saved_id)

    def _linking_product(self) -> str:
        return self._product

    def _needed_session(self) -> Session:
        raise NotImplementedError  # Model and Embedded say where their session comes from.

    def writable_payload(self) -> dict[str, object]:
        """Return every writable member, as edited or else as last received, in declared order.

        It is what a list that the service replaces must carry, for a member left out may be lost.
        """
        payload: dict[str, object] = {}
        if self._id_name and self._row.get(self._id_name):
            payload[self._id_name] = self._row[self._id_name]
        for name, field in self._values.items():
            if name in self._edits:
                payload[name] = self._edits[name].value
            elif field.writable and name in self._row:
                payload[name] = self._row[name]
        for name, member in self._lists.items():
            if name in self._row or name in self._lines:
                payload[name] = self.lines(member).payload()
        for name, edit in self._edits.items():
            payload.setdefault(name, edit.value)
        return payload

    def changed_payload(self) -> dict[str, object]:
        """Return only what has changed, in the order of the edits."""
        payload = {name: edit.value for name, edit in self._edits.items()}
        for name, part in self._lines.items():
            if part.is_changed:
                payload[name] = part.payload()
        return payload

    def differs(self, one: wire.Row, other: wire.Row) -> bool:
        """Say whether two rows of this record differ in what a client can write."""
        return any(
            not field.same(one.get(name), other.get(name))
            for name, field in self._values.items()
            if field.writable
        ) or any(one.get(name) != other.get(name) for name in self._lists)

    def take(self, row: wire.Row) -> None:
        """Make `row` the received one; unsaved edits stay, unedited lists show the new rows."""
        self._row = row
        for name, part in list(self._lines.items()):
            if part.is_changed:
                continue
            if name in row:
                part.adopt(row[name])
            else:
                del self._lines[name]

    def settle_edits(self, row: wire.Row) -> None:
        """Make `row` the received one and drop the edits: the service has answered them."""
        self._edits = {}
        for name, part in list(self._lines.items()):
            if name in row:
                part.adopt(row[name])
            else:
                del self._lines[name]
        self._row = row

    def _copy_into(self, fresh: Self, leave_out: Iterable[str]) -> Self:
        omitted = set(leave_out)
        for name, value in self.writable_payload().items():
            if name in omitted or name == self._id_name:
                continue
            if name in self._lists:
                fresh.lines(self._lists[name]).replace(
                    element.copy() for element in self.lines(self._lists[name])
                )
            else:
                fresh._edits[name] = Edit(MISSING, value)
        return fresh

    def copy(self) -> Self:
        """Return a new unsaved record with the same writable members and no id."""
        return self._copy_into(type(self)(), ())

    def __iter__(self) -> Iterator[str]:
        raise WrongType(f"a {type(self).__name__} is not iterable; see to_dict()")


class Embedded(Record):
    """A record that lives inside another one: a line, an address, a tax."""

    __slots__ = ()

    def __init_subclass__(cls, *, id: str | None = None, product: str = "") -> None:
        super().__init_subclass__()
        cls._id_name = id or cls._id_name
        cls._product = product or cls._product

    def __repr__(self) -> str:
        held = self._row.get(self._id_name) if self._id_name else None
        return f"<{type(self).__name__} {held or 'new'}>"

    def _needed_session(self) -> Session:
        if self._session is None:
            raise NotLoaded(
                f"this {type(self).__name__} belongs to no saved record yet",
                advice="Links can be followed once the record that holds it has a session.",
            )
        return self._session


FIXED: Final = object()
"""The home of an embedded record that refuses edits."""


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return wire.thawed(value) if isinstance(value, Mapping) else value
