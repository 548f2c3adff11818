"""What may be assigned, made and saved: read by the type checkers, never run.

A line that must be an error carries a comment for each checker. Both fail on a comment that
silences nothing, so each such line proves that both see the error.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

from zohorm import Change, SaveResult
from zohorm.books import Contact, Invoice, Item, LineItem, Organization, ZohoBooks
from zohorm.books.contact import Address


def _new_records(customer: Contact) -> None:
    # Every keyword is optional: what a new record needs, the service says.
    assert_type(Invoice(), Invoice)
    assert_type(
        Invoice(
            customer_id="1",
            date=dt.date(2026, 1, 15),
            notes=None,
            line_items=[LineItem(name="Consulting", rate=Decimal("120.10"))],
        ),
        Invoice,
    )
    Invoice(customer=customer)
    Contact(contact_name="Ada", is_portal_enabled=True, billing_address=Address(city="Porto"))
    Organization(currency_code="EUR", portal_name="acme")

    Invoice("1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice(notes=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Invoice(date=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Invoice(nots="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    # What the service computes is no keyword, nor is a collection below the record.
    Invoice(total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice(taxes=())  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice(billing_address=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice(comments=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LineItem(item_total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _assignment(invoice: Invoice, contact: Contact, line: LineItem, item: Item) -> None:
    invoice.notes = "Paid by telephone"
    invoice.notes = None
    invoice.due_date = dt.date(2026, 2, 1)
    invoice.reason = "A wrong price"
    invoice.line_items = [line]
    invoice.customer = contact
    item.vendor = None
    contact.billing_address = Address(city="Porto")
    contact.billing_address.city = None
    contact.is_portal_enabled = True

    invoice.notes = 3  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    line.rate = "7.77"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    line.rate = 7.77  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    # A member that is never None cannot be cleared.
    invoice.date = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.customer = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.customer = line  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.line_items = [contact]  # type: ignore[list-item]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.line_items.append(contact)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _names(invoice: Invoice) -> None:
    _ = invoice.nots  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.nots = "x"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    _ = Invoice.nots  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    # The way past the facts takes any name.
    invoice["nots"] = "x"


def _computed_total(invoice: Invoice) -> None:
    invoice.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _computed_number(invoice: Invoice) -> None:
    invoice.invoice_id = "1"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _computed_id(invoice: Invoice) -> None:
    invoice.id = "1"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def _computed_list(invoice: Invoice) -> None:
    invoice.taxes = ()  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _computed_address(invoice: Invoice) -> None:
    invoice.billing_address = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _collection(invoice: Invoice) -> None:
    invoice.comments = []  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _saving(invoice: Invoice, contact: Contact, books: ZohoBooks) -> None:
    assert_type(invoice.save(), SaveResult)
    assert_type(contact.save(check=False, again=True), SaveResult)
    assert_type(invoice.save().created, bool)
    assert_type(invoice.save().fields, tuple[str, ...])
    assert_type(invoice.save().not_applied, tuple[str, ...])
    assert_type(books.save([invoice, contact]), list[SaveResult])
    assert_type(invoice.settle(), bool)
    assert_type(invoice.changes(), dict[str, Change])

    # Write options are typed, on the models that document them.
    assert_type(invoice.save(send=True, ignore_auto_number_generation=True), SaveResult)
    invoice.save(send="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    invoice.save(snd=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    invoice.save(True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    contact.save(send=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
