"""Lists: pages, page_context, filters, views, search, sort."""

from __future__ import annotations

from decimal import Decimal

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox


@pytest.fixture
def invoices(sandbox: Sandbox) -> None:
    """Five invoices that differ in everything that lists look at."""
    rows = (
        ("sent", "2026-01-01", "2026-03-01", "100", "Åsa", "Tea"),
        ("draft", "2026-01-02", "2026-03-02", "20.5", "bo", "Coffee"),
        ("paid", "2026-01-03", "2026-03-03", "-3", "Bo", "Tea"),
        ("partially_paid", "2026-01-04", "2026-03-04", "100.01", "Zoë", "Strong tea"),
        ("void", "2026-01-05", "2026-03-05", "99.99", "李", "Milk"),
    )
    for number, (status, date, due, total, customer, item) in enumerate(rows, start=1):
        sandbox.insert(
            "Invoice",
            {
                "invoice_number": f"INV-{number}",
                "status": status,
                "date": date,
                "due_date": due,
                "total": total,
                "balance": total if status == "sent" else 0,
                "customer_name": customer,
                "created_time": f"{date}T10:00:00-0700",
                "last_modified_time": f"{date}T12:00:00-0700",
                "line_items": [{"name": item, "item_id": f"48150000000000{number}"}],
            },
        )


def found(plain: Plain, path: str = "/invoices", **query: str) -> str:
    """The numbers of the invoices that a query answers, in order."""
    rows = plain.get(path, **query)["invoices"]
    return " ".join(row["invoice_number"].removeprefix("INV-") for row in rows)


pytestmark = pytest.mark.usefixtures("invoices")


def test_newest_come_first(plain: Plain) -> None:
    body = plain.get("/invoices")

    assert body["invoices"][0]["invoice_number"] == "INV-5"
    assert body["page_context"] == {
        "page": 1,
        "per_page": 200,
        "has_more_page": False,
        "report_name": "Invoices",
        "applied_filter": "Status.All",
        "sort_column": "created_time",
        "sort_order": "D",
        "custom_fields": [],
    }


def test_rows_are_thinner_than_records(plain: Plain) -> None:
    [row, *_] = plain.get("/invoices")["invoices"]
    whole = plain.get(f"/invoices/{row['invoice_id']}")["invoice"]

    assert "line_items" not in row
    assert "line_items" in whole
    assert row["total"] == whole["total"] == Decimal("99.99")


def test_pages(plain: Plain) -> None:
    pages = [found(plain, page=str(page), per_page="2") for page in (1, 2, 3, 4)]
    contexts = [
        plain.get("/invoices", page=str(page), per_page="2")["page_context"]["has_more_page"]
        for page in (1, 2, 3, 4)
    ]

    assert pages == ["5 4", "3 2", "1", ""]
    assert contexts == [True, True, False, False]


def test_per_page_is_capped_at_200(sandbox: Sandbox, plain: Plain) -> None:
    for _ in range(200):
        sandbox.insert("Invoice", {})

    body = plain.get("/invoices", per_page="1000")

    assert len(body["invoices"]) == 200
    assert body["page_context"]["per_page"] == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"invoice_number": "inv-3"}, "3"),
        ({"invoice_number_startswith": "INV"}, "5 4 3 2 1"),
        ({"invoice_number_contains": "-4"}, "4"),
        ({"customer_name": "BO"}, "3 2"),
        ({"customer_name": "åsa"}, "1"),
        ({"total": "100"}, "1"),
        ({"total": "100.010"}, "4"),
        ({"date": "2026-01-03"}, "3"),
        ({"date_start": "2026-01-03"}, "5 4 3"),
        ({"date_end": "2026-01-03"}, "3 2 1"),
        ({"date_after": "2026-01-03"}, "5 4"),
        ({"date_before": "2026-01-03"}, "2 1"),
        ({"date_start": "2026-01-02", "date_before": "2026-01-04"}, "3 2"),
        ({"created_date": "2026-01-05"}, "5"),
        ({"created_date_start": "2026-01-04"}, "5 4"),
        ({"last_modified_time": "2026-01-04T12:00:00-0700"}, "5 4"),
        ({"last_modified_time": "2026-01-04T19:00:01+0000"}, "5"),
        ({"status": "sent"}, "1"),
        ({"status": "unpaid"}, "4 1"),
        ({"filter_by": "Status.Draft"}, "2"),
        ({"filter_by": "Status.PartiallyPaid"}, "4"),
        ({"filter_by": "Status.partiallypaid"}, "4"),
        ({"filter_by": "Status.Unpaid"}, "4 1"),
        ({"filter_by": "Status.All"}, "5 4 3 2 1"),
        ({"item_name": "tea"}, "3 1"),
        ({"item_name_contains": "tea"}, "4 3 1"),
        ({"item_name_startswith": "strong"}, "4"),
        ({"item_id": "481500000000002"}, "2"),
        ({"search_text": "inv-2"}, "2"),
        ({"search_text": "zoë"}, "4"),
        ({"zcrm_potential_id": "1"}, ""),
        ({"customer": "Bo"}, "5 4 3 2 1"),
        ({"date__gte": "2026-01-03"}, "5 4 3 2 1"),
    ],
    ids=str,
)
def test_filters(plain: Plain, query: dict[str, str], expected: str) -> None:
    assert found(plain, **query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"date": "yesterday"},
        {"date_start": "2026-1-1"},
        {"total": "much"},
        {"status": "happy"},
        {"filter_by": "Status.Happy"},
        {"last_modified_time": "2026-01-04 10:00 0700"},
        {"sort_column": "notes"},
        {"sort_order": "X"},
        {"page": "0"},
        {"page": "x"},
        {"per_page": "-1"},
        {"response_option": "9"},
        {"date": ""},
    ],
    ids=str,
)
def test_a_value_that_is_not_allowed_is_code_2(plain: Plain, query: dict[str, str]) -> None:
    assert plain.refused("GET", "/invoices", query=query) == (400, 2)


