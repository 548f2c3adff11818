"""Lists inside a record: which rows an update keeps, changes, adds and drops.

Source: Books v3, invoices: a list of rows with ids is replaced; rows with an id are updated, rows
without one are new, rows not listed are gone.
"""

from __future__ import annotations

from zohorm.sandbox.catalogue import Field, Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.rows import blank, is_custom


def merged(context: Context, field: Field, old: Json, sent: Json) -> Json:
    """Return a list of a record after an update that sent it."""
    before = rows_of(old)
    after = rows_of(sent)
    shape = context.resource.embedded.get(field.of or "")
    if shape is None:
        return list[Json](after)
    key = shape.id
    if key is None:
        return [whole(context.resource, field, row) for row in after]
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


def whole(resource: Resource, field: Field, row: Row, *, keeps_all: bool = False) -> Row:
    """Return a part of a record with every member that is shown, and so the parts within it.

    Other members go, unless it `keeps_all`. What the facts know no members of stays as it is.
    """
    shape = resource.embedded.get(field.of or "")
    if shape is None:
        return row
    made = blank(resource, field.of)
    for name, value in row.items():
        inner = shape.fields.get(name)
        if name not in made and not keeps_all:
            continue
        if inner is None or inner.of not in resource.embedded or is_custom(inner):
            made[name] = value
        elif isinstance(value, dict):
            made[name] = whole(resource, inner, value, keeps_all=keeps_all)
        elif isinstance(value, list):
            rows = (each if isinstance(each, dict) else {} for each in value)
            made[name] = [whole(resource, inner, each, keeps_all=keeps_all) for each in rows]
        else:
            made[name] = value
    return made


def completed(context: Context, field: Field, row: Row, key: str) -> Row:
    """Return the same of a row of a list, with an id."""
    made = whole(context.resource, field, row)
    if not made.get(key):
        made[key] = context.store.next_id()
    return made


def carried(resource: Resource, record: Row) -> Row:
    """Return what a new record of a resource takes from another record that it is made of.

    Rows come without their ids, which are those of the other one.
    """
    made: Row = {}
    for name, value in record.items():
        field = resource.fields.get(name)
        if field is None or not (field.is_sent and field.is_shown and _holds(field, value)):
            continue
        shape = resource.embedded.get(field.of or "")
        if shape is None or not isinstance(value, list):
            made[name] = value
            continue
        # An id that clients choose names a third record, which the new one takes in as well.
        is_chosen = shape.id in shape.fields and shape.fields[shape.id].is_sent
        own = ("line_item_id",) if is_chosen else ("line_item_id", shape.id)
        made[name] = [
            {
                member: each
                for member, each in row.items()
                if member not in own and _holds(shape.fields.get(member), each)
            }
            for row in rows_of(value)
        ]
    return made


def _holds(field: Field | None, value: Json) -> bool:
    """Tell whether a member can have a value of another record's member of the same name."""
    if value in ("", None, [], {}):
        return False
    if field is None or field.kind == "json":
        return True
    if field.choices and str(value) not in field.choices:
        return False
    wanted = {"many": list, "texts": list, "embedded": dict}.get(field.kind)
    return isinstance(value, wanted) if wanted else not isinstance(value, (list, dict))


def rows_of(value: Json) -> list[Row]:
    """Return the objects in a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
