"""Credit notes and vendor credits: open until they are used up or given back.

They are applied from either side: to the documents that a call on the credit names, or by a call on
an invoice or bill, which may use payments with something left as well.
"""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import applying, approvals, balances, payments, standing
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.applying import Kind
from zohorm.sandbox.rules.documents import DocumentRules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source

# The lists in the body of a call on an invoice or bill, and what their rows name.
_LISTS = {
    "invoice_payments": ("CustomerPayment", "payment_id"),
    "apply_creditnotes": ("CreditNote", "creditnote_id"),
    "bill_payments": ("VendorPayment", "payment_id"),
    "apply_vendor_credits": ("VendorCredit", "vendor_credit_id"),
}
_MADE_OF = {"CreditNote": ("Invoice", "invoice_id"), "VendorCredit": ("Bill", "bill_id")}


class CreditRules(DocumentRules):
    """What holds for credits of both kinds."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Complete the document, and see that it is not worth less than what was used of it."""
        super().settle(context, row, sent, before)
        if before is None:
            row["status"] = _first_status(sent)
        standing.settle(context, self.resource.name, row)
        given = standing.GIVEN[self.resource.name]
        if before is None:
            return
        if amount(row, given.left) < 0:
            _used_up()
        if balances.owners(row) != balances.owners(before) and self._is_used(context, row):
            _keeps_contact()

    def _is_used(self, context: Context, row: Row) -> bool:
        name = self.resource.name
        refunds = standing.refunds_of(context, name, row)
        return bool(refunds or standing.used_of(row, standing.GIVEN[name]))

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Apply the credit to the document that the call makes it of."""
        super().created(context, row, sent)
        target, parameter = _MADE_OF[self.resource.name]
        document = context.get(target, context.query.get(parameter))
        if document is not None and row["status"] == "open":
            _apply_at_once(context, applying.kind_of(self.resource.name, target), row, document)
        balances.follow(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the balances of the contacts follow."""
        super().updated(context, row, before)
        balances.follow_change(context, row, before)

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing of the credit was used."""
        if standing.refunds_of(context, self.resource.name, row):
            payments.refunded()
        if standing.used_of(row, standing.GIVEN[self.resource.name]):
            _applied()

    def deleted(self, context: Context, row: Row) -> None:
        """Let the balances of the contact follow."""
        super().deleted(context, row)
        balances.follow(context, row)

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check that a credit which was used is not made void."""
        super().allowed(context, row, sets)
        if sets.get("status") in ("void", "draft"):
            self.removable(context, row)

    def acted(self, context: Context, row: Row) -> None:
        """Apply the credit to the documents that the call names."""
        super().acted(context, row)
        target = _MADE_OF[self.resource.name][0]
        if context.operation.end == context.product.resources[target].path:
            _apply_to_many(context, applying.kind_of(self.resource.name, target), row)
        standing.follow(context, (self.resource.name, row))


def apply_to_document(context: Context, name: str, document: Row) -> None:
    """Apply the payments and credits that a call on an invoice or bill names.

    Raises:
        Refusal: one does not exist, or the amount is more than is left of it or of the document.
    """
    body = context.body if isinstance(context.body, dict) else {}
    for member, (payer_name, key) in _LISTS.items():
        if payer_name not in context.product.resources:
            continue
        for each in rows_of(body.get(member)):
            payer = context.get(payer_name, each.get(key))
            if payer is None:
                label = context.product.resources[payer_name].label
                raise unknown_record(label, status=context.switches.missing_reference)
            kind = applying.kind_of(payer_name, name)
            _use(context, kind, payer, document, amount(each, "amount_applied"))
            standing.follow(context, (name, document), (payer_name, payer))


def _apply_to_many(context: Context, kind: Kind, credit: Row) -> None:
    body = context.body if isinstance(context.body, dict) else {}
    resource = context.product.resources[kind.target]
    for each in rows_of(body.get(context.operation.end)):
        document = context.get(kind.target, each.get(resource.id))
        if document is None:
            raise unknown_record(resource.label, status=context.switches.missing_reference)
        _use(context, kind, credit, document, amount(each, "amount_applied"))
        standing.follow(context, (kind.source, credit), (kind.target, document))


def _use(context: Context, kind: Kind, payer: Row, document: Row, number: Decimal) -> None:
    """Apply an amount of which both sides have enough."""
    applying.check_sign(number)
    given = standing.GIVEN[kind.source]
    check_open(kind.source, payer)
    label = context.product.resources[kind.target].label.lower()
    applying.check_left(number, amount(document, "balance"), label)
    applying.check_left(number, amount(payer, given.left), "payment or credit")
    if number:
        applying.apply(context, kind, payer, document, number)
        payments.open_draft(kind.target, document)


def check_open(name: str, payer: Row) -> None:
    """Check that something of a payment or credit may be used.

    Raises:
        Refusal: it is a credit that is not open.
    """
    if name in _MADE_OF and payer.get("status") in ("draft", "void", *approvals.UNDECIDED):
        _not_open(str(payer["status"]))


def _first_status(sent: Row) -> str:
    return _as_draft() if sent.get("is_draft") is True else _opened_at_once()


@source("Books v3, credit notes, `is_draft`")
def _as_draft() -> str:
    """A credit is a draft if the body says so."""
    return "draft"


@source("Books v3, credit notes, `is_draft`; vendor credits, the status that answers show")
def _opened_at_once() -> str:
    """A new credit is open."""
    return "open"


@assumed("the documents name the parameter, not what it does to the balance")
def _apply_at_once(context: Context, kind: Kind, credit: Row, document: Row) -> None:
    """A credit that is made of an invoice or bill is applied to it as far as its balance goes."""
    number = min(amount(credit, "balance"), amount(document, "balance"))
    if number > 0 and document.get("status") in standing.OWED[kind.target].live:
        _use(context, kind, credit, document, number)
        standing.follow(context, (kind.source, credit), (kind.target, document))


@assumed("the documents do not say which credits can be applied")
def _not_open(status: str) -> None:
    """A credit is applied and refunded while it is open."""
    raise refusal(f"The credit is {status}; nothing of it can be used.")


@assumed("the documents do not say what becomes of documents whose credit is gone")
def _applied() -> None:
    """A credit that is applied to a document is neither deleted nor made void or a draft."""
    raise refusal("It is applied to documents; take it off them first.")


@assumed("the documents say so of invoices that were paid or credited")
def _keeps_contact() -> None:
    """The contact of a credit that was applied or refunded is not changed."""
    raise refusal("It is applied or refunded; its contact is fixed.")


@assumed("the documents do not say what becomes of what was applied")
def _used_up() -> None:
    """A credit cannot be made less than what was applied and refunded of it."""
    raise refusal("More than this total is applied or refunded already.")
