"""What the actions of every product send is what the documents take: path, query, body, files.

Made from the facts: each generated method is called with a value for every argument that it has,
and then with those alone that it needs; what counts is what has arrived at the server.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import attrs
import pytest
from answering import misfits
from walking import Walker

import zohorm
from zohorm import File, wire
from zohorm.errors import NotFound, ValidationError
from zohorm.inventory import Replenishment, Task
from zohorm.sandbox import Sandbox
from zohorm.sandbox.calls import Call
from zohorm.sandbox.catalogue import Field, Operation, Resource, catalogue
from zohorm.session import Session

_SESSIONS: dict[str, type[Session]] = {
    "books": zohorm.ZohoBooks,
    "checkout": zohorm.ZohoCheckout,
    "expense": zohorm.ZohoExpense,
    "inventory": zohorm.ZohoInventory,
    "invoice": zohorm.ZohoInvoice,
    "subscriptions": zohorm.ZohoSubscriptions,
}
_PDF = b"%PDF-1.4 content"
_ID = "4815000000000009001"
# One value of each kind, as the methods take it.
_VALUES: Mapping[str, object] = {
    "id": _ID,
    "text": "Ærlig",
    "enum": "one",
    "integer": 3,
    "number": Decimal("1.5"),
    "money": Decimal("12.50"),
    "discount": Decimal("12.50"),
    "boolean": True,
    "date": dt.date(2026, 1, 31),
    "datetime": dt.datetime(2026, 1, 31, 9, 0, tzinfo=dt.UTC),
    "texts": ["1", "2"],
    "json": {"any": ["thing"]},
}
# How a query shows a value of each kind.
_IN_QUERY = {
    "id": r"\w+",
    "text": r".+",
    "enum": r"\w+",
    "integer": r"\d+",
    "number": r"\d+(\.\d+)?",
    "money": r"\d+(\.\d+)?",
    "boolean": r"true|false",
    "date": r"\d{4}-\d\d-\d\d",
    "texts": r"[\w-]+(,[\w-]+)*",
}
# What methods take that is not for the service.
_OURS = ("again", "to", "progress")

ACTIONS = [
    pytest.param(name, resource, operation, id=f"{name}-{resource.name}-{operation.name}")
    for name, product in catalogue().items()
    for resource, operation in product.operations()
    if operation.is_action
]
WRITING = [each for each in ACTIONS if each.values[2].method in ("POST", "PUT")]


@attrs.frozen
class Stage:
    """A session of one product, and what knows how to fill its records."""

    session: Session
    walker: Walker

    def method(self, resource: Resource, operation: Operation, ids: Mapping[str, str]) -> Any:
        """Return the generated method of an action, on the record that ids name."""
        model: Any = getattr(importlib.import_module(f"zohorm.{resource.product}"), resource.name)
        if operation.on == "class":
            return getattr(model, operation.name)
        row = {resource.id: ids.get(resource.id, "1")}
        parents = {name: ids.get(name, "2") for name in resource.parent_params}
        return getattr(self.session.record(model, row, parents=parents), operation.name)

    def last(self) -> Call:
        """Return the one call that has arrived."""
        [call] = self.walker.sandbox.calls
        return call


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, Stage]]:
    """A session per product on one sandbox without limits."""
    with Sandbox() as sandbox, ExitStack() as stack:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        found: dict[str, Stage] = {}
        for name, kind in _SESSIONS.items():
            session = kind(**sandbox.credentials, clock=sandbox.clock, calls_per_minute=10**6)
            stack.callback(session.close)
            stack.enter_context(session)
            found[name] = Stage(session, Walker(sandbox, name))
        yield found


def everything(resource: Resource, fields: Mapping[str, Field]) -> dict[str, object]:
    """Return a value for every member that may be sent, those of parts among them."""
    return {name: value(resource, each) for name, each in fields.items() if each.is_sent}


def value(resource: Resource, field: Field) -> object:
    if field.kind in ("many", "embedded"):
        shape = resource.embedded.get(field.of or "")
        inner = everything(resource, field.members if shape is None else shape.fields)
        return [inner] if field.kind == "many" else inner
    if field.choices:
        return field.choices[0]
    made = _VALUES[field.kind]
    return made[: field.max_length] if isinstance(made, str) else made


def arguments(method: Any, resource: Resource, operation: Operation) -> dict[str, object]:
    """Return a value for every argument of a method, whose names are those of the wire."""
    wire_names = {
        _flat(name): name for name in (*operation.query, *operation.body, *operation.files)
    }
    made: dict[str, object] = {}
    for name in inspect.signature(method).parameters:
        if name in _OURS:
            continue
        wire_name = wire_names.get(_flat(name), name)
        if wire_name in operation.files:
            kind = operation.files[wire_name].get("kinds", ["pdf"])[-1]
            made[name] = File(_PDF, name=f"a.{kind}")
        elif wire_name in operation.query:
            about = operation.query[wire_name]
            made[name] = (about.get("choices") or [_VALUES[about["kind"]]])[0]
        elif wire_name in operation.body:
            made[name] = value(resource, operation.body[wire_name])
        elif f"{{{name}}}" in operation.path:
            made[name] = _ID
        else:
            # A body that is a list has no name of its own on the wire.
            assert name in ("custom_fields", resource.list_key), name
            made[name] = [everything(resource, operation.body)]
    return made


def _needed(method: Any, operation: Operation, wanted: Mapping[str, Any]) -> dict[str, object]:
    """Return the arguments that a method cannot be called without."""
    made: dict[str, object] = {}
    by_name = {_flat(name): (name, value) for name, value in wanted.items()}
    files = {_flat(each): facts for each, facts in operation.files.items()}
    for name, parameter in inspect.signature(method).parameters.items():
        is_file = _flat(name) in files and not operation.required
        if parameter.default is not inspect.Parameter.empty and not is_file:
            continue
        wire_name, value = by_name.get(_flat(name), (name, None))
        if _flat(name) in files:
            kind = files[_flat(name)].get("kinds", ["pdf"])[-1]
            made[name] = File(_PDF, name=f"a.{kind}")
        else:
            made[name] = _in_python(operation, wire_name, value)
    return made


def _in_python(operation: Operation, name: str, value: Any) -> object:
    """Return a value of JSON or of a query as methods take it."""
    about = operation.query.get(name)
    field = operation.body.get(name)
    kind = about["kind"] if about is not None else field.kind if field is not None else "id"
    match kind:
        case "date":
            return dt.date.fromisoformat(value)
        case "texts":
            return value if isinstance(value, list) else value.split(",")
        case "boolean":
            return value in (True, "true", "True")
        case "integer":
            return int(value)
        case "money" | "number":
            return Decimal(str(value))
    return [] if value is None else wire.decode(json.dumps(value).encode())


def _flat(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def undocumented(resource: Resource, operation: Operation, call: Call) -> Iterator[str]:
    """Yield what a call has otherwise than the documents."""
    steps = [re.escape(each) for each in re.split(r"\{\w+\}", operation.path)]
    if call.method != operation.method or not re.fullmatch("[^/]+".join(steps), call.path):
        yield f"{call.method} {call.path} is not {operation.method} {operation.path}"
    sent = {name: text for name, text in call.query.items() if name != "organization_id"}
    for name, text in sent.items():
        if name in operation.query:
            about = operation.query[name]
            known = "|".join(about.get("choices", ())) or _IN_QUERY[about["kind"]]
            if not re.fullmatch(known, text):
                yield f"{name} is {text!r}, documented as {about['kind']}"
        elif name != operation.record_id and name not in operation.fixed:
            yield f"{name} is not of the query"
    for name, wanted in operation.fixed.items():
        if sent.get(name) != wanted:
            yield f"{name} is {sent.get(name)!r} in place of {wanted!r}"
    for file in call.files:
        if file.member not in operation.files:
            yield f"{file.member} is none of its files"
    yield from _of_body(resource, operation, call)


def _of_body(resource: Resource, operation: Operation, call: Call) -> Iterator[str]:
    is_form = call.headers.get("Content-Type", "").startswith("multipart/")
    for row in call.body if isinstance(call.body, list) else [call.body or {}]:
        if not isinstance(row, dict):
            yield f"the body has {row!r}"
            continue
        found = dict(row)
        is_counted = is_form and any(each.get("counted") for each in operation.files.values())
        # Seen by clients: how many files the form brings.
        if is_counted and found.pop("totalFiles", None) != str(len(call.files)):
            yield "totalFiles is not how many there are"
        for name, value in row.items():
            field = operation.body.get(name)
            if is_form and field is not None and field.kind == "texts" and value == "1,2":
                found[name] = ["1", "2"]  # A form has no lists.
        yield from misfits(resource, operation.body, found, "body", is_answer=False)


def lacking(operation: Operation, call: Call) -> set[str]:
    """Return what an action must have that a call has nowhere."""
    has = {file.member for file in call.files} | set(call.query)
    for row in call.body if isinstance(call.body, list) else [call.body or {}]:
        has |= set(row) if isinstance(row, dict) else set()
    needed = {name for name, about in operation.query.items() if about.get("required")}
    return (needed | set(operation.required)) - has


@pytest.mark.parametrize(("product", "resource", "operation"), ACTIONS)
def test_every_argument_of_an_action_arrives_as_documented(
    stages: dict[str, Stage], product: str, resource: Resource, operation: Operation
) -> None:
    stage = stages[product]
    method = stage.method(resource, operation, {})
    stage.walker.sandbox.forget()
    # Nothing need come of it.
    stage.walker.sandbox.next(status=400, code=2, message="Not now")

    with pytest.raises(ValidationError):
        method(**arguments(method, resource, operation))

    call = stage.last()
    assert list(undocumented(resource, operation, call)) == []
    assert lacking(operation, call) == set()
    assert {file.member for file in call.files} == set(operation.files)
    assert set(call.query) >= set(operation.query)
    for row in call.body if isinstance(call.body, list) else [call.body or {}]:
        assert set(row) >= set(operation.body)


@pytest.mark.parametrize(("product", "resource", "operation"), WRITING)
def test_an_action_with_what_it_needs_is_carried_out(
    stages: dict[str, Stage], product: str, resource: Resource, operation: Operation
) -> None:
    stage = stages[product]
    ids = stage.walker.ids(resource, operation)
    wanted: dict[str, Any] = {**ids, **stage.walker.query(resource, operation, ids)}
    wanted |= stage.walker.body(resource, operation, ids)
    method = stage.method(resource, operation, ids)
    stage.walker.sandbox.forget()

    method(**_needed(method, operation, wanted))

    call = stage.last()
    assert call.status == operation.status
    assert list(undocumented(resource, operation, call)) == []
    assert lacking(operation, call) == set()


def test_several_tasks_are_changed_in_one_call(stages: dict[str, Stage]) -> None:
    tasks = stages["inventory"].walker.product.resources["Task"]
    first, second = (stages["inventory"].walker.stored(tasks)["task_id"] for _ in range(2))

    changed = Task.update_many(
        tasks=[{"task_id": first, "title": "Ærlig"}, {"task_id": second, "owner_ids": "1,2"}]
    )

    assert [each.id for each in changed] == [first, second]
    assert Task.get(first).title == "Ærlig"
    assert Task.get(second).owner_ids == "1,2"


def test_what_is_restocked_is_named_by_its_item(stages: dict[str, Stage]) -> None:
    walker = stages["inventory"].walker
    stored = walker.stored(walker.product.resources["Replenishment"])
    key = stored["replenishment_configuration_id"]

    Replenishment.update_many(
        item_ids=[stored["item_id"]],
        replenishment_configurations=[
            {"replenishment_configuration_id": key, "reorder_level": Decimal("7.5")}
        ],
    )

    [row] = [
        each
        for each in walker.sandbox.rows("Replenishment", product="inventory")
        if each["replenishment_configuration_id"] == key
    ]
    assert row["reorder_level"] == Decimal("7.5")
    with pytest.raises(NotFound):
        Replenishment.pause_many(item_ids=[key], pause_till_date=dt.date(2026, 3, 1))
