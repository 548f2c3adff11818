"""Where a record lives: its id, the records above it, its session and organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from zohorm import binding, wire
from zohorm.changes import Home
from zohorm.errors import (
    Deleted,
    MalformedReply,
    NotBound,
    NotSaved,
    ReadOnlyField,
    Unsupported,
    WrongType,
)
from zohorm.record import Record
from zohorm.resource import Operation, Resource
from zohorm.slots import Standing

if TYPE_CHECKING:
    from zohorm.session import Session


class Located(Record):
    """The part of a model that knows where its record lives."""

    __slots__ = ()

    _facts: ClassVar[Resource]
    _session_of_class: ClassVar[Session | None] = None

    @classmethod
    def facts(cls) -> Resource:
        """Return the facts of the resource."""
        return cls._facts

    @classmethod
    def _received(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a record of a received row, its id read from it."""
        home = Home.FIXED if fixed else None
        standing = Standing(session=session, parents=parents or {}, home=home)
        return cls._made(row, cls._id_in(row), standing)

    def __repr__(self) -> str:
        session = self._session
        organization = self._detached_from if session is None else session.organization_id
        where = f" of organization {organization}" if organization else ""
        known = self._id or ("new" if self.is_new else "without id")
        return f"<{type(self).__name__} {known}{where}>"

    @property
    def is_new(self) -> bool:
        """Whether the service has not given this record an id yet.

        A received row that lacks its id is not new: saved, it would be there twice.
        """
        return self._id is None and self._home is not Home.FIXED

    def _refuse_if_fixed(self) -> None:
        if self._home is Home.FIXED and self._id is None:
            raise ReadOnlyField(
                f"{self!r} was received without an id, so no edit of it can be saved",
                advice="Read it, or copy() it into a new record",
            )
        super()._refuse_if_fixed()

    @classmethod
    def _id_in(cls, row: wire.Row) -> str | None:
        """Return the id that `row` holds, None where it holds none.

        Raises:
            MalformedReply: something else than an id stands there.
        """
        held = row.get(cls._id_name) if cls._id_name else None
        if isinstance(held, str) and held:
            return held
        try:
            return super()._id_in(row)
        except wire.READ_ERRORS as error:
            raise MalformedReply(
                f"a row of {cls._facts.name} was received whose {cls._id_name} is no id"
            ) from error

    @property
    def id(self) -> str:
        """The id that the service gave the record.

        Raises:
            NotSaved: the record was never saved.
        """
        if self._id is None:
            if not self.is_new:
                raise NotSaved(f"{self!r} was received without an id")
            raise NotSaved(f"{self!r} has no id yet", advice="save() it first")
        return self._id

    @property
    def _own_id(self) -> str | None:
        """The id, None while there is none; as a list element it counts by its row."""
        return self._id or super()._own_id

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
    def _place(self) -> tuple[str | None, str | None, str | None]:
        """Product, API host and organization id, each None as far as it is not known."""
        if self._session is None:
            return (self._facts.product, None, self._detached_from)
        return super()._place

    def _check_place(self, session: Session) -> None:
        """Refuse to be saved by `session` where it is not of this record's organization.

        Raises:
            WrongType: the record belongs to another organization or product, or is detached.
        """
        if self._session is None and self._detached_from is not None:
            raise WrongType(
                f"{self!r} was unpickled or copied and has no session",
                advice="session.attach(record) gives it one",
            )
        pairs = zip(self._place, session.place, strict=True)
        if any(known and known != ours for known, ours in pairs):
            raise WrongType(
                f"{self!r} belongs to another organization or product than {session!r}",
                advice="Save it through a session of its own",
            )

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
    def _needed_operation(cls, name: str) -> Operation:
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

    @classmethod
    def _takes(cls, name: str) -> bool:
        """Say whether a new record may set the member called `name` to a single value."""
        return name in cls._values and cls._values[name].access != "read-only"

    def _refuse_if_gone(self) -> None:
        if self._deleted:
            raise Deleted(
                f"{self!r} was deleted", advice="copy() makes a new record of the same members"
            )

    def _join(self, session: Session | None) -> None:
        """Take `session`, as a record that was detached."""
        super()._join(session)
        if session is not None:
            self._detached_from = None

    def __getstate__(self) -> dict[str, object]:
        session = self._session
        organization = self._detached_from if session is None else session.organization_id
        state = super().__getstate__()
        standing = self._standing._replace(session=None, loads=None, detached_from=organization)
        return {**state, "_standing": standing}

    def _ids_above(self) -> Mapping[str, str]:
        """Return the ids of the records that this one lives below, by member name."""
        return self._parents

    def _parents_below(self) -> Mapping[str, str]:
        return self._path_ids()

    def _path_ids(self, operation: Operation | None = None) -> dict[str, str]:
        """Return the ids that paths are filled with: its own, its parents', its members'.

        Those of its members only if the path of `operation` needs them, or none is given.
        """
        ids = dict(self._parents)
        if self._id is not None and self._id_name:
            ids[self._id_name] = self._id
        if operation is not None and operation.names <= ids.keys():
            return ids
        for name in self._identifiers - ids.keys():
            edit = self._edits.get(name)
            held = edit.value if edit is not None else self._row.get(name)
            if held:
                ids[name] = str(held)
        return ids
