"""`Model.extend(...)` mends a wrong fact of any product, without a change of the package.

In each test the service does something else than the facts say. What a test mends is put back
after it, for the correction holds for the whole process.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from making import last_body, verbs
from peer_types import CUSTOMER, ITEM, ORDER, PACKAGE, fill

from zohorm import ZohoExpense, ZohoInventory, ZohoSubscriptions
from zohorm import fields as f
from zohorm.errors import (
    FilterIgnored,
    InvalidValue,
    MalformedReply,
    ReadOnlyField,
    UnknownField,
    UnknownFilter,
    Unsupported,
    WrongType,
)
from zohorm.expense import Trip
from zohorm.inventory import (
    Bill,
    Item,
    Package,
    SalesOrder,
    SalesOrderLineItem,
    TransferOrder,
    Warehouse,
)
from zohorm.model import Operation
from zohorm.sandbox import Sandbox
from zohorm.subscriptions import Plan

MENDED: tuple[Any, ...] = (
    *(Bill, Item, Package, Plan, SalesOrder, SalesOrderLineItem, TransferOrder, Trip, Warehouse),
)
TABLES = ("_facts", "_values", "_lists", "_links", "_identifiers")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Let the models be as the package has them, whatever a test has mended."""
    attributes = {model: dict(vars(model)) for model in MENDED}
    tables = {
        model: {
            name: held.copy() if hasattr(held, "copy") else held for name, held in found.items()
        }
        for model in MENDED
        for found in [{name: vars(model).get(name) for name in TABLES}]
    }
    yield
    for model in MENDED:
        for name in set(vars(model)) - set(attributes[model]):
            delattr(model, name)
        for name, held in attributes[model].items():
            if hasattr(held, "__set_name__"):
                setattr(model, name, held)
        for name, table in tables[model].items():
            if table is not None:
                setattr(model, name, table)


@pytest.fixture
def inventory(zoho_inventory: ZohoInventory, sandbox: Sandbox) -> ZohoInventory:
    """A session of Inventory in a block, with a few records."""
    fill(sandbox, "inventory")
    return zoho_inventory


def answers(sandbox: Sandbox, method: str, **members: object) -> None:
    """Let the service answer the next call of a method with these members."""
    sandbox.next(status=200, body={"code": 0, "message": "success", **members}, method=method)


