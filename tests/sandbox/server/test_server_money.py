"""Payments, credits, refunds, retainers and write-offs: each amount computed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox
from zohorm.sandbox.rules.refusals import UNNAMED

DAY = "2026-01-15"
BANK = "4815000000000000321"
RECEIVABLE = ("outstanding_receivable_amount", "unused_credits_receivable_amount")
PAYABLE = ("outstanding_payable_amount", "unused_credits_payable_amount")


class Till:
    """A customer and a vendor of one organization, and what each owes and is owed."""

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        self.customer = plain.contact("Ada")
        self.vendor = plain.contact("Timber Ltd", contact_type="vendor")
        self.bills = 0

    def invoice(self, rate: float = 100) -> str:
        made = self.plain.invoice({"rate": rate}, customer_id=self.customer)["invoice_id"]
        self.plain.post(f"/invoices/{made}/status/sent")
        return str(made)

    def bill(self, rate: float = 100) -> str:
        self.bills += 1
        body = {"vendor_id": self.vendor, "bill_number": str(self.bills)}
        made = self.plain.post("/bills", {**body, "line_items": [{"rate": rate}]})
        return str(made["bill"]["bill_id"])

    def pay(self, amount: float, *applied: tuple[str, float], **more: Any) -> str:
        rows = [{"invoice_id": key, "amount_applied": each} for key, each in applied]
        body = {"customer_id": self.customer, "payment_mode": "cash", "date": DAY, **more}
        made = self.plain.post("/customerpayments", {**body, "amount": amount, "invoices": rows})
        return str(made["payment"]["payment_id"])

    def credit(self, rate: float, **more: Any) -> str:
        body = {"customer_id": self.customer, "date": DAY, "line_items": [{"rate": rate}], **more}
        return str(self.plain.post("/creditnotes", body)["creditnote"]["creditnote_id"])

    def owed(self) -> tuple[Any, ...]:
        found = self.plain.get(f"/contacts/{self.customer}")["contact"]
        assert [found[f"{name}_bcy"] for name in RECEIVABLE] == [found[n] for n in RECEIVABLE]
        return tuple(found[name] for name in RECEIVABLE)

    def owes(self) -> tuple[Any, ...]:
        found = self.plain.get(f"/contacts/{self.vendor}")["contact"]
        return tuple(found[name] for name in PAYABLE)

    def of(self, key: str, kind: str = "invoice") -> tuple[Any, ...]:
        found = self.plain.get(f"/{kind}s/{key}")[kind]
        return found["status"], found["balance"]


@pytest.fixture
def till(plain: Plain) -> Till:
    return Till(plain)


def test_a_payment_pays_invoices_and_the_rest_is_credit(till: Till) -> None:
    first, second = till.invoice(100), till.invoice(40)
    assert till.owed() == (140, 0)

    payment = till.pay(90, (first, 60), (second, 10))

    assert till.of(first) == ("partially_paid", 40)  # 100 - 60
    assert till.of(second) == ("partially_paid", 30)  # 40 - 10
    assert till.owed() == (70, 20)  # 40 + 30; 90 - 60 - 10
    made = till.plain.get(f"/customerpayments/{payment}")["payment"]
    assert made["unused_amount"] == 20
    assert [(row["invoice_id"], row["balance_amount"]) for row in made["invoices"]] == [
        (first, 40),
        (second, 30),
    ]
    [below] = till.plain.get(f"/invoices/{first}/payments")["payments"]
    assert (below["payment_id"], below["amount"]) == (payment, 60)


def test_a_changed_payment_pays_what_it_says_now(till: Till) -> None:
    first, second = till.invoice(100), till.invoice(40)
    payment = till.pay(90, (first, 60))

    rows = [{"invoice_id": second, "amount_applied": 40}]
    till.plain.put(f"/customerpayments/{payment}", {"amount": 50, "invoices": rows})

    assert till.of(first) == ("sent", 100)
    assert till.of(second) == ("paid", 0)
    assert till.owed() == (100, 10)
    assert till.plain.get(f"/invoices/{first}/payments")["payments"] == []


def test_a_payment_that_pays_less_of_the_same_invoice_has_the_rest_again(till: Till) -> None:
    invoice = till.invoice(100)
    payment = till.pay(60, (invoice, 60))

    rows = [{"invoice_id": invoice, "amount_applied": 25}]
    till.plain.put(f"/customerpayments/{payment}", {"invoices": rows})

    assert (till.of(invoice), till.owed()) == (("partially_paid", 75), (75, 35))
    [below] = till.plain.get(f"/invoices/{invoice}/payments")["payments"]
    assert below["amount"] == 25


def test_a_deleted_payment_gives_the_balance_back(till: Till) -> None:
    invoice = till.invoice(100)
    payment = till.pay(130, (invoice, 100))
    assert (till.of(invoice), till.owed()) == (("paid", 0), (0, 30))

    till.plain.delete(f"/customerpayments/{payment}")

    assert (till.of(invoice), till.owed()) == (("sent", 100), (100, 0))


def test_several_payments_deleted_by_one_call_give_back_as_well(till: Till) -> None:
    invoice = till.invoice(100)
    payments = [till.pay(30, (invoice, 30)) for _ in range(2)]

    query = {"payment_id": ",".join(payments), "bulk_delete": "true"}
    answer = till.plain.call("DELETE", "/customerpayments", query=query)

    assert answer.json()["code"] == 0
    assert (till.of(invoice), till.owed()) == (("sent", 100), (100, 0))


def test_a_payment_taken_off_its_invoice_is_there_to_be_used(till: Till) -> None:
    invoice = till.invoice(100)
    till.pay(60, (invoice, 60))
    [below] = till.plain.get(f"/invoices/{invoice}/payments")["payments"]

    till.plain.delete(f"/invoices/{invoice}/payments/{below['invoice_payment_id']}")

    assert (till.of(invoice), till.owed()) == (("sent", 100), (100, 60))


def test_no_more_is_paid_than_there_is_or_than_is_owed(till: Till) -> None:
    invoice = till.invoice(100)
    body = {"customer_id": till.customer, "payment_mode": "cash", "date": DAY}

    def refused(amount: float, applied: float) -> tuple[int, int]:
        rows = [{"invoice_id": invoice, "amount_applied": applied}]
        sent = {**body, "amount": amount, "invoices": rows}
        return till.plain.refused("POST", "/customerpayments", json=sent)

    assert refused(200, 101) == (400, UNNAMED)
    assert refused(50, 60) == (400, UNNAMED)
    assert refused(50, -1) == (400, UNNAMED)
    assert (till.of(invoice), till.owed()) == (("sent", 100), (100, 0))


def test_a_payment_pays_no_void_invoice_and_none_of_somebody_else(till: Till) -> None:
    foreign = till.plain.invoice({"rate": 5})["invoice_id"]
    void = till.invoice(5)
    till.plain.post(f"/invoices/{void}/status/void")

    for key, amount in ((foreign, 5), (void, 0.5)):
        rows = [{"invoice_id": key, "amount_applied": amount}]
        body = {"customer_id": till.customer, "payment_mode": "cash", "date": DAY, "amount": 5}
        sent = {**body, "invoices": rows}
        assert till.plain.refused("POST", "/customerpayments", json=sent) == (400, UNNAMED)


def test_a_credit_note_is_applied_from_either_side_and_taken_off_again(till: Till) -> None:
    first, second = till.invoice(100), till.invoice(40)
    credit = till.credit(70)
    assert till.owed() == (140, 70)

    rows = [{"invoice_id": first, "amount_applied": 25}]
    till.plain.post(f"/creditnotes/{credit}/invoices", {"invoices": rows})
    rows = [{"creditnote_id": credit, "amount_applied": 40}]
    till.plain.post(f"/invoices/{second}/credits", {"apply_creditnotes": rows})

    assert till.of(first) == ("partially_paid", 75)
    assert till.of(second) == ("paid", 0)
    assert till.of(credit, "creditnote") == ("open", 5)  # 70 - 25 - 40
    assert till.owed() == (75, 5)

    [row] = till.plain.get(f"/invoices/{second}/creditsapplied")["credits"]
    assert row["amount_applied"] == 40
    till.plain.delete(f"/invoices/{second}/creditsapplied/{row['creditnotes_invoice_id']}")
    [row] = till.plain.get(f"/creditnotes/{credit}/invoices")["invoices_credited"]
    till.plain.delete(f"/creditnotes/{credit}/invoices/{row['creditnote_invoice_id']}")
    assert till.owed() == (140, 70)
    assert till.plain.get(f"/invoices/{first}/creditsapplied")["credits"] == []


def test_a_used_up_credit_note_is_closed_and_stays(till: Till) -> None:
    invoice, credit = till.invoice(100), till.credit(70)
    rows = [{"invoice_id": invoice, "amount_applied": 70}]
    till.plain.post(f"/creditnotes/{credit}/invoices", {"invoices": rows})

    assert till.of(credit, "creditnote") == ("closed", 0)
    path = f"/creditnotes/{credit}"
    assert till.plain.refused("DELETE", path) == (400, UNNAMED)
    assert till.plain.refused("POST", f"{path}/status/void") == (400, UNNAMED)
    smaller = {"line_items": [{"rate": 60}]}
    assert till.plain.refused("PUT", path, json=smaller) == (400, UNNAMED)
    assert till.plain.refused("DELETE", f"/invoices/{invoice}") == (400, 12008)


def test_a_draft_of_a_credit_note_is_worth_nothing_yet(till: Till) -> None:
    invoice, credit = till.invoice(100), till.credit(70, is_draft=True)
    assert till.owed() == (100, 0)
    rows = [{"invoice_id": invoice, "amount_applied": 5}]
    path = f"/creditnotes/{credit}"
    refund = {"date": DAY, "amount": 5}

    refused = till.plain.refused
    assert refused("POST", f"{path}/invoices", json={"invoices": rows}) == (400, UNNAMED)
    assert refused("POST", f"{path}/refunds", json=refund) == (400, UNNAMED)
    till.plain.post(f"{path}/status/open")
    assert till.owed() == (100, 70)


def test_a_credit_note_made_of_an_invoice_is_applied_to_it(till: Till) -> None:
    invoice = till.invoice(100)
    body = {"customer_id": till.customer, "date": DAY, "line_items": [{"rate": 130}]}

    made = till.plain.post("/creditnotes", body, invoice_id=invoice)["creditnote"]

    assert (made["status"], made["balance"]) == ("open", 30)
    assert (till.of(invoice), till.owed()) == (("paid", 0), (0, 30))


def test_refunds_take_what_is_left_and_give_it_back_when_deleted(till: Till) -> None:
    invoice, credit = till.invoice(100), till.credit(70)
    payment = till.pay(90, (invoice, 60))
    assert till.owed() == (40, 100)  # 100 - 60; 70 + 30

    refund = {"date": DAY, "amount": 12.5, "from_account_id": BANK}
    path = f"/customerpayments/{payment}/refunds"
    made = till.plain.post(path, refund)["payment_refund"]
    till.plain.post(f"/creditnotes/{credit}/refunds", {"date": DAY, "amount": 70})

    assert till.owed() == (40, Decimal("17.5"))  # 30 - 12.5
    assert till.of(credit, "creditnote") == ("closed", 0)
    assert till.plain.refused("POST", path, json={**refund, "amount": 17.6}) == (400, UNNAMED)
    assert till.plain.refused("DELETE", f"/customerpayments/{payment}") == (400, UNNAMED)
    key = made["payment_refund_id"]
    till.plain.put(f"{path}/{key}", {"amount": 30})
    assert till.owed() == (40, 0)
    assert till.plain.get(f"/customerpayments/{payment}")["payment"]["amount_refunded"] == 30
    till.plain.delete(f"{path}/{key}")
    assert till.owed() == (40, 30)


def test_what_was_left_of_a_payment_is_applied_later(till: Till) -> None:
    first = till.invoice(100)
    payment = till.pay(150, (first, 100))
    second = till.invoice(80)
    rows = [{"payment_id": payment, "amount_applied": 50}]

    till.plain.post(f"/invoices/{second}/credits", {"invoice_payments": rows})

    assert (till.of(second), till.owed()) == (("partially_paid", 30), (30, 0))
    path = f"/invoices/{second}/credits"
    more = {"invoice_payments": [{"payment_id": payment, "amount_applied": 1}]}
    assert till.plain.refused("POST", path, json=more) == (400, UNNAMED)


def test_a_void_invoice_leaves_what_was_paid_to_the_customer(till: Till) -> None:
    invoice, credit = till.invoice(100), till.credit(30)
    till.pay(60, (invoice, 60))
    rows = [{"creditnote_id": credit, "amount_applied": 30}]
    till.plain.post(f"/invoices/{invoice}/credits", {"apply_creditnotes": rows})
    assert till.owed() == (10, 0)

    till.plain.post(f"/invoices/{invoice}/status/void")

    assert (till.of(invoice), till.owed()) == (("void", 0), (0, 90))
    till.plain.post(f"/invoices/{invoice}/status/draft")
    assert (till.of(invoice), till.owed()) == (("draft", 100), (0, 90))


def test_a_write_off_closes_what_is_left_and_is_cancelled(till: Till) -> None:
    invoice = till.invoice(100)
    till.pay(60, (invoice, 60))

    till.plain.post(f"/invoices/{invoice}/writeoff")
    assert (till.of(invoice), till.owed()) == (("paid", 0), (0, 0))
    till.plain.post(f"/invoices/{invoice}/writeoff/cancel")

    assert (till.of(invoice), till.owed()) == (("partially_paid", 40), (40, 0))


def test_a_second_write_off_adds_to_the_first(till: Till) -> None:
    invoice = till.invoice(100)
    till.plain.post(f"/invoices/{invoice}/writeoff")
    till.plain.put(f"/invoices/{invoice}", {"line_items": [{"rate": 150}]})
    assert till.of(invoice) == ("sent", 50)  # 150 - 100

    till.plain.post(f"/invoices/{invoice}/writeoff")

    assert till.of(invoice) == ("paid", 0)  # 150 - 100 - 50
    till.plain.post(f"/invoices/{invoice}/writeoff/cancel")
    assert till.owed() == (150, 0)


def test_a_written_off_invoice_is_not_made_less_than_that(till: Till) -> None:
    invoice = till.invoice(100)
    till.plain.post(f"/invoices/{invoice}/writeoff")
    smaller = {"line_items": [{"rate": 60}]}

    assert till.plain.refused("PUT", f"/invoices/{invoice}", json=smaller) == (400, UNNAMED)

    assert (till.of(invoice), till.owed()) == (("paid", 0), (0, 0))


def test_what_is_applied_stays_with_its_contact(till: Till) -> None:
    invoice, credit, other = till.invoice(100), till.credit(70), till.plain.contact("Zoë")
    payment = till.pay(60, (invoice, 50))
    rows = [{"invoice_id": invoice, "amount_applied": 25}]
    till.plain.post(f"/creditnotes/{credit}/invoices", {"invoices": rows})

    for path in (f"/customerpayments/{payment}", f"/creditnotes/{credit}"):
        sent = {"customer_id": other}
        assert till.plain.refused("PUT", path, json=sent) == (400, UNNAMED)

    assert (till.of(invoice), till.owed()) == (("partially_paid", 25), (25, 55))
    free = till.credit(5)
    till.plain.put(f"/creditnotes/{free}", {"customer_id": other})
    assert till.owed() == (25, 55)


def test_a_paid_invoice_keeps_its_customer_and_at_least_what_was_paid(till: Till) -> None:
    invoice = till.invoice(100)
    till.pay(60, (invoice, 60))
    path, other = f"/invoices/{invoice}", till.plain.contact("Zoë")

    assert till.plain.refused("PUT", path, json={"customer_id": other}) == (400, 3010)
    smaller = {"line_items": [{"rate": 59}]}
    assert till.plain.refused("PUT", path, json=smaller) == (400, UNNAMED)
    assert till.plain.refused("DELETE", path) == (400, 4001)
    till.plain.put(path, {"line_items": [{"rate": 60}]})
    assert (till.of(invoice), till.owed()) == (("paid", 0), (0, 0))


def test_an_invoice_that_moves_to_another_customer_takes_its_balance_along(till: Till) -> None:
    invoice, other = till.invoice(100), till.plain.contact("Zoë")

    till.plain.put(f"/invoices/{invoice}", {"customer_id": other})

    assert till.owed() == (0, 0)
    assert till.plain.get(f"/contacts/{other}")["contact"][RECEIVABLE[0]] == 100


def test_a_retainer_is_paid_and_then_applied_to_an_invoice(till: Till) -> None:
    body = {"customer_id": till.customer, "line_items": [{"description": "Ahead", "rate": 50}]}
    retainer = till.plain.post("/retainerinvoices", body)["retainerinvoice"]["retainerinvoice_id"]
    till.plain.post(f"/retainerinvoices/{retainer}/status/sent")
    assert till.owed() == (0, 0)

    payment = till.pay(50, retainerinvoice_id=retainer)
    assert (till.of(retainer, "retainerinvoice"), till.owed()) == (("paid", 0), (0, 50))
    invoice = till.invoice(80)
    rows = [{"payment_id": payment, "amount_applied": 50}]
    till.plain.post(f"/invoices/{invoice}/credits", {"invoice_payments": rows})

    assert (till.of(invoice), till.owed()) == (("partially_paid", 30), (30, 0))
    found = till.plain.get(f"/retainerinvoices/{retainer}")["retainerinvoice"]
    assert (found["payment_made"], found["payment_drawn"]) == (50, 50)
    assert till.plain.refused("DELETE", f"/retainerinvoices/{retainer}") == (400, UNNAMED)


def test_a_payment_for_a_retainer_stays_with_its_customer_and_within_its_total(till: Till) -> None:
    body = {"customer_id": till.customer, "line_items": [{"description": "Ahead", "rate": 50}]}
    retainer = till.plain.post("/retainerinvoices", body)["retainerinvoice"]["retainerinvoice_id"]
    payment = till.pay(30, retainerinvoice_id=retainer)
    path = f"/customerpayments/{payment}"
    other = till.plain.contact("Grace")

    assert till.plain.refused("PUT", path, json={"customer_id": other}) == (400, UNNAMED)
    assert till.plain.refused("PUT", path, json={"amount": 50.01}) == (400, UNNAMED)
    assert till.of(retainer, "retainerinvoice") == ("partially_paid", 20)
    till.plain.put(path, {"amount": 45})

    assert till.of(retainer, "retainerinvoice") == ("partially_paid", 5)  # 50 - 45
    assert till.owed() == (0, 45)


def test_bills_are_paid_credited_and_refunded_as_invoices_are(till: Till) -> None:
    first, second = till.bill(100), till.bill(40)
    assert till.owes() == (140, 0)

    rows = [{"bill_id": first, "amount_applied": 70}]
    body = {"vendor_id": till.vendor, "amount": 90, "bills": rows}
    payment = till.plain.post("/vendorpayments", body)["vendorpayment"]["payment_id"]
    body = {"vendor_id": till.vendor, "line_items": [{"rate": 25}]}
    credit = till.plain.post("/vendorcredits", body)["vendor_credit"]["vendor_credit_id"]
    assert till.owes() == (70, 45)  # 30 + 40; 20 + 25

    rows = [{"vendor_credit_id": credit, "amount_applied": 10}]
    paid = [{"payment_id": payment, "amount_applied": 20}]
    body = {"apply_vendor_credits": rows, "bill_payments": paid}
    till.plain.post(f"/bills/{first}/credits", body)
    rows = [{"bill_id": second, "amount_applied": 15}]
    till.plain.post(f"/vendorcredits/{credit}/bills", {"bills": rows})

    assert till.of(first, "bill") == ("paid", 0)  # 100 - 70 - 20 - 10
    assert till.of(second, "bill") == ("partially_paid", 25)
    assert till.owes() == (25, 0)
    found = till.plain.get(f"/bills/{first}")["bill"]
    assert [row["amount"] for row in found["payments"]] == [90]
    assert [row["amount"] for row in found["vendor_credits"]] == [10]
    assert till.plain.refused("DELETE", f"/bills/{first}") == (400, UNNAMED)
    assert till.plain.refused("POST", f"/bills/{second}/status/void") == (400, UNNAMED)

    [row] = till.plain.get(f"/bills/{first}/payments")["payments"]
    till.plain.delete(f"/bills/{first}/payments/{row['bill_payment_id']}")
    assert till.owes() == (115, 90)
    refund = {"date": DAY, "amount": 90, "to_account_id": BANK}
    till.plain.post(f"/vendorpayments/{payment}/refunds", refund)
    assert till.owes() == (115, 0)


def test_balances_in_base_currency_follow_the_rate_of_each_document(plain: Plain) -> None:
    euro = "4815000000000000099"
    customer = plain.contact("Zoë", currency_id=euro)
    made = plain.invoice({"rate": 100}, customer_id=customer, exchange_rate=1.1)
    plain.post(f"/invoices/{made['invoice_id']}/status/sent")
    body = {"customer_id": customer, "payment_mode": "cash", "date": DAY, "exchange_rate": 1.2}
    rows = [{"invoice_id": made["invoice_id"], "amount_applied": 25}]

    paid = plain.post("/customerpayments", {**body, "amount": 30, "invoices": rows})["payment"]

    contact = plain.get(f"/contacts/{customer}")["contact"]
    assert paid["bcy_amount"] == 36  # 30 x 1.2
    assert contact["outstanding_receivable_amount"] == 75
    assert contact["outstanding_receivable_amount_bcy"] == Decimal("82.5")  # 75 x 1.1
    assert contact["unused_credits_receivable_amount_bcy"] == 6  # 5 x 1.2


def test_what_a_test_has_stored_as_paid_stays_paid(sandbox: Sandbox, till: Till) -> None:
    paid = {"total": 100, "payment_made": 30, "balance": 70, "status": "partially_paid"}
    key = sandbox.insert("Invoice", {**paid, "customer_id": till.customer})

    payment = till.pay(50, (key, 50))
    assert till.of(key) == ("partially_paid", 20)
    till.plain.delete(f"/customerpayments/{payment}")

    assert (till.of(key), till.owed()) == (("partially_paid", 70), (70, 0))
