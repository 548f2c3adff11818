"""Make or change a record by a custom field that is unique in the organization, in one call.

Source: Books v3, the update by a custom field of invoices, contacts, bills and others.
"""

from __future__ import annotations

from typing import Self

from zohorm import envelope
from zohorm.custom import Custom, CustomFields
from zohorm.declared import Declared
from zohorm.errors import InvalidValue, WrongType

KEY, VALUE, CREATES = "X-Unique-Identifier-Key", "X-Unique-Identifier-Value", "X-Upsert"
_FIELDS = "custom_fields"


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
        session = cls._session_now()
        operation = cls.needed_operation("upsert")
        headers = {KEY: _text("the name of a custom field", key), VALUE: _text(key, value)}
        if create:
            headers[CREATES] = "true"
        record = cls.below(session, {}, values)
        fields = cls._lists.get(_FIELDS)
        if isinstance(fields, Custom) and key not in (held := CustomFields(record, fields)):
            # So that it is found again, whoever makes a record of the call.
            held[key] = value
        try:
            with session.writes.noting() as fresh_since:
                call, answer = session.call(
                    operation, {}, body=record.changed_payload(), headers=headers
                )
        finally:
            session.watches.note(cls._unbound(), many=True)
        row = envelope.row_of(answer, cls.facts(), call)
        made = session.record(cls._unbound(), row, whole=True)
        session.rows.keep((cls._unbound(), made.id), row, fresh_since())
        return made


def _text(what: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongType(f"{what} takes text or a whole number, not {type(value).__name__}")
    text = str(value)
    if not text.strip():
        raise InvalidValue(f"{what} is empty, and would find no record")
    return text
