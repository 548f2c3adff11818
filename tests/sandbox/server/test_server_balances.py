"""What contacts owe and are owed is the sum of their open documents, whatever was called."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain import Plain

from zohorm.sandbox import Sandbox

DAY = "2026-01-15"
OPEN = ("sent", "overdue", "partially_paid")
STEPS = (
    *("invoice", "send", "void", "draft", "write_off", "cancel_write_off", "edit", "drop"),
    *("pay", "change_payment", "drop_payment", "take_off", "refund", "use_payment"),
    *("credit", "open_credit", "void_credit", "use_credit", "take_credit_off", "refund_credit"),
    "day",
)
CENTS = st.integers(min_value=1, max_value=9_999).map(lambda cents: Decimal(cents) / 100)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """One sandbox for all sequences; each has customers of its own."""
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        yield sandbox


class Walk:
    """Calls that may succeed or be refused, on whatever there is."""

    def __init__(self, sandbox: Sandbox, number: int) -> None:
        self.sandbox = sandbox
        self.plain = Plain(sandbox)
        self.customers = [self.plain.contact(f"Customer {number} {each}") for each in "ab"]
        self.done = 0

    def rows(self, name: str) -> list[dict[str, Any]]:
        stored: list[dict[str, Any]] = self.sandbox.rows(name)
        return [row for row in stored if row["customer_id"] in self.customers]

    def step(self, name: str, pick: int, amount: Decimal) -> None:
        """Make one call, and check what contacts owe."""
        getattr(self, f"do_{name}")(pick, float(amount))
        self.check()

    def call(self, method: str, path: str, body: Any = None, **query: str) -> None:
        answer = self.plain.call(method, path, json=body, query=query)
        assert answer.status_code < 500, answer.text
        self.done += answer.status_code < 300

    def one(self, name: str, pick: int) -> dict[str, Any]:
        found = self.rows(name)
        return found[pick % len(found)] if found else {}

    def check(self) -> None:
        for customer in self.customers:
            shown = self.plain.get(f"/contacts/{customer}")["contact"]
            invoices = [r for r in self.rows("Invoice") if r["customer_id"] == customer]
            notes = [r for r in self.rows("CreditNote") if r["customer_id"] == customer]
            paid = [r for r in self.rows("CustomerPayment") if r["customer_id"] == customer]
            owed = sum(row["balance"] for row in invoices if row["status"] in OPEN)
            unused = sum(row["balance"] for row in notes if row["status"] == "open")
            unused += sum(row["unused_amount"] for row in paid)
            assert shown["outstanding_receivable_amount"] == owed
            assert shown["unused_credits_receivable_amount"] == unused
            for row in invoices:
                gone = row["payment_made"] + row["credits_applied"] + row["write_off_amount"]
                is_void = row["status"] == "void"
                assert row["balance"] == (0 if is_void else row["total"] - gone)
                assert row["balance"] >= 0
                assert (row["status"] == "paid") == (row["balance"] == 0 and not is_void)
        applied = sum(row["payment_made"] for row in self.rows("Invoice"))
        listed = [each for row in self.rows("CustomerPayment") for each in row["invoices"]]
        assert applied == sum(each["amount_applied"] for each in listed)

    def do_invoice(self, pick: int, amount: float) -> None:
        customer = self.customers[pick % 2]
        lines = [{"rate": amount, "quantity": 1 + pick % 3}]
        self.call("POST", "/invoices", {"customer_id": customer, "line_items": lines})

    def _invoice(self, method: str, pick: int, end: str = "", body: Any = None) -> None:
        self.call(method, f"/invoices/{self.one('Invoice', pick).get('invoice_id', 1)}{end}", body)

    def do_send(self, pick: int, amount: float) -> None:
        self._invoice("POST", pick, "/status/sent")

    def do_void(self, pick: int, amount: float) -> None:
        self._invoice("POST", pick, "/status/void")

    def do_draft(self, pick: int, amount: float) -> None:
        self._invoice("POST", pick, "/status/draft")

    def do_write_off(self, pick: int, amount: float) -> None:
        self._invoice("POST", pick, "/writeoff")

    def do_cancel_write_off(self, pick: int, amount: float) -> None:
        self._invoice("POST", pick, "/writeoff/cancel")

    def do_edit(self, pick: int, amount: float) -> None:
        body: dict[str, Any] = {"line_items": [{"rate": amount}]}
        if pick % 5 == 0:
            body["customer_id"] = self.customers[pick % 2]
        self._invoice("PUT", pick, body=body)

    def do_drop(self, pick: int, amount: float) -> None:
        self._invoice("DELETE", pick)

    def do_pay(self, pick: int, amount: float) -> None:
        invoice = self.one("Invoice", pick)
        customer = invoice.get("customer_id", self.customers[0])
        applied = min(amount, float(invoice.get("balance", 0)))
        rows = [{"invoice_id": invoice["invoice_id"], "amount_applied": applied}] if invoice else []
        body = {"customer_id": customer, "payment_mode": "cash", "date": DAY, "amount": amount}
        self.call("POST", "/customerpayments", {**body, "invoices": rows})

    def _payment(self, method: str, pick: int, end: str = "", body: Any = None) -> None:
        key = self.one("CustomerPayment", pick).get("payment_id", 1)
        self.call(method, f"/customerpayments/{key}{end}", body)

    def do_change_payment(self, pick: int, amount: float) -> None:
        invoice = self.one("Invoice", pick)
        rows = [{"invoice_id": invoice["invoice_id"], "amount_applied": amount}] if invoice else []
        self._payment("PUT", pick, body={"invoices": rows} if pick % 2 else {"amount": amount})

    def do_drop_payment(self, pick: int, amount: float) -> None:
        self._payment("DELETE", pick)

    def do_take_off(self, pick: int, amount: float) -> None:
        key = self.one("Invoice", pick).get("invoice_id", 1)
        answer = self.plain.call("GET", f"/invoices/{key}/payments").json()
        for row in answer.get("payments", ())[:1]:
            self.call("DELETE", f"/invoices/{key}/payments/{row['invoice_payment_id']}")

    def do_refund(self, pick: int, amount: float) -> None:
        body = {"date": DAY, "amount": amount, "from_account_id": "4815000000000000321"}
        self._payment("POST", pick, "/refunds", body)

    def do_use_payment(self, pick: int, amount: float) -> None:
        key = self.one("CustomerPayment", pick).get("payment_id", 1)
        rows = [{"payment_id": key, "amount_applied": amount}]
        self._invoice("POST", pick, "/credits", {"invoice_payments": rows})

    def do_credit(self, pick: int, amount: float) -> None:
        body = {"customer_id": self.customers[pick % 2], "date": DAY, "is_draft": pick % 3 == 0}
        query = {"invoice_id": self.one("Invoice", pick).get("invoice_id", "")} if pick % 2 else {}
        lines = [{"rate": amount}]
        self.call("POST", "/creditnotes", {**body, "line_items": lines}, **query)

    def _credit(self, method: str, pick: int, end: str = "", body: Any = None) -> None:
        key = self.one("CreditNote", pick).get("creditnote_id", 1)
        self.call(method, f"/creditnotes/{key}{end}", body)

    def do_open_credit(self, pick: int, amount: float) -> None:
        self._credit("POST", pick, "/status/open")

    def do_void_credit(self, pick: int, amount: float) -> None:
        self._credit("POST", pick, "/status/void")

    def do_use_credit(self, pick: int, amount: float) -> None:
        key = self.one("Invoice", pick // 3).get("invoice_id", 1)
        rows = [{"invoice_id": key, "amount_applied": amount}]
        self._credit("POST", pick, "/invoices", {"invoices": rows})

    def do_take_credit_off(self, pick: int, amount: float) -> None:
        key = self.one("CreditNote", pick).get("creditnote_id", 1)
        answer = self.plain.call("GET", f"/creditnotes/{key}/invoices").json()
        for row in answer.get("invoices_credited", ())[:1]:
            self._credit("DELETE", pick, f"/invoices/{row['creditnote_invoice_id']}")

    def do_refund_credit(self, pick: int, amount: float) -> None:
        self._credit("POST", pick, "/refunds", {"date": DAY, "amount": amount})

    def do_day(self, pick: int, amount: float) -> None:
        self.sandbox.clock.move(days=1)
        self.plain.token = self.sandbox.access_token()
        self.plain.get("/invoices")


NUMBERS = iter(range(10**6))


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 60), CENTS), min_size=20, max_size=40
    )
)
def test_contacts_owe_the_sum_of_their_open_documents(
    running: Sandbox, steps: list[tuple[str, int, Decimal]]
) -> None:
    walk = Walk(running, next(NUMBERS))
    for name in ("invoice", "send", "pay", "credit"):
        for pick in range(2):
            walk.step(name, pick, Decimal("12.34"))

    for name, pick, amount in steps:
        walk.step(name, pick, amount)

    assert walk.done >= 8
