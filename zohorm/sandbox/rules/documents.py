"""Documents with lines beside invoices: orders, bills, quotes, credit notes of every product."""

from __future__ import annotations

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import approvals, lines, totals
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import source

# Which member shows the name of the record that another member names.
_NAMES = {
    "customer_id": ("customer_name", ("Contact", "Customer")),
    "vendor_id": ("vendor_name", ("Contact", "Vendor")),
}
# What is sold, bought or credited line by line. Journals, adjustments of stock and bundles have
# lines of another kind.
_WITH_TOTALS = frozenset(
    {
        "Bill",
        "CreditNote",
        "CustomerDebitNote",
        "DeliveryChallan",
        "Estimate",
        "PurchaseOrder",
        "RecurringBill",
        "RecurringInvoice",
        "RetainerInvoice",
        "SalesOrder",
        "SalesReceipt",
        "ShipmentOrder",
        "VendorCredit",
    }
)


def is_document(resource: Resource) -> bool:
    """Tell whether a resource has a date, a customer or vendor, and lines or totals."""
    return resource.name in _WITH_TOTALS or {"line_items", "total"} <= set(resource.fields)


class DocumentRules(Rules):
    """What holds for documents."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in names, date and lines, and compute the totals."""
        check_active(context, sent, before)
        if before is None:
            approvals.check_named(context, sent)
        if not row.get("date"):
            row["date"] = (before or {}).get("date") or context.today
        for member, (shown, kinds) in _NAMES.items():
            if member in sent:
                _fill_name(context, row, member, shown, kinds)
        if self.resource.name in _WITH_TOTALS and (lines.of(row) or lines.of(before or {})):
            totals.settle(context, row, sent, before)


def check_active(context: Context, sent: Row, before: Row | None) -> None:
    """Check that the contact of a new document is active.

    Raises:
        Refusal: it is inactive.
    """
    for member in _NAMES:
        contact = context.get("Contact", sent.get(member)) if before is None else None
        if contact is not None and contact.get("status") == "inactive":
            _inactive()


@source("Billing knowledge base, customers that are inactive")
def _inactive() -> None:
    """No document is made for an inactive contact."""
    raise refusal("The contact is inactive.")


def _fill_name(context: Context, row: Row, member: str, shown: str, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        other = context.get(kind, row.get(member))
        if other is not None:
            row[shown] = other.get("contact_name") or other.get("display_name") or ""
            if other.get("currency_code"):
                row["currency_id"] = other.get("currency_id", "")
                row["currency_code"] = other["currency_code"]
