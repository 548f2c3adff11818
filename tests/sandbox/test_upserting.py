"""Records made or changed by a custom field that is unique, over HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from making import last_body, line, saved_contact, verbs

from zohorm.books import Contact, Invoice, Organization, ZohoBooks
from zohorm.errors import InvalidValue, NotBound, NotFound, UnknownField, Unsupported, WrongType
from zohorm.facts import load
from zohorm.resource import model
from zohorm.sandbox import Sandbox

KEY = "cf_external_id"
HEADERS = {"x-unique-identifier-key": KEY, "x-unique-identifier-value": "A-17"}


def headers(sandbox: Sandbox) -> dict[str, str]:
    """Return the headers of the last call that name the record."""
    sent = {name.lower(): value for name, value in sandbox.calls[-1].headers.items()}
    return {name: sent[name] for name in (*HEADERS, "x-upsert") if name in sent}


def test_the_first_call_makes_the_record_and_the_second_changes_it(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    first = Contact.upsert(KEY, "A-17", contact_name="Ada")
    second = Contact.upsert(KEY, "A-17", contact_name="Ada Lovelace")

    assert second is first
    assert first.contact_name == "Ada Lovelace"
    assert first.custom_fields[KEY] == "A-17"
    assert verbs(sandbox) == ["PUT /contacts", "PUT /contacts"]
    assert len(list(Contact.iterate())) == 1


def test_the_custom_field_travels_in_the_headers_and_in_the_body(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    Contact.upsert(KEY, "A-17", contact_name="Ada", custom_fields={"cf_region": "North"})

    assert headers(sandbox) == HEADERS | {"x-upsert": "true"}
    assert last_body(sandbox) == {
        "contact_name": "Ada",
        "custom_fields": [
            {"api_name": "cf_region", "value": "North"},
            {"api_name": KEY, "value": "A-17"},
        ],
    }


def test_without_leave_to_create_nothing_is_made(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotFound):
        Contact.upsert(KEY, "A-17", create=False, contact_name="Ada")

    assert headers(sandbox) == HEADERS
    assert list(Contact.iterate()) == []


def test_a_lost_answer_is_asked_for_again_and_makes_no_second_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    sandbox.next(fault="drop-after-commit")

    contact = Contact.upsert(KEY, "A-17", contact_name="Ada")

    assert [call.method for call in sandbox.calls] == ["PUT", "PUT"]
    assert [each.id for each in Contact.iterate()] == [contact.id]


def test_lines_become_those_that_are_given(sandbox: Sandbox, books: ZohoBooks) -> None:
    customer = saved_contact()
    Invoice.upsert(KEY, "A-17", customer=customer, line_items=[line("Tea"), line("Milk")])

    invoice = Invoice.upsert(KEY, "A-17", line_items=[line("Cake", rate="3.30", quantity=1)])

    assert [each.name for each in invoice.line_items] == ["Cake"]
    assert invoice.total == Decimal("3.30")
    assert invoice.is_whole


def test_none_clears(sandbox: Sandbox, books: ZohoBooks) -> None:
    Contact.upsert(KEY, "A-17", contact_name="Ada", notes="tall")

    contact = Contact.upsert(KEY, "A-17", notes=None)

    assert last_body(sandbox)["notes"] == ""
    assert not contact.notes


def test_unsaved_edits_of_the_same_record_stay(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact.upsert(KEY, "A-17", contact_name="Ada")
    contact.notes = "tall"

    Contact.upsert(KEY, "A-17", company_name="Engines")

    assert (contact.notes, contact.company_name) == ("tall", "Engines")
    assert list(contact.changes()) == ["notes"]


@pytest.mark.parametrize(
    ("key", "value", "values", "error"),
    [
        ("", "A-17", {}, InvalidValue),
        (KEY, "", {}, InvalidValue),
        (KEY, None, {}, WrongType),
        (KEY, True, {}, WrongType),
        (KEY, "two\nlines", {}, InvalidValue),
        (KEY, "A-17", {"contact_nam": "Ada"}, UnknownField),
        (KEY, "A-17", {"contact_name": 3}, WrongType),
    ],
)
def test_what_cannot_be_is_refused_before_any_call(
    key: str,
    value: str,
    values: dict[str, object],
    error: type[Exception],
    sandbox: Sandbox,
    books: ZohoBooks,
) -> None:
    with pytest.raises(error):
        Contact.upsert(key, value, **values)

    assert sandbox.calls == []


def test_a_value_that_no_header_holds_is_named_with_the_way_around(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises(InvalidValue, match=f"{KEY} is sent in a header.*iterate"):
        Contact.upsert(KEY, "日本", contact_name="Ada")

    assert sandbox.calls == []


def test_models_without_it_say_so(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(Unsupported, match="no upsert of Organization"):
        Organization.upsert(KEY, "A-17")  # type: ignore[attr-defined]


def test_a_session_is_needed() -> None:
    with pytest.raises(NotBound):
        Contact.upsert(KEY, "A-17")


def test_fifteen_collections_of_books_have_it() -> None:
    with_it = {
        name: model("books", name)
        for name, facts in load("books")["resources"].items()
        if "upsert" in facts["operations"]
    }

    assert len(with_it) == 15
    assert all("custom_fields" in kind._lists for kind in with_it.values())
