"""Estimates: sent, accepted or declined, expired by the clock, and invoiced."""

from __future__ import annotations

import datetime as dt

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal, unknown_record
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import approvals, clockwork, kits
from zohorm.sandbox.rules.documents import DocumentRules
from zohorm.sandbox.rules.stating import assumed, source
from zohorm.sandbox.store import Store

_DAYS = {"accepted": "accepted_date", "declined": "declined_date"}


class EstimateRules(DocumentRules):
    """What holds for estimates."""

    def wake(self, context: Context) -> None:
        """Turn sent estimates past their expiry date to expired, once a day of the clock."""
        super().wake(context)
        clockwork.sweep(context, self.resource, "expiry_date", ("sent",), _expire)

    def inserted(self, store: Store, organization: str) -> None:
        """Look again at the next call for estimates past their expiry date."""
        clockwork.look_again(store, self.resource, organization)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Complete the estimate; refuse items that are inactive; let the expiry date count."""
        super().settle(context, row, sent, before)
        for line in rows_of(row.get("line_items")) if "line_items" in sent else ():
            if kits.find(context, line.get("item_id")).get("status") == "inactive":
                _active_items()
        if "expiry_date" in sent and row.get("status") in ("sent", "expired"):
            _follow_date(row, context.now.date())

    def acted(self, context: Context, row: Row) -> None:
        """Write down when it was accepted or declined; a mail makes a draft a sent one."""
        super().acted(context, row)
        member = _DAYS.get(context.operation.end)
        if member in row:
            row[str(member)] = context.today
        if context.operation.end == "email" and row.get("status") == "draft":
            row["status"] = "sent"
        if row.get("status") == "sent":
            _expire(row, context.now.date())


@source("Zoho Invoice FAQ, statuses of estimates")
def _expire(row: Row, today: dt.date) -> None:
    """A sent estimate is expired after its expiry date."""
    if row.get("status") == "sent" and "" < str(row.get("expiry_date") or "") < today.isoformat():
        row["status"] = "expired"


@assumed("the documents do not say what a later expiry date does")
def _follow_date(row: Row, today: dt.date) -> None:
    """An expired estimate is sent again when its expiry date is moved."""
    row["status"] = "sent"
    _expire(row, today)


@source("Invoice v3, estimates, code 2007")
def _active_items() -> None:
    """An estimate is not made for inactive items."""
    raise Refusal(400, 2007, "The estimate has inactive items.")


def invoiced(context: Context, sent: Row) -> None:
    """Mark the estimate that a new invoice names as invoiced.

    Raises:
        Refusal: there is none.
    """
    key = sent.get("invoiced_estimate_id")
    resource = context.product.resources.get("Estimate")
    if not key or resource is None:
        return
    row = context.get("Estimate", key)
    if row is None:
        raise unknown_record("Estimate", status=context.switches.missing_reference)
    approvals.check(row, "estimate")
    _mark(row)
    context.store.replace(resource, context.organization_id, row)


@source("Zoho Invoice FAQ, statuses of estimates; Books v3, invoices, `invoiced_estimate_id`")
def _mark(row: Row) -> None:
    """An estimate of which an invoice is made is invoiced."""
    row["status"] = "invoiced"
