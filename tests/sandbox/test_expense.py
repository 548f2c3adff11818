"""Zoho Expense over HTTP: expenses, their reports, trips, and what hangs on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from making import last_body, verbs

from zohorm.errors import InvalidValue, NotFound, OutcomeUnknown, ReadOnlyField, WrongType
from zohorm.expense import (
    Currency,
    Customer,
    Expense,
    ExpenseCategory,
    ExpenseReport,
    LineItem,
    Organization,
    Project,
    ReportExpense,
    ReportingTag,
    Trip,
    User,
    ZohoExpense,
)
from zohorm.sandbox import Sandbox

DAY = dt.date(2026, 1, 15)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[ZohoExpense]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoExpense(**sandbox.credentials, clock=sandbox.clock)) as opened, opened:
        yield opened


def saved_category(name: str = "Meals") -> ExpenseCategory:
    category = ExpenseCategory(category_name=name)
    category.save()
    return category


def saved_expense(amount: str = "12.50") -> Expense:
    expense = Expense(
        currency_id=next(iter(Currency.iterate())).id,
        date=DAY,
        line_items=[LineItem(category_id=saved_category(amount).id, amount=Decimal(amount))],
    )
    expense.save()
    return expense


def saved_report(*expenses: Expense) -> ExpenseReport:
    report = ExpenseReport(report_name="Porto", start_date=DAY, end_date=DAY)
    report.expenses = [ReportExpense(expense_id=expense.id) for expense in expenses]
    report.save()
    return report


def stored_trip(sandbox: Sandbox, status: str) -> Trip:
    """A trip further on its way than calls can bring one: nothing submits a trip."""
    return Trip.get(sandbox.insert("Trip", {"status": status}, product="expense"))


def test_each_call_names_its_organization_in_query_and_header(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    list(Customer.iterate())

    call = sandbox.calls[-1]
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert call.url_path == "/expense/v1/contacts"
    assert call.query["organization_id"] == session.organization_id
    assert headers["x-com-zoho-expense-organizationid"] == session.organization_id


def test_organizations_are_asked_for_without_one(sandbox: Sandbox, session: ZohoExpense) -> None:
    found = Organization.get(session.organization_id)

    assert found.id == session.organization_id
    assert sandbox.calls[-1].query == {}


def test_an_expense_is_created_changed_and_listed_by_a_report_of_details(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    expense = saved_expense()
    sandbox.forget()

    expense.is_billable = True
    expense.save()
    listed = list(Expense.iterate(date__gte=DAY, date__lte=DAY))

    assert [each.id for each in listed] == [expense.id]
    put, get = sandbox.calls
    assert (put.method, put.body) == ("PUT", {"is_billable": True})
    assert get.path == "/reports/expensedetails"
    assert {"date_start", "date_end"} <= set(get.query)


def test_a_line_is_sent_with_its_category_and_its_amount(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    expense = saved_expense("7.07")

    assert last_body(sandbox)["line_items"] == [
        {"category_id": expense.line_items[0].category_id, "amount": Decimal("7.07")}
    ]
    assert expense.line_items[0].amount == Decimal("7.07")


def test_a_lost_answer_to_a_new_expense_is_not_sent_again(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    expense = Expense(currency_id=next(iter(Currency.iterate())).id, date=DAY)
    expense.line_items.add(category_id=saved_category().id, amount=Decimal(5))
    sandbox.forget()
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        expense.save()

    assert [call.method for call in sandbox.calls] == ["POST"]


def test_a_report_takes_expenses_by_their_ids(sandbox: Sandbox, session: ZohoExpense) -> None:
    first, second = saved_expense("1.01"), saved_expense("2.02")

    saved_report(first, second)

    assert last_body(sandbox)["expenses"] == [
        {"expense_id": first.id},
        {"expense_id": second.id},
    ]


def test_a_report_goes_its_way_through_the_approval(sandbox: Sandbox, session: ZohoExpense) -> None:
    report = saved_report(saved_expense())
    path = f"/expensereports/{report.id}"
    sandbox.forget()

    report.submit()
    report.reject(comments="Where is the receipt?")
    assert last_body(sandbox) == {"comments": "Where is the receipt?"}
    report.approve()
    report.reimburse(date=DAY, amount=Decimal("12.50"), reference_number="R-1")

    assert last_body(sandbox) == {
        "date": "2026-01-15",
        "amount": Decimal("12.50"),
        "reference_number": "R-1",
    }
    assert verbs(sandbox) == [
        f"POST {path}/{step}" for step in ("submit", "reject", "approve", "reimburse")
    ]
    assert report.status == "reimbursed"
    assert verbs(sandbox) == [f"GET {path}"]


@pytest.mark.parametrize("action", ["submit", "approve", "reject", "reimburse"])
def test_what_pays_or_tells_somebody_is_never_sent_twice(
    action: str, sandbox: Sandbox, session: ZohoExpense
) -> None:
    report = saved_report(saved_expense())
    steps: dict[str, list[str]] = {"submit": [], "reimburse": ["submit", "approve"]}
    for step in steps.get(action, ["submit"]):
        getattr(report, step)()
    sandbox.forget()
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown):
        getattr(report, action)()

    assert len(sandbox.calls) == 1


def test_reports_are_filtered_by_status(sandbox: Sandbox, session: ZohoExpense) -> None:
    approved, _ = saved_report(saved_expense("1.01")), saved_report(saved_expense("2.02"))
    approved.submit()
    approved.approve()

    found = list(ExpenseReport.iterate(status="approved"))

    assert [report.id for report in found] == [approved.id]
    assert sandbox.calls[-1].query["filter_by"] == "Type.Approval,Status.Approved"


@pytest.mark.parametrize(
    ("action", "status"),
    [("approve", "approved"), ("reject", "rejected"), ("cancel", "cancelled"), ("close", "closed")],
)
def test_trips_are_approved_rejected_cancelled_and_closed(
    action: str, status: str, sandbox: Sandbox, session: ZohoExpense
) -> None:
    before = "submitted" if action in ("approve", "reject") else "approved"
    trip = stored_trip(sandbox, before)

    getattr(trip, action)()

    assert sandbox.calls[-1].path == f"/trips/{trip.id}/{action}"
    assert trip.status == status


def test_closing_a_trip_is_sent_again_where_nobody_answered(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    trip = stored_trip(sandbox, "approved")
    sandbox.forget()
    sandbox.next(fault="drop-after-commit")

    trip.close()

    assert verbs(sandbox) == [f"POST /trips/{trip.id}/close"] * 2


def test_customers_have_projects(sandbox: Sandbox, session: ZohoExpense) -> None:
    customer = Customer(contact_name="Bär & Søn", mobile="+351 912 345 678")
    customer.save()
    project = Project(project_name="Bridge", customer=customer)
    project.save()

    project.mark_inactive()

    assert customer.mobile == "+351 912 345 678"
    assert sandbox.calls[-1].path == f"/projects/{project.id}/inactive"
    assert project.customer is customer
    assert project.status == "inactive"


def test_categories_are_hidden_and_shown(sandbox: Sandbox, session: ZohoExpense) -> None:
    category = saved_category()

    category.disable()
    hidden = category.is_enabled
    category.enable()

    assert (hidden, category.is_enabled) == (False, True)
    assert [call.path.rpartition("/")[2] for call in sandbox.calls if call.method == "POST"] == [
        "expensecategories",
        "hide",
        "show",
    ]


def test_users_are_given_roles(sandbox: Sandbox, session: ZohoExpense) -> None:
    user = User(name="Ada", email="ada@example.com", user_role="submitter")
    user.save()

    user.assign_role("7001")

    assert sandbox.calls[-1].path == f"/users/{user.id}/role/7001"


def test_reporting_tags_live_in_another_version(sandbox: Sandbox, session: ZohoExpense) -> None:
    sandbox.next(status=200, body={"code": 0, "message": "success", "reporting_tags": []})
    assert list(ReportingTag.iterate()) == []
    assert sandbox.calls[-1].url_path == "/expense/v3/reportingtags"


def test_options_of_a_tag_are_reached_by_the_id_of_the_tag(
    sandbox: Sandbox, session: ZohoExpense
) -> None:
    shown = {"tag_id": "7", "tag_name": "Region"}
    sandbox.next(status=200, body={"code": 0, "message": "success", "reporting_tags": [shown]})
    [tag] = ReportingTag.iterate()
    for _ in range(3):
        sandbox.next(status=200, body={"code": 0, "message": "success"})
    sandbox.forget()

    tag.options()
    tag.all_options(show_untagged=True)
    tag.mark_option_active("9")

    assert [call.path for call in sandbox.calls] == [
        "/reportingtags/options",
        "/reportingtags/7/options/all",
        "/reportingtags/7/option/9/active",
    ]
    assert sandbox.calls[0].query["tag_id"] == "7"


def test_bad_input_is_refused_before_any_call(sandbox: Sandbox, session: ZohoExpense) -> None:
    expense = saved_expense()
    sandbox.forget()

    with pytest.raises(InvalidValue):
        expense.date = "soon"  # type: ignore[assignment]
    with pytest.raises(ReadOnlyField):
        setattr(expense, "total", Decimal(1))  # noqa: B010
    with pytest.raises(WrongType):
        ExpenseReport(expenses="7")  # type: ignore[arg-type]

    assert sandbox.calls == []


def test_what_is_not_there_is_not_found(sandbox: Sandbox, session: ZohoExpense) -> None:
    with pytest.raises(NotFound):
        Trip.get("460000000099999")
