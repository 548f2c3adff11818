"""Children that a record also shows as a list: the persons of a contact.

They are stored once as records of their own and once inside the parent; a write on either side is
carried to the other here.
"""

from __future__ import annotations

from collections.abc import Iterator

from zohorm.sandbox.catalogue import Field, Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources import parts
from zohorm.sandbox.rows import blank, stamp


def mirrored(context: Context, resource: Resource) -> Iterator[tuple[Field, Resource]]:
    """Yield each list of a resource that is also a child resource, with that resource."""
    for field in resource.fields.values():
        if field.kind == "many" and field.of in resource.children.values():
            yield field, context.product.resources[field.of or ""]


def record_written(context: Context, row: Row) -> None:
    """Make the child records what a record's own lists now say."""
    owner = str(row[context.resource.id])
    for field, child in mirrored(context, context.resource):
        old = {str(each[child.id]): each for each in _children(context, child, owner)}
        for each in parts.rows_of(row.get(field.name)):
            key = str(each[child.id])
            known = old.pop(key, None)
            made = known or blank(child)
            made.update({name: value for name, value in each.items() if name in made})
            if context.resource.id in made:
                made[context.resource.id] = owner
            if known is None:
                context.store.insert(child, context.organization_id, made, owner)
            else:
                context.store.replace(child, context.organization_id, made)
        for key in old:
            context.store.delete(child, context.organization_id, key)


def child_written(context: Context, parent: str) -> None:
    """Show the child records of a parent in its list, after one of them was written."""
    owner = context.product.resources.get(context.resource.parent or "")
    if owner is None or not parent:
        return
    for field, child in mirrored(context, owner):
        row = context.store.get(owner, context.organization_id, parent)
        if child is not context.resource or row is None:
            continue
        shown = blank(owner, field.of)
        children = _children(context, child, parent)
        row[field.name] = [
            {name: each.get(name, empty) for name, empty in shown.items()} for each in children
        ]
        context.rules_of(owner).refresh(context, row)
        stamp(owner, row, context.now, is_new=False)
        context.store.replace(owner, context.organization_id, row)
        # The rules of the parent may have changed its rows: only one person is the primary one.
        for before, after in zip(children, parts.rows_of(row[field.name]), strict=True):
            context.store.replace(child, context.organization_id, {**before, **after})


def record_deleted(context: Context, key: str) -> None:
    """Remove every child of a record."""
    for child in context.product.resources.values():
        if child.parent == context.resource.name:
            for each in _children(context, child, key):
                context.store.delete(child, context.organization_id, str(each[child.id]))


def _children(context: Context, child: Resource, parent: str) -> list[Row]:
    return context.store.children(child, context.organization_id, parent)
