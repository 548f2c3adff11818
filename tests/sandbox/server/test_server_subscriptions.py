"""Subscriptions: terms that the clock bills, trials, coupons, hosted pages and events."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox


class Billing:
    """Billing's calls of one organization, with a product and a monthly plan of 10."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.plain = Plain(sandbox)
        self.plain.root = f"{sandbox.url}/billing/v1"
        header = "X-com-zoho-subscriptions-organizationid"
        self.plain.session.headers[header] = self.plain.organization_id
        self.product = self.plain.post("/products", {"name": "Tea"})["product"]["product_id"]
        self.plan("basic")

    def plan(self, code: str, price: float = 10, **more: Any) -> None:
        """Create a plan; it is billed each month unless `more` says otherwise."""
        body = {"plan_code": code, "name": code.title(), "recurring_price": price}
        body |= {"interval": 1, "interval_unit": "months", "product_id": self.product}
        self.plain.post("/plans", body | more)

    def coupon(self, code: str, value: float, **more: Any) -> None:
        """Create a coupon that takes an amount off, once unless `more` says otherwise."""
        body = {"coupon_code": code, "name": code, "type": "one_time", "discount_by": "flat"}
        body |= {"discount_value": value, "product_id": self.product}
        self.plain.post("/coupons", body | more)

    def subscribe(self, plan: str = "basic", **more: Any) -> dict[str, Any]:
        """Create a subscription of a new customer and return it."""
        numbers = len(self.sandbox.rows("Customer", product="subscriptions"))
        customer = {"display_name": f"Zoë {numbers}", "email": "zoe@example.com"}
        body = {"customer": customer, "plan": {"plan_code": plan, **more.pop("of_plan", {})}}
        made: dict[str, Any] = self.plain.post("/subscriptions", body | more)["subscription"]
        return made

    def move(self, *, days: int) -> None:
        """Let days pass; the token of before is dead then."""
        self.sandbox.clock.move(days=days)
        self.plain.token = self.sandbox.access_token()

    def again(self, subscription: dict[str, Any]) -> dict[str, Any]:
        """Read a subscription anew."""
        found: dict[str, Any] = self.plain.get(f"/subscriptions/{subscription['subscription_id']}")
        return dict(found["subscription"])

    def act(self, subscription: dict[str, Any], action: str, body: Any = None, **query: str) -> Any:
        """Do something to a subscription and return the answer."""
        path = f"/subscriptions/{subscription['subscription_id']}/{action}"
        return self.plain.post(path, body, **query)

    def invoices(self) -> list[tuple[str, Decimal]]:
        """Return day and total of each invoice, the oldest first."""
        rows = self.plain.get("/invoices")["invoices"]
        return sorted((row["invoice_date"], row["total"]) for row in rows)

    def events(self) -> list[str]:
        """Return what has happened, the oldest first."""
        rows = self.plain.get("/events")["events"]
        return [row["event_type"] for row in sorted(rows, key=lambda row: int(row["event_id"]))]


@pytest.fixture
def billing(sandbox: Sandbox) -> Billing:
    return Billing(sandbox)


def test_a_new_subscription_is_live_and_its_first_term_billed(billing: Billing) -> None:
    made = billing.subscribe(of_plan={"quantity": 3})

    assert (made["status"], made["amount"]) == ("live", 30)  # 3 * 10
    assert made["current_term_starts_at"] == made["last_billing_at"] == "2026-01-15"
    assert made["next_billing_at"] == "2026-02-15"
    assert billing.invoices() == [("2026-01-15", 30)]
    assert made["child_invoice_id"] == billing.plain.get("/invoices")["invoices"][0]["invoice_id"]
    assert billing.events() == ["subscription_created", "invoice_created"]


def test_the_setup_fee_is_on_the_first_invoice_alone(billing: Billing) -> None:
    billing.plan("fee", 10, setup_fee="2.50")
    billing.subscribe("fee")

    billing.move(days=31)

    assert billing.invoices() == [("2026-01-15", Decimal("12.5")), ("2026-02-15", 10)]


def test_a_trial_costs_nothing_and_ends_in_a_live_subscription(billing: Billing) -> None:
    billing.plan("try", 20, trial_period=7)
    made = billing.subscribe("try")
    assert (made["status"], made["trial_ends_at"]) == ("trial", "2026-01-22")
    assert billing.invoices() == []

    billing.move(days=7)

    found = billing.again(made)
    assert (found["status"], found["activated_at"]) == ("live", "2026-01-22")
    assert found["next_billing_at"] == "2026-02-22"
    assert billing.invoices() == [("2026-01-22", 20)]
    assert billing.events()[-1] == "subscription_activation"


