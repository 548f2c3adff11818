"""What the service writes down about a record: a comment for each thing done to it."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.givens import USER
from zohorm.sandbox.rows import blank


def note(context: Context, row: Row, description: str, *, operation_type: str) -> None:
    """Write one comment of the service under a record, if such records have comments."""
    child = context.child(context.resource, "comment_id")
    if child is None:
        return
    owner = str(row[context.resource.id])
    comment = blank(child)
    comment[child.id] = context.store.next_id()
    values: Row = {
        context.resource.id: owner,
        "description": description,
        "comment_type": "system",
        "operation_type": operation_type,
        "transaction_id": owner,
        "transaction_type": context.resource.key,
        **authorship(context),
    }
    comment.update({name: value for name, value in values.items() if name in comment})
    context.store.insert(child, context.organization_id, comment, owner)


def authorship(context: Context) -> Row:
    """Return who wrote a comment, and when."""
    return {
        "commented_by_id": USER[0],
        "commented_by": USER[1],
        "date": context.today,
        "date_description": "few seconds ago",
        "time": context.now.strftime("%I:%M %p"),
    }
