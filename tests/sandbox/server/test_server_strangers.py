"""Clients of many kinds, which follow the service's documents each in a way of its own."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox

TEXT = '{"contact_name": "Ada"}'


def stored(plain: Plain) -> list[str]:
    return plain.names()


@pytest.mark.parametrize("way", ["data", "params"])
def test_tokens_are_asked_for_by_form_or_query(sandbox: Sandbox, way: str) -> None:
    given = sandbox.credentials
    names = ("client_id", "client_secret", "refresh_token")
    pairs: Any = {way: {"grant_type": "refresh_token", **{name: given[name] for name in names}}}

    answer = requests.post(f"{sandbox.url}/oauth/v2/token", timeout=60, **pairs)

    token = answer.json()["access_token"]
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    url = f"{sandbox.url}/books/v3/organizations"
    assert requests.get(url, headers=headers, timeout=60).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        {"data": TEXT},
        {"data": TEXT, "headers": {"Content-Type": "text/plain"}},
        {"data": TEXT, "headers": {"Content-Type": "application/json;charset=UTF-8"}},
        {"data": TEXT, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"data": {"JSONString": TEXT}},
        {"files": {"JSONString": (None, TEXT)}},
        {"files": {"JSONString": (None, TEXT, "application/json")}},
        {"query": {"JSONString": TEXT}},
        {"data": (part for part in (TEXT[:5].encode(), TEXT[5:].encode()))},
    ],
    ids=["bare", "text", "charset", "as a form", "form", "multipart", "typed", "query", "chunks"],
)
def test_bodies_come_in_many_ways(plain: Plain, settings: Any) -> None:
    assert plain.call("POST", "/contacts", **settings).status_code == 201
    assert stored(plain) == ["Ada"]


def test_a_form_carries_what_else_stands_in_the_query(plain: Plain) -> None:
    customer = plain.contact()
    body = {"customer_id": customer, "line_items": [{"rate": 1}], "invoice_number": "A-1"}
    form = {
        "JSONString": json.dumps(body),
        "organization_id": plain.organization_id,
        "ignore_auto_number_generation": "true",
    }

    answer = plain.call("POST", "/invoices", organization=None, data=form)

    assert answer.json()["invoice"]["invoice_number"] == "A-1"


def test_a_file_and_its_record_come_in_one_form(plain: Plain) -> None:
    files = {"attachment": ("a.pdf", b"%PDF-", "application/pdf"), "JSONString": (None, TEXT)}

    assert plain.call("POST", "/contacts", files=files).status_code == 201

    assert stored(plain) == ["Ada"]


@pytest.mark.parametrize(
    ("product", "root"),
    [
        ("books", "/books/v3"),
        ("inventory", "/inventory/v1"),
        ("invoice", "/invoice/v3"),
        ("expense", "/expense/v1"),
        ("subscriptions", "/billing/v1"),
        ("subscriptions", "/subscriptions/v1"),
    ],
)
def test_each_product_takes_the_organization_by_its_header(
    plain: Plain, product: str, root: str
) -> None:
    name = f"x-com-zoho-{product}-organizationid"
    plain.root = f"{plain.sandbox.url}{root}"

    answer = plain.call("GET", "/users", organization=None, headers={name: plain.organization_id})

    assert answer.status_code in (200, 404)
    assert answer.json()["code"] in (0, 5)
    assert plain.sandbox.calls[-1].organization_id == plain.organization_id


@pytest.mark.parametrize(
    ("per_page", "rows"), [("1", 1), ("3", 3), ("200", 5), ("500", 5), ("", 5), (" 2 ", 2)]
)
def test_pages_are_of_the_size_that_is_asked_for(plain: Plain, per_page: str, rows: int) -> None:
    for number in range(5):
        plain.sandbox.insert("Contact", {"contact_name": f"Contact {number}"})

    body = plain.get("/contacts", per_page=per_page)

    assert len(body["contacts"]) == rows
    assert body["page_context"]["has_more_page"] is (rows < 5)


@pytest.mark.parametrize("per_page", ["0", "-1", "many", "1.5", "１"])
def test_pages_of_no_size_are_refused(plain: Plain, per_page: str) -> None:
    assert plain.refused("GET", "/contacts", query={"per_page": per_page}) == (400, 2)


def test_a_slash_at_the_end_changes_nothing(plain: Plain) -> None:
    assert plain.call("POST", "/contacts/", data=TEXT).status_code == 201
    key = plain.get("/contacts/")["contacts"][0]["contact_id"]
    assert plain.get(f"/contacts/{key}/")["contact"]["contact_name"] == "Ada"
    assert plain.call("POST", f"/contacts/{key}/inactive/").status_code == 200


def test_head_tells_what_get_would(plain: Plain) -> None:
    read, told = (plain.call(verb, "/contacts") for verb in ("GET", "HEAD"))

    assert told.content == b""
    for name in ("Content-Length", "Content-Type"):
        assert told.headers[name] == read.headers[name]


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/json, text/plain, */*", "text/html", ""]
)
def test_json_is_answered_whatever_else_is_accepted(plain: Plain, accept: str) -> None:
    plain.contact()

    answer = plain.call("GET", "/contacts", headers={"Accept": accept, "Accept-Encoding": "gzip"})

    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert len(answer.json()["contacts"]) == 1


@pytest.mark.parametrize(
    "accept", ["application/pdf", "Application/PDF", "application/pdf, */*;q=0.1"]
)
def test_a_pdf_is_answered_to_who_prefers_it(plain: Plain, accept: str) -> None:
    invoice = plain.invoice()["invoice_id"]

    answer = plain.call("GET", f"/invoices/{invoice}", headers={"Accept": accept})

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize("scheme", ["Zoho-oauthtoken", "zoho-oauthtoken", "Bearer"])
def test_the_scheme_is_known_in_any_case(plain: Plain, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {plain.token}"}

    assert plain.call("GET", "/contacts", headers=headers).status_code == 200


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "x"}])
def test_a_call_without_a_token_is_refused(plain: Plain, sent: dict[str, str]) -> None:
    """A token in the address is none."""
    url = f"{plain.root}/contacts"
    query = {"organization_id": plain.organization_id, "access_token": plain.token}

    answer = requests.get(url, params=query, headers=sent, timeout=60)

    assert (answer.status_code, answer.json()["code"]) == (401, 57)
    assert plain.token not in repr(plain.sandbox.calls)


def test_the_token_of_old_is_refused_by_its_name(plain: Plain) -> None:
    query = {"organization_id": plain.organization_id, "authtoken": "x"}

    answer = requests.get(f"{plain.root}/contacts", params=query, timeout=60)

    assert (answer.status_code, answer.json()["code"]) == (401, 14)


def test_a_client_that_speaks_http_1_0_is_answered(sandbox: Sandbox, plain: Plain) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    call = (
        f"GET /books/v3/organizations HTTP/1.0\r\nAuthorization: Zoho-oauthtoken {plain.token}\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{call}\r\n".encode())
        parts = iter(lambda: connection.recv(10000), b"")
        assert b'"organizations"' in b"".join(parts)


def test_a_client_may_ask_for_the_connection_to_be_closed(sandbox: Sandbox, plain: Plain) -> None:
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=60)
    headers = {"Authorization": f"Zoho-oauthtoken {plain.token}", "Connection": "close"}
    connection.request("GET", "/books/v3/organizations", headers=headers)

    assert b'"code":0' in connection.getresponse().read()

    assert connection.sock is None


def test_hosts_of_old_are_reached_through_the_sandbox_as_a_proxy(plain: Plain) -> None:
    """A client whose hosts are fixed, but not its proxy."""
    answers = [
        requests.get(
            f"http://{host}{path}",
            params={"organization_id": plain.organization_id},
            headers={"Authorization": f"Zoho-oauthtoken {plain.token}"},
            proxies={"http": plain.sandbox.url},
            timeout=60,
        ).status_code
        for host, path in (
            ("books.zoho.com", "/api/v3/contacts"),
            ("inventory.zoho.eu", "/api/v1/items"),
            ("www.zohoapis.com", "/inventory/v1/items"),
        )
    ]

    assert answers == [200, 200, 200]
    assert [call.product for call in plain.sandbox.calls] == ["books", "inventory", "inventory"]