def test_terms_that_passed_while_nobody_looked_are_all_billed(billing: Billing) -> None:
    billing.subscribe()

    billing.move(days=90)

    days = [day for day, _ in billing.invoices()]
    assert days == ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"]
    assert billing.events().count("subscription_renewed") == 3


def test_a_term_that_would_begin_on_a_31st_begins_on_the_last_day(billing: Billing) -> None:
    billing.move(days=16)
    made = billing.subscribe()
    assert made["current_term_starts_at"] == "2026-01-31"

    billing.move(days=90)

    days = [day for day, _ in billing.invoices()]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_subscription_may_start_later(billing: Billing) -> None:
    made = billing.subscribe(starts_at="2026-02-01")
    assert (made["status"], made["next_billing_at"]) == ("future", "2026-02-01")
    assert billing.invoices() == []

    billing.move(days=17)

    assert billing.again(made)["status"] == "live"
    assert billing.invoices() == [("2026-02-01", 10)]


def test_a_number_of_billing_cycles_ends_a_subscription(billing: Billing) -> None:
    billing.plan("short", 10, billing_cycles=2)
    made = billing.subscribe("short")
    assert made["expires_at"] == "2026-03-15"

    billing.move(days=100)

    found = billing.again(made)
    assert (found["status"], found["next_billing_at"]) == ("expired", "")
    assert [day for day, _ in billing.invoices()] == ["2026-01-15", "2026-02-15"]
    assert billing.events()[-1] == "subscription_expired"


def test_a_subscription_cancelled_at_the_end_of_its_term_goes_on_until_then(
    billing: Billing,
) -> None:
    made = billing.subscribe()
    billing.act(made, "cancel", cancel_at_end="true")
    assert billing.again(made)["status"] == "non_renewing"

    billing.act(made, "reactivate")
    assert billing.again(made)["status"] == "live"

    billing.act(made, "cancel", cancel_at_end="true")
    billing.move(days=40)
    found = billing.again(made)
    assert (found["status"], found["cancelled_at"]) == ("cancelled", "2026-02-15")
    assert len(billing.invoices()) == 1


def test_a_subscription_that_has_ended_is_not_cancelled_or_reactivated(billing: Billing) -> None:
    made = billing.subscribe()
    billing.act(made, "cancel", cancel_at_end="false")
    assert billing.again(made)["status"] == "cancelled"

    path = f"/subscriptions/{made['subscription_id']}"
    for action in ("cancel", "reactivate"):
        status, code = billing.plain.refused("POST", f"{path}/{action}?cancel_at_end=false")
        assert (status, code) == (400, 101005)
    billing.move(days=60)
    assert len(billing.invoices()) == 1


def test_a_postponed_renewal_is_billed_on_the_other_day_and_begins_a_new_rhythm(
    billing: Billing,
) -> None:
    made = billing.subscribe()
    billing.act(made, "postpone", {"renewal_at": "2026-02-20"})

    billing.move(days=70)

    days = [day for day, _ in billing.invoices()]
    assert days == ["2026-01-15", "2026-02-20", "2026-03-20"]


@pytest.mark.parametrize(
    ("more", "totals"),
    [
        ({}, [7, 10, 10]),  # 10 - 3, once
        ({"type": "duration", "duration": 2}, [7, 7, 10]),
        ({"type": "forever"}, [7, 7, 7]),
        ({"type": "forever", "discount_by": "percentage"}, [Decimal("9.7")] * 3),  # 10 - 3 %
    ],
)
def test_a_coupon_takes_its_part_off_as_many_invoices_as_it_says(
    billing: Billing, more: dict[str, Any], totals: list[Decimal]
) -> None:
    billing.coupon("tea3", 3, **more)
    made = billing.subscribe(coupon_code="tea3")
    assert made["coupon"] == {} or made["coupon"]["coupon_code"] == "tea3"

    billing.move(days=60)

    assert [total for _, total in billing.invoices()] == totals


def test_a_coupon_that_is_used_up_is_refused(billing: Billing) -> None:
    billing.coupon("once", 3, max_redemption=1)
    billing.subscribe(coupon_code="once")
    assert billing.plain.get("/coupons/once")["coupon"]["status"] == "maxed_out"

    body = {"customer": {"display_name": "Bo", "email": "b@example.com"}, "coupon_code": "once"}
    status, _ = billing.plain.refused(
        "POST", "/subscriptions", json={**body, "plan": {"plan_code": "basic"}}
    )

    assert status == 400
    assert len(billing.invoices()) == 1


