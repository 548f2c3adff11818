"""Orders and what is made of them: invoices and bills, line by line.

Each line of what is made names the line of the order that it takes from; that is kept as a link,
see `links.py`, and quantities, lists and statuses of the order are computed from these.
"""

from __future__ import annotations

from decimal import Decimal

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules import approvals, finding, links, order_statuses
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source


@attrs.frozen(kw_only=True)
class Conversion:
    """What is made of which orders, and where both show it."""

    made: str
    of: str
    by: str
    """The member of a line by which it names the line of the order."""
    counted: str
    """The member of the order and its lines that sums these quantities up."""
    listed: str = ""
    """The list in the order of what was made of it."""
    gone: tuple[str, ...] = ("void",)

    @property
    def name(self) -> str:
        """What its links are called."""
        return f"{self.made} of {self.of}"


CONVERSIONS = (
    Conversion(
        made="Invoice",
        of="SalesOrder",
        by="salesorder_item_id",
        counted="quantity_invoiced",
        listed="invoices",
    ),
    Conversion(
        made="Bill",
        of="PurchaseOrder",
        by="purchaseorder_item_id",
        counted="quantity_billed",
        listed="bills",
    ),
)


def follow(context: Context, name: str, row: Row, *, is_gone: bool = False) -> None:
    """Let the orders follow a record that was made of them, written or removed.

    Raises:
        Refusal: it takes more of a line than was ordered, or of an order that is void.
    """
    for conversion in CONVERSIONS:
        if conversion.made == name and conversion.of in context.product.resources:
            _follow(context, conversion, row, is_gone=is_gone)


def _follow(context: Context, conversion: Conversion, row: Row, *, is_gone: bool) -> None:
    key = str(row[context.product.resources[conversion.made].id])
    is_gone = is_gone or row.get("status") in conversion.gone
    taken = {} if is_gone else _taken(conversion, row)
    before = links.find(context, conversion.name, source=key)
    kept = {str(link["part_id"]): amount(link, "amount") for link in before}
    if kept == taken:
        _relist(context, conversion, before)
        return
    touched = {str(link["target_id"]) for link in before}
    for link in before:
        links.drop(context, str(link["link_id"]))
    for part, quantity in taken.items():
        order = _order_of(context, conversion, row, part)
        if order is None:
            continue
        order_key = str(order[context.product.resources[conversion.of].id])
        _check(context, conversion, order, part, quantity)
        links.add(context, conversion.name, key, order_key, quantity, part=part)
        touched.add(order_key)
    for each in sorted(touched):
        order = context.get(conversion.of, each)
        if order is not None:
            show(context, conversion.of, order)


def _relist(context: Context, conversion: Conversion, found: list[Row]) -> None:
    """Show number, status and balance of what was made anew, though it takes the same."""
    for key in {str(link["target_id"]) for link in found}:
        order = context.get(conversion.of, key)
        if order is not None and conversion.listed in order:
            _list(context, conversion, order)
            resource = context.product.resources[conversion.of]
            context.store.replace(resource, context.organization_id, order)


def _taken(conversion: Conversion, row: Row) -> dict[str, Decimal]:
    """Return how much a record takes of the lines of orders, by their ids."""
    taken: dict[str, Decimal] = {}
    for line in rows_of(row.get("line_items")):
        part = str(line.get(conversion.by) or "")
        if part:
            taken[part] = taken.get(part, Decimal(0)) + amount(line, "quantity")
    return taken


def _order_of(context: Context, conversion: Conversion, row: Row, part: str) -> Row | None:
    """Return the order that has a line; None if there is none."""
    resource = context.product.resources[conversion.of]
    named = (context.query.get(resource.id, ""), str(row.get(resource.id) or ""))
    found = (context.get(conversion.of, key) for key in named if key)
    orders = [*(each for each in found if each), *finding.holding(context, conversion.of, part)]
    return next((each for each in orders if _line(each, part) is not None), None)


def _line(order: Row, part: str) -> Row | None:
    found = (line for line in rows_of(order.get("line_items")) if line.get("line_item_id") == part)
    return next(found, None)


