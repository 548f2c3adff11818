"""Loading: what a list row holds, what reading fetches, and what it never fetches."""

from __future__ import annotations

import copy
import pickle
import warnings
from decimal import Decimal

import pytest
from making import colleague, last_body, line, saved_contact, saved_invoice, verbs

from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.errors import (
    InvalidValue,
    MalformedReply,
    ManyLoads,
    NotFound,
    NotLoaded,
    Unreachable,
)
from zohorm.sandbox import Sandbox


def stored_contacts(sandbox: Sandbox, count: int) -> list[str]:
    """Store contacts without calls; return their ids."""
    return [
        sandbox.insert("Contact", {"contact_name": f"Contact {n:03}", "notes": f"note {n}"})
        for n in range(count)
    ]


# What a row holds, and one fetch for the rest.


def test_list_rows_are_read_without_further_calls(sandbox: Sandbox, books: ZohoBooks) -> None:
    stored_contacts(sandbox, 3)

    names = [(each.contact_name, each.status, each.id) for each in Contact.iterate()]

    assert len(names) == 3
    assert verbs(sandbox) == ["GET /contacts"]


def test_reading_a_missing_declared_field_fetches_the_record_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    contact = Contact.iterate().one()
    assert [contact.is_whole] == [False]
    sandbox.forget()

    assert contact.notes == "note 0"
    assert contact.website == ""
    assert contact.credit_limit is not None
    assert list(contact.contact_persons) == []

    assert contact.is_whole
    assert verbs(sandbox) == [f"GET /contacts/{contact_id}"]


def test_reading_a_missing_list_or_link_fetches_the_record_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice_id = saved_invoice("Tea").id
    sandbox.clock.move(minutes=5)
    invoice = Invoice.iterate().one()
    sandbox.forget()

    assert [each.name for each in invoice.line_items] == ["Tea"]
    assert invoice.taxes == ()
    assert invoice.billing_address is not None

    assert verbs(sandbox) == [f"GET /invoices/{invoice_id}"]


def test_a_cached_row_completes_a_record_without_a_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    Contact.get(contact_id)
    contact = Contact.iterate().one()
    sandbox.forget()

    assert contact.notes == "note 0"
    assert verbs(sandbox) == []


def test_a_fetch_never_replaces_an_unsaved_edit(sandbox: Sandbox, books: ZohoBooks) -> None:
    stored_contacts(sandbox, 1)
    contact = Contact.iterate().one()
    contact.notes = "mine"
    contact.contact_name = "Mine"
    sandbox.forget()

    assert contact.notes == "mine"
    assert verbs(sandbox) == []
    assert contact.website == ""

    assert contact.notes == "mine"
    assert contact.contact_name == "Mine"
    assert set(contact.changes()) == {"notes", "contact_name"}
    sandbox.forget()
    contact.save()
    assert last_body(sandbox) == {"notes": "mine", "contact_name": "Mine"}


def test_assigning_fetches_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    contact = Contact.iterate().one()
    sandbox.forget()

    contact.notes = "mine"
    contact.save()

    assert verbs(sandbox) == [f"PUT /contacts/{contact_id}"]
    assert contact.is_whole


