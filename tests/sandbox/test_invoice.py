"""Zoho Invoice over HTTP: its own endpoints, and those that have the names of Books' ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import last_body, verbs

from zohorm import books, fields
from zohorm.errors import (
    InvalidValue,
    NotBound,
    NotFound,
    OutcomeUnknown,
    ReadOnlyField,
    UnknownField,
    UnknownFilter,
    Unsupported,
    ValidationError,
    WrongType,
)
from zohorm.invoice import (
    ClientReview,
    Contact,
    CreditNote,
    Currency,
    Estimate,
    ExpenseCategory,
    Invoice,
    InvoiceComment,
    Organization,
    PriceList,
    Project,
    RecurringInvoice,
    Task,
    TimeEntry,
    User,
    ZohoInvoice,
)
from zohorm.invoice.invoice import LineItem
from zohorm.sandbox import Sandbox

DAY = dt.date(2026, 1, 15)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[ZohoInvoice]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoInvoice(**sandbox.credentials, clock=sandbox.clock)) as opened, opened:
        yield opened


@pytest.fixture
def contact(session: ZohoInvoice, sandbox: Sandbox) -> Contact:
    made = Contact(contact_name="Tea & Co")
    made.save()
    sandbox.forget()
    return made


@pytest.fixture
def invoice(contact: Contact, sandbox: Sandbox) -> Invoice:
    made = Invoice(
        customer_id=contact.id,
        date=DAY,
        line_items=[LineItem(name="Tea", rate=Decimal("10.10"), quantity=Decimal(2))],
    )
    made.save()
    sandbox.forget()
    return made


def test_calls_go_to_invoice_and_name_the_organization(
    session: ZohoInvoice, sandbox: Sandbox
) -> None:
    assert not Contact.iterate().exists()

    call = sandbox.calls[-1]
    assert call.url_path == "/invoice/v3/contacts"
    assert call.query["organization_id"] == sandbox.credentials["organization_id"]


@pytest.mark.switched(
    omitted_lines="clear",
    raises=IndexError,
    because="an update without lines takes them away",
)
def test_save_sends_what_changed_and_reads_lines_first(invoice: Invoice, sandbox: Sandbox) -> None:
    invoice.notes = "Thank you"
    assert invoice.save().fields == ("notes",)
    assert last_body(sandbox) == {"notes": "Thank you"}

    invoice.line_items[0].quantity = Decimal(3)
    assert invoice.save().fields == ("line_items",)

    assert verbs(sandbox) == [
        f"PUT /invoices/{invoice.id}",
        f"GET /invoices/{invoice.id}",
        f"PUT /invoices/{invoice.id}",
    ]


def test_a_status_is_set_by_an_action_that_may_be_repeated(
    invoice: Invoice, sandbox: Sandbox
) -> None:
    sandbox.next(fault="drop-after-commit")

    invoice.mark_sent()

    assert invoice.status == "sent"
    assert verbs(sandbox) == [
        f"POST /invoices/{invoice.id}/status/sent",
        f"POST /invoices/{invoice.id}/status/sent",
        f"GET /invoices/{invoice.id}",
    ]


def test_a_mail_is_never_sent_twice(invoice: Invoice, sandbox: Sandbox) -> None:
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        invoice.send_email(to_mail_ids=["a@example.com"])

    assert last_body(sandbox) == {"to_mail_ids": ["a@example.com"]}
    assert verbs(sandbox) == [f"POST /invoices/{invoice.id}/email"]


def test_a_price_list_is_made_of_the_words_of_the_paths(
    session: ZohoInvoice, sandbox: Sandbox
) -> None:
    prices = PriceList(
        name="Friends", pricebook_type="per_item", is_increase=False, rounding_type="no_rounding"
    )

    prices.save()

    assert prices.number == "Friends"
    assert [each.name for each in PriceList.iterate()] == ["Friends"]
    assert verbs(sandbox) == ["POST /pricebooks", "GET /pricebooks"]


def test_an_expense_category_is_known_by_its_account(
    session: ZohoInvoice, sandbox: Sandbox
) -> None:
    category = ExpenseCategory(account_name="Travel")
    category.save()

    category.mark_inactive()

    assert category.status == "inactive"
    assert category.id == category.account_id
    assert verbs(sandbox) == [
        "POST /expensecategories",
        f"POST /expensecategories/{category.id}/inactive",
        f"GET /expensecategories/{category.id}",
    ]


def test_a_review_is_read_and_answered(session: ZohoInvoice, sandbox: Sandbox) -> None:
    identifier = sandbox.insert("ClientReview", {}, product="invoice")

    review = ClientReview.get(identifier)
    review.reply(description="Thank you")

    assert sandbox.calls[-1].path == f"/clientreviews/{identifier}/comment"
    assert last_body(sandbox) == {"description": "Thank you"}
    with pytest.raises(Unsupported):
        ClientReview().save()


def test_children_are_reached_through_their_parent(invoice: Invoice, sandbox: Sandbox) -> None:
    comment = invoice.comments.create(description="Sent by post")

    assert isinstance(comment, InvoiceComment)
    assert verbs(sandbox) == [f"POST /invoices/{invoice.id}/comments"]
    assert "Sent by post" in [each.description for each in invoice.comments]


def test_hours_hang_on_a_project(contact: Contact, sandbox: Sandbox) -> None:
    user = User.current()
    project = Project(
        project_name="Garden",
        customer_id=contact.id,
        billing_type="based_on_task_hours",
        user_id=user.id,
    )
    project.save()
    task = project.list_tasks().create(task_name="Dig")
    sandbox.forget()

    entry = TimeEntry(project_id=project.id, task_id=task.id, user_id=user.id, log_date=DAY)
    entry.save()

    assert isinstance(task, Task)
    assert verbs(sandbox) == ["POST /projects/timeentries"]
    assert entry.log_date == DAY


def test_exchange_rates_are_those_of_a_currency(session: ZohoInvoice, sandbox: Sandbox) -> None:
    currency = Currency(currency_code="CHF", currency_format="1,234,567.89")
    currency.save()

    rate = currency.exchange_rates.create(effective_date=DAY, rate=Decimal("1.0525"))

    assert rate.rate == Decimal("1.0525")
    assert sandbox.calls[-1].path == f"/settings/currencies/{currency.id}/exchangerates"
    assert last_body(sandbox) == {"effective_date": "2026-01-15", "rate": Decimal("1.0525")}


def test_several_invoices_are_mailed_at_once(invoice: Invoice, sandbox: Sandbox) -> None:
    Invoice.email_many([invoice.id], contacts=[{"contact_id": "1", "email": True}])

    call = sandbox.calls[-1]
    assert (call.method, call.path) == ("POST", "/invoices/email")
    assert call.query["invoice_ids"] == invoice.id


def test_a_credit_note_opens_on_the_path_of_invoice(session: ZohoInvoice, sandbox: Sandbox) -> None:
    """Books says /status/open."""
    identifier = sandbox.insert("CreditNote", {"status": "draft"}, product="invoice")

    CreditNote.get(identifier).mark_open()

    assert verbs(sandbox)[-1] == f"POST /creditnotes/{identifier}/converttoopen"


def test_models_of_books_take_no_session_of_invoice(session: ZohoInvoice) -> None:
    """The classes are apart, though their names are the same."""
    with pytest.raises(NotBound):
        books.Contact.get("1")
    with pytest.raises(WrongType):
        books.Contact.using(session)


class TestWrongInput:
    """What is refused, and that it costs no call where it need not."""

    def test_an_unknown_id(self, session: ZohoInvoice) -> None:
        with pytest.raises(NotFound):
            Estimate.get("999")

    def test_an_unknown_member(self, session: ZohoInvoice, sandbox: Sandbox) -> None:
        with pytest.raises(UnknownField, match="customer_id"):
            Invoice(custommer_id="1")
        assert sandbox.calls == []

    def test_a_member_that_the_service_computes(self, invoice: Invoice, sandbox: Sandbox) -> None:
        with pytest.raises(ReadOnlyField):
            invoice.total = Decimal(1)
        assert sandbox.calls == []

    def test_a_float_for_money(self, session: ZohoInvoice, sandbox: Sandbox) -> None:
        wrong: Any = 1.1
        with pytest.raises(WrongType):
            LineItem(rate=wrong)
        assert sandbox.calls == []

    def test_a_filter_that_nobody_documents(self, session: ZohoInvoice, sandbox: Sandbox) -> None:
        with pytest.raises(UnknownFilter, match="customer_id"):
            Invoice.iterate(customer="1")
        assert sandbox.calls == []

    def test_a_value_that_fits_no_filter(self, session: ZohoInvoice, sandbox: Sandbox) -> None:
        with pytest.raises((InvalidValue, WrongType)):
            Invoice.iterate(date=object())
        assert sandbox.calls == []

    def test_what_the_service_refuses(self, session: ZohoInvoice) -> None:
        with pytest.raises(ValidationError):
            RecurringInvoice(recurrence_name="Rent").save()

    def test_what_is_not_offered(self, session: ZohoInvoice, sandbox: Sandbox) -> None:
        organization = Organization()
        with pytest.raises(Unsupported):
            organization.save()
        assert sandbox.calls == []


def test_a_wrong_fact_is_mended_without_touching_the_package(
    session: ZohoInvoice, sandbox: Sandbox
) -> None:
    """The pages of reviews show no member but the id."""
    identifier = sandbox.insert("ClientReview", {"rating": 5}, product="invoice")
    ClientReview.extend(rating=fields.integer())

    review: Any = ClientReview.get(identifier)

    assert review.rating == 5


def test_an_invoice_is_given_as_pdf(invoice: Invoice, sandbox: Sandbox) -> None:
    assert invoice.pdf().startswith(b"%PDF")

    call = sandbox.calls[-1]
    assert (call.path, call.query["accept"]) == (f"/invoices/{invoice.id}", "pdf")
