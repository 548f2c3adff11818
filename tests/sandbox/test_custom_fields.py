"""Custom fields by name, over HTTP: read and set with the type of their definition."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from making import colleague, last_body, line, saved_contact, saved_invoice, verbs

from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.books.contact import CustomField
from zohorm.errors import InvalidValue, NotApplied, UnknownField, WrongType
from zohorm.sandbox import Sandbox

REGION = {"api_name": "cf_region", "label": "Region", "value": "North"}


def saved(**values: object) -> Contact:
    """Return a saved contact with custom fields of these values."""
    contact = Contact(contact_name="Bär & Søn")
    for name, value in values.items():
        contact.custom_fields.add(api_name=name, value=value)
    contact.save()
    return contact


def test_a_custom_field_is_read_by_api_name_and_by_label(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved(cf_region="North")

    assert contact.custom_fields["cf_region"] == "North"
    assert contact.custom_fields["Region"] == "North"
    assert contact.custom_fields.to_dict() == {"cf_region": "North"}


@pytest.mark.switched(
    custom_fields_put="replace",
    raises=AssertionError,
    match="cf_cups",
    because="fields that an update leaves out are emptied",
)
def test_only_changed_custom_fields_are_sent(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North", cf_cups="2")
    sandbox.forget()

    contact.custom_fields["Region"] = "South"
    contact.custom_fields["cf_cups"] = "2"
    contact.save()

    identifier = contact.custom_fields[0].customfield_id
    assert last_body(sandbox) == {
        "custom_fields": [{"customfield_id": identifier, "value": "South"}]
    }
    assert contact.custom_fields.to_dict() == {"cf_region": "South", "cf_cups": "2"}


def test_a_new_record_takes_custom_fields_by_name(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Ada", custom_fields={"cf_region": "North", "Tea": "green"})
    assert contact.custom_fields["cf_region"] == "North"

    contact.save()

    assert last_body(sandbox)["custom_fields"] == [
        {"api_name": "cf_region", "value": "North"},
        {"label": "Tea", "value": "green"},
    ]
    assert contact.custom_fields.to_dict() == {"cf_region": "North", "cf_tea": "green"}


@pytest.mark.switched(
    custom_fields_put="replace",
    raises=AssertionError,
    match="cf_cups",
    because="fields that an update leaves out are emptied",
)
def test_a_mapping_sets_the_fields_that_it_names(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North", cf_cups="2")

    contact.custom_fields = {"cf_cups": "3"}
    contact.save()

    assert contact.custom_fields.to_dict() == {"cf_region": "North", "cf_cups": "3"}


@pytest.mark.parametrize(
    "value",
    [
        Decimal("10.50"),
        dt.date(2026, 1, 15),
        dt.datetime(2026, 1, 15, 10, 30, tzinfo=dt.UTC),
        True,
        False,
        ("red", "green"),
        "North",
    ],
)
def test_values_keep_their_type_both_ways(
    value: str | bool | Decimal | dt.date | tuple[str, ...], sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved()
    contact.custom_fields["cf_it"] = value
    contact.save()
    with colleague(sandbox) as theirs:
        read = Contact.using(theirs).get(contact.id).custom_fields["cf_it"]

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [(dt.date(2026, 1, 15), True), (True, "yes"), (Decimal(1), "1"), (Decimal(1), 0.5), ("x", 3)],
)
def test_a_value_of_another_type_is_refused_before_any_call(
    value: str | Decimal | dt.date, wrong: object, sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved()
    contact.custom_fields["cf_it"] = value
    contact.save()
    sandbox.forget()

    with pytest.raises(WrongType):
        contact.custom_fields["cf_it"] = wrong

    assert not contact.is_changed
    assert sandbox.calls == []


def test_none_clears_and_an_empty_field_reads_none(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North")

    contact.custom_fields["cf_region"] = None
    contact.save()

    assert contact.custom_fields["cf_region"] is None
    assert contact.custom_fields.get("cf_region", "x") is None


def test_an_unknown_name_is_an_error_to_read_and_has_a_default(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved(cf_region="North")

    with pytest.raises(UnknownField, match="It shows cf_region"):
        _ = contact.custom_fields["cf_regoin"]
    assert contact.custom_fields.get("cf_regoin") is None
    assert contact.custom_fields.get("cf_regoin", "none") == "none"
    assert "cf_regoin" not in contact.custom_fields
    assert "Region" in contact.custom_fields


def test_two_fields_of_one_label_are_told_apart_by_api_name(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Ada")
    contact.custom_fields.add(api_name="cf_a", label="Size", value="1")
    contact.custom_fields.add(api_name="cf_b", label="Size", value="2")
    contact.save()

    with pytest.raises(InvalidValue, match="cf_a, cf_b"):
        _ = contact.custom_fields["Size"]
    assert contact.custom_fields["cf_b"] == "2"


def test_rows_of_lists_show_values_without_a_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    saved(cf_region="North", cf_vip=True, cf_rate=Decimal("7.50"), cf_empty="")
    [contact] = Contact.using(books).iterate()
    with colleague(sandbox) as theirs:
        [row] = Contact.using(theirs).iterate()
        sandbox.forget()

        found = {
            name: row.custom_fields[name] for name in ("cf_region", "cf_vip", "cf_rate", "cf_empty")
        }

    assert found == {
        "cf_region": "North",
        "cf_vip": True,
        "cf_rate": Decimal("7.50"),
        "cf_empty": None,
    }
    assert sandbox.calls == []
    assert contact.custom_fields["cf_vip"] is True


def test_a_value_that_only_its_definition_explains_is_fetched(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """In a row a text that looks like a day may be a text or a day."""
    kept = saved()
    kept.custom_fields["cf_born"] = dt.date(2026, 1, 15)
    kept.save()
    with colleague(sandbox) as theirs:
        [row] = Contact.using(theirs).iterate()
        sandbox.forget()

        assert row.custom_fields["cf_born"] == dt.date(2026, 1, 15)
        assert row.custom_fields["Born"] == dt.date(2026, 1, 15)

    assert verbs(sandbox) == [f"GET /contacts/{kept.id}"]


def test_the_hash_of_custom_fields_is_understood(sandbox: Sandbox, books: ZohoBooks) -> None:
    shown = {"cf_region": "North", "cf_region_unformatted": "North"}
    row = {"contact_id": "7", "contact_name": "Ada", "custom_field_hash": shown}
    sandbox.next(status=200, body={"code": 0, "message": "success", "contacts": [row]})
    [contact] = Contact.iterate()
    sandbox.forget()

    assert contact.custom_fields["cf_region"] == "North"
    assert sandbox.calls == []


def test_setting_a_row_of_a_list_sends_the_field_alone(sandbox: Sandbox, books: ZohoBooks) -> None:
    kept = saved(cf_region="North", cf_cups="2")
    with colleague(sandbox) as theirs:
        [row] = Contact.using(theirs).iterate()
        sandbox.forget()
        row.custom_fields["cf_region"] = "South"
        row.save()

    assert [one["value"] for one in last_body(sandbox)["custom_fields"]] == ["South"]
    assert verbs(sandbox) == [f"GET /contacts/{kept.id}", f"PUT /contacts/{kept.id}"]


@pytest.mark.switched(
    custom_fields_put="replace",
    raises=AssertionError,
    match="cf_cups",
    because="fields that an update leaves out are emptied",
)
def test_an_unsaved_value_stands_before_a_newer_row(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North", cf_cups="many")
    contact.custom_fields["cf_region"] = "South"
    with colleague(sandbox) as theirs:
        same = Contact.using(theirs).get(contact.id)
        same.company_name = "Tea & Co"
        same.custom_fields["cf_cups"] = "few"
        same.save()

    assert [row is contact for row in Contact.iterate()] == [True]

    assert contact.company_name == "Tea & Co"
    assert contact.custom_fields["cf_region"] == "South"
    contact.save()
    assert contact.custom_fields.to_dict() == {"cf_region": "South", "cf_cups": "few"}


def test_a_name_that_the_service_does_not_take_is_told(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North")
    contact.custom_fields["cf_regoin"] = "South"
    sandbox.next(fault="ignore-write")

    with pytest.warns(NotApplied):
        result = contact.save()

    assert result.not_applied == ("custom_fields",)


def test_rows_are_still_a_list(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North")

    contact.custom_fields[0].value = "South"
    contact.custom_fields.append(CustomField(label="Tea", value="green"))
    contact.save()

    assert len(contact.custom_fields) == 2
    assert [row.value for row in contact.custom_fields] == ["South", "green"]
    assert contact.custom_fields[0] in contact.custom_fields
    assert [row.value for row in contact.custom_fields[:1]] == ["South"]


def test_lines_have_custom_fields_too(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = Invoice(customer_id=saved_contact().id, line_items=[line()])
    invoice.line_items[0].item_custom_fields["cf_lot"] = "L-17"
    invoice.save()

    assert last_body(sandbox)["line_items"][0]["item_custom_fields"] == [
        {"api_name": "cf_lot", "value": "L-17"}
    ]
    assert invoice.line_items[0].item_custom_fields["cf_lot"] == "L-17"


def test_reverting_drops_what_was_set(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice()
    invoice.custom_fields["cf_region"] = "North"

    invoice.revert()

    assert "cf_region" not in invoice.custom_fields
    assert not invoice.is_changed


def test_a_repr_shows_no_value(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved(cf_region="North")

    assert "North" not in repr(contact.custom_fields)
