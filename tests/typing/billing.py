"""What checkers say of Billing's models: subscriptions, plans and customers; never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Collection, Lines, Query
from zohorm.fields import CreateOnly, Field, ReadOnly
from zohorm.subscriptions import (
    Addon,
    BankAccount,
    Card,
    ContactPerson,
    CreditNote,
    CreditNoteRefund,
    Customer,
    HostedPage,
    Invoice,
    Payment,
    PaymentRefund,
    Plan,
    Product,
    Project,
    ProjectUser,
    Subscription,
    SubscriptionActivity,
    SubscriptionAddon,
    SubscriptionCard,
    SubscriptionCustomer,
    SubscriptionNote,
    SubscriptionPlan,
    UnbilledCharge,
    ZohoSubscriptions,
)
from zohorm.subscriptions import customer as customers


def _plans(billing: ZohoSubscriptions, plan: Plan) -> None:
    assert_type(Plan.get("gold"), Plan)
    assert_type(Plan.using(billing).iterate(status="active"), Query[Plan])
    assert_type(plan.plan_code, str)
    assert_type(plan.recurring_price, Decimal)
    assert_type(plan.setup_fee, Decimal | None)
    assert_type(plan.interval, int)
    assert_type(plan.created_time, dt.datetime)
    assert_type(plan.product, Product)
    assert_type(Plan.plan_code, CreateOnly[str])
    assert_type(Plan.recurring_price, Field[Decimal])
    Plan(plan_code="gold", name="Gold", recurring_price=Decimal("9.90"), interval=1)

    Plan.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    plan.recurring_price = 9.9  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    plan.status = "active"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    Plan(status="active")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _customers(customer: Customer) -> None:
    assert_type(customer.outstanding, Decimal)
    assert_type(customer.email, str | None)
    assert_type(customer.billing_address, customers.Address)
    assert_type(customer.contact_persons, Collection[ContactPerson])
    assert_type(customer.contact_persons.create(email="ada@example.com"), ContactPerson)
    assert_type(customer.cards, Collection[Card])
    assert_type(customer.cards.get("1").last_four_digits, str)
    assert_type(customer.bank_accounts.get("1"), BankAccount)
    assert_type(Customer.by_reference("1", reference_id_type="zcrm_account_id"), Customer)
    assert_type(Customer.outstanding, ReadOnly[Decimal])


def _subscriptions(subscription: Subscription) -> None:
    assert_type(subscription.amount, Decimal)
    assert_type(subscription.next_billing_at, dt.date | None)
    assert_type(subscription.auto_collect, bool | None)
    assert_type(subscription.customer, SubscriptionCustomer)
    assert_type(subscription.customer.customer, Customer | None)
    assert_type(subscription.plan, SubscriptionPlan)
    assert_type(subscription.plan.price, Decimal | None)
    assert_type(subscription.plan.plan, Plan | None)
    assert_type(subscription.addons, Lines[SubscriptionAddon])
    assert_type(subscription.addons[0].addon, Addon | None)
    assert_type(subscription.card, SubscriptionCard | None)
    assert_type(subscription.notes, tuple[SubscriptionNote, ...])
    assert_type(subscription.activities, Collection[SubscriptionActivity])
    assert_type(subscription.child_invoice, Invoice | None)
    assert_type(subscription.unbilled_charge, UnbilledCharge | None)
    Subscription(customer_id="1", plan=SubscriptionPlan(plan_code="gold", quantity=Decimal(2)))


def _actions(subscription: Subscription, invoice: Invoice, credit_note: CreditNote) -> None:
    assert_type(subscription.cancel(cancel_at_end=True), Subscription)
    assert_type(subscription.reactivate(), Subscription)
    assert_type(subscription.postpone_renewal(renewal_at=dt.date(2026, 1, 1)), Subscription)
    assert_type(subscription.add_charge(amount=Decimal(5)), Invoice | None)
    assert_type(subscription.scheduled_changes(), Mapping[str, object])
    subscription.apply_coupon("SPRING")
    assert_type(invoice.collect(card_id="1"), Payment)
    assert_type(credit_note.refunds.create(amount=Decimal(5)), CreditNoteRefund)
    assert_type(UnbilledCharge.get("1").create_invoice(), Invoice)
    assert_type(HostedPage.new_subscription(plan={"plan_code": "gold"}), HostedPage)
    assert_type(Project.get("1").invite_user(user_name="Ada", email="a@b.c"), ProjectUser)
    assert_type(Payment.get("1").refunds.create(amount=Decimal(5)), PaymentRefund)

    subscription.cancel()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    subscription.cancel(cancel_at_end="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    subscription.add_charge(amount=5.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
