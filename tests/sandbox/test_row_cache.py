"""The cache of whole rows: when a read costs no call, and when it must cost one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import pytest

from zohorm import fields as f
from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.errors import NotFound, ValidationError
from zohorm.model import Model, Operation
from zohorm.products import ZohoCheckout, ZohoInventory
from zohorm.sandbox import Sandbox
from zohorm.session import Session


class Parcel(
    Model,
    product="inventory",
    path="packages",
    key="package",
    list_key="packages",
    id="package_id",
    operations={"create": Operation("POST", "/packages")},
):
    """A model of another product, under a name that is not one of its own."""

    package_id: f.ReadOnly[str] = f.read_only(f.identifier())
    notes: f.Field[str | None] = f.text()


class Sale(
    Model,
    product="checkout",
    path="sales",
    key="sale",
    list_key="sales",
    id="sale_id",
    operations={"create": Operation("POST", "/sales")},
):
    """A model of the product that has an API host of its own."""

    sale_id: f.ReadOnly[str] = f.read_only(f.identifier())
    notes: f.Field[str | None] = f.text()


@pytest.fixture
def tea(sandbox: Sandbox) -> str:
    return sandbox.insert("Item", {"name": "Tea", "rate": 3, "status": "active"})


@pytest.fixture
def opened(sandbox: Sandbox) -> Iterator[Any]:
    with ExitStack() as stack:

        def make(kind: type[Session] = ZohoBooks, **settings: Any) -> Session:
            given = {**sandbox.credentials, "clock": sandbox.clock, **settings}
            session = kind(**given)
            stack.callback(session.close)
            return session

        yield make


def reads(sandbox: Sandbox, identifier: str) -> int:
    return sum(c.method == "GET" and c.path == f"/items/{identifier}" for c in sandbox.calls)


def test_a_row_read_again_within_its_seconds_costs_no_call(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    assert Item.get(tea).name == "Tea"
    sandbox.clock.move(seconds=59)

    assert Item.get(tea).name == "Tea"

    assert reads(sandbox, tea) == 1


def test_a_row_is_read_anew_when_its_seconds_are_over(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    Item.get(tea)
    sandbox.clock.move(seconds=61)

    Item.get(tea)

    assert reads(sandbox, tea) == 2


def test_the_seconds_are_a_setting(sandbox: Sandbox, opened: Any, tea: str) -> None:
    books = opened(cache_seconds=5)
    Item.using(books).get(tea)
    sandbox.clock.move(seconds=4)
    Item.using(books).get(tea)
    assert reads(sandbox, tea) == 1

    sandbox.clock.move(seconds=2)
    Item.using(books).get(tea)

    assert reads(sandbox, tea) == 2


@pytest.mark.parametrize("off", [{"cache_seconds": 0}, {"cache_rows": 0}])
def test_without_a_cache_every_get_costs_a_call_and_gives_the_held_object(
    off: Any, sandbox: Sandbox, opened: Any, tea: str
) -> None:
    books = opened(**off)

    first = Item.using(books).get(tea)
    second = Item.using(books).get(tea)

    assert first is second
    assert reads(sandbox, tea) == 2


def test_the_cache_holds_only_so_many_rows(sandbox: Sandbox, opened: Any) -> None:
    books = opened(cache_rows=2)
    ids = [sandbox.insert("Item", {"name": str(place), "rate": 1}) for place in range(3)]
    for identifier in ids:
        Item.using(books).get(identifier)

    Item.using(books).get(ids[2])
    assert len(sandbox.calls) == 3
    Item.using(books).get(ids[0])

    assert len(sandbox.calls) == 4


def test_list_rows_never_count_as_whole(sandbox: Sandbox, books: ZohoBooks, tea: str) -> None:
    listed = list(Item.iterate())

    got = Item.get(tea)

    assert [got] == listed
    assert got.is_whole
    assert reads(sandbox, tea) == 1


def test_a_list_row_is_completed_from_the_cache(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    Item.get(tea)
    listed = next(iter(Item.iterate()))
    states = [listed.is_whole]

    _ = listed.vendor_id

    states.append(listed.is_whole)
    assert states == [False, True]
    assert reads(sandbox, tea) == 1


def test_edits_are_never_in_the_cache(sandbox: Sandbox, books: ZohoBooks, tea: str) -> None:
    edited = Item.get(tea)
    edited.name = "Coffee"
    del edited

    assert Item.get(tea).name == "Tea"

    assert reads(sandbox, tea) == 1


def test_a_held_record_keeps_its_edit_over_a_cache_hit_and_over_a_fetch(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    edited = Item.get(tea)
    edited.name = "Coffee"

    assert Item.get(tea).name == "Coffee"
    sandbox.clock.move(seconds=61)
    assert Item.get(tea).name == "Coffee"

    assert edited.is_changed
    assert reads(sandbox, tea) == 2


def test_what_a_caller_does_to_a_raw_row_does_not_reach_the_cache(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    raw = Item.get(tea).raw

    raw["name"] = "Coffee"

    assert Item.get(tea).name == "Tea"
    assert reads(sandbox, tea) == 1


# Writes.


def test_the_answer_of_a_save_is_the_fresh_row(sandbox: Sandbox, books: ZohoBooks) -> None:
    item = Item(name="Tea", rate=Decimal(3))
    item.save()
    identifier = item.id
    del item

    got = Item.get(identifier)
    got.description = "green"
    got.save()
    del got
    assert Item.get(identifier).description == "green"

    assert [call.method for call in sandbox.calls] == ["POST", "PUT"]


def save_another(books: Session) -> None:
    Contact.using(books)(contact_name="Ana").save()


def act_on_another(books: Session) -> None:
    made = Contact.using(books)(contact_name="Ana")
    made.save()
    made.mark_inactive()


def delete_another(books: Session) -> None:
    made = Contact.using(books)(contact_name="Ana")
    made.save()
    made.delete()


@pytest.mark.parametrize("write", [save_another, act_on_another, delete_another])
@pytest.mark.parametrize("through_another_session", [False, True])
def test_any_write_in_the_organization_makes_rows_stale(
    write: Any, through_another_session: bool, sandbox: Sandbox, opened: Any, tea: str
) -> None:
    books = opened()
    Item.using(books).get(tea)

    write(opened() if through_another_session else books)
    Item.using(books).get(tea)

    assert reads(sandbox, tea) == 2


def test_a_write_of_many_records_makes_rows_stale(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    Item.get(tea)
    sandbox.next(status=200, code=0, method="POST")

    Invoice.remind_many(invoice_ids=["1"])
    Item.get(tea)

    assert reads(sandbox, tea) == 2


@pytest.mark.parametrize(
    ("model", "kind", "path", "answer"),
    [
        (Parcel, ZohoInventory, "/inventory/v1/packages", {"package": {"package_id": "5"}}),
        (Sale, ZohoCheckout, "/api/v1/sales", {"sale": {"sale_id": "5"}}),
    ],
)
def test_a_write_through_another_product_makes_rows_stale(
    model: Any, kind: type[Session], path: str, answer: Any, sandbox: Sandbox, opened: Any, tea: str
) -> None:
    books = opened()
    Item.using(books).get(tea)
    sandbox.next(status=201, body={"code": 0, **answer}, path=path)

    model.using(opened(kind))(notes="packed").save()
    Item.using(books).get(tea)

    assert reads(sandbox, tea) == 2


def test_a_write_of_checkout_on_its_own_host_makes_rows_stale(sandbox: Sandbox, tea: str) -> None:
    """Checkout's host is another one, and the organization is the same."""
    with Sandbox() as shop, ExitStack() as stack:
        credentials: Any = sandbox.credentials
        books = stack.enter_context(closing(ZohoBooks(**credentials)))
        checkout = stack.enter_context(
            closing(
                ZohoCheckout(
                    books.organization_id, api_url=shop.url, access_token=shop.access_token()
                )
            )
        )
        Item.using(books).get(tea)
        shop.next(status=201, body={"code": 0, "sale": {"sale_id": "5"}}, path="/api/v1/sales")

        Sale.using(checkout)(notes="sold").save()
        Item.using(books).get(tea)

    assert reads(sandbox, tea) == 2


