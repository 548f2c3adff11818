"""Rules of the random walk that move goods: packages, receives, adjustments, transfers, boxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from ledger import MOVED, ORDERS, Document, Ledger, Refused
from paper import Line
from shelves import NOTES, PARTS
from walk_calls import DAY, HUNDREDTHS, KINDS, PICKS, WRITTEN, Calls

PLACES = st.sampled_from(("", "harbour", "hill"))
is_inventory = precondition(lambda self: self.product == "inventory")


class GoodsRules(Calls):
    """What an organization of Inventory does with its goods."""

    @is_inventory
    @rule(pick=PICKS, which=PICKS, how=st.sampled_from(("all", "all", "half", "cent")))
    def move(self, pick: int, which: int, how: str) -> None:
        """Pack a line of a sales order, or receive one of a purchase order."""
        order = self.one(pick, *ORDERS)
        if order is None or order.status in ("void", "cancelled"):
            return
        place = which % len(order.parts)
        part, line = order.parts[place], order.lines[place]
        left = line.quantity - self.ledger.packed(order)[part]
        if left <= 0:
            return
        number = self.share(how, left)
        is_sale = order.kind == "salesorders"
        kind = MOVED[order.kind]
        row = {"so_line_item_id" if is_sale else "line_item_id": part, "quantity": str(number)}
        body = {"date": self.ledger.today.isoformat(), "line_items": [row]}
        status = "not_shipped" if is_sale else "received"

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made(kind, said)
            lines = (attrs.evolve(line, quantity=number, of=part),)
            new = Document(kind, key, order.contact, lines, status=status, order=order.key)
            ledger.create(new)

        self.step(act, "POST", f"/{kind}", body, **{KINDS[order.kind][2]: order.key})

    @is_inventory
    @rule(pick=PICKS)
    def ship(self, pick: int) -> None:
        waiting = [each for each in self.ledger.of("packages") if each.status == "not_shipped"]
        if not waiting:
            return
        package = waiting[pick % len(waiting)]
        body = {"date": self.ledger.today.isoformat(), "delivery_method": "Bike"}

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made("shipmentorders", said)
            if ledger.documents[package.order].status == "void":
                raise Refused("the order is void")
            ledger.documents[package.key].status = "shipped"
            order = package.order
            ledger.create(Document("shipmentorders", key, "", (), status="shipped", order=order))
            ledger.documents[key].parts = [package.key]
            ledger.open_orders()

        self.step(act, "POST", "/shipmentorders", body, package_ids=package.key)

    @is_inventory
    @rule(pick=PICKS)
    def deliver(self, pick: int) -> None:
        shipment = self.one(pick, "shipmentorders")
        if shipment is None:
            return

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            for each in (shipment.key, *shipment.parts):
                ledger.documents[each].status = "delivered"

        self.step(act, "POST", f"/shipmentorders/{shipment.key}/status/delivered")

    @is_inventory
    @rule(pick=PICKS)
    def bring_back(self, pick: int) -> None:
        found = self.one(pick, "shipmentorders", "purchasereceives", "packages")
        if found is None or (found.kind == "packages" and found.status != "not_shipped"):
            return

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            for package in found.parts:
                ledger.documents[package].status = "not_shipped"
            del ledger.documents[found.key]

        self.step(act, "DELETE", f"/{found.kind}/{found.key}")

    # Notes that move both stocks at once.

    def _note(self, kind: str, lines: tuple[Line, ...], status: str, body: dict[str, Any]) -> None:
        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made(kind, said)
            ledger.create(Document(kind, key, "", lines, status=status))

        self.step(act, "POST", f"/{kind}", {"date": DAY, **body})

    @is_inventory
    @rule(
        number=st.integers(-900, 900).filter(bool),
        item=st.sampled_from(("tea", "cup", "box")),
        place=PLACES,
    )
    def adjust(self, number: int, item: str, place: str) -> None:
        quantity = Decimal(number).scaleb(-2)
        row = {"item_id": self.items[item], "quantity_adjusted": str(quantity)}
        if place:
            row["location_id"] = self.places[place]
        body = {"reason": "?", "adjustment_type": "quantity", "line_items": [row]}
        lines = (Line(quantity, item=item, place=place),)
        self._note("inventoryadjustments", lines, "adjusted", body)

    @is_inventory
    @rule(number=HUNDREDTHS, item=st.sampled_from(("tea", "cup", "box")), is_sent=st.booleans())
    def transfer(self, number: Decimal, item: str, is_sent: bool) -> None:
        self.number += 1
        row = {"item_id": self.items[item], "name": item, "quantity_transfer": str(number)}
        ways = ("harbour", "hill") if self.number % 3 else ("hill", "harbour")
        body = {
            "transfer_order_number": f"T-{self.number}",
            "from_location_id": self.places[ways[0]],
            "to_location_id": self.places[ways[1]],
            "is_intransit_order": is_sent,
            "line_items": [row],
        }
        pairs = zip((-number, number), ways, strict=True)
        lines = tuple(Line(quantity, item=item, place=place) for quantity, place in pairs)
        self._note("transferorders", lines, "in_transit" if is_sent else "transferred", body)

    @is_inventory
    @rule(number=st.integers(1, 5), place=PLACES, is_done=st.booleans())
    def build(self, number: int, place: str, is_done: bool) -> None:
        rows = [
            {"item_id": self.items[part], "name": part, "quantity_consumed": float(times)}
            for part, times in PARTS["box"].items()
        ]
        body = {
            "composite_item_id": self.items["box"],
            "composite_item_name": "box",
            "is_completed": is_done,
            "quantity_to_bundle": number,
            "line_items": rows,
        }
        if place:
            body["location_id"] = self.places[place]
        used = (Line(-number * each, item=part, place=place) for part, each in PARTS["box"].items())
        lines = (Line(Decimal(number), item="box", place=place), *used)
        self._note("bundles", lines, "bundled" if is_done else "planned", body)

    @is_inventory
    @rule(pick=PICKS)
    def mark_note(self, pick: int) -> None:
        """Let what is on its way arrive, or build what is planned."""
        found = self.one(pick, "transferorders", "bundles")
        if found is None:
            return
        ways = {
            "transferorders": ("markastransferred", "transferred"),
            "bundles": ("bundled", "bundled"),
        }
        end, status = ways[found.kind]

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            ledger.documents[found.key].status = status

        query = {"date": DAY} if end == "markastransferred" else {}
        self.step(act, "POST", f"/{found.kind}/{found.key}/{end}", **query)

    @is_inventory
    @rule(pick=PICKS)
    def forget_note(self, pick: int) -> None:
        found = self.one(pick, *NOTES)
        if found is not None:
            path = f"/{found.kind}/{found.key}"
            self.step(lambda ledger, _: ledger.documents.pop(found.key), "DELETE", path)

    @is_inventory
    @rule(pick=PICKS)
    def delete_item(self, pick: int) -> None:
        """Try to delete an item that others are made of, or that documents name."""
        name = ("tea", "cup", "box", "set")[pick % 4]
        collection = "compositeitems" if name in PARTS else "items"
        kinds = (*WRITTEN, *NOTES)
        lines = (line for each in self.ledger.of(*kinds) for line in each.lines)
        if collection == "items" or any(line.item == name for line in lines):
            self.step(_refuse, "DELETE", f"/{collection}/{self.items[name]}")


def _refuse(ledger: Ledger, said: dict[str, Any]) -> None:
    raise Refused("others are made of it")
