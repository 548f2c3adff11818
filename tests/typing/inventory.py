"""What the checkers say of Inventory's models; read by the type checkers, never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

from zohorm import Query
from zohorm.children import Collection
from zohorm.inventory import (
    Batch,
    Contact,
    Item,
    ItemAdjustment,
    ItemAdjustmentLineItem,
    Package,
    PackageLineItem,
    SalesOrder,
    SalesOrderLineItem,
    ShipmentOrder,
    ZohoInventory,
)
from zohorm.lines import Lines


def _order(inventory: ZohoInventory) -> None:
    order = SalesOrder.using(inventory).get("1")
    assert_type(order, SalesOrder)
    assert_type(order.salesorder_number, str)
    assert_type(order.total, Decimal)
    assert_type(order.date, dt.date)
    assert_type(order.shipment_date, dt.date | None)
    assert_type(order.created_time, dt.datetime)
    assert_type(order.customer, Contact)
    assert_type(order.line_items, Lines[SalesOrderLineItem])
    assert_type(order.line_items[0].quantity_packed, Decimal | None)
    assert_type(
        SalesOrder.iterate(status="confirmed", date__gte=dt.date(2026, 1, 1)), Query[SalesOrder]
    )

    order.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    order.date = "2026-01-01"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    SalesOrder(total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    order.mark_shipped()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _package(order: SalesOrder) -> None:
    assert_type(order.packages, Collection[Package])
    assert_type(order.shipment_orders, Collection[ShipmentOrder])
    package = order.packages.create(
        date=dt.date(2026, 1, 31),
        line_items=[PackageLineItem(so_line_item_id="1", quantity=Decimal(2))],
    )
    assert_type(package, Package)
    assert_type(package.package_number, str)
    assert_type(package.salesorder_id, str)
    assert_type(package.salesorder, SalesOrder)
    assert_type(package.total_quantity, Decimal | None)
    assert_type(Package.print_many(["1"]), bytes)
    package.save(salesorder_id="1")

    package.salesorder_id = "2"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    order.packages = []  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    package.save(order="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _adjustment(item: Item) -> None:
    adjustment = ItemAdjustment(
        date=dt.date(2026, 1, 31), reason="Damaged", adjustment_type="quantity"
    )
    assert_type(adjustment.reason, str)
    assert_type(adjustment.total, Decimal | None)
    line = adjustment.line_items.add(item_id=item.id, quantity_adjusted=Decimal(-1))
    assert_type(line, ItemAdjustmentLineItem)
    assert_type(line.quantity_adjusted, Decimal | None)
    assert_type(line.serial_numbers, tuple[str, ...] | None)
    assert_type(item.batches, Collection[Batch])
    assert_type(item.stock_on_hand, Decimal | None)

    line.quantity_adjusted = "1"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    adjustment.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    item.stock_on_hand = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
