"""What the service offers of a resource, each as an ability of its class.

A generated class names the abilities that are documented, so that editors and type checkers show
just those; when the program runs, `Declared` has the same methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from zohorm.declared import Declared

if TYPE_CHECKING:
    from zohorm.query import Query
    from zohorm.saving import SaveResult


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
        return cls._get(id)


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
        return cls._iterate(filters, strict)


class Saves(Declared):
    """A model whose records can be created or changed."""

    __slots__ = ()

    def save(
        self, *, check: bool | None = None, again: bool = False, repeatable: bool = False
    ) -> SaveResult:
        """Send the changed members and load the answer; a new record is created.

        One call; two if a list that the service replaces has changed, for it is read first and
        the edits are put on top of it, so that a colleague's new line stays. Nothing changed:
        none.

        Args:
            check: True asks for that read for plain members too; False skips it and overwrites.
            again: send a save that is in doubt once more, though it may have been done.
            repeatable: of a create whose answer is lost, look for the record by the number or
                reference that you gave it, and send it again if there is none.

        Raises:
            Conflict: what was edited here has changed there; nothing was sent.
            OutcomeUnknown: nobody answered a create; `settle()` looks it up.
            Unsettled: an earlier save is in doubt.
            Unsupported, InvalidValue: the create is not `repeatable`, or has no number of its own.
            ValidationError, Duplicate: the service refuses the values.
        """
        return self._save(check=check, again=again, repeatable=repeatable)


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


class Upserts(Declared):
    """A model whose records can be made or changed by a custom field."""

    __slots__ = ()

    @classmethod
    def upsert(
        cls, key: str, value: str | int, /, *, create: bool = True, **values: object
    ) -> Self:
        """Change the record whose custom field `key` holds `value`, or make one; return it.

        `Invoice.upsert("cf_external_id", "A-17", customer_id=customer.id, line_items=[...])`.
        The custom field must forbid duplicates; a new record gets `value` in it. One call, and it
        may be sent again: the second time changes the record that the first has made. Nothing is
        read before, so a list that the service replaces becomes the one that is given.

        Args:
            key: the API name of the custom field, such as `cf_external_id`.
            value: what it holds.
            create: False changes a record and makes none.
            values: the members to set, as the constructor takes them.

        Raises:
            NotFound: there is no such record, and `create` is False.
            ValidationError, Duplicate: the service refuses the values.
            UnknownField, WrongType, InvalidValue: a value cannot be; no call was made.
            NotBound: no session is bound.
        """
        return cls._upsert(key, value, create, values)
