"""The records of Inventory: what each call of them carries, and what is made of an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from making import last_body, rows_of, verbs

from zohorm.errors import OutcomeUnknown, Unsupported
from zohorm.inventory import (
    Bill,
    CompositeItem,
    Contact,
    CreditNote,
    CreditNoteRefund,
    DeliveryChallan,
    Invoice,
    Item,
    ItemAdjustment,
    Package,
    PackageLineItem,
    PriceList,
    PurchaseOrder,
    PurchaseReceiveLineItem,
    SalesOrder,
    SalesReturnLineItem,
    ZohoInventory,
)
from zohorm.sandbox import Sandbox

DAY = dt.date(2026, 1, 31)


@pytest.fixture(autouse=True)
def inventory(sandbox: Sandbox) -> Iterator[ZohoInventory]:
    """A session of Inventory in a block of its own."""
    with closing(ZohoInventory(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session


def query_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the query of the last call, without the organization and the page."""
    around = ("organization_id", "page", "per_page")
    return {name: value for name, value in sandbox.calls[-1].query.items() if name not in around}


def saved_item(name: str = "Bolt") -> Item:
    item = Item(name=name, rate=Decimal("2.50"), sku=name.upper())
    item.save()
    return item


def saved_order(customer_name: str = "Customer") -> SalesOrder:
    customer = Contact(contact_name=customer_name, contact_type="customer")
    customer.save()
    order = SalesOrder(customer_id=customer.id, date=DAY)
    item = saved_item(f"Bolt for {customer_name}")
    order.line_items.add(item_id=item.id, quantity=Decimal(3), rate=Decimal("2.50"))
    order.save()
    return order


def packed(order: SalesOrder) -> Package:
    line = PackageLineItem(so_line_item_id=order.line_items[0].line_item_id, quantity=Decimal(2))
    return order.packages.create(date=DAY, line_items=[line])


def saved_purchase() -> PurchaseOrder:
    vendor = Contact(contact_name="Vendor", contact_type="vendor")
    vendor.save()
    order = PurchaseOrder(vendor_id=vendor.id, date=DAY)
    order.line_items.add(item_id=saved_item("Nut").id, quantity=Decimal(5), rate=Decimal(1))
    order.save()
    return order


def test_a_package_names_its_order_in_the_query_and_never_in_the_body(sandbox: Sandbox) -> None:
    order = saved_order()

    package = packed(order)

    assert (sandbox.calls[-1].method, sandbox.calls[-1].path) == ("POST", "/packages")
    assert query_of(sandbox) == {"salesorder_id": order.id}
    assert last_body(sandbox) == {
        "date": "2026-01-31",
        "line_items": [{"so_line_item_id": order.line_items[0].line_item_id, "quantity": 2}],
    }
    assert package.salesorder_id == order.id
    assert package.salesorder is order


def test_the_packages_of_an_order_are_those_that_it_shows(sandbox: Sandbox) -> None:
    order = saved_order()
    package = packed(order)
    sandbox.forget()

    assert list(order.packages) == [package]
    assert list(order.packages) == [package]
    assert verbs(sandbox) == [f"GET /salesorders/{order.id}"], "the whole order, once"


def test_packages_are_listed_by_their_order_where_the_service_ignores_that(
    sandbox: Sandbox,
) -> None:
    packed(saved_order())
    other = saved_order("Another")
    mine = packed(other)

    found = list(other.packages.iterate())

    assert query_of(sandbox) == {"salesorder_id": other.id}
    assert found == [mine]


def test_a_deleted_package_is_gone_from_its_order(sandbox: Sandbox) -> None:
    order = saved_order()
    package = packed(order)

    package.delete()

    assert list(order.packages) == []


def test_the_order_of_a_package_is_an_option_of_its_save(sandbox: Sandbox) -> None:
    order = saved_order()
    package = Package(date=DAY)
    package.line_items.add(so_line_item_id=order.line_items[0].line_item_id, quantity=Decimal(1))

    package.save(salesorder_id=order.id)

    assert query_of(sandbox) == {"salesorder_id": order.id}


def test_a_shipment_names_order_and_packages_in_the_query(sandbox: Sandbox) -> None:
    order = saved_order()
    package = packed(order)

    shipment = order.shipment_orders.new(date=DAY, delivery_method="Van", tracking_number="T-1")
    shipment.save(package_ids=[package.id])

    assert sandbox.calls[-1].path == "/shipmentorders"
    assert query_of(sandbox) == {"salesorder_id": order.id, "package_ids": package.id}
    shipment.mark_delivered()
    assert sandbox.calls[-1].path == f"/shipmentorders/{shipment.id}/status/delivered"
    assert shipment.status == "delivered"


