"""Zoho Billing over HTTP: what goes by codes, and subscriptions with what hangs on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from making import last_body, rows_of

from zohorm.errors import InvalidId, NotFound, OutcomeUnknown, ReadOnlyField, Unsettled
from zohorm.sandbox import Sandbox
from zohorm.subscriptions import (
    Addon,
    ChurnMessageSettings,
    Coupon,
    CreditNote,
    CreditNoteItem,
    Customer,
    HostedPage,
    Invoice,
    InvoiceItem,
    Payment,
    Plan,
    Product,
    Project,
    Subscription,
    SubscriptionAddon,
    SubscriptionPlan,
    Transaction,
    ZohoSubscriptions,
)

DAY = dt.date(2026, 1, 15)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[ZohoSubscriptions]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoSubscriptions(**sandbox.credentials, clock=sandbox.clock)) as opened, opened:
        yield opened


def saved_plan(code: str = "gold") -> Plan:
    product = Product(name=f"Hosting {code}")
    product.save()
    plan = Plan(
        plan_code=code,
        name="Gold",
        recurring_price=Decimal("9.90"),
        interval=1,
        interval_unit="months",
        product_id=product.id,
    )
    plan.save()
    return plan


def saved_addon(code: str) -> Addon:
    product = Product(name=f"Extras {code}")
    product.save()
    addon = Addon(addon_code=code, name=code, unit_name="box", product_id=product.id)
    addon.price_brackets.add(start_quantity=Decimal(1), price=Decimal(3))
    addon.save()
    return addon


def saved_customer(name: str = "Ada") -> Customer:
    customer = Customer(display_name=name, email="ada@example.com")
    customer.save()
    return customer


def saved_subscription() -> Subscription:
    plan = saved_plan()
    subscription = Subscription(
        customer_id=saved_customer("Grace").id, plan=SubscriptionPlan(plan_code=plan.plan_code)
    )
    subscription.save()
    return subscription


def test_each_call_names_its_organization_in_a_header(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    list(Plan.iterate())

    call = sandbox.calls[-1]
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert call.url_path == "/billing/v1/plans"
    assert headers["x-com-zoho-subscriptions-organizationid"] == session.organization_id
    assert "organization_id" not in call.query


# --- Codes ---


@pytest.mark.parametrize("code", ["gold", "v1.5", "Gold plan", "a+b&c=d", "50%OFF", "größe"])
def test_a_plan_is_known_by_its_code(
    sandbox: Sandbox, session: ZohoSubscriptions, code: str
) -> None:
    saved_plan(code)
    session.rows.clear()

    plan = Plan.get(code)

    assert (plan.id, plan.number, plan.plan_code) == (code, code, code)
    assert sandbox.calls[-1].path == f"/plans/{code}"


def test_a_plan_is_changed_under_its_code_and_sent_without_it(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    plan = saved_plan()

    plan.recurring_price = Decimal("12.50")
    plan.save()

    assert (sandbox.calls[-1].method, sandbox.calls[-1].path) == ("PUT", "/plans/gold")
    assert last_body(sandbox) == {"recurring_price": Decimal("12.50")}


@pytest.mark.parametrize("code", ["", "..", "a/b", "../customers/1", "gold?x=1", "gold#", "%2e"])
@pytest.mark.parametrize(
    "ask",
    [
        Plan.get,
        Addon.get,
        Coupon.get,
        lambda code: saved_subscription().apply_coupon(code),
        lambda code: saved_subscription().describe_item(code, description="x"),
    ],
    ids=["plan", "addon", "coupon", "apply_coupon", "describe_item"],
)
def test_a_code_never_changes_the_path(
    sandbox: Sandbox, session: ZohoSubscriptions, ask: Callable[[str], object], code: str
) -> None:
    with pytest.raises(InvalidId):
        ask(code)

    assert not [call for call in sandbox.calls if call.path.startswith(("/coupons", "/addons"))]
    assert all("lineitems" not in call.path for call in sandbox.calls)


def test_other_ids_of_billing_are_plain_ones(session: ZohoSubscriptions) -> None:
    with pytest.raises(InvalidId):
        Customer.get("a b")


def test_a_code_is_chosen_once(session: ZohoSubscriptions) -> None:
    plan = saved_plan()

    with pytest.raises(ReadOnlyField):
        plan.plan_code = "silver"


def test_codes_of_a_subscription_lead_to_their_records(session: ZohoSubscriptions) -> None:
    subscription = saved_subscription()

    plan = Plan.get("gold")
    assert subscription.plan.plan is plan


# --- Subscriptions ---


def test_a_new_subscription_names_its_customer_or_describes_a_new_one(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    saved_addon("mail")
    subscription = Subscription(plan=SubscriptionPlan(plan_code=saved_plan().plan_code))
    subscription.customer.display_name = "Ada"
    subscription.addons.add(addon_code="mail", quantity=Decimal(2))

    subscription.save()

    assert last_body(sandbox) == {
        "plan": {"plan_code": "gold"},
        "customer": {"display_name": "Ada"},
        "addons": [{"addon_code": "mail", "quantity": Decimal(2)}],
    }


def test_addons_of_a_subscription_are_sent_whole(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    saved_addon("mail")
    saved_addon("space")
    subscription = saved_subscription()
    subscription.addons = [
        SubscriptionAddon(addon_code="mail", quantity=Decimal(1)),
        SubscriptionAddon(addon_code="space", quantity=Decimal(1)),
    ]
    subscription.save()

    subscription.addons[1].quantity = Decimal(5)
    subscription.save()

    sent = rows_of(last_body(sandbox)["addons"])
    assert [(row["addon_code"], row["quantity"]) for row in sent] == [("mail", 1), ("space", 5)]


def test_a_customer_of_a_subscription_is_not_changed_through_it(
    session: ZohoSubscriptions,
) -> None:
    subscription = saved_subscription()
    subscription.customer.display_name = "Grace"

    with pytest.raises(ReadOnlyField):
        subscription.save()


def test_cancel_says_when_and_gives_the_subscription(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    subscription = saved_subscription()

    answered = subscription.cancel(cancel_at_end=True)

    assert answered is subscription
    call = sandbox.calls[-1]
    assert call.path == f"/subscriptions/{subscription.id}/cancel"
    assert call.query == {"cancel_at_end": "true"}


@pytest.mark.parametrize(
    "act",
    [
        lambda subscription: subscription.cancel(cancel_at_end=False),
        lambda subscription: subscription.reactivate(),
        lambda subscription: subscription.add_charge(amount=Decimal(5)),
        lambda subscription: subscription.buy_one_time_addon(addons=[{"addon_code": "mail"}]),
        lambda subscription: subscription.postpone_renewal(renewal_at=DAY),
        lambda subscription: subscription.update_card(card_id="1"),
        # Redemptions of a coupon are counted.
        lambda subscription: subscription.apply_coupon("SPRING"),
    ],
    ids=[
        "cancel",
        "reactivate",
        "add_charge",
        "buy_one_time_addon",
        "postpone",
        "update_card",
        "apply_coupon",
    ],
)
def test_what_charges_or_ends_is_never_sent_twice(
    sandbox: Sandbox, session: ZohoSubscriptions, act: Callable[[Subscription], object]
) -> None:
    subscription = saved_subscription()
    sandbox.forget()
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        act(subscription)

    assert [call.method for call in sandbox.calls] == ["POST"]


@pytest.mark.parametrize(
    "act",
    [
        lambda subscription: subscription.set_auto_collect(auto_collect=False),
        lambda subscription: subscription.update_reference(reference_id="A 1"),
    ],
    ids=["set_auto_collect", "update_reference"],
)
def test_what_sets_a_member_is_sent_again(
    sandbox: Sandbox, session: ZohoSubscriptions, act: Callable[[Subscription], object]
) -> None:
    subscription = saved_subscription()
    sandbox.forget()
    sandbox.next(fault="drop-after-commit")

    act(subscription)

    assert [call.method for call in sandbox.calls] == ["POST", "POST"]


def test_a_charge_gives_its_invoice_where_there_is_one(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    subscription = saved_subscription()
    sandbox.next(status=200, body={"code": 0, "invoice": {"invoice_id": "7", "total": 5}})
    sandbox.next(status=200, body={"code": 0, "message": "kept"}, after=1)

    invoice = subscription.add_charge(amount=Decimal(5))
    kept = subscription.add_charge(amount=Decimal(5), add_to_unbilled_charges=True)

    assert isinstance(invoice, Invoice)
    assert (invoice.id, invoice.total) == ("7", Decimal(5))
    assert kept is None


def test_a_subscription_that_ends_with_its_term_goes_on_until_then(
    session: ZohoSubscriptions,
) -> None:
    subscription = saved_subscription()

    subscription.cancel(cancel_at_end=True)
    waiting = subscription.status
    planned = subscription.scheduled_changes()
    subscription.reactivate()

    assert waiting == "non_renewing"
    assert list(planned) == ["subscription"]
    assert subscription.status == "live"


def test_what_waits_for_the_end_of_the_term_is_not_taken_for_what_is(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    subscription = saved_subscription()
    sandbox.next(status=200, body={"code": 0, "subscription": {"status": "expired"}})

    changes = subscription.scheduled_changes()

    assert changes == {"subscription": {"status": "expired"}}
    assert subscription.status != "expired"


def test_views_of_subscriptions_are_statuses(sandbox: Sandbox, session: ZohoSubscriptions) -> None:
    list(Subscription.iterate(status="non_renewing", customer_id="1"))

    query = sandbox.calls[-1].query
    assert query["filter_by"] == "SubscriptionStatus.NON_RENEWING"
    assert query["customer_id"] == "1"


def test_a_reference_is_looked_for_by_a_part_of_it(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    list(Subscription.iterate(reference_id__contains="A 1"))

    assert sandbox.calls[-1].query["reference_contains"] == "A 1"


# --- What hangs on customers, invoices, payments ---


def test_persons_cards_and_accounts_live_below_a_customer(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    customer = saved_customer()

    person = customer.contact_persons.create(email="grace@example.com")
    person.mobile = "1"
    person.save()
    list(customer.cards)
    with pytest.raises(NotFound):
        customer.bank_accounts.get("1")

    above = f"/customers/{customer.id}"
    assert [call.path for call in sandbox.calls[-4:]] == [
        f"{above}/contactpersons",
        f"{above}/contactpersons/{person.id}",
        f"{above}/cards",
        f"{above}/bankaccounts/1",
    ]


def saved_invoice() -> Invoice:
    item = InvoiceItem(product_id="1", quantity=Decimal(1), price=Decimal(5))
    invoice = Invoice(customer_id=saved_customer().id, date=DAY, invoice_items=[item])
    invoice.save()
    return invoice


def saved_project(customer_id: str) -> Project:
    project = Project(
        project_name="Pond", customer_id=customer_id, billing_type="based_on_staff_hours"
    )
    project.save()
    return project


def test_collecting_an_invoice_gives_the_payment(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    invoice = saved_invoice()
    made = {"code": 0, "payment": {"payment_id": "77", "amount": 5, "status": "success"}}
    sandbox.next(status=200, body=made)

    payment = invoice.collect(card_id="1")

    assert isinstance(payment, Payment)
    assert (payment.id, payment.amount) == ("77", Decimal(5))
    assert last_body(sandbox) == {"card_id": "1"}


def test_what_an_action_makes_can_be_got(sandbox: Sandbox, session: ZohoSubscriptions) -> None:
    invoice = saved_invoice()
    charged = saved_subscription().add_charge(amount=Decimal(5))
    project = saved_project(invoice.customer_id)

    payment = invoice.collect(card_id="1")
    clone = project.clone(project_name="Lake")

    assert Payment.get(payment.id).customer_id == invoice.customer_id
    assert charged is not None
    assert Invoice.get(charged.id) is charged
    assert (project.project_name, clone.project_name) == ("Pond", "Lake")
    assert clone.id != project.id


def test_a_payment_in_doubt_stays_so_for_the_service_lists_none(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    payment = Payment(
        customer_id=saved_customer().id, payment_mode="cash", amount=Decimal("10.00"), date=DAY
    )
    sandbox.next(fault="drop-after-commit")
    with pytest.raises(OutcomeUnknown):
        payment.save()
    sandbox.forget()

    with pytest.raises(OutcomeUnknown, match="lists no Payment") as caught:
        payment.settle()
    with pytest.raises(Unsettled):
        payment.save()

    assert "save(again=True)" in str(caught.value)
    assert sandbox.calls == []


def test_an_invoice_shows_its_number_under_the_name_of_the_service(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    shown = {"invoice_id": "1", "number": "INV-384", "status": "paid"}
    sandbox.next(status=200, body={"code": 0, "invoice": shown})

    invoice = Invoice.get("1")

    assert invoice.number == "INV-384"
    assert invoice.to_dict()["number"] == "INV-384"


def test_a_refund_is_made_below_its_credit_note_and_got_by_its_id(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    line = CreditNoteItem(code="gold", quantity=Decimal(1), price=Decimal(20))
    note = CreditNote(customer_id=saved_customer().id, date=DAY, creditnote_items=[line])
    note.save()

    refund = note.refunds.create(amount=Decimal(5))
    refund.refresh()

    assert [call.path for call in sandbox.calls[-2:]] == [
        f"/creditnotes/{note.id}/refunds",
        f"/creditnotes/refunds/{refund.id}",
    ]


def test_a_hosted_page_is_shown_without_a_key_around_it(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    shown = {
        "code": 0,
        "message": "success",
        "hostedpage_id": "2-8c58",
        "status": "success",
        "data": {"subscription": {"subscription_id": "9"}},
    }
    sandbox.next(status=200, body=shown)

    page = HostedPage.get("2-8c58")

    assert (page.id, page.status) == ("2-8c58", "success")
    assert page.data == {"subscription": {"subscription_id": "9"}}


def test_a_new_hosted_page_is_a_record(sandbox: Sandbox, session: ZohoSubscriptions) -> None:
    page = HostedPage.new_subscription(plan={"plan_code": "gold"}, customer_id="1")

    assert page.hostedpage_id
    assert sandbox.calls[-1].path == "/hostedpages/newsubscription"
    assert last_body(sandbox) == {"customer_id": "1", "plan": {"plan_code": "gold"}}


def test_who_was_invited_to_a_project_is_saved_below_it(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    project = saved_project(saved_customer().id)
    invited = {"user_id": "5", "user_name": "Grace", "email": "grace@example.com"}
    sandbox.next(status=201, body={"code": 0, "users": [invited]})

    user = project.invite_user(user_name="Grace", email="grace@example.com")
    user.rate = Decimal(40)
    with pytest.raises(NotFound):
        user.save()  # The sandbox itself does not know of her.

    assert [call.path for call in sandbox.calls[-2:]] == [
        f"/projects/{project.id}/users/invite",
        f"/projects/{project.id}/users/5",
    ]


def test_transactions_are_viewed_by_type(sandbox: Sandbox, session: ZohoSubscriptions) -> None:
    list(Transaction.iterate(type="payment", customer_id="1"))

    assert sandbox.calls[-1].query["filter_by"] == "TransactionType.PAYMENT"


def test_settings_are_there_once(sandbox: Sandbox, session: ZohoSubscriptions) -> None:
    settings = {"is_advanced_version": True, "churn_messages": [{"label": "Price", "index": "0"}]}
    sandbox.next(status=200, body={"code": 0, "churn_messages_settings": settings})

    churn = ChurnMessageSettings.current()

    assert churn.is_advanced_version
    assert [(message.label, message.index) for message in churn.churn_messages] == [("Price", 0)]


def test_another_plan_does_not_take_the_price_of_the_one_before(
    sandbox: Sandbox, session: ZohoSubscriptions
) -> None:
    """A price that is sent overrides the plan's own."""
    subscription = saved_subscription()
    saved_plan("platinum")
    subscription.plan.quantity = Decimal(3)

    with pytest.raises(ReadOnlyField):
        subscription.plan.plan_code = "platinum"
    subscription.revert()
    subscription.plan = SubscriptionPlan(plan_code="platinum", quantity=Decimal(3))
    subscription.save()

    assert last_body(sandbox) == {"plan": {"plan_code": "platinum", "quantity": Decimal(3)}}
