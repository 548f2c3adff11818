"""Stock of Inventory's items: what each document moves, and that nothing is moved twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from plain import Plain

from zohorm.sandbox import Sandbox
from zohorm.sandbox.rules.refusals import UNNAMED

DAY = "2026-01-15"


class Warehouse:
    """Inventory's calls of one organization, with a customer, a vendor and an item of 20 pieces."""

    def __init__(self, sandbox: Sandbox) -> None:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        self.sandbox = sandbox
        self.plain = Plain(sandbox)
        self.plain.root = f"{sandbox.url}/inventory/v1"
        self.customer = self.plain.contact("Customer")
        self.vendor = self.plain.contact("Vendor", contact_type="vendor")
        self.tea = self.item("Tea", initial_stock=20)
        self.bills = 0

    def item(self, name: str, **more: Any) -> str:
        """Create an item whose stock is counted, and return its id."""
        body = {"name": name, "rate": 10, "item_type": "inventory", "initial_stock_rate": 4, **more}
        made: str = self.plain.post("/items", body)["item"]["item_id"]
        return made

    def stock(self, item: str = "") -> tuple[int | Decimal, ...]:
        """Return accounting stock, physical stock, and the latter less what is ordered."""
        row = self.plain.get(f"/items/{item or self.tea}")["item"]
        return row["stock_on_hand"], row["available_stock"], row["actual_available_stock"]

    def line(self, quantity: float | str, **more: Any) -> dict[str, Any]:
        """Return a line of the item."""
        return {"item_id": self.tea, "quantity": quantity, "rate": 10, **more}

    def invoice(self, quantity: float | str, *, sent: bool = True) -> str:
        """Create an invoice and return its id."""
        body = {"customer_id": self.customer, "line_items": [self.line(quantity)]}
        made: str = self.plain.post("/invoices", body)["invoice"]["invoice_id"]
        if sent:
            self.plain.post(f"/invoices/{made}/status/sent")
        return made

    def bill(self, quantity: float) -> str:
        """Create a bill and return its id."""
        self.bills += 1
        body = {
            "vendor_id": self.vendor,
            "bill_number": f"B-{self.bills}",
            "date": DAY,
            "due_date": DAY,
            "line_items": [self.line(quantity)],
        }
        made: str = self.plain.post("/bills", body)["bill"]["bill_id"]
        return made

    def order(self, quantity: float) -> dict[str, Any]:
        """Create a sales order, confirm it, and return it."""
        body = {"customer_id": self.customer, "line_items": [self.line(quantity)]}
        made: dict[str, Any] = self.plain.post("/salesorders", body)["salesorder"]
        self.plain.post(f"/salesorders/{made['salesorder_id']}/status/confirmed")
        return made

    def pack(self, order: dict[str, Any], quantity: float) -> str:
        """Pack a part of the only line of an order; return the id of the package."""
        line = {"so_line_item_id": order["line_items"][0]["line_item_id"], "quantity": quantity}
        body = {"date": DAY, "line_items": [line]}
        made: str = self.plain.post("/packages", body, salesorder_id=order["salesorder_id"])[
            "package"
        ]["package_id"]
        return made

    def ship(self, package: str) -> str:
        """Ship a package; return the id of the shipment."""
        body = {"date": DAY, "delivery_method": "Bike"}
        made = self.plain.post("/shipmentorders", body, package_ids=package)
        key: str = made["shipment_order" if "shipment_order" in made else "shipmentorder"][
            "shipment_id"
        ]
        return key

    def transfer(self, quantity: float, **more: Any) -> dict[str, Any]:
        """Move pieces between two new locations; return the transfer order."""
        numbers = len(self.sandbox.rows("TransferOrder", product="inventory"))
        body = {
            "date": DAY,
            "transfer_order_number": f"T-{numbers}",
            **more,
            "line_items": [{"item_id": self.tea, "name": "Tea", "quantity_transfer": quantity}],
        }
        made: dict[str, Any] = self.plain.post("/transferorders", body)["transfer_order"]
        return made

    def location(self, name: str) -> str:
        """Create a location and return its id."""
        body = {"location_name": name, "type": "general", "address": {"city": "Basel"}}
        made: str = self.plain.post("/locations", body)["location"]["location_id"]
        return made


