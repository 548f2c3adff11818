"""Saves that fail in unusual ways: nothing is written twice, and no edit is lost in silence."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import cast

import pytest
import requests
from making import line, rows_of, saved_invoice

from zohorm.books import Contact, ContactPerson, Invoice, Item, ZohoBooks
from zohorm.books.contact import Address
from zohorm.books.invoice import CustomField, PaymentGateway
from zohorm.errors import (
    Conflict,
    DayLimit,
    MalformedReply,
    NotApplied,
    OutcomeUnknown,
    ReadOnlyField,
    Unsettled,
    ZohoError,
)
from zohorm.sandbox import Sandbox
from zohorm.sandbox.exact import Json


def names_of(sandbox: Sandbox) -> list[object]:
    """The names of the lines that the service holds of its one invoice."""
    return [row["name"] for row in rows_of(sandbox.rows("Invoice")[0]["line_items"])]


class Interrupted(BaseException):
    """What a signal handler raises in the middle of a call."""


@contextmanager
def interrupted_soon() -> Iterator[None]:
    """Raise `Interrupted` out of what the block waits for."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def colleague_puts(sandbox: Sandbox, path: str, body: dict[str, object]) -> None:
    """Change a record behind zohorm's back."""
    answer = requests.put(
        f"{sandbox.url}/books/v3{path}",
        params={"organization_id": sandbox.organization_ids[0]},
        headers={"Authorization": f"Zoho-oauthtoken {sandbox.access_token()}"},
        json=body,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, 45), (400, 15), (404, 1002), (403, 57)],
    ids=["day limit", "refused", "not found", "forbidden"],
)
def test_a_change_done_unanswered_and_then_refused_is_in_doubt(
    sandbox: Sandbox, books: ZohoBooks, status: int, code: int
) -> None:
    invoice = saved_invoice("Tea")
    invoice.line_items.append(line("Cake"))
    sandbox.next(fault="drop-after-commit", method="PUT")
    sandbox.next(method="PUT", times=2, status=status, code=code)

    with pytest.raises(ZohoError, match="may have been carried out"):
        invoice.save()

    assert invoice.is_in_doubt
    with pytest.raises(Unsettled):
        invoice.save()
    sandbox.clock.move(days=2)
    assert invoice.settle()
    assert names_of(sandbox) == ["Tea", "Cake"]


