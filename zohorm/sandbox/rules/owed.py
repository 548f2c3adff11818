"""Documents that somebody has to pay: invoices, retainer invoices and bills.

Their sums, balance and status are computed in `standing.py`; here is what may be done to them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import applying, balances, clockwork, credits, links, standing
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.documents import DocumentRules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source

_CREDITS = ("credits_applied", "vendor_credits_applied")


class OwedRules(DocumentRules):
    """What holds for each of them."""

    def wake(self, context: Context) -> None:
        """Turn open documents past their due date to overdue, once a day of the clock."""
        super().wake(context)
        wake(context, self.resource)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Complete the document, and see that what was paid on it still fits."""
        super().settle(context, row, sent, before)
        settle(context, self.resource.name, row, before)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the balances of the contact follow."""
        super().created(context, row, sent)
        balances.follow(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the balances of the contacts follow."""
        super().updated(context, row, before)
        balances.follow_change(context, row, before)

    def deleted(self, context: Context, row: Row) -> None:
        """Let the balances of the contact follow."""
        super().deleted(context, row)
        balances.follow(context, row)

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing was paid on the document."""
        super().removable(context, row)
        removable(context, self.resource.name, row)

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check that an action finds the document as it needs it."""
        super().allowed(context, row, sets)
        allowed(context, self.resource.name, row, sets)

    def acted(self, context: Context, row: Row) -> None:
        """Let payments, credits and balances follow an action."""
        super().acted(context, row)
        acted(context, self.resource.name, row)


def wake(context: Context, resource: Resource) -> None:
    """Turn open documents past their due date to overdue, once a day of the clock."""
    late = partial(standing.follow_balance, resource.name)
    clockwork.sweep(context, resource, "due_date", standing.OWED[resource.name].punctual, late)


def settle(context: Context, name: str, row: Row, before: Row | None) -> None:
    """Write the balance of a document that is about to be stored.

    Raises:
        Refusal: it was paid, in part at least, and the change does not fit that.
    """
    standing.settle(context, name, row)
    if before is None or not (paid(row) or amount(row, "write_off_amount")):
        return
    if paid(row) and balances.owners(row) != balances.owners(before):
        _keeps_contact(name, row)
    if amount(row, "balance") < 0:
        _not_below_paid()


def paid(row: Row) -> Decimal:
    """Return what payments and credits have paid of a document."""
    return amount(row, "payment_made") + _credited(row)


def _credited(row: Row) -> Decimal:
    return sum((amount(row, name) for name in _CREDITS), Decimal(0))


@source("Invoice v3, invoices, codes 3009 and 3010")
def _keeps_contact(name: str, row: Row) -> None:
    """The contact of a document that was paid or credited is not changed."""
    known = name == "Invoice"
    if _credited(row):
        raise refusal("Credits are applied; the contact is fixed.", 3009 if known else None)
    raise refusal("Payments are recorded; the contact is fixed.", 3010 if known else None)


@assumed("the documents do not say what becomes of money that is too much then")
def _not_below_paid() -> None:
    """The total of a document is not made less than what was paid on it and written off."""
    raise refusal("More than this total is paid or written off already.")


@source("Invoice v3, invoices, codes 4001 and 12008; Books v3, delete a bill, a retainer invoice")
def removable(context: Context, name: str, row: Row) -> None:
    """A document on which payments or credits are recorded is not deleted."""
    known = name == "Invoice"
    label = context.product.resources[name].label.lower()
    if amount(row, "payment_made"):
        raise refusal(f"Payments are recorded for the {label}.", 4001 if known else None)
    if _credited(row):
        raise refusal(f"Credits are applied to the {label}.", 12008 if known else None)


def allowed(context: Context, name: str, row: Row, sets: Row) -> None:
    """Check that an action finds a document as it needs it.

    Raises:
        Refusal: it does not.
    """
    end = context.operation.end
    live = standing.OWED[name].live
    status = row.get("status")
    if end == "writeoff" and (status not in live or not amount(row, "balance")):
        _open_to_write_off()
    if end == "cancel" and not amount(row, "write_off_amount"):
        _written_off_before()
    if end == "paymentreminder" and (status not in live or not amount(row, "balance")):
        _open_to_remind()
    if sets.get("status") == "void" and name == "Bill" and paid(row):
        _bill_not_paid()


@assumed("the documents speak of the balance that is written off, not of other invoices")
def _open_to_write_off() -> None:
    """An invoice is written off while it is open and has a balance."""
    raise refusal("Only an open invoice with a balance can be written off.")


@assumed("the documents do not say what is cancelled without a write-off")
def _written_off_before() -> None:
    """A write-off is cancelled where there was one."""
    raise refusal("Nothing of the invoice was written off.")


@source("Books v3, invoices, remind a customer: for open and overdue invoices alone")
def _open_to_remind() -> None:
    """A customer is reminded of an open or overdue invoice."""
    raise refusal("Reminders are for open and overdue invoices.")


@assumed("the documents say what becomes of payments for invoices, not for bills")
def _bill_not_paid() -> None:
    """A bill that was paid, in part at least, is not made void."""
    raise refusal("Payments or credits are recorded for the bill.")


def acted(context: Context, name: str, row: Row) -> None:
    """Let payments, credits, balance and status follow an action."""
    path = context.operation.path
    if path.endswith("/writeoff"):
        row["write_off_amount"] = amount(row, "write_off_amount") + amount(row, "balance")
    elif path.endswith("/writeoff/cancel"):
        row["write_off_amount"] = Decimal(0)
    elif path.endswith("/credits"):
        credits.apply_to_document(context, name, row)
    if row.get("status") == "void":
        _release(context, name, row)
    standing.follow(context, (name, row))


@source("Books v3, invoices and retainer invoices, void")
def _release(context: Context, name: str, row: Row) -> None:
    """What was paid or credited on an invoice that becomes void is there to be used again."""
    key = str(row[context.product.resources[name].id])
    for kind in applying.KINDS:
        if kind.target != name or kind.source not in context.product.resources:
            continue
        for link in links.find(context, kind.name, target=key):
            applying.forget(context, kind, link)
            payer = context.get(kind.source, link["source_id"])
            if payer is not None:
                standing.follow(context, (kind.source, payer))
        row.update({kind.sum: Decimal(0)} if kind.sum in row else {})
    row.update({"write_off_amount": Decimal(0)} if "write_off_amount" in row else {})
