"""Discounts: an amount or a percentage, of a line or of the whole document, before or after tax."""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.amounts import HUNDRED, ZERO, amount
from zohorm.sandbox.rules.currencies import Money
from zohorm.sandbox.rules.stating import assumed, source


@source("Books v3, estimates: `discount`, 12.5% or 190 (invoices word it less clearly)")
def given(row: Row, whole: Decimal, money: Money) -> Decimal:
    """A discount is an amount, or with `%` that share of what it is given on."""
    value = row.get("discount")
    if not value:
        return ZERO
    if isinstance(value, str) and value.endswith("%"):
        found = money.rounded(whole * Decimal(value.removesuffix("%")) / HUNDRED)
    else:
        found = money.rounded(Decimal(value) if isinstance(value, str) else amount(row, "discount"))
    return _all(whole) if found > whole >= 0 else found


@assumed("Books v3, invoices, allows at most 100 %; nobody shows what becomes of more")
def _all(whole: Decimal) -> Decimal:
    """A discount of more than all there is takes all there is."""
    return whole


@source("Inventory v1, invoices: `discount_type` says whether lines or the document have it")
def of_lines(row: Row) -> bool:
    """Discounts of lines do not count if the document says that it has one as a whole."""
    return row.get("discount_type") != "entity_level"


@source("Inventory v1, invoices: `discount_type` says whether lines or the document have it")
def of_whole(row: Row) -> bool:
    """The discount of the document does not count if it says that its lines have theirs."""
    kind = row.get("discount_type")
    return kind == "entity_level" or (kind != "item_level" and _unsaid())


@assumed("some documents have no `discount_type`; the others do not say what holds without it")
def _unsaid() -> bool:
    """Without a `discount_type`, discounts of lines and of the document both count."""
    return True


@source("Books v3, invoices: `is_discount_before_tax`")
def before_tax(row: Row) -> bool:
    """The discount of a document lowers what is taxed, unless it is one after tax."""
    return row.get("is_discount_before_tax") is not False


@assumed("a client divides what it wants off the price by one plus the rate; documents are silent")
def without_tax(sub_total: Decimal) -> Decimal:
    """A discount before tax is off the sub-total without tax, also where rates include tax."""
    return sub_total


def after_tax(row: Row, sub_total: Decimal, tax_total: Decimal) -> Decimal:
    """Return what a discount after tax is given on."""
    is_share = isinstance(row.get("discount"), str)
    return _share_of(sub_total, tax_total) if is_share else sub_total + tax_total


@assumed("the documents say that it reduces the final total including tax, not what 10 % is of")
def _share_of(sub_total: Decimal, tax_total: Decimal) -> Decimal:
    """A percentage after tax is one of the sub-total and its taxes, without shipping."""
    return sub_total + tax_total


def left_of(sub_total: Decimal, discount: Decimal, *, is_mixed: bool) -> tuple[Decimal, Decimal]:
    """Return what a discount before tax leaves, as a fraction: numerator and denominator."""
    return _spread(sub_total, discount) if is_mixed else (sub_total - discount, sub_total)


@assumed("the documents do not say how a discount before tax is spread over lines of several taxes")
def _spread(sub_total: Decimal, discount: Decimal) -> tuple[Decimal, Decimal]:
    """A discount of the document lowers what is taxed of each line by the same share."""
    return sub_total - discount, sub_total
