"""Totals worked out on paper (worked_examples.toml), asked of the sandbox over HTTP."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import Books

from zohorm.sandbox import Sandbox

PAGE = tomllib.loads(
    Path(__file__).with_name("worked_examples.toml").read_text(encoding="utf-8"),
    parse_float=Decimal,
)
EXAMPLES = [pytest.param(each, id=each["says"]) for each in PAGE["example"]]


@pytest.fixture(scope="module")
def products() -> Iterator[dict[str, Books]]:
    """The books of each product that the examples name, with their taxes and currencies."""
    names = {str(each["on"]).partition("/")[0] for each in PAGE["example"]}
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        # No call of Expense sets the rate of a currency.
        rate = {"currency_code": "XCD", "price_precision": 2, "exchange_rate": "66.943366"}
        sandbox.insert("Currency", rate, product="expense")
        yield {name: Books(sandbox, name, PAGE) for name in names}


def test_there_are_at_least_forty_with_their_arithmetic() -> None:
    assert len(EXAMPLES) >= 40
    assert [each["says"] for each in PAGE["example"] if not each["paper"].strip()] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_document_comes_to_what_it_does_on_paper(
    products: dict[str, Books], example: dict[str, Any]
) -> None:
    product, _, collection = str(example["on"]).partition("/")
    books = products[product]

    made = books.make(collection, example)
    stored = books.read(collection, made.row)

    assert made.assumed == stored.assumed == example.get("assumes", [])
    for row in (made.row, stored.row):
        for name, value in example["shows"].items():
            assert (name, row[name]) == (name, value), example["paper"]
        for line, shown in zip(books.lines(row), example.get("lines_show", ()), strict=False):
            assert {name: line[name] for name in shown} == shown, example["paper"]
        if "taxes_show" in example:
            levied = [
                {"tax_name": t["tax_name"], "tax_amount": t["tax_amount"]} for t in row["taxes"]
            ]
            assert sorted(levied, key=str) == sorted(example["taxes_show"], key=str)
