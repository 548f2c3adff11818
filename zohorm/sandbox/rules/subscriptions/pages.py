"""Hosted pages: where a customer subscribes, pays or gives a card, and what follows from it."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.consent import html_page
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import Reply, invalid, success, unknown_record
from zohorm.sandbox.resources.checks import accepted, members, required
from zohorm.sandbox.resources.creating import create
from zohorm.sandbox.resources.updating import update
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.beside import beside
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.stating import assumed
from zohorm.sandbox.rules.subscriptions import billing
from zohorm.sandbox.rules.subscriptions.records import addon_items
from zohorm.sandbox.rules.visiting import Visit


class HostedPageRules(Rules):
    """What holds for hosted pages."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The calls that make a page."""
        return {f"POST /hostedpages/{name}": _make for name in _COMPLETE}


def answer(context: Context, key: str, is_sent: bool) -> Reply:
    """Show a page to a customer, or take what the customer sends."""
    row = context.get("HostedPage", key) or {}
    if row.get("status") != "fresh":
        return html_page("Page", "<p>This page was used already.</p>", status=410)
    what = str(row["action"])
    if not is_sent:
        form = f'<form method="post"><button>Complete: {html.escape(what)}</button></form>'
        return html_page(what, form)
    held = context.store.get(_request(context), context.organization_id, key) or {}
    said = held.get("body")
    asked: Row = said if isinstance(said, dict) else {}
    row.update(status="success", data=_COMPLETE[what](context, asked))
    context.store.replace(context.resource, context.organization_id, row)
    goal = asked.get("redirect_url")
    if not isinstance(goal, str) or not goal.startswith(("http://", "https://")):
        return html_page("Done", "<p>Thank you.</p>")
    joined = "&" if "?" in goal else "?"
    there = f"{goal}{joined}{urlencode({'hostedpage_id': key})}"
    return attrs.evolve(html_page("Done", ""), status=302, headers={"Location": there})


def _make(context: Context) -> Reply:
    body = members(context.resource, context.operation.body, context.body_object())
    required(context.needed, body)
    row = blank(context.resource)
    key = context.store.next_id()
    row.update(
        hostedpage_id=key,
        status="fresh",
        action=context.operation.end,
        url=f"{context.url}/hostedpages/{key}",
        created_time=context.timestamp,
        expiring_time=_expires(context).strftime("%Y-%m-%dT%H:%M:%S%z"),
    )
    context.store.insert(context.resource, context.organization_id, row)
    # What the page was made for is nobody's to see.
    context.store.insert(_request(context), context.organization_id, {"key": key, "body": body})
    text = f'"{context.resource.key}":{exact.write(row)}'
    return success(text, message="The hosted page was made.", status=context.operation.status)


@assumed("the documents name the member, not how long a page can be used")
def _expires(context: Context) -> dt.datetime:
    """A hosted page can be used for a day."""
    return context.now + dt.timedelta(days=1)


def _request(context: Context) -> Resource:
    return beside("HostedPageRequest", context.product.name)


def _subscribe(context: Context, asked: Row) -> Json:
    there = _at(context, "Subscription", "create")
    made = create(there, accepted(there.resource, _known(there.resource, asked)))
    return {"subscription": made, "invoice": context.get("Invoice", made["child_invoice_id"])}


def _change(context: Context, asked: Row) -> Json:
    there = _at(context, "Subscription", "update")
    sent = accepted(there.resource, _known(there.resource, asked))
    return {"subscription": update(there, _found(context, "Subscription", asked), sent)}


def _buy(context: Context, asked: Row) -> Json:
    row = _found(context, "Subscription", asked)
    made = billing.invoice(context, row, addon_items(context, asked), context.today)
    return {"subscription": row, "invoice": made}


def _pay(context: Context, asked: Row) -> Json:
    row = _found(context, "Invoice", asked)
    if row.get("status") in ("paid", "void"):
        raise invalid("invoice_id")
    row.update(status="paid", payment_made=amount(row, "total"), last_payment_date=context.today)
    row["balance"] = exact.number_of("0")
    kind = context.product.resources["Invoice"]
    context.store.replace(kind, context.organization_id, row)
    billing.note(context, "payment_thankyou", "invoice", row)
    return {"invoice": row}


def _give_card(context: Context, asked: Row) -> Json:
    """Store a card of the customer, and collect from it if it was given for a subscription."""
    row = context.get("Subscription", asked.get("subscription_id"))
    owner = str((row or asked).get("customer_id") or "")
    if context.get("Customer", owner) is None:
        raise unknown_record("Customer", status=context.switches.missing_reference)
    kind = context.product.resources["Card"]
    card = blank(kind)
    card.update(customer_id=owner, card_id=context.store.next_id(), last_four_digits="1111")
    card.update(expiry_month=12, expiry_year=context.now.year + 3, payment_gateway="test_gateway")
    context.store.insert(kind, context.organization_id, card, owner)
    if row is not None:
        row.update(card_id=card["card_id"], auto_collect=True)
        of = context.product.resources["Subscription"]
        context.store.replace(of, context.organization_id, row)
    return {"card": card}


_COMPLETE: Mapping[str, Callable[[Context, Row], Json]] = {
    "newsubscription": _subscribe,
    "updatesubscription": _change,
    "buyonetimeaddon": _buy,
    "invoicepayment": _pay,
    "updatecard": _give_card,
    "addpaymentmethod": _give_card,
    "updatepaymentmethod": _give_card,
}

VISIT = Visit("/hostedpages/", "subscriptions", "HostedPage", answer)


def _at(context: Context, name: str, operation: str) -> Context:
    """Return the context of a call on records of another resource."""
    resource = context.product.resources[name]
    meant = attrs.evolve(resource.operations[operation], query={})
    return attrs.evolve(context, resource=resource, operation=meant, query={}, body={})


def _known(resource: Resource, asked: Row) -> Row:
    return {name: value for name, value in asked.items() if name in resource.fields}


def _found(context: Context, name: str, asked: Row) -> Row:
    kind = context.product.resources[name]
    row = context.get(name, asked.get(kind.id))
    if row is None:
        raise unknown_record(kind.label, status=context.switches.missing_reference)
    return row