@pytest.fixture
def warehouse(sandbox: Sandbox) -> Warehouse:
    return Warehouse(sandbox)


def test_a_new_item_begins_with_its_opening_stock(warehouse: Warehouse) -> None:
    made = warehouse.plain.post(
        "/items", {"name": "Chai", "rate": 1, "item_type": "inventory", "initial_stock": "7.125"}
    )["item"]

    assert made["stock_on_hand"] == Decimal("7.125")
    assert warehouse.stock(made["item_id"]) == (Decimal("7.125"),) * 3


def test_stock_of_an_item_that_is_not_tracked_is_not_counted(warehouse: Warehouse) -> None:
    service = warehouse.plain.post("/items", {"name": "Advice", "rate": 90})["item"]["item_id"]
    line = {"item_id": service, "quantity": 3, "rate": 90}
    body = {"customer_id": warehouse.customer, "line_items": [line]}
    made = warehouse.plain.post("/invoices", body)["invoice"]["invoice_id"]
    warehouse.plain.post(f"/invoices/{made}/status/sent")

    row = warehouse.plain.get(f"/items/{service}")["item"]
    assert not row["stock_on_hand"]


def test_an_invoice_moves_the_accounting_stock_while_it_is_neither_draft_nor_void(
    warehouse: Warehouse,
) -> None:
    made = warehouse.invoice(5, sent=False)
    assert warehouse.stock() == (20, 20, 20)

    warehouse.plain.post(f"/invoices/{made}/status/sent")
    assert warehouse.stock() == (15, 20, 20)

    warehouse.plain.post(f"/invoices/{made}/status/void")
    assert warehouse.stock() == (20, 20, 20)


def test_a_changed_line_moves_the_difference_and_a_deleted_document_gives_all_back(
    warehouse: Warehouse,
) -> None:
    made = warehouse.invoice(5)
    row = warehouse.plain.get(f"/invoices/{made}")["invoice"]
    line = warehouse.line("2.5", line_item_id=row["line_items"][0]["line_item_id"])

    warehouse.plain.put(f"/invoices/{made}", {"line_items": [line]})
    assert warehouse.stock() == (Decimal("17.5"), 20, 20)

    warehouse.plain.delete(f"/invoices/{made}")
    assert warehouse.stock() == (20, 20, 20)


def test_a_bill_adds_to_the_accounting_stock_while_it_is_open(warehouse: Warehouse) -> None:
    made = warehouse.bill(7)
    assert warehouse.stock() == (27, 20, 20)

    warehouse.plain.post(f"/bills/{made}/status/void")
    assert warehouse.stock() == (20, 20, 20)
    warehouse.plain.post(f"/bills/{made}/status/open")
    assert warehouse.stock() == (27, 20, 20)


def test_a_confirmed_order_is_taken_off_what_is_available(warehouse: Warehouse) -> None:
    order = warehouse.order(3)
    assert warehouse.stock() == (20, 20, 17)

    warehouse.plain.post(f"/salesorders/{order['salesorder_id']}/status/void")
    assert warehouse.stock() == (20, 20, 20)


def test_a_shipped_package_leaves_the_physical_stock_and_the_order_counts_it(
    warehouse: Warehouse,
) -> None:
    order = warehouse.order(3)
    package = warehouse.pack(order, 2)
    assert warehouse.stock() == (20, 20, 17), "a package that waits moves nothing"

    warehouse.ship(package)

    assert warehouse.stock() == (20, 18, 17)
    row = warehouse.plain.get(f"/salesorders/{order['salesorder_id']}")["salesorder"]
    line = row["line_items"][0]
    assert (line["quantity_packed"], line["quantity_shipped"]) == (2, 2)
    assert row["shipped_status"] == "partially_shipped"
    shown = warehouse.plain.get(f"/packages/{package}")["package"]
    assert (shown["status"], shown["total_quantity"]) == ("shipped", 2)
    assert shown["line_items"][0]["item_id"] == warehouse.tea


