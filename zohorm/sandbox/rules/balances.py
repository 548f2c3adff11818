"""What a contact owes and is owed: sums of what is open of its documents, never a count of changes.

`refresh` is the one place where these members are written, after each change of a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import currencies, finding
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.stating import source


@attrs.frozen
class Part:
    """The documents of a resource that count, and which member of theirs."""

    resource: str
    by: str
    member: str
    statuses: tuple[str, ...] = ()


_CONTACTS = ("Contact", "Customer", "Vendor")
_LIVE = ("sent", "viewed", "overdue", "partially_paid")
_PARTS: Mapping[str, tuple[Part, ...]] = {
    "outstanding_receivable_amount": (Part("Invoice", "customer_id", "balance", _LIVE),),
    "unused_credits_receivable_amount": (
        Part("CreditNote", "customer_id", "balance", ("open",)),
        Part("CustomerPayment", "customer_id", "unused_amount"),
    ),
    "outstanding_payable_amount": (
        Part("Bill", "vendor_id", "balance", ("open", "overdue", "partially_paid")),
    ),
    "unused_credits_payable_amount": (
        Part("VendorCredit", "vendor_id", "balance", ("open",)),
        Part("VendorPayment", "vendor_id", "balance"),
    ),
}
# What the sums depend on: whose a document is, whether it counts, what of it, and at which rate.
_COUNTED = frozenset(
    ["customer_id", "vendor_id", "status", "exchange_rate", "currency_id", "currency_code"]
    + [part.member for parts in _PARTS.values() for part in parts]
)


def owners(row: Row | None) -> set[str]:
    """Return the contacts that a document is of."""
    found = (row.get(name) for name in ("customer_id", "vendor_id")) if row is not None else ()
    return {str(each) for each in found if each}


def follow_change(context: Context, row: Row, before: Row) -> None:
    """Do what `follow` does of a document that was changed, if that can change a sum."""
    if any(row.get(name) != before.get(name) for name in _COUNTED):
        follow(context, row, before)


def follow(context: Context, *rows: Row | None) -> None:
    """Write what the contacts of documents owe and are owed, after these were written."""
    for owner in set().union(*map(owners, rows)):
        refresh(context, owner)


@source("Books v3, contacts: outstanding and unused amounts, and their twins in base currency")
def refresh(context: Context, owner: str) -> None:
    """What a contact owes and is owed is the sum of its open documents, at any time."""
    for name in _CONTACTS:
        contact = context.get(name, owner)
        if contact is None:
            continue
        before = dict(contact)
        for member, parts in _PARTS.items():
            _write(context, contact, member, owner, parts)
        if contact != before:
            resource = context.product.resources[name]
            context.store.replace(resource, context.organization_id, contact)


def _write(
    context: Context, contact: Row, member: str, owner: str, parts: tuple[Part, ...]
) -> None:
    if member not in contact:
        return
    found = [
        (row, amount(row, part.member))
        for part in parts
        for row in finding.naming(context, part.resource, part.by, owner, part.statuses)
    ]
    contact[member] = sum((number for _, number in found), Decimal(0))
    if f"{member}_bcy" in contact:
        in_base_currency = (in_base(context, number, row) for row, number in found)
        contact[f"{member}_bcy"] = sum(in_base_currency, Decimal(0))


def in_base(context: Context, number: Decimal, row: Row) -> Decimal:
    """Return an amount of a record in the base currency, at the rate of the record."""
    rate = amount(row, "exchange_rate") or currencies.ONE
    return number if rate == 1 else currencies.base(number, currencies.money_of(context, row))
