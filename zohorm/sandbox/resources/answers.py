"""Data in a documented shape, for the answers of actions that are neither a record nor rows."""

from __future__ import annotations

from collections.abc import Mapping

from zohorm.sandbox.catalogue import Field, Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.reply import Reply, success
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import unset


def data(context: Context, known: Row, *, message: str = "success") -> Reply:
    """Return what the action documents, with the values that are known by these names."""
    shape = context.operation.answer
    body = shaped(context, shape, known) if shape else {"data": known}
    text = ",".join(f"{write(name)}:{write(value)}" for name, value in body.items())
    return success(text, message=message, status=context.operation.status)


def shaped(context: Context, shape: Mapping[str, Field], known: Row) -> Row:
    """Return every member of a shape: known by its name, in the store, or unset."""
    return {name: _value(context, field, known) for name, field in shape.items()}


def _value(context: Context, field: Field, known: Row) -> Json:
    value = known.get(field.name)
    if field.kind == "many" and field.members:
        rows = rows_of(value) if isinstance(value, list) else _stored(context, field.name)
        return [_inner(context, field.members, row) for row in rows]
    if field.kind == "embedded" and field.members:
        inner = value if isinstance(value, dict) else known
        return shaped(context, field.members, inner)
    is_list, is_object = isinstance(value, list), isinstance(value, dict)
    fits = is_list == (field.kind in ("many", "texts")) and is_object == (field.kind == "embedded")
    # A record may call something else by the same name.
    is_one = not field.choices or str(value) in field.choices
    return (
        value if value is not None and ((fits and is_one) or field.kind == "json") else unset(field)
    )


def _inner(context: Context, shape: Mapping[str, Field], row: Row) -> Json:
    """Return one row; lists in it are its own, never those of the store."""
    made: Row = {}
    for name, field in shape.items():
        value = row.get(name)
        if field.kind == "many" and field.members:
            made[name] = [_inner(context, field.members, each) for each in rows_of(value)]
        else:
            made[name] = _value(context, field, row)
    return made


def _stored(context: Context, name: str) -> list[Row]:
    """Return the records that an answer lists under a key, of the record in the path if it can."""
    for resource in context.product.resources.values():
        if name == resource.list_key and resource is not context.resource:
            return _rows(context, resource)
    return []


def _rows(context: Context, resource: Resource) -> list[Row]:
    mine = context.params.get(context.resource.id)
    if mine is not None and resource.parent == context.resource.name:
        return context.store.children(resource, context.organization_id, mine)
    rows = context.store.rows(resource, context.organization_id)
    if mine is None:
        return rows
    return [row for row in rows if row.get(context.resource.id) == mine]
