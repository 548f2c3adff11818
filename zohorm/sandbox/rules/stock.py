"""How documents move stock: what an invoice, a receive or an adjustment does to the items it names.

There are two counts of every tracked item. The accounting stock follows bills and invoices, the
physical stock follows receives and shipments. What a document moves is computed from the document
alone, so that the stock of an item is always the sum over the documents there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

import attrs

from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.stating import assumed, source

Count = Literal["on_hand", "committed", "physical", "ordered"]
"""`on_hand` and `committed` are of the accounting stock, `physical` and `ordered` of the other."""

_HELP = "Inventory help, item details, stock tracking methods"
_UNSETTLED = ("", "draft", "pending_approval", "approved", "rejected", "void")
_SETTLED = ("Bill", "CreditNote", "Invoice", "VendorCredit")
_CONFIRMED = ("confirmed", "open", "onhold", "partially_invoiced", "invoiced", "fulfilled")


@attrs.frozen
class Movement:
    """So many of an item more, or fewer, in one count at one location (`""`: nobody said where)."""

    item_id: str
    location_id: str
    count: Count
    quantity: Decimal


def movements(resource: str, row: Row) -> list[Movement]:
    """Return what a record of a resource moves as it stands; nothing as long as it is a draft."""
    of = _MOVED_BY.get(resource)
    if of is None or (resource in _SETTLED and row.get("status") in _UNSETTLED):
        return []
    return [each for each in of(row) if each.quantity]


def moves(resource: str) -> bool:
    """Tell whether records of a resource may move stock."""
    return resource in _MOVED_BY


def items_of(resource: str, row: Row) -> set[str]:
    """Return the items that a record of a resource may move, itself if it is one."""
    if resource not in _MOVED_BY:
        return set()
    lines = rows_of(row.get("line_items"))
    parts = [part for line in lines for part in rows_of(line.get("mapped_items"))]
    found = {str(each.get("item_id") or "") for each in (row, *lines, *parts)}
    return (found | {str(row.get("composite_item_id") or "")}) - {""}


@source(_HELP)
def invoiced(row: Row) -> Iterator[Movement]:
    """An invoice takes its items off the accounting stock from when it is sent until it is void."""
    yield from _of_lines(row, "on_hand", sign=-1)


@source(_HELP)
def billed(row: Row) -> Iterator[Movement]:
    """A bill adds its items to the accounting stock while it is open or paid."""
    yield from _of_lines(row, "on_hand")


@assumed("the help names bills and invoices; their reversals are taken to do the reverse")
def credited(row: Row) -> Iterator[Movement]:
    """A credit note puts its items back into the accounting stock."""
    yield from _of_lines(row, "on_hand")


@assumed("the help names bills and invoices; their reversals are taken to do the reverse")
def returned_to_vendor(row: Row) -> Iterator[Movement]:
    """A vendor credit takes its items off the accounting stock."""
    yield from _of_lines(row, "on_hand", sign=-1)


@source("Inventory help, sales orders, confirmed orders and committed stock")
def committed(row: Row) -> Iterator[Movement]:
    """A confirmed order commits what is not yet invoiced, and orders what is not yet shipped."""
    if row.get("status") not in _CONFIRMED:
        return
    for line in rows_of(row.get("line_items")):
        gone = amount(line, "quantity_cancelled")
        wanted = amount(line, "quantity") - gone
        yield from _moved(row, line, "committed", wanted - amount(line, "quantity_invoiced"))
        yield from _moved(row, line, "ordered", wanted - amount(line, "quantity_shipped"))


@source(_HELP)
def received(row: Row) -> Iterator[Movement]:
    """A purchase receive adds its items to the physical stock once they have arrived."""
    if row.get("status") != "in_transit" and row.get("received_status") != "in_transit":
        yield from _of_lines(row, "physical")


@source(_HELP)
def shipped(row: Row) -> Iterator[Movement]:
    """A package takes its items off the physical stock when it is shipped."""
    if row.get("status") in ("shipped", "delivered"):
        yield from _of_lines(row, "physical", sign=-1)


@assumed("the documents do not say which count the receive of a return moves")
def taken_back(row: Row) -> Iterator[Movement]:
    """The receive of a sales return adds its items to the physical stock."""
    yield from _of_lines(row, "physical")


@assumed("the help speaks of both counts of an item, the documents of one quantity")
def adjusted(row: Row) -> Iterator[Movement]:
    """An adjustment of the quantity moves both counts alike; one of the value moves none."""
    if row.get("adjustment_type") != "value":
        yield from _of_lines(row, "on_hand", "physical", member="quantity_adjusted")


@source("Inventory v1, transfer orders: `is_intransit_order`, mark as received")
def transferred(row: Row) -> Iterator[Movement]:
    """A transfer leaves its source at once, and reaches its destination when it is received."""
    if row.get("status") not in ("in_transit", "transferred"):
        return
    for line in rows_of(row.get("line_items")):
        quantity = amount(line, "quantity_transfer")
        for count in _BOTH:
            yield from _moved(row, line, count, -quantity, at=_place(row, "from_"))
            if row["status"] == "transferred":
                yield from _moved(row, line, count, quantity, at=_place(row, "to_"))


@source("Inventory v1, composite items, bundles: `quantity_to_bundle`, `quantity_consumed`")
def bundled(row: Row) -> Iterator[Movement]:
    """A built assembly adds the composite item and takes off what its parts consume."""
    if row.get("status") != "bundled":
        return
    made = amount(row, "quantity_to_bundle")
    finished: Row = {"item_id": row.get("composite_item_id", "")}
    for count in _BOTH:
        yield from _moved(row, finished, count, made)
        for line in rows_of(row.get("line_items")):
            total = amount(line, "total_quantity_consumed")
            used = total or made * amount(line, "quantity_consumed")
            yield from _moved(row, line, count, -used)


@source("Inventory v1, items: `initial_stock`")
def opened(row: Row) -> Iterator[Movement]:
    """The opening stock of an item is the first entry of both counts."""
    key = str(row.get("item_id") or row.get("composite_item_id") or "")
    parts = [each for each in rows_of(row.get("locations")) if amount(each, "initial_stock")]
    for count in _BOTH:
        for part in parts or [row]:
            place = str(part.get("location_id") or "")
            yield Movement(key, place, count, amount(part, "initial_stock"))


def is_tracked(item: Row) -> bool:
    """Tell whether stock of an item is counted at all."""
    return item.get("item_type") == "inventory" or item.get("track_inventory") is True


_BOTH: tuple[Count, Count] = ("on_hand", "physical")
_MOVED_BY: Mapping[str, Callable[[Row], Iterator[Movement]]] = {
    "Bill": billed,
    "Bundle": bundled,
    "CompositeItem": opened,
    "CreditNote": credited,
    "Invoice": invoiced,
    "Item": opened,
    "ItemAdjustment": adjusted,
    "Package": shipped,
    "PurchaseReceive": received,
    "SalesOrder": committed,
    "SalesReturnReceive": taken_back,
    "TransferOrder": transferred,
    "VendorCredit": returned_to_vendor,
}


def _of_lines(
    row: Row, *counts: Count, sign: int = 1, member: str = "quantity"
) -> Iterator[Movement]:
    for line in rows_of(row.get("line_items")):
        for count in counts:
            yield from _moved(row, line, count, sign * amount(line, member))


def _moved(
    row: Row, line: Row, count: Count, quantity: Decimal, *, at: str | None = None
) -> Iterator[Movement]:
    """Yield what a line moves: its item, or the parts of a kit, which is no thing of its own."""
    place = (_place(line) or _place(row)) if at is None else at
    kit = line.get("combo_type") == "kit" and rows_of(line.get("mapped_items"))
    for part in kit or ():
        yield from _moved(row, part, count, quantity * amount(part, "quantity"), at=place)
    if not kit:
        yield Movement(str(line.get("item_id") or ""), place, count, quantity)


def _place(row: Row, prefix: str = "") -> str:
    """Return the location of a record or line, which older clients call a warehouse."""
    return str(row.get(f"{prefix}location_id") or row.get(f"{prefix}warehouse_id") or "")
