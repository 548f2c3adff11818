"""Recurring invoices, bills and expenses as the generic server meets them."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import recurrences
from zohorm.sandbox.rules.documents import DocumentRules
from zohorm.sandbox.rules.expenses import ExpenseRules
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.store import Store


class RecurrenceRules(Rules):
    """What holds for all of which the clock makes documents."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Say when the next document is to come."""
        super().settle(context, row, sent, before)
        row["start_date"] = row.get("start_date") or (before or {}).get("start_date")
        row["start_date"] = row["start_date"] or context.today
        recurrences.plan(context, row)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Make the first document at once if it is to come today."""
        super().created(context, row, sent)
        recurrences.begin(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Make at once what is to come today by the new terms."""
        super().updated(context, row, before)
        recurrences.begin(context, row)

    def acted(self, context: Context, row: Row) -> None:
        """Say when the next document is to come after a stop or resumption."""
        super().acted(context, row)
        recurrences.plan(context, row)
        recurrences.begin(context, row)

    def inserted(self, store: Store, organization: str) -> None:
        """Look again at the next call, after a test has stored a profile."""
        recurrences.look_again(store, self.resource, organization)


class RecurringRules(RecurrenceRules, DocumentRules):
    """What holds for recurring invoices and bills."""


class RecurringExpenseRules(RecurrenceRules, ExpenseRules):
    """What holds for recurring expenses."""
