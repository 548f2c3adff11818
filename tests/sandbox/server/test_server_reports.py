"""Expense reports add up their expenses on their way through approval; trips on theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.expense import Expense, ExpenseReport, LineItem, ReportExpense, ZohoExpense
from zohorm.sandbox import Sandbox, exact
from zohorm.sandbox.organizations import CURRENCIES
from zohorm.sandbox.rules.refusals import UNNAMED

USD, EUR = CURRENCIES["USD"][2], CURRENCIES["EUR"][2]
GIVEN = "4815000000000000201"  # 7.5 %; every organization has it from the start.
HEADER = "X-Sandbox-Assumed"
REFUSED = (400, UNNAMED)
DAY = dt.date(2026, 1, 15)
TODAY = DAY.isoformat()


class Desk:
    """A client of Zoho Expense without any library."""

    def __init__(self, sandbox: Sandbox, plain: Plain) -> None:
        self.sandbox = sandbox
        self.plain = plain

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Make one call; numbers are exact."""
        content = None if body is None else exact.write(body)
        return self.plain.call(method, f"{self.sandbox.url}/expense/v1{path}", data=content)

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call that must succeed, and return what it answers."""
        return self.plain.done(self.call(method, path, body))

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        """Make a call that must fail, and return its status and code."""
        answer = self.call(method, path, body)
        return answer.status_code, answer.json()["code"]

    def spend(self, amount: str, **more: Any) -> str:
        """Create an expense and return its id."""
        category = self.do("POST", "/expensecategories", {"category_name": f"Meals {amount}"})
        line = {
            "category_id": category["expense_category"]["category_id"],
            "amount": Decimal(amount),
            **more.pop("line", {}),
        }
        body = {"currency_id": USD, "date": "2026-01-10", "line_items": [line], **more}
        made: str = self.do("POST", "/expenses", body)["expense"]["expense_id"]
        return made

    def report(self, *expenses: str, **more: Any) -> str:
        """Create a report of expenses and return its id."""
        body: dict[str, Any] = {
            "report_name": "Porto",
            "start_date": "2026-01-10",
            "end_date": "2026-01-12",
        }
        body |= {"expenses": [{"expense_id": key} for key in expenses], **more}
        made: str = self.do("POST", "/expensereports", body)["expense_report"]["report_id"]
        return made

    def act(self, report: str, *steps: str, **body: Any) -> None:
        """Take steps with a report; the last one says what `body` says."""
        for step in steps:
            sent = body if step == steps[-1] else None
            self.do("POST", f"/expensereports/{report}/{step}", sent)

    def read(self, report: str) -> Any:
        """Return a report."""
        return self.do("GET", f"/expensereports/{report}")["expense_report"]

    def expense(self, key: str) -> Any:
        """Return an expense."""
        return self.do("GET", f"/expenses/{key}")["expense"]

    def totals(self, report: str) -> tuple[Any, ...]:
        """Return what a report comes to: in all, to be reimbursed, not to be."""
        row = self.read(report)
        return row["total"], row["reimbursable_total"], row["non_reimbursable_total"]


@pytest.fixture
def desk(sandbox: Sandbox, plain: Plain) -> Desk:
    return Desk(sandbox, plain)


def of_report(expense: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("report_id", "report_name", "report_status", "status")
    return tuple(expense[name] for name in names)


def test_a_report_adds_up_its_expenses(desk: Desk) -> None:
    """100.00 + 7.5 % = 107.50; 12.34 is not paid back; 107.50 + 12.34 = 119.84."""
    hotel = desk.spend("100", line={"tax_id": GIVEN})
    dinner = desk.spend("12.34", is_reimbursable=False)

    report = desk.read(desk.report(hotel, dinner))

    assert report["total"] == Decimal("119.84")
    assert report["reimbursable_total"] == Decimal("107.50")
    assert report["non_reimbursable_total"] == Decimal("12.34")
    assert report["amount_to_be_reimbursed"] == Decimal("107.50")
    assert report["remaining_reimbursement_total"] == Decimal("107.50")
    assert (report["expense_count"], report["uncategorized_expense_count"]) == (2, 0)
    assert report["reimbursable_expenses_count"] == 1
    assert report["non_reimbursable_expenses_count"] == 1
    assert (report["currency_id"], report["price_precision"]) == (USD, 2)


def test_a_report_shows_its_expenses_as_they_are(desk: Desk) -> None:
    hotel = desk.spend("100", line={"tax_id": GIVEN}, payment_mode="Check")

    [row] = desk.read(desk.report(hotel))["expenses"]

    assert (row["expense_id"], row["date"]) == (hotel, "2026-01-10")
    assert (row["amount"], row["tax_amount"]) == (Decimal(100), Decimal("7.5"))
    assert (row["total"], row["tax_id"]) == (Decimal("107.5"), GIVEN)
    assert (row["payment_mode"], row["line_item_count"]) == ("Check", 1)
    assert row["category_id"] != ""


def test_an_expense_in_another_currency_counts_in_that_of_the_report(desk: Desk) -> None:
    """The rate of the euro is 1.18 dollars: 59.50 x 1.18 = 70.21; 70.21 + 10.00 = 80.21."""
    desk.sandbox.insert(
        "Currency",
        {"currency_id": "7", "currency_code": "XEU", "exchange_rate": Decimal("1.18")},
        product="expense",
    )
    abroad, home = desk.spend("59.50", currency_id="7"), desk.spend("10")

    report = desk.report(abroad, home)

    answer = desk.call("GET", f"/expensereports/{report}")
    assert desk.totals(report) == (Decimal("80.21"), Decimal("80.21"), Decimal(0))
    assert "reported.in_base" in answer.headers[HEADER]


def test_a_changed_expense_changes_its_report(desk: Desk) -> None:
    first, second = desk.spend("1.01"), desk.spend("2.02")
    report = desk.report(first, second)
    assert desk.totals(report) == (Decimal("3.03"), Decimal("3.03"), Decimal(0))

    desk.do("PUT", f"/expenses/{second}", {"is_reimbursable": False})
    assert desk.totals(report) == (Decimal("3.03"), Decimal("1.01"), Decimal("2.02"))

    line = desk.expense(first)["line_items"][0]
    desk.do("PUT", f"/expenses/{first}", {"line_items": [{**line, "amount": 5}]})
    assert desk.totals(report) == (Decimal("7.02"), Decimal(5), Decimal("2.02"))


def test_an_expense_shows_its_report_and_its_status(desk: Desk) -> None:
    expense = desk.spend("1")
    assert of_report(desk.expense(expense)) == ("", "", "", "unreported")

    report = desk.report(expense)
    assert of_report(desk.expense(expense)) == (report, "Porto", "draft", "unsubmitted")

    body = {"report_name": "Lisboa", "expenses": [{"expense_id": expense}]}
    desk.do("PUT", f"/expensereports/{report}", body)
    desk.act(report, "submit")
    assert of_report(desk.expense(expense)) == (report, "Lisboa", "submitted", "submitted")
    listed = desk.do("GET", "/reports/expensedetails")["expenses"]
    assert [each["report_status"] for each in listed] == ["submitted"]


def test_an_expense_that_is_listed_no_more_is_unreported(desk: Desk) -> None:
    first, second = desk.spend("1.01"), desk.spend("2.02")
    report = desk.report(first, second)

    desk.do("PUT", f"/expensereports/{report}", {"expenses": [{"expense_id": second}]})

    assert desk.expense(first)["status"] == "unreported"
    assert desk.expense(second)["report_id"] == report
    assert desk.totals(report)[0] == Decimal("2.02")


def test_an_expense_that_names_a_report_is_listed_there_and_there_alone(desk: Desk) -> None:
    one, other = desk.report(), desk.report()
    expense = desk.spend("4", report_id=one)
    assert (desk.totals(one)[0], desk.totals(other)[0]) == (4, 0)

    desk.do("PUT", f"/expenses/{expense}", {"report_id": other})
    assert (desk.totals(one)[0], desk.totals(other)[0]) == (0, 4)

    desk.do("PUT", f"/expenses/{expense}", {"report_id": ""})
    assert (desk.totals(other)[0], desk.read(other)["expenses"]) == (0, [])
    assert desk.expense(expense)["status"] == "unreported"


def test_an_expense_is_in_one_report_once(desk: Desk) -> None:
    expense = desk.spend("1")
    desk.report(expense)
    body = {"report_name": "B", "start_date": "2026-01-10", "end_date": "2026-01-10"}
    row, free = {"expense_id": expense}, {"expense_id": desk.spend("2")}

    assert desk.refused("POST", "/expensereports", {**body, "expenses": [row]}) == REFUSED
    assert desk.refused("POST", "/expensereports", {**body, "expenses": [free, free]}) == REFUSED
    unknown = {**body, "expenses": [{"expense_id": "4815000000099999999"}]}
    assert desk.refused("POST", "/expensereports", unknown) == (400, 1002)
    assert len(desk.sandbox.rows("ExpenseReport", product="expense")) == 1


@pytest.mark.parametrize("steps", [(), ("submit", "reject")])
def test_a_report_in_work_may_be_changed(steps: tuple[str, ...], desk: Desk) -> None:
    report = desk.report(desk.spend("1"))
    desk.act(report, *steps)

    desk.do("PUT", f"/expensereports/{report}", {"description": "now", "expenses": []})

    assert (desk.read(report)["description"], desk.totals(report)[0]) == ("now", 0)


@pytest.mark.parametrize(
    "steps", [("submit",), ("submit", "approve"), ("submit", "approve", "reimburse")]
)
def test_a_report_on_its_way_is_not_changed_nor_are_its_expenses(
    steps: tuple[str, ...], desk: Desk
) -> None:
    expense, other = desk.spend("1"), desk.spend("2")
    report = desk.report(expense)
    desk.act(report, *steps)

    assert desk.refused("PUT", f"/expensereports/{report}", {"expenses": []}) == REFUSED
    assert desk.refused("PUT", f"/expenses/{expense}", {"is_reimbursable": False}) == REFUSED
    assert desk.refused("PUT", f"/expenses/{expense}", {"report_id": ""}) == REFUSED
    assert desk.refused("PUT", f"/expenses/{other}", {"report_id": report}) == REFUSED
    assert desk.totals(report) == (1, 1, 0)


def test_each_step_has_its_day_and_its_person(desk: Desk) -> None:
    report = desk.report(desk.spend("1"))
    desk.act(report, "submit")
    desk.sandbox.clock.move(days=1)
    desk.plain.token = desk.sandbox.access_token()
    desk.act(report, "reject", comments="Where is the receipt?")
    desk.act(report, "submit", "approve")

    row = desk.read(report)
    assert (row["submitted_date"], row["last_submitted_date"]) == ("2026-01-15", "2026-01-16")
    assert (row["approved_date"], row["status"]) == ("2026-01-16", "approved")
    assert row["submitted_by"] == row["approver_id"] != ""
    steps = desk.do("GET", f"/expensereports/{report}/approvalhistory")["approval_history"]
    moved = [(each["previous_status"], each["approval_status"], each["comments"]) for each in steps]
    assert sorted(moved) == [
        ("draft", "submitted", ""),
        ("rejected", "submitted", ""),
        ("submitted", "approved", ""),
        ("submitted", "rejected", "Where is the receipt?"),
    ]
    assert {each["report_id"] for each in steps} == {report}


def test_a_rejected_report_may_be_approved_and_not_reimbursed(desk: Desk) -> None:
    report = desk.report(desk.spend("1"))
    desk.act(report, "submit", "reject")

    assert desk.refused("POST", f"/expensereports/{report}/reimburse") == REFUSED
    desk.act(report, "approve")

    assert desk.read(report)["status"] == "approved"


def test_a_reimbursement_is_shown_by_the_report_and_the_expenses_it_pays(desk: Desk) -> None:
    own, company = desk.spend("12.50"), desk.spend("3", is_reimbursable=False)
    report = desk.report(own, company)

    said = {"date": "2026-01-20", "amount": Decimal("12.50"), "reference_number": "R-1"}
    desk.act(report, "submit", "approve", "reimburse", **said, notes="Bank", currency_id=USD)

    row = desk.read(report)
    [paid] = row["reimbursements"]
    assert (paid["date"], paid["amount"], paid["bcy_amount"]) == (
        "2026-01-20",
        Decimal("12.5"),
        Decimal("12.5"),
    )
    assert (paid["notes"], paid["currency_code"]) == ("Bank", "USD")
    assert (row["status"], row["reimbursement_date"]) == ("reimbursed", "2026-01-20")
    assert row["amount_to_be_reimbursed"] == Decimal("12.5")
    assert row["remaining_reimbursement_total"] == 0
    first, second = desk.expense(own), desk.expense(company)
    assert (first["reimbursement_date"], first["reimbursement_reference"]) == ("2026-01-20", "R-1")
    assert first["reimbursement_currency_code"] == "USD"
    assert (second["reimbursement_date"], second["status"]) == ("", "reimbursed")


def test_a_reimbursement_that_says_nothing_pays_all_today(desk: Desk) -> None:
    report = desk.report(desk.spend("8"))

    desk.act(report, "submit", "approve", "reimburse")

    [paid] = desk.read(report)["reimbursements"]
    assert (paid["amount"], paid["date"]) == (8, TODAY)


def test_a_report_of_which_nothing_is_paid_back_has_no_reimbursement(desk: Desk) -> None:
    report = desk.report(desk.spend("8", is_reimbursable=False))

    desk.act(report, "submit", "approve", "reimburse")

    row = desk.read(report)
    assert (row["status"], row["reimbursements"]) == ("reimbursed", [])


@pytest.mark.parametrize("said", [{"amount": 5}, {"amount": 9}, {"currency_id": EUR}])
def test_a_report_is_not_reimbursed_in_part_or_in_another_currency(
    said: dict[str, Any], desk: Desk
) -> None:
    report = desk.report(desk.spend("8"))
    desk.act(report, "submit", "approve")

    assert desk.refused("POST", f"/expensereports/{report}/reimburse", said) == REFUSED

    row = desk.read(report)
    assert (row["status"], row["reimbursements"], row["currency_id"]) == ("approved", [], USD)


def test_a_report_that_a_test_has_stored_counts_what_it_lists(desk: Desk) -> None:
    row = {"expense_id": "7", "total": Decimal(6), "is_reimbursable": True}
    given = {"status": "draft", "expenses": [row]}
    report = desk.sandbox.insert("ExpenseReport", given, product="expense")

    desk.act(report, "submit")

    assert desk.totals(report) == (6, 6, 0)


def trip(desk: Desk, status: str, **more: Any) -> str:
    return desk.sandbox.insert("Trip", {"status": status, **more}, product="expense")


def test_the_budget_of_a_trip_is_shown_in_the_base_currency(desk: Desk) -> None:
    """300.00 euros at 1.1825 are 354.75 dollars; 301.55 are 356.582875, so 356.58."""
    body = {"trip_number": "T-1", "is_international": True, "destination_country": "Portugal"}
    body |= {"currency_id": EUR, "exchange_rate": Decimal("1.1825"), "budget_amount": 300}

    made = desk.do("POST", "/trips", body)["trip"]
    moved = desk.do("PUT", f"/trips/{made['trip_id']}", {"budget_amount": Decimal("301.55")})

    assert (made["bcy_budget_amount"], made["currency_code"]) == (Decimal("354.75"), "EUR")
    assert (made["status"], made["reports_count"]) == ("draft", 0)
    assert moved["trip"]["bcy_budget_amount"] == Decimal("356.58")


def test_a_trip_shows_who_decided_and_what_was_said(desk: Desk) -> None:
    key = trip(desk, "submitted")

    desk.do("POST", f"/trips/{key}/reject", {"comments": [{"description": "Too far"}]})
    rejected = desk.do("GET", f"/trips/{key}")["trip"]
    desk.do("POST", f"/trips/{key}/approve")
    desk.do("POST", f"/trips/{key}/cancel", {"comments": [{"description": "No time"}]})

    row = desk.do("GET", f"/trips/{key}")["trip"]
    assert (rejected["status"], rejected["approved_date"]) == ("rejected", "")
    assert (row["status"], row["approved_date"]) == ("cancelled", TODAY)
    assert [each["description"] for each in row["comments"]] == ["Too far", "No time"]
    assert row["approver_id"] != ""


def test_a_trip_that_awaits_approval_is_not_changed(desk: Desk) -> None:
    assert desk.refused("PUT", f"/trips/{trip(desk, 'submitted')}", {"notes": "x"}) == REFUSED
    assert desk.call("PUT", f"/trips/{trip(desk, 'rejected')}", {"description": "x"}).ok


@pytest.mark.parametrize("status", ["approved", "closed", "cancelled"])
def test_a_trip_that_was_approved_is_not_deleted(status: str, desk: Desk) -> None:
    assert desk.refused("DELETE", f"/trips/{trip(desk, status)}") == REFUSED
    assert len(desk.sandbox.rows("Trip", product="expense")) == 1


@pytest.mark.parametrize("status", ["draft", "submitted", "rejected"])
def test_a_trip_that_was_not_approved_is_deleted(status: str, desk: Desk) -> None:
    desk.do("DELETE", f"/trips/{trip(desk, status)}")

    assert desk.sandbox.rows("Trip", product="expense") == []


def test_a_trip_counts_its_reports(desk: Desk) -> None:
    key = trip(desk, "approved")
    given = {"status": "draft", "trip_id": key}
    report = desk.sandbox.insert("ExpenseReport", given, product="expense")

    desk.act(report, "submit")

    assert desk.do("GET", f"/trips/{key}")["trip"]["reports_count"] == 1


def test_models_see_a_report_from_its_expenses_to_its_reimbursement(sandbox: Sandbox) -> None:
    with ZohoExpense(**sandbox.credentials, clock=sandbox.clock):
        line = LineItem(amount=Decimal("40.40"))
        expense = Expense(currency_id=USD, line_items=[line])
        expense.save()
        report = ExpenseReport(report_name="Porto", expenses=[ReportExpense(expense_id=expense.id)])
        report.start_date = report.end_date = DAY
        report.save()
        report.submit()
        report.approve()
        report.reimburse(reference_number="R-7")

        assert (report.status, report.total) == ("reimbursed", Decimal("40.40"))
        assert report.reimbursements[0].amount == Decimal("40.40")
        expense.refresh()
        assert (expense.report_id, expense.reimbursement_reference) == (report.id, "R-7")
    ends = [call.path.rpartition("/")[2] for call in sandbox.calls if call.method == "POST"]
    assert ends == ["expenses", "expensereports", "submit", "approve", "reimburse"]
