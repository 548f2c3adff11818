"""Records that are there once, the organization of a session, and rows asked for in pieces."""

from __future__ import annotations

import datetime as dt

import pytest

from zohorm.books import Item, OpeningBalances, Organization, ZohoBooks
from zohorm.books.contact_comment import ContactComment
from zohorm.errors import Unsupported, WrongType
from zohorm.sandbox import Sandbox


def sent(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(call.method, call.path) for call in sandbox.calls]


def test_a_record_that_is_there_once_is_created_read_and_changed_without_an_id(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    OpeningBalances(date=dt.date(2026, 1, 1)).save()
    balances = OpeningBalances.current()
    balances.date = dt.date(2026, 2, 1)
    balances.save()

    assert OpeningBalances.current() is balances
    assert [call for call in sent(sandbox) if call[0] != "GET"] == [
        ("POST", "/settings/openingbalances"),
        ("PUT", "/settings/openingbalances"),
    ]
    # Its id is sent with every change, but these have none.
    assert sandbox.calls[-1].body == {"date": "2026-02-01"}


def test_the_organization_of_a_session_is_reached_by_its_id(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    organization = Organization.current()

    assert organization.id == books.organization_id
    assert sent(sandbox) == [("GET", f"/organizations/{books.organization_id}")]


def test_many_ids_are_asked_for_a_hundred_at_a_time(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item(name="Desk", rate=100)
    item.save()
    sandbox.forget()

    found = Item.in_bulk([item.id] * 201)

    asked = [len(dict(call.query)["item_ids"].split(",")) for call in sandbox.calls]
    assert asked == [100, 100, 1]
    assert set(found) == {item}


def test_no_ids_are_no_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    assert Item.in_bulk([]) == []
    assert sandbox.calls == []


def test_one_id_is_not_taken_for_several(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(WrongType, match="item_ids takes several ids"):
        Item.in_bulk("4600000001")

    assert sandbox.calls == []


def test_a_class_that_only_lists_says_so_when_facts_are_wrong(books: ZohoBooks) -> None:
    """Checkers know of no `get` there; at run time facts can be corrected, so it says what is."""
    with pytest.raises(Unsupported, match="documents no get of ContactComment"):
        ContactComment.get("1")  # type: ignore[attr-defined]
