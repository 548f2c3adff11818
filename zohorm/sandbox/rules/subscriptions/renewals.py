"""What the clock does to subscriptions: trials end, terms are billed, what was cancelled stops."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.stating import source
from zohorm.sandbox.rules.subscriptions import billing, terms
from zohorm.sandbox.store import Store, Where

_SEEN = "subscriptions seen on day"
_RUNNING = Where(" AND \"f_status\" IN ('future', 'trial', 'live', 'non_renewing')")


def renew(context: Context) -> None:
    """Bring every subscription up to today, once a day of the clock."""
    today = context.now.date()
    if context.store.value(context.organization_id, _SEEN) >= today.toordinal():
        return
    context.store.set_value(context.organization_id, _SEEN, today.toordinal())
    resource = context.product.resources["Subscription"]
    for row in context.store.rows(resource, context.organization_id, _RUNNING):
        moved = False
        while _is_due(row, today.isoformat()):
            _step(context, row, str(row["next_billing_at"]))
            moved = True
        if moved:
            context.store.replace(resource, context.organization_id, row)


def look_again(store: Store, organization: str) -> None:
    """Look again at the next call, after a test has stored a subscription."""
    store.set_value(organization, _SEEN, 0)


def _is_due(row: Row, today: str) -> bool:
    due = str(row.get("next_billing_at") or "")
    return bool(due) and due <= today and row.get("status") not in terms.ENDED


def _step(context: Context, row: Row, day: str) -> None:
    """Do what falls on the day on which a term of a subscription ends."""
    status = row.get("status")
    if status == "future":
        start(context, row, day)
    elif status == "non_renewing":
        _end(context, row, "cancelled", day)
    elif status == "trial":
        terms.activate(row, _plan(context, row), day)
        billing.bill_term(context, row, day, is_first=True)
        billing.note(context, "subscription_activation", "subscription", row)
    elif row.get("expires_at") and day >= str(row["expires_at"]):
        _end(context, row, "expired", day)
    else:
        _renew(context, row, day)


def start(context: Context, row: Row, day: str) -> None:
    """Let a subscription begin: its trial, or its first term, which is billed at once."""
    terms.begin(row, _plan(context, row), day, day)
    if row["status"] == "live":
        billing.bill_term(context, row, day, is_first=True)


@source("Billing v1, events: subscription_renewed; subscriptions: `next_billing_at`")
def _renew(context: Context, row: Row, day: str) -> None:
    """When a term ends the next one begins and is billed."""
    terms.advance(row, day)
    billing.bill_term(context, row, day, is_first=False)
    billing.note(context, "subscription_renewed", "subscription", row)


@source("Billing v1, subscriptions: cancel at the end of the term; `expires_at`")
def _end(context: Context, row: Row, status: str, day: str) -> None:
    """A subscription that is not to be renewed ends with its term."""
    terms.stop(row, status, day)
    billing.note(context, f"subscription_{status}", "subscription", row)


def _plan(context: Context, row: Row) -> Row:
    given = row.get("plan")
    code = given.get("plan_code") if isinstance(given, dict) else None
    return context.get("Plan", code) or {}
