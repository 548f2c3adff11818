"""Which product a path belongs to, and how calls of that product name their organization.

    /books/v3/...        the current roots; Billing also answers under its old name, /subscriptions
    /books/api/v3/...    the old roots of the products' own hosts, the product as the first step
    /api/v3/...          the same where the host begins with the product (books.localhost), or the
                         organization is named by the product's header; else Books. /api/v1 is
                         Inventory if the query names the organization, and Checkout if not.

Read before anything is known of the product's facts, so that they are loaded by its first call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs


@attrs.frozen
class Selector:
    """How a product's calls name the organization, and with what their scopes begin."""

    scope: str
    headers: tuple[str, ...]
    documented: tuple[str, ...] = ("query",)
    """The ways that the product's reference shows, the one that goes first in front."""


def _header(name: str) -> str:
    # `com` stays in every data centre, as seen by clients.
    return f"x-com-zoho-{name}-organizationid"


SELECTORS: Mapping[str, Selector] = {
    # Source: the introductions of the products' references; Checkout follows the family's naming.
    "books": Selector("ZohoBooks", (_header("books"),)),
    "inventory": Selector("ZohoInventory", (_header("inventory"),)),
    "invoice": Selector("ZohoInvoice", (_header("invoice"),)),
    # The text says the query, each sample has the header.
    "expense": Selector("ZohoExpense", (_header("expense"),), ("query", "header")),
    "subscriptions": Selector(
        "ZohoSubscriptions", (_header("subscriptions"), _header("billing")), ("header",)
    ),
    "checkout": Selector("ZohoCheckout", (_header("checkout"),), ("header",)),
}

# What paths and hosts call a product.
_PRODUCTS = {**{name: name for name in SELECTORS}, "billing": "subscriptions"}
_NAMES = "|".join(_PRODUCTS)
_CURRENT = re.compile(rf"/({_NAMES})(?:/api)?/(v\d+)(?=/|$)", re.ASCII)
_OLD = re.compile(r"/api/(v\d+)(?=/|$)", re.ASCII)
_HOST = re.compile(rf"({_NAMES})\.", re.IGNORECASE)


@attrs.frozen
class Root:
    """The part of a path that stands before the resource: its product and version."""

    product: str
    version: str
    text: str


def find(path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Root | None:
    """Return the root of a path; None if it belongs to no product.

    Names of `headers` are in lower case.
    """
    current = _CURRENT.match(path)
    if current is not None:
        return Root(_PRODUCTS[current.group(1)], current.group(2), current.group())
    old = _OLD.match(path)
    if old is None:
        return None
    version = old.group(1)
    host = _HOST.match(headers.get("host", ""))
    if host is not None:
        product = _PRODUCTS[host.group(1).lower()]
    else:
        product = _by_header(headers) or _by_default(version, query)
    return Root(product, version, old.group())


def organization(
    product: str, headers: Mapping[str, str], query: Mapping[str, str], *, undocumented: bool
) -> str | None:
    """Return the organization that a call names, None if it names none.

    `undocumented` lets in the way that the product's reference does not show. Names of `headers`
    are in lower case.
    """
    selector = SELECTORS[product]
    given = {
        "query": query.get("organization_id"),
        "header": next((headers[name] for name in selector.headers if name in headers), None),
    }
    others = [way for way in given if way not in selector.documented] if undocumented else []
    named = (given[way] for way in (*selector.documented, *others))
    return next((each for each in named if each is not None), None)


def _by_header(headers: Mapping[str, str]) -> str | None:
    for product, selector in SELECTORS.items():
        if any(name in headers for name in selector.headers):
            return product
    return None


def _by_default(version: str, query: Mapping[str, str]) -> str:
    if version != "v1":
        return "books"
    return "inventory" if "organization_id" in query else "checkout"
