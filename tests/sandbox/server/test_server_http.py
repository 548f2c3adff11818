"""The server: connections, bodies, addresses, and what is refused before any record is touched."""

from __future__ import annotations

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox


def test_connections_stay_open_between_calls(sandbox: Sandbox, plain: Plain) -> None:
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    connection.connect()
    port = connection.sock.getsockname()[1]
    headers = {"Authorization": f"Zoho-oauthtoken {plain.token}"}

    for _ in range(3):
        connection.request("GET", "/books/v3/organizations", headers=headers)
        answer = connection.getresponse()
        assert answer.version == 11
        answer.read()
        assert connection.sock.getsockname()[1] == port
    connection.close()


def test_a_body_in_chunks_is_read(plain: Plain) -> None:
    def parts() -> object:
        yield b'{"contact_name": '
        yield b'"In parts"}'

    answer = plain.call("POST", "/contacts", data=parts())

    assert answer.json()["contact"]["contact_name"] == "In parts"


def test_answers_are_json_in_utf8(plain: Plain) -> None:
    answer = plain.call("GET", "/organizations")

    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("path", ["/nothing", "/invoices/1/nothing", "/../books/v3", "//invoices"])
def test_an_unknown_path_is_404_with_code_5(plain: Plain, path: str) -> None:
    assert plain.refused("GET", path) == (404, 5)


