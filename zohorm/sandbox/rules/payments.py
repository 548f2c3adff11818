"""Payments of customers and to vendors: what they pay, what is left of them, and taking them back.

The list in a payment says what it pays: what a body sends replaces it, and the documents follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import applying, balances, currencies, links, naming, standing
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.applying import Kind
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source

_RETAINER = "RetainerInvoice"


class PaymentRules(Rules):
    """What holds for payments; the list of one resource names what a payment of it pays."""

    @property
    def kind(self) -> Kind:
        """How these payments are applied."""
        target = "Bill" if self.resource.name == "VendorPayment" else "Invoice"
        return applying.kind_of(self.resource.name, target)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in the contact, and see that nothing is paid twice or with more than there is."""
        if before is None:
            row["date"] = row.get("date") or context.today
        naming.fill_contact(context, row, sent)
        currencies.fill(context, row, sent, before)
        has_moved = before is not None and balances.owners(row) != balances.owners(before)
        if before is None or has_moved or self.kind.on_source in sent or "amount" in sent:
            self._check(context, row, before)
            for link, retainer in _retained(context, row) if before is not None else ():
                _follows(context, row, link, retainer)
        if before is not None and standing.refunds_of(context, self.resource.name, row):
            _same_payer(row, before)
        standing.settle(context, self.resource.name, row)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Pay the documents, or the retainer invoice, that the payment names."""
        changed = self._pay(context, row)
        retainer = context.get(_RETAINER, sent.get("retainerinvoice_id"))
        if retainer is not None:
            kind = applying.kind_of(self.resource.name, _RETAINER)
            _pay_retainer(context, kind, row, retainer)
            changed.append((_RETAINER, retainer))
        standing.follow(context, *changed, (self.resource.name, row))

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let documents follow what the payment pays now."""
        changed = self._pay(context, row)
        changed += [(_RETAINER, retainer) for _, retainer in _retained(context, row)]
        standing.follow(context, *changed, (self.resource.name, row))
        balances.follow(context, before)

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing of the payment was given back."""
        if standing.refunds_of(context, self.resource.name, row):
            refunded()

    def deleted(self, context: Context, row: Row) -> None:
        """Give the documents back what the payment had paid."""
        key = str(row[self.resource.id])
        for kind in applying.KINDS:
            if kind.source == self.resource.name:
                released = applying.unapply(context, kind, payer=key)
                found = (context.get(kind.target, each) for each in sorted(released))
                changed = [(kind.target, each) for each in found if each is not None]
                standing.follow(context, *changed)
        balances.follow(context, row)

    def _check(self, context: Context, row: Row, before: Row | None) -> None:
        kind = self.kind
        known = {str(link["target_id"]): link for link in self._links(context, row)}
        wanted = _wanted(context, kind, row)
        for key, number in wanted.items():
            document = context.get(kind.target, key)
            applying.check_sign(number)
            if document is None or not number:
                continue
            applying.same_contact(row, document)
            held = amount(known[key], "amount") if key in known else Decimal(0)
            label = context.product.resources[kind.target].label.lower()
            if number != held:
                applying.check_left(number, amount(document, "balance") + held, label)
        refunds = standing.refunds_of(context, self.resource.name, row)
        given = sum((amount(each, "amount") for each in refunds), Decimal(0))
        whole = amount(row, "amount") - given
        applying.check_left(sum(wanted.values(), Decimal(0)), whole, "payment")

    def _links(self, context: Context, row: Row) -> list[Row]:
        return links.find(context, self.kind.name, source=str(row[self.resource.id]))

    def _pay(self, context: Context, row: Row) -> list[tuple[str, Row]]:
        """Make the links what the list of the payment says; return the documents that changed."""
        kind = self.kind
        wanted = {key: each for key, each in _wanted(context, kind, row).items() if each}
        known = {str(link["target_id"]): link for link in self._links(context, row)}
        keys = [
            key
            for key in dict.fromkeys((*known, *wanted))
            if key not in known or amount(known[key], "amount") != wanted.get(key)
        ]
        changed: list[tuple[str, Row]] = []
        for key in keys:
            document = context.get(kind.target, key)
            if key in known and key in wanted:
                links.change(context, known[key], wanted[key])
            elif key in known:
                applying.forget(context, kind, known[key])
            if document is None:
                continue
            if key in wanted and key not in known:
                applying.apply(context, kind, row, document, wanted[key])
                open_draft(kind.target, document)
            changed.append((kind.target, document))
        return changed


class AppliedPaymentRules(Rules):
    """What holds for the payments below an invoice or bill: deleting one takes it off."""

    _KINDS: Mapping[str, tuple[str, str]] = {
        "InvoicePayment": ("CustomerPayment", "Invoice"),
        "BillPayment": ("VendorPayment", "Bill"),
        "InvoiceCredit": ("CreditNote", "Invoice"),
        "CreditNoteInvoice": ("CreditNote", "Invoice"),
        "VendorCreditBill": ("VendorCredit", "Bill"),
    }

    def deleted(self, context: Context, row: Row) -> None:
        """Take the amount off the document; the payment or credit has it again."""
        link = links.get(context, str(row[self.resource.id]))
        if link is not None:
            _taken_off(context, applying.kind_of(*self._KINDS[self.resource.name]), link)


@source("Books v3, invoices, bills and credit notes: delete a payment, delete applied credits")
def _taken_off(context: Context, kind: Kind, link: Row) -> None:
    """A payment or credit that is taken off a document is there to be used again."""
    applying.forget(context, kind, link)
    payer = context.get(kind.source, link["source_id"])
    document = context.get(kind.target, link["target_id"])
    found = ((kind.source, payer), (kind.target, document))
    standing.follow(context, *((name, each) for name, each in found if each is not None))


@assumed("the documents do not say what a payment does to a draft")
def _opened(name: str, document: Row) -> None:
    """A draft that is paid becomes an open document."""
    document["status"] = standing.OWED[name].first


def open_draft(name: str, document: Row) -> None:
    """Open a document that gets a payment or credit, if it is a draft."""
    if document.get("status") in ("draft", "approved"):
        _opened(name, document)


@source("Books v3, customer payments, `retainerinvoice_id`")
def _pay_retainer(context: Context, kind: Kind, payment: Row, retainer: Row) -> None:
    """A payment for a retainer invoice pays it, and is there to be applied to invoices."""
    number = amount(payment, "amount")
    applying.check_left(number, amount(retainer, "balance"), "retainer invoice")
    applying.apply(context, kind, payment, retainer, number)
    open_draft(_RETAINER, retainer)


def _retained(context: Context, payment: Row) -> list[tuple[Row, Row]]:
    """Return the retainer invoices that a payment has paid, each with its link."""
    if payment.get("customer_id") is None or _RETAINER not in context.product.resources:
        return []
    name = applying.kind_of("CustomerPayment", _RETAINER).name
    found = links.find(context, name, source=str(payment["payment_id"]))
    pairs = ((link, context.get(_RETAINER, link["target_id"])) for link in found)
    return [(link, retainer) for link, retainer in pairs if retainer is not None]


@assumed("the documents do not say what another amount or contact of such a payment does")
def _follows(context: Context, payment: Row, link: Row, retainer: Row) -> None:
    """A payment for a retainer invoice pays it with its amount as it is now, up to the balance."""
    applying.same_contact(payment, retainer)
    number, held = amount(payment, "amount"), amount(link, "amount")
    applying.check_left(number, amount(retainer, "balance") + held, "retainer invoice")
    links.change(context, link, number)


@assumed("the documents say how a refund is deleted, not what becomes of it without its payment")
def refunded() -> None:
    """A payment or credit that was refunded is not deleted before its refunds are."""
    raise refusal("It was refunded; delete the refunds first.")


@assumed("money that was given back cannot have come from somebody else")
def _same_payer(row: Row, before: Row) -> None:
    """A payment that was refunded stays with its contact."""
    if balances.owners(row) != balances.owners(before):
        raise refusal("It was refunded; its contact cannot be changed.")


def _wanted(context: Context, kind: Kind, row: Row) -> dict[str, Decimal]:
    """Return what a payment pays of each document, by the ids of these."""
    wanted: dict[str, Decimal] = {}
    name = context.product.resources[kind.target].id
    for each in rows_of(row.get(kind.on_source)):
        key = str(each.get(name) or "")
        if key and context.get(kind.target, key) is None:
            label = context.product.resources[kind.target].label
            raise unknown_record(label, status=context.switches.missing_reference)
        if key:
            wanted[key] = wanted.get(key, Decimal(0)) + amount(each, "amount_applied")
    return wanted
