"""What others refer to is not removed: contacts, items, taxes, currencies and accounts in use.

Which resources count is data; that a record is named in one of their records is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import finding
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import stated

_SALES = (
    *("Estimate", "SalesOrder", "Invoice", "RetainerInvoice", "RecurringInvoice"),
    *("CreditNote", "SalesReceipt", "SalesReturn", "DeliveryChallan", "CustomerDebitNote"),
)
_PURCHASES = (
    *("PurchaseOrder", "Bill", "RecurringBill", "VendorCredit"),
    *("Expense", "RecurringExpense"),
)
_PAYMENTS = ("CustomerPayment", "VendorPayment")
_REFUNDS = (
    *("CustomerPaymentRefund", "CreditNoteRefund"),
    *("VendorPaymentRefund", "VendorCreditRefund"),
)
_BOOKED = (*_SALES, *_PURCHASES, *_PAYMENTS, *_REFUNDS, "Journal", "BankTransaction", "FixedAsset")


@attrs.frozen
class Use:
    """The resources whose records keep a record of another one from being removed."""

    by: tuple[str, ...]
    source: str = attrs.field(default="", kw_only=True)
    because: str = attrs.field(default="", kw_only=True)


USES: Mapping[str, Use] = {
    "Contact": Use(
        (*_SALES, *_PURCHASES, *_PAYMENTS, "Project", "Journal"),
        source="Billing knowledge base, deleting a customer: its transactions go first",
    ),
    "Item": Use(
        (*_SALES, *_PURCHASES, "ItemAdjustment", "TransferOrder", "CompositeItem", "Bundle"),
        source="Books v3, delete an item",
    ),
    "CompositeItem": Use(
        (*_SALES, *_PURCHASES, "ItemAdjustment", "TransferOrder", "Bundle"),
        because="the documents say so of items that are not composite",
    ),
    "Tax": Use(
        (*_SALES, *_PURCHASES, "Journal", "Item", "TaxGroup"),
        because="the documents say so of tax groups",
    ),
    "TaxGroup": Use((*_SALES, *_PURCHASES, "Journal"), source="Books v3, delete a tax group"),
    "Currency": Use(
        (*_BOOKED, "Contact"), source="Books v3, delete a currency; that contacts count is assumed"
    ),
    "Account": Use((*_BOOKED, "Item"), source="Books v3, delete an account"),
    "BankAccount": Use(_BOOKED, because="the documents say so of other accounts"),
}


def _note(name: str, use: Use) -> Callable[[], None]:
    says = f"A record of `{name}` that one of these names is not deleted: {', '.join(use.by)}."
    return stated(f"references.{name}", says, source=use.source, because=use.because)


_NOTES = {name: _note(name, use) for name, use in USES.items()}


def check(context: Context, row: Row) -> None:
    """Check that no record of those that count names this one.

    Raises:
        Refusal: one does.
    """
    use = USES.get(context.resource.name)
    if use is None:
        return
    key = str(row[context.resource.id])
    for name in use.by:
        resource = context.product.resources.get(name)
        if resource is not None and finding.is_held(context, resource, key):
            _NOTES[context.resource.name]()
            other = resource.label.lower()
            label = context.resource.label.lower()
            raise refusal(f"The {label} is used in a {other} and cannot be deleted.")
