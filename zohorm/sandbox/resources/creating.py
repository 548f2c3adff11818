"""New records: POST to a collection."""

from __future__ import annotations

from zohorm.sandbox import rows
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row, write
from zohorm.sandbox.reply import Refusal, Reply, invalid, success
from zohorm.sandbox.resources import (
    conversions,
    custom_fields,
    files,
    mirrors,
    numbering,
    parents,
    parts,
)
from zohorm.sandbox.resources.checks import accepted, label, required
from zohorm.sandbox.rows import blank, drop_undocumented, first_status, is_custom


def answer(context: Context) -> Reply:
    """Store the record that the body describes and return it whole, with its id."""
    body = context.body_object()
    required(context.needed, body)
    row = create(context, accepted(context.resource, body) | _chosen_code(context, body))
    take_files(context, row)
    message = f"The {context.resource.label.lower()} has been created."
    text = f'"{context.resource.key}":{write(row)}'
    return success(text, message=message, status=context.operation.status)


def take_files(context: Context, row: Row) -> None:
    """Store the files that came beside the members of a record."""
    if context.files:
        files.add(context, row)
        context.store.replace(context.resource, context.scope, row)


def create(context: Context, sent: Row) -> Row:
    """Store a new record of checked members and return it.

    Raises:
        Refusal: it refers to what does not exist, or breaks a rule.
    """
    resource = context.resource
    parent = parents.parent_id(context, sent)
    row = blank(resource)
    row.update(_shown(context, sent))
    row.update(conversions.made_of(context))
    custom_fields.show(row)
    if resource.id not in sent:
        row[resource.id] = context.store.next_id()
    parents.fill(context, row, parent)
    stamp(context, row, is_new=True)
    if row.get("status") == "":
        row["status"] = first_status(resource)
    numbering.number(context, row, sent)
    parents.check_links(context, sent)
    known = frozenset(row)
    context.rules.settled(context, row, sent, None)
    drop_undocumented(resource, row, known)
    context.store.insert(resource, context.scope, row, parent)
    mirrors.record_written(context, row)
    mirrors.child_written(context, parent)
    conversions.written(context, row)
    context.rules.created(context, row, sent)
    return row


def _chosen_code(context: Context, body: Row) -> Row:
    """Return the id where the client chooses it: the code of a plan.

    Raises:
        Refusal: there is none, or another record has it.
    """
    name = context.resource.id
    if not context.resource.is_coded:
        return {}
    code = str(body.get(name) or "")
    if not code:
        raise invalid(label(name))
    if context.store.get(context.resource, context.scope, code) is not None:
        raise Refusal(400, 1001, f"{label(name)} already exist")
    return {name: code}


def _shown(context: Context, sent: Row) -> Row:
    made: Row = {}
    for name, value in sent.items():
        field = context.resource.member(name)
        if not field.is_shown:
            continue
        if is_custom(field):
            made[name] = custom_fields.merged(context, [], value)
        elif field.kind == "many":
            made[name] = parts.merged(context, field, [], value)
        elif field.kind == "embedded" and isinstance(value, dict):
            made[name] = parts.whole(context.resource, field, value)
        else:
            made[name] = value
    return made


def stamp(context: Context, row: Row, *, is_new: bool = False) -> None:
    """Write the time of this call into a record."""
    rows.stamp(context.resource, row, context.now, is_new=is_new)