def test_search_text_is_at_most_100_characters(plain: Plain) -> None:
    assert plain.refused("GET", "/invoices", query={"search_text": "x" * 101}) == (400, 15)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("total", "3 2 5 1 4"),
        ("date", "1 2 3 4 5"),
        ("created_time", "1 2 3 4 5"),
        ("customer_name", "2 3 4 1 5"),
    ],
)
def test_sort(plain: Plain, column: str, expected: str) -> None:
    assert found(plain, sort_column=column) == expected
    assert found(plain, sort_column=column, sort_order="A") == expected
    # Rows that compare equal turn round as well.
    assert found(plain, sort_column=column, sort_order="D") == expected[::-1]


def test_a_filtered_list_reports_its_criteria(plain: Plain) -> None:
    context = plain.get("/invoices", customer_name="Bo", filter_by="Status.Paid")["page_context"]

    assert context["applied_filter"] == "Status.Paid"
    assert context["search_criteria"][0]["search_text"] == "Bo"


@pytest.mark.parametrize(
    ("option", "has_rows", "has_count", "has_sums"),
    [
        ("0", True, False, False),
        ("1", True, True, True),
        ("2", False, True, False),
        ("3", False, True, True),
        ("4", True, False, True),
    ],
)
def test_response_option(
    plain: Plain, option: str, has_rows: bool, has_count: bool, has_sums: bool
) -> None:
    body = plain.get("/invoices", response_option=option, per_page="2", filter_by="Status.Unpaid")

    context = body["page_context"]
    assert ("invoices" in body) is has_rows
    assert (context.get("total") == 2) is has_count
    assert (context.get("total_pages") == 1) is has_count
    assert (context.get("sum_total") == Decimal("200.01")) is has_sums


def test_contacts_are_found_by_their_persons_and_addresses(plain: Plain) -> None:
    plain.contact(
        "Zoë",
        contact_persons=[{"first_name": "Anna", "email": "anna@example.com", "phone": "555"}],
        billing_address={"city": "Wien"},
    )
    plain.contact("Other")

    for query in (
        {"email": "ANNA@example.com"},
        {"email_startswith": "anna@"},
        {"email_contains": "example"},
        {"first_name": "anna"},
        {"phone": "555"},
        {"address_contains": "wie"},
        {"contact_name_contains": "OË"},
        {"search_text": "anna@"},
    ):
        rows = plain.get("/contacts", **query)["contacts"]
        assert [row["contact_name"] for row in rows] == ["Zoë"], query


def test_contacts_with_open_invoices_are_a_view(plain: Plain) -> None:
    owes, _ = plain.contact("Owes"), plain.contact("Does not")
    invoice = plain.invoice(customer_id=owes)
    plain.post(f"/invoices/{invoice['invoice_id']}/status/sent")

    rows = plain.get("/contacts", filter_by="Invoice.Unpaid")["contacts"]

    assert [row["contact_id"] for row in rows] == [owes]
    assert plain.get("/contacts", filter_by="Status.Crm")["contacts"] == []


def test_items_are_compared_by_rate(plain: Plain) -> None:
    for name, rate in (("a", "9.99"), ("b", "10"), ("c", "10.01")):
        plain.post("/items", {"name": name, "rate": rate})

    def names(**query: str) -> str:
        rows = plain.get("/items", sort_column="name", **query)["items"]
        return "".join(row["name"] for row in rows)

    assert names(rate_less_than="10") == "a"
    assert names(rate_less_equals="10.00") == "ab"
    assert names(rate_greater_than="10") == "c"
    assert names(rate_greater_equals="1e1") == "bc"


