"""What checkers say of two models of each product: read by the type checkers, never run.

Of each: the constructor, what cannot be assigned or passed, a link, a child, an action, and what
an attribute of the class is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Collection, Lines, books, expense, inventory, invoice, subscriptions
from zohorm.custom import CustomFields
from zohorm.expense import user as users
from zohorm.fields import Children, CreateOnly, Custom, Field, Link, Many, ReadOnly
from zohorm.inventory import composite_item as kits
from zohorm.inventory import item as items


def _purchase_order_of_books(order: books.PurchaseOrder) -> None:
    lines = [books.PurchaseOrderLineItem(item_id="1", rate=Decimal(2), quantity=Decimal(3))]
    assert_type(books.PurchaseOrder(vendor_id="1", line_items=lines), books.PurchaseOrder)
    assert_type(order.vendor, books.Contact)
    assert_type(order.salesorder, books.SalesOrder | None)
    assert_type(order.comments, Collection[books.PurchaseOrderComment])
    assert_type(order.comments.at("1"), books.PurchaseOrderComment)
    assert_type(order.mark_billed(), None)
    assert_type(order.email_content(), Mapping[str, object])
    assert_type(books.PurchaseOrder.at("1"), books.PurchaseOrder)
    assert_type(books.PurchaseOrder.total, ReadOnly[Decimal])
    assert_type(books.PurchaseOrder.vendor, Link[books.Contact])
    assert_type(books.PurchaseOrder.comments, Children[books.PurchaseOrderComment])
    assert_type(books.PurchaseOrder.line_items, Many[books.PurchaseOrderLineItem])

    order.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    books.PurchaseOrder(status="open")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    order.vendor = books.Item()  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    books.PurchaseOrder.at(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _project_of_books(project: books.Project) -> None:
    made = books.Project(project_name="Shop", customer_id="1", billing_type="based_on_task_hours")
    assert_type(made, books.Project)
    assert_type(project.customer, books.Contact)
    assert_type(project.comments.create(description="Go"), books.ProjectComment)
    assert_type(project.list_tasks(), Collection[books.Task])
    assert_type(project.clone(project_name="Again"), books.Project)
    assert_type(books.Project.status, ReadOnly[str])
    assert_type(books.Project.rate, Field[Decimal | None])

    project.status = "active"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    books.Project(project_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    project.clone()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _item_of_inventory(item: inventory.Item) -> None:
    assert_type(inventory.Item(name="Bolt", rate=Decimal("2.50")), inventory.Item)
    assert_type(item.vendor, inventory.Contact | None)
    assert_type(item.batches.create(batch_number="L-1"), inventory.Batch)
    assert_type(item.mark_inactive(), None)
    assert_type(item.download_image(), bytes)
    assert_type(inventory.Item.in_bulk(["1", "2"]), list[inventory.Item])
    assert_type(inventory.Item.stock_on_hand, ReadOnly[Decimal | None])
    assert_type(inventory.Item.rate, Field[Decimal])
    assert_type(inventory.Item.batches, Children[inventory.Batch])
    assert_type(item.custom_fields, CustomFields[items.CustomField])

    item.item_id = "2"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    inventory.Item(stock_on_hand=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    item.rate = 2.5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    item.add_image(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _composite_item_of_inventory(kit: inventory.CompositeItem) -> None:
    part = kits.MappedItem(item_id="1", quantity=Decimal(2))
    assert_type(inventory.CompositeItem(name="Kit", mapped_items=[part]), inventory.CompositeItem)
    assert_type(kit.vendor, inventory.Contact | None)
    assert_type(kit.bundles.new(date=dt.date(2026, 1, 31)), inventory.Bundle)
    assert_type(kit.bundles.at("1").mark_built(), inventory.Bundle)
    assert_type(kit.default_bins(), Mapping[str, object])
    assert_type(inventory.CompositeItem.bundles, Children[inventory.Bundle])
    assert_type(inventory.CompositeItem.status, ReadOnly[str])

    kit.status = "active"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    inventory.CompositeItem(status="active")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    kit.bundles = []  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _estimate_of_invoice(estimate: invoice.Estimate) -> None:
    lines = [invoice.EstimateLineItem(name="Tea", rate=Decimal(3), quantity=Decimal(2))]
    assert_type(invoice.Estimate(customer_id="1", line_items=lines), invoice.Estimate)
    assert_type(estimate.customer, invoice.Contact)
    assert_type(estimate.line_items, Lines[invoice.EstimateLineItem])
    assert_type(estimate.comments, Collection[invoice.EstimateComment])
    assert_type(estimate.mark_accepted(), None)
    assert_type(invoice.Estimate.pdf_many(["1", "2"]), bytes)
    assert_type(invoice.Estimate.total, ReadOnly[Decimal])
    assert_type(invoice.Estimate.expiry_date, Field[dt.date | None])

    estimate.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.Estimate(total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    estimate.date = dt.date(2026, 1, 31)
    estimate.date = "2026-01-31"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _contact_of_invoice(contact: invoice.Contact) -> None:
    assert_type(invoice.Contact(contact_name="Ada", payment_terms=30), invoice.Contact)
    assert_type(contact.currency, invoice.Currency)
    assert_type(contact.addresses, Collection[invoice.ContactAddress])
    assert_type(contact.list_contact_persons(), Collection[invoice.ContactPerson])
    assert_type(contact.contact_persons, Lines[invoice.ContactPerson])
    assert_type(contact.mark_inactive(), None)
    assert_type(invoice.Contact.contact_id, ReadOnly[str])
    assert_type(invoice.Contact.comments, Children[invoice.ContactComment])

    contact.contact_id = "2"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    invoice.Contact(contact_id="2")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    contact.payment_terms = "30"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _report_of_expense(report: expense.ExpenseReport) -> None:
    day = dt.date(2026, 1, 31)
    made = expense.ExpenseReport(report_name="January", start_date=day, end_date=day)
    assert_type(made, expense.ExpenseReport)
    assert_type(report.approver, expense.User | None)
    assert_type(report.approval_history, Collection[expense.ExpenseReportApproval])
    assert_type(report.reject(comments="No receipt"), None)
    assert_type(expense.ExpenseReport.report_number, ReadOnly[str])
    assert_type(expense.ExpenseReport.start_date, Field[dt.date])
    assert_type(expense.ExpenseReport.approver, Link[expense.User | None])

    report.status = "approved"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    expense.ExpenseReport(status="open")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    report.approver = expense.Currency()  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _user_of_expense(user: expense.User) -> None:
    made = expense.User(name="Ada", email="ada@example.com", user_role="staff")
    assert_type(made, expense.User)
    assert_type(user.approves_to, expense.User | None)
    assert_type(user.assign_role("1"), None)
    assert_type(expense.User.email, CreateOnly[str])
    assert_type(expense.User.status, ReadOnly[str])
    assert_type(expense.User.custom_fields, Custom[users.CustomField])
    assert_type(user.email_ids, tuple[users.EmailId, ...])

    user.status = "active"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    expense.User(user_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    user.assign_role(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _customer_of_billing(customer: subscriptions.Customer) -> None:
    made = subscriptions.Customer(display_name="Tea House", email="tea@example.com")
    assert_type(made, subscriptions.Customer)
    assert_type(customer.cards, Collection[subscriptions.Card])
    assert_type(customer.contact_persons.new(email="ada@example.com"), subscriptions.ContactPerson)
    assert_type(customer.mark_inactive(), None)
    assert_type(subscriptions.Customer.customer_id, ReadOnly[str])
    assert_type(subscriptions.Customer.cards, Children[subscriptions.Card])

    customer.outstanding = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    subscriptions.Customer(customer_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    customer.cards = []  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _subscription_of_billing(subscription: subscriptions.Subscription) -> None:
    plan = subscriptions.SubscriptionPlan(plan_code="gold", quantity=Decimal(2))
    made = subscriptions.Subscription(customer_id="1", plan=plan)
    assert_type(made, subscriptions.Subscription)
    assert_type(subscription.product, subscriptions.Product | None)
    assert_type(subscription.activities, Collection[subscriptions.SubscriptionActivity])
    assert_type(subscription.cancel(cancel_at_end=True), subscriptions.Subscription)
    assert_type(subscriptions.Subscription.amount, ReadOnly[Decimal])
    assert_type(subscriptions.Subscription.product, Link[subscriptions.Product | None])

    subscription.amount = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    subscriptions.Subscription(amount=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    subscription.cancel(cancel_at_end=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
