"""A record made from an example request of the documents sends that request back.

What a request writes and no model can is a correction, whose reason stands beside it: members that
the service computes, and those that the documents list in the wrong place.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Mapping
from typing import Any

import pytest
from scripted import Scripted
from shown import examples, kept, opened, sister

from zohorm import exact, resource
from zohorm.declared import Declared
from zohorm.facts import corrections
from zohorm.members import CreateOnly, Listed, Value
from zohorm.record import Record
from zohorm.session import Session

Row = Mapping[str, Any]
ID = "460000000099001"
POSITION = "item_order"
"""Follows from the place in a list, so that nobody assigns it to a line that is there."""
EMPTY = ("", [])
"""Both mean that there is nothing, where several texts are due."""

REQUESTS = [
    pytest.param(product, name, role, example["request"], id=f"{product}-{name}-{role}")
    for product, name, example in examples("request")
    for role in example["of"]
]


@functools.cache
def decided(product: str) -> list[tuple[list[str], str]]:
    """Return what corrections make of members: the path of each in the facts, and its access."""
    found = list(decided(like)) if (like := sister(product)) else []
    for row in corrections.read(product).rows("correct"):
        becomes = "removed" if row.get("remove") else row.get("set", {}).get("access")
        paths = [row["at"]] if isinstance(row["at"], str) else row["at"]
        found += [(path.split("."), becomes) for path in paths if becomes]
    return found


def decision(model: type[Declared], kind: type[Record], name: str) -> str:
    """Return what the last correction makes of a member: "removed", "read_only" and so on."""
    facts = model.facts()
    inside = [] if resource.is_model(kind) else ["embedded", kind.__name__]
    holder = kind.__name__ if resource.is_model(kind) else facts.name
    path = [holder, *inside, "fields", name]
    made = ""
    for pattern, becomes in decided(facts.product):
        if len(pattern) == len(path) and all(map(fnmatch.fnmatchcase, path, pattern)):
            made = becomes
    return made


def sendable(model: type[Declared], role: str, row: Row, part: type[Record] | None = None) -> Row:
    """Return `row` without what models refuse to send because a correction says so.

    So it is with ids that only the service gives: a new line has none, and that of the record
    stands in the path. A member that its sister's examples alone show may be unknown, too.
    """
    kind = part or model
    kept: dict[str, Any] = {}
    for name, held in row.items():
        if part is None and role == "create" and held in ("", []):
            continue  # A new record has nothing to clear.
        if is_refused(model, role, name, part):
            continue
        member = kind._member(name)
        if isinstance(member, Listed):
            if held == [] and not member.replaced:
                continue  # The service keeps what such a list leaves out: it says nothing.
            held = inside(member, held, lambda e, r: sendable(model, role, r, e))
        kept[name] = held
    return kept


def is_refused(model: type[Declared], role: str, name: str, part: type[Record] | None) -> bool:
    kind = part or model
    member = kind._values.get(name) or kind._lists.get(name)
    if member is None:
        # Nobody says that it takes all that its sister's examples show.
        is_borrowed = not kept(model.facts().product)
        return is_borrowed or decision(model, kind, name) == "removed"
    if part is None and name in model._needed_operation(role).send_on_update:
        return False
    if name == kind._id_name and part is None:
        return role == "update" or not member.writable
    if name == kind._id_name and not member.writable:
        return role == "create"
    if isinstance(member, CreateOnly) or getattr(member, "create_only", False):
        return role == "update" and decision(model, kind, name) == "create_only"
    return not member.writable and decision(model, kind, name) == "read_only"


def inside(member: Listed, held: Any, change: Any) -> Any:
    """Return the row or rows that a member holds, each as `change` of its class and it makes it."""
    if member.single:
        return change(member.element, held)
    return [change(member.element, row) for row in held]


def made(kind: type[Record], row: Row) -> Record:
    """Make a new record or element: the values as its members read them, elements of lists too."""
    return kind(**{name: read(kind, name, held) for name, held in row.items()})


def read(kind: type[Record], name: str, held: Any) -> object:
    member = kind._member(name)
    return inside(member, held, made) if isinstance(member, Listed) else member.read(held)


def shown(kind: type[Record], row: Row) -> Row:
    """Return what the service has shown of what a request changes: ids that it gave, and places."""
    received = {
        name: held
        for name, held in row.items()
        if name == POSITION or not getattr(kind._member(name), "writable", True)
    }
    for name, member in kind._lists.items():
        if name in row:
            below = inside(member, row[name], shown)
            received[name] = below if member.single else [each for each in below if each]
    return received


def edit(record: Record, row: Row, session: Session) -> None:
    """Assign every value of a request; elements that were shown are edited where they are."""
    for name, held in row.items():
        member = type(record)._member(name)
        if name in shown(type(record), {name: held}) and not isinstance(member, Listed):
            continue
        if not isinstance(member, Listed):
            setattr(record, name, read(type(record), name, held))
        elif member.single:
            edit(getattr(record, name), held, session)
        else:
            known = iter(list(getattr(record, name)))
            elements = []
            for each in held:
                if shown(member.element, each):
                    elements.append(next(known))
                    edit(elements[-1], each, session)
                else:
                    elements.append(made(member.element, each))
            setattr(record, name, elements)


def same(kind: type[Record], one: Row, other: Row) -> bool:
    """Say whether two requests say the same: an id may be a text here and a number there."""
    return one.keys() == other.keys() and all(
        same_value(kind._member(name), one[name], other[name]) for name in one
    )


def same_value(member: Any, one: Any, other: Any) -> bool:
    if isinstance(member, Value):
        return member.same(one, other) or (one in EMPTY and other in EMPTY)
    if member.single:
        return same(member.element, one, other)
    return len(one) == len(other) and all(
        same(member.element, a, b) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize(("product", "name", "role", "request_"), REQUESTS)
def test_a_record_made_from_an_example_request_sends_it_back(
    server: Scripted, product: str, name: str, role: str, request_: Row
) -> None:
    model = resource.model(product, name)
    operation = model._needed_operation(role)
    identity = model._id_name
    expected = sendable(model, role, request_)
    above = dict.fromkeys(operation.names - {identity}, ID)
    row = {identity: request_.get(identity, ID)} if identity else {}
    server.next(body={"code": 0, "message": "success", model.facts().key: row})

    with opened(product, server.url) as session:
        if role == "create":
            values = {n: read(model, n, held) for n, held in expected.items()}
            model._below(session, above, values)._save()
        else:
            record = session.record(
                model, {**shown(model, expected), **row}, whole=True, parents=above
            )
            edit(record, expected, session)
            record._save(check=False)

    (call,) = server.calls
    sent = exact.decode(call.body)
    assert call.method == operation.method
    assert same(model, sent, expected)
