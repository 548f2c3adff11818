"""Rows that no service should send: without an id, with another one, with members that are none."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from making import verbs

from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.errors import MalformedReply, NotSaved, ReadOnlyField
from zohorm.sandbox import Sandbox


def answer(sandbox: Sandbox, times: int = 1, **members: object) -> None:
    """Let the next calls be answered with these members."""
    sandbox.next(body={"code": 0, "message": "success", **members}, times=times)


# One record.


@pytest.mark.parametrize(
    "row",
    [{"contact_id": "999"}, {}, {"contact_id": ""}, {"contact_id": None}, {"contact_id": ["5"]},
     {"contact_id": {"a": 1}}],
    ids=str,
)  # fmt: skip
def test_another_record_than_the_asked_one_is_no_answer(
    row: Any, sandbox: Sandbox, books: ZohoBooks
) -> None:
    for _ in range(2):
        answer(sandbox, contact=row)
        with pytest.raises(MalformedReply, match=r"another Contact.*GET /contacts/5|no id"):
            Contact.get("5")

    assert verbs(sandbox) == ["GET /contacts/5"] * 2


def test_a_refresh_never_takes_another_record(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item.get(sandbox.insert("Item", {"name": "Tea"}))
    answer(sandbox, item={"item_id": "999", "name": "Cake"})

    with pytest.raises(MalformedReply):
        item.refresh()

    assert item.name == "Tea"


def test_an_id_that_is_a_number_is_that_id(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, contact={"contact_id": 5, "contact_name": "Zoë"})

    assert Contact.get("5").id == "5"


# Rows of a list.


def test_a_row_without_an_id_is_read_and_never_saved(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, contacts=[{"contact_name": "Zoë"}])
    (contact,) = Contact.iterate()
    sandbox.forget()

    assert contact.contact_name == "Zoë"
    assert not contact.is_new
    assert "without id" in repr(contact)
    for act in (
        lambda: setattr(contact, "notes", "x"),
        lambda: contact.__setitem__("x", "y"),
        contact.save,
    ):
        with pytest.raises(ReadOnlyField, match="without an id"):
            act()
    for read in (lambda: contact.id, contact.refresh, contact.delete, contact.mark_inactive):
        with pytest.raises(NotSaved, match="without an id"):
            read()
    assert not pickle.loads(pickle.dumps(contact)).is_new
    assert verbs(sandbox) == []


def test_a_row_without_an_id_cannot_be_read_whole(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, contacts=[{"contact_name": "Zoë"}])

    with pytest.raises(MalformedReply, match="contact_id"):
        list(Contact.iterate().whole())

    assert verbs(sandbox) == ["GET /contacts"]


@pytest.mark.parametrize("identifier", [["5"], {"a": 1}])
def test_a_row_whose_id_is_no_text_is_an_error(
    identifier: object, sandbox: Sandbox, books: ZohoBooks
) -> None:
    answer(sandbox, invoices=[{"invoice_id": identifier}], times=2)

    with pytest.raises(MalformedReply, match="invoice_id"):
        list(Invoice.iterate())
    with pytest.raises(MalformedReply, match="invoice_id"):
        list(Invoice.iterate().whole())
