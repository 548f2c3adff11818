"""pyzohoapi 1.0.0 works on the sandbox as its guide says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pyzohoapi.core import ZohoAPIBase
from pyzohoapi.exceptions import (
    ZohoAPICallsExceeded,
    ZohoBadRequest,
    ZohoException,
    ZohoMethodNotAllowed,
    ZohoUnauthorized,
)

from zohorm.sandbox import Sandbox


def made(kind: Any, *, query: dict[str, str] | None = None, **members: Any) -> Any:
    """Create a record with a client's type."""
    record = kind()
    for name, value in members.items():
        setattr(record, name, value)
    return record.Create(**(query or {}))


def invoice(books: Any, **members: Any) -> Any:
    customer = made(books.Contact, contact_name=f"Customer {members}")
    lines = [{"name": "Tea", "rate": 10, "quantity": 2}, {"name": "Cups", "rate": 3}]
    return made(books.Invoice, customer_id=customer.ID, line_items=lines, **members)


def test_a_record_is_created_got_changed_and_deleted(py_books: Any, sandbox: Sandbox) -> None:
    contact = made(py_books.Contact, contact_name="Zoë", billing_address={"city": "Wien"})
    assert contact.IsLoaded
    assert len(contact.ID) >= 15

    found = py_books.Contact(contact.ID)
    assert (found.contact_name, found.billing_address.city) == ("Zoë", "Wien")
    found.notes = "Prefers e-mail"
    found.Update()
    assert sandbox.calls[-1].body == {"notes": "Prefers e-mail"}
    assert py_books.Contact(contact.ID).notes == "Prefers e-mail"

    assert found.Delete().IsDeleted
    assert not py_books.Contact(contact.ID).IsLoaded
    assert sandbox.rows("Contact") == []


def test_amounts_are_exact_and_lines_are_sent_whole(py_books: Any, sandbox: Sandbox) -> None:
    bill = invoice(py_books)
    assert bill.total == Decimal("23.0")
    assert bill.Number.startswith("INV-")

    bill.line_items[0].rate = Decimal("10.25")
    bill.Update()

    assert bill.total == Decimal("23.5")
    assert len(sandbox.calls[-1].body["line_items"]) == 2  # type: ignore[index, arg-type, call-overload]
    assert len(py_books.Invoice(bill.ID).line_items) == 2


def test_lists_go_on_over_pages(py_books: Any, sandbox: Sandbox) -> None:
    for number in range(205):
        sandbox.insert("Contact", {"contact_name": f"Contact {number:03}"})

    names = [row.contact_name for row in py_books.Contact().Iter(raw=True)]

    assert len(set(names)) == 205
    assert [call.query.get("page") for call in sandbox.calls] == [None, "2"]


def test_lists_are_filtered_and_give_their_first(py_books: Any, sandbox: Sandbox) -> None:
    for name in ("Ada", "Bob", "Bobby"):
        sandbox.insert("Contact", {"contact_name": name, "contact_type": "customer"})

    found = py_books.Contact(contact_name_startswith="Bob")

    assert sorted(row.contact_name for row in found.Iter(raw=True)) == ["Bob", "Bobby"]
    assert py_books.Contact(contact_name="Ada").First().contact_name == "Ada"
    assert not py_books.Contact(contact_name="Nobody").First().IsLoaded
    assert [each.contact_name for each in found] == [each.contact_name for each in found.Iter()]


def test_actions_set_the_status(py_books: Any, py_inventory: Any, sandbox: Sandbox) -> None:
    contact = made(py_books.Contact, contact_name="Ada")
    assert contact.Deactivate()
    assert sandbox.rows("Contact")[0]["status"] == "inactive"
    assert contact.Activate()
    assert sandbox.rows("Contact")[0]["status"] == "active"

    customer = made(py_inventory.Contact, contact_name="Ada")
    lines = [{"name": "Tea", "rate": 10, "quantity": 2}]
    order = made(py_inventory.SalesOrder, customer_id=customer.ID, line_items=lines)
    assert order.Confirm()
    assert py_inventory.SalesOrder(order.ID).status == "confirmed"
    assert order.Void()
    assert py_inventory.SalesOrder(order.ID).status == "void"


def test_addresses_are_changed_on_their_own(py_books: Any) -> None:
    contact = made(py_books.Contact, contact_name="Ada", billing_address={"city": "Wien"})

    contact.billing_address.city = "Graz"
    contact.UpdateBilling()

    assert py_books.Contact(contact.ID).billing_address.city == "Graz"


def test_custom_fields_are_read_and_set(py_books: Any) -> None:
    fields = [{"api_name": "cf_size", "label": "Size", "value": "L"}]
    contact = made(py_books.Contact, contact_name="Ada", custom_fields=fields)
    assert contact.GetCustomField("Size") == "L"

    contact.SetCustomField("Size", "XL")
    contact.Update()

    assert py_books.Contact(contact.ID).GetCustomField("Size") == "XL"