def test_addons_cost_by_their_brackets_and_one_time_addons_once(billing: Billing) -> None:
    brackets = [
        {"start_quantity": 1, "end_quantity": 4, "price": 2},
        {"start_quantity": 5, "price": "1.50"},
    ]
    for code, kind in (("cup", "recurring"), ("pot", "one_time")):
        body = {"addon_code": code, "name": code, "unit_name": "pc", "product_id": billing.product}
        body |= {"price_brackets": brackets, "type": kind, "pricing_scheme": "volume"}
        billing.plain.post("/addons", body)

    made = billing.subscribe(
        addons=[{"addon_code": "cup", "quantity": 6}, {"addon_code": "pot", "quantity": 1}]
    )
    billing.move(days=31)

    assert made["amount"] == 19  # 10 + 6 * 1.50
    assert billing.invoices() == [("2026-01-15", 21), ("2026-02-15", 19)]  # 19 + 2, then 19


def test_a_charge_makes_an_invoice_of_its_own(billing: Billing) -> None:
    made = billing.subscribe()

    billing.act(made, "charge", {"amount": "4.25", "description": "Repair"})

    assert billing.invoices() == [("2026-01-15", Decimal("4.25")), ("2026-01-15", 10)]


def test_an_unknown_or_inactive_plan_is_refused_and_nothing_is_stored(billing: Billing) -> None:
    billing.plain.post("/plans/basic/markasinactive")
    customer = {"display_name": "Bo", "email": "b@example.com"}
    for code in ("basic", "nothing"):
        body = {"customer": customer, "plan": {"plan_code": code}}
        billing.plain.refused("POST", "/subscriptions", json=body)

    assert billing.sandbox.rows("Subscription", product="subscriptions") == []
    assert billing.sandbox.rows("Customer", product="subscriptions") == []


def test_a_customer_completes_a_hosted_page_in_a_browser(billing: Billing) -> None:
    body = {
        "customer": {"display_name": "Müller & Söhne", "email": "m@example.com"},
        "plan": {"plan_code": "basic", "quantity": 2},
        "redirect_url": "https://shop.example/thanks?from=tea",
    }
    page = billing.plain.post("/hostedpages/newsubscription", body)["hostedpage"]
    assert (page["status"], page["data"]) == ("fresh", "")

    shown = requests.get(page["url"], timeout=60)
    assert shown.status_code == 200
    assert "<form" in shown.text
    sent = requests.post(page["url"], timeout=60, allow_redirects=False)

    assert sent.status_code == 302
    goal = f"https://shop.example/thanks?from=tea&hostedpage_id={page['hostedpage_id']}"
    assert sent.headers["Location"] == goal
    found = billing.plain.get(f"/hostedpages/{page['hostedpage_id']}")
    found = found.get("hostedpage", found)
    assert found["status"] == "success"
    assert found["data"]["subscription"]["customer_name"] == "Müller & Söhne"
    assert billing.invoices() == [("2026-01-15", 20)]
    assert requests.post(page["url"], timeout=60).status_code == 410
    assert billing.invoices() == [("2026-01-15", 20)]


def test_what_a_page_was_asked_for_is_shown_to_nobody(billing: Billing) -> None:
    body = {"customer": {"display_name": "Bo", "email": "bo@example.com"}}
    page = billing.plain.post(
        "/hostedpages/newsubscription", {**body, "plan": {"plan_code": "basic"}}
    )["hostedpage"]

    listed = billing.plain.call("GET", "/hostedpages").text
    shown = billing.plain.call("GET", f"/hostedpages/{page['hostedpage_id']}").text

    assert "bo@example.com" not in listed
    assert "bo@example.com" not in shown


def test_a_card_that_is_given_on_a_page_pays_what_follows(billing: Billing) -> None:
    made = billing.subscribe()
    body = {"subscription_id": made["subscription_id"]}
    page = billing.plain.post("/hostedpages/updatecard", body)["hostedpage"]
    requests.post(page["url"], timeout=60)

    billing.move(days=31)

    rows = billing.plain.get("/invoices")["invoices"]
    paid = {row["invoice_date"]: (row["status"], row["balance"]) for row in rows}
    assert paid["2026-02-15"] == ("paid", 0)
    assert paid["2026-01-15"][1] == 10


def test_an_event_carries_the_record_as_text(billing: Billing) -> None:
    made = billing.subscribe()

    rows = billing.plain.get("/events")["events"]
    first = min(rows, key=lambda row: int(row["event_id"]))
    event = billing.plain.get(f"/events/{first['event_id']}")
    event = event.get("event", event)

    told = json.loads(event["payload"])["data"]["subscription"]
    assert told["subscription_id"] == made["subscription_id"]
