"""Stock on paper: what the documents of a ledger put on the shelves and take off them.

A second opinion for the random walk, written from docs/rules.md. Nothing of zohorm is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs
from ledger import Document, Ledger
from paper import ZERO

# What a box or set is made of. A box is built and has a stock; a set is only what it consists of.
PARTS = {
    "box": {"tea": Decimal(2), "cup": Decimal(1)},
    "set": {"tea": Decimal("1.5"), "cup": Decimal(2)},
}
OPENING = {
    ("tea", "harbour"): Decimal(12),
    ("tea", "hill"): Decimal("8.5"),
    ("cup", ""): Decimal(50),
}
# The accounting stock follows what is bought and sold, the physical stock what is moved.
SETTLED = {"invoices": -1, "vendorcredits": -1, "bills": 1, "creditnotes": 1}
CARRIED = {"packages": -1, "purchasereceives": 1}
NOTES = ("inventoryadjustments", "transferorders", "bundles")
UNMOVED = ("draft", "void", "not_shipped", "planned")


@attrs.frozen
class Entry:
    """So many of an item more, or fewer, at a place (`""`: nobody said where)."""

    item: str
    place: str
    on_hand: Decimal = ZERO
    physical: Decimal = ZERO
    committed: Decimal = ZERO
    ordered: Decimal = ZERO


def shown(entries: list[Entry], item: str, place: str | None = None) -> dict[str, Decimal]:
    """Return what an item shows of its stock, everywhere or at one place."""
    found = [each for each in entries if each.item == item and place in (None, each.place)]

    def count(name: str) -> Decimal:
        return sum((getattr(each, name) for each in found), ZERO)

    return {
        "stock_on_hand": count("on_hand"),
        "available_stock": count("physical"),
        "actual_available_stock": count("physical") - count("ordered"),
        "committed_stock": count("committed"),
        "available_for_sale_stock": count("on_hand") - count("committed"),
    }


def stock(ledger: Ledger) -> Iterator[Entry]:
    """Return all there is to add up; a set stands for its parts."""
    for (item, place), quantity in OPENING.items():
        yield Entry(item, place, quantity, quantity)
    for document in ledger.documents.values():
        for each in _of(ledger, document):
            if each.item != "set":
                yield each
                continue
            for item, times in PARTS["set"].items():
                yield Entry(
                    item,
                    each.place,
                    each.on_hand * times,
                    each.physical * times,
                    each.committed * times,
                    each.ordered * times,
                )


def _of(ledger: Ledger, document: Document) -> Iterator[Entry]:
    kind = document.kind
    for line in document.lines if document.status not in UNMOVED else ():
        if kind in SETTLED:
            yield Entry(line.item, line.place, on_hand=SETTLED[kind] * line.quantity)
        if kind in CARRIED:
            yield Entry(line.item, line.place, physical=CARRIED[kind] * line.quantity)
        if kind in NOTES and not (document.status == "in_transit" and line.quantity > 0):
            yield Entry(line.item, line.place, line.quantity, line.quantity)
    if kind == "salesorders" and document.status == "live":
        made, moved = ledger.made(document), ledger.moved(document)
        for part, line in zip(document.parts, document.lines, strict=True):
            committed, ordered = line.quantity - made[part], line.quantity - moved[part]
            yield Entry(line.item, line.place, committed=committed, ordered=ordered)
