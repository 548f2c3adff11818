"""Payments and credits on documents: what may be applied to what, and what both sides list of it.

An amount that is applied is a link, see `links.py`. Used by payments, credits and invoices.
"""

from __future__ import annotations

from decimal import Decimal

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules import approvals, links
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source


@attrs.frozen(kw_only=True)
class Kind:
    """What is applied to what, and where both show it."""

    source: str
    target: str
    sum: str
    """The member of the target that sums these amounts up."""
    on_source: str = ""
    on_target: str = ""
    below_source: str = ""
    below_target: str = ""

    @property
    def name(self) -> str:
        """What its links are called."""
        return f"{self.source} on {self.target}"


KINDS = (
    Kind(
        source="CustomerPayment",
        target="Invoice",
        sum="payment_made",
        on_source="invoices",
        below_target="InvoicePayment",
    ),
    # It does not use the payment up: what a retainer brings is applied to invoices later.
    Kind(source="CustomerPayment", target="RetainerInvoice", sum="payment_made"),
    Kind(
        source="CreditNote",
        target="Invoice",
        sum="credits_applied",
        on_source="invoices",
        below_source="CreditNoteInvoice",
        below_target="InvoiceCredit",
    ),
    Kind(
        source="VendorPayment",
        target="Bill",
        sum="payment_made",
        on_source="bills",
        on_target="payments",
        below_target="BillPayment",
    ),
    Kind(
        source="VendorCredit",
        target="Bill",
        sum="vendor_credits_applied",
        on_source="bills_credited",
        on_target="vendor_credits",
        below_source="VendorCreditBill",
    ),
)
_CONTACTS = ("customer_id", "vendor_id")
_CLOSED = ("void", *approvals.UNDECIDED, "cancelled")


def kind_of(source: str, target: str) -> Kind:
    """Return how one resource is applied to another."""
    return next(kind for kind in KINDS if (kind.source, kind.target) == (source, target))


def apply(context: Context, kind: Kind, payer: Row, document: Row, number: Decimal) -> None:
    """Apply an amount of a payment or credit to a document.

    Raises:
        Refusal: the document is not theirs, or not open; the caller sees to it that both have
            as much left.
    """
    same_contact(payer, document)
    _still_open(context, kind, document)
    key = _key(context, kind.target, document)
    if not links.find(context, kind.name, target=key) and amount(document, kind.sum):
        # What a test has stored as paid stays paid.
        links.add(context, kind.name, "", key, amount(document, kind.sum))
    payer_key = _key(context, kind.source, payer)
    if kind.source.endswith("Payment"):
        # A payment lists each document once; a credit may be applied to one several times.
        for link in links.find(context, kind.name, source=payer_key, target=key):
            number += amount(link, "amount")
            forget(context, kind, link)
    links.add(context, kind.name, payer_key, key, number)


@source("Books v3, customer payments and vendor payments: the documents of the contact who pays")
def same_contact(payer: Row, document: Row) -> None:
    """A payment or credit pays documents of its own contact alone."""
    for name in _CONTACTS:
        known, wanted = document.get(name), payer.get(name)
        if known and wanted and known != wanted:
            raise refusal("The document belongs to another contact.")


@source("Zoho Billing knowledge base, statuses of an invoice: nobody pays a void one")
def _still_open(context: Context, kind: Kind, document: Row) -> None:
    """A void document takes no payment and no credit."""
    if document.get("status") in _CLOSED:
        label = context.product.resources[kind.target].label.lower()
        raise refusal(f"The {label} is {document['status']}; nothing can be applied to it.")


@source("Books v3, invoices and bills: an amount is applied up to the balance")
def check_left(wanted: Decimal, left: Decimal, what: str) -> None:
    """More than a document owes, or than a payment or credit has left, is not applied."""
    if wanted > left:
        raise refusal(f"The amount is more than what is left of the {what}.")


@assumed("the documents do not say what a negative amount does")
def _not_negative() -> None:
    """An amount to apply is not negative."""
    raise refusal("The amount to apply must not be negative.")


def check_sign(number: Decimal) -> None:
    """Check that an amount may be applied.

    Raises:
        Refusal: it is negative.
    """
    if number < 0:
        _not_negative()


