"""Records made or changed by a custom field, as the type checkers see them; never run."""

from __future__ import annotations

from typing import assert_type

from zohorm.books import Bill, Contact, Invoice, Organization, ZohoBooks


def _upserts(books: ZohoBooks, customer: Contact) -> None:
    assert_type(Invoice.upsert("cf_external_id", "A-17", customer=customer), Invoice)
    assert_type(Bill.using(books).upsert("cf_external_id", 17, create=False), Bill)

    Invoice.upsert("cf_external_id")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice.upsert("cf_external_id", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    # Only the collections that document it have it.
    Organization.upsert("cf_external_id", "A-17")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
