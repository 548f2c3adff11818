"""The statuses of orders that follow from what was made of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.stating import assumed, source

# What an order is while nothing was made of it: Inventory confirms and issues, Books opens.
_FIRST = {
    ("SalesOrder", "inventory"): "confirmed",
    ("PurchaseOrder", "inventory"): "issued",
}
_FOLLOWING = {
    "SalesOrder": (
        *("open", "confirmed", "partially_invoiced", "invoiced"),
        *("fulfilled", "closed", "overdue"),
    ),
    "PurchaseOrder": (
        *("open", "issued", "partially_received", "received"),
        *("billed", "closed"),
    ),
}
_NONE, _SOME, _ALL = "none", "some", "all"


def follow(product: str, name: str, order: Row, made: Mapping[str, Decimal]) -> None:
    """Write the status of an order; `made` says by line how much was invoiced or billed of it."""
    counted = "quantity_shipped" if name == "SalesOrder" else "quantity_received"
    lines = rows_of(order.get("line_items"))
    moved = {str(line.get("line_item_id")): amount(line, counted) for line in lines}
    if order.get("status") in ("draft", "approved") and (any(made.values()) or any(moved.values())):
        _opened(product, name, order)
    if order.get("status") not in _FOLLOWING[name]:
        return
    first = _FIRST.get((name, product), "open")
    status_of = _sales_status if name == "SalesOrder" else _purchase_status
    order["status"] = status_of(first, extent(order, made), extent(order, moved))
    if "invoiced_status" in order:
        order["invoiced_status"] = _invoiced_status(extent(order, made))


def extent(order: Row, made: Mapping[str, Decimal]) -> str:
    """Return whether nothing, something or everything that was ordered is done."""
    lines = rows_of(order.get("line_items"))
    if not any(made.values()):
        return _NONE
    done = (
        made.get(str(line.get("line_item_id")), Decimal(0)) >= amount(line, "quantity")
        for line in lines
    )
    return _ALL if all(done) else _SOME


@assumed("the documents show the member, not its values")
def _invoiced_status(extent: str) -> str:
    """An order is not invoiced, partially invoiced or invoiced."""
    return {_NONE: "not_invoiced", _SOME: "partially_invoiced", _ALL: "invoiced"}[extent]


@assumed("the documents do not say what becomes of a draft of which something is made")
def _opened(product: str, name: str, order: Row) -> None:
    """A draft of an order of which something is made becomes an open order."""
    order["status"] = _FIRST.get((name, product), "open")


@source("Books v3, sales orders, status; Books knowledge base: orders close by themselves")
def _sales_status(first: str, invoiced: str, shipped: str) -> str:
    """A sales order is partially invoiced, then invoiced; fulfilled when all is shipped, and closed
    when both is done.
    """
    if invoiced == _ALL:
        return "closed" if shipped == _ALL else "invoiced"
    if invoiced == _SOME:
        return "partially_invoiced"
    return "fulfilled" if shipped == _ALL else first


@source("Books help, statuses of a purchase order; Inventory v1, purchase orders, status")
def _purchase_status(first: str, billed: str, received: str) -> str:
    """A purchase order is billed when all of it is; before, partially received, then received; and
    closed when both is done. One that is billed in part keeps its status.
    """
    if billed == _ALL:
        return "closed" if received == _ALL else "billed"
    if received == _ALL:
        return "received"
    return "partially_received" if received == _SOME else first
