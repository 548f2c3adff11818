"""Bills: open when they are received, due as their terms say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import parts
from zohorm.sandbox.rules import orders, terms
from zohorm.sandbox.rules.owed import OwedRules
from zohorm.sandbox.rules.stating import assumed, source


class BillRules(OwedRules):
    """What holds for bills."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The bill that purchase orders come to, before it is created."""
        return {"convert_purchase_order_to_bill": _draft}

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Open a new bill and say when it is due."""
        if before is None:
            row["status"] = _for_approval() if sent.get("approvers") else _open_at_once()
            row["date"] = row.get("date") or context.today
        terms.fill_due_date(row, sent, before)
        named = row.get("purchaseorder_ids") if before is None else None
        for key in named if isinstance(named, list) else ():
            order = context.get("PurchaseOrder", key)
            if order is not None:
                orders.match(self.resource.name, row, order)
        super().settle(context, row, sent, before)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the purchase orders follow that the bill was made of."""
        super().created(context, row, sent)
        self._follow(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the purchase orders follow."""
        super().updated(context, row, before)
        self._follow(context, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Let the purchase orders follow."""
        super().deleted(context, row)
        orders.follow(context, self.resource.name, row, is_gone=True)

    def acted(self, context: Context, row: Row) -> None:
        """Let the purchase orders follow a bill that becomes void or open."""
        super().acted(context, row)
        self._follow(context, row)

    def _follow(self, context: Context, row: Row) -> None:
        orders.follow(context, self.resource.name, row)
        shown = {"listed": "purchaseorders", "ids": "purchaseorder_ids"}
        orders.show_on_made(context, self.resource.name, row, **shown)
        context.store.replace(self.resource, context.organization_id, row)


@source("Books v3, bills, convert purchase orders to a bill")
def _draft(context: Context) -> Reply:
    """The draft of a bill from purchase orders has their vendor and what is left of their lines."""
    keys = [key.strip() for key in context.query.get("purchaseorder_ids", "").split(",")]
    draft: Row = {"purchaseorder_ids": list[Json](keys), "line_items": []}
    lines: list[Json] = []
    for key in keys:
        order = context.get("PurchaseOrder", key)
        if order is None:
            raise unknown_record("Purchase Order")
        carried = parts.carried(context.resource, order)
        orders.carry(context, "Bill", order, carried)
        lines += parts.rows_of(carried["line_items"])
        draft = {**carried, **draft}
    draft["line_items"] = lines
    return success(f'"bill":{write(draft)}')


@assumed("the documents name the member, not what a bill with approvers is at first")
def _for_approval() -> str:
    """A new bill that names approvers is a draft, which can be submitted to them."""
    return "draft"


@source("Books v3, bills, the status that answers show")
def _open_at_once() -> str:
    """A new bill is open."""
    return "open"
