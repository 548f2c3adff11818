"""Currencies of documents: their places, their exchange rate, and amounts in the base currency."""

from __future__ import annotations

from decimal import Decimal

import attrs

from zohorm.sandbox import organizations
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.amounts import ZERO, amount, rounded
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed, source

ONE = Decimal(1)


@attrs.frozen
class Money:
    """How the amounts of one document are counted."""

    places: int = 2
    base_places: int = 2
    exchange_rate: Decimal = ONE

    def rounded(self, number: Decimal) -> Decimal:
        """Return an amount in the currency of the document."""
        return rounded(number, self.places)


@source("Expense v1, expenses: the example shows 207.65 at 66.943366 as 13900.79")
def base(number: Decimal, money: Money) -> Decimal:
    """An amount in the base currency is the amount times the exchange rate, rounded."""
    return rounded(number * money.exchange_rate, money.base_places)


def fill(context: Context, row: Row, sent: Row, before: Row | None) -> Money:
    """Fill in currency, precision and exchange rate of a document, and return how it counts."""
    organization = organizations.get(context.store, context.organization_id)
    if not row.get("currency_id") and not row.get("currency_code"):
        other = _other_side(context, row)
        whose = other if other.get("currency_code") else organization
        for name in ("currency_id", "currency_code"):
            row[name] = whose.get(name, "")
    currency = find(context, row)
    for name in ("currency_id", "currency_code", "currency_symbol"):
        if currency.get(name):
            row[name] = currency[name]
    is_base = row.get("currency_code") == organization.get("currency_code")
    row["price_precision"] = _base_places(organization) if is_base else _places(currency)
    moved = before is not None and before.get("currency_code") != row.get("currency_code")
    if not amount(row, "exchange_rate") or (moved and "exchange_rate" not in sent):
        day = str(row.get("date") or row.get("start_date") or context.today)
        row["exchange_rate"] = ONE if is_base else _usual_rate(_rate_on(context, currency, day))
    return money_of(context, row, organization)


@source("Books v3, contacts: `currency_id`")
def _other_side(context: Context, row: Row) -> Row:
    """A document that names no currency is in that of its customer or vendor."""
    for member, kinds in (("customer_id", ("Contact", "Customer")), ("vendor_id", ("Contact",))):
        for kind in kinds:
            found = context.get(kind, row.get(member))
            if found is not None:
                return found
    return {}


def money_of(context: Context, row: Row, organization: Row | None = None) -> Money:
    """Return how the amounts of a stored document are counted."""
    organization = organization or organizations.get(context.store, context.organization_id)
    places = row.get("price_precision")
    if not isinstance(places, int):
        is_base = row.get("currency_code") in ("", None, organization.get("currency_code"))
        places = _base_places(organization) if is_base else _places(find(context, row))
    rate = amount(row, "exchange_rate") or ONE
    return Money(places, _base_places(organization), rate)


def find(context: Context, row: Row) -> Row:
    """Return the currency that a record names by id, else by code; nothing of an unknown one."""
    found = context.get("Currency", row.get("currency_id"))
    if found is not None:
        return found
    code = str(row.get("currency_code") or "")
    by_id = {key: known for known, (_, _, key) in organizations.CURRENCIES.items()}
    code = by_id.get(str(row.get("currency_id") or ""), code)
    # Not every product has currencies as records of their own.
    symbol, places, key = organizations.CURRENCIES.get(code, ("", 2, ""))
    return {
        "currency_id": key,
        "currency_code": code,
        "currency_symbol": symbol,
        "price_precision": places,
    }


@source("Books v3, organizations: `price_precision`")
def _base_places(organization: Row) -> int:
    """Amounts in the base currency have the places that the organization says."""
    places = organization.get("price_precision")
    return places if isinstance(places, int) else 2


@source("Books v3, currencies: `price_precision`")
def _places(currency: Row) -> int:
    """Amounts in another currency have the places that the currency says."""
    places = currency.get("price_precision")
    return places if isinstance(places, int) else 2


@source("Books v3, currencies, exchange rates: each has an `effective_date`")
def _rate_on(context: Context, currency: Row, day: str) -> Decimal:
    """The rate of a currency on a day is the last one that took effect by then."""
    rates = context.product.resources.get("ExchangeRate")
    key = str(currency.get("currency_id") or "")
    known = [] if rates is None else context.store.children(rates, context.organization_id, key)
    past = [each for each in known if str(each.get("effective_date") or "") <= day]
    if past:
        return amount(max(past, key=lambda each: str(each.get("effective_date"))), "rate")
    return amount(currency, "exchange_rate")


@assumed("documents call `exchange_rate` required in another currency; nobody shows a refusal")
def _usual_rate(rate: Decimal) -> Decimal:
    """A document in another currency that names no rate takes that of the currency, else 1."""
    return rate if rate > ZERO else ONE


class RateRules(Rules):
    """What holds for the exchange rates of a currency."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Show which currency the rate is of."""
        currency = context.get("Currency", row.get("currency_id")) or {}
        row["currency_code"] = currency.get("currency_code", "")

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Show the rate of today on the currency."""
        _show_rate(context, str(row.get("currency_id") or ""))

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Show the rate of today on the currency."""
        _show_rate(context, str(row.get("currency_id") or ""))

    def deleted(self, context: Context, row: Row) -> None:
        """Show the rate of today on the currency."""
        _show_rate(context, str(row.get("currency_id") or ""))


@source("Books v3, currencies: `exchange_rate` and `effective_date` of a currency")
def _show_rate(context: Context, key: str) -> None:
    """A currency shows the rate that is in effect today."""
    currency = context.get("Currency", key)
    if currency is not None:
        currency["exchange_rate"] = _rate_on(context, currency, context.today)
        owner = context.product.resources["Currency"]
        context.store.replace(owner, context.organization_id, currency)
