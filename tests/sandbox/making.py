"""What the tests of records make: documents, lines, a colleague's session, and the calls so far."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from decimal import Decimal

from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.books.invoice import LineItem
from zohorm.sandbox import Sandbox
from zohorm.sandbox.exact import Json


def line(name: str = "Tea", rate: str = "10.10", quantity: int = 2) -> LineItem:
    """Return a new line."""
    return LineItem(name=name, rate=Decimal(rate), quantity=Decimal(quantity))


def saved_contact(name: str = "Bär & Søn") -> Contact:
    """Return a new contact that the service knows."""
    contact = Contact(contact_name=name)
    contact.save()
    return contact


def saved_invoice(*names: str, customer: Contact | None = None) -> Invoice:
    """Return a draft with one line of each name, made in the current block."""
    invoice = Invoice(
        customer_id=(customer or saved_contact(f"Customer of {', '.join(names)}")).id,
        line_items=[line(name) for name in names or ("Tea",)],
    )
    invoice.save()
    return invoice


def colleague(sandbox: Sandbox) -> AbstractContextManager[ZohoBooks]:
    """Open a second session of the same organization, closed after the block."""
    return closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock))


def verbs(sandbox: Sandbox) -> list[str]:
    """Return the calls so far as `GET /contacts/1`, and forget them."""
    made = [f"{call.method} {call.path}" for call in sandbox.calls]
    sandbox.forget()
    return made


def last_body(sandbox: Sandbox) -> dict[str, Json]:
    """Return the JSON object that the last call carried."""
    body = sandbox.calls[-1].body
    assert isinstance(body, dict)
    return body


def rows_of(value: Json) -> list[dict[str, Json]]:
    """Return the rows of a list that was sent or stored."""
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, dict)]
