"""What a sandbox holds at its start: its organizations, and the demo data if asked for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import cast

from zohorm.sandbox import demo, exact, organizations
from zohorm.sandbox.catalogue import Resource, catalogue
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rows import blank
from zohorm.sandbox.store import Store

# The day on which the clock of a sandbox starts.
TODAY = dt.date(2026, 1, 15)


@cache
def snapshot(name: str | None, count: int) -> bytes:
    """Return a database with that many organizations and the data of a seed; made once."""
    store = Store()
    with store.transaction():
        organizations.create(store, count, today=TODAY.isoformat())
        if name == "demo":
            product = next(iter(catalogue().values()))
            demo.fill(store, product, organizations.ids(store)[0], today=TODAY)
    made = store.snapshot()
    store.close()
    return made


def insert(
    store: Store, resource: Resource, organization: str, given: Row, *, now: dt.datetime
) -> str:
    """Store a record as it is given, with what it leaves out unset, and return its id."""
    row = blank(resource)
    row.update({name: _exact(value) for name, value in given.items()})
    row[resource.id] = str(row.get(resource.id) or store.next_id())
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S%z")
    for name in ("created_time", "last_modified_time"):
        if name in row:
            row[name] = given.get(name) or stamp
    owner = next((n for n in given if resource.parent and n == f"{resource.parent.lower()}_id"), "")
    store.insert(resource, organization, row, str(given.get(owner, "")))
    return str(row[resource.id])


def _exact(value: object) -> exact.Json:
    if isinstance(value, float):
        return Decimal(repr(value))
    return cast("exact.Json", value)
