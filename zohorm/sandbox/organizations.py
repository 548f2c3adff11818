"""The organizations themselves: which one a call means, what time it is there, and new ones."""

from __future__ import annotations

import datetime as dt

from zohorm.sandbox.catalogue import Resource, catalogue
from zohorm.sandbox.context import ORGANIZATION, zone
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal
from zohorm.sandbox.rows import blank
from zohorm.sandbox.store import Store

CURRENCIES = {
    # Code: symbol, decimal places, id. The ids are the same in every organization.
    "USD": ("$", 2, "4815000000000000097"),
    "EUR": ("€", 2, "4815000000000000099"),
    "JPY": ("¥", 0, "4815000000000000101"),
    "INR": ("₹", 2, "4815000000000000103"),
    "GBP": ("£", 2, "4815000000000000105"),
}

_FIRST_ID = 10234695
_STARTS = (
    ("Aurora Traders", "America/Phoenix", "USD"),
    ("अरुणोदय ट्रेडर्स", "Asia/Calcutta", "INR"),
    ("暁光商会", "Asia/Tokyo", "JPY"),
)


def places(currency_code: str) -> int:
    """Return how many digits after the point amounts in a currency have."""
    return CURRENCIES[currency_code][1] if currency_code in CURRENCIES else 2


def resource() -> Resource:
    """Return the resource of organizations; every product has the same ones."""
    products = catalogue().values()
    return next(p.resources[ORGANIZATION] for p in products if ORGANIZATION in p.resources)


def ids(store: Store) -> list[str]:
    """Return the ids of all organizations; the first is the default one."""
    return [key for _, key in store.ids(resource())]


def create(store: Store, count: int, *, today: str) -> None:
    """Store that many organizations, which differ in zone and currency."""
    for index in range(count):
        name, time_zone, currency = _STARTS[index % len(_STARTS)]
        row = blank(resource())
        row["organization_id"] = str(_FIRST_ID + 13 * index)
        row["name"] = name if index < len(_STARTS) else f"{name} {index + 1}"
        row["time_zone"], row["currency_code"] = time_zone, currency
        complete(row, is_default=index == 0, today=today)
        store.insert(resource(), "", row)


def complete(row: Row, *, is_default: bool, today: str) -> None:
    """Fill in what the service knows about an organization."""
    symbol, places, currency_id = CURRENCIES.get(str(row.get("currency_code")), ("", 2, ""))
    known: Row = {
        "currency_id": currency_id,
        "currency_symbol": symbol,
        "currency_format": "###,##0.00" if places else "###,##0",
        "price_precision": places,
        "is_default_org": is_default,
        "account_created_date": today,
        "language_code": row.get("language_code") or "en",
        "fiscal_year_start_month": row.get("fiscal_year_start_month") or "january",
        "is_org_active": True,
        "user_role": "admin",
        "user_status": "1",
        "plan_name": "PREMIUM",
    }
    row.update({name: value for name, value in known.items() if name in row})


def chosen(store: Store, named: str | None, *, missing: str, is_needed: bool) -> str:
    """Return the organization that a call works in.

    Raises:
        Refusal: it names one that its user does not belong to, or none although one is needed.
    """
    known = ids(store)
    if named is not None and is_needed:
        if named not in known:
            message = f"This user is not associated with the CompanyID/CompanyName:{named}."
            raise Refusal(400, 6041, message)
        return named
    if is_needed and missing != "default-organization":
        code = 4029 if missing == "refuse-4029" else 2
        raise Refusal(400, code, "Invalid value passed for organization_id")
    return known[0]


def local_time(store: Store, organization_id: str, seconds: float) -> dt.datetime:
    """Return an instant of the clock in the zone of an organization."""
    with store.transaction():
        row = store.get(resource(), "", organization_id)
    return dt.datetime.fromtimestamp(seconds, zone(row["time_zone"] if row else ""))
