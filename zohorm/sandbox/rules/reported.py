"""Expenses of reports: what each shows of its report, and what a report adds up of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from zohorm.sandbox import organizations
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules import currencies, stating
from zohorm.sandbox.rules.amounts import ZERO, amount, exactly
from zohorm.sandbox.rules.expenses import ExpenseRules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source

REPORT = "ExpenseReport"
EXPENSE = "Expense"
_IN_WORK = ("draft", "rejected", "recalled")
_OF_FIRST_LINE = ("category_id", "category_name", "tax_id", "tax_name", "tax_percentage")


class ReportedExpenseRules(ExpenseRules):
    """What holds for expenses that are handed in by reports."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Compute the amounts, and show the report that the expense is in."""
        if before is None and sent.get("is_reimbursable") in (None, ""):
            row["is_reimbursable"] = _to_be_reimbursed()
        super().settle(context, row, sent, before)
        report = context.get(REPORT, row.get("report_id"))
        for each in (report, context.get(REPORT, (before or {}).get("report_id"))):
            if each is not None:
                check_in_work(each)
        show(row, report)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Let the report that the expense names take it in."""
        _follow(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Let the reports that it was in and is in follow."""
        _follow(context, row)
        if before.get("report_id") != row.get("report_id"):
            _follow(context, before, is_gone=True)


@assumed("no document says what an expense is that does not say so; the form offers a claim")
def _to_be_reimbursed() -> bool:
    """An expense is to be reimbursed unless it says that it is not."""
    return True


def check_in_work(report: Row) -> None:
    """Check that a report, or an expense in it, may be changed.

    Raises:
        Refusal: it may not.
    """
    status = str(report.get("status") or "")
    if status not in ("", *_IN_WORK):
        _recalled_first(status)


@assumed("the help has reports recalled before they are edited, and lets approvers edit them still")
def _recalled_first(status: str) -> None:
    """A report that is submitted, approved or reimbursed is not changed, nor are its expenses."""
    raise refusal(f"The report is {status}; neither it nor its expenses can be changed.")


def show(expense: Row, report: Row | None) -> None:
    """Write into an expense the report that it is in."""
    report = report or {}
    for name in ("report_id", "report_name"):
        expense[name] = report.get(name, "")
    expense["report_status"] = report.get("status", "")
    expense["status"] = _status(str(report.get("status") or ""))


@source("Expense knowledge base, statuses of expenses")
def _status(of_report: str) -> str:
    """An expense is unreported without a report, unsubmitted in a draft, else as its report is."""
    return {"": "unreported", "draft": "unsubmitted"}.get(of_report, of_report)


def show_on_all(context: Context, report: Row, more: Row | None = None) -> None:
    """Write a report into the expenses that it lists; `more` goes to those it pays back."""
    resource = context.product.resources[EXPENSE]
    for expense in stored(context, rows_of(report.get("expenses"))):
        show(expense, report)
        if more and expense.get("is_reimbursable") is True:
            expense.update(more)
        context.store.replace(resource, context.organization_id, expense)


def release(context: Context, rows: Iterable[Row]) -> None:
    """Write into the expenses of these rows that they are in no report."""
    resource = context.product.resources[EXPENSE]
    for expense in stored(context, rows):
        show(expense, None)
        context.store.replace(resource, context.organization_id, expense)


def stored(context: Context, rows: Iterable[Row]) -> list[Row]:
    """Return the expenses that rows of a report stand for, but for those nobody has stored."""
    found = (context.get(EXPENSE, row.get("expense_id")) for row in rows)
    return [expense for expense in found if expense is not None]


def _follow(context: Context, expense: Row, *, is_gone: bool = False) -> None:
    """Let the report that an expense names list it as it is, or no more."""
    report = context.get(REPORT, expense.get("report_id"))
    if report is None:
        return
    resource = context.product.resources[REPORT]
    key = str(expense["expense_id"])
    rows = rows_of(report.get("expenses"))
    if is_gone:
        rows = [each for each in rows if each.get("expense_id") != key]
    elif key not in [each.get("expense_id") for each in rows]:
        rows.append({**blank(resource, "ReportExpense"), "expense_id": key})
    report["expenses"] = list(rows)
    with stating.watched() as ran:
        add_up(context, report)
    names = ", ".join(sorted(ran))
    context.store.set_assumed(resource, context.organization_id, str(report["report_id"]), names)
    context.store.replace(resource, context.organization_id, report)


def add_up(context: Context, report: Row) -> None:
    """Write the expenses of a report as they are now, and what they come to."""
    if not report.get("currency_id"):
        _fill_currency(context, report)
    rows = rows_of(report.get("expenses"))
    with exactly():
        for row in rows:
            _fill(row, context.get(EXPENSE, row.get("expense_id")))
        counted = [(row, _counts(context, report, row)) for row in rows]
        paid_back = [number for row, number in counted if row.get("is_reimbursable") is True]
        kept = [number for row, number in counted if row.get("is_reimbursable") is not True]
        report["reimbursable_total"] = _total(paid_back)
        report["non_reimbursable_total"] = _total(kept)
        report["total"] = _total(number for _, number in counted)
        report["expense_count"] = len(rows)
        report["reimbursable_expenses_count"] = len(paid_back)
        report["non_reimbursable_expenses_count"] = len(kept)
        for kind in ("uncategorized", "expired"):
            report[f"{kind}_expense_count"] = sum(row.get(f"is_{kind}") is True for row in rows)
        _owe(report)


@source("Expense v1, expense reports: totals and counts of the example")
def _total(numbers: Iterable[Decimal]) -> Decimal:
    """The totals of a report are sums over its expenses, to be reimbursed and not."""
    return sum(numbers, ZERO)


@source("Expense v1, expense reports: the example has all to be reimbursed, and 0 remaining")
def _owe(report: Row) -> None:
    """What is to be reimbursed stays; what remains of it is less by each reimbursement."""
    paid = sum((amount(each, "amount") for each in rows_of(report.get("reimbursements"))), ZERO)
    report["amount_to_be_reimbursed"] = amount(report, "reimbursable_total")
    report["remaining_reimbursement_total"] = max(amount(report, "reimbursable_total") - paid, ZERO)


def _counts(context: Context, report: Row, row: Row) -> Decimal:
    """Return what an expense adds to its report."""
    is_same = row.get("currency_id") in ("", None, report.get("currency_id"))
    return amount(row, "total") if is_same else _in_base(row)


@assumed("the documents show one currency per report, and a base total of each expense")
def _in_base(row: Row) -> Decimal:
    """A report is in the base currency; another expense counts with its total in that."""
    return amount(row, "bcy_total")


def _fill(row: Row, expense: Row | None) -> None:
    """Write an expense into its row of a report; one that nobody has stored is as it is."""
    if expense is None:
        return
    lines = rows_of(expense.get("line_items"))
    first = lines[0] if lines else {}
    for name in row:
        value = expense.get(name)
        if value in ("", None) and name in _OF_FIRST_LINE:
            value = first.get(name)
        if value is not None:
            row[name] = value
    row["line_item_count"] = len(lines)
    row["tax_amount"] = amount(expense, "total") - amount(expense, "total_without_tax")
    row["bcy_tax_amount"] = amount(expense, "bcy_total") - amount(expense, "bcy_subtotal")


def _fill_currency(context: Context, report: Row) -> None:
    """Write the currency of the organization into a report, see `_in_base`."""
    organization = organizations.get(context.store, context.organization_id)
    for name in ("currency_id", "currency_code"):
        report[name] = organization.get(name, "")
    report["price_precision"] = currencies.money_of(context, report, organization).places