def _check(
    context: Context, conversion: Conversion, order: Row, part: str, quantity: Decimal
) -> None:
    check_live(context, conversion.of, order)
    line = _line(order, part) or {}
    others = (
        link
        for link in links.find(
            context,
            conversion.name,
            target=str(order[context.product.resources[conversion.of].id]),
        )
        if link["part_id"] == part
    )
    if links.total(list(others)) + quantity > amount(line, "quantity"):
        _not_more()


def check_live(context: Context, name: str, order: Row) -> None:
    """Check that something may be made of an order, or packed, shipped or received of it.

    Raises:
        Refusal: it is void or cancelled, awaits approval, or was rejected.
    """
    if order.get("status") in ("void", "cancelled"):
        _not_of_void()
    approvals.check(order, context.product.resources[name].label.lower())


@assumed("the documents do not say what may be made of an order that is void")
def _not_of_void() -> None:
    """Nothing is made, packed, shipped or received of an order that is void or cancelled."""
    raise refusal("The order is void or cancelled.")


@assumed("the documents do not say whether more than was ordered may be invoiced, sent or billed")
def _not_more() -> None:
    """No more is taken of a line than was ordered."""
    raise refusal("The quantity is more than what is left of the line of the order.")


def show(context: Context, name: str, order: Row) -> None:
    """Show on an order what was invoiced or billed of it, and store it."""
    for conversion in CONVERSIONS:
        if conversion.of == name:
            _count(order, conversion.counted, _made(context, conversion, order))
            _list(context, conversion, order)
    settle_status(context, name, order)
    context.store.replace(context.product.resources[name], context.organization_id, order)


def settle_status(context: Context, name: str, order: Row) -> None:
    """Write the status of an order that follows from what was made of it."""
    for conversion in CONVERSIONS:
        if conversion.of == name:
            made = _made(context, conversion, order)
            order_statuses.follow(context.product.name, name, order, made)


@source("Inventory v1, sales orders and purchase orders: quantity_invoiced, is_invoiced and others")
def _made(context: Context, conversion: Conversion, order: Row) -> dict[str, Decimal]:
    """An order shows for each line, and in all, how much was made of it, and lists by what."""
    key = str(order[context.product.resources[conversion.of].id])
    counted: dict[str, Decimal] = {}
    for link in links.find(context, conversion.name, target=key):
        part = str(link["part_id"])
        counted[part] = counted.get(part, Decimal(0)) + amount(link, "amount")
    return counted


def _count(order: Row, member: str, counted: dict[str, Decimal]) -> None:
    for line in rows_of(order.get("line_items")):
        quantity = counted.get(str(line.get("line_item_id")), Decimal(0))
        _put(line, member, quantity)
        if member == "quantity_invoiced":
            _put(line, "is_invoiced", bool(quantity) and quantity >= amount(line, "quantity"))
    _put(order, member, sum(counted.values(), Decimal(0)))


def _list(context: Context, conversion: Conversion, order: Row) -> None:
    resource = context.product.resources[conversion.of]
    field = resource.fields.get(conversion.listed)
    if field is None or conversion.listed not in order:
        return
    found = links.find(context, conversion.name, target=str(order[resource.id]))
    keys = dict.fromkeys(str(link["source_id"]) for link in found)
    shown: list[Json] = []
    for each in (context.get(conversion.made, key) for key in keys):
        if each is not None:
            row = blank(resource, field.of)
            shown.append({**row, **{m: each[m] for m in row if m in each}})
    order[conversion.listed] = shown


_STORED = {
    "SalesOrder": (("Package", "salesorder_id"),),
    "PurchaseOrder": (("PurchaseReceive", "purchaseorder_id"),),
}


def removable(context: Context, name: str, order: Row, *, statuses: tuple[str, ...] = ()) -> None:
    """Check that nothing was made of an order; no package or receive in a status, if asked.

    Raises:
        Refusal: something was.
    """
    key = str(order[context.product.resources[name].id])
    for conversion in CONVERSIONS:
        if conversion.of == name and links.find(context, conversion.name, target=key):
            _invoiced() if conversion.made == "Invoice" else _used("bill")
    for made, member in _STORED[name]:
        if finding.naming(context, made, member, key, statuses):
            _used(context.product.resources[made].label.lower())


