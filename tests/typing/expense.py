"""Models of Zoho Expense, as the type checkers see them; never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Query
from zohorm.children import Collection
from zohorm.expense import (
    Currency,
    Customer,
    Expense,
    ExpenseCategory,
    ExpenseReport,
    ExpenseReportApproval,
    LineItem,
    ReportExpense,
    ReportingTag,
    User,
    ZohoExpense,
)
from zohorm.lines import Lines


def _expense(expense: Expense, session: ZohoExpense) -> None:
    assert_type(Expense.using(session).get("1"), Expense)
    assert_type(Expense.iterate(date__gte=dt.date(2026, 1, 1)), Query[Expense])
    assert_type(expense.total, Decimal)
    assert_type(expense.date, dt.date)
    assert_type(expense.amount, Decimal | None)
    assert_type(expense.created_by, str | None)
    assert_type(expense.currency, Currency)
    assert_type(expense.customer, Customer | None)
    assert_type(expense.report, ExpenseReport | None)
    assert_type(expense.line_items, Lines[LineItem])
    assert_type(expense.line_items[0].category, ExpenseCategory | None)
    assert_type(expense.save().created, bool)
    expense.merge(duplicate_expense_id="2")
    expense.line_items.add(category_id="1", amount=Decimal("12.50"))

    expense.merge()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    expense.merge(duplicate_expense_id=2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Expense(total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LineItem(line_item_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def _computed_total(expense: Expense) -> None:
    expense.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


def _report(report: ExpenseReport, tag: ReportingTag) -> None:
    assert_type(ExpenseReport.iterate(status="approved"), Query[ExpenseReport])
    assert_type(report.status, str)
    assert_type(report.reimbursable_total, Decimal)
    assert_type(report.submitted_date, dt.date | None)
    assert_type(report.approver, User | None)
    assert_type(report.expenses, Lines[ReportExpense])
    assert_type(report.approval_history, Collection[ExpenseReportApproval])
    assert_type(tag.options(), Mapping[str, object])
    report.expenses = [ReportExpense(expense_id="1")]
    report.submit()
    report.reject(comments="No receipt")
    report.reimburse(date=dt.date(2026, 1, 15), amount=Decimal(10), reference_number="R-1")
    tag.mark_option_active("1")

    report.expenses = [Expense()]  # type: ignore[list-item]  # pyright: ignore[reportAttributeAccessIssue]
    report.reject(comments=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    report.reimburse(amount=10.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tag.mark_option_active()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