def test_changed_lines_survive_the_fetch_of_another_field(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    saved_invoice("Tea")
    invoice = Invoice.iterate().one()
    invoice.line_items.append(line("Cake"))
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items.append(line("Milk"))
        same.save()

    invoice.refresh()
    assert [each.name for each in invoice.line_items] == ["Tea", "Cake"]
    invoice.save()

    assert [each.name for each in invoice.line_items] == ["Tea", "Cake", "Milk"]


def test_a_line_held_while_a_newer_row_arrives_can_still_be_edited_and_saved(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """The list row knows no lines, so they count as not loaded, but somebody holds one."""
    invoice = saved_invoice("Tea")
    tea = invoice.line_items[0]
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.reference_number = "theirs"
        same.line_items.append(line("Milk"))
        same.save()

    assert Invoice.iterate().one() is invoice
    assert not invoice.is_whole
    assert "line_items" not in invoice.to_dict()
    tea.rate = Decimal(7)
    assert invoice.is_changed
    invoice.save()

    assert [(each.name, each.rate) for each in invoice.line_items] == [
        ("Tea", Decimal(7)),
        ("Milk", Decimal("10.10")),
    ]
    assert invoice.line_items[0] is tea


def test_unloaded_lines_are_fetched_when_read(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    lines = invoice.line_items
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items.append(line("Milk"))
        same.save()
    Invoice.iterate().one()
    sandbox.forget()

    assert [each.name for each in invoice.line_items] == ["Tea", "Milk"]
    assert invoice.line_items is lines
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]


def test_a_list_row_that_agrees_leaves_a_record_whole(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")

    assert Invoice.iterate().one() is invoice
    assert invoice.is_whole


def test_a_newer_list_row_replaces_older_values_but_no_edit(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact("Old")
    contact.website = "mine"
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.contact_name = "New"
        same.save()

    Contact.iterate().one()

    assert contact.contact_name == "New"
    assert contact.website == "mine"


def test_an_answer_without_its_key_is_an_error_and_never_an_empty_list(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)

    sandbox.next(fault="missing-key")
    with pytest.raises(MalformedReply, match="'contacts'"):
        list(Contact.iterate())
    sandbox.next(fault="missing-key")
    with pytest.raises(MalformedReply, match="'contact'"):
        Contact.get(contact_id)
    sandbox.next(body={"code": 0, "renamed": {"contact_id": contact_id, "contact_name": "Zoë"}})
    assert Contact.get(contact_id).contact_name == "Zoë"


# What never fetches.


def test_undeclared_names_dunders_repr_and_pickling_fetch_nothing(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    stored_contacts(sandbox, 1)
    contact = Contact.iterate().one()
    sandbox.forget()

    for name in ("cf_x", "nmae", "_repr_html_", "__array__", "__len__", "_ipython_display_"):
        assert not hasattr(contact, name)
    repr(contact)
    str(contact)
    hash(contact)
    bool(contact)
    dir(contact)
    pickle.dumps(contact)
    copy.copy(contact)
    copy.deepcopy(contact)
    contact.to_dict()
    contact.changes()
    assert "notes" not in contact
    with pytest.raises(NotLoaded):
        contact["notes"]
    with pytest.raises(TypeError):
        len(contact)  # type: ignore[arg-type]

    assert verbs(sandbox) == []
    assert not contact.is_whole


def test_a_record_of_a_resource_without_get_reads_what_it_lacks_as_none(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    sandbox.next(body={"code": 0, "comments": [{"comment_id": "5"}]})
    (comment,) = invoice.comments
    sandbox.forget()

    assert comment.comment_type is None
    assert verbs(sandbox) == []


def test_a_newer_list_row_is_never_completed_by_an_older_whole_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    Contact.get(contact_id)
    # Another program's write; one of this process would have aged the cached row at once.
    changed = {"contact_id": contact_id, "contact_name": "New"}
    sandbox.next(body={"code": 0, "contacts": [changed]})
    sandbox.next(body={"code": 0, "contact": {**changed, "notes": "new"}})
    sandbox.forget()

    listed = Contact.iterate().one()
    names = [listed.contact_name, listed.notes, listed.contact_name]

    assert names == ["New", "new", "New"]
    assert verbs(sandbox) == ["GET /contacts", f"GET /contacts/{contact_id}"]


def test_a_list_row_that_agrees_leaves_the_cached_whole_row(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    Contact.get(contact_id)
    sandbox.forget()

    assert Contact.iterate().one().notes == "note 0"

    assert verbs(sandbox) == ["GET /contacts"]


# What it costs, and the limits.


def test_the_eleventh_fetch_of_one_query_warns_once_with_the_cure(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    stored_contacts(sandbox, 14)
    contacts = list(Contact.iterate())
    for contact in contacts[:10]:
        assert contact.notes is not None

    with pytest.warns(ManyLoads, match=r"Contact\.notes.*\.whole\(\)") as caught:
        assert [contact.notes for contact in contacts]

    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert len(sandbox.calls) == 15


def test_a_list_read_counts_as_well_and_warns_at_the_same_place(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    customer = saved_contact()
    for number in range(11):
        sandbox.insert(
            "Invoice", {"customer_id": customer.id, "invoice_number": str(number), "line_items": []}
        )

    with pytest.warns(ManyLoads, match=r"Invoice\.line_items") as caught:
        assert [list(invoice.line_items) for invoice in Invoice.iterate()] == [[]] * 11

    assert caught[0].filename == __file__


def test_ten_fetches_warn_of_nothing_and_each_query_counts_anew(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    stored_contacts(sandbox, 10)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            for contact in Contact.iterate():
                assert contact.notes is not None
            sandbox.clock.move(minutes=5)


def test_whole_fetches_openly_and_warns_of_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    stored_contacts(sandbox, 12)

    notes = [contact.notes for contact in Contact.iterate().whole()]

    assert len(notes) == 12
    assert len(sandbox.calls) == 13


def test_beyond_the_limit_reading_raises_before_any_call(sandbox: Sandbox) -> None:
    stored_contacts(sandbox, 4)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=2) as books:
        contacts = list(Contact.iterate())
        for contact in contacts[:2]:
            assert contact.notes is not None
        sandbox.forget()

        with pytest.raises(NotLoaded, match=r"lazy_limit=2.*\.whole\(\)"):
            contacts[2].notes  # noqa: B018

        assert contacts[0].website == ""
        assert contacts[2].contact_name.startswith("Contact")
        assert verbs(sandbox) == []
        contacts[2].refresh()
        assert contacts[2].notes == f"note {int(contacts[2].contact_name[-3:])}"
        books.close()


def test_a_limit_of_zero_raises_at_once(sandbox: Sandbox) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=0) as books:
        contact = Contact.iterate().one()
        sandbox.forget()

        with pytest.raises(NotLoaded):
            contact.notes  # noqa: B018
        with pytest.raises(NotLoaded):
            list(contact.contact_persons)
        assert verbs(sandbox) == []
        assert Contact.get(contact_id).notes == "note 0"
        assert contact.notes == "note 0"
        books.close()


def test_no_limit_keeps_the_read_after_an_action_from_being_true(sandbox: Sandbox) -> None:
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=0) as books:
        contact = saved_contact()
        contact.mark_inactive()
        sandbox.forget()

        assert contact.status == "inactive"
        assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]

        listed = Contact.iterate().one()
        listed.mark_active()
        assert listed.status == "active"
        books.close()


def test_actions_on_listed_records_use_up_no_limit(sandbox: Sandbox) -> None:
    stored_contacts(sandbox, 4)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=2) as books:
        for contact in Contact.iterate():
            contact.mark_inactive()
            assert contact.status == "inactive"
        books.close()


def test_a_record_loaded_whole_is_no_longer_counted_for_its_query(sandbox: Sandbox) -> None:
    (contact_id,) = stored_contacts(sandbox, 1)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=1) as books:
        listed = Contact.iterate().one()
        assert Contact.get(contact_id) is listed
        for _ in range(3):
            listed.mark_inactive()
            assert listed.status == "inactive"
        books.close()


def test_a_record_that_a_second_query_meets_counts_for_that_one(sandbox: Sandbox) -> None:
    stored_contacts(sandbox, 2)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, lazy_limit=1) as books:
        first, second = Contact.iterate()
        assert first.notes is not None
        with pytest.raises(NotLoaded):
            second.notes  # noqa: B018

        again = list(Contact.iterate())

        assert again[1] is second
        assert second.notes is not None
        books.close()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"status": 404, "code": 1002}, NotFound),
        ({"fault": "drop-before-commit", "times": 11}, Unreachable),
    ],
    ids=["gone", "unreachable"],
)
def test_what_a_fetch_raises_is_no_attribute_error(
    sandbox: Sandbox, books: ZohoBooks, settings: dict[str, object], error: type[Exception]
) -> None:
    """`hasattr` and `getattr` with a default would hide one."""
    stored_contacts(sandbox, 1)
    contact = Contact.iterate().one()
    sandbox.next(**settings)  # type: ignore[arg-type]

    with pytest.raises(error) as caught:
        hasattr(contact, "notes")
    assert not isinstance(caught.value, AttributeError)
    assert not issubclass(NotLoaded, AttributeError)
    assert not issubclass(InvalidValue, AttributeError)


