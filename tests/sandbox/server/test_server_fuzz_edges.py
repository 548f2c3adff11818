"""Malformed bytes on the wire, and malformed calls of the accounts server and the control paths.

The records themselves are aimed at by test_server_fuzz.py, which says how to run more cases.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain import Plain, integrity

from zohorm.sandbox import Sandbox
from zohorm.sandbox.control import TAKEN
from zohorm.sandbox.faults import FAULTS

CASES = int(os.environ.get("ZOHORM_FUZZ", "1600")) // 4
# What http.server itself says of methods, versions, heads and addresses that are none.
REFUSED_BY_HTTP = {501, 505}
fuzzed = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
texts = st.one_of(
    st.sampled_from(("", "1", "true", "\x00", "é", "💶", "-1", "9" * 40, "a" * 3000, "%", "\r\n")),
    st.text(max_size=20),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)


class Failures(logging.Handler):
    """What the server logs when it fails itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@pytest.fixture(scope="module")
def failures() -> Iterator[list[str]]:
    handler = Failures()
    log = logging.getLogger("zohorm.sandbox.server")
    log.addHandler(handler)
    yield handler.texts
    log.removeHandler(handler)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that serves on after all of it, with a store that is whole."""
    data = tmp_path_factory.mktemp("fuzz") / "data"
    with Sandbox(data=data, kept=10) as sandbox:
        sandbox.limits(per_minute=10**9, per_day=10**9)
        yield sandbox
        plain = Plain(sandbox)
        kept = plain.contact("Zoë")
        listed = plain.get("/contacts")["contacts"]
        assert kept in [row["contact_id"] for row in listed]
        assert all(plain.get(f"/contacts/{row['contact_id']}") for row in listed)
    assert integrity(data) == "ok"


def answers(sandbox: Sandbox, sent: bytes) -> bytes:
    """Send bytes, say that there are no more, and return all that comes back."""
    parts = urlsplit(sandbox.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), 20) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            # It has closed the connection on a head that is none.
            pass
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
        except ConnectionResetError:
            pass
        return found


HEADERS = (
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999",
    b"Content-Length: \xb2",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: gzip",
    b"Content-Type: multipart/form-data",
    b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: application/x-www-form-urlencoded; charset=none",
    b"Content-Type: \xff/\xfe",
    b"Host: [::",
    b"Host: a b",
    b"Expect: 100-continue",
    b"Authorization:",
    b"Authorization: Zoho-oauthtoken",
    b"Connection: close",
    b"Connection: Upgrade, HTTP2-Settings",
    b"Accept: \x00",
    b"X-Unique-Identifier-Key: \xe9",
    b"No colon at all",
    b": no name",
    b"X: " + b"a" * 70000,
)
BODIES = (
    b"",
    b"{}",
    b'5\r\n{"a":\r\n0\r\n\r\n',
    b"zz\r\n",
    b"-5\r\nabc",
    b"FFFFFFFFFFFF\r\nabc",
    b"\x1f\x8b\x08\x00broken",
    b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="JSONString"\r\n\r\n{\r\n--x--',
    b"\xff\xfe\x00\x00",
    b"[" * 5000,
)


@st.composite
def requests_on_the_wire(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from((b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"PATCH", b"")))
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.binary(max_size=8))
    root = draw(
        st.sampled_from(
            (b"/books/v3/contacts", b"/oauth/v2/token", b"/sandbox/rows", b"/", b"/api/v3/items")
        )
    )
    path = draw(
        st.sampled_from((b"", b"/%ff", b"/%", b"//", b"/..", b"?", b"?a=%zz&=&&", b"#x", b"/\xff"))
    )
    if draw(st.integers(0, 4)) == 0:
        path += draw(st.binary(max_size=20))
    start = draw(st.sampled_from((b"", b"http://x", b"http://[", b"//", b"*")))
    version = draw(st.sampled_from((b" HTTP/1.1",) * 6 + (b" HTTP/1.0", b" HTTP/9", b"", b" X")))
    head = [method + b" " + start + root + path + version]
    head += draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    if draw(st.integers(0, 9)) == 0:
        head += [b"X-%d: y" % number for number in range(150)]
    body = draw(st.sampled_from(BODIES)) + draw(st.sampled_from((b"", b"\x00", b"\r\n\r\n")))
    return b"\r\n".join([*head, b"", body])


@given(sent=requests_on_the_wire())
@fuzzed
def test_bytes_that_are_no_request_end_in_a_refusal(
    target: Sandbox, failures: list[str], sent: bytes
) -> None:
    found = answers(target, sent)

    assert failures == []
    if found.startswith(b"HTTP/"):
        status = int(found.split(b" ", 2)[1])
        assert status < 500 or status in REFUSED_BY_HTTP, found[:300]


PARAMETERS = (
    *("grant_type", "client_id", "client_secret", "refresh_token", "code", "redirect_uri", "scope"),
    *("soid", "token", "response_type", "access_type", "prompt", "state", "consent"),
)
GRANTS = ("refresh_token", "authorization_code", "client_credentials", "device_token", "device")
PATHS = ("token", "token/revoke", "revoke/token", "auth", "device", "serverinfo", "", "../v2/token")


@st.composite
def token_calls(draw: st.DrawFn) -> tuple[str, str, dict[str, str], dict[str, str], bool]:
    """A call of the accounts server; right credentials are filled in by the test where named."""
    pairs = draw(st.dictionaries(st.sampled_from(PARAMETERS), texts, max_size=5))
    if draw(st.booleans()):
        pairs |= {"client_id": "{client_id}", "client_secret": "{client_secret}"}
        pairs["grant_type"] = draw(st.sampled_from(GRANTS))
    query = {name: each for name, each in pairs.items() if draw(st.booleans())}
    form = {name: each for name, each in pairs.items() if name not in query}
    method = draw(st.sampled_from(("POST", "POST", "GET", "PUT", "HEAD")))
    return method, draw(st.sampled_from(PATHS)), query, form, draw(st.booleans())


@given(call=token_calls())
@fuzzed
def test_a_malformed_call_for_tokens_is_refused(
    target: Sandbox,
    failures: list[str],
    call: tuple[str, str, dict[str, str], dict[str, str], bool],
) -> None:
    method, path, query, form, is_json = call
    known = {f"{{{name}}}": str(value) for name, value in target.credentials.items()}
    query = {name: known.get(each, each) for name, each in query.items()}
    form = {name: known.get(each, each) for name, each in form.items()}
    line = "&".join(f"{name}={quote(each, errors='replace')}" for name, each in query.items())
    content = {"json": form} if is_json else {"data": form}

    answer = requests.request(
        method,
        f"{target.url}/oauth/v2/{path}?{line}",
        timeout=60,
        allow_redirects=False,
        **content,  # type: ignore[arg-type]
    )

    assert failures == []
    assert answer.status_code < 500


NAMES = ("forget", "release", "expire_tokens", "access_token", "calls", "rows", "")
MEMBERS: dict[str, st.SearchStrategy[object]] = {
    "status": st.integers(-1, 700),
    "code": st.one_of(st.integers(), texts),
    "message": texts,
    "fault": st.sampled_from((*FAULTS, "rain", "")),
    "times": st.integers(-1, 5),
    "after": st.integers(-1, 5),
    "path": st.sampled_from(("*", "/books/*", "[", "/contacts")),
    "method": st.sampled_from(("GET", "get", "")),
    "retry_after": st.one_of(st.integers(), texts),
    "headers": st.dictionaries(texts, values, max_size=2),
    "body": values,
    "seconds": st.floats(-1, 1),
    "days": st.one_of(st.integers(-1, 3), st.integers()),
    "per_minute": st.integers(10**6, 10**7),
    "in_flight": st.integers(10, 100),
    "resource": st.sampled_from(("Contact", "Invoice", "ContactPerson", "Bunny", "Organization")),
    "product": st.sampled_from(("books", "inventory", "desk")),
    "organization_id": texts,
    "row": st.dictionaries(
        st.sampled_from(("contact_name", "line_items", "date", "contact_persons", "total", "x")),
        values,
        max_size=3,
    ),
    "scope": texts,
}


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, bytes]:
    """Something asked of the control interface: most of it right, some not."""
    # To wait for calls that never hang would take its time each time.
    name = draw(st.sampled_from(sorted({*TAKEN, *NAMES} - {"wait_for_hanging"})))
    taken = sorted(TAKEN.get(name, MEMBERS))
    names = draw(st.lists(st.sampled_from(taken), max_size=5, unique=True))
    if name == "insert" and draw(st.booleans()):
        names = ["resource", "row"]
    body = {
        each: draw(MEMBERS[each] if each in MEMBERS and draw(st.integers(0, 5)) else values)
        for each in names
    }
    data = json.dumps(body).encode()
    if draw(st.integers(0, 9)) == 0:
        data = data[: draw(st.integers(0, len(data)))] + draw(st.binary(max_size=4))
    return name, data


@given(call=asked())
@fuzzed
def test_what_is_asked_for_wrongly_is_refused_and_what_is_taken_harms_nothing(
    failures: list[str], arranged: Sandbox, call: tuple[str, bytes]
) -> None:
    name, data = call
    path = f"{arranged.url}/sandbox/{name}"
    answer = requests.post(path, data=data, timeout=60)
    assert answer.status_code in (200, 400, 404, 405), answer.text

    head = {"Authorization": f"Zoho-oauthtoken {arranged.access_token()}"}
    query = {"organization_id": arranged.organization_ids[0]}
    for resource in ("contacts", "invoices"):
        try:
            # It may be told to hang, or to answer what is none.
            url = f"{arranged.url}/books/v3/{resource}"
            requests.get(url, params=query, headers=head, timeout=0.2, allow_redirects=False)
        except requests.RequestException:
            pass
    arranged.reset()

    assert failures == []


@pytest.fixture(scope="module")
def arranged() -> Iterator[Sandbox]:
    """A sandbox that forgets after each case what was asked of it, but for the time."""
    with Sandbox(kept=10) as sandbox:
        yield sandbox
