"""zohopy 0.2.0 works on the sandbox as its guide says, with and without `async`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from zohopy import (
    AsyncZohoClient,
    SyncZohoClient,
    ZohoAuthenticationError,
    ZohoConfig,
    ZohoDuplicateError,
    ZohoForbiddenError,
    ZohoInvalidFieldError,
    ZohoNotFoundError,
    ZohoRateLimitError,
    ZohoServerError,
    ZohoTokenRefreshError,
    ZohoValidationError,
)
from zohopy.products.books import AsyncZohoBooks, ZohoBooks
from zohopy.products.inventory import ZohoInventory

from zohorm.sandbox import Sandbox


@pytest.fixture
def books(zohopy: SyncZohoClient) -> ZohoBooks:
    return ZohoBooks(zohopy)


@pytest.fixture
def inventory(zohopy: SyncZohoClient) -> ZohoInventory:
    return ZohoInventory(zohopy)


def contact(product: Any, name: str = "Ada", **more: Any) -> str:
    made: str = product.contacts.create({"contact_name": name, **more})["contact"]["contact_id"]
    return made


def invoice(product: Any) -> str:
    lines = [{"name": "Tea", "rate": 10, "quantity": 2}]
    body = {"customer_id": contact(product), "line_items": lines}
    made: str = product.invoices.create(body)["invoice"]["invoice_id"]
    return made


@pytest.mark.parametrize("kind", [ZohoBooks, ZohoInventory])
def test_a_record_is_created_got_changed_and_deleted(kind: Any, zohopy: SyncZohoClient) -> None:
    contacts = kind(zohopy).contacts
    key = contact(kind(zohopy), "Zoë")

    assert contacts.get(key)["contact"]["contact_name"] == "Zoë"
    changed = contacts.update(key, {"notes": "Prefers e-mail"})["contact"]
    assert (changed["notes"], changed["contact_name"]) == ("Prefers e-mail", "Zoë")
    assert [row["contact_id"] for row in contacts.list()["contacts"]] == [key]
    assert contacts.delete(key)["code"] == 0
    with pytest.raises(ZohoNotFoundError):
        contacts.get(key)


def test_actions_set_the_status_of_an_invoice(books: ZohoBooks, sandbox: Sandbox) -> None:
    key = invoice(books)
    steps = ((books.invoices.mark_sent, "sent"), (books.invoices.void, "void"))

    for step, status in (*steps, (books.invoices.mark_draft, "draft")):
        assert step(key)["code"] == 0
        assert books.invoices.get(key)["invoice"]["status"] == status
    assert sandbox.calls[-2].path == f"/invoices/{key}/status/draft"


def test_invoices_are_mailed_and_commented(books: ZohoBooks, sandbox: Sandbox) -> None:
    key = invoice(books)

    books.invoices.email(key, {"to_mail_ids": ["ada@example.com"], "subject": "x", "body": "y"})
    books.invoices.add_comment(key, {"description": "Paid soon"})

    assert [mail.record_id for mail in sandbox.mails] == [key]
    texts = [row["description"] for row in books.invoices.list_comments(key)["comments"]]
    assert "Paid soon" in texts
    assert books.invoices.list_payments(key)["payments"] == []


def test_a_file_is_attached(books: ZohoBooks, sandbox: Sandbox) -> None:
    key = invoice(books)

    files = {"attachment": ("order.pdf", b"%PDF-1.4", "application/pdf")}
    assert books.invoices.add_attachment(key, files)["code"] == 0

    assert sandbox.calls[-1].files[0].content == b"%PDF-1.4"
    assert books.invoices.get(key)["invoice"]["attachment_name"] == "order.pdf"
    assert books.invoices.delete_attachment(key)["code"] == 0


def test_actions_set_the_status_in_inventory(inventory: ZohoInventory) -> None:
    customer = contact(inventory)
    item = inventory.items.create({"name": "Tea", "rate": 3})["item"]["item_id"]
    inventory.items.mark_inactive(item)
    assert inventory.items.get(item)["item"]["status"] == "inactive"
    inventory.items.mark_active(item)

    lines = [{"item_id": item, "rate": 3, "quantity": 2}]
    body = {"customer_id": customer, "line_items": lines}
    order = inventory.sales_orders.create(body)["salesorder"]["salesorder_id"]
    inventory.sales_orders.confirm(order)
    assert inventory.sales_orders.get(order)["salesorder"]["status"] == "confirmed"
    vendor = contact(inventory, "Vendor", contact_type="vendor")
    body = {"vendor_id": vendor, "line_items": lines}
    order = inventory.purchase_orders.create(body)["purchaseorder"]["purchaseorder_id"]
    inventory.purchase_orders.mark_issued(order)
    assert inventory.purchase_orders.get(order)["purchaseorder"]["status"] == "issued"


@pytest.mark.parametrize("per_page", [1, 2, 200])
def test_pages_are_gone_through(books: ZohoBooks, sandbox: Sandbox, per_page: int) -> None:
    for number in range(5):
        sandbox.insert("Item", {"name": f"Item {number}"})

    pages = list(books.items.list_all(per_page=per_page))

    names = [row["name"] for page in pages for row in page["items"]]
    assert (sorted(names), len(pages)) == ([f"Item {n}" for n in range(5)], -(-5 // per_page))


def test_lists_are_filtered_and_sorted(books: ZohoBooks, sandbox: Sandbox) -> None:
    for name in ("Ada", "Bob", "Bobby"):
        sandbox.insert("Contact", {"contact_name": name})

    found = books.contacts.list(
        contact_name_startswith="Bob", sort_column="contact_name", sort_order="D"
    )

    assert [row["contact_name"] for row in found["contacts"]] == ["Bobby", "Bob"]


# What zohopy calls by paths that are in no document of Books or Inventory.
_GUESSED = {
    "bank_rules", "contact_persons", "crm_integration", "custom_buttons", "custom_fields",
    "custom_modules", "custom_views", "customer_debit_notes", "delivery_challans",
    "email_templates", "inventory_adjustments", "locations", "packages", "preferences",
    "price_lists", "purchase_receives", "reporting_tags", "sales_returns", "shipment_orders",
    "tasks", "templates", "time_entries", "transfer_orders", "workflows",
}  # fmt: skip


def test_every_documented_list_answers(zohopy: SyncZohoClient, sandbox: Sandbox) -> None:
    sandbox.limits(per_minute=1000)
    books, inventory = vars(ZohoBooks(zohopy)), vars(ZohoInventory(zohopy))
    kinds = [books[name] for name in books if name not in _GUESSED]
    kinds += [inventory[name] for name in inventory if name != "taxes"]

    for kind in kinds:
        found = kind.list()
        assert found["code"] == 0
        assert len(found) > 2, kind
    assert len(kinds) > 40


def test_refusals_are_the_errors_of_their_code(books: ZohoBooks, zohopy: SyncZohoClient) -> None:
    contact(books)
    with pytest.raises(ZohoDuplicateError):
        contact(books)
    with pytest.raises(ZohoInvalidFieldError) as refused:
        books.contacts.create({"contact_name": "x", "contact_type": "friend"})
    assert refused.value.field_name == "contact_type"
    with pytest.raises(ZohoInvalidFieldError):
        books.invoices.create({"customer_id": contact(books, "Bob")})
    with pytest.raises(ZohoValidationError, match="does not exist"):
        books.invoices.create({"customer_id": "1", "line_items": [{"rate": 1}]})
    with pytest.raises(ZohoNotFoundError, match="Invalid URL"):
        zohopy.get("/books/v3/nothing")


def test_a_dead_token_is_renewed(books: ZohoBooks, sandbox: Sandbox) -> None:
    books.contacts.list()
    sandbox.expire_tokens()

    assert books.contacts.list()["contacts"] == []
    assert len(sandbox.token_calls) == 2


@pytest.mark.zoho_sandbox(scope="ZohoBooks.contacts.READ")
def test_a_token_without_the_scope_is_refused(books: ZohoBooks) -> None:
    assert books.contacts.list()["contacts"] == []
    with pytest.raises(ZohoAuthenticationError):
        books.items.list()


@pytest.mark.zoho_sandbox(scope="ZohoBooks.contacts.READ", scope_status=403)
def test_a_missing_scope_may_be_forbidden(books: ZohoBooks) -> None:
    with pytest.raises(ZohoForbiddenError):
        books.items.list()


def test_a_wrong_refresh_token_is_told_under_200(zohopy_config: ZohoConfig) -> None:
    changed = zohopy_config.model_copy(update={"refresh_token": "wrong"})

    with SyncZohoClient(changed) as client, pytest.raises(ZohoTokenRefreshError, match="invalid_c"):
        ZohoBooks(client).contacts.list()


@pytest.mark.zoho_fault(status=429, code=44, retry_after=0, times=2)
def test_limits_are_told(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(ZohoRateLimitError):
        books.contacts.list()
    assert [call.status for call in sandbox.calls] == [429, 429]


@pytest.mark.zoho_fault(fault="html", times=2)
def test_a_gateway_that_fails_is_tried_again(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(ZohoServerError):
        books.contacts.list()
    assert books.contacts.list()["contacts"] == []
    assert [call.status for call in sandbox.calls] == [502, 502, 200]


def test_async_calls_run_side_by_side(zohopy_config: ZohoConfig, sandbox: Sandbox) -> None:
    async def life() -> list[str]:
        async with AsyncZohoClient(zohopy_config) as client:
            books = AsyncZohoBooks(client)
            await books.contacts.list()
            names = [f"Contact {number}" for number in range(8)]
            await asyncio.gather(*(books.contacts.create({"contact_name": n}) for n in names))
            pages = [page async for page in books.contacts.list_all(per_page=3)]
            await books.contacts.delete(pages[0]["contacts"][0]["contact_id"])
            return [row["contact_name"] for page in pages for row in page["contacts"]]

    found = asyncio.run(life())

    assert sorted(found) == [f"Contact {number}" for number in range(8)]
    assert len(sandbox.rows("Contact")) == 7
    assert len(sandbox.token_calls) == 1


def test_a_revoked_refresh_token_ends_all(zohopy_config: ZohoConfig, sandbox: Sandbox) -> None:
    with SyncZohoClient(zohopy_config) as client:
        ZohoBooks(client).contacts.list()
        client._auth.revoke()
        with pytest.raises(ZohoTokenRefreshError):
            ZohoBooks(client).contacts.list()
