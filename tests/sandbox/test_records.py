"""Records: what a member reads and takes, which state it is in, and what leaves the machine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from making import colleague, last_body, line, rows_of, saved_contact, saved_invoice, verbs

from zohorm import fields as f
from zohorm.books import Contact, Invoice, Item, Organization, ZohoBooks
from zohorm.books.invoice import LineItem
from zohorm.changes import Change
from zohorm.errors import (
    Deleted,
    InvalidId,
    InvalidValue,
    NotLoaded,
    NotSaved,
    ReadOnlyField,
    UnknownField,
    Unsupported,
    WrongType,
)
from zohorm.fields import Field, ReadOnly
from zohorm.model import Model, Operation
from zohorm.sandbox import Sandbox

AWKWARD = ["0.1", "10.005", "12345678901234567.89", "0.000000000000000001", "-3.30", "1E+3"]


class Note(
    Model,
    product="books",
    path="notes",
    key="note",
    list_key="notes",
    id="note_id",
    operations={
        "create": Operation("POST", "/notes"),
        "get": Operation("GET", "/notes/{note_id}"),
        "update": Operation("PUT", "/notes/{note_id}"),
    },
):
    """A resource that the sandbox does not have, to be answered by hand."""

    note_id: ReadOnly[str] = f.read_only(f.identifier())
    text: Field[str | None] = f.text()
    amount: Field[Decimal | None] = f.money()
    share: Field[Decimal | None] = f.number(clear=None)
    count: Field[int | None] = f.integer()
    day: Field[dt.date | None] = f.date()
    moment: Field[dt.datetime | None] = f.datetime()
    agreed: Field[bool | None] = f.boolean()
    color: Field[str | None] = f.enum("red", "green")
    words: Field[tuple[str, ...] | None] = f.texts()
    other: Field[object] = f.json()


def note(sandbox: Sandbox, **row: object) -> Note:
    """Return a note that the service shows with these members."""
    sandbox.next(body={"code": 0, "note": {"note_id": "1", **row}}, path="/notes/1")
    found = Note.get("1")
    sandbox.forget()
    return found


def answered(sandbox: Sandbox, **row: object) -> None:
    sandbox.next(body={"code": 0, "note": {"note_id": "1", **row}}, path="/notes*")


# The three states, and the kinds of fields.


def test_a_whole_record_reads_what_it_lacks_as_none_without_a_call(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, text="x")

    assert held.is_whole
    assert held.text == "x"
    assert held.amount is None
    assert held.words is None
    assert verbs(sandbox) == []


def test_the_services_empty_text_is_none_where_a_value_is_due(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, amount="", share=None, count="", day="", moment="", agreed="", other="")

    assert [held.amount, held.share, held.count, held.day, held.moment, held.agreed] == [None] * 6


def test_a_new_record_reads_none_and_is_whole(books: ZohoBooks) -> None:
    invoice = Invoice()

    assert invoice.is_new
    assert invoice.is_whole
    assert invoice.notes is None
    assert list(invoice.line_items) == []


def test_a_read_only_field_can_be_neither_assigned_nor_constructed(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice()
    sandbox.forget()

    with pytest.raises(ReadOnlyField, match=r"Invoice\.total is read-only"):
        invoice.total = Decimal(5)  # type: ignore[assignment]
    with pytest.raises(ReadOnlyField):
        Invoice(total=Decimal(5))  # type: ignore[call-arg]
    with pytest.raises(ReadOnlyField):
        invoice["total"] = 5
    with pytest.raises(AttributeError):
        invoice.billing_address = None  # type: ignore[assignment]
    assert not invoice.is_changed
    assert sandbox.calls == []


def test_what_the_service_computes_inside_a_record_refuses_edits(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice()
    assert invoice.billing_address is not None

    with pytest.raises(ReadOnlyField):
        invoice.line_items[0].item_total = Decimal(5)  # type: ignore[assignment]


def test_a_create_only_field_is_sent_once_and_then_refused(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Zoë", is_portal_enabled=True)
    contact.is_portal_enabled = False
    contact.save()
    assert last_body(sandbox) == {"contact_name": "Zoë", "is_portal_enabled": False}

    with pytest.raises(ReadOnlyField, match="only when the record is created"):
        contact.is_portal_enabled = True
    assert not contact.is_changed


def test_a_write_only_field_reads_none_without_a_call_and_is_cleared_by_save(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice()
    sandbox.forget()
    partial = Invoice.iterate().one()

    assert partial.reason is None
    partial.reason = "a typing error"
    assert partial.reason == "a typing error"
    partial.save()

    assert last_body(sandbox) == {"reason": "a typing error"}
    assert not partial.reason
    assert partial is invoice
    assert verbs(sandbox) == ["GET /invoices", f"PUT /invoices/{invoice.id}"]


def test_unknown_names_are_errors_with_suggestions(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    with pytest.raises(UnknownField, match="Did you mean website"):
        contact.webiste = "x"  # type: ignore[attr-defined]
    with pytest.raises(UnknownField, match="Did you mean contact_name"):
        Contact(contact_nam="x")  # type: ignore[call-arg]
    with pytest.raises(UnknownField, match="Did you mean quantity"):
        LineItem(quantiy=Decimal(1))  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="webiste"):
        contact.webiste  # type: ignore[attr-defined]  # noqa: B018
    assert not contact.is_changed
    assert sandbox.calls == []


@pytest.mark.parametrize("name", ["save", "comments", "mark_active", "id", "key", "raw"])
def test_what_is_no_member_cannot_be_assigned(books: ZohoBooks, name: str) -> None:
    contact = Contact(contact_name="Zoë")

    with pytest.raises(AttributeError):
        setattr(contact, name, "x")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("text", 5, WrongType),
        ("amount", 1.5, WrongType),
        ("amount", True, WrongType),
        ("amount", Decimal("NaN"), InvalidValue),
        ("amount", "1.5", WrongType),
        ("count", Decimal(1), WrongType),
        ("count", True, WrongType),
        ("day", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), WrongType),
        ("day", "tomorrow", InvalidValue),
        ("moment", dt.date(2026, 1, 1), WrongType),
        ("moment", dt.datetime(2026, 1, 1), InvalidValue),  # noqa: DTZ001  # that is the point
        ("agreed", 1, WrongType),
        ("words", "one", WrongType),
        ("other", {1, 2}, WrongType),
    ],
)
def test_a_value_of_another_kind_is_refused_before_any_call(
    sandbox: Sandbox, books: ZohoBooks, name: str, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        Note(**{name: value})  # type: ignore[arg-type]
    assert sandbox.calls == []


@pytest.mark.parametrize("wrong", ["1/2", "..", "", "1?x=1", "a b"])
def test_an_id_that_could_change_a_path_is_refused_before_any_call(
    sandbox: Sandbox, books: ZohoBooks, wrong: str
) -> None:
    with pytest.raises(InvalidId):
        Invoice.get(wrong)
    with pytest.raises(InvalidId):
        Invoice(customer_id=wrong)
    assert sandbox.calls == []


def test_unknown_choices_and_long_texts_are_not_judged_here(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, color="mauve")
    assert held.color == "mauve"

    held.color = "ultraviolet"
    answered(sandbox, color="ultraviolet")
    held.save()

    assert last_body(sandbox) == {"color": "ultraviolet"}


# The way past the facts.


def test_unknown_members_of_a_row_are_kept_and_read_by_name(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, cf_x={"a": [1, Decimal("2.50")]})

    assert held["cf_x"] == {"a": (1, Decimal("2.50"))}
    assert "cf_x" in held
    assert "cf_y" not in held
    with pytest.raises(UnknownField, match="cf_y"):
        held["cf_y"]
    with pytest.raises(TypeError):
        held["cf_x"]["a"] = 1
    assert verbs(sandbox) == []


def test_a_new_member_is_sent_under_its_name(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, text="x")

    held["new_member"] = {"deep": [1, "zwei", None]}
    assert held["new_member"] == {"deep": (1, "zwei", None)}
    assert held.changes() == {"new_member": Change(None, {"deep": (1, "zwei", None)})}
    answered(sandbox, text="x", new_member={"deep": [1, "zwei", None]})
    held.save()

    assert last_body(sandbox) == {"new_member": {"deep": [1, "zwei", None]}}
    assert not held.is_changed


def test_an_unknown_member_set_to_what_it_is_is_no_change(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, cf_x=1, cf_y=["a"])

    held["cf_x"], held["cf_y"] = 2, ["b"]
    held["cf_x"], held["cf_y"] = 1, ["a"]
    assert not held.is_changed
    held["cf_x"] = True

    assert held.is_changed


def test_an_unknown_member_can_be_sent_in_a_line(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice()

    invoice.line_items[0]["cf_shelf"] = "7b"
    invoice.save()

    assert rows_of(last_body(sandbox)["line_items"])[0]["cf_shelf"] == "7b"


def test_lists_are_not_edited_past_the_facts(books: ZohoBooks) -> None:
    with pytest.raises(Unsupported, match="through the attribute"):
        Invoice()["line_items"] = []


def test_a_name_that_a_partial_record_lacks_is_not_fetched(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    saved_contact()
    partial = Contact.using(books).iterate().one()
    sandbox.forget()
    other = Contact._received({"contact_id": partial.id}, books)

    with pytest.raises(NotLoaded, match="loaded in part"):
        other["cf_x"]
    assert "cf_x" not in other
    assert verbs(sandbox) == []


# What a record tells of itself.


def test_to_dict_holds_python_values_down_to_the_lines(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.forget()

    shown = invoice.to_dict()

    assert shown["date"] == dt.date(2026, 1, 15)
    assert shown["total"] == Decimal("20.20")
    lines = shown["line_items"]
    assert isinstance(lines, list)
    assert lines[0]["rate"] == Decimal("10.10")
    assert isinstance(shown["created_time"], dt.datetime)
    assert isinstance(shown["billing_address"], dict)
    shown["lines"] = None
    lines.clear()
    assert len(invoice.line_items) == 1
    assert verbs(sandbox) == []


def test_to_dict_of_a_partial_record_makes_no_call_and_shows_edits(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    saved = saved_contact()
    partial = Contact._received({"contact_id": saved.id, "contact_name": "Old"}, books)
    partial.website = "https://example.org"
    sandbox.forget()

    assert partial.to_dict() == {
        "contact_id": saved.id,
        "contact_name": "Old",
        "website": "https://example.org",
    }
    assert verbs(sandbox) == []


def test_raw_is_a_copy_of_the_received_row_without_edits(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, text="x", cf_x=[{"a": 1}])
    held.text = "y"

    raw = held.raw
    raw["text"] = "z"
    raw["cf_x"][0]["a"] = 2  # type: ignore[index]

    assert held.raw == {"note_id": "1", "text": "x", "cf_x": [{"a": 1}]}


def test_changes_show_old_and_new_values(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, amount=Decimal("1.50"), day="2026-01-31")

    held.amount = Decimal("2.50")
    held.day = None
    held.text = "new"

    assert held.is_changed
    assert held.changes() == {
        "amount": Change(Decimal("1.50"), Decimal("2.50")),
        "day": Change(dt.date(2026, 1, 31), None),
        "text": Change(None, "new"),
    }


def test_a_value_set_back_is_no_change(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, amount=Decimal("1.5"), text="x")

    held.amount = Decimal("2")
    held.amount = Decimal("1.50")
    held.text = "y"
    held.text = "x"

    assert not held.is_changed
    held.save()
    assert verbs(sandbox) == []


def test_revert_brings_back_what_was_received(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    sandbox.forget()

    invoice.notes = "x"
    invoice.line_items[0].rate = Decimal(99)
    del invoice.line_items[1]
    invoice.line_items.add(name="Milk")
    invoice.revert()

    assert not invoice.is_changed
    assert invoice.notes == ""
    assert [(each.name, each.rate) for each in invoice.line_items] == [
        ("Tea", Decimal("10.10")),
        ("Cake", Decimal("10.10")),
    ]
    invoice.save()
    assert verbs(sandbox) == []


def test_a_line_held_through_revert_can_be_edited_and_saved(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """Otherwise the edit would be lost without a word."""
    invoice = saved_invoice("Tea")
    lines, tea = invoice.line_items, invoice.line_items[0]
    tea.rate = Decimal(5)

    invoice.revert()
    assert tea.rate == Decimal("10.10")
    tea.rate = Decimal(6)
    lines.append(line("Cake"))
    invoice.save()

    assert [(row["name"], row["rate"]) for row in rows_of(last_body(sandbox)["line_items"])] == [
        ("Tea", Decimal(6)),
        ("Cake", Decimal("10.10")),
    ]


def test_refresh_loads_anew_and_keeps_edits(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.website = "https://mine.example"
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.website, same.notes = "https://theirs.example", "called today"
        same.save()
    sandbox.forget()

    assert contact.refresh() is contact

    assert contact.notes == "called today"
    assert contact.website == "https://mine.example"
    assert contact.raw["website"] == "https://theirs.example"
    assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]


def test_a_value_chosen_again_after_refresh_is_saved(sandbox: Sandbox, books: ZohoBooks) -> None:
    """It equals what was first received, but the service holds another one by now."""
    contact = saved_contact()
    contact.website = "https://mine.example"
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.website = "https://theirs.example"
        same.save()
    contact.refresh()

    contact.website = ""
    assert contact.website == ""
    contact.save()

    assert last_body(sandbox) == {"website": ""}
    assert contact.website == ""


def test_a_value_that_the_service_holds_by_now_is_no_change(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.website = "https://ours.example"
        same.save()
    contact.website = "https://ours.example"
    contact.refresh()
    sandbox.forget()

    assert contact.save().fields == ()
    assert verbs(sandbox) == []


def test_a_copy_has_neither_id_nor_number_and_is_saved_as_a_new_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea", "Cake")
    invoice.reference_number = "unsaved"
    sandbox.forget()

    double = invoice.copy()
    assert double.is_new
    assert [double.number] == [None]
    with pytest.raises(NotSaved):
        double.id  # noqa: B018
    assert verbs(sandbox) == []
    double.save()

    body = last_body(sandbox)
    assert body["reference_number"] == "unsaved"
    assert "invoice_number" not in body
    assert "invoice_id" not in body
    assert all("line_item_id" not in row for row in rows_of(body["line_items"]))
    assert [each.name for each in double.line_items] == ["Tea", "Cake"]
    assert double.id != invoice.id
    assert double.total == invoice.total
    assert double.number == "INV-000002"
    assert invoice.is_changed


def test_a_copy_of_a_contact_carries_its_persons_without_further_calls(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Bär")
    contact.contact_persons.add(first_name="Anna", email="anna@example.org")
    contact.contact_persons.add(first_name="Bob")
    contact.save()
    sandbox.forget()

    double = contact.copy()
    double.contact_name = "Bär 2"
    assert verbs(sandbox) == []
    double.save()

    rows = rows_of(last_body(sandbox)["contact_persons"])
    assert [row["first_name"] for row in rows] == ["Anna", "Bob"]
    assert not any("contact_id" in row or "contact_person_id" in row for row in rows)


def test_a_copy_of_a_partial_record_costs_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice_id = saved_invoice("Tea").id
    partial = Invoice.iterate().one()
    sandbox.forget()

    double = partial.copy()

    assert verbs(sandbox) == [f"GET /invoices/{invoice_id}"]
    assert [each.name for each in double.line_items] == ["Tea"]


def test_number_id_and_key(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice()
    item = Item(name="Tea", rate=Decimal(1), sku="T-1")
    item.save()

    assert invoice.number == invoice.invoice_number == "INV-000001"
    assert item.number == "T-1"
    assert invoice.key == ("books", books.organization_id, "Invoice", invoice.id)
    assert len(invoice.id) == 19
    assert Organization.get(books.organization_id).number is None
    with pytest.raises(NotSaved):
        Invoice().key  # noqa: B018


def test_repr_names_no_customer_and_makes_no_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Top Secret Ltd")
    assert repr(contact) == f"<Contact new of organization {books.organization_id}>"
    contact.save()
    invoice = saved_invoice("Secret Tea", customer=contact)
    partial = Contact._received({"contact_id": "7", "contact_name": "Top Secret Ltd"}, books)
    sandbox.forget()

    assert repr(contact) == f"<Contact {contact.id} of organization {books.organization_id}>"
    assert repr(invoice.line_items[0]) == f"<LineItem {invoice.line_items[0].line_item_id}>"
    assert repr(invoice.line_items) == "<1 LineItem>"
    for shown in (partial, invoice, invoice.line_items, invoice.comments, Contact.contact_name):
        assert "Secret" not in repr(shown)
    assert verbs(sandbox) == []


def test_records_are_equal_only_to_themselves(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs, theirs:
        other = Contact.get(contact.id)

        assert other is not contact
        assert other != contact
        assert len({contact, other, contact}) == 2
        assert other.key == contact.key


def test_a_record_is_not_iterable(books: ZohoBooks) -> None:
    with pytest.raises(WrongType, match="to_dict"):
        list(Contact(contact_name="x"))


def test_a_deleted_record_can_be_read_but_no_longer_saved(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact("Gone Ltd")
    contact.delete()
    sandbox.forget()

    assert contact.contact_name == "Gone Ltd"
    contact.website = "x"
    for attempt in (contact.save, contact.delete, contact.refresh, contact.mark_active):
        with pytest.raises(Deleted):
            attempt()
    assert verbs(sandbox) == []
    double = contact.copy()
    double.save()
    assert verbs(sandbox) == ["POST /contacts"]


# None, and values of every kind.


def test_none_is_sent_in_the_form_that_clears(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(
        sandbox,
        text="x",
        amount=1,
        share=Decimal("1.5"),
        count=1,
        day="2026-01-31",
        agreed=True,
        words=["a"],
        other={"a": 1},
    )

    for name in ("text", "amount", "share", "count", "day", "agreed", "words", "other"):
        setattr(held, name, None)
        assert getattr(held, name) in (None, "", ()), name
    answered(sandbox)
    held.save()

    assert last_body(sandbox) == {
        "text": "",
        "amount": "",
        "share": None,
        "count": "",
        "day": "",
        "agreed": None,
        "words": [],
        "other": None,
    }


def test_none_on_a_new_record_sends_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    answered(sandbox)

    Note(text="x", amount=None, words=None).save()

    assert last_body(sandbox) == {"text": "x"}


@pytest.mark.parametrize("text", AWKWARD)
def test_amounts_are_exact_in_both_directions(
    sandbox: Sandbox, books: ZohoBooks, text: str
) -> None:
    amount = Decimal(text)
    answered(sandbox, amount=amount)

    made = Note(amount=amount)
    made.save()

    assert last_body(sandbox) == {"amount": amount}
    assert type(made.amount) is Decimal
    assert made.amount == amount


def test_amounts_survive_the_service_to_the_last_digit(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item(name="Fine print", rate=Decimal("0.123456789012345678"))
    item.save()

    sandbox.forget()
    assert item.refresh().rate == Decimal("0.123456789012345678")
    assert sandbox.rows("Item")[0]["rate"] == Decimal("0.123456789012345678")


def test_whole_numbers_and_texts_read_as_decimals(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, amount="10.10", share=7, count=Decimal("3.0"), text=7)

    assert (held.amount, held.share) == (Decimal("10.10"), Decimal(7))
    assert type(held.share) is Decimal
    assert held.count == 3
    assert held.text == "7"


def test_days_and_instants(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, day="2026-01-31", moment="2026-01-31T23:59:59-0330")
    newfoundland = dt.timezone(-dt.timedelta(hours=3, minutes=30))
    assert held.day == dt.date(2026, 1, 31)
    assert held.moment == dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=newfoundland)

    held.day = dt.date(2024, 2, 29)
    held.moment = dt.datetime(2024, 2, 29, 12, 0, tzinfo=newfoundland)
    answered(sandbox)
    held.save()

    assert last_body(sandbox) == {"day": "2024-02-29", "moment": "2024-02-29T12:00:00-0330"}


def test_the_same_instant_in_another_zone_is_no_change(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, moment="2026-01-15T02:00:00-0700")

    held.moment = dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC)

    assert not held.is_changed


@pytest.mark.parametrize("sent", [4815000000000000123, "4815000000000000123"])
def test_ids_are_text_though_the_service_sends_numbers(
    sandbox: Sandbox, books: ZohoBooks, sent: object
) -> None:
    sandbox.next(body={"code": 0, "note": {"note_id": sent}}, path="/notes/*")

    assert Note.get("4815000000000000123").id == "4815000000000000123"


def test_texts_of_every_alphabet_and_awkward_marks_arrive_as_they_are(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    name = 'Ærøskøbing 株式会社 🧾 "quoted" \\ \u2028 עברית <b>&amp;'

    contact = Contact(contact_name=name, notes="line 1\nline 2\ttab")
    contact.save()

    assert last_body(sandbox) == {"contact_name": name, "notes": "line 1\nline 2\ttab"}
    assert contact.contact_name == name
    assert sandbox.rows("Contact")[0]["contact_name"] == name


def test_half_a_character_is_refused_before_any_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="\ud83e")

    with pytest.raises(InvalidValue, match="surrogate"):
        contact.save()
    assert sandbox.calls == []


def test_a_value_that_is_not_what_the_facts_say_names_the_way_out(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    held = note(sandbox, day="next Tuesday")

    with pytest.raises(InvalidValue, match=r"record\['day'\]"):
        held.day  # noqa: B018
    assert held["day"] == "next Tuesday"


def test_texts_and_json_cannot_be_changed_in_place(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = note(sandbox, words=["a", "b"], other={"a": [1]})
    assert held.words == ("a", "b")

    with pytest.raises(TypeError):
        held.other["a"] = 2  # type: ignore[index]
    held.words = (*held.words, "c")
    answered(sandbox)
    held.save()

    assert last_body(sandbox) == {"words": ["a", "b", "c"]}


def test_a_list_assigned_to_json_is_not_shared_with_its_owner(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    mine = {"a": [1]}
    held = Note(other=mine)
    mine["a"].append(2)
    answered(sandbox)

    held.save()

    assert last_body(sandbox) == {"other": {"a": [1]}}


# Links.


def test_a_link_is_followed_with_one_call_and_is_the_same_object(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    customer = saved_contact()
    invoice = saved_invoice(customer=customer)
    sandbox.forget()

    assert invoice.customer is customer
    assert verbs(sandbox) == [f"GET /contacts/{customer.id}"]
    del customer

    assert invoice.customer is not None
    assert invoice.customer.contact_name == "Bär & Søn"
    assert verbs(sandbox) == []


def test_a_link_is_set_by_a_record_and_cleared_by_none(sandbox: Sandbox, books: ZohoBooks) -> None:
    vendor = saved_contact()
    item = Item(name="Tea", rate=Decimal(1), vendor=vendor)
    assert item.vendor_id == vendor.id
    item.save()
    assert last_body(sandbox)["vendor_id"] == vendor.id

    item.vendor = None
    item.save()

    assert last_body(sandbox) == {"vendor_id": ""}
    assert item.vendor is None


def test_a_link_refuses_a_record_without_id_or_of_another_model(books: ZohoBooks) -> None:
    with pytest.raises(NotSaved, match="no id to point to"):
        Invoice(customer=Contact(contact_name="x"))
    with pytest.raises(WrongType, match="takes a Contact"):
        Invoice(customer=Item(name="x", rate=Decimal(1)))  # type: ignore[arg-type]


def test_a_link_of_a_line_without_a_record_cannot_be_followed(books: ZohoBooks) -> None:
    with pytest.raises(NotLoaded, match="belongs to no saved record"):
        LineItem(item_id="5").item  # noqa: B018


def test_a_line_follows_its_item(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item(name="Tea", rate=Decimal("2.50"))
    item.save()
    invoice = Invoice(customer=saved_contact(), line_items=[LineItem(item=item)])
    invoice.save()

    assert rows_of(last_body(sandbox)["line_items"]) == [{"item_id": item.id}]
    assert invoice.line_items[0].item is item
    assert invoice.line_items[0].rate == Decimal("2.50")
