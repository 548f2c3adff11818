"""Documents of a warehouse: packages, shipments, receives, transfers and assemblies.

They carry quantities from the lines of an order; the order shows how much of each line is packed,
shipped or received, summed over the documents that there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import orders
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.documents import DocumentRules
from zohorm.sandbox.rules.finding import naming
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed, source

_SHIPPED = ("shipped", "delivered")
_NOTHING = Decimal(0)


class PackageRules(Rules):
    """What holds for packages of a sales order."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Begin unshipped, with items and customer as the order has them."""
        if before is None:
            row["status"] = "not_shipped"
        order = context.get("SalesOrder", row.get("salesorder_id")) or {}
        if before is None:
            orders.check_live(context, "SalesOrder", order)
        for name in ("customer_id", "customer_name", "salesorder_number"):
            row[name] = row.get(name) or order.get(name, "")
        row["salesorder_date"] = order.get("date", "")
        lines = rows_of(row.get("line_items"))
        _fill(lines, order, "so_line_item_id")
        row["total_quantity"] = _sum(lines)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the order know what is packed."""
        show_progress(context, row.get("salesorder_id"))

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the order know what is packed now."""
        show_progress(context, row.get("salesorder_id"))

    def deleted(self, context: Context, row: Row) -> None:
        """Let the order know that it is not packed any more."""
        show_progress(context, row.get("salesorder_id"))


class ShipmentRules(DocumentRules):
    """What holds for shipments of packages."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Begin shipped, for the customer and the order of its packages."""
        super().settle(context, row, sent, before)
        if before is None:
            row["status"] = shipment_status()
        for package in _named(context):
            _check_order(context, package)
            for name in ("salesorder_id", "salesorder_number", "customer_id", "customer_name"):
                row[name] = row.get(name) or package.get(name, "")

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Ship the packages that the call names."""
        self._carry(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Ship the packages that the call names, and no others."""
        self._carry(context, row)

    def acted(self, context: Context, row: Row) -> None:
        """Deliver the packages with their shipment."""
        for package in naming(context, "Package", "shipment_id", str(row["shipment_id"])):
            _put(context, package, {"status": row["status"]})

    def deleted(self, context: Context, row: Row) -> None:
        """Unpack nothing: its packages wait for another shipment."""
        for package in naming(context, "Package", "shipment_id", str(row["shipment_id"])):
            _put(context, package, {"status": "not_shipped", "shipment_id": ""})
        show_progress(context, row.get("salesorder_id"))

    def _carry(self, context: Context, row: Row) -> None:
        key, named = row["shipment_id"], _named(context)
        for package in naming(context, "Package", "shipment_id", str(key)):
            if package["package_id"] not in [each["package_id"] for each in named]:
                _put(context, package, {"status": "not_shipped", "shipment_id": ""})
        shown = ("shipment_number", "delivery_method", "tracking_number", "carrier")
        told = {name: row.get(name, "") for name in shown}
        told.update(status=row["status"], shipping_date=row.get("date", ""), shipment_id=key)
        for package in named:
            _put(context, package, told)
        show_progress(context, row.get("salesorder_id"))


class ReceiveRules(Rules):
    """What holds for receives of purchases."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Say what has come, and how much of it."""
        if before is None:
            row["status"] = row["received_status"] = receive_status(row)
        order = context.get("PurchaseOrder", row.get("purchaseorder_id")) or {}
        if before is None:
            orders.check_live(context, "PurchaseOrder", order)
        lines = rows_of(row.get("line_items"))
        _fill(lines, order, "line_item_id")
        row["total_quantity_received"] = _sum(lines)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the order know what has come."""
        show_received(context, row.get("purchaseorder_id"))

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the order know what has come now."""
        show_received(context, row.get("purchaseorder_id"))

    def deleted(self, context: Context, row: Row) -> None:
        """Let the order know that it has not come."""
        show_received(context, row.get("purchaseorder_id"))


class ReturnReceiveRules(Rules):
    """What holds for receives of sales returns."""

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the return know how much of it has come back."""
        self._tell(context, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Let the return know that it has not come back."""
        self._tell(context, row)

    def _tell(self, context: Context, row: Row) -> None:
        returned = context.get("SalesReturn", row.get("salesreturn_id"))
        if returned is None:
            return
        key = str(returned["salesreturn_id"])
        mine = naming(context, context.resource.name, "salesreturn_id", key)
        returned["receive_status"] = return_status(returned, mine)
        kind = context.product.resources["SalesReturn"]
        context.store.replace(kind, context.organization_id, returned)


class TransferRules(Rules):
    """What holds for transfer orders."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Begin on the way, or at the goal."""
        if before is None or "is_intransit_order" in sent:
            row["status"] = transfer_status(sent)


class BundleRules(Rules):
    """What holds for assemblies of composite items."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Begin as built or as planned."""
        if before is None or "is_completed" in sent:
            row["status"] = assembly_status(sent)


