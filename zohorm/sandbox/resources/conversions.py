"""Records that are made of another one, named in the query of the create: packages of an order.

Source: Inventory v1, packages; that the record then shows the id, and the other one lists what was
made of it, is seen by clients.
"""

from __future__ import annotations

from collections.abc import Iterator

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources import parents, parts


def made_of(context: Context) -> Row:
    """Return the ids in the query that the new record shows.

    Raises:
        Refusal: there is no such record.
    """
    fields = context.resource.fields
    found: Row = {
        name: value
        for name, value in context.query.items()
        if name in context.operation.query and name in fields and fields[name].kind == "id"
    }
    parents.check_links(context, found)
    return found


def written(context: Context, row: Row) -> None:
    """Show a record that was written in the list of the record that it was made of."""
    key = row[context.resource.id]
    # The list shows what the record itself is, and none of what it holds.
    brief: Row = {name: value for name, value in row.items() if not isinstance(value, list | dict)}
    for owner, shown, above in _owners(context, row):
        rows = parts.rows_of(above.get(shown))
        kept = [each for each in rows if each.get(context.resource.id) != key]
        above[shown] = [*kept, brief]
        context.store.replace(owner, context.organization_id, above)


def removed(context: Context, row: Row) -> None:
    """Take a record that was deleted out of the list of the record that it was made of."""
    name = context.resource.id
    for owner, shown, above in _owners(context, row):
        rows = parts.rows_of(above.get(shown))
        above[shown] = [each for each in rows if each.get(name) != row[name]]
        context.store.replace(owner, context.organization_id, above)


def _owners(context: Context, row: Row) -> Iterator[tuple[Resource, str, Row]]:
    """Yield what a record was made of: its resource, the list there, and the record."""
    for owner in context.product.resources.values():
        for shown, (of, by) in owner.conversions.items():
            if of == context.resource.name and (above := context.get(owner.name, row.get(by))):
                yield owner, shown, above
