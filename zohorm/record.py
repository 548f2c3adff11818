"""What whole records and embedded ones share: fields over a row, and a way past the facts."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Self, cast, dataclass_transform

from zohorm import fields as f
from zohorm import wire
from zohorm.changes import NOT_RECEIVED, Changing, Edit, Home
from zohorm.errors import NotLoaded, NotSaved, ReadOnlyField, UnknownField, Unsupported, WrongType
from zohorm.members import Link, LinkT, Listed, Value
from zohorm.slots import Standing, begin

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.session import Session


@dataclass_transform(
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(f.read_only, f.read_only_many, f.read_only_one, f.children),
)
class Record(Changing):
    """A row with fields; `Model` and `Embedded` are made of it."""

    __slots__ = ()

    @classmethod
    def _extend_members(cls, members: Mapping[str, object]) -> None:
        for name, member in members.items():
            cls._identifiers.discard(name)
            if not cls._declare(name, member):
                raise WrongType(
                    f"{cls.__name__}.extend({name}=...) takes a field from zohorm.fields"
                )
            for table in (cls._values, cls._lists, cls._links):
                # A member of another kind takes the place of the one that had the name.
                if table.get(name) is not member:
                    table.pop(name, None)
            setattr(cls, name, member)
            # Python calls it for what stands in the class body; here nobody else does.
            cast("Value[object]", member).__set_name__(cls, name)

    def __init__(self, **values: object) -> None:
        self._begin(values, self._session_if_bound())

    def _begin(self, values: Mapping[str, object], session: Session | None) -> None:
        # The session comes first: a link looks whether its target is of the same organization.
        begin(self, session)
        for name, value in values.items():
            self._member(name).put(self, value)

    @classmethod
    def _session_if_bound(cls) -> Session | None:
        return None

    @classmethod
    def _member(cls, name: str) -> Value[object] | Listed | Link[Declared | None]:
        member = cls._values.get(name) or cls._lists.get(name) or cls._links.get(name)
        if member is None:
            raise cls._unknown(name)
        return member

    @classmethod
    def _unknown(cls, name: str) -> UnknownField:
        import difflib  # Only who errs needs it.

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
            # A method has no __set__: assigning over one would hide it, and save nothing.
            if name[:1] != "_":
                member = getattr(type(self), name, None)
                if isinstance(member, property):
                    raise ReadOnlyField(f"{type(self).__name__}.{name} cannot be assigned")
                if not hasattr(member, "__set__"):
                    raise self._unknown(name)
            object.__setattr__(self, name, value)

        def __delattr__(self, name: str) -> None:
            raise ReadOnlyField(
                f"{type(self).__name__}.{name} cannot be deleted",
                advice="Assign None to clear a field",
            )

    @classmethod
    def _received(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a record of a received row; `fixed` ones refuse edits, nobody could save them."""
        return cls._made(row, None, Standing(session=session, home=Home.FIXED if fixed else None))

    @classmethod
    def _placed(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the record of a row that stands inside another record's."""
        return cls._received(row, session, fixed=fixed, parents=parents)

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

    def _not_held(self, name: str) -> Exception:
        return UnknownField(f"this {type(self).__name__} was received without {name!r}")

    def __setitem__(self, name: str, value: object) -> None:
        """Note a raw JSON value to send under `name`: for members that the facts do not declare.

        Raises:
            ReadOnlyField: the member is declared as computed by the service.
            Unsupported: it is a list, an embedded record or a link; edit those through attributes.
        """
        if name in self._lists or name in self._links:
            raise Unsupported(f"edit {type(self).__name__}.{name} through the attribute")
        declared = self._values.get(name)
        if declared is not None:
            declared.refuse_if_fixed(self)
        self._refuse_if_fixed()
        edit, held = self._edits.get(name), self._row.get(name, NOT_RECEIVED)
        sent = wire.JSON.write(name, value)
        if held is not NOT_RECEIVED and wire.encode(held) == wire.encode(sent):
            self._edits.pop(name, None)
        else:
            self._note(name, Edit(held if edit is None else edit.base, sent))

    def to_dict(self) -> dict[str, object]:
        """Return the loaded members as Python values, embedded records as dictionaries; no call."""
        found: dict[str, object] = {}
        for name in [*self._row, *(name for name in self._edits if name not in self._row)]:
            if name in self._lists:
                found[name] = self._lines_of(self._lists[name]).now()
            elif (field := self._values.get(name)) is not None:
                found[name] = _plain(field.__get__(self, type(self)))
            else:
                found[name] = wire.thawed(self[name])
        for name, part in self._lines.items():
            many = not self._lists[name].single
            if name not in found and part.is_known and (part.is_changed or many):
                found[name] = part.now()
        return found

    def _follow(self, link: Link[LinkT]) -> Declared | None:
        """Return the record that `link` points to, None where the id member is empty."""
        identifier = self._values[link.by].__get__(self, type(self))
        if not identifier:
            return None
        target = self._needed_session().linked(link.to, str(identifier))
        return cast("Declared", target)  # Only models are registered.

    def _point(self, link: Link[LinkT], target: object) -> None:
        """Set the member that `link` goes by to the id of `target`."""
        field = self._values[link.by]
        if target is None:
            field.put(self, None)
            return
        if not isinstance(target, Record) or type(target).__name__ != link.to:
            raise WrongType(
                f"{type(self).__name__}.{link.name} takes a {link.to}, not {type(target).__name__}"
            )
        if any(a and b and a != b for a, b in zip(self._place, target._place, strict=True)):
            raise WrongType(
                f"{target!r} belongs to another organization or product than {self!r}",
                advice="A link takes a record of the same session's organization",
            )
        if target._own_id is None:
            raise NotSaved(f"{target!r} has no id to point to yet", advice="save() it first")
        field.put(self, target._own_id)

    @property
    def _place(self) -> tuple[str | None, str | None, str | None]:
        """Product, API host and organization id, each None as far as it is not known."""
        session = self._session
        return (None, None, None) if session is None else session.place

    def _needed_session(self) -> Session:
        session = self._session
        if session is None:
            raise NotLoaded(
                f"this {type(self).__name__} belongs to no saved record yet",
                advice="Links can be followed once the record that holds it has a session",
            )
        return session

    def _join(self, session: Session | None) -> None:
        """Take `session` if there is none yet, down to the embedded records."""
        self._session = self._session or session
        for part in self._lines.values():
            part.join(session)

    def _accept(self, row: wire.Row, session: Session | None, parents: Mapping[str, str]) -> None:
        """Make `row` the received one after a save through the record that holds this one."""
        self._session = self._session or session
        self._settle_edits(row)

    def _copy_into(self, fresh: Self, leave_out: Iterable[str]) -> Self:
        omitted = set(leave_out)
        for name, value in self._writable_payload().items():
            if name in omitted or (name == self._id_name and not self._is_writable(name)):
                continue
            if name in self._lists:
                fresh._lines_of(self._lists[name]).replace(
                    element._copy_into(type(element)(), element._ids_above())
                    for element in self._lines_of(self._lists[name])
                )
            else:
                fresh._note(name, Edit(NOT_RECEIVED, value))
        return fresh

    def copy(self) -> Self:
        """Return a new unsaved record with the same writable members and no id."""
        return self._copy_into(type(self)(), ())

    def __getstate__(self) -> dict[str, object]:
        """Return everything but the session: a pickle holds no connection and no secret."""
        # Python's own way knows also what a subclass holds, in slots or in a dictionary.
        found = object.__getstate__(self)
        others, slots = cast("tuple[dict[str, object] | None, dict[str, object]]", found)
        standing = self._standing._replace(session=None, loads=None)
        return {**(others or {}), **slots, "_standing": standing}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __copy__(self) -> Self:
        # A shallow copy would share the unsaved edits, and each would save the other's.
        return copy.deepcopy(self)

    def __iter__(self) -> Iterator[str]:
        raise WrongType(f"a {type(self).__name__} is not iterable; see to_dict()")


class Embedded(Record):
    """A record that lives inside another one: a line, an address, a tax."""

    __slots__ = ()

    def __init_subclass__(cls, *, id: str | None = None) -> None:
        super().__init_subclass__()
        cls._id_name = id or cls._id_name

    @classmethod
    def extend(cls, **members: object) -> None:
        """Add or correct members for the whole process: `LineItem.extend(cf_lot=f.text())`.

        The builders are in `zohorm.fields`.

        Raises:
            WrongType: a value is no field.
        """
        cls._extend_members(members)

    def __repr__(self) -> str:
        held = self._row.get(self._id_name) if self._id_name else None
        return f"<{type(self).__name__} {held or 'new'}>"


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return wire.thawed(value) if isinstance(value, Mapping) else value
