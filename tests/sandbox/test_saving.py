"""Saving: which call is made, what it carries, and what becomes of other people's edits."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import pytest
from making import (
    colleague,
    last_body,
    line,
    rows_of,
    saved_contact,
    saved_invoice,
    verbs,
)

from zohorm.books import (
    BatchPayment,
    Contact,
    ContactPerson,
    Invoice,
    Item,
    Organization,
    ZohoBooks,
)
from zohorm.books.contact import Address, CustomField
from zohorm.books.invoice import LineItem
from zohorm.errors import (
    Conflict,
    Deleted,
    Duplicate,
    NotApplied,
    NotFound,
    NotSaved,
    ReadOnlyField,
    ReadOnlySession,
    ServerError,
    Unreachable,
    Unsupported,
    ValidationError,
)
from zohorm.model import SaveResult
from zohorm.sandbox import Sandbox


def stored_lines(sandbox: Sandbox) -> list[tuple[object, object]]:
    """Return the name and rate of the lines of the only invoice."""
    (row,) = sandbox.rows("Invoice")
    return [(each["name"], each["rate"]) for each in rows_of(row["line_items"])]


# One call, with what changed.


def test_a_new_record_is_posted_with_what_was_set(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Zoë", website="https://example.org", notes=None)

    result = contact.save()

    assert result == SaveResult(created=True, fields=("contact_name", "website"))
    assert last_body(sandbox) == {"contact_name": "Zoë", "website": "https://example.org"}
    assert verbs(sandbox) == ["POST /contacts"]
    assert not contact.is_new
    assert not contact.is_changed
    assert contact.is_whole
    assert contact.status == "active"
    assert verbs(sandbox) == []


def test_a_known_record_is_put_with_only_what_changed(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.website = "https://example.org"
    contact.payment_terms = 15
    sandbox.forget()

    result = contact.save()

    assert result == SaveResult(created=False, fields=("website", "payment_terms"))
    assert last_body(sandbox) == {"website": "https://example.org", "payment_terms": 15}
    assert verbs(sandbox) == [f"PUT /contacts/{contact.id}"]


def test_nothing_is_sent_when_nothing_changed(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.contact_name = contact.contact_name
    sandbox.forget()

    assert contact.save() == SaveResult(created=False, fields=())
    assert contact.save(check=True) == SaveResult(created=False, fields=())
    assert verbs(sandbox) == []


def test_reading_a_list_is_no_change(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    assert contact.billing_address.city in (None, "")
    assert list(contact.contact_persons) == []
    assert list(contact.custom_fields) == []
    contact.save()

    assert verbs(sandbox) == []


@pytest.mark.switched(
    omitted_lines="clear",
    raises=AssertionError,
    match="25.25",
    because="an update without lines takes them away",
)
def test_the_answer_is_loaded(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.forget()

    invoice.shipping_charge = Decimal("5.05")
    invoice.save()

    assert invoice.total == Decimal("25.25")
    assert verbs(sandbox) == [f"PUT /invoices/{invoice.id}"]


def test_a_saved_record_is_cached(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    assert Contact.get(contact.id) is contact
    assert verbs(sandbox) == []


def test_a_refused_value_keeps_the_edits(sandbox: Sandbox, books: ZohoBooks) -> None:
    saved_contact("Taken")
    contact = saved_contact("Mine")
    contact.contact_name = "Taken"

    with pytest.raises(Duplicate):
        contact.save()
    assert contact.contact_name == "Taken"
    assert contact.is_changed
    assert not contact.is_in_doubt
    contact.contact_name = "Mine 2"
    contact.save()

    assert [row["contact_name"] for row in sandbox.rows("Contact")] == ["Taken", "Mine 2"]


def test_a_refused_new_record_stays_new(sandbox: Sandbox, books: ZohoBooks) -> None:
    saved_contact("Taken")
    contact = Contact(contact_name="Taken")

    with pytest.raises(Duplicate):
        contact.save()
    assert contact.is_new
    assert not contact.is_in_doubt
    contact.contact_name = "Free"
    assert contact.save().created


def test_what_the_service_did_not_take_is_named_and_warned_of(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    contact.website = "https://example.org"
    contact.notes = "n"
    sandbox.next(fault="ignore-write")

    with pytest.warns(NotApplied, match="keeps website, notes as before") as caught:
        result = contact.save()

    assert result == SaveResult(
        created=False, fields=("website", "notes"), not_applied=("website", "notes")
    )
    assert caught[0].filename == __file__
    assert contact.website == ""
    assert not contact.is_changed


def test_an_edited_line_that_the_service_did_not_take_is_named(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.line_items[0].rate = Decimal(99)
    sandbox.next(fault="ignore-write", method="PUT")

    with pytest.warns(NotApplied, match="line_items"):
        result = invoice.save()

    assert result.not_applied == ("line_items",)
    assert invoice.line_items[0].rate == Decimal("10.10")


@pytest.mark.parametrize("change", ["add", "remove", "move"])
def test_a_list_that_the_service_did_not_take_is_named(
    sandbox: Sandbox, books: ZohoBooks, change: str
) -> None:
    invoice = saved_invoice("Tea", "Cake")
    if change == "add":
        invoice.line_items.append(line("Milk"))
    elif change == "remove":
        del invoice.line_items[0]
    else:
        invoice.line_items.reverse()
    sandbox.next(fault="ignore-write", method="PUT")

    with pytest.warns(NotApplied, match="line_items"):
        result = invoice.save()

    assert result.not_applied == ("line_items",)
    assert [each.name for each in invoice.line_items] == ["Tea", "Cake"]


def test_a_list_that_is_never_shown_is_not_taken_for_one_that_was_not_applied(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = Invoice(customer_id=saved_invoice("Tea").customer_id, line_items=[line("Tea")])
    invoice.batch_payments.add(payment_mode="cash", amount=Decimal("5.05"))

    assert invoice.save().not_applied == ()

    assert last_body(sandbox)["batch_payments"] == [
        {"payment_mode": "cash", "amount": Decimal("5.05")}
    ]
    assert list(invoice.batch_payments) == []
    assert not invoice.is_changed


def test_an_equal_address_put_in_place_of_the_old_one_is_no_surprise(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Bär", billing_address=Address(city="Bergen"))
    contact.save()

    contact.billing_address = Address(city="Bergen")
    assert contact.save().not_applied == ()


def test_a_value_that_the_service_rounds_counts_as_taken(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    row = {**contact.raw, "credit_limit": Decimal("10.01")}
    contact.credit_limit = Decimal("10.005")
    sandbox.next(body={"code": 0, "contact": row}, method="PUT")

    assert contact.save().not_applied == ()
    assert contact.credit_limit == Decimal("10.01")


def test_a_read_only_session_writes_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, read_only=True) as reader:
        same = Contact.get(contact.id)
        same.website = "x"
        for attempt in (same.save, same.delete, same.mark_inactive, Contact().save):
            with pytest.raises(ReadOnlySession):
                attempt()
        assert not same.is_in_doubt
        reader.close()

    assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]


def test_a_record_made_before_its_session_takes_it_at_first_use(sandbox: Sandbox) -> None:
    contact = Contact(contact_name="Zoë")
    with colleague(sandbox) as later, later:
        contact.save()
        assert contact.key[1] == later.organization_id
        assert Contact.get(contact.id) is contact


# Write options.


def test_write_options_travel_in_the_query(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = Invoice(customer=saved_contact(), invoice_number="MINE-7", line_items=[line("Tea")])

    invoice.save(ignore_auto_number_generation=True, send=False)

    query = dict(sandbox.calls[-1].query)
    assert query.pop("organization_id") == books.organization_id
    assert query == {"ignore_auto_number_generation": "true", "send": "false"}
    assert invoice.number == "MINE-7"


def test_an_option_that_is_not_documented_there_is_refused(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.notes = "x"
    sandbox.forget()

    with pytest.raises(Unsupported, match="no send on update"):
        invoice.save(send=True)
    with pytest.raises(TypeError):
        Contact(contact_name="x").save(send=True)  # type: ignore[call-arg]
    assert invoice.is_changed
    assert verbs(sandbox) == []


# Lists that the service replaces.


def test_a_changed_list_is_read_once_and_sent_whole(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    before = [rows_of(sandbox.rows("Invoice")[0]["line_items"])[i] for i in (0, 1)]
    sandbox.forget()

    invoice.line_items[1].rate = Decimal("12.345")
    result = invoice.save()

    body = last_body(sandbox)
    assert result.fields == ("line_items",)
    assert list(body) == ["line_items"]
    sent = rows_of(body["line_items"])
    assert [row["line_item_id"] for row in sent] == [row["line_item_id"] for row in before]
    assert [row["rate"] for row in sent] == [Decimal("10.10"), Decimal("12.345")]
    assert "item_total" not in sent[0]
    writable = {name for name in before[0] if name in LineItem._values}
    writable = {name for name in writable if LineItem._values[name].writable}
    assert writable <= set(sent[0])
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}", f"PUT /invoices/{invoice.id}"]
    assert stored_lines(sandbox) == [("Tea", Decimal("10.10")), ("Cake", Decimal("12.345"))]


def test_lines_are_added_moved_and_removed(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake", "Milk")
    lines = invoice.line_items

    lines.insert(0, line("Hall", "100"))
    lines.append(lines.pop(1))
    del lines[1]
    invoice.save()

    assert [name for name, _ in stored_lines(sandbox)] == ["Hall", "Milk", "Tea"]
    assert [each.name for each in invoice.line_items] == ["Hall", "Milk", "Tea"]
    assert all(each.line_item_id for each in lines)
    assert [each.item_order for each in lines] == [1, 2, 3]
    assert invoice.line_items is lines


def test_lines_keep_their_identity_through_a_save(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    tea, cake = invoice.line_items
    fresh = line("Milk")

    invoice.line_items.insert(1, fresh)
    invoice.save()

    assert list(invoice.line_items) == [tea, fresh, cake]
    fresh.rate = Decimal(1)
    assert invoice.is_changed


def test_new_lines_find_themselves_in_an_answer_with_another_order_and_a_row_more(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """As where the service adds a line of its own, for shipping or for rounding."""
    invoice = saved_invoice("Tea")
    milk, cake = line("Milk"), line("Cake")
    invoice.line_items.extend([milk, cake])
    tea = invoice.line_items[0].raw
    added: list[dict[str, object]] = [
        {"line_item_id": "93", "name": "Shipping", "rate": 5, "quantity": 1},
        {"line_item_id": "92", "name": "Cake", "rate": 10.1, "quantity": 2},
        {"line_item_id": "91", "name": "Milk", "rate": 10.1, "quantity": 2},
    ]
    body = {"code": 0, "invoice": {**invoice.raw, "line_items": [tea, *added]}}
    sandbox.next(body=body, method="PUT")

    invoice.save()

    assert [milk.line_item_id, cake.line_item_id] == ["91", "92"]
    assert [each.name for each in invoice.line_items] == ["Tea", "Shipping", "Cake", "Milk"]
    assert not invoice.is_changed


def test_a_new_line_that_the_service_rounds_is_the_one_that_no_other_row_is_left_for(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    milk, cake = line("Milk"), line("Cake")
    invoice.line_items.extend([milk, cake])
    tea = invoice.line_items[0].raw
    added: list[dict[str, object]] = [
        {"line_item_id": "92", "name": "Cake", "rate": 10.1, "quantity": 2},
        {"line_item_id": "91", "name": "Milk", "rate": 10.5, "quantity": 2},
    ]
    body = {"code": 0, "invoice": {**invoice.raw, "line_items": [tea, *added]}}
    sandbox.next(body=body, method="PUT")

    invoice.save()

    assert [milk.line_item_id, cake.line_item_id] == ["91", "92"]
    assert milk.rate == Decimal("10.5")


def test_a_colleagues_new_line_stays(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items.insert(1, line("Theirs", "3.33"))
        same.save()

    invoice.line_items[0].rate = Decimal(1)
    invoice.line_items.append(line("Mine", "4.44"))
    invoice.save()

    assert stored_lines(sandbox) == [
        ("Tea", Decimal(1)),
        ("Theirs", Decimal("3.33")),
        ("Cake", Decimal("10.10")),
        ("Mine", Decimal("4.44")),
    ]
    assert [each.name for each in invoice.line_items] == ["Tea", "Theirs", "Cake", "Mine"]


def test_a_line_that_both_touched_is_a_conflict_with_both_versions(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea", "Cake")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items[0].rate = Decimal("3.33")
        same.save()
    invoice.line_items[0].rate = Decimal("4.44")
    sandbox.forget()

    with pytest.raises(Conflict) as caught:
        invoice.save()

    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]
    mine, others = caught.value.mine["line_items"], caught.value.theirs["line_items"]
    assert isinstance(mine, list)
    assert isinstance(others, list)
    assert mine[0]["rate"] == Decimal("4.44")
    assert others[0]["rate"] == Decimal("3.33")
    assert "4.44" not in str(caught.value)
    assert "4.44" not in repr(caught.value)
    assert invoice.line_items[0].rate == Decimal("4.44")
    assert not invoice.is_in_doubt


def test_after_a_conflict_one_starts_from_theirs_or_overwrites(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items[0].rate = Decimal("3.33")
        same.save()
    invoice.line_items[0].rate = Decimal("4.44")
    with pytest.raises(Conflict):
        invoice.save()

    invoice.revert()
    invoice.refresh()
    assert invoice.line_items[0].rate == Decimal("3.33")
    invoice.line_items[0].rate = Decimal("5.55")
    invoice.save()

    assert stored_lines(sandbox) == [("Tea", Decimal("5.55"))]


def test_a_touched_line_that_vanished_is_a_conflict(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        del same.line_items[0]
        same.save()
    invoice.line_items[0].rate = Decimal("4.44")

    with pytest.raises(Conflict):
        invoice.save()
    assert stored_lines(sandbox) == [("Cake", Decimal("10.10"))]


def test_an_untouched_line_that_vanished_is_not_brought_back(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea", "Cake")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        del same.line_items[0]
        same.save()

    invoice.line_items[1].rate = Decimal(1)
    invoice.save()

    assert stored_lines(sandbox) == [("Cake", Decimal(1))]


def test_check_false_skips_the_read_and_overwrites(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items.append(line("Theirs"))
        same.save()
    invoice.line_items[0].rate = Decimal(1)
    sandbox.forget()

    invoice.save(check=False)

    assert verbs(sandbox) == [f"PUT /invoices/{invoice.id}"]
    assert stored_lines(sandbox) == [("Tea", Decimal(1)), ("Cake", Decimal("10.10"))]


def test_plain_fields_are_saved_without_a_check(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.website = "https://theirs.example"
        same.save()
    contact.website = "https://mine.example"
    sandbox.forget()

    contact.save()

    assert verbs(sandbox) == [f"PUT /contacts/{contact.id}"]
    assert contact.website == "https://mine.example"


def test_check_true_finds_a_plain_field_that_changed(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.website = "https://theirs.example"
        same.save()
    contact.website = "https://mine.example"
    sandbox.forget()

    with pytest.raises(Conflict) as caught:
        contact.save(check=True)

    assert caught.value.mine == {"website": "https://mine.example"}
    assert caught.value.theirs == {"website": "https://theirs.example"}
    assert verbs(sandbox) == [f"GET /contacts/{contact.id}"]
    assert contact.website == "https://mine.example"


def test_check_true_lets_another_field_pass_and_loads_it(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.notes = "called"
        same.save()
    contact.website = "https://mine.example"
    sandbox.forget()

    contact.save(check=True)

    assert last_body(sandbox) == {"website": "https://mine.example"}
    assert contact.notes == "called"
    assert verbs(sandbox) == [f"GET /contacts/{contact.id}", f"PUT /contacts/{contact.id}"]


def test_check_true_has_nothing_to_compare_where_the_member_was_never_loaded(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """A row of a list lacks the notes, so nobody has overwritten what the caller has seen."""
    made = saved_contact().id
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(made)
        same.notes = "theirs"
        same.website = "https://theirs.example"
        same.save()
    (contact,) = Contact.iterate()
    assert "notes" not in contact.raw
    contact.notes = "mine"
    sandbox.forget()

    contact.save(check=True)

    assert last_body(sandbox) == {"notes": "mine"}
    assert verbs(sandbox) == [f"GET /contacts/{made}", f"PUT /contacts/{made}"]
    assert [contact.notes, contact.website] == ["mine", "https://theirs.example"]


def test_a_conflict_names_no_member_that_was_never_loaded(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = saved_contact("Ana").id
    (contact,) = Contact.iterate()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(made)
        same.contact_name = "Anna"
        same.notes = "theirs"
        same.save()
    contact.contact_name = "Anne"
    contact.notes = "mine"

    with pytest.raises(Conflict) as caught:
        contact.save(check=True)

    assert caught.value.mine == {"contact_name": "Anne"}
    assert caught.value.theirs == {"contact_name": "Anna"}
    assert contact.notes == "mine"


def test_nothing_is_written_when_both_made_the_same_edit(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea", "Cake", "Milk")
    with colleague(sandbox) as theirs:
        same = Invoice.using(theirs).get(invoice.id)
        same.line_items.reverse()
        same.save()
    invoice.line_items.reverse()
    sandbox.forget()

    result = invoice.save()

    assert result == SaveResult(created=False, fields=())
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]
    assert not invoice.is_changed
    assert [each.name for each in invoice.line_items] == ["Milk", "Cake", "Tea"]


def test_emptying_a_list_sends_the_empty_list(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.contact_persons.add(first_name="Anna")
    contact.save()

    contact.contact_persons = []
    contact.save()

    assert last_body(sandbox) == {"contact_persons": []}
    assert sandbox.rows("ContactPerson") == []


def test_lines_of_another_invoice_are_taken_as_copies(sandbox: Sandbox, books: ZohoBooks) -> None:
    source = saved_invoice("Tea", "Cake")
    target = Invoice(customer_id=source.customer_id)

    target.line_items = [each.copy() for each in source.line_items]
    target.save()

    assert [row["name"] for row in rows_of(last_body(sandbox)["line_items"])] == ["Tea", "Cake"]
    assert not any("line_item_id" in row for row in rows_of(last_body(sandbox)["line_items"]))
    assert len(source.line_items) == 2


def test_a_part_of_the_lines_is_replaced_by_slices(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea", "Cake", "Milk")

    invoice.line_items[:2] = [line("Pie"), invoice.line_items[0]]
    del invoice.line_items[-1:]
    invoice.save()

    assert [name for name, _ in stored_lines(sandbox)] == ["Pie", "Tea"]


def test_a_list_without_ids_is_saved_if_nobody_else_changed_it(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    contact.opening_balances.add(opening_balance_amount=Decimal("5.05"))
    contact.save()
    contact.opening_balances[0].opening_balance_amount = Decimal("6.06")
    contact.save()
    [sent] = rows_of(last_body(sandbox)["opening_balances"])
    assert sent["opening_balance_amount"] == Decimal("6.06")
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.opening_balances[0].opening_balance_amount = Decimal("7.07")
        same.save()

    contact.opening_balances.add(opening_balance_amount=Decimal(1))
    with pytest.raises(Conflict):
        contact.save()
    stored = rows_of(sandbox.rows("Contact")[0]["opening_balances"])
    assert [row["opening_balance_amount"] for row in stored] == [Decimal("7.07")]


# Custom fields: those listed change, the others stay.


@pytest.mark.switched(
    custom_fields_put="replace",
    raises=AssertionError,
    match="black",
    because="fields that an update leaves out are emptied",
)
def test_only_listed_custom_fields_are_sent_and_the_others_stay(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    contact.custom_fields.add(api_name="cf_tea", value="green")
    contact.custom_fields.add(api_name="cf_cups", value="2")
    contact.save()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.custom_fields[1].value = "3"
        same.save()
    sandbox.forget()

    contact.custom_fields[0].value = "black"
    contact.save()

    sent = rows_of(last_body(sandbox)["custom_fields"])
    assert [row["value"] for row in sent] == ["black"]
    assert sent[0] == {"customfield_id": contact.custom_fields[0].customfield_id, "value": "black"}
    assert [each.value for each in contact.custom_fields] == ["black", "3"]
    assert verbs(sandbox) == [f"PUT /contacts/{contact.id}"]


def test_check_true_finds_a_custom_field_that_changed(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.custom_fields.add(api_name="cf_tea", value="green")
    contact.save()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.custom_fields[0].value = "white"
        same.save()
    contact.custom_fields[0].value = "black"

    with pytest.raises(Conflict):
        contact.save(check=True)
    contact.save()

    assert rows_of(sandbox.rows("Contact")[0]["custom_fields"])[0]["value"] == "black"


def test_a_custom_field_is_cleared_and_not_removed(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    contact.custom_fields = [CustomField(api_name="cf_tea", value="green")]
    contact.save()

    with pytest.raises(Unsupported, match="keeps elements"):
        contact.custom_fields.clear()
    contact.custom_fields[0].value = None
    contact.save()

    assert contact.custom_fields[0].value == ""


# Addresses inside a contact.


def test_an_address_is_sent_whole(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Bär")
    contact.billing_address = Address(city="Bergen", country="Norway")
    contact.save()
    assert last_body(sandbox)["billing_address"] == {"city": "Bergen", "country": "Norway"}

    contact.billing_address.city = "Ålesund"
    contact.save()

    assert list(last_body(sandbox)) == ["billing_address"]
    assert contact.billing_address.country == "Norway"
    assert contact.billing_address.city == "Ålesund"


def test_a_colleagues_edit_of_the_same_address_stays_or_clashes(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Bär", billing_address=Address(city="Bergen", country="Norway"))
    contact.save()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.billing_address.zip = "5003"
        same.save()

    contact.billing_address.city = "Ålesund"
    contact.save()
    assert (contact.billing_address.zip, contact.billing_address.city) == ("5003", "Ålesund")

    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.billing_address.city = "Oslo"
        same.save()
    contact.billing_address.city = "Tromsø"
    with pytest.raises(Conflict):
        contact.save()


def test_a_new_address_in_place_of_one_that_changed_is_a_conflict(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Bär", billing_address=Address(city="Bergen"))
    contact.save()
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.billing_address.zip = "5003"
        same.save()

    contact.billing_address = Address(city="Oslo")

    with pytest.raises(Conflict):
        contact.save()


def test_a_held_empty_address_can_be_filled_in_after_other_saves(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    address = contact.shipping_address
    contact.website = "https://example.org"
    contact.save()

    address.city = "Bergen"
    contact.save()

    assert contact.shipping_address is address
    assert contact.shipping_address.city == "Bergen"
    (sent,) = rows_of([last_body(sandbox)["shipping_address"]])
    assert {name: value for name, value in sent.items() if value} == {"city": "Bergen"}


# Contact persons: inside their contact, and through their own endpoint.


def contact_with_persons(*names: str) -> Contact:
    contact = Contact(contact_name=f"Contact of {', '.join(names)}")
    for name in names:
        contact.contact_persons.add(first_name=name)
    contact.save()
    return contact


def test_persons_are_saved_with_their_contact(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = contact_with_persons("Anna", "Bob")
    anna, bob = contact.contact_persons
    sandbox.forget()

    bob.email = "bob@example.org"
    contact.contact_persons.add(first_name="Chloé")
    contact.save()

    sent = rows_of(last_body(sandbox)["contact_persons"])
    assert [row.get("contact_person_id") for row in sent] == [anna.id, bob.id, None]
    assert [row["first_name"] for row in sent] == ["Anna", "Bob", "Chloé"]
    assert [each.first_name for each in contact.contact_persons] == ["Anna", "Bob", "Chloé"]
    assert contact.contact_persons[2].id
    assert verbs(sandbox) == [f"GET /contacts/{contact.id}", f"PUT /contacts/{contact.id}"]


def test_a_person_saves_through_its_own_endpoint_with_one_call(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = contact_with_persons("Anna")
    anna = contact.contact_persons[0]
    sandbox.forget()

    anna.email = "anna@example.org"
    anna.save()

    assert last_body(sandbox) == {"email": "anna@example.org", "contact_id": contact.id}
    assert verbs(sandbox) == [f"PUT /contacts/contactpersons/{anna.id}"]
    assert not contact.is_changed


def test_a_person_saved_alone_and_then_with_its_contact_is_no_conflict(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = contact_with_persons("Anna", "Bob")
    anna = contact.contact_persons[0]
    anna.email = "anna@example.org"
    anna.save()

    anna.phone = "123"
    contact.save()

    assert [row["phone"] for row in sandbox.rows("ContactPerson")] == ["123", ""]
    assert [row["email"] for row in sandbox.rows("ContactPerson")] == ["anna@example.org", ""]


def test_a_person_deleted_alone_does_not_come_back_with_its_contact(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = contact_with_persons("Anna", "Bob")
    anna, bob = contact.contact_persons
    bob.delete()

    anna.phone = "123"
    contact.save()

    assert [row["first_name"] for row in sandbox.rows("ContactPerson")] == ["Anna"]
    assert list(contact.contact_persons) == [anna]


def test_persons_below_a_contact_are_records_of_their_own(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    sandbox.forget()

    anna = contact.list_contact_persons().create(first_name="Anna")
    assert last_body(sandbox) == {"first_name": "Anna", "contact_id": contact.id}
    anna.last_name = "Ærø"
    anna.save()
    assert [each.last_name for each in contact.list_contact_persons()] == ["Ærø"]
    anna.delete()

    person = f"/contacts/contactpersons/{anna.id}"
    assert verbs(sandbox) == [
        "POST /contacts/contactpersons",
        f"PUT {person}",
        f"GET /contacts/{contact.id}/contactpersons",
        f"DELETE {person}",
    ]
    assert sandbox.rows("ContactPerson") == []


def test_a_person_without_a_contact_is_refused_by_the_service_alone(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises((ValidationError, NotFound)):
        ContactPerson(first_name="Anna").save()


# Deleting.


def test_delete_sends_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    contact.delete()

    assert verbs(sandbox) == [f"DELETE /contacts/{contact.id}"]
    assert sandbox.rows("Contact") == []
    with pytest.raises(NotFound):
        Contact.get(contact.id)


def test_a_new_record_cannot_be_deleted(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotSaved):
        Contact(contact_name="x").delete()
    assert sandbox.calls == []


def test_a_record_that_is_gone_says_so(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    with colleague(sandbox) as theirs:
        Contact.using(theirs).get(contact.id).delete()
    contact.website = "x"

    with pytest.raises(NotFound):
        contact.save()
    with pytest.raises(NotFound):
        contact.delete()
    assert contact.website == "x"


# Several records.


def test_session_save_gives_one_result_each(sandbox: Sandbox, books: ZohoBooks) -> None:
    known = saved_contact()
    known.website = "x"
    sandbox.forget()

    results = books.save([Contact(contact_name="A"), known, known])

    assert [result.created for result in results] == [True, False, False]
    assert [result.fields for result in results] == [("contact_name",), ("website",), ()]
    assert verbs(sandbox) == ["POST /contacts", f"PUT /contacts/{known.id}"]


def test_session_save_stops_at_the_first_failure_and_tells_what_was_done(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    records = [Contact(contact_name=name) for name in ("A", "B", "B", "C")]

    with pytest.raises(Duplicate) as caught:
        books.save(records)

    assert caught.value.results == (
        SaveResult(created=True, fields=("contact_name",)),
        SaveResult(created=True, fields=("contact_name",)),
    )
    assert [record.is_new for record in records] == [False, False, True, True]
    assert [row["contact_name"] for row in sandbox.rows("Contact")] == ["A", "B"]


def test_a_failing_service_is_asked_again_and_a_put_is_not_lost(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item(name="Tea", rate=Decimal(1))
    item.save()
    sandbox.forget()

    item.rate = Decimal(2)
    sandbox.next(status=500, times=2)
    item.save()
    assert verbs(sandbox) == [f"PUT /items/{item.id}"] * 3

    item.rate = Decimal(3)
    sandbox.next(status=500, times=99)
    with pytest.raises(ServerError):
        item.save()
    assert item.rate == Decimal(3)
    assert item.is_changed
    assert not item.is_in_doubt


def test_a_list_that_only_a_new_record_takes_is_refused_on_an_old_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = Invoice.get(sandbox.insert("Invoice", {"customer_id": "1", "invoice_number": "1"}))
    sandbox.forget()

    invoice.batch_payments.append(BatchPayment(payment_mode="Cash"))
    with pytest.raises(ReadOnlyField, match="only when the record is created"):
        invoice.save()

    assert sandbox.calls == []


def test_a_create_only_member_is_refused_in_square_brackets_too(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    organization = Organization.get(books.organization_id)

    with pytest.raises(ReadOnlyField):
        organization["industry_type"] = "Trade"


def test_a_second_delete_succeeds_when_the_first_was_done_unanswered(sandbox: Sandbox) -> None:
    identifier = sandbox.insert("Item", {"name": "Größe", "rate": "1.00"})
    impatient = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0)
    with closing(impatient), impatient:
        item = Item.get(identifier)
        sandbox.next(fault="drop-after-commit", method="DELETE")
        with pytest.raises(Unreachable):
            item.delete()
        assert sandbox.rows("Item") == []

        item.delete()

        with pytest.raises(Deleted):
            item.save()


def test_a_record_that_somebody_else_deleted_is_not_found(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item.get(sandbox.insert("Item", {"name": "Größe", "rate": "1.00"}))
    books.get(Item, item.id).delete()
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock) as other:
        gone = Item._received({"item_id": item.id}, other)
        with pytest.raises(NotFound):
            gone.delete()
    other.close()
