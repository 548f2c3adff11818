"""Models of endpoints that no document describes, as `session.resource(...)` gives them."""

from __future__ import annotations

import datetime as dt
import pickle
import warnings
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import last_body, verbs

from zohorm import fields as f
from zohorm.books import Contact, ZohoBooks
from zohorm.errors import (
    InvalidValue,
    NotApplied,
    NotFound,
    NotLoaded,
    OutcomeUnknown,
    ReadOnlyField,
    UnknownField,
    UnknownFilter,
    Unsupported,
    WrongType,
)
from zohorm.generic import GenericModel
from zohorm.sandbox import Sandbox


@pytest.fixture
def contacts(books: ZohoBooks) -> type[GenericModel]:
    """A class for an endpoint that the sandbox serves, described by hand."""
    return books.resource(path="contacts", key="contact", id="contact_id", list_key="contacts")


@pytest.fixture
def tea(contacts: type[GenericModel], sandbox: Sandbox) -> GenericModel:
    made = contacts.create(contact_name="Tea")
    sandbox.forget()
    return made


def test_a_class_costs_no_call(contacts: type[GenericModel], sandbox: Sandbox) -> None:
    assert sandbox.calls == []
    assert repr(contacts.new()).startswith("</contacts new of organization ")


def test_create_sends_the_members_as_they_are_named(
    contacts: type[GenericModel], sandbox: Sandbox
) -> None:
    made = contacts.create(contact_name="Tea", cf_since=dt.date(2026, 1, 31), notes="new")

    assert verbs(sandbox) == ["POST /contacts"]
    assert made["contact_name"] == "Tea"
    assert made.id == made["contact_id"]


def test_days_instants_and_decimals_are_written_as_usual(
    contacts: type[GenericModel], sandbox: Sandbox
) -> None:
    record = contacts.new(
        contact_name="Tea", since=dt.date(2026, 1, 31), credit_limit=Decimal("10.50")
    )

    record.save()

    assert last_body(sandbox) == {
        "contact_name": "Tea",
        "since": "2026-01-31",
        "credit_limit": Decimal("10.50"),
    }


def test_save_sends_only_what_was_set(tea: GenericModel, sandbox: Sandbox) -> None:
    tea["notes"] = "Prefers e-mail"

    result = tea.save()

    assert (result.created, result.fields) == (False, ("notes",))
    assert verbs(sandbox) == [f"PUT /contacts/{tea.id}"]
    assert tea["notes"] == "Prefers e-mail"
    assert not tea.is_changed
    assert tea.save().fields == ()
    assert sandbox.calls == []


def test_iterate_walks_all_pages(contacts: type[GenericModel], sandbox: Sandbox) -> None:
    names = {f"Customer {number}" for number in range(205)}
    for name in names:
        contacts.create(contact_name=name)
    sandbox.forget()

    found = {record["contact_name"] for record in contacts.iterate()}

    assert found == names
    assert [call.query["page"] for call in sandbox.calls] == ["1", "2"]


def test_get_gives_one_object_and_keeps_its_row(
    contacts: type[GenericModel], tea: GenericModel, sandbox: Sandbox
) -> None:
    assert contacts.get(tea.id) is tea
    assert sandbox.calls == []
    with pytest.raises(NotFound):
        contacts.get("999")


def test_delete_deletes(contacts: type[GenericModel], tea: GenericModel, sandbox: Sandbox) -> None:
    tea.delete()

    assert verbs(sandbox) == [f"DELETE /contacts/{tea.id}"]
    assert not contacts.iterate().exists()


def test_a_row_of_a_list_says_what_it_lacks(contacts: type[GenericModel]) -> None:
    contacts.create(contact_name="Tea")
    row = contacts.iterate().one()

    with pytest.raises(NotLoaded, match="refresh"):
        row["billing_address"]

    assert "billing_address" in row.refresh()
    with pytest.raises(UnknownField, match="no_such"):
        row["no_such"]


def test_the_keys_of_answers_need_not_be_known(books: ZohoBooks, tea: GenericModel) -> None:
    contacts = books.resource(path="contacts", id="contact_id")

    assert contacts.iterate().one()["contact_name"] == "Tea"
    assert contacts.get(tea.id)["contact_name"] == "Tea"
    assert contacts.create(contact_name="Coffee")["contact_name"] == "Coffee"


