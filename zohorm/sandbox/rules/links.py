"""What hangs together by an amount or a quantity: each such link is kept once, beside the records.

What a payment or credit pays of a document, and what an invoice or bill takes over from a line of
an order. Everything that records show of it is computed from here.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from zohorm.sandbox.catalogue import Field, Resource, Shape
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.store import Where

_ID = "link_id"
_COLUMNS = ("kind", "source_id", "target_id")


@cache
def _resource(product: str) -> Resource:
    """Return what the store takes for the resource of links; no path leads to it."""
    fields = {name: Field(name=name, kind="id") for name in (_ID, *_COLUMNS, "part_id")}
    fields["amount"] = Field(name="amount", kind="money")
    return Resource(
        product=product,
        name="Link",
        path="",
        key="link",
        list_key="links",
        number=None,
        shape=Shape(id=_ID, fields=fields),
        embedded={},
        filters={},
        sort=_COLUMNS,
        counts=False,
        operations={},
        children={},
        parent=None,
    )


def add(
    context: Context, kind: str, source: str, target: str, number: Decimal, *, part: str = ""
) -> str:
    """Keep a link and return its id."""
    key = context.store.next_id()
    row: Row = {
        _ID: key,
        "kind": kind,
        "source_id": source,
        "target_id": target,
        "part_id": part,
        "amount": number,
        "date": context.today,
    }
    context.store.insert(_resource(context.product.name), context.organization_id, row)
    return key


def find(context: Context, kind: str, *, source: str = "", target: str = "") -> list[Row]:
    """Return the links of a kind from a source, to a target, or both; oldest first."""
    named = {"kind": kind, "source_id": source, "target_id": target}
    wanted = {name: value for name, value in named.items() if value}
    where = Where(
        # A kind has many links, a record has few: that index is not to be used.
        "".join(f' AND {"+" if name == "kind" else ""}"f_{name}" = ?' for name in wanted),
        tuple(wanted.values()),
    )
    return context.store.rows(_resource(context.product.name), context.organization_id, where)


def get(context: Context, key: str) -> Row | None:
    """Return a link; None if there is none with this id."""
    return context.store.get(_resource(context.product.name), context.organization_id, key)


def change(context: Context, link: Row, number: Decimal) -> None:
    """Keep another amount of a link."""
    link["amount"] = number
    context.store.replace(_resource(context.product.name), context.organization_id, link)


def drop(context: Context, key: str) -> None:
    """Forget a link."""
    context.store.delete(_resource(context.product.name), context.organization_id, key)


def total(rows: list[Row]) -> Decimal:
    """Return the sum of links."""
    return sum((amount(row, "amount") for row in rows), Decimal(0))
