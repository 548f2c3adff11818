"""Changed records: PUT with an id, and PUT on a collection (upsert by a custom field)."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row, write
from zohorm.sandbox.reply import Reply, invalid, success, unknown_record, wrong_shape
from zohorm.sandbox.resources import (
    conversions,
    creating,
    custom_fields,
    mirrors,
    numbering,
    parents,
    parts,
    reading,
)
from zohorm.sandbox.resources.checks import accepted, required
from zohorm.sandbox.rows import drop_undocumented, is_custom


def answer(context: Context) -> Reply:
    """Change the members that the body has and return the whole record."""
    before = reading.loaded(context)
    body = context.body_object()
    names = _must_have(context)
    if context.switches.put_requires == "none":
        names = _sent_of(names, body)
    required(names, body)
    row = update(context, before, accepted(context.resource, body))
    creating.take_files(context, row)
    return _answered(context, row)


def upsert(context: Context) -> Reply:
    """Change the record with the unique custom field that the headers name, or create one.

    Source: Books v3, the update by a custom field of contacts, items and invoices.
    """
    name = _header(context, "X-Unique-Identifier-Key")
    value = _header(context, "X-Unique-Identifier-Value")
    if not name or not value:
        raise wrong_shape("bulk_update")
    body = context.body_object()
    required(_sent_of(_must_have(context), body), body)
    sent = accepted(context.resource, body)
    for row in context.store.rows(context.resource, context.scope):
        for field in parts.rows_of(row.get("custom_fields")):
            if field.get("api_name") == name and str(field.get("value")) == value:
                return _answered(context, update(context, row, sent))
    if _header(context, "X-Upsert").lower() != "true":
        raise unknown_record(context.resource.label)
    required(_must_have(context), body)
    unique: Row = {"api_name": name, "value": value}
    sent["custom_fields"] = [*parts.rows_of(sent.get("custom_fields")), unique]
    return _answered(context, creating.create(context, sent))


def update(context: Context, before: Row, sent: Row) -> Row:
    """Store a record with these members changed and return it.

    Raises:
        Refusal: the change refers to what does not exist, or breaks a rule.
    """
    if context.fault == "ignore-write":
        return before
    resource = context.resource
    row = changed(context, before, sent)
    parent = context.store.parent_of(resource, context.scope, str(row[resource.id]))
    parents.fill(context, row, parent)
    parents.check_links(context, sent)
    number = resource.number
    if number is not None and number in sent:
        if not sent[number] and before.get(number):
            raise invalid(number)
        numbering.check(context, row)
    known = frozenset(row)
    context.rules.settled(context, row, sent, before)
    drop_undocumented(resource, row, known)
    creating.stamp(context, row)
    context.store.replace(resource, context.scope, row)
    mirrors.record_written(context, row)
    mirrors.child_written(context, parent)
    conversions.written(context, row)
    context.rules.updated(context, row, before)
    return row


def changed(context: Context, before: Row, sent: Row) -> Row:
    """Return a record with these members changed, by the rules of an update.

    Members that the body leaves out stay, and the body's lists replace those of the record. Source:
    Books v3, invoices; that single members may be left out is seen by clients.
    """
    row, resource = dict(before), context.resource
    for name, value in sent.items():
        field = resource.member(name)
        if not field.is_shown or field.access == "create_only":
            continue
        if is_custom(field):
            row[name] = custom_fields.merged(context, row.get(name), value)
        elif field.kind == "many":
            row[name] = parts.merged(context, field, row.get(name), value)
        elif field.kind == "embedded" and isinstance(value, dict):
            old = row.get(name)
            merges = context.switches.address_put == "merge" and isinstance(old, dict)
            sent_now = {**old, **value} if merges and isinstance(old, dict) else value
            row[name] = parts.whole(resource, field, sent_now)
        else:
            row[name] = value
    custom_fields.show(row)
    if context.switches.omitted_lines == "clear" and "line_items" in row:
        row["line_items"] = row["line_items"] if "line_items" in sent else []
    return row


def _must_have(context: Context) -> tuple[str, ...]:
    """Return the members that a record must have: those that its creation demands."""
    create = context.resource.operations.get("create")
    return create.required if create is not None else ()


def _sent_of(names: tuple[str, ...], body: Row) -> tuple[str, ...]:
    """Return those names that a body has: what may be left out must still not be emptied."""
    return tuple(name for name in names if name in body)


def _answered(context: Context, row: Row) -> Reply:
    message = f"The {context.resource.label.lower()} has been updated."
    text = f'"{context.resource.key}":{write(row)}'
    return success(text, message=message, status=context.operation.status)


def _header(context: Context, name: str) -> str:
    return next((v for key, v in context.headers.items() if key.lower() == name.lower()), "")