def test_shipments_of_an_order_are_listed_by_it(sandbox: Sandbox) -> None:
    order = saved_order()
    shipment = order.shipment_orders.create(date=DAY, delivery_method="Van")

    assert list(order.shipment_orders) == [shipment]
    assert (sandbox.calls[-1].path, query_of(sandbox)) == (
        "/shipmentorders",
        {"salesorder_id": order.id},
    )


def test_credit_notes_of_an_invoice_are_not_listed_by_the_service(sandbox: Sandbox) -> None:
    customer = Contact(contact_name="Customer", contact_type="customer")
    customer.save()
    invoice = Invoice(customer_id=customer.id, date=DAY)
    invoice.line_items.add(item_id=saved_item().id, quantity=Decimal(1), rate=Decimal(1))
    invoice.save()
    sandbox.forget()

    with pytest.raises(Unsupported, match="by invoice_id"):
        list(invoice.credit_notes)
    assert verbs(sandbox) == []


def test_a_return_is_received_and_credited_by_the_ids_in_the_query(sandbox: Sandbox) -> None:
    order = saved_order()
    line = SalesReturnLineItem(
        item_id=order.line_items[0].item_id,
        salesorder_item_id=order.line_items[0].line_item_id,
        quantity=Decimal(1),
    )

    back = order.sales_returns.create(date=DAY, reason="Broken", line_items=[line])

    assert query_of(sandbox) == {"salesorder_id": order.id}
    receive = back.receives.new(date=DAY)
    receive.line_items.add(line_item_id=back.line_items[0].line_item_id, quantity=Decimal(1))
    receive.save()
    assert (sandbox.calls[-1].path, query_of(sandbox)) == (
        "/salesreturnreceives",
        {"salesreturn_id": back.id},
    )
    credit = back.credit_notes.new(customer_id=order.customer_id, date=DAY)
    credit.line_items.add(item_id=order.line_items[0].item_id, quantity=Decimal(1))
    credit.save(invoice_id="1")
    assert query_of(sandbox) == {"salesreturn_id": back.id, "invoice_id": "1"}
    assert isinstance(credit, CreditNote)


def test_goods_are_received_for_the_purchase_order_in_the_query(sandbox: Sandbox) -> None:
    order = saved_purchase()
    ordered = order.line_items[0]
    line = PurchaseReceiveLineItem(
        line_item_id=ordered.line_item_id, item_id=ordered.item_id, quantity=Decimal(5)
    )

    receive = order.purchase_receives.create(date=DAY, line_items=[line])

    assert sandbox.calls[-1].path == "/purchasereceives"
    assert query_of(sandbox) == {"purchaseorder_id": order.id}
    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert sent["line_item_id"] == ordered.line_item_id
    assert receive.purchaseorder_id == order.id
    assert list(order.purchase_receives) == [receive]


def test_a_vendor_credit_of_a_bill_names_it_in_the_query(sandbox: Sandbox) -> None:
    vendor = Contact(contact_name="Vendor", contact_type="vendor")
    vendor.save()
    bill = Bill(vendor_id=vendor.id, bill_number="B-1", date=DAY, due_date=DAY)
    bill.line_items.add(name="Bolts", quantity=Decimal(2), rate=Decimal("1.50"))
    bill.save()

    bill.list_vendor_credits().create(vendor_id=vendor.id, date=DAY)

    assert (sandbox.calls[-1].path, query_of(sandbox)) == ("/vendorcredits", {"bill_id": bill.id})


def test_batches_and_assemblies_are_reached_by_their_item(sandbox: Sandbox) -> None:
    item = saved_item()

    batch = item.batches.create(batch_number="L-1", expiry_date=DAY)

    assert last_body(sandbox) == {
        "item_id": item.id,
        "batch_number": "L-1",
        "expiry_date": "2026-01-31",
    }
    assert list(item.batches) == [batch]
    assert query_of(sandbox) == {"item_id": item.id}


def test_a_bundle_takes_the_parts_of_a_composite_item(sandbox: Sandbox) -> None:
    part = saved_item("Part")
    whole = CompositeItem(
        name="Kit", sku="KIT", rate=Decimal(9), item_type="inventory", product_type="goods"
    )
    whole.mapped_items.add(item_id=part.id, quantity=Decimal(2))
    whole.save()

    bundle = whole.bundles.new(
        date=DAY, composite_item_name=whole.name, quantity_to_bundle=Decimal(1), is_completed=True
    )
    bundle.line_items.add(item_id=part.id, quantity_consumed=Decimal(2))
    bundle.save()

    body = last_body(sandbox)
    assert body["composite_item_id"] == whole.id
    assert body["line_items"] == [{"item_id": part.id, "quantity_consumed": 2}]