def test_a_member_of_another_kind(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    """The facts say a number, and the service sends words."""
    row = {"item_id": "5", "reorder_level": "plenty"}
    item = inventory.record(Item, row, whole=True)
    with pytest.raises(InvalidValue, match=r"Item\.extend\(reorder_level="):
        item.reorder_level  # noqa: B018
    with pytest.raises(WrongType):
        item.reorder_level = "few"  # type: ignore[assignment]

    Item.extend(reorder_level=f.text())

    answers(sandbox, "PUT", item={"item_id": ITEM, "reorder_level": "few"})
    item = Item.get(ITEM)
    item.reorder_level = "few"  # type: ignore[assignment]
    item.save()
    assert last_body(sandbox) == {"reorder_level": "few"}
    assert inventory.record(Item, row, whole=True).to_dict()["reorder_level"] == "plenty"


def test_a_member_that_the_facts_do_not_know(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    with pytest.raises(UnknownField, match="weight"):
        Package(weight=Decimal("1.50"))  # type: ignore[call-arg]

    Package.extend(weight=f.number(), packed_on=f.date())

    package = Package.get(PACKAGE)
    package.weight = Decimal("1.50")  # type: ignore[attr-defined]
    package.packed_on = dt.date(2026, 1, 31)  # type: ignore[attr-defined]
    package.save()
    assert last_body(sandbox) == {"weight": Decimal("1.50"), "packed_on": "2026-01-31"}
    with pytest.raises(WrongType, match="Decimal"):
        package.weight = 1.5  # type: ignore[attr-defined]


def test_a_member_of_a_line(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    SalesOrderLineItem.extend(shelf=f.text())

    order = SalesOrder.get(ORDER)
    order.line_items[0].shelf = "B 12"  # type: ignore[attr-defined]
    order.save()

    lines = last_body(sandbox)["line_items"]
    assert isinstance(lines, list)
    assert [line["shelf"] for line in lines if isinstance(line, dict)] == ["B 12"]


def test_a_member_that_can_be_set_after_all(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    item = Item.get(ITEM)
    with pytest.raises(ReadOnlyField, match="extend"):
        item.tax_name = "VAT"  # type: ignore[misc]

    Item.extend(tax_name=f.text())

    answers(sandbox, "PUT", item={"item_id": ITEM, "tax_name": "VAT"})
    item.tax_name = "VAT"  # type: ignore[misc]
    item.save()
    assert last_body(sandbox) == {"tax_name": "VAT"}


def test_a_link_that_nobody_has_named(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    Item.extend(maker_id=f.identifier(), maker=f.link("maker_id", "Contact"))

    item = inventory.record(Item, {"item_id": ITEM, "maker_id": CUSTOMER}, whole=True)

    assert item.maker.contact_name == "Garden & Sons"  # type: ignore[attr-defined]
    assert verbs(sandbox) == [f"GET /contacts/{CUSTOMER}"]


def test_another_key_of_the_rows(sandbox: Sandbox, zoho_expense: ZohoExpense) -> None:
    """The facts say `trips`, and the service sends two lists under other keys."""
    rows = [{"trip_id": "7", "trip_number": "T-7"}]
    for _ in range(2):
        answers(sandbox, "GET", journeys=rows, folders=[], filters=[])
    with pytest.raises(MalformedReply):
        list(Trip.iterate())

    Trip.extend({"list_key": "journeys"})

    assert [trip.id for trip in Trip.iterate()] == ["7"]
    assert verbs(sandbox) == ["GET /trips", "GET /trips"]


def test_another_key_of_the_record(sandbox: Sandbox, zoho_subscriptions: ZohoSubscriptions) -> None:
    for _ in range(2):
        answers(sandbox, "GET", tariff={"plan_code": "gold", "name": "Gold"}, owner={"id": "1"})
    with pytest.raises(MalformedReply):
        Plan.get("gold")

    Plan.extend({"other_keys": ("tariff",)})

    assert Plan.get("gold").name == "Gold"


def test_another_path_of_an_operation(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    key = sandbox.insert("TransferOrder", {"status": "draft"}, product="inventory")
    answers(sandbox, "DELETE")

    path = "/transfer_order/{transfer_order_id}"
    TransferOrder.extend({"operations": {"delete": Operation("DELETE", path)}})

    TransferOrder.at(key).delete()
    assert verbs(sandbox) == [f"DELETE /transfer_order/{key}"]
    assert TransferOrder.get(key).status == "draft"
    assert verbs(sandbox) == [f"GET /transferorders/{key}"], "the other operations stay"


def test_an_operation_that_no_document_shows(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    with pytest.raises(Unsupported, match="Warehouse"):
        Warehouse.get("7")
    answers(sandbox, "GET", warehouse={"warehouse_id": "7", "warehouse_name": "North"})

    path = "/settings/warehouses/{warehouse_id}"
    Warehouse.extend({"operations": {"get": Operation("GET", path)}})

    assert Warehouse.get("7").warehouse_name == "North"
    assert verbs(sandbox) == ["GET /settings/warehouses/7"]


def test_a_parameter_of_an_operation(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    """What an update must carry besides, and what it takes in its query."""
    path = "/items/{item_id}"
    Item.extend({"operations": {"update": Operation("PUT", path, send_on_update=("name",))}})

    item = Item.get(ITEM)
    item.description = "Steel"
    item.save()

    assert last_body(sandbox) == {"name": "Bolt", "description": "Steel"}


@pytest.mark.switched(
    unknown_filter="refuse",
    raises=pytest.fail.Exception,
    match="DID NOT WARN",
    because="it is refused",
)
def test_a_filter_that_no_document_shows(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    for number, status in (("B-1", "open"), ("B-2", "paid")):
        row = {"bill_number": number, "status": status, "date": "2026-01-31"}
        sandbox.insert("Bill", row, product="inventory")
    with pytest.raises(UnknownFilter, match=r"none.*where"):
        Bill.iterate(status="open")

    Bill.extend(
        {"filters": {"status": f.exact_filter("status", f.ENUM), "date": f.date_filter("date")}}
    )

    with pytest.warns(FilterIgnored):  # The service ignores it still, and the rows are tested.
        found = [bill.number for bill in Bill.iterate(status="open")]
    assert found == ["B-1"]
    assert sandbox.calls[-1].query["status"] == "open"
    with pytest.warns(FilterIgnored):
        assert list(Bill.iterate(date__gt=dt.date(2026, 2, 1))) == []
    assert sandbox.calls[-1].query["date_after"] == "2026-02-01"


def test_a_column_to_sort_by(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    with pytest.raises(UnknownFilter):
        Bill.iterate().order_by("bill_number")

    Bill.extend({"sort": ("bill_number",)})

    answers(sandbox, "GET", bills=[])
    assert list(Bill.iterate().order_by("-bill_number")) == []
    query = sandbox.calls[-1].query
    assert (query["sort_column"], query["sort_order"]) == ("bill_number", "D")


def test_a_bound_class_mends_the_model(sandbox: Sandbox, inventory: ZohoInventory) -> None:
    Item.using(inventory).extend({"sort": ("shelf",)}, shelf=f.text())

    assert Item(shelf="B 12").to_dict() == {"shelf": "B 12"}  # type: ignore[call-arg]
    assert Item.facts().sort == ("shelf",)


@pytest.mark.parametrize(
    ("facts", "members"),
    [
        ({"path": "bill"}, {}),
        ({"nonsense": 5}, {}),
        ({}, {"weight": "text"}),
        ({}, {"weight": f.TEXT}),
    ],
    ids=["a fact that names the class", "no fact", "no field", "a kind"],
)
def test_what_mends_nothing_is_refused(facts: Any, members: Any) -> None:
    with pytest.raises(WrongType):
        Bill.extend(facts, **members)
