"""What the models of every product send is what the documents take, and what they get is read."""

from __future__ import annotations

import datetime as dt
import importlib
import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from answering import misfits
from walking import Walker

import zohorm
from zohorm.model import Model
from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Field, Resource, Shape, catalogue
from zohorm.sandbox.rows import is_custom

_SESSIONS = {
    "books": zohorm.ZohoBooks,
    "checkout": zohorm.ZohoCheckout,
    "expense": zohorm.ZohoExpense,
    "inventory": zohorm.ZohoInventory,
    "invoice": zohorm.ZohoInvoice,
    "subscriptions": zohorm.ZohoSubscriptions,
}
# Names are taken once.
_NUMBERS = itertools.count()
_SINGLE = (
    *("text", "enum", "integer", "number", "money", "discount"),
    *("boolean", "date", "datetime", "texts"),
)
# The documents do not show all that these take and give.
_APART = ("CustomModuleRecord", "CustomerDebitNote", "Organization")

ALL = [
    pytest.param(name, resource, id=f"{name}-{resource.name}")
    for name, product in catalogue().items()
    for resource in product.resources.values()
    if resource.name not in _APART
]
TOP = [each for each in ALL if each.values[1].parent is None]
CREATED = [each for each in TOP if "create" in each.values[1].operations]
# Those without an id in their path have accessors of their own.
READ = [
    each
    for each in TOP
    if "get" in each.values[1].operations
    and f"{{{each.values[1].id}}}" in each.values[1].operations["get"].path
]


def texts(resource: Resource) -> list[str]:
    """Return the texts that a record of the resource may be given when it exists."""
    return [
        name
        for name, field in resource.fields.items()
        if field.kind == "text"
        and field.access == "plain"
        and field.in_edition
        and name not in (resource.number, resource.id)
    ]


UPDATED = [
    each
    for each in READ
    if {"create", "update"} <= set(each.values[1].operations) and texts(each.values[1])
]


@pytest.fixture(scope="module")
def walkers() -> Iterator[dict[str, Walker]]:
    """A walker per product on one sandbox, and a bound session of each."""
    with Sandbox() as sandbox, ExitStack() as stack:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        for name in catalogue():
            session = _SESSIONS[name](
                **sandbox.credentials, clock=sandbox.clock, calls_per_minute=10**6
            )
            stack.callback(session.close)
            stack.enter_context(session)
        yield {name: Walker(sandbox, name) for name in catalogue()}


def model(product: str, resource: Resource) -> type[Model]:
    found: type[Model] = getattr(importlib.import_module(f"zohorm.{product}"), resource.name)
    return found


def in_python(field: Field, value: Any) -> Any:
    """Return a value of JSON as the models take it."""
    match field.kind:
        case "money" | "number" | "discount":
            return Decimal(str(value))
        case "date":
            return dt.date.fromisoformat(value)
        case "datetime":
            return dt.datetime.fromisoformat(value)
    return value


def filled(walker: Walker, product: str, resource: Resource) -> Model:
    """Return a new record with what a create needs and a value in every plain member."""
    create = resource.operations["create"]
    needed = walker.body(resource, create, walker.stored(resource))
    kind = model(product, resource)
    made = kind()
    for name, field in resource.fields.items():
        is_plain = field.kind in _SINGLE and field.is_sent and name != resource.number
        is_part = field.of in resource.embedded and field.is_sent and not is_custom(field)
        # Rows that name other records do something to them: a payment pays its invoices.
        is_part = is_part and not _names_others(resource.embedded[field.of or ""])
        if name not in needed and not is_plain and not is_part:
            continue
        value = needed[name] if name in needed else walker.value(resource, field)
        if field.kind == "many":
            element = getattr(kind, name).element
            setattr(made, name, [element(**_in_python(resource, field, row)) for row in value])
        elif field.kind == "embedded":
            for member, each in _in_python(resource, field, value).items():
                setattr(getattr(made, name), member, each)
        else:
            setattr(made, name, in_python(field, value))
    return made


def _names_others(shape: Shape) -> bool:
    """Tell whether rows of a list have an id that clients choose."""
    return shape.id in shape.fields and shape.fields[shape.id].is_sent


def another(field: Field) -> Any:
    """Return a value that differs from the one that `filled` gives."""
    match field.kind:
        case "money" | "number":
            return 77.25
        case "integer":
            return 77
        case "date":
            return "2026-02-20"
        case "boolean":
            return False
    return (field.choices[-1:] or [f"{next(_NUMBERS)} of another kind"[: field.max_length]])[0]


def _in_python(resource: Resource, field: Field, row: dict[str, Any]) -> dict[str, Any]:
    fields = resource.embedded[field.of or ""].fields
    return {name: in_python(fields[name], value) for name, value in row.items() if name in fields}


def undocumented(resource: Resource, body: dict[str, Any], *, creating: bool) -> Iterator[str]:
    """Yield what a body has that the documents do not let a client send."""
    yield from misfits(resource, resource.fields, body, "body", is_answer=False)
    for name in body:
        field = resource.fields[name]
        if not field.is_sent and not (resource.is_coded and name == resource.id):
            yield f"{name} is read-only"
        if field.access == "create_only" and not creating:
            yield f"{name} is for new records alone"


@pytest.mark.parametrize(("product", "resource"), CREATED)
def test_a_new_record_sends_what_is_documented(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    record = filled(walker, product, resource)

    result = record.save()

    assert result.created
    [call] = [each for each in walker.sandbox.calls[-3:] if each.method == "POST"][-1:]
    assert call.path == resource.operations["create"].path
    body = call.body
    assert isinstance(body, dict)
    assert list(undocumented(resource, body, creating=True)) == []
    assert set(resource.operations["create"].required) - {"JSONString"} <= set(body)


# What the service computes, such as the amount of an expense with lines, it does not take.
@pytest.mark.filterwarnings("ignore::zohorm.errors.NotApplied")
@pytest.mark.parametrize(("product", "resource"), UPDATED)
def test_an_update_of_all_that_can_be_changed_sends_what_is_documented(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    record = filled(walker, product, resource)
    record.save()
    changed = {}
    for name, field in resource.fields.items():
        is_single = field.kind in ("text", "money", "number", "integer", "date", "boolean")
        is_free = field.access == "plain" and field.in_edition and name != resource.number
        if is_single and is_free:
            changed[name] = another(field)
    for name, value in changed.items():
        setattr(record, name, in_python(resource.fields[name], value))

    record.save()

    body = walker.sandbox.calls[-1].body
    assert isinstance(body, dict)
    assert set(changed) <= set(body)
    assert list(undocumented(resource, body, creating=False)) == []


@pytest.mark.parametrize(("product", "resource"), UPDATED)
def test_an_update_sends_the_changed_member_alone(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    record = filled(walker, product, resource)
    record.save()
    names = texts(resource)
    setattr(record, names[0], "another text"[: resource.fields[names[0]].max_length])

    record.save()

    call = walker.sandbox.calls[-1]
    assert call.method == resource.operations["update"].method
    assert call.path.endswith(record.id)
    assert isinstance(call.body, dict)
    assert names[0] in call.body
    assert list(undocumented(resource, call.body, creating=False)) == []


@pytest.mark.parametrize(("product", "resource"), READ)
def test_every_member_of_an_answer_can_be_read(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    ids = walker.stored(resource)

    record = model(product, resource).get(ids[resource.id])

    assert record.id == ids[resource.id]
    before = len(walker.sandbox.calls)
    for name in resource.fields:
        getattr(record, name)
    assert len(walker.sandbox.calls) == before
