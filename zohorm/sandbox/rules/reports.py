"""Expense reports: expenses that are handed in together, approved, and paid back at once."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.givens import USER
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources import history
from zohorm.sandbox.resources.checks import members
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules import currencies, reported, trips
from zohorm.sandbox.rules.amounts import ZERO, amount
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import assumed, source

_REMAINING = "remaining_reimbursement_total"
_STEPS = ("submit", "approve", "reject")


class ReportRules(Rules):
    """What holds for expense reports."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """See that the report may list its expenses, and add them up."""
        if before is None:
            row["status"] = "draft"
            row["created_date"] = context.today
        else:
            reported.check_in_work(before)
        if "expenses" in sent:
            _check_listed(context, row)
        reported.add_up(context, row)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Show the report on its expenses."""
        reported.show_on_all(context, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Show the report on its expenses, and not on those that it lists no more."""
        kept = [each.get("expense_id") for each in rows_of(row.get("expenses"))]
        old = rows_of(before.get("expenses"))
        reported.release(context, (each for each in old if each.get("expense_id") not in kept))
        reported.show_on_all(context, row)

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check the status, and that a reimbursement pays what remains."""
        super().allowed(context, row, sets)
        if context.operation.end == "reimburse":
            reported.add_up(context, row)
            said = _said(context)
            if _is_other_currency(row, said):
                _of_the_report()
            if "amount" in said and amount(said, "amount") != amount(row, _REMAINING):
                _in_one_payment()

    def acted(self, context: Context, row: Row) -> None:
        """Write down day and person of a step, or the reimbursement, and tell the expenses."""
        before = context.get(self.resource.name, row["report_id"]) or {}
        more: Row = {}
        if context.operation.end in _STEPS:
            _sign(context, row)
            _note(context, row, before)
        elif context.operation.end == "reimburse":
            more = _reimburse(context, row)
        reported.add_up(context, row)
        reported.show_on_all(context, row, more)
        trips.count_reports(context, row.get("trip_id"))


def _check_listed(context: Context, row: Row) -> None:
    """Check that a report may list the expenses that it lists.

    Raises:
        Refusal: one does not exist, is there twice, or is in another report.
    """
    keys = [str(each.get("expense_id") or "") for each in rows_of(row.get("expenses"))]
    if len(set(keys)) < len(keys):
        _once()
    for key in keys:
        expense = context.get(reported.EXPENSE, key)
        if expense is None:
            raise unknown_record("Expense", status=context.switches.missing_reference)
        if expense.get("report_id") not in ("", None, row["report_id"]):
            _in_one_report()


@assumed("an expense shows one report; nobody says what a second one that lists it does")
def _in_one_report() -> None:
    """An expense is in one report; another does not take it while it is there."""
    raise refusal("The expense is in another report.")


@assumed("no document says what the same expense twice means")
def _once() -> None:
    """A report does not list an expense twice."""
    raise refusal("The report lists an expense twice.")


def _sign(context: Context, row: Row) -> None:
    """Write into a report who took a step, and when."""
    key, name, email = USER
    if context.operation.end == "submit":
        _submit(row, context.today)
        row.update(submitted_by=key, submitter_name=name, submitter_email=email)
        row["approved_date"] = ""
    else:
        row.update(approver_id=key, approver_name=name, approver_email=email)
        row["approved_date"] = context.today if context.operation.end == "approve" else ""


@assumed("documents call one day that of submission, the other that of the previous submission")
def _submit(row: Row, today: str) -> None:
    """A report shows the day of its first submission, and that of its last one."""
    row["submitted_date"] = row.get("submitted_date") or today
    row["last_submitted_date"] = today


@source("Expense v1, expense reports, approval history")
def _note(context: Context, row: Row, before: Row) -> None:
    """Each step of an approval is in the history, with the status before it and its comments."""
    resource = context.product.resources["ExpenseReportApproval"]
    step: Row = {
        "approval_history_id": context.store.next_id(),
        "comments": _said(context).get("comments", ""),
        "type": "approval_history",
        "previous_status": before.get("status", ""),
        "approval_status": row["status"],
        **history.authorship(context),
    }
    for name in ("report_id", "report_name", "report_number", "approver_id", "approver_name"):
        step[name] = row.get(name, "")
    made = blank(resource)
    made.update({name: value for name, value in step.items() if name in made})
    context.store.insert(resource, context.organization_id, made, str(row["report_id"]))


def _said(context: Context) -> Row:
    """Return what the body of an action says."""
    body = context.body if isinstance(context.body, dict) else {}
    return members(context.resource, context.operation.body, body)


def _is_other_currency(row: Row, said: Row) -> bool:
    return said.get("currency_id") not in ("", None, row.get("currency_id"))


@source("Expense knowledge base, marking reports as reimbursed: no partial payments")
def _in_one_payment() -> None:
    """A report is reimbursed at once, with all that remains to be reimbursed."""
    raise refusal("The amount is not what remains to be reimbursed.")


@assumed("the documents name `currency_id`, and no rate to pay with")
def _of_the_report() -> None:
    """A report is reimbursed in its own currency."""
    raise refusal("The report is in another currency.")


@source("Expense v1, expense reports, reimburse; the example of a reimbursed report")
def _reimburse(context: Context, row: Row) -> Row:
    """A reimbursement is listed with its day, which the report and its expenses show as well."""
    said = _said(context)
    day = said.get("date") or context.today
    remaining = amount(row, _REMAINING)
    row["reimbursement_date"] = day
    if remaining > ZERO:
        made: Row = {
            **blank(context.resource, "Reimbursement"),
            "employee_reimbursement_id": context.store.next_id(),
            "date": day,
            "amount": remaining,
            "bcy_amount": currencies.base(remaining, currencies.money_of(context, row)),
            "notes": said.get("notes") or "",
            "currency_code": row.get("currency_code", ""),
            "currency_id": row.get("currency_id", ""),
        }
        row["reimbursements"] = [*rows_of(row.get("reimbursements")), made]
    return {
        "reimbursement_date": day,
        "reimbursement_reference": said.get("reference_number") or "",
        "reimbursement_currency_id": row.get("currency_id", ""),
        "reimbursement_currency_code": row.get("currency_code", ""),
    }
