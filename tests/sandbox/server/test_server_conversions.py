"""What is made of estimates and orders: links, quantities and statuses on both sides."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox
from zohorm.sandbox.rules.refusals import UNNAMED

_NUMBERS = count(1)


def order(plain: Plain, *quantities: float) -> tuple[str, list[str]]:
    """Create a sales order; return its id and those of its lines."""
    lines = [{"name": f"Line {n}", "rate": 10, "quantity": n} for n in quantities or (4, 2)]
    customer = plain.contact(f"Customer {next(_NUMBERS)}")
    body = {"customer_id": customer, "line_items": lines}
    made = plain.post("/salesorders", body)["salesorder"]
    return made["salesorder_id"], [line["line_item_id"] for line in made["line_items"]]


def status(plain: Plain, kind: str, key: str) -> str:
    return str(plain.get(f"/{kind}s/{key}")[kind]["status"])


def invoiced(plain: Plain, key: str, line: str, quantity: float) -> dict[str, Any]:
    customer = plain.get(f"/salesorders/{key}")["salesorder"]["customer_id"]
    taken = {"rate": 10, "quantity": quantity, "salesorder_item_id": line}
    made: dict[str, Any] = plain.invoice(taken, customer_id=customer)
    return made


def test_an_order_is_invoiced_in_parts_and_then_in_full(plain: Plain) -> None:
    key, [first, _] = order(plain, 4, 2)
    plain.post(f"/salesorders/{key}/status/open")

    invoiced(plain, key, first, 3)
    assert status(plain, "salesorder", key) == "partially_invoiced"
    rest = plain.post("/invoices/fromsalesorder", salesorder_id=key)["invoice"]

    assert [line["quantity"] for line in rest["line_items"]] == [1, 2]
    assert rest["total"] == 30
    assert status(plain, "salesorder", key) == "invoiced"
    lines = plain.get(f"/salesorders/{key}")["salesorder"]["line_items"]
    assert [line["is_invoiced"] for line in lines] == [True, True]
    query = {"salesorder_id": key}
    answer = plain.call("POST", "/invoices/fromsalesorder", query=query)
    assert (answer.status_code, answer.json()["code"]) == (400, UNNAMED)


@pytest.mark.parametrize("end", ["void", "deleted"])
def test_an_order_is_open_again_when_its_invoice_is_gone(plain: Plain, end: str) -> None:
    key, [line] = order(plain, 4)
    made = invoiced(plain, key, line, 4)["invoice_id"]
    assert status(plain, "salesorder", key) == "invoiced"
    assert plain.refused("DELETE", f"/salesorders/{key}") == (400, UNNAMED)
    assert plain.refused("POST", f"/salesorders/{key}/status/void") == (400, UNNAMED)

    if end == "void":
        plain.post(f"/invoices/{made}/status/void")
    else:
        plain.delete(f"/invoices/{made}")

    assert status(plain, "salesorder", key) == "open"
    plain.delete(f"/salesorders/{key}")


def test_no_more_is_invoiced_than_was_ordered_and_nothing_of_a_void_order(plain: Plain) -> None:
    key, [line] = order(plain, 4)
    customer = plain.get(f"/salesorders/{key}")["salesorder"]["customer_id"]

    def refused(quantity: float) -> tuple[int, int]:
        taken = {"rate": 10, "quantity": quantity, "salesorder_item_id": line}
        body = {"customer_id": customer, "line_items": [taken]}
        return plain.refused("POST", "/invoices", json=body)

    assert refused(4.5) == (400, UNNAMED)
    plain.post(f"/salesorders/{key}/status/void")
    assert refused(1) == (400, UNNAMED)


def test_an_invoice_is_mapped_to_an_order_by_its_items(plain: Plain) -> None:
    item = plain.post("/items", {"name": "Tea", "rate": 5})["item"]["item_id"]
    customer = plain.contact()
    body = {"customer_id": customer, "line_items": [{"item_id": item, "quantity": 3}]}
    key = plain.post("/salesorders", body)["salesorder"]["salesorder_id"]
    made = plain.invoice({"item_id": item, "quantity": 3}, customer_id=customer)["invoice_id"]

    plain.post("/invoices/mapwithorder", {"invoice_ids": [made]}, salesorder_id=key)

    assert status(plain, "salesorder", key) == "invoiced"


def test_an_invoiced_estimate_keeps_its_status(plain: Plain) -> None:
    customer = plain.contact()
    body = {"customer_id": customer, "line_items": [{"rate": 5}]}
    key = plain.post("/estimates", body)["estimate"]["estimate_id"]
    plain.post(f"/estimates/{key}/status/sent")

    plain.post("/invoices", {**body, "invoiced_estimate_id": key})

    assert status(plain, "estimate", key) == "invoiced"
    for end in ("sent", "accepted", "declined"):
        assert plain.refused("POST", f"/estimates/{key}/status/{end}") == (400, UNNAMED)
    unknown = {**body, "invoiced_estimate_id": "1"}
    assert plain.refused("POST", "/invoices", json=unknown) == (400, 1002)


def test_a_purchase_order_is_billed_line_by_line(plain: Plain) -> None:
    vendor = plain.contact("Timber Ltd", contact_type="vendor")
    lines = [{"name": "Planks", "rate": 7, "quantity": 2}]
    made = plain.post("/purchaseorders", {"vendor_id": vendor, "line_items": lines})
    made = made["purchaseorder"]
    key, line = made["purchaseorder_id"], made["line_items"][0]["line_item_id"]
    plain.post(f"/purchaseorders/{key}/status/open")
    taken = {"rate": 7, "quantity": 1, "purchaseorder_item_id": line}
    body = {"vendor_id": vendor, "line_items": [taken]}

    plain.post("/bills", {**body, "bill_number": "1"})
    assert status(plain, "purchaseorder", key) == "open"
    bill = plain.post("/bills", {**body, "bill_number": "2"})["bill"]

    assert status(plain, "purchaseorder", key) == "billed"
    assert bill["purchaseorder_ids"] == [key]
    [shown] = bill["purchaseorders"]
    assert shown["purchaseorder_number"] == made["purchaseorder_number"]
    plain.post(f"/bills/{bill['bill_id']}/status/void")
    assert status(plain, "purchaseorder", key) == "open"


def test_a_bill_is_drafted_from_purchase_orders(plain: Plain) -> None:
    vendor = plain.contact("Timber Ltd", contact_type="vendor")
    item = plain.post("/items", {"name": "Planks", "rate": 7})["item"]["item_id"]
    lines = [{"item_id": item, "rate": 7, "quantity": 2}]
    made = plain.post("/purchaseorders", {"vendor_id": vendor, "line_items": lines})
    key = made["purchaseorder"]["purchaseorder_id"]

    path, query = "/bills/editpage/frompurchaseorders", {"purchaseorder_ids": key}
    draft = plain.call("GET", path, query=query).json()["bill"]
    sent = {"vendor_id": draft["vendor_id"], "bill_number": "1"}
    sent["line_items"] = draft["line_items"]
    plain.post("/bills", sent)

    assert draft["purchaseorder_ids"] == [key]
    assert status(plain, "purchaseorder", key) == "billed"
    assert plain.call("GET", path, query={"purchaseorder_ids": "1"}).json()["code"] == 1002


def test_an_order_of_inventory_counts_lists_and_closes(sandbox: Sandbox, plain: Plain) -> None:
    plain.root = f"{sandbox.url}/inventory/v1"
    key, [line] = order(plain, 4)
    plain.post(f"/salesorders/{key}/status/confirmed")

    made = invoiced(plain, key, line, 4)
    found = plain.get(f"/salesorders/{key}")["salesorder"]
    assert (found["status"], found["invoiced_status"]) == ("invoiced", "invoiced")
    assert found["quantity_invoiced"] == found["line_items"][0]["quantity_invoiced"] == 4
    assert [row["invoice_id"] for row in found["invoices"]] == [made["invoice_id"]]
    packed = [{"so_line_item_id": line, "quantity": 4}]
    body = {"date": "2026-01-15", "line_items": packed}
    package = plain.post("/packages", body, salesorder_id=key)["package"]["package_id"]
    body = {"date": "2026-01-15", "delivery_method": "Van"}
    plain.post("/shipmentorders", body, salesorder_id=key, package_ids=package)

    assert status(plain, "salesorder", key) == "closed"
    plain.post(f"/invoices/{made['invoice_id']}/status/void")
    assert status(plain, "salesorder", key) == "fulfilled"


def test_an_order_is_void_as_long_as_nothing_of_it_was_shipped(
    sandbox: Sandbox, plain: Plain
) -> None:
    plain.root = f"{sandbox.url}/inventory/v1"
    for is_shipped in (False, True):
        key, [line] = order(plain, 4)
        packed = [{"so_line_item_id": line, "quantity": 4}]
        body = {"date": "2026-01-15", "line_items": packed}
        package = plain.post("/packages", body, salesorder_id=key)["package"]["package_id"]
        assert plain.refused("DELETE", f"/salesorders/{key}") == (400, UNNAMED)
        if is_shipped:
            body = {"date": "2026-01-15", "delivery_method": "Van"}
            plain.post("/shipmentorders", body, salesorder_id=key, package_ids=package)
            assert plain.refused("POST", f"/salesorders/{key}/status/void") == (400, UNNAMED)
        else:
            plain.post(f"/salesorders/{key}/status/void")


def test_a_purchase_order_of_inventory_is_received_and_billed(
    sandbox: Sandbox, plain: Plain
) -> None:
    plain.root = f"{sandbox.url}/inventory/v1"
    vendor = plain.contact("Timber Ltd", contact_type="vendor")
    lines = [{"name": "Planks", "rate": 7, "quantity": 2}]
    made = plain.post("/purchaseorders", {"vendor_id": vendor, "line_items": lines})
    made = made["purchaseorder"]
    key, line = made["purchaseorder_id"], made["line_items"][0]["line_item_id"]
    plain.post(f"/purchaseorders/{key}/status/issued")

    for expected in ("partially_received", "received"):
        body = {"date": "2026-01-15", "line_items": [{"line_item_id": line, "quantity": 1}]}
        plain.post("/purchasereceives", body, purchaseorder_id=key)
        assert status(plain, "purchaseorder", key) == expected
    assert plain.refused("DELETE", f"/purchaseorders/{key}") == (400, UNNAMED)
    taken = [{"rate": 7, "quantity": 2, "purchaseorder_item_id": line}]
    dates = {"date": "2026-01-15", "due_date": "2026-01-15"}
    plain.post("/bills", {"vendor_id": vendor, "bill_number": "1", "line_items": taken, **dates})

    found = plain.get(f"/purchaseorders/{key}")["purchaseorder"]
    assert (found["status"], len(found["bills"])) == ("closed", 1)


def test_a_billed_order_that_is_marked_open_is_still_billed(plain: Plain) -> None:
    vendor = plain.contact("Timber", contact_type="vendor")
    body = {"vendor_id": vendor, "line_items": [{"rate": 10, "quantity": 4}]}
    order = plain.post("/purchaseorders", body)["purchaseorder"]
    key, line = order["purchaseorder_id"], order["line_items"][0]["line_item_id"]
    path = f"/purchaseorders/{key}"
    taken = {"rate": 10, "quantity": 4, "purchaseorder_item_id": line}
    plain.post(f"{path}/status/open")
    bill = plain.post("/bills", {"vendor_id": vendor, "bill_number": "1", "line_items": [taken]})
    assert status(plain, "purchaseorder", key) == "billed"

    plain.post(f"{path}/status/open")
    assert status(plain, "purchaseorder", key) == "billed"
    plain.delete(f"/bills/{bill['bill']['bill_id']}")
    assert status(plain, "purchaseorder", key) == "open"
    plain.post(f"{path}/status/billed")
    plain.post(f"{path}/status/open")

    assert status(plain, "purchaseorder", key) == "open"
