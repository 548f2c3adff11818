"""Faults that are asked for: what the client meets, and what has happened on the server."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox

BODY = {"contact_name": "Zoë"}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"status": 429, "code": 44}, 429, 44),
        ({"status": 429}, 429, 44),
        ({"code": 45}, 429, 45),
        ({"code": 1070}, 429, 1070),
        ({"status": 500}, 500, 1000),
        ({"status": 400, "code": 1001, "message": "taken"}, 400, 1001),
        ({"status": 200, "code": 1234}, 200, 1234),
        ({"status": 429, "code": "44"}, 429, "44"),
        ({"status": 401}, 401, 57),
        ({"status": 599}, 599, 1000),
        ({"code": 0}, 200, 0),
    ],
    ids=str,
)
def test_an_answer_in_place_of_the_service(
    sandbox: Sandbox, plain: Plain, asked: dict[str, object], status: int, code: object
) -> None:
    sandbox.next(**asked)

    answer = plain.call("POST", "/contacts", json=BODY)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert sandbox.calls[-1].status == status
    assert sandbox.rows("Contact") == []
    assert plain.post("/contacts", BODY)


def test_a_body_and_headers_of_ones_own(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(status=200, body={"code": 0, "x": [1]}, headers={"X-A": "b"}, retry_after=7)

    answer = plain.call("GET", "/contacts")

    assert answer.json() == {"code": 0, "x": [1]}
    assert (answer.headers["X-A"], answer.headers["Retry-After"]) == ("b", "7")


def test_times_and_after_count_calls(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(status=500, times=2, after=1)
    assert sandbox.faults_left == 2

    seen = [plain.call("GET", "/contacts").status_code for _ in range(4)]

    assert seen == [200, 500, 500, 200]
    assert sandbox.faults_left == 0


def test_faults_are_met_in_the_order_they_were_asked_for(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(status=500)
    sandbox.next(status=503)

    assert [plain.call("GET", "/contacts").status_code for _ in range(3)] == [500, 503, 200]


def test_a_fault_may_be_for_some_calls_only(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(status=500, path="/invoices/*", method="get")

    assert plain.call("GET", "/invoices").status_code == 200
    assert plain.call("POST", "/invoices/1/status/sent").status_code == 404
    assert plain.call("GET", "/invoices/1").status_code == 500


def test_token_calls_meet_only_faults_that_name_them(sandbox: Sandbox) -> None:
    sandbox.next(status=500)
    sandbox.next(status=503, path="/oauth/*")
    url = f"{sandbox.url}/oauth/v2/token"

    seen = [requests.post(url, timeout=60).status_code for _ in range(2)]

    assert seen == [503, 200]
    assert sandbox.faults_left == 1


def test_a_gateway_answers_html(sandbox: Sandbox, plain: Plain) -> None:
    for asked, status in (({"fault": "html"}, 502), ({"status": 503}, 503)):
        sandbox.next(**asked)
        answer = plain.call("POST", "/contacts", json=BODY)
        assert (answer.status_code, answer.text[:6]) == (status, "<html>")
        assert answer.headers["Content-Type"].startswith("text/html")
    assert sandbox.rows("Contact") == []


def test_a_message_is_told_under_any_status(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(status=503, message="Closed for today")

    answer = plain.call("GET", "/contacts")

    assert answer.status_code == 503
    assert answer.json()["message"] == "Closed for today"


@pytest.mark.parametrize(("fault", "stored"), [("drop-before-commit", 0), ("drop-after-commit", 1)])
def test_a_dropped_call_gets_no_answer(
    sandbox: Sandbox, plain: Plain, fault: str, stored: int
) -> None:
    sandbox.next(fault=fault)

    with pytest.raises(requests.ConnectionError):
        plain.call("POST", "/contacts", json=BODY)

    assert len(sandbox.rows("Contact")) == stored
    assert sandbox.calls[-1].status is None
    assert plain.call("GET", "/contacts").status_code == 200


@pytest.mark.parametrize(("fault", "stored"), [("hang", 0), ("hang-after-commit", 1)])
def test_a_hanging_call_gets_no_answer_in_time(
    sandbox: Sandbox, plain: Plain, fault: str, stored: int
) -> None:
    sandbox.next(fault=fault)

    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{plain.root}/contacts",
            params={"organization_id": plain.organization_id},
            headers={"Authorization": f"Zoho-oauthtoken {plain.token}"},
            json=BODY,
            timeout=0.1,
        )

    assert len(sandbox.rows("Contact")) == stored


def test_a_released_call_is_carried_out(sandbox: Sandbox) -> None:
    sandbox.next(fault="hang")
    done: list[int] = []
    thread = threading.Thread(
        target=lambda: done.append(Plain(sandbox).call("POST", "/contacts", json=BODY).status_code)
    )
    thread.start()
    sandbox.wait_for_hanging()
    assert sandbox.rows("Contact") == []

    sandbox.release()
    thread.join(60)

    assert done == [201]
    assert len(sandbox.rows("Contact")) == 1


def test_a_token_call_may_hang_too(sandbox: Sandbox) -> None:
    sandbox.next(fault="hang", path="/oauth/v2/token")
    done: list[int] = []
    url = f"{sandbox.url}/oauth/v2/token"
    thread = threading.Thread(
        target=lambda: done.append(requests.post(url, timeout=60).status_code)
    )
    thread.start()
    sandbox.wait_for_hanging()
    assert done == []

    sandbox.release()
    thread.join(60)

    assert done == [200]


def test_stop_does_not_wait_for_calls_that_hang() -> None:
    failures: list[Exception] = []

    def call(sandbox: Sandbox) -> None:
        try:
            Plain(sandbox).call("POST", "/contacts", json=BODY)
        except requests.ConnectionError as error:
            failures.append(error)

    with Sandbox() as sandbox:
        sandbox.next(fault="hang")
        thread = threading.Thread(target=call, args=(sandbox,))
        thread.start()
        sandbox.wait_for_hanging()
        start = time.monotonic()
    thread.join(60)

    assert time.monotonic() - start < 2
    assert len(failures) == 1


def test_waiting_for_calls_that_do_not_hang_ends(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        sandbox.wait_for_hanging(seconds=0.01)


def test_a_slow_call_is_answered(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="slow", seconds=0.05)
    start = time.monotonic()

    assert plain.post("/contacts", BODY)
    assert time.monotonic() - start >= 0.05


def test_truncated_json_has_the_right_length_and_is_committed(
    sandbox: Sandbox, plain: Plain
) -> None:
    sandbox.next(fault="truncate")

    answer = plain.call("POST", "/contacts", json=BODY)

    assert answer.status_code == 201
    with pytest.raises(ValueError, match="char"):
        answer.json()
    assert len(sandbox.rows("Contact")) == 1


def test_a_cut_answer_ends_before_its_length(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="cut")

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        plain.call("POST", "/contacts", json=BODY)

    assert len(sandbox.rows("Contact")) == 1


def test_an_answer_in_drops_is_whole_at_last(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="drip", seconds=0.1)
    began = time.monotonic()

    answer = plain.call("POST", "/contacts", json=BODY)

    assert answer.json()["contact"]["contact_name"] == "Zoë"
    assert time.monotonic() - began > 0.09
    assert len(sandbox.rows("Contact")) == 1
    assert plain.call("GET", "/contacts").json()["contacts"]


def test_a_client_that_leaves_in_the_drops_leaves_nothing_behind(
    sandbox: Sandbox, plain: Plain
) -> None:
    sandbox.next(fault="drip", seconds=30)

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/books/v3/contacts", timeout=0.1)

    assert plain.call("GET", "/contacts").status_code == 200


def test_an_oversize_answer_is_json_of_that_size(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="oversize", size=100_000)

    answer = plain.call("POST", "/contacts", json=BODY)

    assert 100_000 < len(answer.content) < 110_000
    assert answer.json()["contact"]["contact_name"] == "Zoë"
    assert len(sandbox.rows("Contact")) == 1


def test_a_redirect_is_not_carried_out(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="redirect")

    answer = plain.call("POST", "/contacts", json=BODY)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(sandbox.url)
    assert sandbox.rows("Contact") == []


def test_an_answer_without_its_key(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="missing-key", times=2)

    assert set(plain.get("/contacts")) == {"code", "message", "page_context"}
    assert set(plain.post("/contacts", BODY)) == {"code", "message"}
    assert len(sandbox.rows("Contact")) == 1


def test_an_expired_token_is_dead_for_good(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.next(fault="expire-token")

    assert plain.refused("GET", "/contacts") == (401, 57)
    assert plain.refused("GET", "/contacts") == (401, 57)
    assert plain.call("GET", "/contacts", token=sandbox.access_token()).status_code == 200


def names(plain: Plain, **query: str) -> list[str]:
    return [row["contact_name"] for row in plain.get("/contacts", **query)["contacts"]]


def test_a_duplicate_row_repeats_the_last_of_the_page_before(
    sandbox: Sandbox, plain: Plain
) -> None:
    for name in "abcd":
        sandbox.insert("Contact", {"contact_name": name})
    sandbox.next(fault="duplicate-row", after=1)

    assert names(plain, per_page="2") == ["d", "c"]
    assert names(plain, per_page="2", page="2") == ["c", "b", "a"]
    sandbox.next(fault="duplicate-row")
    assert names(plain, per_page="2") == ["d", "c", "c"]


def test_shifted_rows_move_one_place_between_pages(sandbox: Sandbox, plain: Plain) -> None:
    for name in "abcd":
        sandbox.insert("Contact", {"contact_name": name})
    sandbox.next(fault="shift-rows", after=1)

    assert names(plain, per_page="2") == ["d", "c"]
    assert names(plain, per_page="2", page="2") == ["c", "b"]
    assert len(sandbox.rows("Contact")) == 5


def test_filters_can_be_ignored_on_demand(sandbox: Sandbox, plain: Plain) -> None:
    for name in "ab":
        sandbox.insert("Contact", {"contact_name": name})
    sandbox.next(fault="ignore-filters")

    assert names(plain, contact_name="a") == ["b", "a"]
    assert names(plain, contact_name="a") == ["a"]


def test_a_write_can_be_ignored_on_demand(sandbox: Sandbox, plain: Plain) -> None:
    contact = plain.contact()
    sandbox.next(fault="ignore-write")

    answered = plain.put(f"/contacts/{contact}", {"notes": "x"})["contact"]

    assert answered["notes"] == ""
    assert plain.get(f"/contacts/{contact}")["contact"]["notes"] == ""


def test_a_fault_that_nobody_knows_is_refused_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="drop-before-commit"):
        sandbox.next(fault="nothing")
    with pytest.raises(ValueError, match="times"):
        sandbox.next(status=500, times=0)


def test_a_client_that_leaves_frees_its_place(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.limits(in_flight=1)
    sandbox.next(fault="hang")
    host, port = sandbox.url.removeprefix("http://").split(":")
    path = f"/books/v3/contacts?organization_id={plain.organization_id}"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        head = f"GET {path} HTTP/1.1\r\nAuthorization: Zoho-oauthtoken {plain.token}\r\n\r\n"
        connection.sendall(head.encode())
        sandbox.wait_for_hanging()
        assert plain.refused("GET", "/contacts") == (429, 1070)

    answers = (plain.call("GET", "/contacts").status_code for _ in range(500))
    assert 200 in answers
