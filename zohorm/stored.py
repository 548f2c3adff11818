"""A record with an address of its own: its id, its session, and what of it is loaded so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Self

from zohorm import binding, wire
from zohorm.changes import NOT_RECEIVED
from zohorm.errors import (
    Conflict,
    Deleted,
    NotBound,
    NotDetached,
    NotLoaded,
    NotSaved,
    Unsupported,
    WrongType,
)
from zohorm.loads import Loads
from zohorm.record import Record
from zohorm.resource import Operation, Resource

if TYPE_CHECKING:
    from zohorm.session import Session


_NO_PARENTS: Final[Mapping[str, str]] = {}


class _Place:
    """The types of what `Stored` holds; in its own body, checkers would take them for members."""

    __slots__ = ()

    _id: str | None
    _whole: bool
    _parents: Mapping[str, str]
    _deleted: bool
    _detached_from: str | None
    _loads: Loads | None


class Stored(Record, _Place):
    """The part of a model that knows where its record lives and fetches what is not loaded."""

    __slots__ = ("_deleted", "_detached_from", "_id", "_loads", "_parents", "_whole")

    _facts: ClassVar[Resource]
    _session_of_class: ClassVar[Session | None] = None

    def _start(self, row: wire.Row, session: Session | None) -> None:
        super()._start(row, session)
        fill = object.__setattr__
        fill(self, "_id", None)
        fill(self, "_whole", False)
        fill(self, "_parents", _NO_PARENTS)
        fill(self, "_deleted", False)
        fill(self, "_detached_from", None)
        fill(self, "_loads", None)

    @classmethod
    def facts(cls) -> Resource:
        """Return the facts of the resource."""
        return cls._facts

    @classmethod
    def received(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
        whole: bool = False,
        loads: Loads | None = None,
    ) -> Self:
        """Return a record of a received row; `loads` counts the fetches of its query."""
        record = super().received(row, session, fixed=fixed)
        fill = object.__setattr__
        fill(record, "_id", cls.id_in(row))
        fill(record, "_whole", whole)
        fill(record, "_parents", parents or _NO_PARENTS)
        fill(record, "_loads", loads)
        return record

    def __repr__(self) -> str:
        session = self._session
        organization = self._detached_from if session is None else session.organization_id
        where = f" of organization {organization}" if organization else ""
        return f"<{type(self).__name__} {self._id or 'new'}{where}>"

    @property
    def is_new(self) -> bool:
        """Whether the service has not given this record an id yet."""
        return self._id is None

    @property
    def is_whole(self) -> bool:
        """Whether every member is loaded, so that no read costs a call."""
        return self._whole or self._id is None

    @property
    def id(self) -> str:
        """The id that the service gave the record.

        Raises:
            NotSaved: the record was never saved.
        """
        if self._id is None:
            raise NotSaved(f"{self!r} has no id yet", advice="save() it first")
        return self._id

    @property
    def own_id(self) -> str | None:
        """The id, None while there is none; as a list element it counts by its row."""
        return self._id or super().own_id

    @property
    def number(self) -> str | None:
        """The number that people know the record by, None where the resource has none."""
        name = self._facts.number
        if name is None:
            return None
        value = self._values[name].__get__(self, type(self))
        return None if value is None else str(value)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Product, organization, model and id: equal for two objects of the same record.

        Raises:
            NotSaved: the record was never saved.
        """
        session = self._session
        organization = (self._detached_from or "") if session is None else session.organization_id
        return (self._facts.product, organization, self._facts.name, self.id)

    @property
    def place(self) -> tuple[str | None, str | None, str | None]:
        """Product, API host and organization id, each None as far as it is not known."""
        if self._session is None:
            return (self._facts.product, None, self._detached_from)
        return super().place

    def check_place(self, session: Session) -> None:
        """Refuse to be saved by `session` where it is not of this record's organization.

        Raises:
            WrongType: the record belongs to another organization or product, or is detached.
        """
        if self._session is None and self._detached_from is not None:
            raise WrongType(
                f"{self!r} was unpickled or copied and has no session",
                advice="session.attach(record) gives it one",
            )
        pairs = zip(self.place, session.place, strict=True)
        if any(known and known != ours for known, ours in pairs):
            raise WrongType(
                f"{self!r} belongs to another organization or product than {session!r}",
                advice="Save it through a session of its own",
            )

    @property
    def detached_from(self) -> str | None:
        """The organization that an unpickled record came from; None once it has a session."""
        return self._detached_from

    @classmethod
    def _session_now(cls) -> Session:
        """Return the session that a new record or query takes.

        Raises:
            NotBound: nothing is bound.
        """
        session = cls._session_of_class or binding.current(cls._facts.product)
        session.check_open()
        return session

    @classmethod
    def _unbound(cls) -> type[Self]:
        """Return the class that records are made of, also where `using()` has bound this one."""
        return cls

    def _needed_session(self) -> Session:
        if self._session is None:
            if self._detached_from is not None:
                raise NotBound(
                    f"{self!r} was unpickled or copied and has no session",
                    advice="session.attach(record) gives it one",
                )
            self._session = self._session_now()
        self._session.check_open()
        return self._session

    @classmethod
    def needed_operation(cls, name: str) -> Operation:
        """Return the documented operation called `name`.

        Raises:
            Unsupported: the resource documents none.
        """
        operation = cls._facts.operation(name)
        if operation is None:
            documented = ", ".join(cls._facts.operations) or "none"
            raise Unsupported(
                f"the service documents no {name} of {cls._facts.name}",
                advice=f"It documents {documented}",
            )
        return operation

    def _refuse_if_gone(self) -> None:
        if self._deleted:
            raise Deleted(
                f"{self!r} was deleted", advice="copy() makes a new record of the same members"
            )

    def meet(self, row: wire.Row, *, whole: bool) -> None:
        """Take in a row that another call has brought; unsaved edits stay.

        A list row that agrees with a whole record leaves it whole. One that disagrees is newer:
        the rest of the old row is then no longer true, so it counts as not loaded.
        """
        if whole:
            self._whole = True
        elif self._whole and not self._disagrees(row):
            return
        else:
            self._whole = False
        self.take(row)

    def _disagrees(self, row: wire.Row) -> bool:
        return any(
            name in self._row and not field.same(self._row[name], row[name])
            for name, field in self._values.items()
            if name in row
        )

    def _absent(self, name: str, access: str) -> object:
        """Fetch the record once for a declared member that the received row lacks."""
        if self._whole or self._id is None or access == "write-only":
            return None
        self._load(name)
        return self._row.get(name)

    def _load(self, name: str) -> None:
        self._refuse_if_gone()
        if "get" not in self._facts.operations:
            # Some children are listed and never shown alone: their list row is all there is.
            return
        session = self._needed_session()
        if session.rows.held((type(self), self.id)) is None:
            if self._loads is not None:
                self._loads.note(f"{type(self).__name__}.{name}")
            elif session.settings.lazy_limit == 0:
                raise NotLoaded(
                    f"{type(self).__name__}.{name} is not loaded and lazy_limit is 0",
                    advice="refresh() fetches the record",
                )
        row = session.whole_row(type(self), self.id, self._path_ids())
        self.meet(row, whole=True)

    def _not_held(self, name: str) -> Exception:
        if self._whole or self._id is None:
            return super()._not_held(name)
        return NotLoaded(
            f"{self!r} is loaded in part, without {name!r}",
            advice="refresh() fetches the whole record",
        )

    def _unload_computed(self) -> None:
        """Drop what the service computes: an action has changed it in a way only it knows."""
        self._row = {
            name: value
            for name, value in self._row.items()
            if name == self._id_name or (name in self._lists or self._is_writable(name))
        }
        self._whole = False

    def refresh(self) -> Self:
        """Fetch the record anew, past every cache; unsaved edits stay. One call; returns itself.

        Raises:
            NotFound: the record is gone.
            NotSaved: the record was never saved.
        """
        self._refuse_if_gone()
        identifier = self.id
        session = self._needed_session()
        moment = session.writes.moment
        row = session.fresh_row(type(self), identifier, self._path_ids())
        session.rows.keep((type(self), identifier), row, moment)
        self.meet(row, whole=True)
        return self

    def attach_to(self, session: Session) -> None:
        """Take `session`, as `session.attach(record)` asks.

        Raises:
            NotDetached: the record has a session, or another object of it has unsaved edits.
        """
        if self._session is not None:
            raise NotDetached(f"{self!r} belongs to a session already")
        if self._id is not None:
            held = session.identity.find(type(self), self._id)
            if held is not None and held is not self and held.is_changed:
                raise NotDetached(
                    f"another object of {self!r} is held, with unsaved edits",
                    advice="Save or revert that one first",
                )
            session.identity.add(type(self), self._id, self)
        self._detached_from = None
        self.join(session)

    @classmethod
    def placed(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the one object of the record whose row stands inside another record's."""
        if session is None or fixed or cls.id_in(row) is None:
            return cls.received(row, session, fixed=fixed, parents=parents)
        return session.record(cls, row, parents=parents)

    def move_in(self, list_token: object, parents: Mapping[str, str]) -> None:
        """Note the list that this record lives in, and the ids above it if they are not known."""
        super().move_in(list_token, parents)
        if not self._parents:
            self._parents = parents

    def leave(self) -> None:
        """Stay editable: the record has endpoints of its own."""
        self._home = None

    def accept(self, row: wire.Row, session: Session | None, parents: Mapping[str, str]) -> None:
        """Take the id, too: the record that holds this one has saved it."""
        super().accept(row, session, parents)
        self._parents = self._parents or parents
        if self._id is None:
            self._id = self.id_in(row)
            if self._id is not None and self._session is not None:
                self._session.identity.add(type(self), self._id, self)

    def join(self, session: Session | None) -> None:
        """Take `session`, as a record that was detached."""
        super().join(session)
        if session is not None:
            self._detached_from = None

    def __getstate__(self) -> dict[str, object]:
        session = self._session
        organization = self._detached_from if session is None else session.organization_id
        return {**super().__getstate__(), "_detached_from": organization, "_loads": None}

    def ids_above(self) -> Mapping[str, str]:
        """Return the ids of the records that this one lives below, by member name."""
        return self._parents

    def _parents_below(self) -> Mapping[str, str]:
        return self._path_ids()

    def _path_ids(self) -> dict[str, str]:
        """Return the ids that paths are filled with: its own, its members', its parents'."""
        ids: dict[str, str] = {}
        for name, field in self._values.items():
            if field.kind is wire.ID:
                edit = self._edits.get(name)
                held = edit.value if edit is not None else self._row.get(name)
                if held:
                    ids[name] = str(held)
        ids.update(self._parents)
        if self._id is not None and self._id_name:
            ids[self._id_name] = self._id
        return ids

    def _plain_conflict(self, theirs: wire.Row) -> Conflict:
        names = [name for name, edit in self._edits.items() if edit.base is not NOT_RECEIVED]
        return Conflict(
            f"{self!r} has changed at the service under an unsaved edit",
            advice="Look at error.mine and error.theirs; revert() and refresh(), then edit anew; "
            "save(check=False) overwrites",
            mine={name: self._edits[name].value for name in names},
            theirs={name: wire.thawed(theirs.get(name)) for name in names},
        )
