"""Recurring invoices, bills and expenses: the clock makes their documents, term after term."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from plain import Plain

from zohorm.sandbox import Sandbox

ACCOUNT = "4815000000000000301"
LINES = [{"name": "Tea", "rate": 10, "quantity": 2}]
DRAFT = "recurrences.as_draft"
KINDS = ("invoice", "bill", "expense")


@attrs.frozen
class Profile:
    """One recurring invoice, bill or expense, and what came of it."""

    plain: Plain
    kind: str
    made: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.made[f"recurring_{self.kind}_id"])

    @property
    def path(self) -> str:
        return f"/recurring{self.kind}s/{self.id}"

    def again(self) -> dict[str, Any]:
        """Read the profile anew; the documents have another path for bills."""
        path = self.path.replace("recurringbills", "recurring_bills")
        return dict(self.plain.get(path)[f"recurring_{self.kind}"])

    def documents(self) -> list[dict[str, Any]]:
        """Return what was made of it, the oldest first."""
        if self.kind == "expense":
            rows = self.plain.get(f"{self.path}/expenses")["expensehistory"]
        else:
            name = f"recurring_{self.kind}_id"
            rows = self.plain.get(f"/{self.kind}s", **{name: self.id})[f"{self.kind}s"]
        return sorted(rows, key=lambda row: str(row["date"]))

    def days(self) -> list[str]:
        return [row["date"] for row in self.documents()]


def profile(plain: Plain, kind: str = "invoice", **more: Any) -> Profile:
    """Create a profile that makes a document each month from today on."""
    body: dict[str, Any] = {"recurrence_name": f"Rent {kind}", "start_date": "2026-01-15"}
    body |= {"recurrence_frequency": "months", "repeat_every": 1}
    if kind == "expense":
        body |= {"account_id": ACCOUNT, "paid_through_account_id": ACCOUNT, "amount": 20}
    elif kind == "bill":
        body |= {"vendor_id": plain.contact("Vendor", contact_type="vendor"), "line_items": LINES}
    else:
        body |= {"customer_id": plain.contact("Customer"), "line_items": LINES}
    made = plain.post(f"/recurring{kind}s", body | more)[f"recurring_{kind}"]
    return Profile(plain, kind, made)


def move(plain: Plain, *, days: int) -> None:
    """Let days pass; the token of before is dead then."""
    plain.sandbox.clock.move(days=days)
    plain.token = plain.sandbox.access_token()


@pytest.mark.parametrize("kind", KINDS)
def test_the_terms_that_passed_while_nobody_looked_all_have_their_document(
    plain: Plain, kind: str
) -> None:
    made = profile(plain, kind)
    assert made.days() == ["2026-01-15"]

    move(plain, days=90)  # To 15 April.

    assert made.days() == ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"]
    assert {row["total"] for row in made.documents()} == {20}


@pytest.mark.parametrize(
    ("frequency", "every", "days"),
    [
        ("days", 30, ["2026-01-31", "2026-03-02", "2026-04-01", "2026-05-01"]),
        ("weeks", 6, ["2026-01-31", "2026-03-14", "2026-04-25"]),
        ("months", 1, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("months", 2, ["2026-01-31", "2026-03-31"]),
        ("years", 1, ["2026-01-31"]),
    ],
)
def test_a_profile_keeps_its_rhythm_over_the_ends_of_months(
    plain: Plain, frequency: str, every: int, days: list[str]
) -> None:
    body: dict[str, Any] = {"start_date": "2026-01-31", "repeat_every": every}
    made = profile(plain, recurrence_frequency=frequency, **body)
    assert (made.made["next_invoice_date"], made.days()) == ("2026-01-31", [])

    for _ in range(3):
        move(plain, days=36)  # To 3 May in all.

    assert made.days() == days


def test_a_leap_day_comes_back_in_leap_years(plain: Plain) -> None:
    move(plain, days=775)  # To 29 February 2028.
    made = profile(plain, start_date="2028-02-29", recurrence_frequency="years")

    move(plain, days=1461)  # Four years.

    days = ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]
    assert made.days() == days


@pytest.mark.parametrize(
    ("kind", "last", "to_come"),
    [
        ("invoice", "last_sent_date", "next_invoice_date"),
        ("expense", "last_created_date", "next_expense_date"),
    ],
)
def test_a_profile_says_when_it_made_the_last_document_and_makes_the_next(
    plain: Plain, kind: str, last: str, to_come: str
) -> None:
    made = profile(plain, kind)
    assert (made.made[last], made.made[to_come]) == ("2026-01-15", "2026-02-15")

    move(plain, days=31)

    found = made.again()
    assert (found[last], found[to_come]) == ("2026-02-15", "2026-03-15")


def test_an_invoice_of_a_profile_is_a_draft_with_its_lines_and_terms(plain: Plain) -> None:
    made = profile(plain, payment_terms=10, shipping_charge=5, reference_number="R-1")
    move(plain, days=31)

    listed = made.documents()[-1]
    answer = plain.call("GET", f"/invoices/{listed['invoice_id']}")
    found = plain.done(answer)["invoice"]

    assert found["recurring_invoice_id"] == made.id
    assert (found["date"], found["due_date"]) == ("2026-02-15", "2026-02-25")
    assert (found["status"], found["total"], found["reference_number"]) == ("draft", 25, "R-1")
    assert found["invoice_number"] == "INV-000002"
    assert [line["quantity"] for line in found["line_items"]] == [2]
    assert answer.headers["X-Sandbox-Assumed"] == DRAFT


def test_what_reads_the_profile_names_no_rule_of_its_documents(plain: Plain) -> None:
    made = profile(plain)

    assert "X-Sandbox-Assumed" not in plain.call("GET", made.path).headers


def test_a_bill_of_a_profile_is_owed_and_becomes_overdue(plain: Plain) -> None:
    made = profile(plain, "bill", payment_terms=10)
    vendor = made.made["vendor_id"]

    move(plain, days=31)  # To 15 February; the first was due on 25 January.

    owed = plain.get(f"/contacts/{vendor}")["contact"]["outstanding_payable_amount"]
    assert owed == Decimal(40)
    assert [row["status"] for row in made.documents()] == ["overdue", "open"]
    numbers = [row["bill_number"] for row in made.documents()]
    assert numbers == ["Rent bill 2026-01-15", "Rent bill 2026-02-15"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_makes_its_last_document_on_its_end_and_expires(plain: Plain, kind: str) -> None:
    made = profile(plain, kind, end_date="2026-02-15")

    move(plain, days=31)
    assert made.again()["status"] == "active"
    move(plain, days=1)

    assert made.again()["status"] == "expired"
    move(plain, days=60)
    assert made.days() == ["2026-01-15", "2026-02-15"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_profile_makes_nothing_and_goes_on_when_resumed(plain: Plain, kind: str) -> None:
    made = profile(plain, kind)
    plain.post(f"{made.path}/status/stop")
    move(plain, days=60)  # To 16 March.
    assert made.days() == ["2026-01-15"]

    plain.post(f"{made.path}/status/resume")
    assert made.days() == ["2026-01-15"]
    move(plain, days=30)

    assert made.days() == ["2026-01-15", "2026-04-15"]


def test_a_profile_that_is_stopped_shows_no_next_day(plain: Plain) -> None:
    made = profile(plain)

    plain.post(f"{made.path}/status/stop")
    assert made.again()["next_invoice_date"] == ""
    plain.post(f"{made.path}/status/resume")

    # Today has its document already.
    assert made.again()["next_invoice_date"] == "2026-02-15"
    assert made.days() == ["2026-01-15"]


def test_a_start_in_the_past_makes_nothing_for_the_days_before(plain: Plain) -> None:
    made = profile(plain, start_date="2020-06-10")

    assert made.made["next_invoice_date"] == "2026-02-10"
    move(plain, days=31)
    assert made.days() == ["2026-02-10"]


def test_a_changed_profile_changes_the_documents_to_come_alone(plain: Plain) -> None:
    made = profile(plain)
    plain.put(made.path, {"line_items": [{"name": "Tea", "rate": 30}], "repeat_every": 2})

    move(plain, days=60)

    assert [(row["date"], row["total"]) for row in made.documents()] == [
        ("2026-01-15", 20),
        ("2026-03-15", 30),
    ]


def test_the_list_of_a_recurring_expense_follows_its_expenses(plain: Plain) -> None:
    made = profile(plain, "expense")
    move(plain, days=31)
    first, second = (row["expense_id"] for row in made.documents())

    plain.put(f"/expenses/{first}", {"amount": 7})
    plain.delete(f"/expenses/{second}")

    assert [(row["date"], row["total"]) for row in made.documents()] == [("2026-01-15", 7)]


def test_documents_stay_when_their_profile_is_deleted(plain: Plain) -> None:
    made = profile(plain)
    plain.delete(made.path)

    move(plain, days=60)

    assert [row["date"] for row in plain.get("/invoices")["invoices"]] == ["2026-01-15"]


def test_a_document_that_would_be_refused_is_left_out(plain: Plain) -> None:
    made = profile(plain)
    customer = f"/contacts/{made.made['customer_id']}"
    plain.post(f"{customer}/inactive")
    move(plain, days=31)
    plain.post(f"{customer}/active")
    assert made.days() == ["2026-01-15"]

    move(plain, days=28)

    assert made.days() == ["2026-01-15", "2026-03-15"]


def test_a_profile_that_a_test_has_stored_makes_documents_too(
    plain: Plain, sandbox: Sandbox
) -> None:
    row: dict[str, Any] = {
        "recurrence_name": "Rent",
        "start_date": "2026-01-20",
        "status": "active",
    }
    row |= {"recurrence_frequency": "weeks", "amount": 5, "account_id": ACCOUNT}
    key = sandbox.insert("RecurringExpense", row)

    move(plain, days=14)

    listed = plain.get(f"/recurringexpenses/{key}/expenses")["expensehistory"]
    assert sorted(each["date"] for each in listed) == ["2026-01-20", "2026-01-27"]


def test_invoice_has_profiles_of_its_own(plain: Plain) -> None:
    plain.root = f"{plain.sandbox.url}/invoice/v3"
    made = profile(plain)
    spent = profile(plain, "expense")

    move(plain, days=31)

    assert made.days() == ["2026-01-15", "2026-02-15"]
    assert spent.days() == ["2026-01-15", "2026-02-15"]
