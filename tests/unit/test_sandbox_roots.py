"""To which product a path belongs, and which organization a call names."""

from __future__ import annotations

import pytest

from zohorm.sandbox.roots import SELECTORS, Root, find, organization

INVENTORY = "x-com-zoho-inventory-organizationid"


@pytest.mark.parametrize(
    ("path", "product", "version", "text"),
    [
        ("/books/v3/items", "books", "v3", "/books/v3"),
        ("/inventory/v1/items", "inventory", "v1", "/inventory/v1"),
        ("/invoice/v3", "invoice", "v3", "/invoice/v3"),
        ("/expense/v3/trips", "expense", "v3", "/expense/v3"),
        ("/billing/v1/plans", "subscriptions", "v1", "/billing/v1"),
        ("/subscriptions/v1/plans", "subscriptions", "v1", "/subscriptions/v1"),
        ("/checkout/v1/x", "checkout", "v1", "/checkout/v1"),
        ("/inventory/api/v1/items", "inventory", "v1", "/inventory/api/v1"),
        ("/invoice/api/v3/items", "invoice", "v3", "/invoice/api/v3"),
        ("/api/v3/items", "books", "v3", "/api/v3"),
        ("/api/v1/x", "checkout", "v1", "/api/v1"),
    ],
)
def test_a_path_names_product_and_version(path: str, product: str, version: str, text: str) -> None:
    assert find(path, {}, {}) == Root(product, version, text)


@pytest.mark.parametrize(
    "path", ["", "/", "/books", "/books/3/items", "/book/v3/items", "/api/items", "/x/books/v3/y"]
)
def test_other_paths_name_none(path: str) -> None:
    assert find(path, {}, {}) is None


@pytest.mark.parametrize(
    ("host", "product"),
    [
        ("invoice.localhost:8080", "invoice"),
        ("Books.Zoho.eu", "books"),
        ("subscriptions.zoho.com", "subscriptions"),
    ],
)
def test_the_host_tells_the_product_of_an_old_root(host: str, product: str) -> None:
    found = find("/api/v1/items", {"host": host}, {})

    assert found is not None
    assert found.product == product


def test_the_organization_tells_it_on_a_plain_host() -> None:
    by_header = find("/api/v1/items", {"host": "127.0.0.1:80", INVENTORY: "1"}, {})
    by_query = find("/api/v1/items", {"host": "127.0.0.1:80"}, {"organization_id": "1"})

    assert by_header == by_query == Root("inventory", "v1", "/api/v1")


def test_a_product_takes_the_organization_in_its_documented_way() -> None:
    headers = {"x-com-zoho-books-organizationid": "1", "x-com-zoho-billing-organizationid": "2"}

    def named(product: str, query: dict[str, str], *, undocumented: bool = False) -> str | None:
        return organization(product, headers, query, undocumented=undocumented)

    assert named("books", {"organization_id": "9"}) == "9"
    assert named("books", {}) is None
    assert named("books", {}, undocumented=True) == "1"
    assert named("subscriptions", {"organization_id": "9"}) == "2"
    assert named("checkout", {"organization_id": "9"}) is None
    assert named("checkout", {"organization_id": "9"}, undocumented=True) == "9"
    assert named("expense", {"organization_id": "9"}) == "9"


def test_every_product_has_a_scope_and_a_header_of_its_own() -> None:
    assert len({selector.scope for selector in SELECTORS.values()}) == len(SELECTORS)
    headers = [name for selector in SELECTORS.values() for name in selector.headers]
    assert len(set(headers)) == len(headers)
