"""What holds for the totals of any document: its parts add up, in whatever order and by any way."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import Books
from hypothesis import Phase, assume, event, given, settings
from hypothesis import strategies as st
from plain import Plain

from zohorm.sandbox import Sandbox

PAGE = tomllib.loads(
    Path(__file__).with_name("worked_examples.toml").read_text(encoding="utf-8"),
    parse_float=Decimal,
)
PHASES = [phase for phase in Phase if phase is not Phase.explain]
HALF, CENT = Fraction(1, 200), Decimal("0.01")

amounts = st.decimals(0, 5000, places=2)
percentages = st.decimals(0, 100, places=2).map(lambda number: f"{number}%")
taxes = st.sampled_from(["", *PAGE["taxes"], *PAGE["compound"], *PAGE["groups"]])
lines = st.fixed_dictionaries(
    {
        "quantity": st.decimals("0.000001", 200, places=6),
        "rate": st.decimals(0, 2000, places=5),
        "tax": taxes,
        "discount": st.one_of(st.just(Decimal(0)), percentages, amounts),
    }
)
documents = st.fixed_dictionaries(
    {
        "discount": st.one_of(st.just(Decimal(0)), percentages, amounts),
        "discount_type": st.sampled_from(["entity_level", "item_level"]),
        "is_discount_before_tax": st.booleans(),
        "is_inclusive_tax": st.booleans(),
        "shipping_charge": amounts,
        "adjustment": st.decimals(-50, 50, places=2),
        "exchange_rate": st.decimals("0.001", 90, places=6),
    }
)


@pytest.fixture(scope="module")
def books() -> Iterator[Books]:
    """Sales orders of Inventory show most of what they come to."""
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=10**9, per_day=10**9)
        yield Books(sandbox, "inventory", PAGE)


def made(books: Books, sent: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Create a sales order in euros and return it."""
    taxed = [{k: v for k, v in row.items() if k != "tax" or v} for row in rows]
    example = {"currency": "EUR", "sent": sent, "lines": taxed}
    return books.make("salesorders", example).row


def rounded(number: Fraction) -> Decimal:
    """Return the nearest cent, half a cent away from zero; in whole numbers alone."""
    cents = abs(number) * 100
    whole = int(cents)
    if cents - whole >= Fraction(1, 2):
        whole += 1
    return Decimal(whole if number >= 0 else -whole) * CENT


def rates(name: str) -> dict[str, Fraction]:
    """Return what each tax that a line names takes of 100 without tax."""
    simple, compound, below = {}, {}, Fraction(0)
    names = PAGE["groups"].get(name, [name] if name else [])
    for each in names:
        if each in PAGE["taxes"]:
            simple[each] = Fraction(PAGE["taxes"][each])
            below += simple[each]
    for each in names:
        if each in PAGE["compound"]:
            compound[each] = Fraction(PAGE["compound"][each]) * (100 + below) / 100
            below += compound[each]
    return {**simple, **compound}


