"""One record: GET with an id. The stored text is the answer."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import papers, parents


def answer(context: Context) -> Reply:
    """Return the whole record, or its printed form if that is what the call accepts."""
    text = text_of(context, parents.record_id(context))
    form = papers.wanted(context)
    if form is not None:
        return papers.paper(form, context.resource.label, parents.record_id(context))
    return success(f'"{context.resource.key}":{text}')


def text_of(context: Context, record_id: str) -> str:
    """Return a record as JSON text.

    Raises:
        Refusal: the organization does not have it, or not under the parent in the path.
    """
    text = context.store.text(context.resource, context.scope, record_id)
    parent = parents.parent_id(context)
    if text is None or (
        parent
        and context.store.parent_of(context.resource, context.scope, record_id) not in ("", parent)
    ):
        raise unknown_record(context.resource.label)
    return text
