"""A little demo data for the products beside Books: three records of each common resource.

Stored by the first call of a product in the default organization of a sandbox with `seed="demo"`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from zohorm.sandbox import organizations, words
from zohorm.sandbox.catalogue import Product, Resource
from zohorm.sandbox.context import zone
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.rows import blank, stamp
from zohorm.sandbox.store import Store

_COUNT = 3
# Who and what the others are about; then what was sold, bought or spent.
_RESOURCES = (
    "Contact",
    "Customer",
    "Item",
    "Product",
    "Plan",
    "Project",
    "Invoice",
    "Estimate",
    "SalesOrder",
    "PurchaseOrder",
    "Bill",
    "Subscription",
    "Expense",
    "ExpenseCategory",
    "Trip",
)
_NAMES = (
    "contact_name",
    "display_name",
    "customer_name",
    "vendor_name",
    "company_name",
    "category_name",
    "project_name",
    "trip_name",
)
_PRICE = Decimal("19.90")


def fill(store: Store, product: Product, organization_id: str, *, now: float) -> None:
    """Store the records in the default organization of a product, once."""
    series = f"demo {product.name}"
    if product.name == "books" or store.value(organization_id, series):
        return
    store.set_value(organization_id, series, 1)
    if organization_id != organizations.ids(store)[0]:
        return
    base = organizations.get(store, organization_id)
    moment = dt.datetime.fromtimestamp(now, zone(base.get("time_zone")))
    for name in _RESOURCES:
        resource = product.resources.get(name)
        if resource is None or resource.parent is not None:
            continue
        for number in range(_COUNT):
            row = _record(resource, number, moment - dt.timedelta(days=7 * (_COUNT - number)))
            row[resource.id] = f"sample-{number + 1}" if resource.is_coded else store.next_id()
            _refer(store, product, resource, organization_id, row)
            store.insert(resource, organization_id, row)


def _record(resource: Resource, number: int, moment: dt.datetime) -> Row:
    row = blank(resource)
    company = words.COMPANIES[number]
    for name, field in resource.fields.items():
        if name not in row:
            continue
        value: Json = None
        if name == resource.number:
            value = f"{resource.name[:3].upper()}-{number + 1:06d}"
        elif name == "status":
            value = next((s for s in ("active", "draft", "open") if s in field.choices), "active")
        elif name in _NAMES:
            value = company
        elif name == "name":
            value = words.GOODS[number][0]
        elif name == "date":
            value = moment.date().isoformat()
        elif name in ("rate", "price", "recurring_price", "amount", "total"):
            value = _PRICE + number
        elif name == "currency_code":
            value = "USD"
        if value is not None:
            row[name] = value
    stamp(resource, row, moment, is_new=True)
    return row


def _refer(
    store: Store, product: Product, resource: Resource, organization_id: str, row: Row
) -> None:
    """Let a record name the first record of each resource that it is linked to."""
    for member, target in resource.shape.links.values():
        other = product.resources.get(target)
        if other is None or other is resource or member not in row:
            continue
        known = store.rows(other, organization_id)
        if known:
            row[member] = known[0][other.id]
