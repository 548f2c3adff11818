"""Every example of the documents loads into its model, and every example request is sent back.

The examples are kept with their free text replaced; `python -m zohorm.facts convert` writes them.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from zohorm import exact, resource
from zohorm.calls import Answer, Call
from zohorm.declared import Declared
from zohorm.envelope import row_of, rows_of
from zohorm.facts import load, products
from zohorm.facts.package import SESSIONS
from zohorm.members import Children, Link, Listed, ReadOnlyMany, ReadOnlyOne, Value
from zohorm.record import Record
from zohorm.session import Session

FOLDER = Path(__file__).parent / "examples"
CALL = Call("GET", "/")


def examples(form: str) -> Iterator[Any]:
    for product in products():
        path = FOLDER / f"{product}.json"
        if not path.exists():
            continue
        importlib.import_module(f"zohorm.{product}")
        for name, found in json.loads(path.read_text("utf-8")).items():
            for example in found:
                if form in example:
                    words = "-".join(example["of"])
                    yield pytest.param(product, name, example, id=f"{product}-{name}-{words}")


def opened(product: str) -> Session:
    """A session that sends nothing: whole records never ask."""
    kind: type[Session] = getattr(importlib.import_module("zohorm"), SESSIONS[product])
    return kind("10234695", access_token="token")


def rows_in(model: type[Declared], example: Mapping[str, Any]) -> list[Mapping[str, object]]:
    body: Mapping[str, object] = exact.decode(json.dumps(example["answer"]).encode())
    answer = Answer(status=200, headers={}, content=b"", body=body)
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


@pytest.mark.parametrize(("product", "name", "example"), [*examples("answer")])
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
    path = FOLDER / f"{product}.json"
    if path.exists():
        assert set(json.loads(path.read_text("utf-8"))) <= set(load(product)["resources"])
