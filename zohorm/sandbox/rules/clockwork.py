"""What the clock does to records: looked at by the first call of each day that may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.columns import columns_of
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.store import Store, Where


def _series(resource: Resource) -> str:
    return f"{resource.table} seen on day"


def sweep(
    context: Context,
    resource: Resource,
    day: str,
    statuses: tuple[str, ...],
    change: Callable[[Row, dt.date], None],
) -> None:
    """Change the records of these statuses whose day has passed, once a day of the clock."""
    today = context.now.date()
    series = _series(resource)
    if context.store.value(context.organization_id, series) >= today.toordinal():
        return
    context.store.set_value(context.organization_id, series, today.toordinal())
    marks = ", ".join("?" * len(statuses))
    where = Where(f' AND "f_status" IN ({marks})', statuses)
    if any(column.name == f"f_{day}" for column in columns_of(resource)):
        where = Where(f'{where.sql} AND "f_{day}" < ?', (*where.values, today.isoformat()))
    for row in context.store.rows(resource, context.organization_id, where):
        if str(row.get(day) or "9") < today.isoformat():
            before = row.get("status")
            change(row, today)
            if row.get("status") != before:
                context.store.replace(resource, context.organization_id, row)


def look_again(store: Store, resource: Resource, organization: str) -> None:
    """Look again at the next call, after a test has stored a record."""
    store.set_value(organization, _series(resource), 0)
