"""Organizations: what the service fills in for a new one."""

from __future__ import annotations

from zohorm.sandbox import organizations
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.plain import Rules

_FIRST_ID = 20234695


class OrganizationRules(Rules):
    """Short ids, members that follow from currency and plan, the same records in each product."""

    def wake(self, context: Context) -> None:
        """Show what other products have written."""
        organizations.show(context.store, context.resource)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Give a new organization its short id, and fill in what it did not say."""
        if before is None:
            row["organization_id"] = str(_FIRST_ID + context.store.next_value("", "organization"))
            organizations.complete(row, is_default=False, today=context.today)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Show the new organization in every product."""
        organizations.share(context.store, context.resource, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Show the change in every product."""
        organizations.share(context.store, context.resource, row)