# After actions.


def test_after_an_action_a_computed_field_costs_one_call_and_is_true(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    assert invoice.status == "draft"
    sandbox.forget()

    invoice.mark_sent()
    assert verbs(sandbox) == [f"POST /invoices/{invoice.id}/status/sent"]

    assert [invoice.status, invoice.balance] == ["sent", Decimal("20.20")]
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]


def test_after_an_action_unsaved_edits_stay_and_all_else_is_read_anew(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.notes = "mine"
    tea = invoice.line_items[0]
    tea.rate = Decimal(7)

    invoice.mark_sent()
    sandbox.forget()

    assert (invoice.notes, tea.rate) == ("mine", Decimal(7))
    assert invoice.line_items[0] is tea
    assert sorted(invoice.changes()) == ["line_items", "notes"]
    assert verbs(sandbox) == []
    assert (invoice.reference_number, invoice.status) == ("", "sent")
    assert (invoice.notes, tea.rate) == ("mine", Decimal(7))
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]
    invoice.save()
    assert invoice.line_items[0].rate == Decimal(7)
    assert invoice.total == Decimal(14)


def test_a_refused_action_also_unloads(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item(name="Tea", rate=Decimal(1))
    item.save()
    sandbox.next(status=400, code=2, message="no")
    with pytest.raises(ValueError, match="no"):
        item.mark_inactive()
    sandbox.forget()

    assert item.status == "active"
    assert verbs(sandbox) == [f"GET /items/{item.id}"]


def test_an_action_that_only_reads_unloads_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    invoice.email_content()
    sandbox.forget()

    assert invoice.status == "draft"
    assert verbs(sandbox) == []


def test_a_row_is_stale_after_any_write_of_this_process(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()
    Contact.get(contact.id)
    assert verbs(sandbox) == []

    saved_invoice("Tea", customer=contact).mark_sent()
    sandbox.forget()

    assert Contact.get(contact.id).outstanding_receivable_amount == Decimal("20.20")
    assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]


def test_a_row_is_stale_after_its_seconds(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.clock.move(seconds=59)
    sandbox.forget()
    Contact.get(contact.id)
    assert verbs(sandbox) == []

    sandbox.clock.move(seconds=2)
    Contact.get(contact.id)

    assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]
