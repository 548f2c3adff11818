"""Totals on paper: what lines come to with their discounts and taxes, in exact fractions.

A second opinion for the random walk, written from docs/rules.md and the vendor's documents. Nothing
of zohorm is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import attrs

ZERO = Decimal(0)
# Percentage, and whether it is computed on top of the other taxes of its group.
TAXES = {
    "low": (Fraction("7.7"), False),
    "high": (Fraction(19), False),
    "top": (Fraction(10), True),
}
# A tax on top of others comes last, wherever a group names it.
GROUPS = {"both": ("low", "high"), "stacked": ("top", "high")}
# What an item costs its buyer, and its seller before.
PRICES = {"tea": (Decimal(10), Decimal(4)), "cup": (Decimal("2.55"), Decimal("1.2"))}


@attrs.frozen
class Line:
    """A line as a client sends it; one without a rate takes the price of its item."""

    quantity: Decimal
    rate: Decimal | None = Decimal(1)
    discount: str = "0"
    tax: str = ""
    item: str = ""
    place: str = ""
    of: str = ""
    """The line of an order that it takes from."""


@attrs.frozen
class Extras:
    """What a document has beside its lines."""

    discount: str = "0"
    is_before_tax: bool = True
    kind: str = ""
    shipping: Decimal = ZERO
    adjustment: Decimal = ZERO
    is_inclusive: bool = False
    is_taxed_by_line: bool = False


@attrs.frozen
class Money:
    """A currency: the places of its amounts, and its price in that of the organization."""

    places: int = 2
    rate: Decimal = Decimal(1)

    def rounded(self, number: Fraction | Decimal) -> Decimal:
        return rounded(number, self.places)

    def in_base(self, number: Decimal) -> Decimal:
        return number if self.rate == 1 else rounded(Fraction(number) * Fraction(self.rate), 2)

    @property
    def unit(self) -> Decimal:
        return Decimal(1).scaleb(-self.places)


@attrs.frozen
class Sums:
    """What a document comes to."""

    sub_total: Decimal
    tax_total: Decimal
    total: Decimal


def rounded(number: Fraction | Decimal, places: int) -> Decimal:
    """Round half a unit away from zero; no digit is lost before."""
    exact = Fraction(number) * 10**places
    away = Decimal((abs(exact) + Fraction(1, 2)).__floor__()).scaleb(-places)
    return away if exact >= 0 else -away


def taxes(name: str) -> dict[str, Fraction]:
    """Return each tax that a tax or group means, in percent of the amount without tax."""
    names = GROUPS.get(name, (name,) if name else ())
    found = {each: TAXES[each][0] for each in names if not TAXES[each][1] or len(names) == 1}
    for each in names:
        if each not in found:
            found[each] = TAXES[each][0] * (100 + sum(found.values())) / 100
    return found


def off(discount: str, whole: Decimal, money: Money) -> Decimal:
    """Return a discount: a share with `%`, else an amount, and never more than there is."""
    if discount.endswith("%"):
        return money.rounded(Fraction(whole) * Fraction(discount[:-1]) / 100)
    return min(money.rounded(Decimal(discount)), whole)


def price(line: Line, extras: Extras, money: Money, *, buys: bool) -> Decimal:
    """Return what a line comes to after its discount, with the taxes that are in it."""
    rate = line.rate
    if rate is None:
        rate = PRICES[line.item][1 if buys else 0]
        rate = money.rounded(Fraction(rate) / Fraction(money.rate)) if money.rate != 1 else rate
    whole = money.rounded(Fraction(line.quantity) * Fraction(rate))
    return whole if extras.kind == "entity_level" else whole - off(line.discount, whole, money)


@lru_cache(2000)
def sums(lines: tuple[Line, ...], extras: Extras, money: Money, *, buys: bool = False) -> Sums:
    """Return what lines come to: discounts, taxes by name, shipping and adjustment."""
    taxed: dict[str, list[Fraction]] = {}
    net = ZERO
    for line in lines:
        whole = price(line, extras, money, buys=buys)
        mine = taxes(line.tax)
        below = 100 + sum(mine.values()) if extras.is_inclusive else Fraction(100)
        shares = {each: Fraction(whole) * percent / below for each, percent in mine.items()}
        for each, share in shares.items():
            taxed.setdefault(each, []).append(share)
        within = map(money.rounded, shares.values()) if extras.is_inclusive else ()
        net += whole - sum(within, ZERO)
    has_discount = extras.kind != "item_level"
    discount, left = ZERO, Fraction(1)
    if has_discount and extras.is_before_tax:
        discount = off(extras.discount, net, money)
        left = Fraction(net - discount) / Fraction(net) if net else left
    # A tax within prices is rounded on each line, one on top of them is rounded once.
    by_line = extras.is_inclusive or extras.is_taxed_by_line
    tax = sum((_tax(shares, left, money, by_line=by_line) for shares in taxed.values()), ZERO)
    if has_discount and not extras.is_before_tax:
        discount = off(extras.discount, net + tax, money)
    others = money.rounded(extras.shipping) + money.rounded(extras.adjustment)
    return Sums(net, tax, net - discount + tax + others)


def _tax(shares: Iterable[Fraction], left: Fraction, money: Money, *, by_line: bool) -> Decimal:
    bases = shares if by_line else [sum(shares, Fraction(0))]
    return sum((money.rounded(base * left) for base in bases), ZERO)