def test_an_adjustment_of_stock_is_sent_as_numbers(sandbox: Sandbox) -> None:
    item = saved_item()

    adjustment = ItemAdjustment(date=DAY, reason="Damaged", adjustment_type="quantity")
    adjustment.line_items.add(item_id=item.id, quantity_adjusted=Decimal("-1.5"))
    adjustment.save()

    assert sandbox.calls[-1].path == "/inventoryadjustments"
    assert last_body(sandbox) == {
        "date": "2026-01-31",
        "reason": "Damaged",
        "adjustment_type": "quantity",
        "line_items": [{"item_id": item.id, "quantity_adjusted": Decimal("-1.5")}],
    }


def test_batches_of_a_line_travel_back_with_it(sandbox: Sandbox) -> None:
    adjustment = ItemAdjustment(date=DAY, reason="Found", adjustment_type="quantity")
    line = adjustment.line_items.add(item_id=saved_item().id, quantity_adjusted=Decimal(1))
    line.batches.add(batch_number="L-1", in_quantity=Decimal(1))
    adjustment.save()

    adjustment.line_items[0].description = "behind the shelf"
    adjustment.save()

    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert sent["description"] == "behind the shelf"
    (batch,) = rows_of(sent["batches"])
    assert batch["batch_number"] == "L-1"


def test_several_records_are_named_in_the_query(sandbox: Sandbox) -> None:
    order = saved_order()

    SalesOrder.mark_confirmed_many([order.id])
    assert sandbox.calls[-1].path == "/salesorders/status/confirmed"
    assert query_of(sandbox) == {"salesorder_ids": order.id}

    one, two = saved_item("One"), saved_item("Two")
    Item.delete_many([one.id, two.id])
    assert (sandbox.calls[-1].method, sandbox.calls[-1].path) == ("DELETE", "/items")
    assert query_of(sandbox) == {"item_ids": f"{one.id},{two.id}"}


def test_refunds_are_listed_below_a_credit_note_and_below_none(sandbox: Sandbox) -> None:
    assert list(CreditNoteRefund.iterate()) == []
    assert sandbox.calls[-1].path == "/creditnotes/refunds"


def test_a_query_of_orders_is_checked_row_by_row(sandbox: Sandbox) -> None:
    order = saved_order()
    order.mark_confirmed()

    assert [each.id for each in SalesOrder.iterate(status="confirmed")] == [order.id]
    assert query_of(sandbox) == {"status": "confirmed"}
    assert list(SalesOrder.iterate(date__gt=DAY)) == []


def test_one_price_of_a_list_is_changed_with_all_prices_sent(sandbox: Sandbox) -> None:
    one, two = saved_item("One"), saved_item("Two")
    prices = PriceList(name="Trade", pricebook_type="per_item", sales_or_purchase_type="sales")
    prices.pricebook_items.add(item_id=one.id, pricebook_rate=Decimal(1))
    prices.pricebook_items.add(item_id=two.id, pricebook_rate=Decimal(2))
    prices.save()
    sandbox.forget()

    prices.pricebook_items[1].pricebook_rate = Decimal("2.25")
    prices.save()

    sent = rows_of(last_body(sandbox)["pricebook_items"])
    assert [row["pricebook_rate"] for row in sent] == [1, Decimal("2.25")]
    assert [call.method for call in sandbox.calls] == ["GET", "PUT"]


def test_an_item_of_a_bill_stays_when_another_member_of_its_line_is_set(sandbox: Sandbox) -> None:
    item = saved_item().id
    line = {"line_item_id": "7", "item_id": item, "quantity": 2, "rate": 3}
    row = {"vendor_id": "1", "line_items": [line]}
    bill = Bill.get(sandbox.insert("Bill", row, product="inventory"))

    bill.line_items[0].quantity = Decimal(5)
    bill.save()

    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert (sent["line_item_id"], sent["item_id"], sent["quantity"]) == ("7", item, 5)


def test_a_credit_note_pays_several_invoices(sandbox: Sandbox) -> None:
    sandbox.next(body={"code": 0, "message": "paid"})

    CreditNote.at("1").apply_to_invoices(
        invoices=[{"invoice_id": "2", "amount_applied": Decimal("0.10")}]
    )

    assert last_body(sandbox) == {
        "invoices": [{"invoice_id": "2", "amount_applied": Decimal("0.10")}]
    }
    assert verbs(sandbox) == ["POST /creditnotes/1/invoices"]


def test_goods_that_come_back_are_not_counted_twice(sandbox: Sandbox) -> None:
    """The call says how many have come back now, so a second one might take back as many again."""
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        DeliveryChallan.return_many(["1"], line_items=[{"line_item_id": "2", "qty_returned": 3}])

    assert verbs(sandbox) == ["PUT /deliverychallans/return"]
