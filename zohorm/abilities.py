"""What the service offers of a resource, each as an ability of its class.

A generated class names the abilities that are documented, so that editors and type checkers show
just those.
"""

from __future__ import annotations

from typing import Self

from zohorm.declared import Declared
from zohorm.pages import Plan
from zohorm.query import Query, checked, conditions
from zohorm.saving import SaveResult
from zohorm.upserting import Upserts


class Gets(Declared):
    """A model whose records can be asked for by their ids."""

    __slots__ = ()

    @classmethod
    def get(cls, id: str) -> Self:
        """Return the whole record of `id`; one call, none if it is cached and no write came since.

        Within one block or thread it is the same object as long as somebody holds it; unsaved
        edits on it stay.

        Raises:
            NotFound: the organization has no such record.
            InvalidId, WrongType: the id cannot be one; no call was made.
            NotBound: no session is bound.
        """
        return cls._session_now().get(cls._unbound(), id)


class Lists(Declared):
    """A model whose records can be listed."""

    __slots__ = ()

    @classmethod
    def iterate(cls, *, strict: bool = False, **filters: object) -> Query[Self]:
        """Return a query of the records that all `filters` hold for; one call per page of 200.

        Filters are named as the service has them, with lookups after two underscores:
        `status="overdue"`, `date__gte=dt.date(2026, 1, 1)`, `contact_name__startswith="B"`.
        With `strict`, a filter that the service ignores raises `FilterIgnored` instead of a
        warning.

        Raises:
            UnknownFilter: the resource documents no such filter; the error names those it has.
            WrongType, InvalidValue: a value does not fit its filter, or two send the same.
            Unsupported: the query is strict, and no row can confirm one of its filters.
        """
        plan = checked(cls, Plan(conditions=conditions(cls, filters), strict=strict))
        session = cls._session_if_bound()
        return Query(cls._unbound(), plan, session)


class Saves(Declared):
    """A model whose records can be created or changed."""

    __slots__ = ()

    def save(self, *, check: bool | None = None, again: bool = False) -> SaveResult:
        """Send the changed members and load the answer; a new record is created.

        One call; two if a list that the service replaces has changed, for it is read first and
        the edits are put on top of it, so that a colleague's new line stays. Nothing changed:
        none.

        Args:
            check: True asks for that read for plain members too; False skips it and overwrites.
            again: send a save that is in doubt once more, though it may have been done.

        Raises:
            Conflict: what was edited here has changed there; nothing was sent.
            OutcomeUnknown: nobody answered a create; `settle()` looks it up.
            Unsettled: an earlier save is in doubt.
            ValidationError, Duplicate: the service refuses the values.
        """
        return self._save(check=check, again=again)


class Deletes(Declared):
    """A model whose records can be deleted."""

    __slots__ = ()

    def delete(self) -> None:
        """Delete the record at the service; one call. The object can only be read or copied then.

        If nobody answers, call it again: a record that is gone by then was deleted by this.

        Raises:
            NotFound: the record is gone already.
            ValidationError: the service refuses, for others refer to the record.
            NotSaved: the record was never saved.
        """
        self._delete()


def _give_all(*abilities: type[Declared]) -> None:
    """Let every class do all when the program runs, for facts can be corrected then.

    What a resource does not offer raises Unsupported, which says what it does.
    """
    for ability in abilities:
        for name, method in list(vars(ability).items()):
            if not name.startswith("_"):
                setattr(Declared, name, method)


_give_all(Gets, Lists, Saves, Deletes, Upserts)
