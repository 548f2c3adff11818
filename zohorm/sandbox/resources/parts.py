"""Lists inside a record: which rows an update keeps, changes, adds and drops.

Source: Books v3, invoices: a list of rows with ids is replaced; rows with an id are updated, rows
without one are new, rows not listed are gone.
"""

from __future__ import annotations

from zohorm.sandbox.catalogue import Field
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.rows import blank


def merged(context: Context, field: Field, old: Json, sent: Json) -> Json:
    """Return a list of a record after an update that sent it."""
    before = rows_of(old)
    after = rows_of(sent)
    shape = context.resource.embedded.get(field.of or "")
    key = shape.id if shape is not None else None
    if shape is None or key is None:
        return list[Json](after)
    # An id that clients choose is that of another record: an expense that a report takes in.
    is_chosen = key in shape.fields and shape.fields[key].is_sent
    known = {str(row.get(key)): row for row in before}
    made: list[Json] = []
    for row in after:
        row_key = str(row.get(key) or "")
        if row_key and row_key not in known and not is_chosen:
            raise unknown_record(field.name, status=context.switches.missing_reference)
        keeps = row_key and context.switches.line_keys == "keep"
        base = dict(known.pop(row_key, {}))
        made.append(completed(context, field, {**base, **row} if keeps else row, key))
    return made


def completed(context: Context, field: Field, row: Row, key: str) -> Row:
    """Return a row of a list with every member that is shown, and an id."""
    made = blank(context.resource, field.of)
    made.update({name: value for name, value in row.items() if name in made})
    if not made.get(key):
        made[key] = context.store.next_id()
    return made


def rows_of(value: Json) -> list[Row]:
    """Return the objects in a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