def test_a_write_that_failed_makes_rows_stale_too(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    """Nobody knows what a failed write did before it failed."""
    Item.get(tea)
    sandbox.next(status=400, code=2, method="POST")

    with pytest.raises(ValidationError):
        Contact(contact_name="Ana").save()
    Item.get(tea)

    assert reads(sandbox, tea) == 2


def test_a_write_in_another_organization_leaves_rows_fresh() -> None:
    with Sandbox(organizations=2) as sandbox, ExitStack() as stack:
        credentials: Any = sandbox.credentials
        identifier = sandbox.insert("Item", {"name": "Tea", "rate": 3})
        books = stack.enter_context(closing(ZohoBooks(**credentials)))
        other = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": sandbox.organization_ids[1]}))
        )
        Item.using(books).get(identifier)

        Contact.using(other)(contact_name="Ana").save()
        Item.using(books).get(identifier)

        assert reads(sandbox, identifier) == 1


def test_a_row_fetched_while_a_write_was_under_way_is_not_kept(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    sandbox.next(fault="hang", method="GET")
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(Item.using(books).get, tea)
        sandbox.wait_for_hanging()
        Contact(contact_name="Ana").save()
        sandbox.release()
        fetched.result()

    Item.get(tea)

    assert reads(sandbox, tea) == 2


def test_nobody_joins_a_fetch_that_began_before_a_write(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    sandbox.next(fault="hang", method="GET")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(Item.using(books).get, tea)
        sandbox.wait_for_hanging()
        Contact(contact_name="Ana").save()

        Item.get(tea)

        assert reads(sandbox, tea) == 2
        sandbox.release()
        assert slow.result().name == "Tea"


def test_a_balance_is_true_after_an_action_on_the_invoice(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    identifier = sandbox.insert("Invoice", {"status": "draft", "total": 5})
    invoice = Invoice.get(identifier)
    invoice.mark_sent()

    assert invoice.status == "sent"

    assert [(c.method, c.path) for c in sandbox.calls] == [
        ("GET", f"/invoices/{identifier}"),
        ("POST", f"/invoices/{identifier}/status/sent"),
        ("GET", f"/invoices/{identifier}"),
    ]


# What others do, and what fails.


def test_what_another_program_writes_is_seen_by_refresh_and_after_the_seconds(
    sandbox: Sandbox, books: ZohoBooks, opened: Any, tea: str
) -> None:
    item = Item.get(tea)
    raised = {"item": {"item_id": tea, "name": "Tea", "rate": 4}}
    sandbox.next(status=200, body={"code": 0, **raised}, method="GET", times=2)

    assert Item.get(tea).rate == 3
    assert item.refresh().rate == 4
    assert Item.get(tea).rate == 4

    assert reads(sandbox, tea) == 2


def test_a_failure_is_not_kept(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotFound):
        Item.get("77")
    sandbox.insert("Item", {"item_id": "77", "name": "Tea", "rate": 3})

    assert Item.get("77").name == "Tea"


def test_a_deleted_record_is_not_found_in_the_cache(
    sandbox: Sandbox, books: ZohoBooks, tea: str
) -> None:
    Item.get(tea).delete()

    with pytest.raises(NotFound):
        Item.get(tea)

    assert [call.method for call in sandbox.calls] == ["GET", "DELETE", "GET"]


def test_following_a_link_twice_costs_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    customer = sandbox.insert("Contact", {"contact_name": "Ana"})
    invoices = [
        Invoice.get(sandbox.insert("Invoice", {"customer_id": customer, "status": "draft"}))
        for _ in range(2)
    ]
    sandbox.forget()

    found = [invoice.customer for invoice in invoices]

    assert found[0] is found[1]
    assert [call.path for call in sandbox.calls] == [f"/contacts/{customer}"]
