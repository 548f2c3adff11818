"""Organizations: what the service fills in for a new one."""

from __future__ import annotations

from zohorm.sandbox import organizations
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.plain import Rules

_FIRST_ID = 20234695


class OrganizationRules(Rules):
    """Ids of eight digits, and the members that follow from currency and plan."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Give a new organization its short id, and fill in what it did not say."""
        if before is None:
            row["organization_id"] = str(_FIRST_ID + context.store.next_value("", "organization"))
            organizations.complete(row, is_default=False, today=context.today)
