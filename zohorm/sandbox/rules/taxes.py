"""The taxes that every organization has, until taxes are records of their own."""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.exact import Row

TAXES = {
    # Id: name, percentage.
    "4815000000000000201": ("Sales Tax", Decimal("7.5")),
    "4815000000000000203": ("GST", Decimal(18)),
    "4815000000000000205": ("Zero Rate", Decimal(0)),
}


def fill(row: Row) -> None:
    """Write name and percentage of the tax that an item or line names; clear them without one."""
    name, percentage = TAXES.get(str(row.get("tax_id") or ""), ("", Decimal(0)))
    if name or not row.get("tax_id"):
        row["tax_name"], row["tax_percentage"] = name, percentage
