"""Expenses: an amount or itemized lines, tax on top or within, mileage, and the base currency."""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import currencies, lines, recurrences, taxes, totals
from zohorm.sandbox.rules.amounts import ZERO, amount, exactly
from zohorm.sandbox.rules.currencies import Money
from zohorm.sandbox.rules.lines import Counted
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed, source

_BY_AMOUNT = ("", None, "non_mileage", "per_diem")


class ExpenseRules(Rules):
    """What holds for expenses, single and recurring."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Compute the amounts of an expense from its lines, or from what it says itself."""
        with exactly():
            money = currencies.fill(context, row, sent, before)
            itemized = rows_of(row.get("line_items"))
            if itemized:
                row["amount"] = _itemized(itemized)
            elif row.get("mileage_type") not in _BY_AMOUNT and not amount(row, "amount"):
                row["amount"] = money.rounded(_distance(row) * amount(row, "mileage_rate"))
            row["is_itemized_expense"] = bool(itemized)
            counted = [_counted(context, each, row, money) for each in itemized or [row]]
            sums = totals.sums({}, counted, money)
            row.update({name: sums[name] for name in ("sub_total", "taxes", "total", "bcy_total")})
            row["tax_amount"] = sums["tax_total"]
            row["total_without_tax"] = row["sub_total"]
            without = currencies.base(amount(row, "sub_total"), money)
            row["bcy_total_without_tax"] = row["bcy_subtotal"] = without

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Show the change where a recurring expense lists what it has made."""
        recurrences.follow(context, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Take the expense off the list of the recurring one that has made it."""
        recurrences.follow(context, row, is_gone=True)


def _counted(context: Context, line: Row, row: Row, money: Money) -> Counted:
    """Write into a line, or an expense without any, its tax and what it comes to."""
    levy = taxes.levied(context, line)
    price = money.rounded(amount(line, "amount"))
    counted = lines.taxed(price, levy, money, is_inclusive=_includes_tax(row))
    taxes.show(line, levy)
    line["tax_amount"] = lines.tax_of(counted, money)
    if line is not row:
        line["item_total"] = counted.net
    return counted


@source("Books v3, expenses: `is_inclusive_tax`")
def _includes_tax(row: Row) -> bool:
    """The tax of an expense is on top of its amount unless it says that it is within."""
    return row.get("is_inclusive_tax") is True


@assumed("documents require `amount` beside `line_items`, and do not say which counts")
def _itemized(itemized: list[Row]) -> Decimal:
    """The amount of an itemized expense is the sum of its lines."""
    return sum((amount(line, "amount") for line in itemized), ZERO)


@assumed("documents name `distance`, `mileage_rate` and readings, and show no example")
def _distance(row: Row) -> Decimal:
    """A mileage expense without amount is its distance, or its readings apart, times its rate."""
    driven = amount(row, "end_reading") - amount(row, "start_reading")
    return amount(row, "distance") or max(driven, ZERO)
