"""Answers tell which assumed rules have decided a part of them."""

from __future__ import annotations

from plain import Plain

HEADER = "X-Sandbox-Assumed"


GST = "4815000000000000203"


def invoice(plain: Plain, **more: object) -> dict[str, object]:
    line = {"rate": 100, "tax_id": GST}
    return {"customer_id": plain.contact(f"Ada {len(plain.names())}"), "line_items": [line], **more}


def test_an_answer_names_the_assumed_rules_that_decided_it(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain, shipping_charge=5))

    assert answer.json()["invoice"]["total"] == 123.0
    assert "totals.untaxed" in answer.headers[HEADER].split(", ")


def test_what_was_computed_by_an_assumed_rule_is_read_and_listed_with_its_name(
    plain: Plain,
) -> None:
    made = plain.post("/invoices", invoice(plain, shipping_charge=5))["invoice"]
    path = f"/invoices/{made['invoice_id']}"

    read, listed = plain.call("GET", path), plain.call("GET", "/invoices")
    elsewhere = plain.call("GET", "/invoices", query={"status": "paid"})
    written = plain.call("PUT", path, json={"shipping_charge": 0})

    assert read.headers[HEADER] == listed.headers[HEADER] == "totals.untaxed"
    assert HEADER not in elsewhere.headers
    assert HEADER not in written.headers
    assert HEADER not in plain.call("GET", path).headers


def test_a_page_names_the_rules_of_its_own_rows_alone(plain: Plain) -> None:
    plain.post("/invoices", invoice(plain, shipping_charge=5))
    plain.post("/invoices", invoice(plain))

    first, second = (
        plain.call("GET", "/invoices", query={"per_page": "1", "page": page}) for page in "12"
    )

    assert HEADER not in first.headers
    assert second.headers[HEADER] == "totals.untaxed"


def test_an_answer_that_rests_on_sources_alone_has_no_such_header(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain))

    assert answer.json()["invoice"]["total"] == 118.0
    assert HEADER not in answer.headers