@source("Inventory v1, sales orders: `quantity_packed`, `quantity_shipped`, `shipped_status`")
def show_progress(context: Context, order_id: object) -> None:
    """An order shows how much of each line is in packages, and how much of that was shipped."""
    order = context.get("SalesOrder", order_id)
    if order is None:
        return
    packed = naming(context, "Package", "salesorder_id", str(order_id))
    sent = [each for each in packed if each.get("status") in _SHIPPED]
    lines = rows_of(order.get("line_items"))
    for line in lines:
        line["quantity_packed"] = _carried(packed, "so_line_item_id", line["line_item_id"])
        line["quantity_shipped"] = _carried(sent, "so_line_item_id", line["line_item_id"])
    order["quantity_packed"] = _sum(lines, "quantity_packed")
    order["quantity_shipped"] = _sum(lines, "quantity_shipped")
    order["shipped_status"] = shipped_status(_sum(lines), _sum(lines, "quantity_shipped"))
    orders.settle_status(context, "SalesOrder", order)
    kind = context.product.resources["SalesOrder"]
    context.store.replace(kind, context.organization_id, order)


@source("Inventory v1, purchase orders: `quantity_received` of a line")
def show_received(context: Context, order_id: object) -> None:
    """An order shows how much of each line has been received."""
    order = context.get("PurchaseOrder", order_id)
    if order is None:
        return
    come = naming(context, "PurchaseReceive", "purchaseorder_id", str(order_id))
    for line in rows_of(order.get("line_items")):
        line["quantity_received"] = _carried(come, "line_item_id", line["line_item_id"])
    orders.settle_status(context, "PurchaseOrder", order)
    owner = context.product.resources["PurchaseOrder"]
    context.store.replace(owner, context.organization_id, order)


@assumed("the documents show the statuses of an order's shipping, not when each is reached")
def shipped_status(wanted: Decimal, shipped: Decimal) -> str:
    """An order is shipped when all of it is, and partially shipped before."""
    if not shipped:
        return "pending"
    return "fulfilled" if shipped >= wanted else "partially_shipped"


@assumed("the documents name the statuses of a shipment, not which one comes first")
def shipment_status() -> str:
    """A shipment is on its way when it is made."""
    return "shipped"


@source("Inventory v1, transfer orders: `is_intransit_order`, false by default")
def transfer_status(sent: Row) -> str:
    """A transfer order is transferred when it is made, unless it says that it is on its way."""
    return "in_transit" if sent.get("is_intransit_order") is True else "transferred"


@source("Inventory v1, composite items, bundles: `is_completed`")
def assembly_status(sent: Row) -> str:
    """An assembly that is completed is built; another one is planned."""
    return "bundled" if sent.get("is_completed") is True else "confirmed"


@assumed("the documents name the statuses of a receive, not which one comes first")
def receive_status(row: Row) -> str:
    """A receive has arrived when it is made, unless it says that it is on its way."""
    return "in_transit" if row.get("status") == "in_transit" else "received"


@source("Inventory v1, sales returns: `receive_status`")
def return_status(returned: Row, receives: Iterable[Row]) -> str:
    """A return is received when all of its quantity is, and partially received before."""
    come = sum((_sum(rows_of(each.get("line_items"))) for each in receives), _NOTHING)
    if come >= _sum(rows_of(returned.get("line_items"))):
        return "received"
    return "partially_received" if come else "not_received"


def _check_order(context: Context, package: Row) -> None:
    """Check that a package may be shipped, for its order still stands."""
    order = context.get("SalesOrder", package.get("salesorder_id"))
    if order is not None:
        orders.check_live(context, "SalesOrder", order)


def _named(context: Context) -> list[Row]:
    """Return the packages that the query of a shipment names."""
    keys = [each for each in context.query.get("package_ids", "").split(",") if each]
    found = [context.get("Package", key) for key in keys]
    return [each for each in found if each is not None]


def _put(context: Context, package: Row, told: Row) -> None:
    """Store a package that a shipment has changed."""
    package.update({name: value for name, value in told.items() if name in package})
    kind = context.product.resources["Package"]
    context.store.replace(kind, context.organization_id, package)


def _fill(lines: Iterable[Row], order: Row, name: str) -> None:
    """Fill in what the lines of a document leave out, from the lines of the order they carry."""
    known = {line["line_item_id"]: line for line in rows_of(order.get("line_items"))}
    for line in lines:
        above = known.get(line.get(name), {})
        for member in ("item_id", "name", "sku", "unit", "combo_type", "mapped_items"):
            if member in line and line[member] in ("", None, []):
                line[member] = above.get(member, line[member])
        if above and line.get("warehouse_id") == "":
            line["warehouse_id"] = place(above, order)


@assumed("the lines of packages and receives have a warehouse; the documents do not fill it in")
def place(line: Row, order: Row) -> Json:
    """Goods leave from, and arrive at, the location that the line of their order names."""
    found = (each.get(name) for each in (line, order) for name in ("location_id", "warehouse_id"))
    return next((each for each in found if each), "")


def _carried(documents: Iterable[Row], name: str, key: object) -> Decimal:
    """Return how much documents carry of one line of an order."""
    lines = [line for each in documents for line in rows_of(each.get("line_items"))]
    return _sum(line for line in lines if line.get(name) == key)


def _sum(lines: Iterable[Row], member: str = "quantity") -> Decimal:
    return sum((amount(line, member) for line in lines), _NOTHING)
