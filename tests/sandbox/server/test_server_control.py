"""The control interface over HTTP, as a test in another language uses it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox


def ask(sandbox: Sandbox, name: str, **given: Any) -> Any:
    """Ask for something that must be done, and return the answer."""
    answer = requests.post(f"{sandbox.url}/sandbox/{name}", json=given, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def look(sandbox: Sandbox, name: str = "", **query: str) -> Any:
    answer = requests.get(f"{sandbox.url}/sandbox/{name}", params=query, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_faults_are_asked_for_over_http(sandbox: Sandbox, plain: Plain) -> None:
    ask(sandbox, "next", status=429, code=44, times=2, after=1, path="/contacts*", method="GET")

    met = [plain.call("GET", "/contacts").status_code for _ in range(4)]

    assert met == [200, 429, 429, 200]
    assert look(sandbox)["faults_left"] == 0


def test_a_fault_says_its_body_and_headers(sandbox: Sandbox, plain: Plain) -> None:
    ask(sandbox, "next", status=503, body={"a": [1.5]}, headers={"X-Test": "é"}, retry_after=7)

    answer = plain.call("GET", "/contacts")

    assert (answer.status_code, answer.text) == (503, '{"a":[1.5]}')
    assert (answer.headers["X-Test"], answer.headers["Retry-After"]) == ("é", "7")


def test_the_clock_moves(sandbox: Sandbox) -> None:
    before = look(sandbox)["time"]

    answer = ask(sandbox, "clock/move", days=1, minutes=0.5)

    assert answer["time"] == look(sandbox)["time"] == before + 86430
    assert sandbox.clock.time() == before + 86430


def test_calls_and_mails_are_seen_and_forgotten(sandbox: Sandbox, plain: Plain) -> None:
    plain.invoice(notes="Grüße")
    sent = {"attachment": ("a.pdf", b"%PDF", "application/pdf")}
    key = sandbox.rows("Invoice")[0]["invoice_id"]
    plain.call("POST", f"/invoices/{key}/attachment", files=sent)
    plain.post(f"/invoices/{key}/email", {"to_mail_ids": ["ada@example.com"]})

    calls = look(sandbox, "calls")["calls"]

    assert [(each["method"], each["status"]) for each in calls] == [
        (each.method, each.status) for each in sandbox.calls
    ]
    assert calls[1]["body"]["notes"] == "Grüße"
    assert calls[2]["files"] == [
        {"member": "attachment", "name": "a.pdf", "content_type": "application/pdf", "size": 4}
    ]
    assert plain.token not in str(calls)
    assert look(sandbox, "mails")["mails"][0]["to"] == ["ada@example.com"]
    ask(sandbox, "forget")
    assert look(sandbox, "calls") == {"calls": []}
    assert look(sandbox, "token_calls") == {"token_calls": []}
    assert look(sandbox, "mails") == {"mails": []}


def test_records_are_stored_and_listed(sandbox: Sandbox) -> None:
    row = {"contact_name": "Zoë", "payment_terms": 15}

    key = ask(sandbox, "insert", resource="Contact", row=row, product="invoice")["id"]

    [found] = look(sandbox, "rows", resource="Contact", product="invoice")["rows"]
    assert (found["contact_id"], found["contact_name"]) == (key, "Zoë")
    assert sandbox.rows("Contact") == []


def test_a_reset_brings_back_the_start(sandbox: Sandbox, plain: Plain) -> None:
    plain.contact()
    ask(sandbox, "next", status=500)

    ask(sandbox, "reset")

    assert sandbox.rows("Contact") == []
    assert look(sandbox)["faults_left"] == 0


def test_tokens_are_made_and_expire(sandbox: Sandbox, plain: Plain) -> None:
    token = ask(sandbox, "access_token")["access_token"]
    assert plain.call("GET", "/contacts", token=token).status_code == 200
    ask(sandbox, "expire_tokens")
    assert plain.call("GET", "/contacts", token=token).status_code == 401
    code = ask(sandbox, "code", scope="ZohoBooks.contacts.READ", seconds=60)["code"]
    names = ("client_id", "client_secret")
    pairs = {name: sandbox.credentials[name] for name in names}
    pairs |= {"grant_type": "authorization_code", "code": code}
    made = requests.post(f"{sandbox.url}/oauth/v2/token", data=pairs, timeout=60).json()
    assert made["scope"] == "ZohoBooks.contacts.READ"


def test_limits_are_changed(sandbox: Sandbox, plain: Plain) -> None:
    ask(sandbox, "limits", per_minute=1)

    assert [plain.call("GET", "/contacts").status_code for _ in range(2)] == [200, 429]


def test_a_call_that_hangs_is_waited_for_and_released(sandbox: Sandbox, plain: Plain) -> None:
    ask(sandbox, "next", fault="hang")
    met: list[int] = []
    caller = threading.Thread(target=lambda: met.append(plain.call("GET", "/contacts").status_code))
    caller.start()

    ask(sandbox, "wait_for_hanging", calls=1, seconds=5)
    ask(sandbox, "release")
    caller.join()

    assert met == [200]


def test_nobody_hangs(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/sandbox/wait_for_hanging"

    answer = requests.post(url, json={"seconds": 0.01}, timeout=60)

    assert (answer.status_code, answer.json()) == (
        408,
        {"error": "fewer than 1 calls hang after 0.01 seconds"},
    )


def test_what_is_asked_for_here_is_no_call(sandbox: Sandbox) -> None:
    sandbox.next(status=500)
    sandbox.limits(per_minute=0)

    overview = look(sandbox)

    assert overview["url"] == sandbox.url
    assert overview["organization_ids"] == sandbox.organization_ids
    assert overview["switches"]["put_requires"] == "none"
    assert sandbox.calls == []
    assert sandbox.faults_left == 1


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("next", b'{"fault": "rain"}', "no fault is called 'rain'"),
        ("next", b"", "next takes a fault, or an answer: status, code"),
        ("next", b'{"times": 2, "path": "/invoices*"}', "the faults are drop-before-commit"),
        ("next", b'{"stauts": 500}', "next takes no 'stauts'; it takes status"),
        ("next", b'{"status": "500"}', "status is a text"),
        ("next", b'{"times": true}', "times is a boolean"),
        ("next", b'{"times": 0}', "times is 1 or more"),
        ("next", b'{"status": 99}', "from 200 to 599"),
        ("next", b'{"status": 500, "headers": {"X": "a\\r\\nY: b"}}', "one line"),
        ("next", b'{"status": 500, "headers": {"X": 5.5}}', "one line"),
        ("next", b"[]", "must be a JSON object"),
        ("next", b"{", "JSON is not well formed"),
        ("clock/move", b'{"days": -1}', "cannot be moved back"),
        ("clock/move", b'{"days": 10000000}', "ends with the year"),
        ("insert", b'{"resource": "Bunny", "row": {}}', "no resource of books is called 'Bunny'"),
        ("insert", b'{"resource": "Contact"}', "insert needs a resource and a row"),
        ("insert", b'{"row": {}}', "insert needs a resource and a row"),
        ("limits", b'{"per_minute": -1}', "'per_minute' must be >= 0"),
        ("limits", b'{"in_flight": -1}', "'in_flight' must be >= 0"),
        ("insert", b'{"resource": "Invoice", "row": {"line_items": 5}}', "line_items is a number"),
        ("insert", b'{"resource": "Invoice", "row": {"line_items": [5]}}', "line_items is a list"),
        ("insert", b'{"resource": "Invoice", "row": {"notes": {}}}', "notes is an object"),
        ("reset", b'{"all": 1}', "reset takes no 'all'; it takes nothing"),
        ("reset?all=1", b"", "the query of /sandbox/reset takes no 'all'; it takes nothing"),
        ("clock/move?days=3", b"", "POST takes its keywords as one JSON object"),
        ("next", b'{"fault": "hang", "status": 500}', "hang takes no status; it takes none"),
        ("next", b'{"fault": "slow", "size": 5}', "slow takes no size; it takes seconds"),
        ("next", b'{"fault": "html", "body": {}}', "html takes no body; it takes status"),
        ("next", b'{"status": 500, "seconds": 3}', "an answer takes no seconds; it takes status"),
        ("next", b'{"body": {}, "message": "No"}', "a body is the whole answer"),
        ("next", b'{"status": 500, "method": "PTU"}', "no call has the method 'PTU'; there are"),
        ("next", b'{"status": 500, "path": "bills"}', "no call has the path 'bills'; it begins"),
        (
            "insert",
            b'{"resource": "Contact", "row": {}, "organization_id": "7"}',
            "no organization is called '7'; there are 10234695",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(
    sandbox: Sandbox, name: str, body: bytes, said: str
) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/{name}", data=body, timeout=60)

    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/sandbox/nothing", 404),
        ("GET", "/sandbox/next", 405),
        ("DELETE", "/sandbox/calls", 405),
        ("POST", "/sandbox", 405),
        ("GET", "/sandbox/rows?resource=Bunny", 400),
        ("GET", "/sandbox/rows?resource=Contact&organisation_id=10234695", 400),
        ("GET", "/sandbox/rows?resource=Contact&organization_id=7", 400),
        ("GET", "/sandbox/calls?method=PUT", 400),
        ("GET", "/sandbox?verbose=1", 400),
    ],
)
def test_there_is_nothing_else(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    answer = requests.request(method, sandbox.url + path, timeout=60)

    assert answer.status_code == status
    assert answer.json()["error"]
