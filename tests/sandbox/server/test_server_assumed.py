"""Answers tell which assumed rules have decided a part of them."""

from __future__ import annotations

from plain import Plain

HEADER = "X-Sandbox-Assumed"


GST = "4815000000000000203"


def invoice(plain: Plain, **more: object) -> dict[str, object]:
    line = {"rate": 100, "tax_id": GST}
    return {"customer_id": plain.contact("Ada"), "line_items": [line], **more}


def test_an_answer_names_the_assumed_rules_that_decided_it(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain, shipping_charge=5))

    assert answer.json()["invoice"]["total"] == 123.0
    assert "totals.untaxed" in answer.headers[HEADER].split(", ")


def test_an_answer_that_rests_on_sources_alone_has_no_such_header(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain))

    assert answer.json()["invoice"]["total"] == 118.0
    assert HEADER not in answer.headers
