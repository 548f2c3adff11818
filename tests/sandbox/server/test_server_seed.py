"""The demo organization: what it holds, and that it is the same in every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox, exact
from zohorm.sandbox.catalogue import product
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import list_row
from zohorm.sandbox.rules import taxes, totals
from zohorm.sandbox.rules.currencies import Money
from zohorm.sandbox.rules.lines import count
from zohorm.sandbox.seed import coming, snapshot
from zohorm.sandbox.store import Store


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox(seed="demo") as sandbox:
        yield sandbox


def test_it_has_the_documented_size(demo: Sandbox) -> None:
    sizes = [len(demo.rows(name)) for name in ("Contact", "Item", "Invoice")]

    assert sizes == [1000, 500, 5000]


def test_every_status_and_three_currencies_are_there(demo: Sandbox) -> None:
    rows = demo.rows("Invoice")

    statuses = Counter(row["status"] for row in rows)
    assert set(statuses) == {"draft", "sent", "overdue", "paid", "partially_paid", "void"}
    assert min(statuses.values()) >= 20
    assert {row["currency_code"] for row in rows} == {"USD", "EUR", "JPY"}


def test_names_are_unique_and_of_many_scripts(demo: Sandbox) -> None:
    names = [str(row["contact_name"]) for row in demo.rows("Contact")]

    assert len({name.casefold() for name in names}) == 1000
    for letter in "öСह東한ไب":
        assert any(letter in name for name in names), letter


def test_amounts_add_up(demo: Sandbox) -> None:
    owed: dict[object, Decimal] = {}
    for row in demo.rows("Invoice"):
        lines = row["line_items"]
        assert isinstance(lines, list)
        sub_total = sum((line["item_total"] for line in lines), Decimal(0))
        assert row["total"] == sub_total + row["tax_total"]
        expected = 0 if row["status"] == "void" else row["total"] - row["payment_made"]
        assert row["balance"] == expected
        if row["status"] in ("sent", "overdue", "partially_paid"):
            owed[row["customer_id"]] = owed.get(row["customer_id"], Decimal(0)) + row["balance"]
    for contact in demo.rows("Contact"):
        expected = owed.get(contact["contact_id"], Decimal(0))
        assert contact["outstanding_receivable_amount"] == expected


def test_overdue_is_what_is_past_its_due_date(demo: Sandbox) -> None:
    late = {"overdue", "paid", "void"}
    early = {"sent", "draft", "void", "paid", "partially_paid"}

    for row in demo.rows("Invoice"):
        assert row["status"] in (late if str(row["due_date"]) < "2026-01-15" else early)


def test_it_is_the_same_in_every_run() -> None:
    assert snapshot.__wrapped__("demo", 1) == snapshot("demo", 1)


def test_a_sandbox_answers_before_its_demo_data_is_made() -> None:
    """Start and credentials wait for nobody; the first call finds all of it."""
    snapshot.cache_clear()
    coming.cache_clear()
    with Sandbox(seed="demo") as sandbox:
        assert sandbox.credentials["organization_id"] == sandbox.organization_ids[0]
        assert requests.get(f"{sandbox.url}/sandbox/calls", timeout=60).json() == {"calls": []}
        assert not coming("demo", 1).done()

        found = Plain(sandbox).get("/invoices", response_option="2")

        assert found["page_context"]["total"] == 5000
        assert sandbox.organization_ids == [sandbox.credentials["organization_id"]]


def test_a_sandbox_may_end_before_its_demo_data_is_made() -> None:
    snapshot.cache_clear()
    coming.cache_clear()
    sandbox = Sandbox(seed="demo")
    for _ in range(2):
        sandbox.start()
        sandbox.stop()

    with sandbox:
        assert len(sandbox.rows("Item")) == 500


def test_new_invoices_go_on_with_the_series(demo: Sandbox) -> None:
    plain = Plain(demo)
    customer = str(demo.rows("Contact")[0]["contact_id"])

    assert plain.invoice(customer_id=customer)["invoice_number"] == "INV-005001"


def test_a_start_with_the_same_seed_is_independent(demo: Sandbox) -> None:
    with Sandbox(seed="demo") as other:
        plain = Plain(other)
        # One on which nothing is paid, which the service would not delete.
        first = plain.get("/invoices", status="draft")["invoices"][0]["invoice_id"]
        plain.delete(f"/invoices/{first}")

        assert first in {row["invoice_id"] for row in demo.rows("Invoice")}


def test_an_unknown_seed_or_plan_is_an_error() -> None:
    with pytest.raises(ValueError, match="demo"):
        Sandbox(seed="other")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="premium"):
        Sandbox(plan="gold")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 organization"):
        Sandbox(organizations=0)


def _computed(row: Row) -> Row:
    """An invoice with its sums computed once more from its lines."""
    places = row["price_precision"]
    assert isinstance(places, int)
    money = Money(places=places)
    counted = [
        count(line, row, taxes.GIVEN[str(line["tax_id"])], money)
        for line in rows_of(row["line_items"])
    ]
    sums = totals.sums(row, counted, money)
    known = {name: value for name, value in sums.items() if name in row and name != "taxes"}
    levied = [
        {"tax_name": each["tax_name"], "tax_amount": each["tax_amount"]}
        for each in rows_of(sums["taxes"])
    ]
    lines = [
        {**line, "item_total": one.net, "discount_amount": one.discount}
        for line, one in zip(rows_of(row["line_items"]), counted, strict=True)
    ]
    again: Row = {**row, **known, "taxes": list[Json](levied), "line_items": list[Json](lines)}
    return {**again, "balance": totals.owed(again)}


def test_what_is_found_and_answered_is_what_is_stored() -> None:
    """The demo data is written from texts made beforehand; a plain record must give the same."""
    store, books = Store(), product("books")
    assert books is not None
    store.open()
    made = coming("demo", 1)
    made.result()
    store.restore(made, {})
    resource = books.resources["Invoice"]

    wrong = []
    for organization, key in store.ids(resource):
        text = store.text(resource, organization, key)
        row = store.get(resource, organization, key)
        assert text is not None
        assert row is not None
        if _computed(row) != row or exact.write(row) != text:
            wrong.append(key)
    texts = store.texts(resource, organization)

    assert wrong == []
    assert [exact.load(each) for each in texts] == [
        list_row(resource, each) for each in store.rows(resource, organization)
    ]
    store.close()