def test_a_delivered_shipment_delivers_its_packages_and_a_deleted_one_brings_them_back(
    warehouse: Warehouse,
) -> None:
    package = warehouse.pack(warehouse.order(3), 3)
    shipment = warehouse.ship(package)

    warehouse.plain.post(f"/shipmentorders/{shipment}/status/delivered")
    assert warehouse.plain.get(f"/packages/{package}")["package"]["status"] == "delivered"
    assert warehouse.stock() == (20, 17, 17)

    warehouse.plain.delete(f"/shipmentorders/{shipment}")
    assert warehouse.plain.get(f"/packages/{package}")["package"]["status"] == "not_shipped"
    assert warehouse.stock() == (20, 20, 17)


def test_a_receive_adds_to_the_physical_stock_and_the_order_counts_it(warehouse: Warehouse) -> None:
    body = {"vendor_id": warehouse.vendor, "line_items": [warehouse.line(7)]}
    order = warehouse.plain.post("/purchaseorders", body)["purchaseorder"]
    line = {"line_item_id": order["line_items"][0]["line_item_id"], "quantity": 4}

    made = warehouse.plain.post(
        "/purchasereceives",
        {"date": DAY, "line_items": [line]},
        purchaseorder_id=order["purchaseorder_id"],
    )["purchasereceive"]

    assert (made["status"], made["total_quantity_received"]) == ("received", 4)
    assert warehouse.stock() == (20, 24, 24)
    shown = warehouse.plain.get(f"/purchaseorders/{order['purchaseorder_id']}")["purchaseorder"]
    assert shown["line_items"][0]["quantity_received"] == 4

    warehouse.plain.delete(f"/purchasereceives/{made['receive_id']}")
    assert warehouse.stock() == (20, 20, 20)


def test_an_adjustment_moves_both_counts_and_one_of_the_value_none(warehouse: Warehouse) -> None:
    line = {"item_id": warehouse.tea, "quantity_adjusted": "-2.5"}
    body = {"date": DAY, "reason": "Broken", "adjustment_type": "quantity", "line_items": [line]}
    warehouse.plain.post("/inventoryadjustments", body)
    assert warehouse.stock() == (Decimal("17.5"),) * 3

    worth = {**line, "value_adjusted": 5}
    warehouse.plain.post(
        "/inventoryadjustments", {**body, "adjustment_type": "value", "line_items": [worth]}
    )
    assert warehouse.stock() == (Decimal("17.5"),) * 3


def test_a_transfer_keeps_the_sum_and_on_its_way_pieces_are_nowhere(warehouse: Warehouse) -> None:
    places = {
        "from_location_id": warehouse.location("Harbour"),
        "to_location_id": warehouse.location("Hill"),
    }
    assert warehouse.transfer(4, **places)["status"] == "transferred"
    assert warehouse.stock() == (20, 20, 20)

    made = warehouse.transfer(3, is_intransit_order=True, **places)
    assert made["status"] == "in_transit"
    assert warehouse.stock() == (17, 17, 17)

    warehouse.plain.post(f"/transferorders/{made['transfer_order_id']}/markastransferred", date=DAY)
    assert warehouse.stock() == (20, 20, 20)


