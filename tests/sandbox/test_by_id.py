"""Records by their ids alone: `Model.at(id)` costs no call, and what is read of it is true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from making import last_body, saved_invoice, verbs

from zohorm.books import Document, Invoice, InvoiceComment, OpeningBalances, ZohoBooks
from zohorm.errors import InvalidId, NotFound, NotLoaded, Unsupported, WrongType
from zohorm.inventory import SalesOrder, Warehouse, ZohoInventory
from zohorm.sandbox import Sandbox


@pytest.fixture
def inventory(sandbox: Sandbox) -> Iterator[ZohoInventory]:
    with closing(ZohoInventory(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session


def stored_draft(sandbox: Sandbox) -> str:
    return sandbox.insert("Invoice", {"customer_id": "1", "status": "draft", "notes": "Tea"})


def test_an_action_on_an_id_costs_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    key = stored_draft(sandbox)

    invoice = Invoice.at(key)
    assert verbs(sandbox) == []
    invoice.mark_sent()

    assert verbs(sandbox) == [f"POST /invoices/{key}/status/sent"]
    assert invoice.status == "sent"
    assert verbs(sandbox) == [f"GET /invoices/{key}"]


def test_the_first_read_loads_it(sandbox: Sandbox, books: ZohoBooks) -> None:
    key = stored_draft(sandbox)
    invoice = Invoice.at(key)

    assert (invoice.id, invoice.is_whole) == (key, False)
    assert (invoice.notes, invoice.terms) == ("Tea", "")
    assert verbs(sandbox) == [f"GET /invoices/{key}"]


def test_an_edit_is_saved_without_a_read(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = Invoice.at(stored_draft(sandbox))

    invoice.notes = "Coffee"
    invoice.save()

    assert verbs(sandbox) == [f"PUT /invoices/{invoice.id}"]


def test_what_is_held_stays_the_same_object(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    invoice.notes = "unsaved"

    assert Invoice.at(invoice.id) is invoice
    assert invoice.notes == "unsaved"
    assert invoice.is_whole


def test_an_unknown_id_is_told_by_the_first_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotFound):
        Invoice.at("1").mark_sent()


def test_a_bound_class_gives_it_to_its_session(sandbox: Sandbox, books: ZohoBooks) -> None:
    assert type(Invoice.using(books).at("1")) is Invoice


def test_a_child_is_reached_through_its_collection(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    comment = invoice.comments.create(description="Called")
    key = comment.id
    del comment
    sandbox.forget()

    found = invoice.comments.at(key)
    found.description = "Called twice"
    found.save()

    assert verbs(sandbox) == [f"PUT /invoices/{invoice.id}/comments/{key}"]
    with pytest.raises(Unsupported, match="collection"):
        InvoiceComment.at(key)


def test_a_made_record_is_reached_through_what_it_is_made_of(
    sandbox: Sandbox, inventory: ZohoInventory
) -> None:
    order = sandbox.insert("SalesOrder", {"customer_id": "1"}, product="inventory")
    package = sandbox.insert("Package", {"salesorder_id": order}, product="inventory")

    SalesOrder.at(order).packages.at(package).delete()

    assert verbs(sandbox) == [f"DELETE /packages/{package}"]


def test_a_file_without_a_record_is_downloaded_by_its_id(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    key = sandbox.insert("Document", {"file_name": "a.pdf"})
    sandbox.attach("Document", key, b"%PDF-1.4 content", kind="document")

    assert Document.at(key).download() == b"%PDF-1.4 content"
    assert verbs(sandbox) == [f"GET /documents/{key}"]


def test_what_only_lists_show_is_never_taken_for_none(
    sandbox: Sandbox, inventory: ZohoInventory
) -> None:
    row = {"warehouse_name": "North", "status": "active"}
    key = sandbox.insert("Warehouse", row, product="inventory")

    with pytest.raises(NotLoaded, match="in lists alone"):
        Warehouse.at(key).warehouse_name  # noqa: B018

    warehouse = Warehouse.iterate().one()
    assert (warehouse.warehouse_name, warehouse.status) == ("North", "active")
    warehouse.mark_inactive()
    with pytest.raises(NotLoaded, match="in lists alone"):
        warehouse.status  # noqa: B018
    assert Warehouse.iterate().one() is warehouse
    assert warehouse.status == "inactive"


@pytest.mark.parametrize("identifier", ["", "1/2", "..", "a b", "é"])
def test_an_id_that_can_be_none_is_refused(identifier: str, books: ZohoBooks) -> None:
    with pytest.raises(InvalidId):
        Invoice.at(identifier)


def test_only_text_is_an_id(books: ZohoBooks) -> None:
    with pytest.raises(WrongType):
        Invoice.at(5)  # type: ignore[arg-type]
    with pytest.raises(Unsupported, match="no id"):
        OpeningBalances.at("1")


def test_a_row_that_names_its_custom_fields_by_placeholder(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """Some answers show the API name as `placeholder`."""
    key = sandbox.insert("Invoice", {"customer_id": "1", "status": "draft"})
    shown = {"customfield_id": "7", "placeholder": "cf_region", "label": "Region", "value": "North"}
    row = {"invoice_id": key, "custom_fields": [shown]}
    invoice = books.record(Invoice, row, whole=True)

    assert invoice.custom_fields["cf_region"] == "North"
    assert invoice.custom_fields.to_dict() == {"cf_region": "North"}
    invoice.custom_fields["cf_region"] = "South"
    invoice.save()

    assert last_body(sandbox) == {"custom_fields": [{"customfield_id": "7", "value": "South"}]}
