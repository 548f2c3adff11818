"""What every organization has from its first day, in the shape of each product's facts.

Currencies, taxes, a chart of accounts, a location, and the user of the credentials. Stored by the
first call of a product in an organization.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from zohorm.sandbox import organizations
from zohorm.sandbox.catalogue import Field, Product
from zohorm.sandbox.context import zone
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.rows import blank, stamp
from zohorm.sandbox.rules.taxes import TAXES
from zohorm.sandbox.store import Store

USER = ("4815000000000000077", "Sandbox User", "user@example.com")

_CURRENCY_NAMES = {
    "USD": "US Dollar",
    "EUR": "Euro",
    "JPY": "Japanese Yen",
    "INR": "Indian Rupee",
    "GBP": "Pound Sterling",
}
_ACCOUNTS = (
    # Name and type; the ids follow in their order.
    ("Sales", "income"),
    ("Discount", "income"),
    ("Cost of Goods Sold", "cost_of_goods_sold"),
    ("Office Supplies", "expense"),
    ("Travel Expense", "expense"),
    ("Bad Debt", "expense"),
    ("Inventory Asset", "stock"),
    ("Accounts Receivable", "accounts_receivable"),
    ("Undeposited Funds", "cash"),
    ("Petty Cash", "cash"),
    ("Bank", "bank"),
    ("Accounts Payable", "accounts_payable"),
    ("Tax Payable", "other_current_liability"),
    ("Retained Earnings", "equity"),
)
_ACCOUNT_ID = 4815000000000000301


def fill(store: Store, product: Product, organization_id: str, *, now: float) -> None:
    """Store what an organization has of itself in a product, once."""
    series = f"opened {product.name}"
    if store.value(organization_id, series):
        return
    store.set_value(organization_id, series, 1)
    base = organizations.get(store, organization_id)
    moment = dt.datetime.fromtimestamp(now, zone(base.get("time_zone")))
    for name, given in _rows(base):
        resource = product.resources.get(name)
        if resource is None or resource.parent is not None:
            continue
        row = blank(resource)
        row.update(
            {
                member: value
                for member, value in given.items()
                if member in row and _fits(resource.fields[member], value)
            }
        )
        stamp(resource, row, moment, is_new=True)
        row[resource.id] = next(iter(given.values()))
        store.insert(resource, organization_id, row)


def _fits(field: Field, value: Json) -> bool:
    """Tell whether a product has this value among those of a member."""
    return not field.choices or value in field.choices


def _rows(base: Row) -> Iterator[tuple[str, Row]]:
    """Yield the resource and the members of each record, its id in front."""
    for code, (symbol, places, key) in organizations.CURRENCIES.items():
        is_base = code == base.get("currency_code")
        yield (
            "Currency",
            {
                "currency_id": key,
                "currency_code": code,
                "currency_name": f"{code}- {_CURRENCY_NAMES[code]}",
                "currency_symbol": symbol,
                "price_precision": places,
                "currency_format": "1,234,567.89" if places else "1,234,567",
                "is_base_currency": is_base,
                "exchange_rate": Decimal(1 if is_base else 0),
            },
        )
    yield from _accounting()
    yield from _place_and_user()


def _accounting() -> Iterator[tuple[str, Row]]:
    """Yield what is the same in every organization."""
    for key, (name, percentage) in TAXES.items():
        yield (
            "Tax",
            {
                "tax_id": key,
                "tax_name": name,
                "tax_percentage": percentage,
                "tax_type": "tax",
                "status": "Active",
            },
        )
    for number, (name, kind) in enumerate(_ACCOUNTS):
        yield (
            "Account",
            {
                "account_id": str(_ACCOUNT_ID + 2 * number),
                "account_name": name,
                "account_type": kind,
                "is_active": True,
                "status": "active",
            },
        )


def _place_and_user() -> Iterator[tuple[str, Row]]:
    """Yield the location of an organization, and the user of the credentials."""
    yield (
        "Location",
        {
            "location_id": "4815000000000000081",
            "location_name": "Head Office",
            "is_primary": True,
            "is_primary_location": True,
            "status": "active",
        },
    )
    key, name, email = USER
    yield (
        "User",
        {
            "user_id": key,
            "name": name,
            "email": email,
            "user_role": "admin",
            "role_name": "Admin",
            "status": "active",
            "is_current_user": True,
        },
    )
