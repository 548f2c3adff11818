"""Sales orders and purchase orders: what may be done to one of which something was made."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import orders
from zohorm.sandbox.rules.documents import DocumentRules

# What a package or receive is when goods have moved.
_MOVED = ("shipped", "delivered", "received")
_OPENED = ("open", "confirmed", "issued")
_NOT_YET_OPEN = ("draft", "approved")


class OrderRules(DocumentRules):
    """What holds for orders of both kinds."""

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let quantities and status follow other lines."""
        super().updated(context, row, before)
        if row.get("line_items") != before.get("line_items"):
            orders.check_lines(context, self.resource.name, row, before)
            orders.show(context, self.resource.name, row)

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing was made of the order."""
        super().removable(context, row)
        orders.removable(context, self.resource.name, row)

    def acted(self, context: Context, row: Row) -> None:
        """Let an order that is opened again be as far as what was made of it."""
        super().acted(context, row)
        before = context.get(self.resource.name, row[self.resource.id]) or {}
        is_opened = context.operation.sets.get("status") in _OPENED
        if is_opened and before.get("status") not in _NOT_YET_OPEN:
            orders.settle_status(context, self.resource.name, row)

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check that an order of which something was made is not made void."""
        super().allowed(context, row, sets)
        if sets.get("status") in ("void", "cancelled"):
            orders.removable(context, self.resource.name, row, statuses=_MOVED)
