"""What a sandbox holds at its start: its organizations, and the demo data if asked for."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from threading import Thread
from typing import cast

from zohorm.sandbox import catalogue, demo, organizations
from zohorm.sandbox.catalogue import Product, Resource
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources import parts
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank, stamp
from zohorm.sandbox.store import Store

# The day on which the clock of a sandbox starts.
TODAY = dt.date(2026, 1, 15)


@cache
def snapshot(name: str | None, count: int) -> bytes:
    """Return a database with that many organizations and the data of a seed; made once."""
    store = Store()
    store.open()
    with store.transaction(), _no_collection():
        organizations.create(store, count, today=TODAY.isoformat())
        books = catalogue.product("books") if name == "demo" else None
        if books is not None:
            demo.fill(store, books, organizations.ids(store)[0], today=TODAY)
    store.analyze()
    made = store.snapshot()
    store.close()
    return made


@cache
def coming(name: str | None, count: int) -> Future[bytes]:
    """Return the same for `Store.restore`; demo data is made by a thread, while others go on."""
    made: Future[bytes] = Future()
    if name is None:
        made.set_result(snapshot(name, count))
    else:
        maker = Thread(target=_make, args=(made, name, count), name="zohorm-seed", daemon=True)
        maker.start()
    return made


def _make(made: Future[bytes], name: str, count: int) -> None:
    try:
        made.set_result(snapshot(name, count))
    except BaseException as error:  # noqa: BLE001  # raised by whoever waits for it
        made.set_exception(error)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let nobody look for garbage in many new rows, which hold none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def insert(
    store: Store,
    product: Product,
    resource: Resource,
    organization: str,
    given: Mapping[str, object],
    *,
    now: dt.datetime,
) -> str:
    """Store a record as it is given, with what it leaves out unset, and return its id.

    Rows of its lists get ids, and those that are records of their own are stored as such as well.
    """
    row = blank(resource)
    stamp(resource, row, now, is_new=True)
    row.update({name: _stored(store, resource, name, value) for name, value in given.items()})
    row[resource.id] = key = str(row.get(resource.id) or store.next_id())
    related = product.resources
    parent = _parent(product, resource, given)
    for name in resource.parent_params:
        # It says where the record belongs; answers show it only where the facts say so.
        if name not in resource.fields:
            row.pop(name, None)
    store.insert(resource, organization, row, parent)
    for field in resource.fields.values():
        if field.kind == "many" and field.of in resource.children.values():
            child = related[field.of or ""]
            for each in rows_of(row.get(field.name)):
                full = {**blank(child), **each}
                full.update({resource.id: key} if resource.id in full else {})
                store.insert(child, organization, full, key)
    return key


def _parent(product: Product, resource: Resource, given: Mapping[str, object]) -> str:
    """Return the id of a child's parent, by the name that its record or the path has for it."""
    owner = product.resources.get(resource.parent or "")
    own = () if owner is None else (owner.id,)
    names = (*own, *reversed(resource.parent_params))
    return next((str(given[name]) for name in names if given.get(name)), "")


def _stored(store: Store, resource: Resource, name: str, value: object) -> Json:
    """Return a value given in Python as a record holds it; rows of lists with all their members."""
    field = resource.fields.get(name)
    if field is None:
        return _exact("json", value)
    if field.kind == "embedded" and isinstance(value, dict):
        return parts.whole(resource, field, cast("Row", _exact("json", value)), keeps_all=True)
    if field.kind != "many" or field.of not in resource.embedded or not isinstance(value, list):
        return _exact(field.kind, value)
    shape = resource.embedded[field.of]
    made: list[Json] = []
    for each in value:
        kinds = {member: shape.fields[member].kind for member in each if member in shape.fields}
        given: Row = {m: _exact(kinds.get(m, "json"), v) for m, v in each.items()}
        row = parts.whole(resource, field, given, keeps_all=True)
        if shape.id is not None and name != "custom_fields" and not row.get(shape.id):
            row[shape.id] = store.next_id()
        made.append(row)
    return made


def _exact(kind: str, value: object) -> Json:
    if isinstance(value, bool) or value in (None, ""):
        return cast("Json", value)
    if kind == "discount" and isinstance(value, str) and value.endswith("%"):
        return value  # A percentage is text.
    if isinstance(value, float) or (
        kind in ("money", "number", "discount") and isinstance(value, (int, str))
    ):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {str(name): _exact("json", each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exact("json", each) for each in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return cast("Json", value)
