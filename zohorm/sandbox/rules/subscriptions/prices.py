"""What a subscription costs: its plan, its addons, and what a coupon takes off."""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal, invalid, unknown_record
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules.amounts import HUNDRED, ZERO, amount, rounded
from zohorm.sandbox.rules.stating import assumed, source

_ONE = Decimal(1)


def plan_of(context: Context, row: Row) -> Row:
    """Return the plan that a subscription names.

    Raises:
        Refusal: there is none, or it is inactive.
    """
    given = row.get("plan")
    plan = context.get("Plan", given.get("plan_code")) if isinstance(given, dict) else None
    if plan is None:
        raise unknown_record("Plan", status=context.switches.missing_reference)
    if plan.get("status") == "inactive":
        raise invalid("Plan")
    return plan


def fill(context: Context, row: Row, plan: Row) -> None:
    """Fill in what plan and addons leave out, and sum them up."""
    given = row.get("plan")
    shown: Row = given if isinstance(given, dict) else {}
    _fill_price(shown, amount(plan, "recurring_price"))
    for name in ("name", "tax_id", "setup_fee"):
        shown[name] = shown.get(name) or plan.get(name, "")
    if shown.get("exclude_setup_fee") is True:
        shown["setup_fee"] = ZERO
    for addon in rows_of(row.get("addons")):
        known = context.get("Addon", addon.get("addon_code"))
        if known is None:
            raise unknown_record("Addon", status=context.switches.missing_reference)
        addon["name"] = addon.get("name") or known.get("name", "")
        _fill_price(addon, bracket_price(known, amount(addon, "quantity") or _ONE))
    for name in ("interval", "interval_unit", "product_id"):
        row[name] = plan.get(name, "")
    product = context.get("Product", plan.get("product_id")) or {}
    row["product_name"] = product.get("name", "")
    row["name"] = "-".join(each for each in (str(row["product_name"]), str(shown["name"])) if each)
    row["plan_name"] = shown["name"]
    row["sub_total"] = recurring(context, row)
    row["amount"] = rounded(amount(row, "sub_total") - amount(_coupon(row), "discount_amount"))


@source("Billing v1, addons: `type` is one_time or recurring")
def recurring(context: Context, row: Row) -> Decimal:
    """Each term costs the plan and the recurring addons; one-time addons are billed once."""
    given = row.get("plan")
    total = amount(given, "total") if isinstance(given, dict) else ZERO
    for addon in rows_of(row.get("addons")):
        if not is_one_time(context, addon):
            total += amount(addon, "total")
    return total


def is_one_time(context: Context, addon: Row) -> bool:
    """Tell whether an addon is billed once and not term after term."""
    known = context.get("Addon", addon.get("addon_code")) or {}
    return known.get("type") == "one_time"


@source("Billing v1, addons: `pricing_scheme`, `price_brackets`")
def bracket_price(addon: Row, quantity: Decimal) -> Decimal:
    """The price of a piece is that of the bracket in which the quantity lies."""
    brackets = rows_of(addon.get("price_brackets"))
    for bracket in brackets:
        ends = amount(bracket, "end_quantity")
        if amount(bracket, "start_quantity") <= quantity and (not ends or quantity <= ends):
            return amount(bracket, "price")
    return amount(brackets[-1], "price") if brackets else ZERO


def redeem(context: Context, row: Row, code: str) -> None:
    """Put a coupon on a subscription and count its use.

    Raises:
        Refusal: it is unknown, inactive, expired or used up.
    """
    coupon = context.get("Coupon", code)
    if coupon is None:
        raise unknown_record("Coupon", status=context.switches.missing_reference)
    if not usable(coupon, context.today):
        raise Refusal(400, _refusal_code(), "The coupon cannot be used.")
    used = int(amount(coupon, "redemption_count")) + 1
    coupon["redemption_count"] = used
    most = amount(coupon, "max_redemption")
    if most and used >= most:
        coupon["status"] = "maxed_out"
    kind = context.product.resources["Coupon"]
    context.store.replace(kind, context.organization_id, coupon)
    off = taken_off(coupon, recurring(context, row))
    row["coupon"] = {"coupon_code": code, "discount_amount": off}
    context.store.set_value(context.organization_id, _series(row), invoices_of(coupon))


@source("Billing v1, coupons: `status`, `expiry_at`, `max_redemption`")
def usable(coupon: Row, today: str) -> bool:
    """A coupon that is inactive, used up or past its day cannot be redeemed."""
    expires = str(coupon.get("expiry_at") or "9999")
    return coupon.get("status") in ("active", "", None) and today <= expires


@source("Billing v1, coupons: `discount_by`, `discount_value`")
def taken_off(coupon: Row, whole: Decimal) -> Decimal:
    """A coupon takes off an amount or a percentage, at most all there is."""
    value = amount(coupon, "discount_value")
    if coupon.get("discount_by") == "percentage":
        value = rounded(whole * value / HUNDRED)
    return min(value, whole)


@source("Billing v1, coupons: `type`; `duration` counts the invoices that it applies to")
def invoices_of(coupon: Row) -> int:
    """A coupon applies to one invoice, to so many, or (-1) to all."""
    if coupon.get("type") == "forever":
        return -1
    return int(amount(coupon, "duration")) if coupon.get("type") == "duration" else 1


def use_coupon(context: Context, row: Row) -> Row:
    """Return what the coupon of a subscription does to its next invoice, and count it as used."""
    coupon = _coupon(row)
    left = context.store.value(context.organization_id, _series(row))
    if not coupon or not left:
        return {}
    if left > 0:
        context.store.set_value(context.organization_id, _series(row), left - 1)
    if left == 1:
        row["coupon"] = {}
        row["amount"] = amount(row, "sub_total")
    return coupon


@assumed("no public document names the code of this refusal")
def _refusal_code() -> int:
    """A coupon that cannot be redeemed is refused with the code of invalid values."""
    return 2


def _coupon(row: Row) -> Row:
    given = row.get("coupon")
    return given if isinstance(given, dict) else {}


def _series(row: Row) -> str:
    return f"coupon of {row['subscription_id']}"


def _fill_price(line: Row, price: Decimal) -> None:
    if line.get("quantity") in ("", None, 0):
        line["quantity"] = _ONE
    line["price"] = amount(line, "price") or price
    line["total"] = rounded(amount(line, "price") * amount(line, "quantity"))
