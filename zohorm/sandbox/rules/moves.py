"""The moves from status to status that actions may make, per resource: data, no code.

What public documents leave open is assumed, with the reason. An action that is repeated because its
answer was lost finds the record where it wants it, and succeeds; only a document that is void is
not voided again, and what is handed in for approval is not handed in, decided on or paid twice. The
facts do not call such actions repeatable.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

_LEFT_OPEN = "the documents do not say what it may follow on"
_AGAIN = "the documents say what it is for, not that other documents are refused"
_HANDED_IN = "the help submits drafts; it does not say what follows on a rejection"
_DECIDED = "Inventory v1, approve and reject: what was submitted; Books help, transaction approval"


@attrs.frozen
class Move:
    """The status that an action sets, and those on which it may follow."""

    to: str
    origins: tuple[str, ...]
    source: str = attrs.field(default="", kw_only=True)
    because: str = attrs.field(default="", kw_only=True)
    code: int | None = attrs.field(default=None, kw_only=True)
    """The code of the refusal, where a source names it."""


_APPROVAL = (
    Move("pending_approval", ("draft", "rejected"), because=_HANDED_IN),
    Move("approved", ("pending_approval",), source=_DECIDED),
    Move("rejected", ("pending_approval",), source=_DECIDED),
)
_UNDECIDED = ("pending_approval", "rejected")
_TAKEN_BACK = "Books help, manage approvals: what was submitted is made a draft again"
_SENT = ("sent", "viewed", "overdue", "partially_paid", "paid")
_INVOICE = (
    *_APPROVAL,
    Move("sent", ("draft", "approved", *_SENT), because=_AGAIN),
    Move("draft", ("void", *_UNDECIDED, "draft"), source=f"Books v3, mark as draft; {_TAKEN_BACK}"),
    Move("void", ("draft", *_UNDECIDED, "approved", *_SENT), because=_LEFT_OPEN),
)
_ESTIMATES = "Zoho Invoice FAQ, statuses of estimates"
_ORDERED = ("open", "confirmed", "approved", "onhold", "overdue")
_RECURRING = (
    Move("stopped", ("active", "stopped"), source="Books v3, recurring invoices, stop"),
    Move("active", ("stopped", "active"), source="Books v3, recurring invoices, resume"),
)

MOVES: Mapping[str, tuple[Move, ...]] = {
    "Invoice": _INVOICE,
    "RetainerInvoice": _INVOICE,
    "Estimate": (
        *_APPROVAL,
        Move(
            "sent",
            ("draft", "approved", "sent", "accepted", "declined", "expired"),
            source=_ESTIMATES,
        ),
        Move("accepted", ("sent", "accepted", "declined", "expired"), source=_ESTIMATES),
        Move("declined", ("sent", "accepted", "declined", "expired"), source=_ESTIMATES),
        Move("draft", ("draft",), source="Invoice v3, estimates, code 4041", code=4041),
    ),
    "SalesOrder": (
        *_APPROVAL,
        Move("open", ("draft", *_ORDERED), because=_AGAIN),
        Move("confirmed", ("draft", *_ORDERED), because=_AGAIN),
        Move("void", ("draft", *_UNDECIDED, *_ORDERED), because=_LEFT_OPEN),
    ),
    "PurchaseOrder": (
        *_APPROVAL,
        Move("open", ("draft", "approved", "issued", "open", "billed"), because=_AGAIN),
        Move("issued", ("draft", "approved", "open", "issued"), because=_AGAIN),
        Move("billed", ("open", "issued", "received", "billed"), because=_LEFT_OPEN),
        Move(
            "cancelled",
            ("open", "issued", "cancelled"),
            source="Books help, purchase orders, cancel purchase orders",
        ),
    ),
    "Bill": (
        *_APPROVAL,
        Move(
            "open",
            ("draft", "approved", "void", "open", "overdue", "partially_paid", "paid"),
            because=_AGAIN,
        ),
        Move("void", ("draft", *_UNDECIDED, "approved", "open", "overdue"), because=_AGAIN),
    ),
    "CreditNote": (
        *_APPROVAL,
        Move(
            "open", ("draft", "approved", "open", "closed"), source="Books v3, credit notes, open"
        ),
        Move(
            "draft",
            ("void", *_UNDECIDED, "draft"),
            source=f"Books v3, credit notes, draft; {_TAKEN_BACK}",
        ),
        Move("void", ("draft", *_UNDECIDED, "approved", "open"), because=_LEFT_OPEN),
    ),
    "VendorCredit": (
        *_APPROVAL,
        Move("open", ("draft", "approved", "void", "open", "closed"), because=_LEFT_OPEN),
        Move("void", ("draft", *_UNDECIDED, "approved", "open"), because=_LEFT_OPEN),
    ),
    "Journal": (
        Move("published", ("draft", "published"), source="Books v3, journals, mark as published"),
        Move("draft", ("draft",), because="no action of the documents takes it back"),
    ),
    "TransferOrder": (
        *_APPROVAL,
        Move("in_transit", ("draft", "approved", "in_transit"), because=_LEFT_OPEN),
        Move("transferred", ("draft", "approved", "in_transit", "transferred"), because=_LEFT_OPEN),
    ),
    "RecurringInvoice": _RECURRING,
    "RecurringBill": _RECURRING,
    "RecurringExpense": _RECURRING,
    "ShipmentOrder": (
        Move("delivered", ("shipped", "delivered"), because="what is delivered was shipped before"),
    ),
    "ExpenseReport": (
        Move("submitted", ("draft", "rejected", "recalled"), because=_LEFT_OPEN),
        Move(
            "approved",
            ("submitted", "rejected"),
            source="Expense help, reports, approving reports: also one that was rejected",
        ),
        Move(
            "rejected",
            ("submitted",),
            because="the help shows it for reports that await approval, and no other refused",
        ),
        Move(
            "reimbursed",
            ("approved",),
            source="Expense knowledge base, reimbursing reports: approved ones",
        ),
    ),
    "Trip": (
        Move(
            "approved",
            ("submitted", "rejected"),
            source="Expense v1, approve a trip; Expense help, approving trips: a rejected one too",
        ),
        Move("rejected", ("submitted",), source="Expense v1, reject a trip"),
        Move(
            "cancelled",
            ("approved",),
            because="the help of Zoho ERP, which has such trips too, cancels only approved ones",
        ),
        Move("closed", ("approved", "closed"), source="Expense v1, close a trip"),
    ),
}
