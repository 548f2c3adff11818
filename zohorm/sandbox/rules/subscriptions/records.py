"""Subscriptions as the generic server meets them: made, changed, cancelled, charged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal, Reply, invalid, success, unknown_record
from zohorm.sandbox.resources import acting, reading
from zohorm.sandbox.resources.checks import accepted, members, required
from zohorm.sandbox.resources.creating import create
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules import invoices
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed, source
from zohorm.sandbox.rules.subscriptions import billing, prices, renewals, terms
from zohorm.sandbox.store import Store

_PATH = "/subscriptions/{subscription_id}"


class WakingRules(Rules):
    """What holds for all that renewals change: they come first."""

    def wake(self, context: Context) -> None:
        """Bring subscriptions up to the clock."""
        renewals.renew(context)


class InvoiceRules(invoices.InvoiceRules):
    """What holds for invoices, which renewals make."""

    def wake(self, context: Context) -> None:
        """Bring subscriptions up to the clock, and then their invoices."""
        renewals.renew(context)
        super().wake(context)


class SubscriptionRules(WakingRules):
    """What holds for subscriptions."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The actions that bill, end or resume a subscription."""
        return {
            f"POST {_PATH}/cancel": _cancel,
            f"POST {_PATH}/reactivate": _reactivate,
            f"POST {_PATH}/postpone": _postpone,
            f"POST {_PATH}/coupons/{{coupon_code}}": _apply_coupon,
            f"DELETE {_PATH}/coupons": _remove_coupon,
            f"POST {_PATH}/charge": _charge,
            f"POST {_PATH}/buyonetimeaddon": _buy,
        }

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in customer, plan and prices; let a new subscription begin."""
        if before is None:
            _fill_customer(context, row)
        plan = prices.plan_of(context, row)
        prices.fill(context, row, plan)
        if before is None:
            row["subscription_number"] = row.get("subscription_number") or f"SUB-{_count(context)}"
            terms.begin(row, plan, str(row.get("starts_at") or context.today), context.today)
        if sent.get("coupon_code"):
            prices.redeem(context, row, str(sent["coupon_code"]))
            prices.fill(context, row, plan)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Bill the first term, and tell of the subscription."""
        billing.note(context, "subscription_created", "subscription", row)
        if row["status"] == "live":
            billing.bill_term(context, row, str(row["activated_at"]), is_first=True)
            context.store.replace(self.resource, context.organization_id, row)
        # One that began in the past has terms to catch up with.
        renewals.look_again(context.store, context.organization_id)
        renewals.renew(context)
        row.update(context.get("Subscription", row["subscription_id"]) or {})

    def inserted(self, store: Store, organization: str) -> None:
        """Look again at the next call for subscriptions to renew."""
        renewals.look_again(store, organization)


def _cancel(context: Context) -> Reply:
    row = reading.loaded(context)
    if row.get("status") in terms.ENDED:
        raise Refusal(400, _wrong_status(), "The subscription has ended already.")
    if context.flag("cancel_at_end"):
        row.update(status="non_renewing")
    else:
        terms.stop(row, "cancelled", context.today)
        billing.note(context, "subscription_cancelled", "subscription", row)
    return acting.store(context, row, message="Your subscription has been cancelled.")


@source("Billing v1, subscriptions, reactivate: only if the status is non_renewing")
def _reactivate(context: Context) -> Reply:
    """A subscription that is to end with its term can be taken up again."""
    row = reading.loaded(context)
    if row.get("status") != "non_renewing":
        raise Refusal(400, _wrong_status(), "The subscription is not about to end.")
    row["status"] = "live" if row.get("activated_at") else "trial"
    return acting.store(context, row, message="Your subscription has been reactivated.")


def _postpone(context: Context) -> Reply:
    row = reading.loaded(context)
    day = str(context.body_object().get("renewal_at") or "")
    if not _is_day(day) or day <= context.today or row.get("status") in terms.ENDED:
        raise invalid("renewal_at")
    terms.postpone(row, day)
    return acting.store(context, row, message="The renewal has been postponed.")


def _apply_coupon(context: Context) -> Reply:
    row = reading.loaded(context)
    prices.redeem(context, row, context.params.get("coupon_code", ""))
    prices.fill(context, row, prices.plan_of(context, row))
    return acting.store(context, row, message="The coupon has been associated.")


def _remove_coupon(context: Context) -> Reply:
    row = reading.loaded(context)
    row["coupon"] = {}
    prices.fill(context, row, prices.plan_of(context, row))
    return acting.store(context, row, message="The coupon has been removed.")


@source("Billing v1, subscriptions, add a charge")
def _charge(context: Context) -> Reply:
    """A one-time charge makes an invoice of its own."""
    row = reading.loaded(context)
    body = members(context.resource, context.operation.body, context.body_object())
    required(context.needed, body)
    item: Row = {
        "name": str(body.get("description") or "Charge"),
        "price": amount(body, "amount"),
        "quantity": exact.number_of("1"),
    }
    return _invoiced(context, row, [item])


def _buy(context: Context) -> Reply:
    row = reading.loaded(context)
    body = members(context.resource, context.operation.body, context.body_object())
    required(context.needed, body)
    return _invoiced(context, row, addon_items(context, body))


@source("Billing v1, subscriptions, buy a one-time addon")
def addon_items(context: Context, body: Row) -> list[Row]:
    """One-time addons that are bought later make an invoice of their own."""
    items: list[Row] = []
    for addon in rows_of(body.get("addons")):
        known = context.get("Addon", addon.get("addon_code"))
        if known is None:
            raise unknown_record("Addon", status=context.switches.missing_reference)
        quantity = amount(addon, "quantity") or exact.number_of("1")
        item: Row = {"code": known["addon_code"], "item_type": "addon", "name": known["name"]}
        item["price"] = amount(addon, "price") or prices.bracket_price(known, quantity)
        items.append({**item, "quantity": quantity, "tax_id": addon.get("tax_id", "")})
    return items


def _invoiced(context: Context, row: Row, items: list[Row]) -> Reply:
    made = billing.invoice(context, row, items, context.today)
    context.store.replace(context.resource, context.organization_id, row)
    key = context.product.resources["Invoice"].key
    message = "The invoice has been created."
    return success(f'"{key}":{exact.write(made)}', message=message, status=context.operation.status)


@assumed("no public document names the code of this refusal")
def _wrong_status() -> int:
    """An action that does not fit the status of a subscription is refused with one code."""
    return 101005


def _fill_customer(context: Context, row: Row) -> None:
    """Take the customer that a new subscription names, or make the one that it describes."""
    given = row.get("customer")
    said: Row = given if isinstance(given, dict) else {}
    customer = context.get("Customer", row.get("customer_id") or said.get("customer_id"))
    if customer is None and said.get("display_name"):
        resource = context.product.resources["Customer"]
        operation = attrs.evolve(resource.operations["create"], query={})
        there = attrs.evolve(context, resource=resource, operation=operation, query={}, body={})
        known = {name: said[name] for name in resource.fields if said.get(name)}
        customer = create(there, accepted(resource, known))
    if customer is None:
        raise unknown_record("Customer", status=context.switches.missing_reference)
    row["customer_id"] = customer["customer_id"]
    row["customer_name"], row["email"] = customer["display_name"], customer.get("email", "")
    for name in ("currency_code", "payment_terms", "payment_terms_label"):
        row[name] = row.get(name) or customer.get(name, "")
    said.update({name: customer[name] for name in said if name in customer})
    row["customer"] = said


def _count(context: Context) -> str:
    return f"{context.store.next_value(context.organization_id, 'subscription numbers'):05}"


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
