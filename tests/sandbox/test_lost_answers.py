"""Every create and every action that is not repeatable, in all products, whose answer is lost.

Made from the facts: the service carries the call out and nobody hears of it. The program is told,
nothing is sent a second time before somebody has looked or says so, and the server has counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from staging import Stage, given, model_of, opened, resources

from zohorm import (
    wire,
)
from zohorm.errors import OutcomeUnknown, Unsettled, ZohoError
from zohorm.facts.load import load
from zohorm.sandbox.catalogue import Resource


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    with opened() as found:
        yield found


def once(facts: Mapping[str, Any], on: str) -> list[str]:
    """The actions that are not repeatable."""
    return [
        name
        for name, action in facts["actions"].items()
        if action["on"] == on and action["method"] != "GET" and not action["repeatable"]
    ]


CREATES = resources(lambda facts: "create" in facts["operations"])
ACTING = resources(lambda facts: bool(once(facts, "record")))
BULK = resources(lambda facts: bool(once(facts, "class")))


def exact(value: Any) -> Any:
    """Return a JSON value whose numbers are exact."""
    return wire.decode(json.dumps(value).encode())


def filled(record: Any, values: Mapping[str, Any], resource: Resource) -> None:
    """Set members as they are on the wire; parts of a record are made of their classes."""
    for name, value in values.items():
        element = getattr(getattr(type(record), name, None), "element", None)
        if element is None:
            record[name] = exact(value)
            continue
        parts = []
        for each in value if isinstance(value, list) else [value]:
            part = element()
            filled(part, each, resource)
            parts.append(part)
        setattr(record, name, parts if isinstance(value, list) else parts[0])


def draft(on: Stage, product: str, name: str) -> Any:
    """Return an unsaved record with what its create needs."""
    resource = on.walker.product.resources[name]
    operation = resource.operations["create"]
    model = model_of(product, name)
    ids = on.walker.ids(resource, operation)
    query = on.walker.query(resource, operation, ids)
    above = model.facts().parent
    parents = {above: ids[above]} if above in ids else {}
    parents |= {step: ids[step] for step in model.facts().operation("create").names}
    parents |= {step: value for step, value in query.items() if step not in parents}
    record = model._below(on.session, parents, {})
    filled(record, on.walker.body(resource, operation, ids), resource)
    return record


@pytest.mark.parametrize(("product", "name"), CREATES)
def test_a_create_whose_answer_is_lost_is_made_once(
    stages: dict[str, Stage], product: str, name: str
) -> None:
    on = stages[product]
    with on.session:
        record = draft(on, product, name)
        method = type(record).facts().operation("create").method
        before = len(on.sandbox.rows(name, product=product))
        on.sandbox.forget()
        on.lose(method)

        with pytest.raises(OutcomeUnknown) as caught:
            record.save()
        with pytest.raises(Unsettled):
            record.save()

        made = len(on.sandbox.rows(name, product=product)) - before
        assert caught.value.record is record
        assert made == 1
        assert on.written(method) == 1
        _settle(record, made)
        if record.is_in_doubt or record.is_new:
            _again(record)
            assert on.written(method) == 2
        else:
            assert not record.is_changed


def _settle(record: Any, made: int) -> None:
    """Look the record up; it may not be known, but what is said of it is true."""
    try:
        assert record.settle() is (made == 1)
    except OutcomeUnknown:
        assert record.is_in_doubt


def _again(record: Any) -> None:
    try:
        record.save(again=True)
    except Unsettled:
        raise
    except ZohoError:
        pass  # The sandbox may refuse what it was given here.


@pytest.mark.parametrize(("product", "name"), ACTING)
def test_an_action_whose_answer_is_lost_is_refused_until_somebody_has_looked(
    stages: dict[str, Stage], product: str, name: str
) -> None:
    on, model = stages[product], model_of(product, name)
    facts = load(product)["resources"][name]
    with on.session:
        for action in once(facts, "record"):
            stored = on.walker.stored(on.walker.product.resources[name])
            record = on.session.record(model, {facts["id"]: stored[facts["id"]]}, parents=stored)
            call, method = getattr(record, action), facts["actions"][action]["method"]
            on.sandbox.forget()
            on.lose(method)

            with pytest.raises(OutcomeUnknown, match="again=True"):
                call(**given(call))
            # Another object of the record, and other arguments, are the same to the service.
            twin = on.session.record(model, {facts["id"]: stored[facts["id"]]}, parents=stored)
            with pytest.raises(Unsettled, match=r"refresh\(\)"):
                getattr(twin, action)(**given(call))
            assert on.written(method) == 1, action

            on.lose(method)
            with pytest.raises(OutcomeUnknown):
                call(**given(call), again=True)
            assert on.written(method) == 2, action
            if "get" in facts["operations"]:
                record.settle()
                _called(call)
                assert on.written(method) == 3, action


def _called(call: Callable[..., object]) -> None:
    try:
        call(**given(call))
    except Unsettled:
        raise
    except ZohoError:
        pass  # As above.


@pytest.mark.parametrize(("product", "name"), BULK)
def test_an_action_of_a_collection_is_refused_as_it_was_and_made_otherwise(
    stages: dict[str, Stage], product: str, name: str
) -> None:
    on, model = stages[product], model_of(product, name)
    facts = load(product)["resources"][name]
    with on.session:
        for action in once(facts, "class"):
            call, method = getattr(model, action), facts["actions"][action]["method"]
            wanted = given(call)
            on.sandbox.forget()
            on.lose(method)

            with pytest.raises(OutcomeUnknown):
                call(**wanted)
            with pytest.raises(Unsettled):
                call(**wanted)
            assert on.written(method) == 1, action

            on.lose(method)
            with pytest.raises(OutcomeUnknown):
                call(**wanted, again=True)
            # Nobody doubts the mails to others.
            ids = next((each for each, value in wanted.items() if value == ["1"]), None)
            if ids is not None:
                on.lose(method)
                with pytest.raises(OutcomeUnknown):
                    call(**{**wanted, ids: ["2"]})
            assert on.written(method) == 2 + (ids is not None), action
