"""Documents with lines beside invoices: orders, bills, quotes, credit notes of every product.

They get names, dates and totals by the same simple sums as invoices do; the full accounting has its
own place.
"""

from __future__ import annotations

from zohorm.sandbox import organizations
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources import parts
from zohorm.sandbox.rules import totals
from zohorm.sandbox.rules.plain import Rules

# Which member shows the name of the record that another member names.
_NAMES = {
    "customer_id": ("customer_name", ("Contact", "Customer")),
    "vendor_id": ("vendor_name", ("Contact", "Vendor")),
}


def is_document(resource: Resource) -> bool:
    """Tell whether a resource has lines that sum up to a total."""
    return {"line_items", "total"} <= set(resource.fields)


class DocumentRules(Rules):
    """What holds for documents."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in names, date and lines, and compute the totals."""
        if not row.get("date"):
            row["date"] = (before or {}).get("date") or context.today
        for member, (shown, kinds) in _NAMES.items():
            if member in sent:
                _fill_name(context, row, member, shown, kinds)
        if not row.get("currency_code"):
            row["currency_code"] = organizations.get(context.store, context.organization_id).get(
                "currency_code", ""
            )
            row["price_precision"] = organizations.places(str(row["currency_code"]))
        lines = parts.rows_of(row.get("line_items"))
        for place, line in enumerate(lines, start=1):
            item = context.get("Item", line.get("item_id")) or {}
            totals.fill_line(line, item, place, places=totals.places_of(row))
        if lines:
            totals.compute(row)


def _fill_name(context: Context, row: Row, member: str, shown: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        other = context.get(kind, row.get(member))
        if other is not None:
            row[shown] = other.get("contact_name") or other.get("display_name") or ""
            if other.get("currency_code"):
                row["currency_id"] = other.get("currency_id", "")
                row["currency_code"] = other["currency_code"]
                row["price_precision"] = organizations.places(str(other["currency_code"]))
