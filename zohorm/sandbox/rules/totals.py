"""Lines and totals of a sales document, exact in `Decimal`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import taxes
from zohorm.sandbox.rules.stating import assumed

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


def amount(row: Row, name: str) -> Decimal:
    """Return a number of a record; an unset one is zero."""
    value = row.get(name)
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else _ZERO


def rounded(number: Decimal, places: int = 2) -> Decimal:
    """Return a number with the places of the currency."""
    unit = _unit(places)
    near = number.quantize(unit)
    return _half_up(number, unit) if abs(number - near) * 2 == unit else near


@assumed("no document says how halves are rounded; invoices elsewhere do it so")
def _half_up(number: Decimal, unit: Decimal) -> Decimal:
    """Half a unit is rounded away from zero."""
    return number.quantize(unit, ROUND_HALF_UP)


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def places_of(row: Row) -> int:
    """Return how many digits after the point the amounts of a document have."""
    places = row.get("price_precision")
    return places if isinstance(places, int) else 2


def fill_line(line: Row, item: Row, place: int, *, places: int) -> None:
    """Fill in what a line leaves out, from its item if it is newly there, and compute its total."""
    for name in ("name", "description", "unit", "tax_id", "product_type"):
        if name in line and line[name] in ("", None) and item.get(name) not in ("", None):
            line[name] = item[name]
    if not amount(line, "rate") and item:
        line["rate"] = amount(item, "rate")
    if line.get("quantity") in ("", None):
        line["quantity"] = Decimal(1)
    if line.get("discount") in ("", None):
        line["discount"] = _ZERO
    taxes.fill(line)
    line["item_order"] = place
    line["bcy_rate"] = amount(line, "rate")
    line["discount_amount"] = discount(line, _gross(line), places)
    line["item_total"] = line_total(line, places)


def line_total(line: Row, places: int = 2) -> Decimal:
    """Return quantity times rate less the discount, without tax."""
    gross = _gross(line)
    return rounded(gross - discount(line, gross, places), places)


def _gross(line: Row) -> Decimal:
    return amount(line, "quantity") * amount(line, "rate")


def discount(row: Row, whole: Decimal, places: int = 2) -> Decimal:
    """Return the discount of a line or document: an amount, or a percentage of the whole."""
    given = row.get("discount")
    if isinstance(given, str) and given.endswith("%"):
        return rounded(whole * Decimal(given.removesuffix("%")) / _HUNDRED, places)
    return amount(row, "discount")


def compute(row: Row) -> None:
    """Write the totals of a document: lines, less its discount, plus tax, shipping, adjustment."""
    lines = rows_of(row.get("line_items"))
    places = places_of(row)
    by_name: dict[str, Decimal] = {}
    for line in lines:
        tax = amount(line, "item_total") * amount(line, "tax_percentage") / _HUNDRED
        tax = rounded(tax, places)
        if tax:
            name = str(line.get("tax_name") or "Tax")
            by_name[name] = by_name.get(name, _ZERO) + tax
    sub_total = sum((amount(line, "item_total") for line in lines), _ZERO)
    tax_total = sum(by_name.values(), _ZERO)
    total = sub_total - discount(row, sub_total, places) + amount(row, "shipping_charge")
    total += amount(row, "adjustment")
    if row.get("is_inclusive_tax") is not True:
        total += tax_total
    total = rounded(total, places)
    summary: list[Json] = [
        {"tax_name": name, "tax_amount": tax} for name, tax in sorted(by_name.items())
    ]
    paid = amount(row, "payment_made") + amount(row, "credits_applied")
    balance = total - paid - amount(row, "write_off_amount")
    row.update(
        sub_total=rounded(sub_total, places),
        tax_total=rounded(tax_total, places),
        taxes=summary,
        total=total,
        balance=_ZERO if row.get("status") == "void" else rounded(balance, places),
    )
