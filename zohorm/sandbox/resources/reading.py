"""One record: GET with an id. The stored text is the answer."""

from __future__ import annotations

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row, write
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import files, papers, parents
from zohorm.sandbox.rows import blank
from zohorm.sandbox.store import Where


def answer(context: Context) -> Reply:
    """Return the whole record, or its printed form or file if that is what the call wants."""
    key = parents.record_id(context)
    text = text_of(context, key) if key else single(context)
    if key:
        context.rules.recall(context, Where(" AND id = ?", (key,)))
    form = papers.wanted(context)
    if form is not None:
        return papers.paper(form, context.resource.label, key)
    if context.operation.returns == "bytes":
        return files.of_record(context, key)
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


def single(context: Context) -> str:
    """Return the one record of a resource whose path names none, such as the user of the token.

    Preferences and the like are there before anybody has written them.
    """
    resource = context.resource
    parent = parents.parent_id(context)
    where = Where(" AND parent = ?", (parent,)) if parent else Where()
    # What is written as a whole shows the last writing; of several records, the first is meant.
    order = "seq" if context.operation.is_action else "seq DESC"
    found = context.store.texts(resource, context.scope, where, whole=True, order=order, limit=1)
    if found:
        return found[0]
    row = blank(resource)
    row[resource.id] = context.store.next_id()
    parents.fill(context, row, parent)
    context.store.insert(resource, context.scope, row, parent)
    return write(row)


def loaded(context: Context) -> Row:
    """Return the record that a call is about.

    Raises:
        Refusal: there is none.
    """
    key = parents.record_id(context)
    return exact.load(text_of(context, key) if key else single(context))
