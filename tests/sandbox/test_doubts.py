"""What is in doubt is not made again by accident: actions, children, calls of one's own."""

from __future__ import annotations

import io
import pickle
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import colleague, rows_of, saved_invoice

from zohorm.books import Invoice, Item, ZohoBooks
from zohorm.errors import MalformedReply, OutcomeUnknown, Unsettled, ValidationError, WrongType
from zohorm.sandbox import Sandbox

TO = ["ada@example.org"]


def mailable() -> Invoice:
    return saved_invoice("Tea")


def comments(sandbox: Sandbox) -> list[object]:
    """The comments that somebody wrote; the history of the invoices is written by the service."""
    rows = sandbox.rows("InvoiceComment")
    return [
        row["description"] for row in rows if row["description"] in ("Paid", "Called", "Thanks")
    ]


def test_a_loop_that_tries_again_mails_once(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    sandbox.next(fault="drop-after-commit", method="POST", times=5)

    for _ in range(5):
        with pytest.raises((OutcomeUnknown, Unsettled)):
            Invoice.at(invoice.id).send_email(to_mail_ids=TO)

    assert len(sandbox.mails) == 1


def test_whoever_has_looked_may_mail_again(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    for look in (invoice.refresh, invoice.settle):
        sandbox.next(fault="drop-before-commit", method="POST")
        with pytest.raises(OutcomeUnknown):
            invoice.send_email(to_mail_ids=TO)
        sandbox.forget()

        look()
        invoice.send_email(to_mail_ids=TO)

        assert [call.method for call in sandbox.calls] == ["GET", "POST"]
        assert len(sandbox.mails) == 1


def test_who_copies_has_not_looked(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        invoice.send_email(to_mail_ids=TO)

    invoice.copy()

    with pytest.raises(Unsettled):
        invoice.send_email(to_mail_ids=TO)
    assert len(sandbox.mails) == 1


def test_again_mails_all_the_same(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown, match="again=True"):
        invoice.send_email(to_mail_ids=TO)

    invoice.send_email(to_mail_ids=TO, again=True)
    invoice.send_email(to_mail_ids=TO)

    assert len(sandbox.mails) == 3


def test_other_actions_and_other_records_are_not_refused(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice, other = mailable(), saved_invoice("Cake")
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        invoice.send_email(to_mail_ids=TO)

    other.send_email(to_mail_ids=TO)
    invoice.mark_sent()

    assert len(sandbox.mails) == 2


def test_a_refused_action_is_in_no_doubt(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    sandbox.next(status=400, code=15, method="POST")
    with pytest.raises(ValidationError):
        invoice.send_email(to_mail_ids=TO)

    invoice.send_email(to_mail_ids=TO)

    assert len(sandbox.mails) == 1


class _Breaking(io.BytesIO):
    """A file on a disk that fails once."""

    fails = True

    def read(self, size: int | None = -1, /) -> bytes:
        """Fail, once."""
        if self.fails and self.tell() > 0:
            self.fails = False
            raise OSError("the disk is gone")
        return super().read(size)


def test_half_a_file_is_none_and_leaves_no_doubt(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    file = _Breaking(b"%PDF-1.4 " + b"x" * 500_000)
    with pytest.raises(OSError, match="the disk is gone"):
        invoice.add_attachment(file)
    file.seek(0)

    invoice.add_attachment(file)

    assert len(rows_of(sandbox.rows("Invoice")[0]["documents"])) == 1


def test_another_session_has_doubts_of_its_own(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = mailable()
    sandbox.next(fault="drop-before-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        invoice.send_email(to_mail_ids=TO)

    with colleague(sandbox) as theirs:
        Invoice.using(theirs).at(invoice.id).send_email(to_mail_ids=TO)

    assert len(sandbox.mails) == 1


def test_an_action_whose_answer_lacks_its_record_was_done(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    sandbox.next(body={"code": 0, "message": "success"})
    with pytest.raises(MalformedReply) as caught:
        Invoice.create_from_sales_order(salesorder_id="5")

    with pytest.raises(Unsettled):
        Invoice.create_from_sales_order(salesorder_id="5")

    assert caught.value.maybe_done
    assert len(sandbox.calls) == 1
    made = {"code": 0, "invoice": {"invoice_id": "7"}}
    sandbox.next(body=made, times=2)
    assert Invoice.create_from_sales_order(salesorder_id="5", again=True).id == "7"
    assert Invoice.create_from_sales_order(salesorder_id="5").id == "7"


def test_a_child_in_doubt_is_kept_and_refuses_another_below_its_parent(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice, other = saved_invoice("Tea"), saved_invoice("Cake")
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        invoice.comments.create(description="Paid")

    with pytest.raises(Unsettled, match=r"error\.record\.settle\(\)") as caught:
        invoice.comments.create(description="Paid")
    other.comments.create(description="Called")

    assert comments(sandbox) == ["Paid", "Called"]
    record = caught.value.record
    assert record is not None
    assert record.settle()
    (made,) = (row for row in sandbox.rows("InvoiceComment") if row["description"] == "Paid")
    assert record.id == made["comment_id"]
    invoice.comments.create(description="Thanks")
    assert comments(sandbox) == ["Paid", "Called", "Thanks"]


def test_again_makes_another_child_all_the_same(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        invoice.comments.create(description="Paid")

    invoice.comments.create(description="Paid", again=True)

    assert comments(sandbox) == ["Paid", "Paid"]


def test_the_error_of_a_save_has_its_record_also_pickled(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item(name="Tea", rate=Decimal(3))
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown) as caught:
        item.save()

    kept = pickle.loads(pickle.dumps(caught.value))  # our own bytes

    assert caught.value.record is item
    assert "Tea" not in f"{caught.value}{caught.value!r}{kept!r}"
    assert books.attach(kept.record).settle()
    assert item.settle()


def test_a_call_of_ones_own_is_refused_as_it_was(sandbox: Sandbox, books: ZohoBooks) -> None:
    body = {"contact_name": "Ada"}
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown, match="again=True"):
        books.request("POST", "/contacts", body=body)

    with pytest.raises(Unsettled):
        books.request("POST", "/contacts", body=body)
    books.request("POST", "/contacts", body={"contact_name": "Zoë"})
    assert [row["contact_name"] for row in sandbox.rows("Contact")] == ["Ada", "Zoë"]
    with pytest.raises(ValidationError):  # It is there, so the service refuses another one.
        books.request("POST", "/contacts", body=body, again=True)


def test_a_generic_create_is_refused_while_one_is_in_doubt(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contacts = books.resource(path="contacts", key="contact", id="contact_id", list_key="contacts")
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        contacts.create(contact_name="Ada")

    with pytest.raises(Unsettled) as caught:
        contacts.create(contact_name="Ada")

    assert caught.value.record is not None
    assert caught.value.record.settle()
    contacts.create(contact_name="Zoë")
    assert [row["contact_name"] for row in sandbox.rows("Contact")] == ["Ada", "Zoë"]


def test_again_is_true_or_false(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.forget()

    wrong: Any = "yes"
    for call in (
        lambda: invoice.send_email(again=wrong),
        lambda: invoice.comments.create(again=wrong, description="x"),
        lambda: books.request("POST", "/contacts", body={}, again=wrong),
    ):
        with pytest.raises(WrongType, match="again takes True or False"):
            call()

    assert sandbox.calls == []


def test_doubts_of_a_closed_session_are_gone_with_it(sandbox: Sandbox) -> None:
    for _ in range(2):
        books = ZohoBooks(**sandbox.credentials, clock=sandbox.clock)
        with closing(books), books:
            sandbox.next(fault="drop-before-commit", method="POST")
            with pytest.raises(OutcomeUnknown):
                books.request("POST", "/contacts", body={"contact_name": "Ada"})

    assert sandbox.rows("Contact") == []
