"""What every kind of member is, on a record and on its class: read by the checkers, never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

from zohorm import Collection, Lines
from zohorm.books import (
    Contact,
    ContactPerson,
    Invoice,
    InvoiceComment,
    InvoicePayment,
    Item,
    LineItem,
    Organization,
    TaxSummary,
)
from zohorm.books import contact as contacts
from zohorm.books import invoice as invoices
from zohorm.fields import Children, CreateOnly, Field, Link, Many, One, ReadOnly, WriteOnly


def _on_a_record(invoice: Invoice, contact: Contact) -> None:
    # What the service always sends is never None.
    assert_type(Invoice.get("1").total, Decimal)
    assert_type(invoice.date, dt.date)
    assert_type(invoice.customer_id, str)
    assert_type(invoice.created_time, dt.datetime)
    # All else may be.
    assert_type(invoice.notes, str | None)
    assert_type(invoice.tax_total, Decimal | None)
    assert_type(invoice.last_payment_date, dt.date | None)
    assert_type(invoice.payment_terms, int | None)
    assert_type(invoice.is_inclusive_tax, bool | None)
    assert_type(invoice.contact_persons, tuple[str, ...] | None)
    # Create-only and write-only members read as the others do.
    assert_type(contact.is_portal_enabled, bool | None)
    assert_type(invoice.reason, str | None)
    # JSON of any shape.
    assert_type(invoice.documents, object)


def _embedded(invoice: Invoice, contact: Contact) -> None:
    assert_type(invoice.line_items, Lines[LineItem])
    assert_type(invoice.line_items[0], LineItem)
    assert_type(invoice.line_items[1:], list[LineItem])
    assert_type([line.rate for line in invoice.line_items], list[Decimal | None])
    assert_type(invoice.line_items.add(name="Travel"), LineItem)
    assert_type(contact.billing_address, contacts.Address)
    assert_type(contact.billing_address.city, str | None)
    assert_type(contact.contact_persons, Lines[ContactPerson])
    # What the service computes is a tuple, or a record that may be missing.
    assert_type(invoice.taxes, tuple[TaxSummary, ...])
    assert_type(invoice.billing_address, invoices.Address | None)


def _other_records(invoice: Invoice, line: LineItem, contact: Contact) -> None:
    # A link by an id that is always sent leads to a record; any other may be None.
    assert_type(invoice.customer, Contact)
    assert_type(line.item, Item | None)
    assert_type(invoice.comments, Collection[InvoiceComment])
    assert_type([one.amount for one in invoice.payments], list[Decimal])
    assert_type(invoice.payments.get("1"), InvoicePayment)
    assert_type(invoice.comments.new(description="Called"), InvoiceComment)
    assert_type(invoice.comments.create(description="Called"), InvoiceComment)
    assert_type(contact.list_contact_persons(), Collection[ContactPerson])


def _on_the_class() -> None:
    assert_type(Invoice.notes, Field[str | None])
    assert_type(Invoice.total, ReadOnly[Decimal])
    assert_type(Invoice.taxes, ReadOnly[tuple[TaxSummary, ...]])
    assert_type(Invoice.billing_address, ReadOnly[invoices.Address | None])
    assert_type(Contact.is_portal_enabled, CreateOnly[bool | None])
    assert_type(Organization.currency_code, CreateOnly[str])
    assert_type(Invoice.reason, WriteOnly[str | None])
    assert_type(Invoice.line_items, Many[LineItem])
    assert_type(Contact.billing_address, One[contacts.Address])
    assert_type(Invoice.customer, Link[Contact])
    assert_type(LineItem.item, Link[Item | None])
    assert_type(Invoice.comments, Children[InvoiceComment])


def _of_every_record(invoice: Invoice) -> None:
    assert_type(invoice.id, str)
    assert_type(invoice.number, str | None)
    assert_type(invoice.key, tuple[str, str, str, str])
    assert_type(invoice["cf_region"], object)
    assert_type(invoice.raw, dict[str, object])
    assert_type(invoice.to_dict(), dict[str, object])
    assert_type(invoice.is_changed, bool)
    assert_type(invoice.copy(), Invoice)
    assert_type(invoice.refresh(), Invoice)