def test_custom_fields_are_added_by_their_placeholder(py_books: Any) -> None:
    contact = made(py_books.Contact, contact_name="Ada", custom_fields=[])

    contact.SetCustomField("cf_colour", "red", altkey="Colour")
    contact.Update()

    assert py_books.Contact(contact.ID).GetCustomField("cf_colour") == "red"


def test_images_come_back_as_they_were(py_inventory: Any) -> None:
    item = made(py_inventory.Item, name="Tea", rate=3)
    item.AddImage("tea.jpg", b"\xff\xd8 a picture")

    found = py_inventory.Item(item.ID)
    image = found.GetImage()
    assert (image.content, image.content_type) == (b"\xff\xd8 a picture", "image/jpeg")

    assert found.DeleteImage()
    with pytest.raises(ZohoException):
        found.GetImage()


def test_goods_go_from_order_to_package_to_shipment(py_inventory: Any) -> None:
    customer = made(py_inventory.Contact, contact_name="Ada")
    item = made(py_inventory.Item, name="Tea", rate=3)
    order = made(
        py_inventory.SalesOrder,
        customer_id=customer.ID,
        line_items=[{"item_id": item.ID, "rate": 3, "quantity": 5}],
    )
    line = order.line_items[0].line_item_id
    package = made(
        py_inventory.Package,
        query={"salesorder_id": order.ID},
        package_number="P-1",
        date="2026-01-15",
        line_items=[{"so_line_item_id": line, "quantity": 5}],
    )
    assert package.Number == "P-1"

    made(
        py_inventory.ShipmentOrder,
        query={"salesorder_id": order.ID, "package_ids": package.ID},
        shipment_number="S-1",
        date="2026-01-15",
        delivery_method="Road",
    )
    [row] = py_inventory.ShipmentOrder().Iter(raw=True)
    assert row.salesorder_id == order.ID


def test_types_with_paths_of_their_own_are_reached(py_inventory: Any) -> None:
    tax = made(py_inventory.Tax, tax_name="VAT", tax_percentage=20)
    assert py_inventory.Tax(tax.ID).tax_name == "VAT"
    assert any(row.tax_id == tax.ID for row in py_inventory.Tax().Iter(raw=True))
    prices = made(
        py_inventory.PriceList,
        name="Retail",
        pricebook_type="per_item",
        sales_or_purchase_type="sales",
    )
    assert py_inventory.PriceList(prices.ID).name == "Retail"
    assert any(row.is_base_currency for row in py_inventory.Currency().Iter(raw=True))


def test_documents_are_bytes(py_books: Any, sandbox: Sandbox) -> None:
    key = sandbox.insert("Document", {"file_name": "a.pdf"})
    sandbox.attach("Document", key, b"%PDF-", kind="document")

    assert py_books.Document(key).content == b"%PDF-"


def test_refusals_are_the_errors_of_their_status(py_books: Any, py_inventory: Any) -> None:
    made(py_books.Contact, contact_name="Ada")
    with pytest.raises(ZohoBadRequest, match="3062"):
        made(py_books.Contact, contact_name="Ada")
    with pytest.raises(ZohoMethodNotAllowed):
        made(py_inventory.Account, account_name="x")


def test_a_foreign_organization_is_refused(py_books: Any) -> None:
    py_books._org = "1"

    with pytest.raises(ZohoBadRequest, match="6041"):
        py_books.Contact().First()


def test_a_dead_token_is_renewed(py_books: Any, sandbox: Sandbox) -> None:
    made(py_books.Contact, contact_name="Ada")
    sandbox.expire_tokens()

    assert py_books.Contact().First().contact_name == "Ada"
    assert len(sandbox.token_calls) == 2


@pytest.mark.zoho_sandbox(scope="ZohoBooks.contacts.READ")
def test_a_token_without_the_scope_is_refused(py_books: Any) -> None:
    assert not py_books.Contact().First().IsLoaded
    with pytest.raises(ZohoUnauthorized):
        made(py_books.Contact, contact_name="Ada")


@pytest.mark.zoho_fault(status=429, code=44, retry_after=0)
def test_a_call_too_many_is_repeated(py_books: ZohoAPIBase, sandbox: Sandbox) -> None:
    assert not py_books.Contact().First().IsLoaded
    assert [call.status for call in sandbox.calls] == [429, 200]


@pytest.mark.zoho_limits(per_day=3)
def test_the_calls_left_are_told(py_books: Any, sandbox: Sandbox) -> None:
    py_books.Contact().First()
    py_books.Contact().First()

    with pytest.raises(ZohoAPICallsExceeded):
        py_books.Contact().First()
    assert len(sandbox.calls) == 2
