"""Every example answer of the documents loads into its model, and no value of it gets lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from shown import examples, kept, opened

from zohorm import resource
from zohorm.calls import Answer, Call
from zohorm.declared import Declared
from zohorm.envelope import row_of, rows_of
from zohorm.facts import load, products
from zohorm.members import Children, Link, Listed, ReadOnlyMany, ReadOnlyOne, Value
from zohorm.record import Record

CALL = Call("GET", "/")


def rows_in(model: type[Declared], example: Mapping[str, Any]) -> list[Mapping[str, object]]:
    answer = Answer(status=200, headers={}, content=b"", body=example["answer"])
    actions = load(model.facts().product)["resources"][model.__name__]["actions"]
    lists = {"list", "list_all", *(n for n, a in actions.items() if a["returns"] == "rows")}
    if lists & set(example["of"]):
        return list(rows_of(answer, model.facts(), CALL))
    return [row_of(answer, model.facts(), CALL)]


def read_all(record: Record) -> None:
    """Read every declared member, those of embedded records too.

    Some of these are records by themselves, which would fetch what they do not hold.
    """
    for name, member in members(type(record)).items():
        if isinstance(record, Declared) and not record.is_whole and name not in record.raw:
            continue
        held = getattr(record, name)
        if isinstance(member, ReadOnlyOne):
            held = [held] if held is not None else []
        if isinstance(member, ReadOnlyMany | ReadOnlyOne) or (
            isinstance(member, Listed) and not member.single
        ):
            for part in held:
                read_all(part)
        elif isinstance(member, Listed):
            read_all(held)


def members(model: type[Record]) -> dict[str, object]:
    found = {}
    for kind in reversed(model.__mro__):
        for name, member in vars(kind).items():
            if isinstance(member, Value | Listed) and not isinstance(member, Children | Link):
                found[name] = member
    return found


ANSWERS = [
    pytest.param(product, name, example, id=f"{product}-{name}-{'-'.join(example['of'])}")
    for product, name, example in examples("answer")
]


@pytest.mark.parametrize(("product", "name", "example"), ANSWERS)
def test_an_example_answer_loads_and_keeps_every_value(
    product: str, name: str, example: dict[str, Any]
) -> None:
    model = resource.model(product, name)

    with opened(product) as session:
        for row in rows_in(model, example):
            record = session.record(model, row, whole=True)
            read_all(record)

            assert record.raw == row


@pytest.mark.parametrize("product", products())
def test_examples_are_kept_of_resources_that_exist(product: str) -> None:
    assert set(kept(product)) <= set(load(product)["resources"])
