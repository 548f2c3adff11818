"""Whatever pyzohoapi 1.0.0 can do, as zohorm does it, and what the server then sees.

Each row names the peer's form in words. The types are rows of `peer_types`; the forms that every
type has are the first tables here, the methods of single types, exceptions and settings follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from peer_types import BOOKS, INVENTORY, NUMBER, TYPES, PeerType, Seen, fill, seen

from zohorm import ZohoBooks, ZohoInventory
from zohorm.errors import Deleted, Unsupported
from zohorm.sandbox import Sandbox
from zohorm.session import Session

SESSIONS: dict[str, type[Session]] = {"books": ZohoBooks, "inventory": ZohoInventory}


@pytest.fixture
def kind(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[PeerType]:
    """A type with a session of its product in a block of its own, and what its records need."""
    described: PeerType = request.param
    fill(sandbox, described.product)
    session = SESSIONS[described.product](**sandbox.credentials, clock=sandbox.clock)
    with closing(session), session:
        yield described


def types(operation: str = "", *, offered: bool = True) -> pytest.MarkDecorator:
    """Run a test with each type that offers an operation, or with each that does not."""
    chosen = [
        each
        for each in TYPES
        if not operation or (each.model.facts().operation(operation) is not None) is offered
    ]
    return pytest.mark.parametrize(
        "kind", chosen, indirect=True, ids=lambda each: f"{each.product}-{each.name}"
    )


def test_every_type_of_the_peer_is_here() -> None:
    assert (len(BOOKS), len(INVENTORY)) == (13, 30)


@types()
def test_a_new_object_makes_no_call(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `api.Type()`."""
    kind.model()

    assert seen(sandbox) == []


@types("create")
def test_create(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `obj.Create(**parameters)`."""
    record = kind.new()
    result = record.save(**kind.made_of)

    named = {name: ",".join(v) if isinstance(v, list) else v for name, v in kind.made_of.items()}
    assert seen(sandbox) == [Seen("POST", kind.path, named, kind.body)]
    assert result.created
    assert record.id


def test_create_with_parameters(sandbox: Sandbox) -> None:
    """The peer: `obj.Create(ignore_auto_number_generation=True)`."""
    fill(sandbox, "books")
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        record = next(each for each in BOOKS if each.name == "Invoice").new()
        record.invoice_number = "A-17"
        record.save(ignore_auto_number_generation=True)

    assert seen(sandbox)[0].query == {"ignore_auto_number_generation": "true"}
    assert record.number == "A-17"


@types("get")
def test_load_one(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `api.Type(id)`, `ID`, `Number`, `IsLoaded`, fields, `get(key, default)`, `repr`."""
    key = kind.stored(sandbox)

    record = kind.model.get(key)

    assert seen(sandbox) == [Seen("GET", f"{kind.path}/{key}")]
    assert record.id == key
    assert record.is_whole
    number = kind.model.facts().number
    assert record.number == (kind.values.get(number, NUMBER) if number else None)
    name, value = next(iter(kind.values.items()))
    assert getattr(record, name) == value
    assert record.raw.get("of_a_newer_version", "x") == "x"
    assert repr(record).startswith(f"<{kind.name} {key}")
    assert seen(sandbox) == []


@types("list")
def test_list_with_filters(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `api.Type(**search)`, iteration, `Iter(raw=True)`.

    All rows of a page cost one call; the peer makes another for each row unless it is `raw`.
    """
    keys = {kind.stored(sandbox) for _ in range(3)}

    records = list(kind.model.iterate(**kind.filters))

    assert keys <= {record.id for record in records}
    assert {record.raw[kind.model.facts().id] for record in records} >= keys
    assert seen(sandbox) == [Seen("GET", kind.path, dict(kind.asked))]


@types("list")
def test_first(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `api.Type().First(**filter)`."""
    kind.stored(sandbox)

    record = kind.model.iterate(**kind.filters).first()

    assert record is not None
    assert seen(sandbox) == [Seen("GET", kind.path, dict(kind.asked))]


@types("update")
def test_update_sends_what_has_changed(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `obj.field = value`, `obj.Update()`."""
    record = kind.model.get(kind.stored(sandbox))
    sandbox.forget()
    assert kind.change is not None
    name, value = kind.change

    setattr(record, name, value)
    result = record.save(**kind.naming)

    named = {name: ",".join(v) if isinstance(v, list) else v for name, v in kind.naming.items()}
    sent = {**kind.beside, name: value}
    assert seen(sandbox) == [Seen("PUT", f"{kind.path}/{record.id}", named, sent)]
    assert result.fields == (name,)
    assert getattr(record, name) == value
    assert record.save().fields == ()
    assert seen(sandbox) == []


@types("delete")
def test_delete(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `obj.Delete()`, `IsDeleted`."""
    record = kind.new()
    record.save(**kind.made_of)
    sandbox.forget()

    record.delete()

    assert seen(sandbox) == [Seen("DELETE", f"{kind.path}/{record.id}")]
    with pytest.raises(Deleted):
        record.refresh()
    assert seen(sandbox) == []


# What the peer sends though no document shows it is refused here, and can be reached all the same.


@types("get", offered=False)
def test_no_load_of_one(kind: PeerType, sandbox: Sandbox) -> None:
    with pytest.raises(Unsupported, match=kind.name):
        kind.model.get("1")

    assert seen(sandbox) == []


@types("list", offered=False)
def test_no_list(kind: PeerType, sandbox: Sandbox) -> None:
    with pytest.raises(Unsupported, match=kind.name):
        list(kind.model.iterate())

    assert seen(sandbox) == []


@types("create", offered=False)
def test_no_create(kind: PeerType, sandbox: Sandbox) -> None:
    with pytest.raises(Unsupported, match=kind.name):
        kind.model().save()

    assert seen(sandbox) == []


@types("delete", offered=False)
def test_no_delete(kind: PeerType, sandbox: Sandbox) -> None:
    with pytest.raises(Unsupported, match=kind.name):
        kind.model.at("1").delete()

    assert seen(sandbox) == []
