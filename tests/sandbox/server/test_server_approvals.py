"""Documents that are submitted for approval: what they become, and what waits for that."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox
from zohorm.sandbox.rules.refusals import UNNAMED

_NUMBERS = count(1)
REFUSED = (400, UNNAMED)
LINES = [{"name": "Tea", "rate": 10, "quantity": 2}]
# What each document demands beside a customer or vendor and lines.
SALES = ("estimates", "invoices", "retainerinvoices", "salesorders", "creditnotes")
PURCHASES = ("purchaseorders", "bills")


def made(plain: Plain, collection: str, **more: Any) -> str:
    """Create a document that is a draft; return its path."""
    number = next(_NUMBERS)
    body: dict[str, Any] = {"date": "2026-01-15", "line_items": LINES, **more}
    if collection in PURCHASES:
        body["vendor_id"] = plain.contact(f"Vendor {number}", contact_type="vendor")
        body["bill_number"] = f"B-{number}"
    else:
        body["customer_id"] = plain.contact(f"Customer {number}")
    if collection == "creditnotes":
        body["is_draft"] = True
    if collection == "bills":
        body["approvers"] = [{"approver_id": plain.get("/users/me")["user"]["user_id"]}]
    key, name = _names(collection)
    return f"/{collection}/{plain.post(f'/{collection}', body)[key][name]}"


def status(plain: Plain, path: str) -> str:
    key, _ = _names(path.split("/")[1])
    return str(plain.get(path)[key]["status"])


def _names(collection: str) -> tuple[str, str]:
    single = collection[:-1]
    return single, f"{single}_id"


@pytest.mark.parametrize("collection", [*SALES, "purchaseorders", "bills"])
def test_a_draft_is_submitted_once_and_approved_once(plain: Plain, collection: str) -> None:
    path = made(plain, collection)

    assert plain.refused("POST", f"{path}/approve") == REFUSED
    plain.post(f"{path}/submit")
    assert status(plain, path) == "pending_approval"
    assert plain.refused("POST", f"{path}/submit") == REFUSED
    plain.post(f"{path}/approve")

    assert status(plain, path) == "approved"
    assert plain.refused("POST", f"{path}/approve") == REFUSED
    assert plain.refused("POST", f"{path}/submit") == REFUSED


def test_a_vendor_credit_that_awaits_approval_is_not_used(sandbox: Sandbox, plain: Plain) -> None:
    """No call makes one a draft; a test stores it."""
    vendor = plain.contact("Timber", contact_type="vendor")
    stored = {"vendor_id": vendor, "status": "draft", "total": 20, "balance": 20}
    key = sandbox.insert("VendorCredit", stored)
    path = f"/vendorcredits/{key}"
    lines = {"vendor_id": vendor, "bill_number": "1", "line_items": LINES}
    bill = plain.post("/bills", lines)["bill"]["bill_id"]
    applied = {"bills": [{"bill_id": bill, "amount_applied": 5}]}
    plain.post(f"{path}/submit")

    assert plain.refused("POST", f"{path}/bills", json=applied) == REFUSED
    plain.post(f"{path}/approve")
    plain.post(f"{path}/bills", applied)

    assert plain.get(f"/bills/{bill}")["bill"]["balance"] == 15


def test_an_invoice_is_sent_and_paid_only_when_it_is_approved(plain: Plain) -> None:
    path = made(plain, "invoices")
    invoice = plain.get(path)["invoice"]
    applied = {"invoice_id": invoice["invoice_id"], "amount_applied": 20}
    payment = {
        "customer_id": invoice["customer_id"],
        "payment_mode": "cash",
        "amount": 20,
        "date": "2026-01-15",
        "invoices": [applied],
    }
    plain.post(f"{path}/submit")

    assert plain.refused("POST", f"{path}/status/sent") == REFUSED
    assert plain.refused("POST", f"{path}/writeoff") == REFUSED
    assert plain.refused("POST", "/customerpayments", json=payment) == REFUSED
    contact = plain.get(f"/contacts/{invoice['customer_id']}")["contact"]
    assert contact["outstanding_receivable_amount"] == 0

    plain.post(f"{path}/approve")
    plain.post(f"{path}/status/sent")
    contact = plain.get(f"/contacts/{invoice['customer_id']}")["contact"]
    assert contact["outstanding_receivable_amount"] == 20
    plain.post("/customerpayments", payment)
    assert status(plain, path) == "paid"


@pytest.mark.parametrize("collection", ["invoices", "estimates", "creditnotes", "purchaseorders"])
def test_what_awaits_approval_is_not_mailed(
    sandbox: Sandbox, plain: Plain, collection: str
) -> None:
    path = made(plain, collection)
    plain.post(f"{path}/submit")
    mail = {"to_mail_ids": ["a@b.example"], "subject": "Hello", "body": "Here it is"}

    assert plain.refused("POST", f"{path}/email", json=mail) == REFUSED
    assert not sandbox.mails
    plain.post(f"{path}/approve")
    plain.post(f"{path}/email", mail)

    assert [each.to for each in sandbox.mails] == [("a@b.example",)]


def test_a_submitted_invoice_is_made_a_draft_again_and_handed_in_anew(plain: Plain) -> None:
    path = made(plain, "invoices")
    plain.post(f"{path}/submit")

    plain.post(f"{path}/status/draft")
    assert status(plain, path) == "draft"
    plain.post(f"{path}/submit")

    assert status(plain, path) == "pending_approval"


def test_a_rejected_order_is_not_opened_nor_billed_until_it_is_approved(plain: Plain) -> None:
    path = made(plain, "purchaseorders")
    order = plain.get(path)["purchaseorder"]
    line = {"purchaseorder_item_id": order["line_items"][0]["line_item_id"], "quantity": 1}
    bill = {"vendor_id": order["vendor_id"], "bill_number": "1", "line_items": [line]}
    plain.post(f"{path}/submit")
    assert plain.refused("POST", "/bills", json=bill) == REFUSED

    plain.post(f"{path}/reject")
    assert status(plain, path) == "rejected"
    for step in ("approve", "reject", "status/open"):
        assert plain.refused("POST", f"{path}/{step}") == REFUSED
    assert plain.refused("POST", "/bills", json=bill) == REFUSED

    plain.post(f"{path}/submit")
    plain.post(f"{path}/approve")
    plain.post("/bills", bill)
    assert status(plain, path) == "open"


def test_nothing_is_made_of_an_estimate_before_it_is_approved(plain: Plain) -> None:
    path = made(plain, "estimates")
    estimate = plain.get(path)["estimate"]
    named = {"customer_id": estimate["customer_id"], "line_items": LINES}
    invoice = {**named, "invoiced_estimate_id": estimate["estimate_id"]}
    order = {**named, "estimate_id": estimate["estimate_id"]}
    plain.post(f"{path}/submit")

    assert plain.refused("POST", "/invoices", json=invoice) == REFUSED
    assert plain.refused("POST", "/salesorders", json=order) == REFUSED
    plain.post(f"{path}/approve")
    plain.post("/salesorders", order)
    plain.post("/invoices", invoice)

    assert status(plain, path) == "invoiced"


def test_a_credit_that_awaits_approval_is_not_used(plain: Plain) -> None:
    path = made(plain, "creditnotes")
    credit = plain.get(path)["creditnote"]
    customer = credit["customer_id"]
    invoice = plain.invoice({"rate": 50}, customer_id=customer)["invoice_id"]
    rows = {"apply_creditnotes": [{"creditnote_id": credit["creditnote_id"], "amount_applied": 5}]}
    plain.post(f"{path}/submit")

    assert plain.refused("POST", f"/invoices/{invoice}/credits", json=rows) == REFUSED
    plain.post(f"{path}/approve")
    plain.post(f"/invoices/{invoice}/credits", rows)

    assert plain.get(path)["creditnote"]["balance"] == 15


def test_inventory_submits_and_approves_several_and_passes_all_levels_at_once(
    plain: Plain,
) -> None:
    plain.root = plain.root.replace("books/v3", "inventory/v1")
    paths = [made(plain, "salesorders") for _ in range(3)]
    keys = [path.rpartition("/")[2] for path in paths]
    plain.post("/salesorders/submit", salesorder_ids=",".join(keys))
    assert [status(plain, path) for path in paths] == ["pending_approval"] * 3

    plain.post("/salesorders/approve", salesorder_ids=",".join(keys[:1]))
    plain.post(f"{paths[1]}/approve/final")
    plain.post(f"{paths[2]}/reject", {"reason": "Too dear"})

    assert [status(plain, path) for path in paths] == ["approved", "approved", "rejected"]
    line = plain.get(paths[2])["salesorder"]["line_items"][0]["line_item_id"]
    packed = [{"so_line_item_id": line, "quantity": 1}]
    package = {"date": "2026-01-15", "line_items": packed}
    query = {"salesorder_id": keys[2]}
    assert plain.refused("POST", "/packages", json=package, query=query) == REFUSED