def test_a_built_assembly_consumes_its_parts(warehouse: Warehouse) -> None:
    box = {
        "name": "Tea box",
        "rate": 30,
        "item_type": "inventory",
        "track_inventory": True,
        "sku": "BOX",
        "initial_stock": 0,
        "initial_stock_rate": 0,
        "purchase_rate": 9,
        "reorder_level": 0,
        "unit": "pc",
        "combo_type": "assembly",
        "product_type": "goods",
        "mapped_items": [{"item_id": warehouse.tea, "quantity": 4}],
    }
    made = warehouse.plain.post("/compositeitems", box)["composite_item"]
    body = {
        "date": DAY,
        "composite_item_id": made["composite_item_id"],
        "is_completed": True,
        "composite_item_name": "Tea box",
        "quantity_to_bundle": 3,
        "line_items": [{"item_id": warehouse.tea, "quantity_consumed": 4, "name": "Tea"}],
    }
    warehouse.plain.post("/bundles", body)

    assert warehouse.stock() == (8, 8, 8)  # 20 - 3 * 4
    shown = warehouse.plain.get(f"/compositeitems/{made['composite_item_id']}")["composite_item"]
    assert (shown["stock_on_hand"], shown["available_stock"]) == (3, 3)


def test_stock_at_locations_adds_up_to_that_of_the_item(warehouse: Warehouse) -> None:
    harbour, hill = warehouse.location("Harbour"), warehouse.location("Hill")
    parts = [
        {"location_id": harbour, "initial_stock": 6, "initial_stock_rate": 4},
        {"location_id": hill, "initial_stock": 5, "initial_stock_rate": 4},
    ]
    item = warehouse.item("Chai", locations=parts)
    body = {
        "date": DAY,
        "transfer_order_number": "T-9",
        "from_location_id": harbour,
        "to_location_id": hill,
        "line_items": [{"item_id": item, "name": "Chai", "quantity_transfer": 2}],
    }
    warehouse.plain.post("/transferorders", body)

    row = warehouse.plain.get(f"/items/{item}")["item"]
    assert row["stock_on_hand"] == 11
    assert {
        place["location_id"]: place["location_stock_on_hand"] for place in row["locations"]
    } == {
        harbour: 4,
        hill: 7,
    }


def test_answers_that_rest_on_assumed_rules_of_stock_say_so(warehouse: Warehouse) -> None:
    line = {"item_id": warehouse.tea, "quantity_adjusted": 1}
    body = {"date": DAY, "reason": "Found", "adjustment_type": "quantity", "line_items": [line]}

    answer = warehouse.plain.call("POST", "/inventoryadjustments", json=body)

    assert "stock.adjusted" in answer.headers["X-Sandbox-Assumed"].split(", ")


def test_stock_survives_a_restart_of_a_sandbox_with_a_file(tmp_path: Any) -> None:
    with Sandbox(data=tmp_path / "books.db") as sandbox:
        warehouse = Warehouse(sandbox)
        made = warehouse.invoice(5)
    with Sandbox(data=tmp_path / "books.db") as sandbox:
        warehouse.plain = Plain(sandbox)
        warehouse.plain.root = f"{sandbox.url}/inventory/v1"
        assert warehouse.stock() == (15, 20, 20)

        warehouse.plain.delete(f"/invoices/{made}")

        assert warehouse.stock() == (20, 20, 20)


