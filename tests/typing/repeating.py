"""Saves and actions that may be in doubt, as the type checkers see them; never run."""

from __future__ import annotations

from typing import assert_type

from zohorm import OutcomeUnknown
from zohorm.books import Invoice, InvoiceComment, ZohoBooks
from zohorm.saving import SaveResult


def _repeats(books: ZohoBooks, invoice: Invoice, error: OutcomeUnknown) -> None:
    assert_type(invoice.save(repeatable=True), SaveResult)
    assert_type(invoice.comments.create(again=True, description="Paid"), InvoiceComment)
    invoice.send_email(to_mail_ids=["ada@example.org"], again=True)
    Invoice.email_many(["1"], again=True)
    books.request("POST", "/contacts", body={}, again=True)
    if error.record is not None:
        assert_type(error.record.settle(), bool)

    invoice.save(repeatable="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    # What may be sent again is not told to.
    invoice.mark_sent(again=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
