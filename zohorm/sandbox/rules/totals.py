"""Totals of documents: lines, discount, taxes, shipping and adjustment, exact in `Decimal`.

`settle` is the way in for a document that a call writes: it fills in currency and lines and writes
what they come to. `sums` is the sum alone, on paper: sub-total, less the discount, plus taxes, plus
shipping, plus adjustment.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.rules import currencies, discounts, kits, lines, taxes
from zohorm.sandbox.rules.amounts import HUNDRED, ZERO, amount, exactly
from zohorm.sandbox.rules.currencies import Money
from zohorm.sandbox.rules.lines import WHOLE, Counted
from zohorm.sandbox.rules.stating import assumed, source

PAID = ("payment_made", "credits_applied", "vendor_credits_applied", "write_off_amount")
"""The members of a document that say what of it nobody has to pay any more."""


def settle(context: Context, row: Row, sent: Row, before: Row | None) -> None:
    """Fill in currency and lines of a document, and compute its totals."""
    if before is None and "is_discount_before_tax" not in sent:
        row["is_discount_before_tax"] = _usually_before_tax()
    with exactly():
        money = currencies.fill(context, row, sent, before)
        whole = {**row, "is_inclusive_tax": _is_inclusive(context, row, sent, before, money)}
        counted = _counted(context, whole, before, money)
        row.update(sums(whole, counted, money, per_line=_rounds_lines(context, row)))
        for name in ("shipping_charge", "adjustment"):
            number = amount(row, name)
            if number != money.rounded(number):
                row[name] = _as_counted(number, money)
    row["balance"] = owed(row)


def sums(row: Row, counted: Sequence[Counted], money: Money, *, per_line: bool = False) -> Row:
    """Return the totals of a document with these lines."""
    sub_total = sum((line.net for line in counted), ZERO)
    discount, levied = ZERO, sub_total
    has_discount = bool(row.get("discount")) and discounts.of_whole(row)
    if has_discount and discounts.before_tax(row):
        if row.get("is_inclusive_tax") is True:
            levied = discounts.without_tax(sub_total)
        discount = discounts.given(row, sub_total, money)
    left = WHOLE
    if discount and sub_total:
        left = discounts.left_of(sub_total, discount, is_mixed=_is_mixed(counted))
    summary = _taxes(counted, left, money, per_line=per_line)
    tax_total = sum((amount(each, "tax_amount") for each in summary), ZERO)
    if has_discount and not discounts.before_tax(row):
        levied = discounts.after_tax(row, sub_total, tax_total)
        discount = discounts.given(row, levied, money)
    shipping = money.rounded(_shipping(row, tax_total))
    adjustment = money.rounded(amount(row, "adjustment"))
    total = _total(sub_total, discount, tax_total, shipping, adjustment)
    shown: list[Json] = list(summary)
    return {
        "sub_total": sub_total,
        "discount_amount": discount,
        "discount_applied_on_amount": levied if discount else ZERO,
        "discount_total": discount + sum((line.discount for line in counted), ZERO),
        "tax_total": tax_total,
        "taxes": shown,
        "total": total,
        "bcy_total": currencies.base(total, money),
    }


@source("Books v3, invoices, bills: balance, payment_made, credits_applied, write_off_amount")
def owed(row: Row) -> Decimal:
    """The balance of a document is its total less payments, credits and what was written off."""
    if row.get("status") == "void":
        return ZERO
    return amount(row, "total") - sum((amount(row, name) for name in PAID), ZERO)


@source("Books v3, invoices: `shipping_charge`, and `adjustment`, which is applied after tax")
def _total(
    sub_total: Decimal, discount: Decimal, tax: Decimal, shipping: Decimal, adjustment: Decimal
) -> Decimal:
    """A total is the sub-total less discount, plus taxes, shipping and adjustment."""
    return sub_total - discount + tax + shipping + adjustment


@assumed("no example of the documents has more places there than its currency has")
def _as_counted(number: Decimal, money: Money) -> Decimal:
    """Shipping and adjustment are shown as rounded, so that what is shown adds up."""
    return money.rounded(number)


def _counted(context: Context, row: Row, before: Row | None, money: Money) -> list[Counted]:
    """Fill in each line and return what they come to."""
    known = {lines.key_of(line): line for line in lines.of(before or {})}
    found = []
    for place, line in enumerate(lines.of(row), start=1):
        old = known.get(lines.key_of(line), {})
        is_known = bool(old) and old.get("item_id") == line.get("item_id")
        item = {} if is_known else kits.find(context, line.get("item_id"))
        lines.fill(context, line, item, place, money)
        levy = taxes.levied(context, line)
        if _has_changed(old, line, levy):
            levy = _as_it_is_now(levy)
        counted = lines.count(line, row, levy, money)
        lines.show(line, levy, counted, money)
        found.append(counted)
    return found


def _is_inclusive(context: Context, row: Row, sent: Row, before: Row | None, money: Money) -> bool:
    """Tell whether the rates of a document include tax, though not every document shows that."""
    field = context.resource.fields.get("is_inclusive_tax")
    if field is None or field.is_shown:
        return row.get("is_inclusive_tax") is True
    if before is None or "is_inclusive_tax" in sent:
        return sent.get("is_inclusive_tax") is True
    return _as_before(before, money)


@assumed("Inventory v1, bills, have `is_inclusive_tax` in requests and not in answers")
def _as_before(before: Row, money: Money) -> bool:
    """The rates of a bill that is changed include tax if they did before."""
    return any(
        ZERO
        < amount(line, "item_total") + amount(line, "discount_amount")
        < money.rounded(amount(line, "quantity") * amount(line, "rate"))
        for line in lines.of(before)
    )


def _has_changed(old: Row, line: Row, levy: taxes.Levy) -> bool:
    """Tell whether the tax of a line has another percentage than when it was last summed up."""
    is_same = "tax_percentage" in old and old.get("tax_id") == line.get("tax_id")
    return is_same and amount(old, "tax_percentage") != levy.percentage


@assumed("the help lets a person choose whether documents take over a changed tax")
def _as_it_is_now(levy: taxes.Levy) -> taxes.Levy:
    """A document that is changed takes its taxes as they are then."""
    return levy


def _is_mixed(counted: Sequence[Counted]) -> bool:
    """Tell whether lines differ in their taxes."""
    return len({tuple(share.part for share in line.shares) for line in counted}) > 1


def _taxes(
    counted: Sequence[Counted], left: tuple[Decimal, Decimal], money: Money, *, per_line: bool
) -> list[Row]:
    """Return one row for each tax that lines bear, by name."""
    found: dict[tuple[str, str], list[lines.Share]] = {}
    for line in counted:
        for share in line.shares:
            found.setdefault((share.part.name, share.part.tax_id), []).append(share)
    return [
        {"tax_id": key, "tax_name": name, "tax_amount": _tax(shares, left, money, per_line)}
        for (name, key), shares in sorted(found.items())
    ]


def _tax(
    shares: Sequence[lines.Share], left: tuple[Decimal, Decimal], money: Money, per_line: bool
) -> Decimal:
    is_within = any(share.denominator != HUNDRED for share in shares)
    if per_line or is_within or len(shares) == 1:
        return _line_by_line(shares, left, money)
    return _at_once(shares, left, money)


def _line_by_line(
    shares: Sequence[lines.Share], left: tuple[Decimal, Decimal], money: Money
) -> Decimal:
    """Return a tax that is rounded on each line and then added."""
    return sum((money.rounded(share.times(left)) for share in shares), ZERO)


@source("Inventory help, invoices, 'tax': each tax is computed on the sum of the lines it is on")
def _at_once(shares: Sequence[lines.Share], left: tuple[Decimal, Decimal], money: Money) -> Decimal:
    """A tax is computed on the sum of the lines that bear it, and rounded once."""
    whole = sum((share.numerator for share in shares), ZERO)
    return money.rounded(lines.Share(shares[0].part, whole, HUNDRED).times(left))


def _rounds_lines(context: Context, row: Row) -> bool:
    return _lines_apart(row) or context.switches.tax_rounding == "item_level"


@source("Books v3, bills: `is_item_level_tax_calc`")
def _lines_apart(row: Row) -> bool:
    """A bill may say that its taxes are computed, and rounded, on each line."""
    return row.get("is_item_level_tax_calc") is True


def _shipping(row: Row, tax_total: Decimal) -> Decimal:
    shipping = amount(row, "shipping_charge")
    return _untaxed(shipping) if shipping and tax_total else shipping


@assumed("Books v3, invoices, says that it is subject to tax, but no member says to which tax")
def _untaxed(shipping: Decimal) -> Decimal:
    """Shipping is added to the total without tax."""
    return shipping


@source("Books v3, estimates: the example; clients have seen the same")
def _usually_before_tax() -> bool:
    """A document that does not say it has its discount before tax."""
    return True
