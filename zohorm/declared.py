"""What every model class shares, whatever its resource offers: its facts, session, collections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar, cast

import attrs

from zohorm import arguments, resource, steps, wire
from zohorm.acting import Acting
from zohorm.errors import Unsupported, UsageError, WrongType
from zohorm.loads import FREE
from zohorm.lookups import Filter
from zohorm.members import ReadOnly, Value
from zohorm.resource import Operation, Resource

if TYPE_CHECKING:
    from zohorm.children import Collection, Conversions
    from zohorm.query import Query
    from zohorm.saving import SaveResult
    from zohorm.session import Session

M = TypeVar("M", bound="Declared")

NUMBER: ReadOnly[str | None] = ReadOnly(wire.TEXT)
"""The number of the resources whose rows call it just that."""
NUMBER.name = "number"

_CORRECTABLE = ("key", "list_key", "other_keys", "filters", "sort", "operations", "counts")


class Declared(Acting):
    """A record of one resource, as its class statement declares it.

    Abilities add what the service offers: `Gets`, `Lists`, `Saves` and `Deletes`; `Model` has all.
    """

    __slots__ = ()

    _canonical: ClassVar[type[Declared]]

    def __init_subclass__(
        cls,
        *,
        product: str = "",
        path: str = "",
        key: str = "",
        list_key: str = "",
        other_keys: tuple[str, ...] = (),
        id: str | None = None,
        number: str | None = None,
        parent: str | None = None,
        operations: Mapping[str, Operation] | None = None,
        filters: Mapping[str, Filter] | None = None,
        sort: tuple[str, ...] = (),
        counts: bool = False,
        beside: str = "",
        session: Session | None = None,
    ) -> None:
        if session is not None:
            cls._session_of_class = session
            return
        super().__init_subclass__()
        cls._canonical = cls
        if not product:
            return
        cls._id_name = id
        cls._facts = Resource(
            product=product,
            name=cls.__name__,
            path=path,
            key=key,
            list_key=list_key,
            other_keys=other_keys,
            id=id,
            number=number,
            parent=parent,
            operations=operations or {},
            filters=filters or {},
            sort=sort,
            counts=counts,
            beside=beside,
        )
        if number == "number":
            # As a field of the class it would hide the property of that name, which reads it.
            cls._values["number"] = cast("Value[object]", NUMBER)
        resource.register(cls, product, cls.__name__)

    if not TYPE_CHECKING:  # Checkers would take its parameters for those of the constructor.

        def __new__(cls, **values: object) -> Self:
            """Make a record of the unbound class."""
            record = object.__new__(cls._canonical)
            if cls is not cls._canonical:
                # A class bound by `using()` makes plain records; Python initialises only instances
                # of the very class that was called, so the bound session is handed over here.
                record._begin(values, cls._session_of_class)
            return record

    if not TYPE_CHECKING:
        # Facts can be corrected when the program runs, so every class does all then; what a
        # resource does not offer raises Unsupported. Checkers see what the abilities declare.

        @classmethod
        def get(cls, id: str) -> Self:
            """Return the record of `id`; see `abilities.Gets`."""
            return cls._get(id)

        @classmethod
        def iterate(cls, *, strict: bool = False, **filters: object) -> Query[Self]:
            """Return a query of the records; see `abilities.Lists`."""
            return cls._iterate(filters, strict)

        @classmethod
        def upsert(
            cls, key: str, value: str | int, /, *, create: bool = True, **values: object
        ) -> Self:
            """Make or change a record; see `abilities.Upserts`."""
            return cls._upsert(key, value, create, values)

        def save(
            self, *, check: bool | None = None, again: bool = False, repeatable: bool = False
        ) -> SaveResult:
            """Send what has changed; see `abilities.Saves`."""
            return self._save(check=check, again=again, repeatable=repeatable)

        def delete(self) -> None:
            """Delete the record; see `abilities.Deletes`."""
            self._delete()

    @classmethod
    def _get(cls, identifier: str) -> Self:
        return cls._session_now().get(cls._unbound(), identifier)

    @classmethod
    def _iterate(cls, filters: Mapping[str, object], strict: bool) -> Query[Self]:
        # Models are imported without what asks, as they are without what sends.
        from zohorm.query import asked

        return asked(cls._unbound(), filters, cls._session_if_bound(), strict=strict)

    @classmethod
    def _upsert(
        cls, key: str, value: str | int, create: bool, values: Mapping[str, object]
    ) -> Self:
        from zohorm.upserting import upserted

        session = cls._session_now()
        record = cls._below(session, {}, values)
        return upserted(session, record, key, value, create=create)

    @classmethod
    def _session_if_bound(cls) -> Session | None:
        try:
            return cls._session_now()
        except UsageError:
            return None

    @classmethod
    def using(cls, session: Session) -> type[Self]:
        """Return this class bound to `session`: the same entry points, for one expression.

        `Invoice.using(books).get(id)`; the records themselves are plain `Invoice` objects.

        Raises:
            WrongType: the session is of another product.
        """
        product = getattr(getattr(session, "product", None), "name", None)
        if product != cls._facts.product:
            raise WrongType(
                f"{cls.__name__} is a model of {cls._facts.product} and takes such a session, "
                f"not {session!r}"
            )

        class Bound(cls._canonical, session=session):  # type: ignore[call-arg, name-defined, misc]
            __slots__ = ()

        Bound.__name__ = Bound.__qualname__ = cls.__name__
        return cast("type[Self]", Bound)

    @classmethod
    def at(cls, id: str) -> Self:
        """Return the record of `id` without a call; the first member that is read loads it.

        `Invoice.at("460000000026049").mark_sent()` costs one call, where `get()` costs another.
        What somebody holds already is returned as it is.

        Raises:
            InvalidId, WrongType: the id cannot be one.
            Unsupported: the service knows these records by no id, or below another one alone.
            NotBound: no session is bound.
        """
        session = cls._session_now()
        if cls._facts.parent is not None:
            raise Unsupported(
                f"{cls.__name__} records live below another one",
                advice="Go through its collection: invoice.comments.at(id)",
            )
        return cls._unbound()._known_by(session, id, {})

    @classmethod
    def _known_by(cls, session: Session, id: str, parents: Mapping[str, str]) -> Self:
        """Return the record of `id` without a call: the one that is held, or one of its id alone.

        Raises:
            InvalidId, WrongType: the id cannot be one.
            Unsupported: the service knows these records by no id.
        """
        if cls._facts.id is None:
            raise Unsupported(f"the service knows {cls.__name__} records by no id")
        identifier = cls._facts.identifier(id)
        held = session.identity.table(cls).find(identifier)
        if held is not None:
            return held
        record = session.record(cls, {cls._facts.id: identifier}, parents=parents)
        if "get" not in cls._facts.operations:
            record._loads = FREE  # Nothing of it was shown, so no read may say that it is None.
        return record

    @classmethod
    def extend(cls, facts: Mapping[str, object] | None = None, **members: object) -> None:
        """Correct this model for the whole process, where its facts are wrong.

        `Invoice.extend(cf_region=f.text())` adds or replaces members, built with `zohorm.fields`;
        `Invoice.extend({"list_key": "bills", "sort": ("date",)})` corrects what is known of the
        endpoints (`key`, `list_key`, `other_keys`, `filters`, `sort`, `operations`, `counts`).

        Raises:
            WrongType: a member is no field, or the facts have no such name.
        """
        target = cls._canonical
        if facts:
            for name in facts:
                if name not in _CORRECTABLE:
                    raise WrongType(
                        f"{cls.__name__} has no fact {name!r} to correct",
                        advice=f"It has {', '.join(_CORRECTABLE)}",
                    )
            changes: dict[str, object] = dict(facts)
            for name in ("operations", "filters"):
                if isinstance(added := changes.get(name), Mapping):
                    changes[name] = {**getattr(target._facts, name), **added}
            target._facts = attrs.evolve(target._facts, **changes)  # type: ignore[arg-type]  # names were checked
        target._extend_members(members)

    @classmethod
    def _act_all_pieces(
        cls,
        operation: Operation,
        *,
        pieces: tuple[str, int],
        query: Mapping[str, object],
        takes: Mapping[str, str],
        needs: tuple[str, ...] = (),
    ) -> list[Self]:
        """Ask for records by their ids, a few at a time: `pieces` names the ids and how many."""
        name, most = pieces
        arguments.require(query, takes, needs)
        given = query[name]
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            raise WrongType(f"{name} takes several ids, not {type(given).__name__}")
        ids = [steps.plain_id(identifier, name) for identifier in given]
        return [
            record
            for start in range(0, len(ids), most)
            for record in cls._act_all_rows(
                operation, query={**query, name: ids[start : start + most]}, takes=takes
            )
        ]

    @classmethod
    def _unbound(cls) -> type[Self]:
        return cast("type[Self]", cls._canonical)  # The same class, unbound.

    @classmethod
    def _below(
        cls, session: Session, parents: Mapping[str, str], values: Mapping[str, object]
    ) -> Self:
        """Return an unsaved record below a parent; its collection calls it."""
        record = cls._unbound()(**values)
        record._session = session
        record._parents = parents
        for name, identifier in parents.items():
            field = cls._values.get(name)
            if field is not None and field.writable and name not in values:
                field.put(record, identifier)
        return record

    def _collection(self, to: str) -> Collection[M]:
        """Return the records of the model called `to` below this one."""
        from zohorm.children import Collection

        session = self._needed_session()
        below = cast("type[M]", resource.model(self._facts.product, to))
        parents = dict(self._parents)
        parents[below.facts().parent or self._facts.id or "id"] = self.id
        return Collection(below, parents, session)

    def _collection_by(self, to: str, by: str, shown: str | None = None) -> Conversions[M]:
        """Return the records of the model called `to` that are made of this one."""
        from zohorm.children import Conversions

        session = self._needed_session()
        made = cast("type[M]", resource.model(self._facts.product, to))
        return Conversions(made, self, session, by=by, shown=shown)

    def copy(self) -> Self:
        """Return a new unsaved record with the same writable members, without id and number.

        One call if the record is not whole. Lines are copied without their ids.
        """
        if not self.is_whole:
            self._read_anew()
        fresh = type(self)._below(self._needed_session(), self._parents, {})
        return self._copy_into(fresh, [self._facts.number or "", self._id_name or ""])
