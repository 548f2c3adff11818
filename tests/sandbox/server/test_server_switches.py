"""Every switch: what changes when it is not at its default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox


@contextmanager
def switched(**switches: Any) -> Iterator[Plain]:
    with Sandbox(**switches) as sandbox:
        yield Plain(sandbox)


def refresh(sandbox: Sandbox, **changed: str) -> requests.Response:
    names = ("client_id", "client_secret", "refresh_token")
    pairs = {"grant_type": "refresh_token", **{name: sandbox.credentials[name] for name in names}}
    return requests.post(f"{sandbox.url}/oauth/v2/token", data={**pairs, **changed}, timeout=60)


@pytest.mark.parametrize(("accepted", "status"), [(True, 200), (False, 401)])
def test_bearer_accepted(accepted: bool, status: int) -> None:
    with switched(bearer_accepted=accepted) as plain:
        headers = {"Authorization": f"Bearer {plain.token}"}
        assert plain.call("GET", "/contacts", headers=headers).status_code == status
        assert plain.call("GET", "/contacts").status_code == 200


def test_oauth_error_status() -> None:
    with Sandbox(oauth_error_status=400) as sandbox:
        assert refresh(sandbox, refresh_token="wrong").status_code == 400


def test_refresh_throttle_status() -> None:
    with Sandbox(refresh_throttle_status=200) as sandbox:
        answers = [refresh(sandbox) for _ in range(11)]
        assert answers[-1].status_code == 200
        assert answers[-1].json()["error"] == "Access Denied"


def test_expires_in_milliseconds() -> None:
    with Sandbox(expires_in="milliseconds") as sandbox:
        assert refresh(sandbox).json()["expires_in"] == 3600000


def test_refresh_api_domain() -> None:
    with Sandbox(refresh_api_domain=False) as sandbox:
        assert "api_domain" not in refresh(sandbox).json()


def test_device_interval() -> None:
    with Sandbox(device_interval=30000) as sandbox:
        pairs = {"client_id": sandbox.credentials["client_id"], "scope": "ZohoBooks.contacts.READ"}
        url = f"{sandbox.url}/oauth/v3/device/code"
        answer = requests.post(url, data={**pairs, "grant_type": "device_request"}, timeout=60)
        assert answer.json()["interval"] == 30000


def test_live_tokens() -> None:
    with Sandbox(live_tokens=30) as sandbox:
        tokens = [sandbox.access_token() for _ in range(30)]
        plain = Plain(sandbox)
        states = [plain.call("GET", "/contacts", token=token).status_code for token in tokens[:3]]
        assert states == [401, 200, 200]


def test_scope_status() -> None:
    with switched(scope="ZohoBooks.items.READ", scope_status=403) as plain:
        assert plain.refused("GET", "/contacts") == (403, 57)


def test_missing_organization() -> None:
    with switched() as plain:
        assert plain.refused("GET", "/contacts", organization=None) == (400, 4029)
    with switched(missing_organization="refuse-2") as plain:
        assert plain.refused("GET", "/contacts", organization=None) == (400, 2)
    with switched(missing_organization="default-organization") as plain:
        assert plain.call("GET", "/contacts", organization=None).status_code == 200


def test_organization_header() -> None:
    with switched(organization_header=False) as plain:
        headers = {"X-com-zoho-books-organizationid": plain.organization_id}
        answer = plain.refused("GET", "/contacts", organization=None, headers=headers)
        assert answer == (400, 4029)


def test_the_organization_of_another_way_in_billing() -> None:
    for accepted, answer in ((True, 200), (False, 400)):
        with switched(organization_header=accepted) as plain:
            plain.root = f"{plain.sandbox.url}/billing/v1"
            assert plain.call("GET", "/plans").status_code == answer


def test_quota_pools() -> None:
    for pools, answer in (("shared", 429), ("per-product", 200)):
        with switched(quota_pools=pools) as plain:
            plain.sandbox.limits(per_minute=1)
            assert plain.call("GET", "/contacts").status_code == 200
            plain.root = f"{plain.sandbox.url}/invoice/v3"
            assert plain.call("GET", "/contacts").status_code == answer


def test_retry_after() -> None:
    with switched(retry_after=True) as plain:
        plain.sandbox.limits(per_minute=0)
        assert plain.call("GET", "/contacts").headers["Retry-After"] == "60"


def test_quota_headers() -> None:
    with switched(quota_headers="always") as plain:
        assert "X-Rate-Limit-Limit" in plain.call("GET", "/invoices/1").headers
    with switched(quota_headers="never") as plain:
        assert "X-Rate-Limit-Limit" not in plain.call("GET", "/invoices").headers


def test_per_page_above_200() -> None:
    with switched(per_page_above_200="refuse") as plain:
        assert plain.refused("GET", "/contacts", query={"per_page": "201"}) == (400, 2)
        assert plain.get("/contacts", per_page="200")


def test_page_past_end() -> None:
    with switched(page_past_end="refuse") as plain:
        assert plain.get("/contacts")["contacts"] == []
        assert plain.refused("GET", "/contacts", query={"page": "2"}) == (400, 2)


def test_unknown_filter() -> None:
    with switched(unknown_filter="refuse") as plain:
        assert plain.refused("GET", "/contacts", query={"nmae": "x"}) == (400, 2)
        assert plain.get("/contacts", contact_name="x", page="1", sort_column="contact_name")


def test_filter_by_case() -> None:
    with switched(filter_by_case="match-case") as plain:
        query = {"filter_by": "status.active"}
        assert plain.refused("GET", "/contacts", query=query) == (400, 2)
        assert plain.get("/contacts", filter_by="Status.Active")


def names(plain: Plain, **query: str) -> list[str]:
    return [row["contact_name"] for row in plain.get("/contacts", **query)["contacts"]]


def test_exact_text() -> None:
    with switched(exact_text="match-case") as plain:
        plain.contact("Zoë")
        assert names(plain, contact_name="zoë") == []
        assert names(plain, contact_name="Zoë") == ["Zoë"]
        assert names(plain, contact_name_contains="zo") == ["Zoë"]


def dates(plain: Plain, **query: str) -> list[str]:
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        plain.sandbox.insert("Invoice", {"date": day, "last_modified_time": f"{day}T00:00:00Z"})
    return sorted(row["date"][-1] for row in plain.get("/invoices", **query)["invoices"])


def test_before_after() -> None:
    with switched(before_after="inclusive") as plain:
        assert dates(plain, date_after="2026-01-02") == ["2", "3"]


def test_start_end() -> None:
    with switched(start_end="exclusive") as plain:
        assert dates(plain, date_end="2026-01-02") == ["1"]


def test_last_modified() -> None:
    with switched(last_modified="exclusive") as plain:
        assert dates(plain, last_modified_time="2026-01-02T00:00:00+0000") == ["3"]


def test_missing_reference() -> None:
    with switched(missing_reference=404) as plain:
        body = {"customer_id": "1", "line_items": [{"rate": 1}]}
        assert plain.refused("POST", "/invoices", json=body) == (404, 1002)


def test_wrong_method_code() -> None:
    with switched(wrong_method_code=5) as plain:
        assert plain.refused("PATCH", "/contacts") == (405, 5)


def test_sent_number() -> None:
    for choice, expected in (("replace", "INV-000001"), ("accept", "A-1")):
        with switched(sent_number=choice) as plain:
            assert plain.invoice(invoice_number="A-1")["invoice_number"] == expected
    with switched(sent_number="refuse") as plain:
        body = {"customer_id": plain.contact(), "line_items": [{}], "invoice_number": "A-1"}
        assert plain.refused("POST", "/invoices", json=body) == (400, 2)


def test_put_requires() -> None:
    with switched(put_requires="documented") as plain:
        contact = plain.contact()
        path = f"/contacts/{contact}"
        assert plain.refused("PUT", path, json={"notes": "x"}) == (400, 2)
        assert plain.put(path, {"contact_name": "Zoë", "notes": "x"})["contact"]["notes"] == "x"


def test_omitted_lines() -> None:
    with switched(omitted_lines="clear") as plain:
        invoice = plain.invoice()
        changed = plain.put(f"/invoices/{invoice['invoice_id']}", {"notes": "x"})["invoice"]
        assert (changed["line_items"], changed["total"]) == ([], 0)


def test_line_keys() -> None:
    with switched(line_keys="reset") as plain:
        invoice = plain.invoice({"name": "Tea", "rate": 2, "description": "Green"})
        rows = [{"line_item_id": invoice["line_items"][0]["line_item_id"], "rate": 3}]
        path = f"/invoices/{invoice['invoice_id']}"
        [line] = plain.put(path, {"line_items": rows})["invoice"]["line_items"]
        assert (line["description"], line["name"], line["rate"]) == ("", "", 3)
        assert line["line_item_id"] == rows[0]["line_item_id"]


def test_address_put() -> None:
    with switched(address_put="merge") as plain:
        contact = plain.contact(billing_address={"city": "Wien", "zip": "1010"})
        body = {"billing_address": {"city": "Graz"}}
        address = plain.put(f"/contacts/{contact}", body)["contact"]["billing_address"]
        assert (address["city"], address["zip"]) == ("Graz", "1010")


def test_custom_fields_put() -> None:
    with switched(custom_fields_put="replace") as plain:
        fields = [{"api_name": "cf_a", "value": "1"}, {"api_name": "cf_b", "value": "2"}]
        contact = plain.contact(custom_fields=fields)
        body = {"custom_fields": [{"api_name": "cf_b", "value": "3"}]}
        changed = plain.put(f"/contacts/{contact}", body)["contact"]["custom_fields"]
        assert [(field["api_name"], field["value"]) for field in changed] == [("cf_b", "3")]


def test_the_switches_that_answers_depended_on_are_told() -> None:
    with switched() as plain:
        plain.contact()
        usual = plain.sandbox.switches_asked
        assert "sent_number" not in usual
        assert "unknown_filter" not in usual

        plain.invoice(invoice_number="A-1")
        plain.get("/contacts", nmae="x")

        assert plain.sandbox.switches_asked >= {"sent_number", "unknown_filter", *usual}


def test_looking_at_the_switches_is_not_asking_for_them() -> None:
    with switched(sent_number="accept") as plain:
        assert plain.sandbox.switches.sent_number == "accept"
        assert "sent_number" not in plain.sandbox.switches_asked


def test_tax_rounding() -> None:
    with switched(tax_rounding="item_level") as plain:
        # 7.5 % of 0.99 is 0.07425: three times 0.07, and not 0.22 of 2.97 at once.
        lines = [{"name": "Tea", "rate": 0.99, "tax_id": "4815000000000000201"}] * 3
        invoice = plain.invoice(*lines)
        assert (invoice["sub_total"], invoice["tax_total"]) == (Decimal("2.97"), Decimal("0.21"))
