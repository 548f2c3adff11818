"""`save(repeatable=True)`: after a lost answer the record is looked for, then sent again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import line, rows_of, saved_contact

from zohorm import errors, repeating, resource
from zohorm.books import Bill, Contact, Invoice, Item, ZohoBooks
from zohorm.errors import (
    Duplicate,
    InvalidValue,
    OutcomeUnknown,
    Unreachable,
    Unsupported,
    ValidationError,
    ZohoError,
)
from zohorm.facts import methods
from zohorm.facts.load import load
from zohorm.sandbox import Sandbox

PRODUCTS = ("books", "checkout", "expense", "inventory", "invoice", "subscriptions")
CREATES = [
    pytest.param(product, name, facts, id=f"{product}-{name}")
    for product in PRODUCTS
    for name, facts in load(product)["resources"].items()
    if "create" in facts["operations"] and facts.get("form") != "generic"
]


def draft(reference: str | None = "PO 17") -> Invoice:
    """Return an unsaved invoice."""
    customer = Contact.iterate().first() or saved_contact()
    invoice = Invoice(customer_id=customer.id, line_items=[line("Tea")])
    if reference is not None:
        invoice.reference_number = reference
    return invoice


def posts(sandbox: Sandbox) -> int:
    return sum(call.method == "POST" and call.path == "/invoices" for call in sandbox.calls)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("fault", ["drop-before-commit", "html", "hang"])
def test_a_create_that_was_not_done_is_sent_again(sandbox: Sandbox, fault: str, times: int) -> None:
    silence = 0.5 if fault == "hang" else 30
    books = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, timeout=(5, silence))
    with closing(books), books:
        invoice = draft()
        sandbox.next(fault=fault, method="POST", times=times)

        result = invoice.save(repeatable=True)

    assert result.created
    assert [row["reference_number"] for row in sandbox.rows("Invoice")] == ["PO 17"]
    assert invoice.id == sandbox.rows("Invoice")[0]["invoice_id"]
    assert posts(sandbox) == times + 1
    assert not invoice.is_in_doubt


@pytest.mark.parametrize("fault", ["drop-after-commit", "truncate", "cut", "missing-key"])
def test_a_create_that_was_done_is_found_and_not_sent_again(
    sandbox: Sandbox, books: ZohoBooks, fault: str
) -> None:
    invoice = draft()
    sandbox.next(fault=fault, method="POST", times=5)

    result = invoice.save(repeatable=True)

    assert result.created
    assert "reference_number" in result.fields
    assert posts(sandbox) == 1
    assert [row["invoice_id"] for row in sandbox.rows("Invoice")] == [invoice.id]
    assert not invoice.is_changed
    assert invoice.total == Decimal("20.20")


def test_it_is_looked_for_by_what_was_sent(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = draft()
    sandbox.next(fault="drop-after-commit", method="POST")
    sandbox.forget()

    invoice.save(repeatable=True)

    look = sandbox.calls[1]
    assert (look.method, look.path, look.query["reference_number"]) == ("GET", "/invoices", "PO 17")


def test_an_older_record_of_the_same_reference_is_not_taken_for_it(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    old = draft()
    old.save()
    sandbox.clock.move(minutes=10)
    new = draft()
    sandbox.next(fault="drop-before-commit", method="POST")

    new.save(repeatable=True)

    assert new.id != old.id
    assert len(sandbox.rows("Invoice")) == 2


def test_a_service_that_never_answers_ends_in_doubt(sandbox: Sandbox) -> None:
    books = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=2)
    with closing(books), books:
        invoice = draft()
        sandbox.next(fault="drop-before-commit", method="POST", times=100)

        with pytest.raises(OutcomeUnknown):
            invoice.save(repeatable=True)

        assert posts(sandbox) == 3
        assert invoice.is_in_doubt
    assert sandbox.rows("Invoice") == []


def test_the_whole_of_it_keeps_to_the_time_that_a_call_may_take(sandbox: Sandbox) -> None:
    books = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_wait_seconds=12)
    with closing(books), books:
        invoice = draft()
        sandbox.next(fault="drop-before-commit", method="POST", times=100)
        began = sandbox.clock.now()

        with pytest.raises(OutcomeUnknown):
            invoice.save(repeatable=True)

    assert sandbox.clock.now() - began <= 12


def test_a_look_that_fails_leaves_the_create_in_doubt(sandbox: Sandbox) -> None:
    books = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0)
    with closing(books), books:
        invoice = draft()
        sandbox.next(fault="drop-after-commit", method="POST")
        sandbox.next(fault="drop-before-commit", method="GET", times=10)

        with pytest.raises(Unreachable) as caught:
            invoice.save(repeatable=True)

        assert caught.value.maybe_done
        assert "may have been carried out" in str(caught.value)
        assert invoice.is_in_doubt
        sandbox.clock.move(minutes=1)
        while sandbox.faults_left:
            with pytest.raises(ZohoError):
                books.request("GET", "/invoices")
        # In doubt already, it is looked for before anything is sent.
        assert invoice.save(repeatable=True).created
    assert posts(sandbox) == 1
    assert len(sandbox.rows("Invoice")) == 1


def test_a_number_that_the_lost_create_has_taken_late_is_found(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """The second create is refused as a duplicate: of its own first attempt."""
    invoice = draft(None)
    invoice.invoice_number = "R-1"
    sandbox.next(fault="drop-after-commit", method="POST")
    # Both looks see a list that does not know the new record yet.
    nothing = {"code": 0, "message": "", "invoices": [], "page_context": {"has_more_page": False}}
    sandbox.next(method="GET", path="/invoices", body=nothing, status=200, times=4)

    result = invoice.save(repeatable=True, ignore_auto_number_generation=True)

    assert result.created
    assert posts(sandbox) == 2
    assert [row["invoice_number"] for row in sandbox.rows("Invoice")] == ["R-1"]
    assert invoice.number == "R-1"


def test_a_number_that_another_record_has_is_still_a_duplicate(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    other, invoice = draft(None), draft(None)
    other.invoice_number = invoice.invoice_number = "R-1"
    other.save(ignore_auto_number_generation=True)
    sandbox.clock.move(minutes=10)
    sandbox.next(fault="drop-before-commit", method="POST")

    with pytest.raises(Duplicate):
        invoice.save(repeatable=True, ignore_auto_number_generation=True)

    assert len(sandbox.rows("Invoice")) == 1


def test_two_of_one_reference_are_never_left_in_silence(sandbox: Sandbox, books: ZohoBooks) -> None:
    """The list was late, so the create was sent again: the program is told of both."""
    invoice = draft()
    sandbox.next(fault="drop-after-commit", method="POST")
    nothing = {"code": 0, "message": "", "invoices": [], "page_context": {"has_more_page": False}}
    sandbox.next(method="GET", path="/invoices", body=nothing, status=200, times=2)

    with pytest.raises(OutcomeUnknown, match="now there are two") as caught:
        invoice.save(repeatable=True)

    ids = [str(row["invoice_id"]) for row in sandbox.rows("Invoice")]
    assert len(ids) == 2
    assert all(one in str(caught.value) for one in ids)
    assert invoice.id == ids[1]


def test_a_refusal_is_a_refusal(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = draft()
    sandbox.next(status=400, code=15, method="POST")

    with pytest.raises(ValidationError):
        invoice.save(repeatable=True)

    assert posts(sandbox) == 1
    assert not invoice.is_in_doubt


def test_a_saved_record_is_changed_as_ever(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = draft()
    invoice.save()
    invoice.notes = "New"
    sandbox.forget()

    result = invoice.save(repeatable=True)

    assert (result.created, result.fields) == (False, ("notes",))
    assert [call.method for call in sandbox.calls] == ["PUT"]


@pytest.mark.parametrize("reference", [None, ""], ids=["none", "empty"])
def test_without_a_number_of_its_own_nothing_is_sent(
    sandbox: Sandbox, books: ZohoBooks, reference: str | None
) -> None:
    invoice = draft(reference)
    invoice.invoice_number = "R-1"  # The service puts its own in its place.
    sandbox.forget()

    with pytest.raises(InvalidValue, match=r"reference_number, or invoice_number together with"):
        invoice.save(repeatable=True)

    assert sandbox.calls == []


@pytest.mark.parametrize(
    "make",
    [lambda: Contact(contact_name="Ada"), lambda: Item(name="Tea", sku="T-1")],
    ids=["contact", "item"],
)
def test_a_resource_that_is_not_listed_by_a_number_says_so(
    sandbox: Sandbox, books: ZohoBooks, make: Callable[[], Any]
) -> None:
    with pytest.raises(Unsupported, match="cannot be repeated"):
        make().save(repeatable=True)

    assert sandbox.calls == []


def test_a_bill_goes_by_its_number(sandbox: Sandbox, books: ZohoBooks) -> None:
    vendor = Contact(contact_name="Søn", contact_type="vendor")
    vendor.save()
    bill = Bill(vendor_id=vendor.id, bill_number="B 1")
    bill.line_items.add(name="Tea", rate=Decimal(1), quantity=Decimal(1))
    sandbox.next(fault="drop-after-commit", method="POST")

    bill.save(repeatable=True)

    assert [row["bill_number"] for row in sandbox.rows("Bill")] == ["B 1"]
    assert len(rows_of(sandbox.rows("Bill")[0]["line_items"])) == 1


@pytest.mark.parametrize(("product", "name", "facts"), CREATES)
def test_facts_say_which_creates_may_be_repeated(
    product: str, name: str, facts: dict[str, Any]
) -> None:
    model = resource.model(product, name)

    assert list(repeating.keys(model)) == methods.repeat_keys(facts)
    if not repeating.keys(model):
        with pytest.raises(errors.Unsupported):
            repeating.require_key(model, {"reference_number": "1"}, {})
