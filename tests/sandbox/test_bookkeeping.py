"""The books of the sandbox as the models see them: what actions and payments do to balances."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from making import line, saved_contact, saved_invoice, verbs

from zohorm import ValidationError
from zohorm.books import (
    Contact,
    CreditNote,
    CreditNoteLineItem,
    CustomerPayment,
    Estimate,
    EstimateLineItem,
    Invoice,
    Journal,
    PaidInvoice,
    ZohoBooks,
)
from zohorm.sandbox import Sandbox

DAY = dt.date(2026, 1, 15)


def payment(invoice: Invoice, amount: str, applied: str) -> CustomerPayment:
    made = CustomerPayment(
        customer_id=invoice.customer_id,
        payment_mode="cash",
        amount=Decimal(amount),
        date=DAY,
        invoices=[PaidInvoice(invoice_id=invoice.id, amount_applied=Decimal(applied))],
    )
    made.save()
    return made


def test_a_payment_moves_the_balance_that_is_read_next(sandbox: Sandbox, books: ZohoBooks) -> None:
    customer = saved_contact()
    invoice = saved_invoice("Tea", customer=customer)  # 2 x 10.10
    invoice.mark_sent()

    made = payment(invoice, "15.00", "5.20")
    verbs(sandbox)

    assert made.unused_amount == Decimal("9.80")
    assert Invoice.get(invoice.id).balance == Decimal("15.00")
    assert Contact.get(customer.id).outstanding_receivable_amount == Decimal("15.00")
    # What was cached before the payment is asked for again.
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}", f"GET /contacts/{customer.id}"]
    made.delete()
    invoice.refresh()
    assert (invoice.status, invoice.balance) == ("sent", Decimal("20.20"))


def test_credits_are_applied_by_an_action(books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    invoice.mark_sent()
    lines = [CreditNoteLineItem(name="Back", rate=Decimal("20.20"), quantity=Decimal(1))]
    credit = CreditNote(customer_id=invoice.customer_id, date=DAY, line_items=lines)
    credit.save()

    rows = [{"invoice_id": invoice.id, "amount_applied": Decimal("20.20")}]
    credit.apply_to_invoices(invoices=rows)

    assert credit.status == "closed"
    assert credit.balance == 0
    assert (invoice.status, invoice.credits_applied) == ("paid", Decimal("20.20"))


def test_what_the_books_do_not_allow_is_an_error_with_its_code(books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    invoice.mark_sent()
    payment(invoice, "5", "5")

    with pytest.raises(ValidationError) as raised:
        invoice.delete()
    assert raised.value.code == 4001
    invoice.mark_void()
    with pytest.raises(ValidationError, match="cannot become void"):
        invoice.mark_void()


def test_an_estimate_goes_its_way_by_actions(books: ZohoBooks) -> None:
    lines = [EstimateLineItem(name="Tea", rate=Decimal(5), quantity=Decimal(1))]
    estimate = Estimate(customer_id=saved_contact().id, line_items=lines)
    estimate.save()

    with pytest.raises(ValidationError, match="draft"):
        estimate.mark_accepted()
    estimate.mark_sent()
    estimate.mark_accepted()

    assert estimate.status == "accepted"
    Invoice(
        customer_id=estimate.customer_id, line_items=[line()], invoiced_estimate_id=estimate.id
    ).save()
    estimate.refresh()
    assert estimate.status == "invoiced"


def test_a_published_journal_is_no_draft_again(sandbox: Sandbox, books: ZohoBooks) -> None:
    journal = Journal(journal_date=DAY)
    journal.save()
    assert journal.status == "draft"

    journal.mark_published()
    books.request("PUT", f"/journals/{journal.id}", body={"status": "draft"})

    # The status can be sent with a new journal, so an action does not unload it.
    journal.refresh()
    assert journal.status == "published"
