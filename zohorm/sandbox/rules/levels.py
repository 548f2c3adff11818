"""The stock of every tracked item, kept while documents come, change and go.

Beside the records stand what each document moves and what each item has of it. A document that is
written again first takes back what it moved before, so nothing is ever counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import cast

from zohorm.sandbox import catalogue
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import stock
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.beside import beside
from zohorm.sandbox.rules.stating import source
from zohorm.sandbox.rules.stock import Movement
from zohorm.sandbox.store import Store

_ITEMS = ("Item", "CompositeItem")
_NOTHING = Decimal(0)


def follow(store: Store, resource: Resource, organization: str, key: str, row: Row | None) -> None:
    """Bring stock up to a record that is about to be written, or removed (`None`)."""
    touched = set() if row is None else stock.items_of(resource.name, row)
    moved = beside("StockMovement", resource.product)
    held = store.get(moved, organization, key) if stock.moves(resource.name) else None
    if held is None and not touched:
        return
    tracked = {each for each in touched if _tracked(store, resource, organization, each, row, key)}
    now = stock.movements(resource.name, row) if row is not None and tracked else []
    now = [each for each in now if each.item_id in tracked]
    before = _read(held)
    if before != now:
        _write(store, moved, organization, key, held is not None, now)
    for item_id in {each.item_id for each in (*before, *now)} if before != now else ():
        mine = [each for each in now if each.item_id == item_id]
        old = [each for each in before if each.item_id == item_id]
        _carry(store, resource.product, organization, item_id, old, mine)
        for kind, item in _found(store, resource.product, organization, item_id):
            if item_id != key:
                show(store, kind, organization, item)
                store.replace(kind, organization, item)
    if row is not None and key in tracked:
        show(store, resource, organization, row)  # It is about to be written as it is here.


@source("Inventory v1, items: `stock_on_hand`, `available_stock`, `actual_available_stock`")
def shown(level: Row) -> Row:
    """An item shows its accounting stock, its physical stock, and the latter less what is ordered.

    What is free for sale is the accounting stock less what orders commit.
    """
    places = rows_of(level.get("places"))
    on_hand, committed, physical, ordered = (
        sum((amount(place, count) for place in places), _NOTHING)
        for count in ("on_hand", "committed", "physical", "ordered")
    )
    return {
        "stock_on_hand": on_hand,
        "committed_stock": committed,
        "available_for_sale_stock": on_hand - committed,
        "available_stock": physical,
        "actual_available_stock": physical - ordered,
    }


def show(store: Store, resource: Resource, organization: str, item: Row) -> None:
    """Write the stock of an item, and that at its locations, into its record."""
    level = store.get(beside("StockLevel", resource.product), organization, _id_of(item)) or {}
    item.update({name: value for name, value in shown(level).items() if name in item})
    by_place = {str(each["location_id"]): each for each in rows_of(level.get("places"))}
    for place in rows_of(item.get("locations")):
        there = shown({"places": [by_place.get(str(place.get("location_id")), {})]})
        for name in ("stock_on_hand", "available_stock", "actual_available_stock"):
            place[f"location_{name}"] = there[name]


def _carry(
    store: Store,
    product: str,
    organization: str,
    item_id: str,
    before: Iterable[Movement],
    now: Iterable[Movement],
) -> None:
    """Move the level of an item from what a document did to what it does."""
    levels = beside("StockLevel", product)
    known = store.get(levels, organization, item_id)
    places = {str(each["location_id"]): each for each in rows_of((known or {}).get("places"))}
    for sign, moved in ((-1, before), (1, now)):
        for each in moved:
            place = places.setdefault(each.location_id, {"location_id": each.location_id})
            place[each.count] = amount(place, each.count) + sign * each.quantity
    level: Row = {levels.id: item_id, "places": cast(Json, list(places.values()))}
    (store.insert if known is None else store.replace)(levels, organization, level)


def _found(
    store: Store, product: str, organization: str, item_id: str
) -> list[tuple[Resource, Row]]:
    """Return the item of an id, plain or composite, with its resource."""
    known = catalogue.catalogue()[product].resources
    pairs = [(known[name], name) for name in _ITEMS if name in known]
    rows = [(resource, store.get(resource, organization, item_id)) for resource, _ in pairs]
    return [(resource, row) for resource, row in rows if row is not None]


def _tracked(
    store: Store, resource: Resource, organization: str, item_id: str, row: Row | None, key: str
) -> bool:
    if item_id == key and row is not None:
        return stock.is_tracked(row)
    found = _found(store, resource.product, organization, item_id)
    return any(stock.is_tracked(item) for _, item in found)


def _id_of(item: Row) -> str:
    return str(item.get("composite_item_id") or item.get("item_id") or "")


def _read(held: Row | None) -> list[Movement]:
    return [
        Movement(
            str(each["item_id"]),
            str(each["location_id"]),
            cast(stock.Count, each["count"]),
            amount(each, "quantity"),
        )
        for each in rows_of((held or {}).get("entries"))
    ]


def _write(
    store: Store,
    moved: Resource,
    organization: str,
    key: str,
    is_known: bool,
    now: Iterable[Movement],
) -> None:
    entries = [
        {
            "item_id": each.item_id,
            "location_id": each.location_id,
            "count": each.count,
            "quantity": each.quantity,
        }
        for each in now
    ]
    row: Row = {moved.id: key, "entries": cast(Json, entries)}
    (store.replace if is_known else store.insert)(moved, organization, row)
