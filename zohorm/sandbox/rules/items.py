"""Items: names are unique; new ones are active."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal
from zohorm.sandbox.resources import numbering
from zohorm.sandbox.rules import taxes
from zohorm.sandbox.rules.plain import Rules


class ItemRules(Rules):
    """What holds for items."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in the tax; refuse a name that another item has.

        Code 1001 is seen by clients.
        """
        if before is None:
            row["status"] = "active"
        if "tax_id" in sent:
            taxes.show(row, taxes.levied(context, row))
        if numbering.taken(context, "name", row):
            raise Refusal(400, 1001, f'Item "{row["name"]}" already exists')
