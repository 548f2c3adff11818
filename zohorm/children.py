"""The records below one record: comments of an invoice, contact persons of a contact.

Those that are made of one record and live beside it are its conversions: packages of an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from zohorm import wire
from zohorm.errors import Unsupported
from zohorm.query import Query, asked

if TYPE_CHECKING:
    from zohorm.abilities import Saves
    from zohorm.declared import Declared
    from zohorm.session import Session

M = TypeVar("M", bound="Declared")


class Collection(Generic[M]):
    """The records of one model below one parent; iterating costs one call per page."""

    def __init__(self, model: type[M], parents: Mapping[str, str], session: Session) -> None:
        self._model = model
        self._parents = parents
        self._session = session

    def __repr__(self) -> str:
        return f"<{self._model.__name__} records below one record>"

    def __iter__(self) -> Iterator[M]:
        return iter(self.iterate())

    def iterate(self, **filters: object) -> Query[M]:
        """Return a query of the records below the parent; one call per page, when it is used.

        Raises:
            UnknownFilter: the resource documents no such filter; most children have none.
        """
        return asked(self._model, filters, self._session, parents=self._parents)

    def get(self, identifier: str) -> M:
        """Return one whole record below the parent; one call unless it is cached.

        Raises:
            NotFound: the parent has no such record.
            Unsupported: these records are only listed, and cannot be asked for one by one.
        """
        return self._session.get(self._model, identifier, self._parents)

    def at(self, identifier: str) -> M:
        """Return one record below the parent without a call; see `Model.at`.

        Raises:
            InvalidId, WrongType: the id cannot be one.
        """
        return self._model._known_by(self._session, identifier, self._parents)

    def new(self, **values: object) -> M:
        """Return an unsaved record below the parent; no call."""
        return self._model._below(self._session, self._parents, values)

    def create(self, *, again: bool = False, **values: object) -> M:
        """Create a record below the parent and return it; one call.

        While nobody knows of an earlier one below this parent whether it was made, another is
        refused: `again` makes it all the same.

        Raises:
            Unsupported: the service makes these records itself.
            ValidationError: the service refuses the values.
            OutcomeUnknown: nobody answered; `error.record.settle()` looks it up.
            Unsettled: an earlier create below this parent is in doubt; `error.record` is it.
        """
        doubts, kind = self._session.doubts, (self._model, *sorted(self._parents.items()))
        doubts.require_settled(kind, again=again)
        record = self.new(**values)
        try:
            cast("Saves", record).save()  # It says so where the service makes these itself.
        finally:
            if record.is_in_doubt:
                doubts.hold(kind, record)
        return record


class Conversions(Collection[M]):
    """The records that are made of one record, whose id travels in the query of the create."""

    def __init__(
        self, model: type[M], record: Declared, session: Session, *, by: str, shown: str | None
    ) -> None:
        super().__init__(model, {by: record.id}, session)
        self._record = record
        self._by = by
        self._shown = shown

    def __repr__(self) -> str:
        return f"<{self._model.__name__} records made of {self._record!r}>"

    def __iter__(self) -> Iterator[M]:
        """Yield the records that the whole record shows: one call, none if it is cached.

        Where it shows none, they are listed, one call per page.
        """
        if self._shown is None:
            yield from self.iterate()
            return
        record = self._record
        row = self._session.whole_row(type(record), record.id, record._ids_above())
        for held in wire.rows_in(row.get(self._shown)):
            yield self._session.record(self._model, held)

    def iterate(self, **filters: object) -> Query[M]:
        """Return a query of the records made of this one; one call per page, when it is used.

        Raises:
            UnknownFilter: the resource documents no such filter.
            Unsupported: the service cannot list them by the record that they are made of.
        """
        if self._by not in self._model.facts().filters:
            cure = "Iterate the collection itself" if self._shown else "Iterate all and compare"
            raise Unsupported(
                f"the service lists no {self._model.__name__} by {self._by}", advice=cure
            )
        above = {self._by: self._parents[self._by]}
        return asked(self._model, {**filters, **above}, self._session)

    def get(self, identifier: str) -> M:
        """Return one whole record, whatever it was made of; one call unless it is cached.

        Raises:
            NotFound: the organization has no such record.
        """
        return self._session.get(self._model, identifier)

    def at(self, identifier: str) -> M:
        """Return one record without a call, whatever it was made of; see `Model.at`.

        Raises:
            InvalidId, WrongType: the id cannot be one.
        """
        return self._model._known_by(self._session, identifier, {})
