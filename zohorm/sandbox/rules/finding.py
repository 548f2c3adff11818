"""Records that name another one, found by an index where there is one."""

from __future__ import annotations

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.columns import columns_of
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.store import Where


def naming(
    context: Context, name: str, member: str, key: str, statuses: tuple[str, ...] = ()
) -> list[Row]:
    """Return the records of a resource in which a member holds an id; with a status, if asked."""
    resource = context.product.resources.get(name)
    if resource is None or not key:
        return []
    where = _where(resource, member, key)
    if statuses and "status" in resource.fields:
        # A contact has few records: the index of statuses is not to be used.
        marks = ", ".join("?" * len(statuses))
        sql = f'{where.sql} AND +"f_status" IN ({marks})'
        where = Where(sql, (*where.values, *statuses))
    rows = context.store.rows(resource, context.organization_id, where)
    return [row for row in rows if row.get(member) == key]


def holding(context: Context, name: str, text: str) -> list[Row]:
    """Return the records of a resource that hold an id anywhere."""
    resource = context.product.resources.get(name)
    if resource is None or not text:
        return []
    where = Where(' AND instr("body", ?) > 0', (f'"{text}"',))
    return context.store.rows(resource, context.organization_id, where)


def is_held(context: Context, resource: Resource, text: str) -> bool:
    """Tell whether any record of a resource holds an id."""
    where = Where(' AND instr("body", ?) > 0', (f'"{text}"',))
    return bool(context.store.texts(resource, context.organization_id, where, limit=1))


def _where(resource: Resource, member: str, key: str) -> Where:
    if any(column.name == f"f_{member}" for column in columns_of(resource)):
        return Where(f' AND "f_{member}" = ?', (key,))
    return Where(' AND instr("body", ?) > 0', (f'"{key}"',))