@source("Books v3, sales orders, delete a sales order")
def _invoiced() -> None:
    """A sales order that was invoiced is not deleted, nor made void."""
    raise refusal("The order has an invoice.")


@assumed("the documents say so of sales orders that are invoiced")
def _used(label: str) -> None:
    """An order of which something was made is not deleted, nor made void once goods have moved."""
    raise refusal(f"The order has a {label}.")


def check_lines(context: Context, name: str, order: Row, before: Row) -> None:
    """Check that lines which are changed still have what was made of them.

    Raises:
        Refusal: one has not, or is gone.
    """
    for conversion in CONVERSIONS:
        if conversion.of == name:
            _has_as_much(order, _made(context, conversion, order))
    member = "quantity_packed" if name == "SalesOrder" else "quantity_received"
    moved = {
        str(line["line_item_id"]): amount(line, member) for line in rows_of(before["line_items"])
    }
    _has_as_much(order, moved)


def _has_as_much(order: Row, done: dict[str, Decimal]) -> None:
    for part, quantity in done.items():
        if quantity > amount(_line(order, part) or {}, "quantity"):
            _made_already()


@assumed("the documents do not say what becomes of what was made of a line that is less or gone")
def _made_already() -> None:
    """A line of an order is not made less than what is invoiced, billed or moved of it."""
    raise refusal("More than this was made of the line of the order already.")


def carry(context: Context, made: str, order: Row, sent: Row) -> None:
    """Let a record that is made of an order take what is left of its lines.

    Raises:
        Refusal: nothing is left.
    """
    conversion = next(each for each in CONVERSIONS if each.made == made)
    taken = _made(context, conversion, order)
    lines: list[Json] = []
    pairs = zip(rows_of(order.get("line_items")), rows_of(sent.get("line_items")), strict=True)
    for line, carried in pairs:
        part = str(line["line_item_id"])
        left = amount(line, "quantity") - taken.get(part, Decimal(0))
        if left > 0:
            lines.append({**carried, "quantity": left, conversion.by: part})
    if not lines and rows_of(order.get("line_items")):
        _nothing_left()
    sent["line_items"] = lines


@assumed("the documents do not say what is made of an order of which nothing is left")
def _nothing_left() -> None:
    """Of an order of which everything was invoiced or billed, nothing more is."""
    raise refusal("Nothing is left of the order.")


@assumed("the documents name the orders, not which line takes from which")
def match(made: str, row: Row, order: Row) -> None:
    """A line that names no line of its order takes from the one with the same item."""
    conversion = next(each for each in CONVERSIONS if each.made == made)
    free = {str(each["item_id"]): each for each in rows_of(order.get("line_items"))}
    for line in rows_of(row.get("line_items")):
        known = free.get(str(line.get("item_id") or ""))
        if known is not None and line.get(conversion.by) == "":
            line[conversion.by] = known["line_item_id"]


def show_on_made(context: Context, made: str, row: Row, *, listed: str, ids: str) -> None:
    """List the orders of which a record was made, as rows and as ids."""
    conversion = next(each for each in CONVERSIONS if each.made == made)
    resource = context.product.resources[made]
    found = links.find(context, conversion.name, source=str(row[resource.id]))
    keys = list(dict.fromkeys(str(link["target_id"]) for link in found))
    field = resource.fields.get(listed)
    if field is not None and listed in row:
        shown: list[Json] = []
        for order in (context.get(conversion.of, key) for key in keys):
            if order is not None:
                blanks = blank(resource, field.of)
                named = {f"purchaseorder_{name}": order[name] for name in ("date", "status")}
                known = {**order, **named}
                shown.append({**blanks, **{m: known[m] for m in blanks if m in known}})
        row[listed] = shown
    if ids in row and keys:
        row[ids] = list[Json](keys)


def _put(row: Row, name: str, value: Json) -> None:
    if name in row:
        row[name] = value
