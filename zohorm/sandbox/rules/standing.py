"""What is left of a document, a payment or a credit, and the status that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import applying, balances, links, totals
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.stating import source


@attrs.frozen(kw_only=True)
class Owed:
    """The statuses of a document that somebody has to pay."""

    first: str
    """What it is when it is open, and nothing is paid or late."""
    others: tuple[str, ...] = ("viewed",)

    @property
    def live(self) -> tuple[str, ...]:
        """The statuses that follow the balance and the clock."""
        return (*self.punctual, "overdue", "paid")

    @property
    def punctual(self) -> tuple[str, ...]:
        """The statuses of a document that may become overdue."""
        return (self.first, *self.others, "partially_paid")


@attrs.frozen(kw_only=True)
class Given:
    """The members of a payment or credit by which one sees what is left of it."""

    whole: str
    left: str
    used: tuple[str, str]
    """The list of what it was applied to, and the amount in a row of it."""
    refunds: str
    refunds_on: str = ""
    refunded: str = ""
    total_used: str = ""


OWED: Mapping[str, Owed] = {
    "Invoice": Owed(first="sent"),
    "RetainerInvoice": Owed(first="sent"),
    "Bill": Owed(first="open", others=()),
}
GIVEN: Mapping[str, Given] = {
    "CustomerPayment": Given(
        whole="amount",
        left="unused_amount",
        used=("invoices", "amount_applied"),
        refunds="CustomerPaymentRefund",
        refunded="amount_refunded",
    ),
    "VendorPayment": Given(
        whole="amount",
        left="balance",
        used=("bills", "amount_applied"),
        refunds="VendorPaymentRefund",
        refunds_on="vendorpayment_refunds",
    ),
    "CreditNote": Given(
        whole="total", left="balance", used=("invoices", "amount"), refunds="CreditNoteRefund"
    ),
    "VendorCredit": Given(
        whole="total",
        left="balance",
        used=("bills_credited", "amount"),
        refunds="VendorCreditRefund",
        refunds_on="vendor_credit_refunds",
        refunded="total_refunded_amount",
        total_used="total_credits_used",
    ),
}


def follow(context: Context, *changed: tuple[str, Row]) -> None:
    """Recompute and store records whose links or refunds changed, and what their contacts owe."""
    owners: set[str] = set()
    for name, row in changed:
        for kind in applying.KINDS:
            if kind.target == name:
                _show_sum(context, name, kind, row)
            if kind.source == name and kind.on_source:
                applying.show_on_source(context, kind, row)
        settle(context, name, row)
        resource = context.product.resources[name]
        context.store.replace(resource, context.organization_id, row)
        owners |= balances.owners(row)
        if name == "CustomerPayment" and "RetainerInvoice" in context.product.resources:
            _show_drawn(context, row)
    for owner in owners:
        balances.refresh(context, owner)


def _show_sum(context: Context, name: str, kind: applying.Kind, row: Row) -> None:
    if kind.source in context.product.resources:
        applying.show_on_target(context, kind, row)


@source("Books v3, retainer invoices, `payment_drawn`")
def _show_drawn(context: Context, payment: Row) -> None:
    """A retainer invoice shows how much of what it brought is applied to invoices."""
    kind = applying.kind_of("CustomerPayment", "RetainerInvoice")
    for link in links.find(context, kind.name, source=str(payment["payment_id"])):
        retainer = context.get("RetainerInvoice", link["target_id"])
        if retainer is None:
            continue
        paid = links.find(context, kind.name, target=str(link["target_id"]))
        payments = (context.get("CustomerPayment", each["source_id"]) for each in paid)
        given = GIVEN["CustomerPayment"]
        drawn = (used_of(each, given) for each in payments if each is not None)
        retainer["payment_drawn"] = sum(drawn, Decimal(0))
        resource = context.product.resources["RetainerInvoice"]
        context.store.replace(resource, context.organization_id, retainer)


def settle(context: Context, name: str, row: Row) -> None:
    """Write what is left of a record, and the status that follows from it."""
    if name in OWED:
        row["balance"] = totals.owed(row)
        follow_balance(name, row, context.now.date())
    elif name in GIVEN:
        _settle_given(context, name, row)


def follow_balance(name: str, row: Row, today: dt.date) -> None:
    """Write the status of an open document that follows from its balance and the day."""
    statuses = OWED[name]
    if row.get("status") in statuses.live:
        row["status"] = _status(row, statuses, today)


@source("Books knowledge base, life cycle of an invoice; Inventory, statuses of a bill")
def _status(row: Row, statuses: Owed, today: dt.date) -> str:
    """An open document is paid when nothing of its total is left, else overdue after its due date,
    else partially paid if anything of it is.
    """
    due, left = str(row.get("due_date") or ""), amount(row, "balance")
    if left <= 0 and amount(row, "total"):
        return "paid"
    if due and due < today.isoformat() and left > 0:
        return "overdue"
    if any(amount(row, name) for name in totals.PAID[:3]):
        return "partially_paid"
    now = str(row["status"])
    return now if now in statuses.others else statuses.first


@source("Books v3, credit notes, payments: balance, unused_amount, amount_refunded")
def left_of(row: Row, given: Given, refunded: Decimal) -> Decimal:
    """What is left of a payment or credit is neither applied nor refunded."""
    return amount(row, given.whole) - used_of(row, given) - refunded


def used_of(row: Row, given: Given) -> Decimal:
    """Return what a payment or credit has paid, as its own list says."""
    listed, member = given.used
    return sum((amount(each, member) for each in rows_of(row.get(listed))), Decimal(0))


def refunds_of(context: Context, name: str, row: Row) -> list[Row]:
    """Return the refunds of a payment or credit."""
    child = context.product.resources.get(GIVEN[name].refunds)
    if child is None:
        return []
    key = str(row[context.product.resources[name].id])
    return context.store.children(child, context.organization_id, key)


def _settle_given(context: Context, name: str, row: Row) -> None:
    given = GIVEN[name]
    refunds = refunds_of(context, name, row)
    refunded = sum((amount(each, "amount") for each in refunds), Decimal(0))
    left = Decimal(0) if row.get("status") == "void" else left_of(row, given, refunded)
    shown: Row = {
        given.left: left,
        given.refunded: refunded,
        given.total_used: used_of(row, given),
        given.refunds_on: list[Json](refunds),
        "bcy_unused_amount": balances.in_base(context, left, row),
        "bcy_balance": balances.in_base(context, left, row),
        "bcy_refunded_amount": balances.in_base(context, refunded, row),
        "bcy_amount": balances.in_base(context, amount(row, "amount"), row),
    }
    row.update({member: value for member, value in shown.items() if member in row})
    if name in ("CreditNote", "VendorCredit") and row.get("status") in ("open", "closed"):
        row["status"] = _closed_when_used(left)


@source("Books v3, credit notes: a status is open, closed or void")
def _closed_when_used(left: Decimal) -> str:
    """A credit of which nothing is left is closed, and open again when something is."""
    return "open" if left > 0 else "closed"
