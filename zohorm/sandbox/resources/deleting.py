"""Removed records: DELETE with an id."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply, success
from zohorm.sandbox.resources import conversions, mirrors, reading


def answer(context: Context) -> Reply:
    """Remove the record and its children."""
    row = reading.loaded(context)
    context.rules.removable(context, row)
    delete(context, str(row[context.resource.id]))
    conversions.removed(context, row)
    context.rules.deleted(context, row)
    return success(message=f"The {context.resource.label.lower()} has been deleted.")


def delete(context: Context, record_id: str) -> None:
    """Remove one record, its children, and its row in a list of its parent."""
    parent = context.store.parent_of(context.resource, context.scope, record_id)
    context.store.delete(context.resource, context.scope, record_id)
    mirrors.record_deleted(context, record_id)
    mirrors.child_written(context, parent)
