"""Malformed calls on every root: never a failure of ours, and the store stays whole.

Some thousand cases are part of every run. A long one, at night or before a release, takes ten
minutes on a quiet machine:

    ZOHORM_FUZZ=100000 pytest tests/sandbox/server -k fuzz

That is as many calls on records, and a quarter of it on each of what test_server_fuzz_edges.py aims
at: bytes on the wire, the accounts server, the control paths.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from plain import integrity

from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Operation, Product, Resource, catalogue, names
from zohorm.sandbox.roots import SELECTORS

CASES = int(os.environ.get("ZOHORM_FUZZ", "2000"))
WORDS = ("", "1", "..", "%2e%2e", "\x00", "é", "💶", "' OR 1=1 --", "9" * 40, "-1", "1e400", "NaN")
texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(("2026-01-10", "2026-99-99", "true", 10**25, 1e300)),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


class Target:
    """One sandbox with a record of each resource, to aim at."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = sandbox.access_token()
        self.ids: dict[str, dict[str, str]] = {}
        for product in catalogue().values():
            self.ids[product.name] = {
                resource.id: sandbox.insert(name, {}, product=product.name)
                for name, resource in product.resources.items()
            }

    def send(self, method: str, path: str, query: str, data: bytes, kind: str) -> requests.Response:
        organization = self.sandbox.organization_ids[0]
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}", "Content-Type": kind}
        for selector in SELECTORS.values():
            headers[selector.headers[0]] = organization
        request = requests.Request(method, self.sandbox.url, headers=headers, data=data).prepare()
        # Checkout's own root is another product's where the query names the organization.
        path = re.sub(r"^/api/v1(?=/|$)", "/checkout/v1", path)
        # As it is: the client would mend a broken address.
        request.url = f"{self.sandbox.url}{path}?organization_id={organization}&{query}"
        return self.session.send(request, timeout=60, allow_redirects=False)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Its records are in a file, of which SQLite says in the end that it is whole."""
    data = tmp_path_factory.mktemp("fuzz") / "data"
    with Sandbox(data=data, kept=10) as sandbox:
        sandbox.limits(per_minute=10**7, per_day=10**7)
        yield Target(sandbox)
    assert integrity(data) == "ok"


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, str, bytes, str]:
    """A call that is nearly right: some step, parameter, member or byte is not."""
    product = catalogue()[draw(st.sampled_from(names()))]
    resource, operation = draw(st.sampled_from(list(product.operations())))
    path = _path(draw, product, operation)
    known = [*operation.query, *resource.filters, "page", "per_page", "sort_column", "filter_by"]
    query = draw(st.dictionaries(st.sampled_from(known), texts, max_size=3))
    for name in operation.query:
        if draw(st.booleans()):
            query[name] = draw(texts)
    encoded = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items())
    method = operation.method
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")))
    return method, path, encoded, *_content(draw, resource, operation)


def _path(draw: st.DrawFn, product: Product, operation: Operation) -> str:
    def step(found: re.Match[str]) -> str:
        if draw(st.integers(0, 3)):
            # Filled in by the test with the id of a record that is there.
            return found.group()
        return quote(draw(texts), safe="", errors="replace")

    path = re.sub(r"\{\w+\}", step, operation.path)
    if draw(st.integers(0, 19)) == 0:
        path += "/" + quote(draw(texts), errors="replace")
    return f"{product.name}:{product.root_of(operation)}{path}"


def _content(draw: st.DrawFn, resource: Resource, operation: Operation) -> tuple[bytes, str]:
    members = [*resource.fields, *operation.body, "custom_fields", "JSONString"]
    body = draw(st.dictionaries(st.sampled_from(members), values, max_size=4))
    for name in operation.required:
        if draw(st.integers(0, 4)):
            body[name] = draw(values)
    whole = draw(values) if draw(st.integers(0, 9)) == 0 else body
    data = json.dumps(whole).encode()
    if draw(st.integers(0, 9)) == 0:
        data = data[: draw(st.integers(0, len(data)))] + draw(st.binary(max_size=4))
    forms = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
    if draw(st.integers(0, 9)):
        return data, "application/json"
    kind = draw(st.sampled_from(forms))
    if kind.startswith("multipart"):
        head = b'--x\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n'
        data = head + data + draw(st.sampled_from((b"\r\n--x--\r\n", b"", b"\r\n--x")))
    return data, kind


@given(call=calls())
@example(call=("GET", "books:/books/v3/{", "page=", b"", "application/json"))
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_malformed_call_is_refused_or_answered(
    target: Target, call: tuple[str, str, str, bytes, str]
) -> None:
    method, path, query, data, kind = call
    name, _, path = path.partition(":")
    for key, value in {**target.ids[name], "module_name": "cm_x"}.items():
        path = path.replace(f"{{{key}}}", value)
    path = path.replace("{", "%7B").replace("}", "%7D")

    answer = target.send(method, path, query, data, kind)

    assert answer.status_code < 500, (call, answer.text)
    if method != "HEAD" and answer.headers["Content-Type"].startswith("application/json"):
        assert isinstance(answer.json()["code"], int)


def test_every_record_is_listed_and_read_after_malformed_calls(target: Target) -> None:
    for product in catalogue().values():
        for resource in product.resources.values():
            rows = target.sandbox.rows(resource.name, product=product.name)
            assert all(isinstance(row, dict) for row in rows)
            listed, read = (resource.operations.get(name) for name in ("list", "get"))
            # Debit notes of customers are listed with the invoices.
            if listed is None or "{" in listed.path or resource.name == "CustomerDebitNote":
                continue
            answer = target.send("GET", product.root_of(listed) + listed.path, "", b"", "")
            assert answer.status_code == 200, answer.text
            one = f"/{{{resource.id}}}"
            if read is None or not read.path.endswith(one) or read.path.count("{") > 1:
                continue
            for row in answer.json()[resource.list_key]:
                path = read.path.replace(one, f"/{quote(row[resource.id], safe='')}")
                answer = target.send("GET", product.root_of(read) + path, "", b"", "")
                assert answer.status_code == 200, answer.text
