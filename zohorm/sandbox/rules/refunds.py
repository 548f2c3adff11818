"""Refunds of payments and credits: of what is left of them, and no more."""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules import applying, balances, standing
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.credits import check_open
from zohorm.sandbox.rules.plain import Rules

_SHOWN = ("customer_name", "payment_number", "creditnote_number", "vendor_credit_number")


class RefundRules(Rules):
    """What holds for refunds, which stand below what they give back."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Check that as much is left, and show whose money it is."""
        name, owner = self._owner(context, row)
        if owner is None:
            return
        number = amount(row, "amount")
        held = amount(before, "amount") if before is not None else Decimal(0)
        applying.check_sign(number)
        check_open(name, owner)
        left = amount(owner, standing.GIVEN[name].left) + held
        applying.check_left(number, left, context.product.resources[name].label.lower())
        row["date"] = row.get("date") or context.today
        row.update({member: owner[member] for member in _SHOWN if member in owner})
        row.setdefault("customer_name", owner.get("vendor_name", ""))
        row["exchange_rate"] = amount(row, "exchange_rate") or amount(owner, "exchange_rate")
        row["amount_fcy"], row["amount_bcy"] = number, balances.in_base(context, number, row)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let what is left of the payment or credit follow."""
        self._follow(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let what is left of the payment or credit follow."""
        self._follow(context, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Let what is left of the payment or credit follow."""
        self._follow(context, row)

    def _follow(self, context: Context, row: Row) -> None:
        name, owner = self._owner(context, row)
        if owner is not None:
            standing.follow(context, (name, owner))

    def _owner(self, context: Context, row: Row) -> tuple[str, Row | None]:
        """Return the payment or credit of a refund."""
        name = self.resource.parent or ""
        keys = (context.params.get(param, "") for param in self.resource.parent_params)
        key = next((each for each in keys if each), "")
        return name, context.get(name, key)
