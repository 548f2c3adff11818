"""After an action a record says what the service says of it: every action of all products.

Made from the facts: each action that succeeds on a stored record is called through its object, and
what the object still shows without a call is held against what the service has by then.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from making import saved_invoice, verbs
from staging import Stage, given, model_of, opened, resources

from zohorm import ZohoInventory
from zohorm.books import BankTransaction, CreditNoteRefund, Journal, Location, ZohoBooks
from zohorm.errors import NotFound, NotLoaded, OutcomeUnknown, ReadOnlySession, ZohoError
from zohorm.facts.load import load
from zohorm.inventory import Item
from zohorm.sandbox import Sandbox


def writing(facts: Mapping[str, Any]) -> list[str]:
    """The actions on one record that do more than ask."""
    return [
        name
        for name, action in facts["actions"].items()
        if action["on"] == "record" and action["method"] != "GET"
    ]


ACTING = resources(lambda facts: "get" in facts["operations"] and bool(writing(facts)))


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    with opened() as found:
        yield found


@pytest.mark.parametrize(("product", "name"), ACTING)
def test_what_a_record_shows_after_an_action_is_what_the_service_has(
    stages: dict[str, Stage], product: str, name: str
) -> None:
    on, model = stages[product], model_of(product, name)
    resource = on.walker.product.resources[name]
    done = []
    with on.session:
        for action in writing(load(product)["resources"][name]):
            ids = on.walker.ids(resource, resource.operations[action])
            above = {step: value for step, value in ids.items() if step != resource.id}
            record = on.session.get(model, ids[resource.id], above)
            if not called(on, record, action, ids):
                continue
            done.append(action)

            there = on.session.fresh_row(model, ids[resource.id], above)

            shown = record._row
            assert {n: shown[n] for n in shown} == {n: there.get(n) for n in shown}, action
            # And what is asked of it then is loaded, and as it is there.
            assert record.refresh()._row == there
    assert done


def called(on: Stage, record: Any, action: str, ids: Mapping[str, str]) -> bool:
    """Call an action with what it needs; tell whether the sandbox has carried it out."""
    resource = on.walker.product.resources[type(record).__name__]
    operation, call = resource.operations[action], getattr(record, action)
    known = {
        **ids,
        **on.walker.body(resource, operation, ids),
        **on.walker.query(resource, operation, ids),
    }
    taken = {n: value for n, value in known.items() if n in inspect.signature(call).parameters}
    for arguments in ({**given(call), **taken}, given(call)):
        try:
            call(**arguments)
        except ZohoError:
            continue  # The sandbox may refuse what it was given here.
        return True
    return False


def test_a_field_that_was_set_when_the_record_was_made_is_read_anew(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    key = sandbox.insert("Journal", {"status": "draft", "notes": "Rent"})
    record = Journal.get(key)
    sandbox.forget()

    record.mark_published()

    assert record.status == "published"
    assert record.notes == "Rent"
    assert verbs(sandbox) == [f"POST /journals/{key}/status/publish", f"GET /journals/{key}"]


def test_an_action_without_an_answer_leaves_nothing_for_granted(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice()
    sandbox.next(fault="drop-after-commit", method="POST", times=9)

    with pytest.raises(OutcomeUnknown):
        invoice.send_email(to_mail_ids=["a@example.org"], subject="S", body="B")

    sandbox.forget()
    assert invoice.status == "sent"
    assert verbs(sandbox) == [f"GET /invoices/{invoice.id}"]


def test_held_records_whose_ids_an_action_is_given_are_read_anew(sandbox: Sandbox) -> None:
    inventory = ZohoInventory(**sandbox.credentials, clock=sandbox.clock)
    with closing(inventory), inventory:
        keys = [
            sandbox.insert("Item", {"name": name, "status": "active"}, product="inventory")
            for name in ("Tea", "Rice", "Salt")
        ]
        tea, rice, salt = (Item.get(key) for key in keys)
        sandbox.forget()

        Item.mark_inactive_many(item_ids=iter(keys[:2]))

        assert [each.status for each in (tea, rice, salt)] == ["inactive", "inactive", "active"]
        assert verbs(sandbox) == [
            "POST /items/inactive",
            *(f"GET /items/{key}" for key in keys[:2]),
        ]


def test_an_action_that_is_not_sent_leaves_what_is_loaded_of_those_it_names(
    sandbox: Sandbox,
) -> None:
    inventory = ZohoInventory(**sandbox.credentials, clock=sandbox.clock, read_only=True)
    with closing(inventory), inventory:
        key = sandbox.insert("Item", {"name": "Tea", "status": "active"}, product="inventory")
        tea = Item.get(key)
        sandbox.forget()

        with pytest.raises(ReadOnlySession):
            Item.mark_inactive_many(item_ids=[key])

        assert tea.status == "active"
        assert verbs(sandbox) == []


def test_a_record_read_anew_is_still_found_below_the_one_that_only_its_row_names(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    note = sandbox.insert("CreditNote", {"status": "open"})
    key = sandbox.insert("CreditNoteRefund", {"creditnote_id": note, "description": "Back"})
    (refund,) = CreditNoteRefund.iterate()  # Those of all credit notes.
    line = BankTransaction.at("460000000000001")
    matched = {"transaction_id": key, "transaction_type": "creditnote_refund"}

    with pytest.raises(NotFound):
        line.match(transactions_to_be_matched=[matched])

    sandbox.forget()
    assert refund.description == "Back"
    assert verbs(sandbox) == [f"GET /creditnotes/{note}/refunds/{key}"]


def test_a_record_that_is_shown_in_lists_alone_keeps_what_was_set(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """It cannot be asked for, so that nothing can be read anew but by its list."""
    sandbox.insert("Location", {"location_name": "Bergen", "status": "active"})
    (location,) = (each for each in Location.iterate() if each.location_name == "Bergen")

    location.mark_inactive()

    assert location.location_name == "Bergen"
    with pytest.raises(NotLoaded, match="in lists alone"):
        _ = location.status
