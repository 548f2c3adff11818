"""Composite items in lines of documents: assemblies, which are items, and kits, which are not."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules.stating import source


def find(context: Context, key: Json) -> Row:
    """Return the item of an id, plain or composite; nothing of an unknown one."""
    return context.get("Item", key) or context.get("CompositeItem", key) or {}


@source("Inventory v1, invoices, sales orders: `combo_type` and `mapped_items` of a line")
def show(line: Row, item: Row) -> None:
    """A line of a kit shows the parts of the kit, which are what it moves."""
    parts = rows_of(item.get("mapped_items")) if item.get("combo_type") == "kit" else []
    shown = ("item_id", "name", "quantity")
    line["combo_type"] = item.get("combo_type") or ""
    line["mapped_items"] = [{name: part.get(name, "") for name in shown} for part in parts]
