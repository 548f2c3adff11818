"""Trips: a budget that is approved or rejected, and a journey that is cancelled or closed."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.givens import USER
from zohorm.sandbox.resources.checks import members
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import currencies
from zohorm.sandbox.rules.amounts import amount, exactly
from zohorm.sandbox.rules.finding import naming
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import source

TRIP = "Trip"
_STAYS = ("approved", "closed", "cancelled")


class TripRules(Rules):
    """What holds for trips."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Compute the budget in the base currency."""
        if before is None:
            row["status"] = "draft"
            row["created_date"] = context.today
        elif before.get("status") == "submitted":
            _recalled_first()
        with exactly():
            money = currencies.fill(context, row, sent, before)
            row["budget_amount"] = money.rounded(amount(row, "budget_amount"))
            row["bcy_budget_amount"] = currencies.base(amount(row, "budget_amount"), money)
        row["reports_count"] = _reports(context, str(row["trip_id"]))

    def removable(self, context: Context, row: Row) -> None:
        """Check that the trip is not decided on."""
        super().removable(context, row)
        if row.get("status") in _STAYS:
            _undecided(str(row["status"]))

    def acted(self, context: Context, row: Row) -> None:
        """Write down who decided, when, and what was said."""
        key, name, email = USER
        end = context.operation.end
        if end in ("approve", "reject"):
            row.update(approver_id=key, approver_name=name, approver_email=email)
            row["approved_date"] = context.today if end == "approve" else ""
        row["comments"] = [*rows_of(row.get("comments")), *_comments(context)]
        row["reports_count"] = _reports(context, str(row["trip_id"]))


def _comments(context: Context) -> list[Row]:
    """Return what the body of an action says, as said by the user of the token."""
    body = context.body if isinstance(context.body, dict) else {}
    said = members(context.resource, context.operation.body, body).get("comments")
    key, name, _ = USER
    return [
        {
            "description": each.get("description", ""),
            "commented_by_id": key,
            "commented_by": name,
        }
        for each in rows_of(said)
    ]


@source("Expense help, trips, statuses: one that awaits approval is recalled to edit it")
def _recalled_first() -> None:
    """A trip that is submitted is not changed."""
    raise refusal("The trip is submitted; it cannot be changed.")


@source("Expense v1, delete a trip request")
def _undecided(status: str) -> None:
    """A trip that is approved, closed or cancelled is not deleted."""
    raise refusal(f"The trip is {status}; it cannot be deleted.")


@source("trips as clients have seen them: `reports_count`")
def _reports(context: Context, key: str) -> int:
    """A trip shows how many reports name it."""
    return len(naming(context, "ExpenseReport", "trip_id", key))


def count_reports(context: Context, key: object) -> None:
    """Let a trip show again how many reports name it."""
    trip = context.get(TRIP, key)
    if trip is not None:
        trip["reports_count"] = _reports(context, str(key))
        context.store.replace(context.product.resources[TRIP], context.organization_id, trip)
