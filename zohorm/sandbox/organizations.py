"""The organizations themselves: which one a call means, what time it is there, and new ones.

Every product shows the same organizations, each in the shape of its own facts. What they have in
common is stored once, in `SHARED`; `show` brings it into the table of a product.
"""

from __future__ import annotations

import datetime as dt

from zohorm.sandbox.catalogue import Field, Resource, Shape
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


_MEMBERS = (
    "organization_id",
    "name",
    "contact_name",
    "email",
    "phone",
    "fax",
    "website",
    "industry_type",
    "date_format",
    "field_separator",
    "time_zone",
    "language_code",
    "fiscal_year_start_month",
    "account_created_date",
    "currency_id",
    "currency_code",
    "currency_symbol",
    "currency_format",
    "price_precision",
    "is_default_org",
    "is_org_active",
    "user_role",
    "user_status",
    "plan_name",
)

SHARED = Resource(
    product="sandbox",
    name=ORGANIZATION,
    path="organizations",
    key="organization",
    list_key="organizations",
    number=None,
    shape=Shape(
        id="organization_id",
        fields={name: Field(name=name, kind="json", in_list=True) for name in _MEMBERS},
    ),
    embedded={},
    filters={},
    sort=(),
    counts=False,
    operations={},
    children={},
    parent=None,
)


def ids(store: Store) -> list[str]:
    """Return the ids of all organizations; the first is the default one."""
    return [key for _, key in store.ids(SHARED)]


def get(store: Store, organization_id: str) -> Row:
    """Return what the products have in common of an organization; nothing of an unknown one."""
    return store.get(SHARED, "", organization_id) or {}


def named(store: Store, organization_id: str | None) -> str:
    """Return the organization that a test names, by default the first.

    Raises:
        ValueError: there is no such organization; the text names those there are.
    """
    known = ids(store)
    if organization_id is None:
        return known[0]
    if organization_id not in known:
        there = ", ".join(known)
        raise ValueError(f"no organization is called {organization_id!r}; there are {there}")
    return organization_id


def first_ids(count: int) -> list[str]:
    """Return the ids of that many organizations as a new sandbox has them."""
    return [str(_FIRST_ID + 13 * index) for index in range(count)]


def create(store: Store, count: int, *, today: str) -> None:
    """Store that many organizations, which differ in zone and currency."""
    for index, key in enumerate(first_ids(count)):
        name, time_zone, currency = _STARTS[index % len(_STARTS)]
        row = blank(SHARED)
        row["organization_id"] = key
        row["name"] = name if index < len(_STARTS) else f"{name} {index + 1}"
        row["time_zone"], row["currency_code"] = time_zone, currency
        complete(row, is_default=index == 0, today=today)
        store.insert(SHARED, "", row)


def show(store: Store, resource: Resource) -> None:
    """Bring what the products have in common into the organizations that one product shows."""
    for shared in store.rows(SHARED, ""):
        key = str(shared["organization_id"])
        old = store.get(resource, "", key)
        row = blank(resource) if old is None else old
        new = {**row, **{name: value for name, value in shared.items() if name in row}}
        new[resource.id] = key
        if old is None:
            store.insert(resource, "", new)
        elif new != old:
            store.replace(resource, "", new)


def share(store: Store, resource: Resource, row: Row) -> None:
    """Carry what one product wrote about an organization to all others."""
    key = str(row[resource.id])
    known = store.get(SHARED, "", key)
    base = blank(SHARED) if known is None else known
    made = {**base, **{name: row[name] for name in _MEMBERS if name in row}}
    made["organization_id"] = key
    if known is None:
        store.insert(SHARED, "", made)
    else:
        store.replace(SHARED, "", made)


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
        name = get(store, organization_id).get("time_zone")
    return dt.datetime.fromtimestamp(seconds, zone(name))
