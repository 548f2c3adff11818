"""Several products on one sandbox: the same organizations, records apart, scopes of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm import (
    ZohoBooks,
    ZohoCheckout,
    ZohoExpense,
    ZohoInventory,
    ZohoInvoice,
    ZohoSubscriptions,
)
from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import names

PDF = b"%PDF-1.4 \x00\xff"


def of(sandbox: Sandbox, root: str) -> Plain:
    """A client of another product."""
    made = Plain(sandbox)
    made.root = sandbox.url + root
    return made


@contextmanager
def two() -> Iterator[tuple[Plain, Plain]]:
    """Clients of Books and Invoice on one sandbox with two organizations."""
    with Sandbox(organizations=2) as sandbox:
        yield of(sandbox, "/books/v3"), of(sandbox, "/invoice/v3")


def test_every_product_shows_the_same_organizations() -> None:
    with two() as (books, invoice):
        ids = books.sandbox.organization_ids
        for each in (books, invoice):
            shown = each.get("/organizations")["organizations"]
            assert [row["organization_id"] for row in shown] == ids
        books.put(f"/organizations/{ids[0]}", {"name": "Zürich AG"})
        shown = invoice.get(f"/organizations/{ids[0]}")["organization"]
        assert shown["name"] == "Zürich AG"


def test_an_organization_made_in_one_product_is_open_in_all() -> None:
    with two() as (books, invoice):
        body = {"name": "New", "currency_code": "EUR", "time_zone": "UTC", "portal_name": "new"}
        made = books.post("/organizations", body)["organization"]["organization_id"]
        assert invoice.call("GET", "/contacts", organization=made).json()["contacts"] == []


def test_an_organization_can_be_stored_and_looked_at_in_every_product(sandbox: Sandbox) -> None:
    made = sandbox.insert("Organization", {"organization_id": "7", "name": "Seven"})

    assert sandbox.organization_ids[-1] == made
    assert sandbox.rows("Organization", product="invoice")[-1]["name"] == "Seven"


def test_the_records_of_products_are_apart() -> None:
    with two() as (books, invoice):
        contact = books.contact("Zoë")
        assert invoice.get("/contacts")["contacts"] == []
        assert invoice.refused("GET", f"/contacts/{contact}") == (404, 1002)
        assert invoice.sandbox.rows("Contact", product="invoice") == []


def test_records_of_a_product_are_stored_and_looked_at_by_its_name(sandbox: Sandbox) -> None:
    made = sandbox.insert("Contact", {"contact_name": "Zoë"}, product="invoice")

    shown = of(sandbox, "/invoice/v3").get(f"/contacts/{made}")["contact"]
    assert shown["contact_name"] == "Zoë"
    assert [row["contact_id"] for row in sandbox.rows("Contact", product="invoice")] == [made]
    assert sandbox.rows("Contact") == []


def test_an_unknown_product_or_resource_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no product is called 'desk'; there are books"):
        sandbox.rows("Contact", product="desk")
    with pytest.raises(ValueError, match="no resource of invoice is called 'Bunny'"):
        sandbox.insert("Bunny", {}, product="invoice")


@pytest.mark.parametrize(
    ("scope", "root", "answer"),
    [
        ("ZohoBooks.fullaccess.all", "/books/v3", 200),
        ("ZohoBooks.fullaccess.all", "/invoice/v3", 401),
        ("ZohoInvoice.contacts.READ", "/invoice/v3", 200),
        ("ZohoInvoice.contacts.ALL", "/books/v3", 401),
    ],
)
def test_a_scope_opens_only_its_product(scope: str, root: str, answer: int) -> None:
    with Sandbox(scope=scope) as sandbox:
        assert of(sandbox, root).call("GET", "/contacts").status_code == answer


def test_billing_answers_under_both_names(sandbox: Sandbox) -> None:
    sandbox.insert("Customer", {"display_name": "Zoë"}, product="subscriptions")

    for root in ("/billing/v1", "/subscriptions/v1", "/subscriptions/api/v1"):
        [row] = of(sandbox, root).get("/customers")["customers"]
        assert row["display_name"] == "Zoë"


def test_old_roots_answer(sandbox: Sandbox) -> None:
    plain = of(sandbox, "/api/v3")
    books = {row["currency_code"] for row in plain.get("/settings/currencies")["currencies"]}
    invoice = plain.call("GET", "/contacts", headers={"Host": "invoice.localhost"})

    assert "USD" in books
    assert invoice.json()["contacts"] == []
    assert [call.product for call in sandbox.calls] == ["books", "invoice"]


def test_a_version_that_a_product_does_not_have_is_unknown(sandbox: Sandbox) -> None:
    assert of(sandbox, "/books/v9").refused("GET", "/contacts") == (404, 5)


def test_a_product_without_facts_is_unknown(sandbox: Sandbox) -> None:
    for name in {"inventory", "checkout"} - set(names()):
        assert of(sandbox, f"/{name}/v1").refused("GET", "/items") == (404, 5)


@pytest.mark.parametrize(
    ("fixture", "kind"),
    [
        ("zoho_books", ZohoBooks),
        ("zoho_checkout", ZohoCheckout),
        ("zoho_expense", ZohoExpense),
        ("zoho_inventory", ZohoInventory),
        ("zoho_invoice", ZohoInvoice),
        ("zoho_subscriptions", ZohoSubscriptions),
    ],
)
def test_the_plugin_has_a_session_of_each_product(
    sandbox: Sandbox, request: pytest.FixtureRequest, fixture: str, kind: type[Any]
) -> None:
    session = request.getfixturevalue(fixture)

    assert type(session) is kind
    assert session.organization_id == sandbox.organization_ids[0]
    assert session.settings.clock is sandbox.clock


@pytest.mark.zoho_fault(status=503)
@pytest.mark.zoho_fault(status=429, code=44)
@pytest.mark.zoho_limits(per_minute=3)
@pytest.mark.zoho_sandbox(organizations=2, retry_after=True)
def test_markers_set_the_sandbox_up(plain: Plain) -> None:
    met = [plain.call("GET", "/contacts") for _ in range(6)]

    assert [answer.status_code for answer in met] == [503, 429, 200, 200, 200, 429]
    assert "Retry-After" in met[-1].headers
    assert len(plain.sandbox.organization_ids) == 2


def test_a_file_comes_back_as_it_was_sent(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}/attachment"

    sent = {"attachment": ("Rechnung ü.pdf", PDF, "application/pdf")}
    plain.done(plain.call("POST", path, files=sent))
    answer = plain.call("GET", path)

    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    [file] = plain.sandbox.calls[-2].files
    assert (file.member, file.name, file.content) == ("attachment", "Rechnung ü.pdf", PDF)
    plain.delete(path)
    assert plain.refused("GET", path) == (404, 1002)


def test_a_file_sent_beside_the_members_of_a_new_record_is_kept(plain: Plain) -> None:
    vendor = plain.contact(contact_type="vendor")
    members = f'{{"vendor_id": "{vendor}", "bill_number": "B-1", "line_items": [{{"rate": 1}}]}}'
    sent = {"attachment": ("a.pdf", PDF, "application/pdf")}

    made = plain.call("POST", "/bills", data={"JSONString": members}, files=sent)

    key = plain.done(made)["bill"]["bill_id"]
    assert plain.call("GET", f"/bills/{key}/attachment").content == PDF


def test_a_test_can_attach_a_file(plain: Plain) -> None:
    key = plain.invoice()["invoice_id"]

    file = plain.sandbox.attach("Invoice", key, PDF, name="x.pdf")

    assert plain.call("GET", f"/invoices/{key}/documents/{file}").content == PDF
    assert plain.get(f"/invoices/{key}")["invoice"]["attachment_name"] == "x.pdf"


def test_a_file_of_an_unknown_kind_is_refused(plain: Plain) -> None:
    key = plain.invoice()["invoice_id"]

    with pytest.raises(ValueError, match="no file is of the kind 'recipe'; there are attachment, "):
        plain.sandbox.attach("Invoice", key, PDF, kind="recipe")


@pytest.mark.parametrize("organization_id", ["7", ""])
def test_a_test_stores_nothing_in_an_organization_that_does_not_exist(
    sandbox: Sandbox, organization_id: str
) -> None:
    said = f"no organization is called '{organization_id}'; there are 10234695"
    with pytest.raises(ValueError, match=said):
        sandbox.insert("Contact", {"contact_name": "Ada"}, organization_id)
    with pytest.raises(ValueError, match=said):
        sandbox.rows("Contact", organization_id)


def test_the_demo_holds_a_little_of_every_product() -> None:
    with Sandbox(seed="demo") as sandbox:
        assert len(of(sandbox, "/invoice/v3").get("/contacts")["contacts"]) == 3
        assert len(of(sandbox, "/billing/v1").get("/plans")["plans"]) == 3
        assert len(sandbox.rows("Contact")) == 1000


def test_an_organization_has_currencies_taxes_and_accounts_from_the_start(plain: Plain) -> None:
    currencies = plain.get("/settings/currencies")["currencies"]
    taxes = plain.get("/settings/taxes")["taxes"]

    assert [row["currency_code"] for row in currencies if row["is_base_currency"]] == ["USD"]
    assert {row["tax_name"] for row in taxes} == {"GST", "Sales Tax", "Zero Rate"}
    assert plain.get("/chartofaccounts")["chartofaccounts"]


def test_a_sandbox_starts_at_once_and_reads_facts_at_the_first_call() -> None:
    began = time.perf_counter()
    with Sandbox() as sandbox:
        assert time.perf_counter() - began < 1
        root = f"{sandbox.url}/billing/v1"
        answer = requests.get(f"{root}/plans", timeout=60)
        assert answer.status_code == 401
