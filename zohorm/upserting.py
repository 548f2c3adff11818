"""Make or change a record by a custom field that is unique in the organization, in one call.

Source: Books v3, the update by a custom field of invoices, contacts, bills and others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from zohorm import envelope
from zohorm.custom import Custom, CustomFields
from zohorm.errors import InvalidValue, WrongType

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.session import Session

M = TypeVar("M", bound="Declared")

KEY, VALUE, CREATES = "X-Unique-Identifier-Key", "X-Unique-Identifier-Value", "X-Upsert"


def upserted(session: Session, record: M, key: str, value: str | int, *, create: bool) -> M:
    """Send what is set on a new `record` to the one whose custom field `key` holds `value`.

    One call; return the record that it has changed or made. See `abilities.Upserts`.
    """
    model = type(record)
    operation = model._needed_operation("upsert")
    headers = {KEY: _text("the name of a custom field", key), VALUE: _text(key, value)}
    if create:
        headers[CREATES] = "true"
    fields = getattr(model, "custom_fields", None)
    if isinstance(fields, Custom) and key not in (held := CustomFields(record, fields)):
        # So that it is found again, whoever makes a record of the call.
        held[key] = value
    try:
        with session.writes.noting() as fresh_since:
            call, answer = session.call(
                operation, {}, body=record._changed_payload(), headers=headers
            )
    finally:
        session.watches.note(model, many=True)
    row = envelope.row_of(answer, model.facts(), call)
    made = session.record(model, row, whole=True)
    session.rows.keep((model, made.id), row, fresh_since())
    return made


def _text(what: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongType(f"{what} takes text or a whole number, not {type(value).__name__}")
    text = str(value)
    if not text.strip():
        raise InvalidValue(f"{what} is empty, and would find no record")
    if any(ord(letter) < 32 or ord(letter) > 255 for letter in text):
        raise InvalidValue(
            f"{what} is sent in a header, which takes one line of Latin-1",
            advice="Find the record by iterate() and save() it, or use a custom field of codes",
        )
    return text