def test_filters_find_what_lies_inside_a_record(plain: Plain) -> None:
    wanted = plain.sandbox.insert("Journal", {"line_items": [{"customer_id": "7"}]})
    plain.sandbox.insert("Journal", {"line_items": [{"customer_id": "8"}]})

    rows = plain.get("/journals", customer_id="7")["journals"]

    assert [row["journal_id"] for row in rows] == [wanted]


def test_a_list_of_ids_finds_each_of_them(plain: Plain) -> None:
    keys = [plain.sandbox.insert("SalesOrder", {}) for _ in range(3)]

    rows = plain.get("/salesorders", salesorder_ids=f"{keys[0]},{keys[2]}")["salesorders"]

    assert {row["salesorder_id"] for row in rows} == {keys[0], keys[2]}


def test_a_switch_among_the_filters_takes_no_row_away(plain: Plain) -> None:
    plain.sandbox.insert("Account", {"account_name": "Mine"})

    assert len(plain.get("/chartofaccounts", showbalance="true")["chartofaccounts"]) > 1


@pytest.mark.parametrize(
    ("view", "numbers"),
    [
        ("Date.Today", "3"),
        ("Date.PreviousDay", "2"),
        ("Date.ThisWeek", "2 3 4"),
        ("Date.PreviousWeek", "1"),
        ("date.thismonth", "1 2 3 4 5"),
        ("Date.PreviousMonth", "0"),
        ("Date.ThisQuarter", "1 2 3 4 5 6"),
        ("Date.ThisYear", "1 2 3 4 5 6"),
        ("Date.PreviousYear", "0"),
        ("Date.PreviousQuarter", "0"),
        ("Date.All", "0 1 2 3 4 5 6"),
        ("Date.PaymentExpectedDate", "4"),
    ],
)
def test_a_view_by_time_has_the_days_of_its_period(plain: Plain, view: str, numbers: str) -> None:
    """The clock stands on Thursday, 15 January 2026, in Phoenix."""
    days = ("2025-12-31", "2026-01-10", "2026-01-14", "2026-01-15", "2026-01-17", "2026-01-31")
    for number, day in enumerate((*days, "2026-02-01")):
        row = {"invoice_number": str(number), "date": day}
        expected = {"payment_expected_date": "2026-01-20"} if number == 4 else {}
        plain.sandbox.insert("Invoice", {**row, **expected})

    rows = plain.get("/invoices", filter_by=view)["invoices"]

    # Those of the fixture are not meant.
    found = {row["invoice_number"] for row in rows} - {f"INV-{number}" for number in range(1, 6)}
    assert " ".join(sorted(found)) == numbers


def test_a_view_by_an_unknown_time_is_refused(plain: Plain) -> None:
    query = {"filter_by": "Date.NextMonth"}
    assert plain.refused("GET", "/invoices", query=query) == (400, 2)


@pytest.mark.parametrize(
    ("root", "path", "size"),
    [
        ("/inventory/v1", "/unitgroups", 50),
        ("/inventory/v1", "/locations", 50),
        ("/inventory/v1", "/items", 200),
        ("/books/v3", "/items", 200),
    ],
)
def test_a_few_lists_begin_with_fifty_rows(plain: Plain, root: str, path: str, size: int) -> None:
    plain.root = plain.sandbox.url + root

    assert plain.get(path)["page_context"]["per_page"] == size
    assert plain.get(path, per_page="60")["page_context"]["per_page"] == 60


def test_vendors_are_the_contacts_of_that_type(plain: Plain) -> None:
    plain.contact("Ada")
    key = plain.contact("Zoë", contact_type="vendor")

    assert [row["contact_id"] for row in plain.get("/vendors")["contacts"]] == [key]
    assert plain.get(f"/vendors/{key}")["contact"]["contact_name"] == "Zoë"
    assert plain.refused("GET", "/vendors/1") == (404, 1002)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/xml", 406),
        ("text/csv, application/xml;q=0.9", 406),
        ("application/json", 200),
        ("application/xml, */*;q=0.1", 200),
        ("application/vnd.api+json", 200),
        ("nonsense", 200),
        ("", 200),
    ],
)
def test_a_type_that_the_service_does_not_answer_in_is_refused(
    plain: Plain, accept: str, status: int
) -> None:
    answer = plain.call("GET", "/invoices", headers={"Accept": accept})

    assert answer.status_code == status
    assert (answer.json()["code"] == 0) == (status == 200)