def test_without_an_id_records_are_listed_and_nothing_else(
    books: ZohoBooks, tea: GenericModel
) -> None:
    contacts = books.resource(path="contacts", list_key="contacts")

    row = contacts.iterate().one()

    assert row["contact_name"] == "Tea"
    with pytest.raises(ReadOnlyField):
        row["notes"] = "x"
    with pytest.raises(Unsupported):
        contacts.get(tea.id)
    with pytest.raises(Unsupported):
        contacts.new(contact_name="Coffee").save()


def test_any_parameter_is_sent_raw_and_a_filter_is_refused_with_advice(
    contacts: type[GenericModel], tea: GenericModel, sandbox: Sandbox
) -> None:
    found = contacts.iterate().params(contact_name="Coffee").first()

    assert found is None
    assert sandbox.calls[-1].query["contact_name"] == "Coffee"
    with pytest.raises(UnknownFilter):
        contacts.iterate(contact_name="Coffee")


def test_one_description_is_one_class_and_takes_the_session_that_asked(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as other:
        ours = books.resource(path="contacts", id="contact_id")
        theirs = other.resource(path="/contacts", id="contact_id")

        made = theirs.create(contact_name="Tea")

        assert type(made) is type(ours.new())
        assert ours.get(made.id) is not made
        assert ours.get(made.id).key == made.key


def test_it_stands_beside_a_documented_model(
    contacts: type[GenericModel], tea: GenericModel
) -> None:
    documented = Contact.get(tea.id)

    documented.notes = "Prefers e-mail"
    documented.save()
    assert contacts.get(tea.id)["notes"] == "Prefers e-mail"


def test_members_can_be_given_types(books: ZohoBooks) -> None:
    typed = books.resource(path="contacts", id="contact_id", key="contact")
    typed.extend(credit_limit=f.money())
    record: Any = typed.new(contact_name="Tea")

    record.credit_limit = Decimal("10.50")

    assert record["credit_limit"] == Decimal("10.50")
    assert record.credit_limit == Decimal("10.50")


def test_a_record_survives_pickling_with_its_edits(
    books: ZohoBooks, contacts: type[GenericModel], sandbox: Sandbox
) -> None:
    def edited() -> GenericModel:
        record = contacts.create(contact_name="Tea")
        record["notes"] = "Prefers e-mail"
        return record

    restored: GenericModel = books.attach(pickle.loads(pickle.dumps(edited())))
    restored.save()

    assert last_body(sandbox) == {"notes": "Prefers e-mail"}


def test_a_create_that_nobody_answers_is_not_sent_again(
    contacts: type[GenericModel], sandbox: Sandbox
) -> None:
    record = contacts.new(contact_name="Tea")
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        record.save()

    assert verbs(sandbox) == ["POST /contacts"]
    assert record.settle()
    assert record["contact_name"] == "Tea"
    assert len(list(contacts.iterate())) == 1


def test_the_id_cannot_be_set(tea: GenericModel) -> None:
    with pytest.raises(ReadOnlyField):
        tea["contact_id"] = "1"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "contacts//persons",
        "../expense/v1/users",
        "contacts/..",
        "contacts?x=1",
        "contacts/{contact_id}",
        "https://example.com/contacts",
        "con tacts#",
        " contacts",
    ],
)
def test_a_path_that_leaves_the_product_is_refused(books: ZohoBooks, path: str) -> None:
    with pytest.raises(InvalidValue, match="path"):
        books.resource(path=path)


@pytest.mark.parametrize("names", [{"path": 7}, {"key": 7}, {"id": 7}, {"list_key": ["a"]}])
def test_names_are_text(books: ZohoBooks, names: dict[str, Any]) -> None:
    described: dict[str, Any] = {"path": "contacts", **names}

    with pytest.raises(WrongType):
        books.resource(**described)


def test_an_id_member_has_a_plain_name(books: ZohoBooks) -> None:
    with pytest.raises(InvalidValue, match="id"):
        books.resource(path="contacts", id="contact id")


def test_a_value_that_json_lacks_is_refused_before_any_call(
    tea: GenericModel, sandbox: Sandbox
) -> None:
    with pytest.raises(WrongType):
        tea["notes"] = object()

    assert sandbox.calls == []


def test_the_service_may_ignore_a_member_it_does_not_know(tea: GenericModel) -> None:
    """Nothing is known of the member, so that nothing can be said about what became of it."""
    tea["no_such_member"] = "x"

    with warnings.catch_warnings():
        warnings.simplefilter("error", NotApplied)
        assert tea.save().fields == ("no_such_member",)
