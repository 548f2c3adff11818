"""After a write below a record, what the service computes of that record is read anew."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from making import colleague, saved_contact, saved_invoice, verbs

from zohorm.books import Invoice, ZohoBooks
from zohorm.books.credit_note import CreditNoteLineItem as CreditNoteLine
from zohorm.errors import OutcomeUnknown, ValidationError, WrongType
from zohorm.sandbox import Sandbox


def sent_meanwhile(sandbox: Sandbox, invoice: Invoice) -> None:
    """Change what the service computes of the invoice, as a payment would."""
    with colleague(sandbox) as theirs:
        Invoice.using(theirs).at(invoice.id).mark_sent()
    sandbox.forget()


def test_a_child_that_was_created_unloads_what_the_service_computes_of_its_parent(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    assert invoice.status == "draft"
    sent_meanwhile(sandbox, invoice)

    invoice.comments.create(description="Paid in cash")

    assert verbs(sandbox) == [f"POST /invoices/{invoice.id}/comments"]  # No call beyond it.
    assert invoice.status == "sent"
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]
    assert (invoice.balance, invoice.total) == (invoice.total, invoice.balance)
    assert verbs(sandbox) == []


def test_a_child_that_was_changed_or_deleted_does_so_as_well(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    comment = invoice.comments.create(description="Paid in cash")
    for write in ("save", "delete"):
        assert invoice.refresh().is_whole
        comment.description = "Paid by card"

        getattr(comment, write)()

        assert not invoice.is_whole


def test_what_can_be_written_and_unsaved_edits_of_the_parent_stay(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.notes = "Mine"
    customer, lines = invoice.customer_id, invoice.line_items
    sandbox.forget()

    invoice.comments.create(description="Paid in cash")

    assert (invoice.customer_id, invoice.line_items, invoice.notes) == (customer, lines, "Mine")
    assert len(verbs(sandbox)) == 1
    assert list(invoice.changes()) == ["notes"]


def test_what_is_made_of_a_record_unloads_it(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sent_meanwhile(sandbox, invoice)

    note = invoice.credit_notes.new(
        customer_id=invoice.customer_id,
        creditnote_number="C 1",
        date=dt.date(2026, 1, 15),
        line_items=[CreditNoteLine(name="Tea", rate=Decimal(1), quantity=Decimal(1))],
    )
    note.save(ignore_auto_number_generation=True)
    sandbox.forget()

    assert invoice.status != "draft"
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]


def test_a_child_in_doubt_unloads_its_parent(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    comment = invoice.comments.new(description="Paid in cash")
    sandbox.next(fault="drop-after-commit", method="POST")

    with pytest.raises(OutcomeUnknown):
        comment.save()

    assert not invoice.is_whole


def test_a_child_that_was_never_sent_leaves_its_parent_loaded(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")

    with pytest.raises(WrongType):
        invoice.comments.create(description=5)

    assert invoice.is_whole


def test_a_refused_child_unloads_its_parent_and_the_next_read_is_true(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    sandbox.next(status=400, code=15, method="POST")

    with pytest.raises(ValidationError):
        invoice.comments.create(description="Paid in cash")

    assert invoice.status == "draft"


def test_a_list_of_records_that_are_written_below_is_read_anew(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    assert list(contact.contact_persons) == []

    contact.list_contact_persons().create(first_name="Anna", email="a@example.org")

    assert [each.first_name for each in contact.contact_persons] == ["Anna"]
