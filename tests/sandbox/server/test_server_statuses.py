"""Each status that an action sets, from each status that a record may have: moved or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox
from zohorm.sandbox.rules.moves import MOVES, Move
from zohorm.sandbox.rules.refusals import UNNAMED

HEADER = "X-Sandbox-Assumed"
# The action that sets a status: its product and the end of its path.
ACTIONS: dict[tuple[str, str], tuple[str, str]] = {
    ("Invoice", "sent"): ("books", "invoices/{}/status/sent"),
    ("Invoice", "void"): ("books", "invoices/{}/status/void"),
    ("Invoice", "draft"): ("books", "invoices/{}/status/draft"),
    ("Invoice", "pending_approval"): ("inventory", "invoices/{}/submit"),
    ("Invoice", "approved"): ("inventory", "invoices/{}/approve"),
    ("Invoice", "rejected"): ("inventory", "invoices/{}/reject"),
    ("RetainerInvoice", "pending_approval"): ("books", "retainerinvoices/{}/submit"),
    ("RetainerInvoice", "approved"): ("books", "retainerinvoices/{}/approve"),
    ("RetainerInvoice", "sent"): ("books", "retainerinvoices/{}/status/sent"),
    ("RetainerInvoice", "void"): ("books", "retainerinvoices/{}/status/void"),
    ("RetainerInvoice", "draft"): ("books", "retainerinvoices/{}/status/draft"),
    ("Estimate", "pending_approval"): ("books", "estimates/{}/submit"),
    ("Estimate", "approved"): ("books", "estimates/{}/approve"),
    ("Estimate", "sent"): ("books", "estimates/{}/status/sent"),
    ("Estimate", "accepted"): ("books", "estimates/{}/status/accepted"),
    ("Estimate", "declined"): ("books", "estimates/{}/status/declined"),
    ("SalesOrder", "open"): ("books", "salesorders/{}/status/open"),
    ("SalesOrder", "void"): ("books", "salesorders/{}/status/void"),
    ("SalesOrder", "confirmed"): ("inventory", "salesorders/{}/status/confirmed"),
    ("SalesOrder", "pending_approval"): ("inventory", "salesorders/{}/submit"),
    ("SalesOrder", "approved"): ("inventory", "salesorders/{}/approve/final"),
    ("SalesOrder", "rejected"): ("inventory", "salesorders/{}/reject"),
    ("PurchaseOrder", "open"): ("books", "purchaseorders/{}/status/open"),
    ("PurchaseOrder", "billed"): ("books", "purchaseorders/{}/status/billed"),
    ("PurchaseOrder", "cancelled"): ("books", "purchaseorders/{}/status/cancelled"),
    ("PurchaseOrder", "issued"): ("inventory", "purchaseorders/{}/status/issued"),
    ("PurchaseOrder", "pending_approval"): ("books", "purchaseorders/{}/submit"),
    ("PurchaseOrder", "approved"): ("books", "purchaseorders/{}/approve"),
    ("PurchaseOrder", "rejected"): ("books", "purchaseorders/{}/reject"),
    ("Bill", "open"): ("books", "bills/{}/status/open"),
    ("Bill", "void"): ("books", "bills/{}/status/void"),
    ("Bill", "pending_approval"): ("inventory", "bills/{}/submit"),
    ("Bill", "approved"): ("inventory", "bills/{}/approve"),
    ("Bill", "rejected"): ("inventory", "bills/{}/reject"),
    ("CreditNote", "pending_approval"): ("books", "creditnotes/{}/submit"),
    ("CreditNote", "approved"): ("books", "creditnotes/{}/approve"),
    ("CreditNote", "open"): ("books", "creditnotes/{}/status/open"),
    ("CreditNote", "draft"): ("books", "creditnotes/{}/status/draft"),
    ("CreditNote", "void"): ("books", "creditnotes/{}/status/void"),
    ("VendorCredit", "pending_approval"): ("books", "vendorcredits/{}/submit"),
    ("VendorCredit", "approved"): ("books", "vendorcredits/{}/approve"),
    ("VendorCredit", "open"): ("books", "vendorcredits/{}/status/open"),
    ("VendorCredit", "void"): ("books", "vendorcredits/{}/status/void"),
    ("Journal", "published"): ("books", "journals/{}/status/publish"),
    ("TransferOrder", "pending_approval"): ("inventory", "transferorders/{}/submit"),
    ("TransferOrder", "approved"): ("inventory", "transferorders/{}/approve"),
    ("TransferOrder", "rejected"): ("inventory", "transferorders/{}/reject"),
    ("TransferOrder", "in_transit"): ("inventory", "transferorders/{}/intransit"),
    ("TransferOrder", "transferred"): ("inventory", "transferorders/{}/markastransferred"),
    ("RecurringInvoice", "stopped"): ("books", "recurringinvoices/{}/status/stop"),
    ("RecurringInvoice", "active"): ("books", "recurringinvoices/{}/status/resume"),
    ("RecurringBill", "stopped"): ("books", "recurringbills/{}/status/stop"),
    ("RecurringBill", "active"): ("books", "recurringbills/{}/status/resume"),
    ("RecurringExpense", "stopped"): ("books", "recurringexpenses/{}/status/stop"),
    ("RecurringExpense", "active"): ("books", "recurringexpenses/{}/status/resume"),
    ("ShipmentOrder", "delivered"): ("inventory", "shipmentorders/{}/status/delivered"),
    ("ExpenseReport", "submitted"): ("expense", "expensereports/{}/submit"),
    ("ExpenseReport", "approved"): ("expense", "expensereports/{}/approve"),
    ("ExpenseReport", "rejected"): ("expense", "expensereports/{}/reject"),
    ("ExpenseReport", "reimbursed"): ("expense", "expensereports/{}/reimburse"),
    ("Trip", "approved"): ("expense", "trips/{}/approve"),
    ("Trip", "rejected"): ("expense", "trips/{}/reject"),
    ("Trip", "cancelled"): ("expense", "trips/{}/cancel"),
    ("Trip", "closed"): ("expense", "trips/{}/close"),
}
# What an action demands beside its path.
QUERIES = {("TransferOrder", "transferred"): {"date": "2026-01-15"}}
# Statuses that follow from what is paid or used: a record without that has another one at once.
_FOLLOWING = ("paid", "partially_paid", "overdue", "viewed", "closed", "expired")


def cases() -> Iterator[Any]:
    for (name, to), (product, path) in ACTIONS.items():
        moves = {move.to: move for move in MOVES[name]}
        known = {each for move in MOVES[name] for each in (move.to, *move.origins)}
        for now in sorted(known):
            yield pytest.param(name, product, path, now, moves[to], id=f"{name} {now} to {to}")


@pytest.mark.parametrize(("name", "product", "path", "now", "move"), list(cases()))
def test_an_action_moves_what_its_table_lets_move_and_refuses_the_rest(
    sandbox: Sandbox, plain: Plain, name: str, product: str, path: str, now: str, move: Move
) -> None:
    key = sandbox.insert(name, {"status": now, "date": "2026-01-15"}, product=product)
    [root] = [each for each in ("/books/v3", "/inventory/v1", "/expense/v1") if product in each]

    query = QUERIES.get((name, move.to))

    answer = plain.call("POST", f"{sandbox.url}{root}/{path.format(key)}", query=query)

    status = sandbox.rows(name, product=product)[-1]["status"]
    rule = f"statuses.{name}.{move.to}"
    assert (rule in answer.headers.get(HEADER, "")) == bool(move.because)
    if now in move.origins:
        assert answer.status_code in (200, 201), answer.text
        assert status == move.to or status in _FOLLOWING
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, move.code or UNNAMED)
        assert status == now


def test_every_move_is_asked_for_or_has_no_action_of_its_own() -> None:
    moves = {(name, move.to) for name, table in MOVES.items() for move in table}

    missing = moves - set(ACTIONS)

    # No action of the documents makes a draft of these, nor rejects those.
    drafts = {(name, "draft") for name in ("Estimate", "Journal")}
    rejected = {"Estimate", "RetainerInvoice", "CreditNote", "VendorCredit"}
    assert missing == drafts | {(name, "rejected") for name in rejected}


def test_a_status_that_no_table_knows_is_believed(sandbox: Sandbox, plain: Plain) -> None:
    key = sandbox.insert("Invoice", {"status": "strange"})

    plain.post(f"/invoices/{key}/status/sent")

    assert sandbox.rows("Invoice")[0]["status"] == "sent"


def test_an_invoice_is_not_made_void_twice(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}"
    plain.post(f"{path}/status/sent")
    plain.post(f"{path}/status/void")

    assert plain.refused("POST", f"{path}/status/void") == (400, UNNAMED)
    assert plain.refused("POST", f"{path}/status/sent") == (400, UNNAMED)
    assert plain.refused("POST", f"{path}/writeoff") == (400, UNNAMED)


def test_a_draft_has_nothing_to_write_off_or_to_remind_of(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}"

    assert plain.refused("POST", f"{path}/writeoff") == (400, UNNAMED)
    assert plain.refused("POST", f"{path}/writeoff/cancel") == (400, UNNAMED)
    assert plain.refused("POST", f"{path}/paymentreminder") == (400, UNNAMED)


def test_a_sent_estimate_expires_by_the_clock(sandbox: Sandbox, plain: Plain) -> None:
    body = {"customer_id": plain.contact(), "line_items": [{"rate": 5}]}
    made = plain.post("/estimates", {**body, "expiry_date": "2026-01-20"})["estimate"]
    path = f"/estimates/{made['estimate_id']}"
    plain.post(f"{path}/status/sent")

    sandbox.clock.move(days=6)
    plain.token = sandbox.access_token()

    assert plain.get(path)["estimate"]["status"] == "expired"
    moved = plain.put(path, {"expiry_date": "2026-02-01"})["estimate"]
    assert moved["status"] == "sent"
    plain.post(f"{path}/status/accepted")
    accepted = plain.get(path)["estimate"]
    assert (accepted["status"], accepted["accepted_date"]) == ("accepted", "2026-01-21")


def test_an_estimate_takes_no_inactive_item(plain: Plain) -> None:
    item = plain.post("/items", {"name": "Tea", "rate": 1})["item"]["item_id"]
    plain.post(f"/items/{item}/inactive")
    body = {"customer_id": plain.contact(), "line_items": [{"item_id": item}]}

    assert plain.refused("POST", "/estimates", json=body) == (400, 2007)


def test_a_bill_is_overdue_by_the_clock(sandbox: Sandbox, plain: Plain) -> None:
    vendor = plain.contact("Timber Ltd", contact_type="vendor")
    body = {"vendor_id": vendor, "bill_number": "1", "due_date": "2026-01-20"}
    made = plain.post("/bills", {**body, "line_items": [{"rate": 5}]})["bill"]
    assert made["status"] == "open"

    sandbox.clock.move(days=6)
    plain.token = sandbox.access_token()

    assert plain.get(f"/bills/{made['bill_id']}")["bill"]["status"] == "overdue"


@pytest.mark.parametrize(
    ("path", "key", "body"),
    [
        ("contacts", "contact", {"contact_name": "Used"}),
        ("items", "item", {"name": "Used", "rate": 1}),
        ("settings/taxes", "tax", {"tax_name": "Used", "tax_percentage": 5, "tax_type": "tax"}),
        ("chartofaccounts", "chart_of_account", {"account_name": "Used", "account_type": "income"}),
    ],
)
def test_what_a_document_names_is_not_deleted(
    plain: Plain, path: str, key: str, body: dict[str, Any]
) -> None:
    used, free = (plain.post(f"/{path}", {**body, **each})[key] for each in ({}, _other(body)))
    member = next(name for name in _NAMED if name in used)
    line = {"rate": 1, **({} if member == "contact_id" else {member: used[member]})}
    customer = used[member] if member == "contact_id" else plain.contact()
    plain.invoice(line, customer_id=customer)

    assert plain.refused("DELETE", f"/{path}/{used[member]}") == (400, UNNAMED)
    plain.delete(f"/{path}/{free[member]}")


_NAMED = ("contact_id", "item_id", "tax_id", "account_id")


def _other(body: dict[str, Any]) -> dict[str, Any]:
    name = next(each for each in body if each.endswith("name"))
    return {name: "Free"}
