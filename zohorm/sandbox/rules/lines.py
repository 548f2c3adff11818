"""Lines of documents: what their item fills in, and what each comes to with its taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import currencies, discounts, kits, taxes
from zohorm.sandbox.rules.amounts import HUNDRED, ZERO, amount
from zohorm.sandbox.rules.currencies import ONE, Money
from zohorm.sandbox.rules.stating import assumed, source
from zohorm.sandbox.rules.taxes import Levy, Part

# What the list of lines is called: Billing has names of its own for invoices and credit notes.
MEMBERS = ("line_items", "invoice_items", "creditnote_items")
# Documents by which an organization buys: what they take from an item is what it costs.
PURCHASES = frozenset({"Bill", "PurchaseOrder", "RecurringBill", "VendorCredit"})
# What is left of a line where no discount of the document lowers it, as a fraction.
WHOLE = (ONE, ONE)
_FROM_ITEM = ("name", "description", "unit", "tax_id", "product_type")


@attrs.frozen
class Share:
    """The tax of one kind on one line, as an exact fraction."""

    part: Part
    numerator: Decimal
    denominator: Decimal

    def times(self, left: tuple[Decimal, Decimal]) -> Decimal:
        """Return the tax on as much of the line as a discount of the document has left.

        There is one division, so what is exactly half a cent stays so.
        """
        above, below = left
        return self.numerator * above / (self.denominator * below)


@attrs.frozen
class Counted:
    """What one line comes to."""

    gross: Decimal
    discount: Decimal
    net: Decimal
    """After the discount of the line, without tax."""
    shares: tuple[Share, ...]


def of(row: Row) -> list[Row]:
    """Return the lines of a document, whatever their list is called."""
    return next((rows for rows in (rows_of(row.get(name)) for name in MEMBERS) if rows), [])


def key_of(line: Row) -> str:
    """Return the id of a line; those of Billing have none beside that of their item."""
    return str(line.get("line_item_id") or line.get("item_id") or "")


def fill(context: Context, line: Row, item: Row, place: int, money: Money) -> None:
    """Fill in what a line leaves out, from its item if it is newly there."""
    for name in _FROM_ITEM:
        if name in line and line[name] in ("", None) and item.get(name) not in ("", None):
            line[name] = item[name]
    if item and "mapped_items" in line:
        kits.show(line, item)
    rate = _rate_member(line)
    if not amount(line, rate) and item:
        line[rate] = _cost(item) if context.resource.name in PURCHASES else _price(item)
        if money.exchange_rate != ONE:
            line[rate] = _converted(amount(line, rate), money)
    if line.get("quantity") in ("", None):
        line["quantity"] = ONE
    if line.get("discount") in ("", None):
        line["discount"] = ZERO
    line["item_order"] = place


def count(line: Row, row: Row, levy: Levy, money: Money) -> Counted:
    """Return what a line of a document comes to."""
    gross = _gross(line, money)
    less = discounts.given(line, gross, money) if discounts.of_lines(row) else ZERO
    is_inclusive = row.get("is_inclusive_tax") is True and bool(levy.parts)
    left = _off_price(gross, less) if is_inclusive and less else gross - less
    return attrs.evolve(
        taxed(left, levy, money, is_inclusive=is_inclusive), gross=gross, discount=less
    )


def taxed(left: Decimal, levy: Levy, money: Money, *, is_inclusive: bool) -> Counted:
    """Return what an amount comes to that bears taxes, on top of it or within it."""
    if is_inclusive and levy.parts:
        shares = tuple(_within(left, part, levy) for part in levy.parts)
        return Counted(left, ZERO, _without(left, shares, money), shares)
    return Counted(left, ZERO, left, tuple(_on_top(left, part) for part in levy.parts))


def tax_of(counted: Counted, money: Money) -> Decimal:
    """Return all taxes of one line, each rounded."""
    return sum((money.rounded(share.times(WHOLE)) for share in counted.shares), ZERO)


def show(line: Row, levy: Levy, counted: Counted, money: Money) -> None:
    """Write into a line what it comes to."""
    taxes.show(line, levy)
    line["bcy_rate"] = currencies.base(amount(line, _rate_member(line)), money)
    line["discount_amount"] = counted.discount
    line["item_total"] = _item_total(counted)
    shown: list[Json] = [
        {
            "tax_id": share.part.tax_id,
            "tax_name": share.part.name,
            "tax_amount": money.rounded(share.times(WHOLE)),
        }
        for share in counted.shares
    ]
    line["line_item_taxes"] = shown
    line["item_total_inclusive_of_tax"] = counted.net + tax_of(counted, money)


@source("Books v3, estimates: the example shows 120 at 12.5 % as 120 (the text says with taxes)")
def _item_total(counted: Counted) -> Decimal:
    """The total of a line is less its discount and without its taxes."""
    return counted.net


@source("Zoho community, 'Tax calculation based on actual price': 54.54545 at 10 % is 54.55 + 5.46")
def _gross(line: Row, money: Money) -> Decimal:
    """A line comes to quantity times rate, rounded before anything else is computed of it."""
    quantity = amount(line, "quantity") if "quantity" in line else ONE
    return money.rounded(quantity * amount(line, _rate_member(line)))


@assumed("documents do not say whether it is off the price or off what is without tax")
def _off_price(gross: Decimal, less: Decimal) -> Decimal:
    """The discount of a line whose rate includes tax is off the price with tax."""
    return gross - less


@source("Books v3, estimates: the example taxes 153 with 12.5 %, which is 19.125, as 19.13")
def _on_top(left: Decimal, part: Part) -> Share:
    """A tax is that percentage of a line after its discount, on top of it."""
    return Share(part, left * part.percentage, HUNDRED)


@source("Books help, taxes, 'tax inclusive': price x rate / (100 + rate) (bills word it otherwise)")
def _within(left: Decimal, part: Part, levy: Levy) -> Share:
    """A tax within a price is the price times its rate, over a hundred plus all rates."""
    return Share(part, left * part.percentage, HUNDRED + levy.percentage)


@assumed(
    "documents show `item_total_inclusive_of_tax` beside `item_total`, but no inclusive example"
)
def _without(left: Decimal, shares: Sequence[Share], money: Money) -> Decimal:
    """The total of a line whose rate includes tax is without that tax, rounded on each line."""
    return left - sum((money.rounded(share.times(WHOLE)) for share in shares), ZERO)


@source("Books v3, items: `rate`")
def _price(item: Row) -> Decimal:
    """A line that names an item and no rate takes the price of the item."""
    return amount(item, "rate") or amount(item, "price")


@source("Inventory v1, items: `purchase_rate`, the buying price")
def _cost(item: Row) -> Decimal:
    """A line of a purchase that names an item and no rate takes what the item costs."""
    return amount(item, "purchase_rate") or amount(item, "rate")


@assumed("items have one rate; documents say only that `bcy_rate` is the rate in base currency")
def _converted(rate: Decimal, money: Money) -> Decimal:
    """The rate of an item is in base currency and is divided by the exchange rate."""
    return money.rounded(rate / money.exchange_rate)


def _rate_member(line: Row) -> str:
    """Return what the rate is called: Billing says `price`, purchases may send `purchase_rate`."""
    if "rate" not in line:
        return "price"
    return "purchase_rate" if not line["rate"] and line.get("purchase_rate") else "rate"