def unapply(context: Context, kind: Kind, *, payer: str = "", document: str = "") -> set[str]:
    """Forget what a payer has applied, or what a document got; return the ids on the other side."""
    others: set[str] = set()
    for link in links.find(context, kind.name, source=payer, target=document):
        forget(context, kind, link)
        others.add(str(link["target_id"] if payer else link["source_id"]))
    return others - {""}


def forget(context: Context, kind: Kind, link: Row) -> None:
    """Forget one amount, and the rows below both sides that show it."""
    key = str(link["link_id"])
    links.drop(context, key)
    for name in (kind.below_source, kind.below_target):
        child = context.product.resources.get(name)
        if child is not None:
            context.store.delete(child, context.organization_id, key)


def show_on_target(context: Context, kind: Kind, document: Row) -> None:
    """Write the sum of what was applied to a document, and list it on and below the document."""
    found = links.find(context, kind.name, target=_key(context, kind.target, document))
    _put(document, kind.sum, links.total(found))
    payers = [(link, context.get(kind.source, link["source_id"])) for link in found]
    views = [(link, _view(link, payer)) for link, payer in payers if payer is not None]
    for link, view in views:
        view.update({"is_single_invoice_payment": len(views) == 1})
        _show_below(context, kind.below_target, link, view, str(link["target_id"]))
    _list(context, kind.target, kind.on_target, document, [view for _, view in views])
    if kind.source == "CustomerPayment":
        days = [str(payer["date"]) for _, payer in payers if payer is not None]
        _put(document, "last_payment_date", max(days, default=""))


def show_on_source(context: Context, kind: Kind, payer: Row) -> None:
    """List on and below a payment or credit what it was applied to."""
    views: list[Row] = []
    for link in links.find(context, kind.name, source=_key(context, kind.source, payer)):
        document = context.get(kind.target, link["target_id"])
        if document is not None:
            view = _view(link, document)
            view["creditnote_number"] = payer.get("creditnote_number", "")
            _show_below(context, kind.below_source, link, view, str(link["source_id"]))
            views.append(view)
    _list(context, kind.source, kind.on_source, payer, views)


def _view(link: Row, other: Row) -> Row:
    """Return an applied amount and the record on its other side, by the names that rows have."""
    key, number = link["link_id"], link["amount"]
    ids = ("invoice_payment_id", "bill_payment_id", "vendor_credit_bill_id")
    of_credits = ("creditnotes_invoice_id", "creditnote_invoice_id")
    return {
        **other,
        **dict.fromkeys((*ids, *of_credits), key),
        **dict.fromkeys(("amount", "amount_applied", "credited_amount"), number),
        "invoice_amount": other.get("total", ""),
        "balance_amount": other.get("balance", ""),
        "creditnotes_number": other.get("creditnote_number", ""),
        "credited_date": link.get("date", ""),
        "paid_through": other.get("paid_through_account_name", ""),
        "is_single_bill_payment": True,
    }


def _show_below(context: Context, name: str, link: Row, view: Row, parent: str) -> None:
    """Store or refresh the child record that shows a link."""
    child = context.product.resources.get(name)
    if child is None:
        return
    row = blank(child)
    row.update({member: _single(view[member]) for member in row if member in view})
    row[child.id] = key = str(link["link_id"])
    above = context.product.resources[child.parent or ""]
    _put(row, above.id, parent)
    if context.store.text(child, context.organization_id, key) is None:
        context.store.insert(child, context.organization_id, row, parent)
    else:
        context.store.replace(child, context.organization_id, row)


def _list(context: Context, name: str, member: str, row: Row, views: list[Row]) -> None:
    """Write the rows of a list; what a client has sent with one of them stays."""
    resource = context.product.resources[name]
    field = resource.fields.get(member)
    part = resource.embedded.get(field.of or "") if field is not None else None
    if member not in row or field is None or part is None:
        return
    key = part.id or ("invoice_id" if "invoice_id" in part.fields else "bill_id")
    before = {each.get(key): each for each in rows_of(row[member])}
    made: list[Json] = []
    for view in views:
        known = before.get(view.get(key)) or blank(resource, field.of)
        made.append({**known, **{m: _single(view[m]) for m in part.fields if m in view}})
    row[member] = made


def _single(value: Json) -> Json:
    return "" if isinstance(value, (list, dict)) else value


def _put(row: Row, name: str, value: Json) -> None:
    if name in row:
        row[name] = value


def _key(context: Context, name: str, row: Row) -> str:
    return str(row[context.product.resources[name].id])
