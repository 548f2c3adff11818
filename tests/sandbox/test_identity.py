"""Identity: one object per record within a block or thread, held weakly; pickles and copies."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

import pytest
from making import colleague, last_body, line, rows_of, saved_contact, saved_invoice, verbs

from zohorm import ZohoInventory
from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.errors import NotBound, NotDetached, NotPicklable, WrongType
from zohorm.sandbox import Sandbox


def loads(content: bytes) -> Contact:
    record = pickle.loads(content)
    assert isinstance(record, Contact)
    return record


# One object per record.


def test_the_same_id_is_the_same_object_within_a_block(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    assert Contact.get(contact.id) is contact
    assert Contact.using(books).get(contact.id) is contact
    assert Contact.iterate().one() is contact
    assert saved_invoice("Tea", customer=contact).customer is contact


def test_another_block_has_objects_of_its_own(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.website = "unsaved"

    with books:
        other = Contact.get(contact.id)
        assert other is not contact
        assert not other.is_changed
        other.notes = "inner"
    assert Contact.get(contact.id) is contact
    assert contact.website == "unsaved"
    assert contact.notes == ""


def test_a_loop_that_enters_a_block_gets_the_objects_of_that_block(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    for name in "ABCD":
        sandbox.insert("Contact", {"contact_name": name})
    rows = iter(Contact.iterate())
    outer = next(rows)
    assert Contact.get(outer.id) is outer

    with books:
        inner = next(rows)
        assert Contact.get(inner.id) is inner
        assert Contact.get(outer.id) is not outer
    assert Contact.get(inner.id) is not inner
    again = next(rows)
    assert Contact.get(again.id) is again


def test_a_loop_handed_to_another_thread_gets_the_objects_of_that_thread(
    sandbox: Sandbox,
) -> None:
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        for name in "AB":
            sandbox.insert("Contact", {"contact_name": name})
        rows = iter(Contact.using(books).iterate())
        first = next(rows)
        found: list[bool] = []

        def go_on() -> None:
            second = next(rows)
            found.append(books.get(Contact, second.id) is second)
            found.append(books.get(Contact, first.id) is first)

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        thread.join(60)

        assert found == [True, False]


def test_another_thread_has_objects_of_its_own(sandbox: Sandbox) -> None:
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        made = Contact.using(books)(contact_name="Zoë")
        made.save()
        made.website = "unsaved"
        found: list[Contact] = []
        thread = threading.Thread(
            target=lambda: found.append(Contact.using(books).get(made.id)), daemon=True
        )
        thread.start()
        thread.join(60)

        (other,) = found
        assert other is not made
        assert other.website == ""
        assert Contact.using(books).get(made.id) is made


def test_threads_share_the_row_and_no_record(sandbox: Sandbox) -> None:
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        contact_id = sandbox.insert("Contact", {"contact_name": "Zoë"})
        found: list[Contact] = []
        threads = [
            threading.Thread(target=lambda: found.append(Contact.using(books).get(contact_id)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert len({id(contact) for contact in found}) == 4
        assert verbs(sandbox) == [f"GET /contacts/{contact_id}"]


def test_an_edit_lives_as_long_as_its_holder(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact_id = contact.id
    contact.website = "unsaved"
    assert Contact.get(contact_id).website == "unsaved"

    del contact

    assert Contact.get(contact_id).website == ""


def test_an_edit_that_a_loop_lets_go_of_is_gone_before_its_page_is_done(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    for name in ("Ada", "Bea", "Cem"):
        saved_contact(name)
    gone: list[str] = []

    for contact in Contact.iterate():
        if gone:
            assert not Contact.get(gone[-1]).notes
        contact.notes = "never saved"
        gone.append(contact.id)

    assert len(gone) == 3


def test_a_loop_meets_the_object_that_it_has_edited_ahead(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    ids = [saved_contact(name).id for name in ("Ada", "Bea", "Cem")]
    held: list[Contact] = []

    for contact in Contact.iterate():
        if not held:
            held = [Contact.get(identifier) for identifier in ids if identifier != contact.id]
            held[-1].notes = "edited ahead"
            continue
        assert any(contact is other for other in held)

    assert [bool(other.notes) for other in held] == [False, True]


def test_a_loop_that_enters_a_block_of_another_session_meets_what_it_has_saved_ahead(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    for name in ("Ada", "Bea", "Cem"):
        sandbox.insert("Contact", {"contact_name": name})
    stock = ZohoInventory(**sandbox.credentials, clock=sandbox.clock)
    found = [contact.id for contact in Contact.iterate()]
    names: list[str] = []

    with closing(stock), books:
        for contact in Contact.iterate():
            if contact.id == found[0]:
                ahead = Contact.get(found[-1])
                ahead.contact_name = "renamed"
                ahead.save()
                del ahead
            with stock:
                names.append(contact.contact_name)

    assert names[-1] == "renamed"


@pytest.mark.parametrize("touch", ["line_items", "changes", "save"])
def test_a_record_is_gone_with_its_last_reference_without_the_collector(
    sandbox: Sandbox, books: ZohoBooks, touch: str
) -> None:
    """A cycle through its lines would keep it, edits and all, in the identity map."""
    invoice = saved_invoice("Tea")
    gc.collect()
    gc.disable()
    try:
        invoice.line_items[0].rate = Decimal(7)
        invoice.line_items.append(line("Cake"))
        if touch == "changes":
            invoice.changes()
        if touch == "save":
            invoice.save()
        seen = weakref.ref(invoice)
        del invoice
        assert seen() is None
    finally:
        gc.enable()


def test_a_deleted_record_is_no_longer_found(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    row = contact.raw
    contact.delete()
    sandbox.insert("Contact", row)

    assert Contact.get(str(row["contact_id"])) is not contact


def test_records_of_two_models_with_one_id_are_apart(sandbox: Sandbox, books: ZohoBooks) -> None:
    sandbox.insert("Contact", {"contact_id": "5", "contact_name": "Zoë"})
    sandbox.insert("Item", {"item_id": "5", "name": "Tea"})

    contact = Contact.get("5")
    invoice = Invoice._received({"invoice_id": "5"}, books)

    assert contact.key != invoice.key
    assert type(Contact.get("5")) is Contact


# Pickles.


def test_a_pickle_holds_neither_session_nor_secret(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    content = pickle.dumps(contact)

    for name in ("client_secret", "refresh_token", "client_id", "api_url"):
        assert sandbox.credentials[name].encode() not in content
    with pytest.raises(NotPicklable):
        pickle.dumps(books)


def test_an_unpickled_record_is_detached_and_reads_what_it_holds(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    contact.website = "unsaved"
    sandbox.forget()

    again = loads(pickle.dumps(contact))

    assert again is not contact
    assert (again.contact_name, again.website) == (contact.contact_name, "unsaved")
    assert again.key == contact.key
    assert repr(again) == repr(contact)
    assert again.changes() == contact.changes()
    with pytest.raises(NotBound, match="attach"):
        again.save()
    with pytest.raises(NotBound):
        again.refresh()
    assert verbs(sandbox) == []


def test_a_detached_partial_record_fetches_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    saved_contact()
    with books:
        again = loads(pickle.dumps(Contact.iterate().one()))
    sandbox.forget()

    with pytest.raises(NotBound, match="attach"):
        again.notes  # noqa: B018
    assert again.contact_name == "Bär & Søn"
    assert verbs(sandbox) == []


def test_an_attached_record_keeps_its_edits_and_saves(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    invoice.notes = "n"
    invoice.line_items[0].rate = Decimal("7.77")
    invoice.line_items.append(line("Milk"))
    content = pickle.dumps(invoice)
    with colleague(sandbox) as other:
        again = pickle.loads(content)
        assert isinstance(again, Invoice)

        assert other.attach(again) is again
        again.save()

        assert set(last_body(sandbox)) == {"notes", "line_items"}
        sent = rows_of(last_body(sandbox)["line_items"])
        assert [row["rate"] for row in sent] == [
            Decimal("7.77"),
            Decimal("10.10"),
            Decimal("10.10"),
        ]
        assert again.line_items[2].line_item_id
        assert Invoice.using(other).get(again.id) is again
        assert again.customer is not None


def test_a_detached_new_record_is_created_by_the_session_it_is_attached_to(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    again = loads(pickle.dumps(Contact(contact_name="Zoë")))

    books.attach(again).save()

    assert again.contact_name == "Zoë"
    assert verbs(sandbox) == ["POST /contacts"]


def test_a_record_of_another_organization_is_refused(sandbox: Sandbox) -> None:
    with Sandbox(organizations=2) as both:
        first, second = both.organization_ids
        settings = {**both.credentials, "clock": both.clock}
        del settings["organization_id"]
        with (
            closing(ZohoBooks(first, **settings)) as one,  # type: ignore[arg-type]
            closing(ZohoBooks(second, **settings)) as two,  # type: ignore[arg-type]
        ):
            made = Contact.using(one)(contact_name="Zoë")
            made.save()
            content = pickle.dumps(made)

            with pytest.raises(WrongType, match="another organization"):
                two.attach(loads(content))
            again = loads(content)
            with two, pytest.raises(NotBound):
                again.save()
            key = made.key
            del made
            assert one.attach(again).key == key


def test_a_record_of_another_product_is_refused(sandbox: Sandbox, books: ZohoBooks) -> None:
    again = loads(pickle.dumps(saved_contact()))
    with (
        closing(ZohoInventory(**sandbox.credentials, clock=sandbox.clock)) as inventory,
        pytest.raises(WrongType, match="no record of"),
    ):
        inventory.attach(again)


def test_a_record_with_a_session_is_not_attached_again(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()

    with pytest.raises(NotDetached, match="belongs to a session"):
        books.attach(contact)


@pytest.mark.parametrize("edited", [True, False])
def test_attaching_beside_another_object_of_the_same_record_is_refused(
    edited: bool, sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    again = loads(pickle.dumps(contact))
    if edited:
        contact.website = "unsaved"

    with pytest.raises(NotDetached, match="Let go of that one"):
        books.attach(again)

    assert Contact.get(contact.id) is contact
    del contact
    books.attach(again)
    assert Contact.get(again.id) is again


# Copies in Python's sense.


@pytest.mark.parametrize("method", [copy.copy, copy.deepcopy])
def test_a_python_copy_shares_nothing_with_its_original(
    sandbox: Sandbox, books: ZohoBooks, method: type[object]
) -> None:
    invoice = saved_invoice("Tea")
    invoice.line_items[0].rate = Decimal(7)
    sandbox.forget()

    double = method(invoice)  # type: ignore[call-arg]
    assert isinstance(double, Invoice)
    double.notes = "double"
    double.line_items[0].rate = Decimal(8)
    double.line_items.append(line("Cake"))

    assert invoice.notes == ""
    assert [each.rate for each in invoice.line_items] == [Decimal(7)]
    assert double.key == invoice.key
    assert verbs(sandbox) == []
    invoice.save()
    assert [row["rate"] for row in rows_of(last_body(sandbox)["line_items"])] == [Decimal(7)]


class Marked(Contact):
    """A contact of a program that notes more in it than the service knows."""

    __slots__ = ("_later", "_mark")

    _mark: str
    _later: str


class Loose(Contact):
    """Another one, with room for anything."""

    _mark: str


@pytest.mark.parametrize("kind", [Marked, Loose])
@pytest.mark.parametrize("way", [copy.copy, lambda record: pickle.loads(pickle.dumps(record))])
def test_a_copy_or_pickle_keeps_what_a_subclass_holds(
    books: ZohoBooks, kind: type[Marked | Loose], way: Callable[[Contact], Contact]
) -> None:
    contact = kind(contact_name="Ada")
    contact._mark = "mine"

    double = way(contact)

    assert isinstance(double, kind)
    assert double._mark == "mine"
    assert double.contact_name == "Ada"


def test_a_copied_line_shares_nothing_with_its_original(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    tea = invoice.line_items[0]

    double = tea.copy()
    double.rate = Decimal(8)

    assert tea.rate == Decimal("10.10")
    assert double.line_item_id is None
    assert not invoice.is_changed


def test_closing_leaves_records_readable(sandbox: Sandbox) -> None:
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock) as books:
        contact = saved_contact()
        books.close()

    assert contact.contact_name == "Bär & Søn"
    contact.website = "x"
    with pytest.raises(RuntimeError, match="closed"):
        contact.save()
