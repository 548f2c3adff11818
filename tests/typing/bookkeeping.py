"""What the records of Books beside invoices and contacts are: read by the checkers, never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Collection, Lines
from zohorm.books import (
    Account,
    Bill,
    BillComment,
    BillLineItem,
    BillPayment,
    Contact,
    CreditNote,
    CreditNoteLineItem,
    CreditNoteRefund,
    CustomerPayment,
    Expense,
    Invoice,
    PaidInvoice,
    Project,
    SalesOrder,
    SalesOrderLineItem,
    Tax,
    TaxGroup,
    TimeEntry,
    User,
    VendorCredit,
)
from zohorm.books import bill as bills
from zohorm.books import sales_order as orders


def _a_bill(bill: Bill) -> None:
    assert_type(Bill.get("1").total, Decimal)
    assert_type(bill.balance, Decimal)
    assert_type(bill.due_date, dt.date)
    assert_type(bill.bill_number, str)
    assert_type(bill.status, str)
    assert_type(bill.created_time, dt.datetime)
    assert_type(bill.exchange_rate, Decimal | None)
    assert_type(bill.vendor_credits_applied, Decimal | None)
    assert_type(bill.purchaseorder_ids, tuple[str, ...] | None)
    assert_type(bill.line_items, Lines[BillLineItem])
    assert_type(bill.line_items[0].account_id, str | None)
    assert_type(bill.line_items[0].item_total, Decimal | None)
    assert_type(bill.billing_address, bills.Address | None)
    assert_type(bill.vendor, Contact)
    assert_type(bill.comments, Collection[BillComment])
    assert_type(bill.list_payments(), Collection[BillPayment])
    assert_type(bill.credits.create(date=dt.date(2026, 1, 31)), VendorCredit)
    assert_type(bill.mark_void(), None)
    # What the service computes can be neither assigned nor passed.
    bill.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    Bill(bill_number="B-1", vendor_id="5", date=dt.date(2026, 1, 31))
    Bill(balance=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _a_credit_note(note: CreditNote, invoice: Invoice) -> None:
    assert_type(note.balance, Decimal)
    assert_type(note.date, dt.date)
    assert_type(note.customer, Contact)
    assert_type(note.notes, str | None)
    assert_type(note.line_items[0], CreditNoteLineItem)
    assert_type(note.refunds, Collection[CreditNoteRefund])
    assert_type(note.refunds.get("1").amount, Decimal | None)
    assert_type(note.pdf(), bytes)
    assert_type(note.email_history(), Mapping[str, object])
    assert_type(next(iter(invoice.credit_notes)), CreditNote)


def _a_payment(payment: CustomerPayment) -> None:
    assert_type(payment.amount, Decimal)
    assert_type(payment.unused_amount, Decimal | None)
    assert_type(payment.bank_charges, Decimal | None)
    assert_type(payment.date, dt.date)
    assert_type(payment.invoices, Lines[PaidInvoice])
    assert_type(payment.invoices[0].amount_applied, Decimal | None)
    assert_type(payment.account, Account | None)
    assert_type(CustomerPayment.delete_many(["1", "2"]), None)


def _an_order(order: SalesOrder) -> None:
    assert_type(order.total, Decimal)
    assert_type(order.shipment_date, dt.date | None)
    assert_type(order.shipment_days, str | None)
    assert_type(order.line_items, Lines[SalesOrderLineItem])
    assert_type(order.taxes, tuple[orders.SalesOrderTax, ...])
    assert_type(order.documents, object)
    assert_type(SalesOrder.pdf_many(["1", "2"]), bytes)
    assert_type(order.set_sub_status("cs_packed"), None)


def _others(expense: Expense, project: Project, tax: Tax, group: TaxGroup) -> None:
    assert_type(expense.total, Decimal)
    assert_type(expense.paid_through_account, Account | None)
    assert_type(expense.employee_id, str | None)
    assert_type(project.time_entries.get("1"), TimeEntry)
    assert_type(project.time_entries.get("1").log_time, str)
    assert_type(tax.tax_percentage, Decimal)
    assert_type(group.taxes, object)
    assert_type(User.current(), User)
