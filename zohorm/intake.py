"""Turns received rows into records: one object per id, which takes newer rows in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from zohorm.changes import Home
from zohorm.errors import WrongType
from zohorm.slots import Standing

if TYPE_CHECKING:
    from zohorm import wire
    from zohorm.identity import Table
    from zohorm.loads import Loads
    from zohorm.session import Session
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")


class Intake(Generic[M]):
    """Makes the records of one model from rows that came the same way.

    `whole` rows show every member; `loads` counts the fetches of the query that they belong to.

    Raises:
        WrongType: the model is of another product.
    """

    def __init__(
        self,
        session: Session,
        model: type[M],
        *,
        whole: bool,
        parents: Mapping[str, str] | None = None,
        loads: Loads | None = None,
    ) -> None:
        if model.facts().product != session.product.name:
            raise WrongType(
                f"{model.__name__} is a model of {model.facts().product}, and {session!r} is not"
            )
        self._model = model
        self._rows = session.rows
        self._standing = Standing(session, parents or {}, whole, loads)
        self._id_name = model._id_name or ""

    def compare(self, rows: Sequence[wire.Row]) -> None:
        """Forget the cached whole rows that these rows, which have just come, disagree with.

        Reading on would mix the two, and a total could run backwards.
        """
        if self._rows.is_empty:
            return
        ids = self._ids(rows)
        held = self._rows.held_among([(self._model, identifier) for identifier in ids])
        for key, older in held.items():
            if self._model._disagree(older, rows[ids.index(key[1])]):
                self._rows.forget(key)

    def records(self, rows: Sequence[wire.Row], known: Table[M]) -> list[M]:
        """Return the records of rows with different ids, in their order."""
        ids = self._ids(rows)
        if "" not in ids:
            records = self._model._all_made(rows, ids, self._standing)
            if known.add_new(ids, records):
                return records
        return [self.record(row, known) for row in rows]

    def _ids(self, rows: Iterable[wire.Row]) -> list[str]:
        """Return the id of each row, "" for one that holds none."""
        ids: list[str] = [row.get(self._id_name, "") for row in rows]
        if set(map(type, ids)) <= {str}:
            return ids
        return [self._model._id_in(row) or "" for row in rows]

    def record(self, row: wire.Row, known: Table[M]) -> M:
        """Return the record of `row`; one that is `known` already takes the row in."""
        held, standing = row.get(self._id_name), self._standing
        identifier = held if isinstance(held, str) and held else self._model._id_in(row)
        if identifier is None:
            # Without an id nobody could save it, only make it once more.
            return self._model._made(row, None, standing._replace(home=Home.FIXED))
        record = known.find(identifier)
        if record is None:
            made = self._model._made(row, identifier, standing)
            record = known.one_of(identifier, made)  # Two threads of one block may come here.
            if record is made:
                return made
        record._meet(row, whole=standing.whole, loads=standing.loads)
        return record
