"""The invoices of subscriptions, and the events that tell of them."""

from __future__ import annotations

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.creating import create
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.stating import assumed, source
from zohorm.sandbox.rules.subscriptions import prices


def bill_term(context: Context, row: Row, day: str, *, is_first: bool) -> None:
    """Invoice one term of a subscription: plan and addons, and at first what is billed once."""
    given = row.get("plan")
    plan: Row = given if isinstance(given, dict) else {}
    items = [_item(plan, "plan_code", "plan")]
    for addon in rows_of(row.get("addons")):
        if is_first or not prices.is_one_time(context, addon):
            items.append(_item(addon, "addon_code", "addon"))
    if is_first and amount(plan, "setup_fee"):
        items.append(_setup_fee(plan))
    invoice(context, row, items, day, coupon=prices.use_coupon(context, row))


def invoice(
    context: Context, row: Row, items: list[Row], day: str, *, coupon: Row | None = None
) -> Row:
    """Make an invoice of a subscription and return it."""
    there = _at(context, "Invoice")
    listed: list[Json] = [dict(each) for each in items]
    sent: Row = {"customer_id": row["customer_id"], "date": day, "invoice_items": listed}
    if coupon:
        sent.update(discount=amount(coupon, "discount_amount"), discount_type="entity_level")
    made = create(there, sent)
    made["invoice_date"] = day
    if coupon:
        made["coupons"] = [{**coupon, "coupon_name": coupon.get("coupon_code", "")}]
    made["status"] = "sent"
    if row.get("auto_collect") is True and row.get("card_id"):
        _collect(made, day)
    context.store.replace(there.resource, context.organization_id, made)
    row["child_invoice_id"] = made["invoice_id"]
    note(context, "invoice_created", "invoice", made)
    return made


@assumed("the documents say that a card is charged, not what the answers show of it")
def _collect(made: Row, day: str) -> None:
    """An invoice of a subscription that collects by card is paid at once."""
    made.update(status="paid", payment_made=amount(made, "total"), last_payment_date=day)
    made["balance"] = exact.number_of("0")


@source("Billing v1, plans: `setup_fee`, charged once when a subscription begins")
def _setup_fee(plan: Row) -> Row:
    """The setup fee is a line of the first invoice."""
    return {
        "name": "Setup fee",
        "price": amount(plan, "setup_fee"),
        "quantity": exact.number_of("1"),
        "tax_id": plan.get("setup_fee_tax_id", ""),
    }


def _item(line: Row, member: str, kind: str) -> Row:
    return {
        "code": line.get(member, ""),
        "item_type": kind,
        "name": line.get("name", ""),
        "price": amount(line, "price"),
        "quantity": amount(line, "quantity"),
        "tax_id": line.get("tax_id", ""),
    }


@source("Billing v1, events: the payload is the record as text of JSON, under its key")
def note(context: Context, kind: str, key: str, row: Row) -> None:
    """What happens to subscriptions and invoices is told by an event."""
    resource = context.product.resources["Event"]
    event = blank(resource)
    event.update(
        event_id=context.store.next_id(),
        event_type=kind,
        event_time=context.timestamp,
        payload=exact.write({"data": {key: row}, "event_type": kind}),
    )
    context.store.insert(resource, context.organization_id, event)


def _at(context: Context, name: str) -> Context:
    """Return the context of a call that creates a record of another resource."""
    resource = context.product.resources[name]
    operation = attrs.evolve(resource.operations["create"], query={})
    return attrs.evolve(context, resource=resource, operation=operation, query={}, body={})
