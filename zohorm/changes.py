"""Unsaved edits beside the received row, and what becomes of them when rows or answers arrive."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, TypeVar

import attrs

from zohorm import wire
from zohorm.errors import ReadOnlyField
from zohorm.lines import Lines
from zohorm.members import Children, Link, Listed, Value
from zohorm.slots import Slots

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.record import Record

T = TypeVar("T")


class _Absent(enum.Enum):
    NOT_RECEIVED = 0


NOT_RECEIVED: Final = _Absent.NOT_RECEIVED
"""Stands for the value of a member that no received row has shown."""


class Home(enum.Enum):
    """Where an embedded record lives that is in no list of its own."""

    FIXED = 0
    """Among what the service computes: it refuses edits."""
    GONE = 1
    """Nowhere: its list does not hold it any more, so an edit of it could never be saved."""


POSITIONS: Final = frozenset({"item_order"})
"""Members that only repeat a row's place in its list; a colleague's new line moves them all."""


class Edit(NamedTuple):
    """An unsaved wire value beside the one that it replaces (`NOT_RECEIVED` if none was loaded)."""

    base: object
    value: object


@attrs.frozen
class Change:
    """An unsaved change of one member: its value when it was edited, and now.

    Attributes:
        old: as received; None also where it was not loaded.
        new: what `save()` will send, as a Python value.
    """

    old: object = attrs.field(repr=False)
    new: object = attrs.field(repr=False)


class Changing(Slots):
    """A received row, the edits on it, and the lists of embedded records that it holds."""

    __slots__ = ()

    _values: ClassVar[dict[str, Value[object]]] = {}
    _lists: ClassVar[dict[str, Listed]] = {}
    _links: ClassVar[dict[str, Link[Declared | None]]] = {}
    _identifiers: ClassVar[set[str]] = set()
    _id_name: ClassVar[str | None] = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._values = dict(cls._values)
        cls._lists = dict(cls._lists)
        cls._links = dict(cls._links)
        cls._identifiers = set(cls._identifiers)
        for name, member in list(vars(cls).items()):
            cls._declare(name, member)

    @classmethod
    def _declare(cls, name: str, member: object) -> bool:
        """Note `member` under its kind; say whether it is a member of rows at all."""
        if isinstance(member, Value):
            cls._values[name] = member
            if member.kind is wire.ID:
                cls._identifiers.add(name)
        elif isinstance(member, Listed):
            cls._lists[name] = member
        elif isinstance(member, Link):
            cls._links[name] = member
        else:
            return isinstance(member, Children)
        return True

    @property
    def is_new(self) -> bool:
        """Whether the service has not given this record an id yet."""
        return not self._id_name or not self._row.get(self._id_name)

    @classmethod
    def _id_in(cls, row: wire.Row) -> str | None:
        """Return the id that `row` holds, None where it holds none."""
        held = row.get(cls._id_name) if cls._id_name else None
        return held if isinstance(held, str) and held else wire.ID.read(held)

    @property
    def _own_id(self) -> str | None:
        """The id that the service gave this record, None while it has none."""
        return self._id_in(self._row)

    @property
    def is_changed(self) -> bool:
        """Whether there are unsaved edits."""
        return bool(self._edits) or any(part.is_changed for part in self._lines.values())

    @property
    def raw(self) -> dict[str, object]:
        """A copy of the row as received, unsaved edits apart."""
        copied: dict[str, object] = wire.thawed(self._row)
        return copied

    def _edit(self, field: Value[T], value: object) -> None:
        """Note a wire value as unsaved; one equal to the received value takes the edit back."""
        self._refuse_if_fixed()
        if field.name in POSITIONS and self._home is not None:
            raise ReadOnlyField(
                f"{field.owner}.{field.name} follows from the order of the list",
                advice="Move the element within its list",
            )
        edit = self._edits.get(field.name)
        held = self._row.get(field.name, NOT_RECEIVED)
        # The row may be newer than the edit, so the base of the edit decides nothing here.
        if held is not NOT_RECEIVED and field.same(held, value):
            self._edits.pop(field.name, None)
        else:
            self._note(field.name, Edit(held if edit is None else edit.base, value))

    def _note(self, name: str, edit: Edit) -> None:
        if not self._edits:
            self._edits = {}
        self._edits[name] = edit

    def _is_writable(self, name: str) -> bool:
        field = self._values.get(name)
        return field is not None and field.writable

    def _refuse_if_fixed(self) -> None:
        if self._home is Home.FIXED:
            raise ReadOnlyField(
                f"this {type(self).__name__} is computed by the service and cannot be edited"
            )
        if self._home is Home.GONE:
            raise ReadOnlyField(
                f"this {type(self).__name__} is no longer in its list, so no edit of it is saved",
                advice="Take it from the list anew; append its copy() to bring it back",
            )

    def _lines_of(self, member: Listed) -> Lines[Record]:
        """Return the embedded records of `member`, the same list at every call."""
        part = self._lines.get(member.name)
        if part is None or not part.is_known:
            received = self._row.get(member.name, NOT_RECEIVED)
            if received is NOT_RECEIVED:
                # What is never shown need not be fetched either.
                received = self._absent(member.name, "write-only" if member.create_only else "")
            if part is None:
                part = self._part(member, received)
                self._lines = {**self._lines, member.name: part}
            else:
                part.adopt(received)
        return part

    def _part(self, member: Listed, received: object) -> Lines[Record]:
        return Lines(
            member,
            received,
            self._session,
            fixed=self._home is Home.FIXED,
            parents=self._parents_below(),
        )

    def _parents_below(self) -> Mapping[str, str]:
        return {}

    def changes(self) -> dict[str, Change]:
        """Return the unsaved changes by member name; an old value that was not loaded is None."""
        found = {name: self._change(name, edit) for name, edit in self._edits.items()}
        for name, part in self._lines.items():
            if part.is_changed:
                found[name] = Change(part.old(), part.now())
        return found

    def _change(self, name: str, edit: Edit) -> Change:
        base = None if edit.base is NOT_RECEIVED else edit.base
        field = self._values.get(name)
        if field is None:
            return Change(wire.frozen(base), wire.frozen(edit.value))
        return Change(field.read(base), field.read(edit.value))

    def revert(self) -> None:
        """Drop every unsaved edit; what was received last stands again."""
        self._edits = {}
        for name, part in self._lines.items():
            part.revert()
            if name in self._row:
                part.adopt(self._row[name])
            else:
                part.unload()

    def _ids_above(self) -> Mapping[str, str]:
        """Return the ids of the records that this one lives below, by member name."""
        return {}

    def _may_move_to(self, list_token: object) -> bool:
        """Say whether this record is free, or lives in the list that `list_token` stands for."""
        return self._home is None or self._home is list_token

    def _move_in(self, list_token: object, parents: Mapping[str, str]) -> None:
        """Note the list that this record lives in from now on, and the ids above it."""
        self._home = list_token

    def _leave(self) -> None:
        """Note that the list has let go of this record."""
        self._home = Home.GONE

    def _rebase_lists(self, row: wire.Row) -> None:
        """Put the edits of the lists in this record on top of those in `row`.

        Raises:
            Conflict: what is edited here has changed there.
        """
        for name, part in self._lines.items():
            if part.is_changed:
                part.rebase(row.get(name))

    def _writable_payload(self) -> dict[str, object]:
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
            part = self._lines.get(name)
            if name in self._row or (part is not None and part.is_known):
                payload[name] = self._lines_of(member).payload()
        for name, edit in self._edits.items():
            payload.setdefault(name, edit.value)
        return payload

    def _changed_payload(self) -> dict[str, object]:
        """Return only what has changed, in the order of the edits."""
        payload = {name: edit.value for name, edit in self._edits.items()}
        for name, part in self._lines.items():
            if part.is_changed:
                payload[name] = part.payload()
        return payload

    def _take(self, row: wire.Row) -> None:
        """Make `row` the received one; unsaved edits stay, unedited lists show the new rows."""
        self._row = row
        for name, part in self._lines.items():
            if part.is_changed:
                continue
            if name in row:
                part.adopt(row[name])
            else:
                part.unload()

    def _settle_edits(self, row: wire.Row) -> None:
        """Make `row` the received one and drop the edits: the service has answered them."""
        self._edits = {}
        for name, part in self._lines.items():
            part.join(self._session)
            if name in row:
                part.adopt(row[name], self._parents_below())
            else:
                part.forget()
        self._row = row

    def _differs(self, one: wire.Row, other: wire.Row) -> bool:
        """Say whether two rows of this record differ in what a client can write.

        One row may come from the record's own endpoint and one from the list that it lives in:
        what only one of them shows, and shows as empty, is no difference.
        """
        fields = (
            field
            for name, field in self._values.items()
            if field.writable and name not in POSITIONS and name not in self._ids_above()
        )
        return any(
            not field.same(_shown(one, field.name), _shown(other, field.name)) for field in fields
        ) or any(_shown(one, name) != _shown(other, name) for name in self._lists)

    def _edits_clash(self, row: wire.Row) -> bool:
        """Say whether `row` holds another value under an edit than the one that was edited."""
        for name, edit in self._edits.items():
            field = self._values.get(name)
            theirs = row.get(name)
            if edit.base is NOT_RECEIVED or (field and field.same(edit.base, theirs)):
                continue
            if edit.base != theirs and not (field and field.same(edit.value, theirs)):
                return True
        return False

    def _keeps_old(self, name: str, row: wire.Row) -> bool:
        """Say whether `row` still shows the value that the edit of `name` was to replace."""
        edit, field = self._edits[name], self._values.get(name)
        if field is None or name not in row or edit.base is NOT_RECEIVED:
            return False
        return field.same(row[name], edit.base) and not field.same(row[name], edit.value)

    def _keeps_any_old(self, row: wire.Row) -> bool:
        """Say whether `row` still shows the old value of any edit."""
        return any(self._keeps_old(name, row) for name in self._edits)

    @classmethod
    def _shows(cls, row: wire.Row, sent: Mapping[str, object]) -> bool:
        """Say whether `row` shows every value of `sent`; a member that it lacks says nothing."""
        return all(
            cls._holds(name, row[name], value) for name, value in sent.items() if name in row
        )

    @classmethod
    def _holds(cls, name: str, held: object, sent: object) -> bool:
        if name in cls._values:
            return cls._values[name].same(held, sent)
        if name not in cls._lists:
            return held == sent
        member = cls._lists[name]
        if member.single:
            return member.element._shows(wire.row_in(held) or {}, wire.row_in(sent) or {})
        rows, wanted = wire.rows_in(held), wire.rows_in(sent)
        if member.replaced:
            return len(rows) == len(wanted) and all(
                member.element._shows(row, one) for row, one in zip(rows, wanted, strict=True)
            )
        return all(any(member.element._shows(row, one) for row in rows) for one in wanted)

    def _list_as_received(self, name: str, row: wire.Row) -> bool:
        """Say whether `row` shows the list `name` as it was before its edits."""
        return self._lines_of(self._lists[name]).shows_received(row.get(name))


def _shown(row: wire.Row, name: str) -> object:
    value = row.get(name)
    return None if value in ("", [], {}) else value