def test_an_interrupted_create_is_in_doubt(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact_id = saved_invoice("Tea").customer_id
    invoice = Invoice(customer_id=contact_id, line_items=[line("Cake")], reference_number="R 1")
    sandbox.next(fault="hang-after-commit", method="POST")

    with pytest.raises(Interrupted), interrupted_soon():
        invoice.save()
    sandbox.release()

    with pytest.raises(Unsettled):
        invoice.save()
    assert invoice.settle()
    assert len(sandbox.rows("Invoice")) == 2


def test_an_interrupted_change_of_lines_is_in_doubt(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    invoice.line_items.append(line("Cake"))
    sandbox.next(fault="hang-after-commit", method="PUT")

    with pytest.raises(Interrupted), interrupted_soon():
        invoice.save()
    sandbox.release()

    assert invoice.settle()
    assert names_of(sandbox) == ["Tea", "Cake"]


def test_a_check_is_made_again_after_a_wait(sandbox: Sandbox, books: ZohoBooks) -> None:
    """Within the minute that a limit costs, a colleague's line may come."""
    invoice = saved_invoice("Tea")
    row = sandbox.rows("Invoice")[0]
    invoice.line_items[0].rate = Decimal(3)
    sandbox.next(method="PUT", status=429, code=44)
    lines = rows_of(row["line_items"])
    added = {"name": "Cake", "rate": 500, "quantity": 1}

    class Meanwhile:
        """The sandbox's clock, in whose waits the colleague works."""

        def __getattr__(self, name: str) -> object:
            return getattr(sandbox.clock, name)

        def sleep(self, seconds: float) -> None:
            sandbox.clock.sleep(seconds)
            if seconds > 10:
                colleague_puts(
                    sandbox,
                    f"/invoices/{invoice.id}",
                    {"line_items": [*(_plain(held) for held in lines), added]},
                )

    waiting = ZohoBooks(**sandbox.credentials, clock=Meanwhile())  # type: ignore[arg-type]
    with closing(waiting), waiting:
        mine = Invoice.get(invoice.id)
        mine.line_items[0].rate = Decimal(3)
        mine.save()

    assert names_of(sandbox) == ["Tea", "Cake"]
    assert [held.rate for held in mine.line_items] == [Decimal(3), Decimal(500)]


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }


def test_an_answer_to_a_change_that_shows_no_record_is_an_error(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.notes = "x"
    sandbox.next(method="PUT", body={"code": 0, "message": "", "data": {"x": 1}})

    with pytest.raises(MalformedReply):
        invoice.save()

    assert invoice.is_changed
    assert len(invoice.line_items) == 1


def test_a_list_inside_an_embedded_record_keeps_a_colleagues_part(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.payment_options.payment_gateways.append(PaymentGateway(gateway_name="stripe"))
    colleague_puts(
        sandbox,
        f"/invoices/{invoice.id}",
        {"payment_options": {"payment_gateways": [{"gateway_name": "braintree"}]}},
    )

    with pytest.raises(Conflict):
        invoice.save()


def test_revert_shows_what_was_received_last(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    lines = [_plain(held) for held in rows_of(cast("Json", invoice.raw["line_items"]))]
    invoice.line_items[0].rate = Decimal(9)
    lines[1]["name"] = "Milk"
    colleague_puts(sandbox, f"/invoices/{invoice.id}", {"line_items": lines})

    invoice.refresh()
    invoice.revert()

    assert [held.name for held in invoice.line_items] == ["Tea", "Milk"]
    assert not invoice.is_changed
    invoice.line_items[1].rate = Decimal(8)
    invoice.save()
    assert names_of(sandbox) == ["Tea", "Milk"]


def test_a_lost_reordering_is_not_taken_for_done(sandbox: Sandbox) -> None:
    hasty = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0)
    with closing(hasty), hasty:
        invoice = saved_invoice("Tea", "Cake")
        invoice.line_items.reverse()
        sandbox.next(fault="drop-before-commit", method="PUT")
        with pytest.raises(ZohoError):
            invoice.save()

        assert not invoice.settle()
        invoice.save()

    assert names_of(sandbox) == ["Cake", "Tea"]


def test_an_edit_of_a_line_that_left_its_list_is_refused(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea", "Cake")
    gone = invoice.line_items[0]
    lines = [_plain(held) for held in rows_of(cast("Json", invoice.raw["line_items"]))]
    colleague_puts(sandbox, f"/invoices/{invoice.id}", {"line_items": lines[1:]})
    invoice.refresh()

    with pytest.raises(ReadOnlyField, match="no longer in its list"):
        gone.rate = Decimal(999)
    invoice.line_items.append(gone.copy())
    invoice.save()

    assert names_of(sandbox) == ["Cake", "Tea"]


def test_an_address_that_was_replaced_refuses_edits_after_the_save(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Bär", billing_address=Address(city="Bergen"))
    contact.save()
    old = contact.billing_address
    contact.billing_address = Address(city="Ålesund")
    contact.save()

    with pytest.raises(ReadOnlyField):
        old.city = "Oslo"
    contact.billing_address.city = "Oslo"
    assert contact.is_changed


def test_a_copy_keeps_which_custom_field_a_value_belongs_to() -> None:
    invoice = Invoice(custom_fields=[CustomField(customfield_id="778", value="w")])

    copied = invoice.custom_fields[0].copy()

    assert copied._writable_payload() == {"customfield_id": "778", "value": "w"}


def test_two_objects_of_one_create_in_doubt_find_the_same_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item(name="Größe", rate=Decimal("1.10"))
    sandbox.next(fault="drop-after-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        item.save()
    twin = books.attach(pickle.loads(pickle.dumps(item)))  # our own bytes

    assert twin.settle()
    assert item.settle()
    assert item.id == twin.id
    assert len(sandbox.rows("Item")) == 1


def test_a_person_is_one_object_wherever_it_is_met(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Bär", contact_persons=[ContactPerson(first_name="Åse")])
    contact.save()

    assert next(iter(contact.list_contact_persons())) is contact.contact_persons[0]


def test_a_person_added_to_a_contact_saves_by_itself(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Bär", contact_persons=[ContactPerson(first_name="Åse")])
    contact.save()
    person = contact.contact_persons.add(first_name="Élodie")

    person.save()

    sent = sandbox.calls[-1]
    assert (sent.method, sent.path) == ("POST", "/contacts/contactpersons")
    assert sent.body == {"first_name": "Élodie", "contact_id": contact.id}


def test_one_line_twice_in_a_list_is_refused_before_any_call(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.line_items.append(invoice.line_items[0])
    sandbox.forget()

    with pytest.raises(ZohoError, match="twice"):
        invoice.save()

    assert sandbox.calls == []


def test_a_delete_done_unanswered_and_then_refused_succeeds_the_second_time(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item(name="Größe", rate=Decimal("1.10"))
    item.save()
    sandbox.next(fault="drop-after-commit", method="DELETE")
    sandbox.next(method="DELETE", status=429, code=45)
    with pytest.raises(DayLimit):
        item.delete()
    sandbox.clock.move(days=2)

    item.delete()

    assert sandbox.rows("Item") == []


def test_the_position_of_a_line_follows_the_list(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")

    with pytest.raises(ReadOnlyField, match="order of the list"):
        invoice.line_items[0].item_order = 2


@pytest.mark.switched(
    sent_number="accept", raises=pytest.fail.Exception, match="DID NOT WARN", because="it is kept"
)
@pytest.mark.switched(
    sent_number="refuse",
    raises=pytest.fail.Exception,
    match="DID NOT WARN",
    because="it is refused",
)
def test_a_number_that_the_service_replaced_is_reported(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = Invoice(
        customer_id=saved_invoice("Tea").customer_id,
        line_items=[line("Cake")],
        invoice_number="X-1",
    )

    with pytest.warns(NotApplied, match="another number"):
        result = invoice.save()

    assert result.not_applied == ("invoice_number",)
    assert invoice.number != "X-1"


def test_a_number_that_the_service_keeps_is_no_news(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = Invoice(
        customer_id=saved_invoice("Tea").customer_id,
        line_items=[line("Cake")],
        invoice_number="X-1",
    )

    assert invoice.save(ignore_auto_number_generation=True).not_applied == ()
    assert invoice.number == "X-1"


@pytest.mark.parametrize("seconds", [10, 180])
def test_an_equal_record_made_shortly_before_by_another_is_not_taken_for_ours(
    sandbox: Sandbox, books: ZohoBooks, seconds: int
) -> None:
    row = {"name": "Größe", "rate": "1.10"}
    sandbox.insert("Item", {**row, "created_time": "2026-01-15T02:00:00-0700"})
    sandbox.clock.move(seconds=seconds)
    item = Item(name="Größe", rate=Decimal("1.10"))
    sandbox.next(fault="drop-before-commit", method="POST")
    with pytest.raises(OutcomeUnknown):
        item.save()

    assert not item.settle()
    assert item.is_new


def test_equal_ids_of_another_data_centre_do_not_hide_the_record_of_a_lost_create(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    with Sandbox() as elsewhere:
        other = ZohoBooks(**elsewhere.credentials, clock=sandbox.clock)
        with closing(other):
            assert other.organization_id == books.organization_id
            there = Item.using(other)(name="Tea", rate=Decimal("1.10"))
            there.save()
            here = Item.using(books)(name="Cake", rate=Decimal("2.20"))
            sandbox.next(fault="drop-after-commit", method="POST")
            with pytest.raises(OutcomeUnknown):
                here.save()

            assert here.settle()

    assert here.id == there.id
    assert len(sandbox.rows("Item")) == 1


def test_settle_takes_no_unsaved_record_for_a_saved_one(sandbox: Sandbox, books: ZohoBooks) -> None:
    """A save that was refused or never left is in no doubt: it was not done."""
    contact = Contact(contact_name="Zoë")
    sandbox.next(status=400, code=2)
    with pytest.raises(ZohoError):
        contact.save()

    assert contact.settle() is False
    contact.save()
    assert contact.settle() is True
    contact.notes = "new"
    assert contact.settle() is False
