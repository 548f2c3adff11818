"""Two organizations in one process: nothing of one ever reaches the other."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import line

from zohorm import ZohoInventory
from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.errors import WrongType
from zohorm.sandbox import Sandbox


@pytest.fixture
def both() -> Iterator[Sandbox]:
    with Sandbox(organizations=2) as sandbox:
        yield sandbox


def opened(both: Sandbox, place: int) -> ZohoBooks:
    settings: Any = {**both.credentials, "organization_id": both.organization_ids[place]}
    return ZohoBooks(**settings, clock=both.clock)


@pytest.fixture
def one(both: Sandbox) -> Iterator[ZohoBooks]:
    with closing(opened(both, 0)) as session:
        yield session


@pytest.fixture
def two(both: Sandbox) -> Iterator[ZohoBooks]:
    with closing(opened(both, 1)) as session:
        yield session


# Saving several.


def test_a_new_record_without_a_session_joins_the_one_that_saves_it(
    both: Sandbox, one: ZohoBooks, two: ZohoBooks
) -> None:
    contact = Contact(contact_name="Zoë")

    with two:
        (result,) = one.save([contact])

    assert result.created
    assert both.calls[-1].organization_id == one.organization_id
    assert contact.key[1] == one.organization_id
    assert both.rows("Contact", two.organization_id) == []


def test_a_record_of_another_organization_is_not_saved_and_costs_no_call(
    both: Sandbox, one: ZohoBooks, two: ZohoBooks
) -> None:
    mine = Contact.using(one)(contact_name="A")
    theirs = Contact.using(two)(contact_name="B")

    with pytest.raises(WrongType, match=f"organization.*{one.organization_id}"):
        one.save([mine, theirs])

    assert both.calls == []
    assert mine.is_new


def test_a_record_of_another_session_of_the_same_organization_is_saved(
    both: Sandbox, one: ZohoBooks
) -> None:
    with closing(opened(both, 0)) as again:
        (result,) = one.save([Contact.using(again)(contact_name="A")])

    assert result.created


def test_a_detached_record_is_not_saved_by_the_way(
    both: Sandbox, one: ZohoBooks, two: ZohoBooks
) -> None:
    contact = Contact.using(one)(contact_name="A")
    again = pickle.loads(pickle.dumps(contact))

    for session in (one, two):
        with pytest.raises(WrongType, match="attach"):
            session.save([again])

    assert both.calls == []


def test_a_record_of_another_product_is_not_saved(both: Sandbox, one: ZohoBooks) -> None:
    settings: Any = both.credentials
    with (
        closing(ZohoInventory(**settings, clock=both.clock)) as inventory,
        pytest.raises(WrongType, match="Inventory"),
    ):
        inventory.save([Contact(contact_name="A")])

    assert both.calls == []


@pytest.mark.parametrize("records", [[5], [line()], None, 5, [Contact], "ab", [None]])
def test_what_is_no_record_is_not_saved(both: Sandbox, one: ZohoBooks, records: Any) -> None:
    with pytest.raises(WrongType):
        one.save([Contact.using(one)(contact_name="A"), *records] if records == [5] else records)

    assert both.calls == []


# Links.


def test_a_link_takes_no_record_of_another_organization(
    both: Sandbox, one: ZohoBooks, two: ZohoBooks
) -> None:
    foreign = Contact.using(two)(contact_name="B")
    foreign.save()
    invoice = Invoice.using(one)()

    with pytest.raises(WrongType, match="another organization"):
        invoice.customer = foreign
    with pytest.raises(WrongType, match="another organization"):
        Invoice.using(one)(customer=foreign)
    with pytest.raises(WrongType, match="another organization"):
        invoice.customer = pickle.loads(pickle.dumps(foreign))

    assert not invoice.is_changed
    Invoice.using(two)().customer = foreign


def test_a_link_of_a_line_takes_no_record_of_another_organization(
    both: Sandbox, one: ZohoBooks, two: ZohoBooks
) -> None:
    foreign = Item.using(two)(name="Tea", rate=Decimal(1))
    foreign.save()
    customer = Contact.using(one)(contact_name="A")
    customer.save()
    invoice = Invoice.using(one)(customer=customer, line_items=[line()])
    invoice.save()

    with pytest.raises(WrongType, match="another organization"):
        invoice.line_items[0].item = foreign
