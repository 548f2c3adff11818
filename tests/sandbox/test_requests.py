"""Any call through a session's connection: `session.request(method, path, ...)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import last_body, saved_contact, saved_invoice, verbs

from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.errors import (
    InvalidValue,
    NotAuthorized,
    NotFound,
    OutcomeUnknown,
    ReadOnlySession,
    SessionClosed,
    WrongType,
)
from zohorm.sandbox import Sandbox


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[ZohoBooks]:
    """A session that may not write."""
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock, read_only=True)) as session:
        yield session


def test_a_request_goes_to_the_organization_below_the_root(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    saved_contact("Tea")
    sandbox.forget()

    answer = books.request("GET", "/contacts", query={"contact_name": "Tea", "page": None})

    call = sandbox.calls[-1]
    assert (call.method, call.path) == ("GET", "/contacts")
    assert call.query == {
        "organization_id": sandbox.credentials["organization_id"],
        "contact_name": "Tea",
    }
    assert (answer.status, answer.attempts) == (200, 1)
    rows: Any = (answer.body or {})["contacts"]
    assert [row["contact_name"] for row in rows] == ["Tea"]


def test_numbers_are_exact_both_ways(books: ZohoBooks, sandbox: Sandbox) -> None:
    body = {"contact_name": "Tea", "credit_limit": Decimal("12345678901234.10")}

    answer = books.request("POST", "contacts", body=body)

    assert last_body(sandbox) == body
    made: Any = (answer.body or {})["contact"]
    assert made["credit_limit"] == Decimal("12345678901234.10")


def test_a_post_that_nobody_answers_is_never_sent_again(books: ZohoBooks, sandbox: Sandbox) -> None:
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown, match="Look at the service"):
        books.request("POST", "/contacts", body={"contact_name": "Tea"})

    assert verbs(sandbox) == ["POST /contacts"]


def test_a_get_is_tried_again(books: ZohoBooks, sandbox: Sandbox) -> None:
    sandbox.next(status=502)

    answer = books.request("GET", "/contacts")

    assert answer.attempts == 2
    assert verbs(sandbox) == ["GET /contacts"] * 2


def test_a_token_that_is_over_is_renewed(books: ZohoBooks, sandbox: Sandbox) -> None:
    books.request("GET", "/contacts")
    sandbox.next(fault="expire-token")

    assert books.request("GET", "/contacts").status == 200
    assert len(sandbox.token_calls) == 2


def test_what_is_held_no_longer_counts_as_fresh_after_a_write(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    contact = saved_contact("Tea")
    sandbox.forget()
    assert Contact.get(contact.id) is contact
    assert sandbox.calls == []

    books.request("PUT", f"/contacts/{contact.id}", body={"notes": "Prefers e-mail"})

    assert Contact.get(contact.id).notes == "Prefers e-mail"
    assert verbs(sandbox) == [
        f"PUT /contacts/{contact.id}",
        f"GET /contacts/{contact.id}",
    ]


def test_a_loop_sees_every_record_though_requests_change_what_it_filters_by(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    sandbox.limits(per_minute=100_000, per_day=100_000)
    for place in range(450):
        sandbox.insert("Invoice", {"invoice_number": f"D-{place:05}", "status": "draft"})

    for invoice in Invoice.iterate(status="draft"):
        books.request("POST", f"/invoices/{invoice.id}/status/sent")

    assert {row["status"] for row in sandbox.rows("Invoice")} == {"sent"}


def test_a_file_is_the_content(books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")

    answer = books.request("GET", f"/invoices/{invoice.id}", query={"accept": "pdf"})

    assert answer.body is None
    assert answer.content.startswith(b"%PDF")


def test_a_refusal_is_an_error_as_everywhere(books: ZohoBooks) -> None:
    with pytest.raises(NotFound) as caught:
        books.request("GET", "/contacts/999")

    assert (caught.value.method, caught.value.path) == ("GET", "/contacts/999")


def test_the_error_names_the_scope_that_the_caller_knows(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    sandbox.next(status=401, code=57, times=2)

    with pytest.raises(NotAuthorized, match=r"ZohoBooks\.bills\.READ"):
        books.request("GET", "/contacts", scope="ZohoBooks.bills.READ")


def test_a_session_that_only_reads_refuses_writes(reader: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(ReadOnlySession):
        reader.request("DELETE", "/contacts/1")

    assert sandbox.calls == []
    assert reader.request("GET", "/contacts").status == 200


def test_a_closed_session_sends_nothing(sandbox: Sandbox) -> None:
    session = ZohoBooks(**sandbox.credentials)
    session.close()

    with pytest.raises(SessionClosed):
        session.request("GET", "/contacts")


@pytest.mark.parametrize("method", ["get", "HEAD", "", "POST\r\n"])
def test_only_methods_of_the_service_are_sent(
    books: ZohoBooks, sandbox: Sandbox, method: str
) -> None:
    with pytest.raises(InvalidValue, match="GET, POST, PUT, PATCH, DELETE"):
        books.request(method, "/contacts")

    assert sandbox.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//evil.example/contacts",
        "/../../expense/v1/users",
        "/contacts/%2e%2e/users",
        "/contacts/..%2fusers",
        "/contacts/%5cusers",
        "/contacts/ /users",
        "/contacts?organization_id=7",
        "/contacts#x",
        "https://evil.example/contacts",
        "/contacts/{contact_id}",
        "/contacts\\users",
        "/contacts/Bücher",
        "/contacts/\ud800",
    ],
)
def test_a_path_stays_below_the_root_and_holds_no_query(
    books: ZohoBooks, sandbox: Sandbox, path: str
) -> None:
    with pytest.raises(InvalidValue, match="path"):
        books.request("GET", path)

    assert sandbox.calls == []


def test_a_quoted_code_arrives_as_it_was(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(NotFound):
        books.request("GET", "/contacts/gold%20plan")

    assert sandbox.calls[-1].path in ("/contacts/gold plan", "/contacts/gold%20plan")


def test_another_organization_cannot_be_named(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidValue, match="organization"):
        books.request("GET", "/contacts", query={"organization_id": "7"})

    assert sandbox.calls == []


def test_a_body_is_what_json_can_say(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(WrongType):
        books.request("POST", "/contacts", body={"contact_name": object()})

    assert sandbox.calls == []


def test_a_path_is_text(books: ZohoBooks) -> None:
    wrong: Any = 7

    with pytest.raises(WrongType, match="path"):
        books.request("GET", wrong)


@pytest.mark.parametrize("given", ["page=1", 5, [("page", "1")], {"page"}, {1: "page"}, object()])
@pytest.mark.parametrize("what", ["query", "headers"])
def test_parameters_and_headers_go_by_name(
    books: ZohoBooks, sandbox: Sandbox, what: str, given: Any
) -> None:
    with pytest.raises(WrongType, match=f"{what} takes values by their names"):
        books.request("GET", "/contacts", **{what: given})

    assert sandbox.calls == []


def test_the_path_of_a_described_model_is_checked_when_it_is_described(books: ZohoBooks) -> None:
    with pytest.raises(InvalidValue, match="ASCII"):
        books.resource(path="\ud800")


def test_a_header_is_text(books: ZohoBooks, sandbox: Sandbox) -> None:
    wrong: Any = {"X-Upsert": True}

    with pytest.raises(WrongType, match="header"):
        books.request("GET", "/contacts", headers=wrong)

    assert sandbox.calls == []
