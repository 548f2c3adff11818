"""What holds for single resources only: one module per resource, named functions, no HTTP.

The generic server asks the rules of a resource at each step and knows nothing else of invoices or
contacts. A resource without rules of its own gets those of documents if it has lines, else `Rules`,
which do nothing.
"""

from __future__ import annotations

from functools import cache

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.rules import (
    bills,
    contacts,
    credits,
    currencies,
    custom_modules,
    documents,
    estimates,
    expenses,
    invoices,
    items,
    levels,
    organizations,
    owed,
    payments,
    recurring,
    refunds,
    reported,
    reports,
    taxes,
    trading,
    trips,
    warehouses,
)
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.statuses import PRODUCTS
from zohorm.sandbox.rules.subscriptions import pages, records
from zohorm.sandbox.rules.visiting import Visit
from zohorm.sandbox.store import Follower

VISITS: tuple[Visit, ...] = (pages.VISIT,)
"""The pages that customers open in a browser."""
FOLLOWERS: tuple[Follower, ...] = (levels.follow,)
"""What the store tells of every record: stock follows documents however they come to be."""

_KNOWN: dict[str, type[Rules]] = {
    "Bundle": warehouses.BundleRules,
    "Contact": contacts.ContactRules,
    "ContactAddress": contacts.AddressRules,
    "ContactPerson": contacts.PersonRules,
    "CustomModuleRecord": custom_modules.ModuleRules,
    "ExchangeRate": currencies.RateRules,
    "Expense": expenses.ExpenseRules,
    "Invoice": invoices.InvoiceRules,
    "InvoiceComment": invoices.CommentRules,
    "Item": items.ItemRules,
    "Organization": organizations.OrganizationRules,
    "Package": warehouses.PackageRules,
    "PurchaseReceive": warehouses.ReceiveRules,
    "RecurringBill": recurring.RecurringRules,
    "RecurringExpense": recurring.RecurringExpenseRules,
    "RecurringInvoice": recurring.RecurringRules,
    "SalesReturnReceive": warehouses.ReturnReceiveRules,
    "ShipmentOrder": warehouses.ShipmentRules,
    "Tax": taxes.TaxRules,
    "TaxGroup": taxes.GroupRules,
    "TransferOrder": warehouses.TransferRules,
}
# Of the products that keep books; others have documents of the same names with other rules.
_OF_BOOKS: dict[str, type[Rules]] = {
    "Bill": bills.BillRules,
    "BillPayment": payments.AppliedPaymentRules,
    "CreditNote": credits.CreditRules,
    "CreditNoteInvoice": payments.AppliedPaymentRules,
    "CreditNoteRefund": refunds.RefundRules,
    "CustomerPayment": payments.PaymentRules,
    "CustomerPaymentRefund": refunds.RefundRules,
    "Estimate": estimates.EstimateRules,
    "PurchaseOrder": trading.OrderRules,
    "SalesOrder": trading.OrderRules,
    "InvoiceCredit": payments.AppliedPaymentRules,
    "InvoicePayment": payments.AppliedPaymentRules,
    "RetainerInvoice": owed.OwedRules,
    "VendorCredit": credits.CreditRules,
    "VendorCreditBill": payments.AppliedPaymentRules,
    "VendorCreditRefund": refunds.RefundRules,
    "VendorPayment": payments.PaymentRules,
    "VendorPaymentRefund": refunds.RefundRules,
}
_OF_EXPENSE: dict[str, type[Rules]] = {
    "Expense": reported.ReportedExpenseRules,
    "ExpenseReport": reports.ReportRules,
    "Trip": trips.TripRules,
}
_OF_SUBSCRIPTIONS: dict[str, type[Rules]] = {
    "Customer": records.WakingRules,
    "Event": records.WakingRules,
    "HostedPage": pages.HostedPageRules,
    "Invoice": records.InvoiceRules,
    "Subscription": records.SubscriptionRules,
}
_OF_PRODUCT = {
    **dict.fromkeys(PRODUCTS, _OF_BOOKS),
    "expense": _OF_EXPENSE,
    "subscriptions": _OF_SUBSCRIPTIONS,
}


@cache
def of(resource: Resource) -> Rules:
    """Return the rules of a resource."""
    other = documents.DocumentRules if documents.is_document(resource) else Rules
    known = _KNOWN | _OF_PRODUCT.get(resource.product, {})
    return known.get(resource.name, other)(resource)