def test_answers_tell_the_time_of_the_sandbox(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.clock.move(minutes=30)

    answer = plain.call("GET", "/invoices")

    assert answer.headers["Date"] == "Thu, 15 Jan 2026 09:30:00 GMT"


def test_an_unknown_product_is_404_with_code_5(sandbox: Sandbox, plain: Plain) -> None:
    assert plain.refused("GET", f"{sandbox.url}/nothing/v1/invoices") == (404, 5)


def test_a_wrong_method_is_405(plain: Plain) -> None:
    assert plain.refused("PATCH", "/invoices")[0] == 405


def test_broken_json_is_code_1038(plain: Plain) -> None:
    for data in ('{"contact_name":', "contact_name=x", "NaN", b"\xff\xfe", "[" * 100000):
        assert plain.refused("POST", "/contacts", data=data) == (400, 1038), data


def test_a_list_in_place_of_a_record_is_code_4(plain: Plain) -> None:
    assert plain.refused("POST", "/contacts", json=[1]) == (400, 4)


def test_form_fields_may_carry_the_json(plain: Plain) -> None:
    text = '{"contact_name": "By form"}'
    ways = (
        {"data": {"JSONString": text}},
        {"files": {"JSONString": (None, text)}},
        {"data": text, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    )

    for number, way in enumerate(ways):
        answer = plain.call("POST", "/contacts", **way)
        assert answer.json()["contact"]["contact_name"] == "By form", number
        plain.delete(f"/contacts/{answer.json()['contact']['contact_id']}")


def test_wrong_shapes_are_codes_15_and_4(plain: Plain) -> None:
    contact = plain.contact()
    line = {"name": "x", "rate": 1}

    def refused(**body: object) -> tuple[int, int]:
        return plain.refused("POST", "/invoices", json={"customer_id": contact, **body})

    assert refused(line_items=[line], notes={"a": 1}) == (400, 15)
    assert refused(line_items=["x"]) == (400, 15)
    assert refused(line_items="x") == (400, 4)
    assert refused(line_items=[line], payment_options="x") == (400, 4)


def test_wrong_values_are_code_2(plain: Plain) -> None:
    contact = plain.contact()
    values = {
        "date": "15.01.2026",
        "due_date": "2026-02-30",
        "exchange_rate": "much",
        "payment_terms": 1.5,
        "is_inclusive_tax": "perhaps",
        "template_id": "../1",
    }

    for name, value in values.items():
        body = {"customer_id": contact, "line_items": [{"rate": 1}], name: value}
        assert plain.refused("POST", "/invoices", json=body) == (400, 2), name
    assert plain.get("/invoices")["invoices"] == []


def test_a_text_that_is_too_long_is_code_15(plain: Plain) -> None:
    body = {"contact_name": "x", "company_name": "x" * 201}

    assert plain.refused("POST", "/contacts", json=body) == (400, 15)
    assert plain.post("/contacts", {**body, "company_name": "x" * 200})


def test_values_may_come_as_text(plain: Plain) -> None:
    body = {
        "customer_id": int(plain.contact()),
        "line_items": [{"rate": "2.50", "quantity": " 3 ", "name": 7}],
        "is_inclusive_tax": "true",
        "payment_terms": "15",
        "contact_persons": [],
    }

    invoice = plain.post("/invoices", body)["invoice"]

    assert (invoice["total"], invoice["payment_terms"]) == (Decimal("7.5"), 15)
    assert invoice["is_inclusive_tax"] is True
    assert invoice["line_items"][0]["name"] == "7"
    texts = {**body, "contact_persons": "x"}
    assert plain.refused("POST", "/invoices", json=texts) == (400, 4)
    texts = {**body, "contact_persons": [["x"]]}
    assert plain.refused("POST", "/invoices", json=texts) == (400, 4)
    kind = {"contact_name": "x", "contact_type": "friend"}
    assert plain.refused("POST", "/contacts", json=kind) == (400, 2)


def test_head_answers_without_content(plain: Plain) -> None:
    answer = plain.call("HEAD", "/contacts")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0
    assert plain.get("/contacts")["contacts"] == []


def test_a_client_may_wait_for_100_continue(sandbox: Sandbox, plain: Plain) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    head = (
        f"POST /books/v3/contacts?organization_id={plain.organization_id} HTTP/1.1\r\n"
        f"Authorization: Zoho-oauthtoken {plain.token}\r\n"
        "Content-Length: 20\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b'{"contact_name":"x"}')
        assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_a_number_too_long_to_store_is_refused(plain: Plain) -> None:
    data = '{"contact_name": "x", "credit_limit": 1e999999999}'

    assert plain.refused("POST", "/contacts", data=data) == (400, 1038)


def test_a_foreign_organization_is_code_6041(plain: Plain) -> None:
    assert plain.refused("GET", "/invoices", organization="999") == (400, 6041)


def test_the_organization_may_be_named_by_a_header(plain: Plain) -> None:
    name = "X-com-zoho-books-organizationid"
    headers = {name: plain.organization_id}
    assert plain.call("GET", "/invoices", organization=None, headers=headers).ok
    wrong = {name: "999"}
    assert plain.refused("GET", "/invoices", organization=None, headers=wrong) == (400, 6041)


def test_the_header_of_another_product_names_no_organization(plain: Plain) -> None:
    headers = {"X-com-zoho-inventory-organizationid": plain.organization_id}

    assert plain.refused("GET", "/invoices", organization=None, headers=headers) == (400, 4029)


def test_organizations_need_no_organization(plain: Plain) -> None:
    body = plain.call("GET", "/organizations", organization=None).json()

    assert [row["organization_id"] for row in body["organizations"]] == [plain.organization_id]


def test_organizations_do_not_see_each_other() -> None:
    with Sandbox(organizations=2) as sandbox:
        plain = Plain(sandbox)
        contact = plain.contact()
        other = sandbox.organization_ids[1]

        seen = plain.call("GET", "/contacts", organization=other).json()["contacts"]
        assert seen == []
        assert plain.refused("GET", f"/contacts/{contact}", organization=other) == (404, 1002)
        assert plain.refused("DELETE", f"/contacts/{contact}", organization=other) == (404, 1002)
        assert plain.get(f"/contacts/{contact}")["contact"]["contact_id"] == contact


def test_calls_are_seen_as_they_arrived_without_the_token(sandbox: Sandbox, plain: Plain) -> None:
    plain.call("POST", "/contacts", json={"contact_name": "Zoë", "x": 1}, query={"a": "b c"})

    [call] = sandbox.calls
    assert (call.method, call.path, call.status) == ("POST", "/contacts", 201)
    assert call.url_path == "/books/v3/contacts"
    assert call.query == {"organization_id": plain.organization_id, "a": "b c"}
    assert call.body == {"contact_name": "Zoë", "x": 1}
    assert call.organization_id == plain.organization_id
    assert plain.token not in repr(call)
    assert call.headers["Authorization"].startswith("Zoho-oauthtoken ")


def test_forget_empties_the_calls_and_mails(sandbox: Sandbox, plain: Plain) -> None:
    body = {"customer_id": plain.contact(), "line_items": [{"rate": 1}]}
    invoice = plain.post("/invoices", body, send="true")["invoice"]
    assert [mail.record_id for mail in sandbox.mails] == [invoice["invoice_id"]]

    sandbox.forget()

    assert (sandbox.calls, sandbox.token_calls, sandbox.mails) == ([], [], [])


def test_reset_brings_back_the_start_and_kills_tokens(sandbox: Sandbox, plain: Plain) -> None:
    plain.contact()
    sandbox.next(status=500, times=5)
    sandbox.limits(per_minute=1)

    sandbox.reset()

    assert sandbox.rows("Contact") == []
    assert plain.refused("GET", "/contacts") == (401, 57)
    plain.token = sandbox.access_token()
    for _ in range(3):
        assert plain.get("/contacts")["contacts"] == []


def test_a_stopped_sandbox_answers_nobody() -> None:
    with Sandbox() as sandbox:
        url = sandbox.url

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=60)
    with pytest.raises(RuntimeError, match="does not run"):
        _ = sandbox.url
    with pytest.raises(RuntimeError, match="does not run"):
        sandbox.rows("Contact")


def test_a_sandbox_that_starts_again_is_as_at_the_first_start() -> None:
    sandbox = Sandbox()
    with sandbox:
        Plain(sandbox).contact()
        sandbox.next(status=500, times=9)

    with sandbox:
        assert (sandbox.calls, sandbox.rows("Contact"), sandbox.faults_left) == ([], [], 0)
        plain = Plain(sandbox)
        plain.contact()
        assert plain.names() == ["Bär & Söhne"]
        sandbox.next(fault="hang")
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(plain.get, "/contacts")
            sandbox.wait_for_hanging()
            sandbox.release()
            assert len(reading.result()["contacts"]) == 1


def test_a_sandbox_starts_once() -> None:
    with Sandbox() as sandbox, pytest.raises(RuntimeError, match="runs already"):
        sandbox.start()


def test_bytes_that_are_no_http_do_no_harm(sandbox: Sandbox, plain: Plain) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    for data in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"POST /books/v3/contacts HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /books/v3/contacts HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST /books/v3/contacts HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(100)
            assert b" 500 " not in answer, data[:40]

    assert plain.get("/contacts")["contacts"] == []


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_it_listens_where_it_is_told(host: str, url: str) -> None:
    with Sandbox(host=host) as sandbox:
        assert sandbox.url.startswith(url)
        assert Plain(sandbox).get("/contacts")["contacts"] == []


@pytest.mark.parametrize(("host", "followed"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_other_machines_are_told_the_name_by_which_they_know_it(host: str, followed: bool) -> None:
    with Sandbox(host=host) as sandbox:
        names = ("client_id", "client_secret", "refresh_token")
        pairs = {name: sandbox.credentials[name] for name in names}
        pairs["grant_type"] = "refresh_token"
        domains = [
            requests.post(
                f"{sandbox.url}/oauth/v2/token", data=pairs, headers={"Host": name}, timeout=60
            ).json()["api_domain"]
            for name in ("zoho-sandbox:8080", "no/host")
        ]

        expected = "http://zoho-sandbox:8080" if followed else sandbox.url
        assert domains == [expected, sandbox.url]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: -1", 400),
        ("Content-Length: ten", 400),
        ("Content-Length: 0x10", 400),
        ("Content-Length: 99999999", 413),
        ("Content-Length: 99999999999999999999", 413),
        ("Transfer-Encoding: chunked\r\n\r\nten", 400),
        ("Transfer-Encoding: chunked\r\n\r\n-5", 400),
        ("Transfer-Encoding: chunked\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n\r\nffffffff", 413),
    ],
)
def test_a_length_that_is_none_is_a_bad_request_and_one_too_large_is_refused_as_such(
    sandbox: Sandbox, head: str, status: int
) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"POST /books/v3/contacts HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        answer = line.recv(1000)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert sandbox.calls == []