@given(sent=documents, rows=st.lists(lines, min_size=1, max_size=5))
@settings(max_examples=120, deadline=None, phases=PHASES)
def test_a_total_is_the_sum_of_what_the_document_shows(
    books: Books, sent: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    order = made(books, sent, rows)
    event("inclusive" if sent["is_inclusive_tax"] else "exclusive")

    assert order["sub_total"] == sum(line["item_total"] for line in order["line_items"])
    assert order["tax_total"] == sum(tax["tax_amount"] for tax in order["taxes"])
    assert order["total"] == (
        order["sub_total"]
        - order["discount_amount"]
        + order["tax_total"]
        + sent["shipping_charge"]
        + sent["adjustment"]
    )
    assert order["bcy_total"] == rounded(Fraction(order["total"]) * Fraction(sent["exchange_rate"]))
    shown = [order[name] for name in ("sub_total", "tax_total", "total", "discount_amount")]
    shown += [line["item_total"] for line in order["line_items"]]
    assert [each for each in shown if each != each.quantize(CENT)] == []


@given(sent=documents, rows=st.lists(lines, min_size=1, max_size=5))
@settings(max_examples=80, deadline=None, phases=PHASES)
def test_a_tax_on_top_is_within_half_a_cent_of_the_exact_one(
    books: Books, sent: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    order = made(books, {**sent, "is_inclusive_tax": False}, rows)

    sub_total, less = Fraction(order["sub_total"]), Fraction(order["discount_amount"])
    is_lower = sent["is_discount_before_tax"] and sub_total
    left = (sub_total - less) / sub_total if is_lower else Fraction(1)
    exact: dict[str, Fraction] = defaultdict(Fraction)
    for row, line in zip(rows, order["line_items"], strict=True):
        for name, rate in rates(row["tax"]).items():
            exact[name] += Fraction(line["item_total"]) * left * rate / 100
    found = {tax["tax_name"]: tax["tax_amount"] for tax in order["taxes"]}
    assert found == {name: rounded(tax) for name, tax in exact.items()}


@given(rows=st.lists(lines, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_prices_that_include_tax_stay_what_they_are(
    books: Books, rows: list[dict[str, Any]]
) -> None:
    plain = [{**row, "discount": Decimal(0)} for row in rows]
    order = made(books, {"is_inclusive_tax": True}, plain)

    prices = [rounded(Fraction(row["quantity"]) * Fraction(row["rate"])) for row in plain]
    assert order["total"] == sum(prices)
    for row, price, line in zip(plain, prices, order["line_items"], strict=True):
        per_100 = sum(rates(row["tax"]).values(), Fraction(0))
        without = Fraction(price) * 100 / (100 + per_100)
        # Each tax of the line is rounded for itself.
        assert abs(Fraction(line["item_total"]) - without) <= HALF * max(1, len(rates(row["tax"])))


@given(data=st.data(), sent=documents, rows=st.lists(lines, min_size=2, max_size=5))
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_the_order_of_lines_changes_no_total(
    books: Books, data: st.DataObject, sent: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    turned = data.draw(st.permutations(rows))
    assume(turned != rows)

    one, other = made(books, sent, rows), made(books, sent, turned)

    for name in ("sub_total", "tax_total", "taxes", "discount_amount", "total", "bcy_total"):
        assert one[name] == other[name]


@given(
    sent=documents,
    rows=st.lists(lines, min_size=1, max_size=4),
    line=lines,
    place=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None, phases=PHASES)
def test_a_changed_line_is_summed_as_if_the_document_were_new(
    books: Books,
    sent: dict[str, Any],
    rows: list[dict[str, Any]],
    line: dict[str, Any],
    place: int,
) -> None:
    place %= len(rows)
    order = made(books, sent, rows)
    wanted = made(books, sent, [*rows[:place], line, *rows[place + 1 :]])
    keys = [each["line_item_id"] for each in order["line_items"]]
    change: dict[str, Any] = {**line, "tax_id": books.taxes.get(line["tax"], "")}
    del change["tax"]
    body = [{"line_item_id": key} for key in keys]
    body[place].update(change)

    after = books.change("salesorders", order, {"line_items": body})
    noted = books.change("salesorders", order, {"notes": "Nothing of it has a price"})

    for name in ("sub_total", "tax_total", "taxes", "discount_amount", "total", "bcy_total"):
        assert after[name] == wanted[name]
        assert noted[name] == wanted[name]


def test_a_tax_that_changes_is_in_the_next_sum_of_a_document(books: Books) -> None:
    """Nobody says that documents keep the percentage that they were made with."""
    tax = books.call("POST", "/settings/taxes", {"tax_name": "New", "tax_percentage": 10}).row[
        "tax"
    ]
    books.taxes["new"] = tax["tax_id"]
    line = {"quantity": Decimal(1), "rate": Decimal(100), "tax": "new"}
    order = made(books, {}, [line])
    changed = {"tax_name": "New", "tax_percentage": 20}
    books.call("PUT", f"/settings/taxes/{tax['tax_id']}", changed)

    stored = books.read("salesorders", order).row
    path = f"/salesorders/{order['salesorder_id']}"
    answer = books.call("PUT", path, {"notes": "Sum it up"})

    after = answer.row["salesorder"]
    assert [each["total"] for each in (order, stored, after)] == [110, 110, 120]
    assert "totals.as_it_is_now" in answer.assumed
    assert "totals.as_it_is_now" not in books.call("PUT", path, {"notes": "Again"}).assumed


def test_a_group_is_listed_among_the_taxes_and_goes_with_the_group(books: Books) -> None:
    ids = f"{books.taxes['state']},{books.taxes['top']}"
    body = {"tax_group_name": "Short-lived", "taxes": ids}
    group = books.call("POST", "/settings/taxgroups", body).row["tax_group"]
    listed = books.call("GET", "/settings/taxes").row["taxes"]

    assert group["tax_group_percentage"] == Decimal("15.5")
    assert [tax["tax_name"] for tax in group["taxes"]] == ["state", "top"]
    [tax] = [each for each in listed if each["tax_id"] == group["tax_group_id"]]
    assert (tax["tax_name"], tax["tax_type"]) == ("Short-lived", "tax_group")
    path = f"/settings/taxgroups/{group['tax_group_id']}"
    books.call("PUT", path, {"tax_group_name": "Shorter", "taxes": books.taxes["state"]})
    renamed = books.call("GET", f"/settings/taxes/{group['tax_group_id']}").row["tax"]
    assert (renamed["tax_name"], renamed["tax_percentage"]) == ("Shorter", 5)
    books.call("DELETE", path)
    left = books.call("GET", "/settings/taxes").row["taxes"]
    assert group["tax_group_id"] not in [each["tax_id"] for each in left]


def test_a_group_of_a_tax_that_is_not_there_is_refused(books: Books) -> None:
    answer = books.session.post(
        f"{books.sandbox.url}{books.product.root}/settings/taxgroups",
        params=books.query,
        json={"tax_group_name": "Hollow", "taxes": "123"},
        timeout=60,
    )

    assert (answer.status_code, answer.json()["code"]) == (400, 1002)


def test_a_line_shows_each_of_its_taxes_where_documents_say_so(books: Books) -> None:
    line = {"quantity": 2, "rate": 2500, "tax": "nine"}

    [shown] = books.make("deliverychallans", {"lines": [line]}).row["line_items"]

    names = ("tax_id", "tax_name", "tax_amount")
    # 4.5 % of 5000.00 is 225.00, as in the vendor's example.
    assert [[tax[name] for name in names] for tax in shown["line_item_taxes"]] == [
        [books.taxes["half_a"], "half_a", 225],
        [books.taxes["half_b"], "half_b", 225],
    ]


@pytest.mark.parametrize("name", ["books", "inventory", "invoice", "subscriptions"])
def test_a_document_comes_to_the_same_in_every_product_and_kind(name: str) -> None:
    collections = {
        "books": ["invoices", "estimates", "salesorders", "creditnotes"],
        "inventory": ["invoices", "salesorders", "creditnotes", "purchaseorders"],
        "invoice": ["invoices", "estimates", "creditnotes"],
        "subscriptions": ["estimates"],
    }
    line = {"quantity": 3, "rate": Decimal("19.99"), "discount": "10%", "tax": "given"}
    with Sandbox() as sandbox:
        books = Books(sandbox, name, PAGE)
        made = {each: books.make(each, {"lines": [line]}).row for each in collections[name]}

    # 59.97 less 6.00 is 53.97, and 7.5 % of it 4.05.
    totals = {each: row["total"] for each, row in made.items()}
    assert totals == dict.fromkeys(collections[name], Decimal("58.02"))


def test_an_organization_in_yen_counts_dollars_in_whole_yen() -> None:
    with Sandbox(organizations=3) as sandbox:
        books = Books(sandbox, "inventory", PAGE, organization=2)
        line = {"quantity": Decimal(3), "rate": Decimal("9.99")}
        dollars = {"currency": "USD", "sent": {"exchange_rate": Decimal("156.5")}, "lines": [line]}

        foreign = books.make("salesorders", dollars).row
        own = books.make("salesorders", {"lines": [line]}).row

    # 3 x 9.99 = 29.97 dollars; 29.97 x 156.5 = 4690.305 yen; 9.99 x 156.5 = 1563.435 yen.
    assert (foreign["total"], foreign["bcy_total"]) == (Decimal("29.97"), 4690)
    assert foreign["line_items"][0]["bcy_rate"] == 1563
    assert (own["currency_code"], own["total"], own["bcy_total"]) == ("JPY", 30, 30)


def test_a_document_takes_the_rate_of_its_currency_on_its_day() -> None:
    with Sandbox() as sandbox:
        books = Books(sandbox, "books", PAGE)
        path = f"/settings/currencies/{books.currencies['EUR']}"
        for day, rate in (("2026-01-01", "1.10"), ("2026-01-10", "1.20"), ("2026-02-01", "1.30")):
            new = {"effective_date": day, "rate": Decimal(rate)}
            key = books.call("POST", f"{path}/exchangerates", new).row["exchange_rate"]

        found = []
        for day in ("2025-12-31", "2026-01-09", "2026-01-10", "2026-02-01"):
            example = {"currency": "EUR", "sent": {"date": day}, "lines": [{"rate": Decimal(10)}]}
            found.append(books.make("salesorders", example).row["bcy_total"])
        shown = books.call("GET", path).row["currency"]["exchange_rate"]
        books.call("DELETE", f"{path}/exchangerates/{key['exchange_rate_id']}")

    assert found == [12, 11, 12, 13]
    assert shown == Decimal("1.2")


def test_a_stored_line_of_a_tax_that_nobody_has_keeps_its_percentage() -> None:
    with Sandbox() as sandbox:
        books = Books(sandbox, "inventory", PAGE)
        line = {"rate": "100", "quantity": "1", "tax_id": "1", "tax_name": "Old"}
        row = {"salesorder_number": "SO-1", "line_items": [{**line, "tax_percentage": "7"}]}
        key = sandbox.insert("SalesOrder", row, product="inventory")

        [stored] = sandbox.rows("SalesOrder", product="inventory")
        line_id = stored["line_items"][0]["line_item_id"]  # type: ignore[index, call-overload]
        body = {"line_items": [{"line_item_id": line_id, "quantity": 2}]}
        after = books.change("salesorders", {"salesorder_id": key}, body)

    assert (after["sub_total"], after["tax_total"], after["total"]) == (200, 14, 214)


def test_items_come_to_an_invoice_of_billing_and_go_again() -> None:
    with Sandbox() as sandbox:
        books = Books(sandbox, "subscriptions", PAGE)
        tea = {"price": Decimal(100), "quantity": Decimal(2), "tax": "given"}
        invoice = books.make("invoices", {"lines": [tea]}).row
        path = f"/invoices/{invoice['invoice_id']}/lineitems"

        more = {"invoice_items": [{"name": "Cup", "price": 50, "quantity": 1}]}
        added = books.call("POST", path, more).row["invoice"]
        books.call("DELETE", f"{path}/{invoice['invoice_items'][0]['item_id']}")
        left = books.read("invoices", invoice).row
        gone = books.session.delete(
            f"{sandbox.url}{books.product.root}{path}/1", params=books.query, timeout=60
        )

    # 2 x 100.00 = 200.00, 7.5 % of it = 15.00; with 50.00 more 265.00.
    assert (invoice["total"], added["total"], added["balance"]) == (215, 265, 265)
    assert [line["name"] for line in added["invoice_items"]] == ["Tea", "Cup"]
    assert ([line["name"] for line in left["invoice_items"]], left["total"]) == (["Cup"], 50)
    assert (gone.status_code, gone.json()["code"]) == (404, 1002)


def test_a_bill_of_inventory_includes_tax_if_it_says_so(sandbox: Sandbox, plain: Plain) -> None:
    plain.root = f"{sandbox.url}/inventory/v1"
    tax = {"tax_name": "Half", "tax_percentage": 7.5}
    key = plain.post("/settings/taxes", tax)["tax"]["tax_id"]
    line = {"rate": 107.5, "quantity": 1, "tax_id": key}
    body = {"vendor_id": plain.contact(contact_type="vendor"), "bill_number": "1"}
    body |= {"date": "2026-01-15", "due_date": "2026-01-15", "is_inclusive_tax": True}

    bill = plain.post("/bills", {**body, "line_items": [line]})["bill"]
    assert (bill["sub_total"], bill["tax_total"], bill["total"]) == (100, Decimal("7.5"), 107.5)

    path = f"/bills/{bill['bill_id']}"
    changed = plain.put(path, {"line_items": [{**line, "rate": 215}]})["bill"]
    assert (changed["sub_total"], changed["total"]) == (200, 215)
    changed = plain.put(path, {"is_inclusive_tax": False})["bill"]
    assert (changed["sub_total"], changed["total"]) == (215, Decimal("231.13"))  # 16.125
