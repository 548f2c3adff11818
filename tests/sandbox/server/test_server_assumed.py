"""Answers tell which assumed rules have decided a part of them."""

from __future__ import annotations

from plain import Plain

HEADER = "X-Sandbox-Assumed"


def invoice(plain: Plain, rate: float) -> dict[str, object]:
    return {"customer_id": plain.contact(f"Pays {rate}"), "line_items": [{"rate": rate}]}


def test_an_answer_names_the_assumed_rules_that_decided_it(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain, 0.125))

    assert answer.json()["invoice"]["total"] == 0.13
    assert "totals.half_up" in answer.headers[HEADER].split(", ")


def test_an_answer_that_rests_on_sources_alone_has_no_such_header(plain: Plain) -> None:
    answer = plain.call("POST", "/invoices", json=invoice(plain, 0.25))

    assert answer.json()["invoice"]["total"] == 0.25
    assert HEADER not in answer.headers
