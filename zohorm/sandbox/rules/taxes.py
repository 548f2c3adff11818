"""Taxes, compound taxes and tax groups: which percentages a line bears, and the records themselves.

A document asks `levied` for what the `tax_id` of a line means. The answer is a `Levy`: one or more
taxes, each as a percentage of the amount without tax, so that sums may be taxed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules.amounts import HUNDRED, ZERO, amount, exactly
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed, source

TAXES = {
    # What every organization has from the start. Id: name, percentage.
    "4815000000000000201": ("Sales Tax", Decimal("7.5")),
    "4815000000000000203": ("GST", Decimal(18)),
    "4815000000000000205": ("Zero Rate", Decimal(0)),
}
_COMPOUND, _GROUP = "compound_tax", "tax_group"


@attrs.frozen
class Part:
    """One tax that a line bears."""

    tax_id: str
    name: str
    percentage: Decimal
    """Of the amount without any tax, so a compound tax has more than its own rate."""


@attrs.frozen
class Levy:
    """What a `tax_id` means."""

    name: str
    kind: str
    parts: tuple[Part, ...]

    @property
    def percentage(self) -> Decimal:
        """All taxes together, in percent of the amount without tax."""
        return sum((part.percentage for part in self.parts), ZERO)


UNTAXED = Levy("", "", ())
GIVEN = {
    key: Levy(name, "tax", (Part(key, name, percentage),))
    for key, (name, percentage) in TAXES.items()
}


def levied(context: Context, row: Row) -> Levy:
    """Return the taxes that a line or expense bears.

    A tax that the organization does not have counts as the line shows it: a test may have stored
    it so.
    """
    key = str(row.get("tax_id") or "")
    if not key:
        return UNTAXED
    tax = context.get("Tax", key)
    if tax is not None:
        kind = str(tax.get("tax_type") or "tax")
        taxes = _members(context, key) if kind == _GROUP else [tax]
        return _levy(str(tax.get("tax_name") or ""), kind, taxes)
    name = str(row.get("tax_name") or "")
    return Levy(name, "tax", (Part(key, name, amount(row, "tax_percentage")),)) if name else UNTAXED


def show(row: Row, levy: Levy) -> None:
    """Write name, kind and percentage of its taxes into a line or expense; clear them without."""
    if levy is UNTAXED and row.get("tax_id"):
        return
    row["tax_name"], row["tax_type"] = levy.name, levy.kind
    row["tax_percentage"] = levy.percentage


@source("Books help, taxes, 'tax group and compound tax': 5 % and 10 % of 100 are 5 and 10")
def _levy(name: str, kind: str, taxes: Sequence[Row]) -> Levy:
    """The taxes of a group are each computed on the same amount and then added."""
    simple = [tax for tax in taxes if tax.get("tax_type") != _COMPOUND or len(taxes) == 1]
    parts = [_part(tax, amount(tax, "tax_percentage")) for tax in simple]
    for place, tax in enumerate(each for each in taxes if each not in simple):
        below = _below_first(parts) if place == 0 else _below_others(parts)
        below = _unrounded(below)
        with exactly():
            parts.append(_part(tax, amount(tax, "tax_percentage") * (HUNDRED + below) / HUNDRED))
    return Levy(name, kind, tuple(parts))


@source("Books help, taxes, 'compound tax': 10 % on top of 5 % of 100 are 10 % of 105")
def _below_first(parts: Sequence[Part]) -> Decimal:
    """A compound tax is computed on the amount that includes the simple taxes of its group."""
    return sum((part.percentage for part in parts), ZERO)


@assumed("the help shows one compound tax only; each is a tax on top of those before it")
def _below_others(parts: Sequence[Part]) -> Decimal:
    """A second compound tax of a group is computed on what includes the first as well."""
    return sum((part.percentage for part in parts), ZERO)


@assumed("the examples of the help have no cents")
def _unrounded(below: Decimal) -> Decimal:
    """A compound tax is computed on what the taxes below it come to before they are rounded."""
    return below


def _part(tax: Row, percentage: Decimal) -> Part:
    return Part(str(tax.get("tax_id") or ""), str(tax.get("tax_name") or ""), percentage)


def _members(context: Context, group_id: str) -> list[Row]:
    """Return the taxes of a group as they are now."""
    group = context.get("TaxGroup", group_id) or {}
    keys = (each.get("tax_id") for each in rows_of(group.get("taxes")))
    return [tax for tax in (context.get("Tax", key) for key in keys) if tax is not None]


class TaxRules(Rules):
    """What holds for taxes."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Make a tax a simple one unless it says otherwise."""
        row["tax_type"] = row.get("tax_type") or "tax"


class GroupRules(Rules):
    """What holds for tax groups."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Show the taxes that a group names by their ids, and their percentage together.

        Raises:
            Refusal: there is no such tax.
        """
        if before is not None and "taxes" not in sent:
            return
        taxes = [self._tax(context, key) for key in _named(row.get("taxes"))]
        shown: list[Json] = [
            {name: tax.get(name, "") for name in ("tax_id", "tax_name", "tax_type")}
            | {"tax_percentage": amount(tax, "tax_percentage")}
            for tax in taxes
        ]
        row["taxes"] = shown
        row["tax_group_percentage"] = _levy("", _GROUP, taxes).percentage

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """List the group among the taxes."""
        taxes = context.product.resources["Tax"]
        context.store.insert(taxes, context.organization_id, _as_tax(taxes, row))

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Show the change among the taxes."""
        taxes = context.product.resources["Tax"]
        if context.get("Tax", row["tax_group_id"]) is not None:
            context.store.replace(taxes, context.organization_id, _as_tax(taxes, row))

    def deleted(self, context: Context, row: Row) -> None:
        """Take the group out of the taxes."""
        taxes = context.product.resources["Tax"]
        context.store.delete(taxes, context.organization_id, str(row["tax_group_id"]))

    def _tax(self, context: Context, key: str) -> Row:
        tax = context.get("Tax", key)
        if tax is None:
            raise unknown_record("Tax", status=context.switches.missing_reference)
        return tax


@source("Books v3, taxes: the list names a `tax_type` of `tax_group`")
def _as_tax(taxes: Resource, group: Row) -> Row:
    """A tax group stands among the taxes as well, under its own id."""
    row = blank(taxes)
    shown: Row = {
        "tax_id": group["tax_group_id"],
        "tax_name": group.get("tax_group_name", ""),
        "tax_percentage": group.get("tax_group_percentage", ZERO),
        "tax_type": _GROUP,
    }
    return {**row, **shown}


@source("Books v3, taxes: `taxes` of a group lists tax ids between commas")
def _named(taxes: Json) -> list[str]:
    """A tax group is made of the taxes whose ids it names between commas."""
    if isinstance(taxes, list):
        rows = (each.get("tax_id") if isinstance(each, dict) else each for each in taxes)
        return [str(each) for each in rows if each]
    return [key for key in (each.strip() for each in str(taxes or "").split(",")) if key]