class Walk(RuleBasedStateMachine):
    """Documents come, change and go at random; stock is what they add up to."""

    warehouse: Warehouse

    def __init__(self) -> None:
        super().__init__()
        self.on_hand: dict[tuple[str, str], Decimal] = {}
        self.physical: dict[tuple[str, str], Decimal] = {}
        self.tea = ""

    @initialize(opening=st.integers(0, 50))
    def begin(self, opening: int) -> None:
        names = len(self.warehouse.sandbox.rows("Item", product="inventory"))
        self.warehouse.tea = self.warehouse.item(f"Tea {names}", initial_stock=opening)
        self.opening = opening

    @rule(quantity=st.decimals("0.01", "9", places=2))
    def invoice(self, quantity: Decimal) -> None:
        key = self.warehouse.invoice(str(quantity))
        self.on_hand["invoices", key] = -quantity

    @rule(quantity=st.integers(1, 9))
    def bill(self, quantity: int) -> None:
        self.on_hand["bills", self.warehouse.bill(quantity)] = Decimal(quantity)

    @rule(quantity=st.integers(-9, 9).filter(bool))
    def adjust(self, quantity: int) -> None:
        line = {"item_id": self.warehouse.tea, "quantity_adjusted": quantity}
        body = {"date": DAY, "reason": "?", "adjustment_type": "quantity", "line_items": [line]}
        made = self.warehouse.plain.post("/inventoryadjustments", body)["inventory_adjustment"]
        key = ("inventoryadjustments", made["inventory_adjustment_id"])
        self.on_hand[key] = self.physical[key] = Decimal(quantity)

    @precondition(lambda self: self.on_hand)
    @rule(data=st.data(), quantity=st.integers(1, 9))
    def change(self, data: st.DataObject, quantity: int) -> None:
        kind, key = data.draw(st.sampled_from(sorted(self.on_hand)))
        if kind == "inventoryadjustments":
            return
        name = kind.removesuffix("s")
        row = self.warehouse.plain.get(f"/{kind}/{key}")[name]
        line = row["line_items"][0]["line_item_id"]
        changed = self.warehouse.line(quantity, line_item_id=line)
        self.warehouse.plain.put(f"/{kind}/{key}", {"line_items": [changed]})
        self.on_hand[kind, key] = Decimal(quantity if kind == "bills" else -quantity)

    @precondition(lambda self: self.on_hand)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.on_hand)))
        self.warehouse.plain.delete("/" + "/".join(chosen))
        del self.on_hand[chosen]
        self.physical.pop(chosen, None)

    @invariant()
    def stock_is_the_sum_of_the_documents(self) -> None:
        if not hasattr(self, "opening"):
            return
        on_hand, physical, _ = self.warehouse.stock()
        assert on_hand == self.opening + sum(self.on_hand.values())
        assert physical == self.opening + sum(self.physical.values())


@pytest.fixture(scope="module")
def walk() -> Iterator[type[Walk]]:
    with Sandbox() as sandbox:
        Walk.warehouse = Warehouse(sandbox)
        yield Walk


def test_stock_is_always_the_sum_of_the_documents_there_are(walk: type[Walk]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        walk, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )


def test_nothing_of_a_void_order_is_packed_or_shipped(warehouse: Warehouse) -> None:
    order = warehouse.order(5)
    path = f"/salesorders/{order['salesorder_id']}"
    packed = warehouse.pack(order, 2)
    warehouse.plain.post(f"{path}/status/void")
    line = {"so_line_item_id": order["line_items"][0]["line_item_id"], "quantity": 1}
    package = {"date": DAY, "line_items": [line]}
    shipment = {"date": DAY, "delivery_method": "Bike"}
    named = {"salesorder_id": order["salesorder_id"]}
    refused = warehouse.plain.refused

    assert refused("POST", "/packages", json=package, query=named) == (400, UNNAMED)
    query = {"package_ids": packed}
    assert refused("POST", "/shipmentorders", json=shipment, query=query) == (400, UNNAMED)
    assert warehouse.stock() == (20, 20, 20)


def test_nothing_of_a_cancelled_order_is_received(warehouse: Warehouse) -> None:
    body = {"vendor_id": warehouse.vendor, "line_items": [warehouse.line(5)]}
    order = warehouse.plain.post("/purchaseorders", body)["purchaseorder"]
    path = f"/purchaseorders/{order['purchaseorder_id']}"
    warehouse.plain.post(f"{path}/status/issued")
    warehouse.plain.post(f"{path}/status/cancelled")
    line = {"line_item_id": order["line_items"][0]["line_item_id"], "quantity": 1}
    receive = {"date": DAY, "receive_number": "R-1", "line_items": [line]}
    query = {"purchaseorder_id": order["purchaseorder_id"]}

    answer = warehouse.plain.call("POST", "/purchasereceives", json=receive, query=query)

    assert (answer.status_code, answer.json()["code"]) == (400, UNNAMED)
    assert "orders.not_of_void" in answer.headers["X-Sandbox-Assumed"]
    assert warehouse.stock() == (20, 20, 20)
