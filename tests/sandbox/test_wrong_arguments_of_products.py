"""What callers get wrong, on every model of every product: an error that says what is allowed.

The cases are made from the facts. No call is ever made, and nothing stays of the wrong value.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import attrs
import pytest

from zohorm import (
    ZohoBooks,
    ZohoCheckout,
    ZohoExpense,
    ZohoInventory,
    ZohoInvoice,
    ZohoSubscriptions,
)
from zohorm.errors import (
    InvalidId,
    InvalidValue,
    NotSaved,
    ReadOnlyField,
    UnknownField,
    UnknownFilter,
    Unsupported,
    UsageError,
    WrongType,
)
from zohorm.generic import GenericModel
from zohorm.model import Embedded
from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Field, Resource, product
from zohorm.session import Session

SESSIONS: dict[str, type[Session]] = {
    "books": ZohoBooks,
    "checkout": ZohoCheckout,
    "expense": ZohoExpense,
    "inventory": ZohoInventory,
    "invoice": ZohoInvoice,
    "subscriptions": ZohoSubscriptions,
}
NAIVE = dt.datetime(2026, 1, 31, 9, 30)  # noqa: DTZ001
DAY = dt.date(2026, 1, 31)
HUGE = 10**5000
ENDLESS: list[object] = []
ENDLESS.append(ENDLESS)
NUMBERS = (1.5, "1.5", True, b"1", [1], Decimal("NaN"), Decimal("Infinity"), HUGE)
WRONG: Mapping[str, tuple[object, ...]] = {
    "text": (5, 1.5, True, b"x", ["x"], {"x": 1}, DAY),
    "enum": (5, True, b"x", ["x"]),
    "id": (5, 1.5, True, b"1", ["1"], "", " 1", "1/2", "../1", "1?x=2", "1#", "%2e%2e", "1\n", "é"),
    "money": NUMBERS,
    "number": NUMBERS,
    "discount": (1.5, True, b"1", [1], "ten", "", "%", "1/2%", Decimal("NaN"), HUGE),
    "integer": (1.5, "1", True, Decimal(1), HUGE),
    "date": (5, NAIVE, NAIVE.replace(tzinfo=dt.UTC), "31.01.2026", "2026-02-30", "", "2026-W05-6"),
    "datetime": ("2026-01-31", DAY, NAIVE, 5, True),
    "boolean": (1, 0, "true", "", 1.0),
    "texts": ("x", b"x", 5, [5], [None], {"x": "y"}),
    "json": (object(), {5}, 1.5, Decimal("NaN"), ENDLESS, b"x", {"x": object()}),
}
NOT_IDS = ("", " ", "1/2", "../1", "..", ".", "1?x=2", "1#x", "1%2F2", "1\n2", "a\\b", "é")


REFUSED = (WrongType, InvalidValue, InvalidId)


class Stranger(Embedded):
    """A part of no record."""


@attrs.frozen
class Kind:
    """A model, what the facts say of it, and a session of its product."""

    session: Session
    model: Any
    facts: Resource

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.facts.name

    def known(self) -> Any:
        """Return a whole record that the service knows, without a call."""
        row = {} if self.facts.shape.id is None else {self.facts.id: "1"}
        return self.session.record(self.model, row, whole=True)


RESOURCES = [
    pytest.param((name, resource), id=f"{name}-{resource.name}")
    for name in SESSIONS
    for resource in getattr(product(name), "resources", {}).values()
]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[Sandbox, dict[str, Session], dict[str, Session]]]:
    """One sandbox, and sessions of each product in two organizations."""
    with Sandbox(organizations=2) as sandbox, ExitStack() as stack:
        here, there = sandbox.organization_ids

        def opened(organization: str) -> dict[str, Session]:
            wanted = {**sandbox.credentials, "organization_id": organization}
            return {
                name: stack.enter_context(closing(kind(**wanted, clock=sandbox.clock)))
                for name, kind in SESSIONS.items()
            }

        yield sandbox, opened(here), opened(there)


@pytest.fixture(params=RESOURCES)
def kind(request: pytest.FixtureRequest, service: Any) -> Iterator[Kind]:
    """One model with its session in a block of its own; no test of it makes a call."""
    sandbox, sessions, _ = service
    name, resource = request.param
    model = getattr(importlib.import_module(f"zohorm.{name}"), resource.name)
    sandbox.forget()
    with sessions[name] as session:
        yield Kind(session, model, resource)
    assert sandbox.calls == []


def parts(kind: Kind) -> Iterator[tuple[Any, Mapping[str, Field]]]:
    """Yield the model and every class that lives inside its records, with their fields."""
    seen: set[object] = set()
    waiting: list[tuple[Any, Mapping[str, Field]]] = [(kind.model, kind.facts.fields)]
    while waiting:
        owner, fields = waiting.pop()
        if owner in seen:
            continue
        seen.add(owner)
        yield owner, fields
        for field in fields.values():
            element = getattr(getattr(owner, field.name, None), "element", None)
            if element is not None and field.of in kind.facts.embedded:
                waiting.append((element, kind.facts.embedded[field.of].fields))


def plain(fields: Mapping[str, Field], *kinds: str) -> list[Field]:
    return [field for field in fields.values() if field.kind in (kinds or tuple(WRONG))]


def is_plain(owner: Any, field: Field) -> bool:
    """Say whether a field is one of a value, which its class declares."""
    return hasattr(getattr(owner, field.name, None), "kind")


def test_a_value_of_the_wrong_kind_is_refused(kind: Kind) -> None:
    for owner, fields in parts(kind):
        for field in plain(fields):
            if field.access == "read_only" or not is_plain(owner, field):
                continue
            for value in WRONG[field.kind]:
                record = owner()
                with pytest.raises(REFUSED, match=field.name) as caught:
                    setattr(record, field.name, value)
                assert isinstance(caught.value, UsageError), (field.name, value)
                with pytest.raises(REFUSED):
                    owner(**{field.name: value})
                assert not record.is_changed


def test_a_computed_member_cannot_be_set(kind: Kind) -> None:
    for owner, fields in parts(kind):
        for field in fields.values():
            if field.access != "read_only":
                continue
            record = owner()
            with pytest.raises(ReadOnlyField, match=field.name):
                setattr(record, field.name, None)
            with pytest.raises(ReadOnlyField, match=field.name):
                owner(**{field.name: None})
            with pytest.raises(UsageError, match=field.name):
                record[field.name] = "x"
            assert not record.is_changed


def test_an_unknown_member_names_those_there_are(kind: Kind) -> None:
    for owner, fields in parts(kind):
        first = next(iter(fields), "has")
        with pytest.raises(UnknownField, match=first):
            owner().nonsense = 5
        if not issubclass(owner, GenericModel):
            with pytest.raises(UnknownField, match=first):
                owner(nonsense=5)
        with pytest.raises(AttributeError):
            owner().nonsense  # noqa: B018


def test_a_member_cannot_be_deleted_and_a_method_not_hidden(kind: Kind) -> None:
    for owner, fields in parts(kind):
        for name in fields:
            with pytest.raises(ReadOnlyField, match="None"):
                delattr(owner(), name)
    for name in ("refresh", "to_dict", "id", "number", "key"):
        with pytest.raises(UsageError):
            setattr(kind.model(), name, "x")


def test_what_only_a_new_record_takes_is_refused_afterwards(kind: Kind) -> None:
    for field in kind.facts.fields.values():
        if field.access != "create_only" or not is_plain(kind.model, field):
            continue
        record = kind.known()
        with pytest.raises(ReadOnlyField, match=f"{field.name}.*created"):
            setattr(record, field.name, None)
        assert not record.is_changed


def test_lists_and_parts_take_their_own_class_alone(kind: Kind) -> None:
    for owner, fields in parts(kind):
        for field in plain(fields, "many", "embedded"):
            member = getattr(owner, field.name, None)
            if field.access == "read_only" or not hasattr(member, "element"):
                continue
            wrong = (5, "x", b"x", [5], [{}], [Stranger()], [None], [owner], Stranger())
            for value in wrong:
                record = owner()
                with pytest.raises(UsageError, match=field.name):
                    setattr(record, field.name, value)
                assert not record.is_changed, (field.name, value)
            with pytest.raises(Unsupported, match=field.name):
                owner()[field.name] = []
            if field.kind == "many":
                with pytest.raises(UnknownField):
                    getattr(owner(), field.name).add(nonsense=5)


def test_an_id_cannot_change_the_path(kind: Kind) -> None:
    for value in NOT_IDS:
        if kind.facts.is_coded and value.isalpha():
            continue  # Whoever chooses codes may choose such.
        for way in (kind.model.get, kind.model.at, lambda each: kind.session.get(kind.model, each)):
            with pytest.raises(UsageError) as caught:
                way(value)
            assert isinstance(caught.value, InvalidId | Unsupported), (value, caught.value)
    for value in (5, None, b"1", ["1"], 1.5, kind.model):
        for way in (kind.model.get, kind.model.at):
            with pytest.raises(UsageError) as caught:
                way(value)
            assert isinstance(caught.value, WrongType | Unsupported), (value, caught.value)


def test_a_child_is_asked_for_by_a_plain_id_alone(kind: Kind) -> None:
    record = kind.known()
    for name in kind.facts.children:
        below = getattr(record, name, None) or getattr(record, f"list_{name}", None)
        if callable(below):
            below = below()
        if below is None or kind.facts.shape.id is None:
            continue
        for value in (*NOT_IDS, 5, None):
            for way in (below.get, below.at):
                with pytest.raises(UsageError):
                    way(value)
        with pytest.raises(UsageError):
            below.new(nonsense=5)
        with pytest.raises((UnknownFilter, Unsupported)):
            below.iterate(nonsense=5)


def test_an_unknown_filter_names_those_there_are(kind: Kind) -> None:
    if "list" not in kind.facts.operations:
        return
    names = sorted(kind.model.facts().filters)
    with pytest.raises(UnknownFilter, match=names[0] if names else "none"):
        kind.model.iterate(nonsense="x")
    for name in names:
        with pytest.raises(UnknownFilter, match=name):
            kind.model.iterate(**{f"{name}__nonsense": "x"})
        with pytest.raises((WrongType, UnknownFilter), match=name):
            kind.model.iterate(**{name: None})
    with pytest.raises(UnknownFilter):
        kind.model.iterate().order_by("nonsense")
    for limit in (-1, "5", True, 1.5, None):
        with pytest.raises(UsageError):
            kind.model.iterate().limit(limit)
    with pytest.raises(WrongType):
        kind.model.iterate().where("x")


def test_a_filter_takes_values_of_its_kind_alone(kind: Kind) -> None:
    if "list" not in kind.facts.operations:
        return
    for name, known in kind.model.facts().filters.items():
        for lookup in known.lookups:
            key = name if lookup == "exact" else f"{name}__{lookup}"
            for value in WRONG[known.kind.name]:
                with pytest.raises(REFUSED, match=name):
                    kind.model.iterate(**{key: [value] if lookup.endswith("in") else value})


def test_a_link_takes_a_saved_record_of_its_model_and_organization(
    kind: Kind, service: Any
) -> None:
    _, sessions, elsewhere = service
    for name, (member, to) in kind.facts.shape.links.items():
        if kind.facts.fields[member].access == "read_only" or not hasattr(kind.model, name):
            continue
        target = getattr(importlib.import_module(f"zohorm.{kind.facts.product}"), to)
        row = {target.facts().id: "7"}
        for value in ("7", 5, {"id": "7"}, target, Stranger()):
            record = kind.model()
            with pytest.raises(WrongType, match=f"takes a {to}"):
                setattr(record, name, value)
            assert not record.is_changed
        with pytest.raises(NotSaved, match="save"):
            setattr(kind.model(), name, target())
        there = elsewhere[kind.facts.product].record(target, row)
        with pytest.raises(WrongType, match="another organization"):
            setattr(kind.model(), name, there)
        for other, session in sessions.items():
            twin = getattr(importlib.import_module(f"zohorm.{other}"), to, None)
            if other != kind.facts.product and twin is not None:
                with pytest.raises(WrongType):
                    setattr(kind.model(), name, session.record(twin, {twin.facts().id: "7"}))
        with pytest.raises(Unsupported, match=name):
            kind.model()[name] = "7"
        kind.model(**{name: kind.session.record(target, row)})


def test_a_collection_cannot_be_assigned(kind: Kind) -> None:
    for name in kind.facts.children:
        if hasattr(kind.model, name) and not inspect.isfunction(getattr(kind.model, name)):
            with pytest.raises(ReadOnlyField, match=f"{name}.*create"):
                setattr(kind.known(), name, [])


def test_a_session_of_another_product_is_refused(kind: Kind, service: Any) -> None:
    for name, session in service[1].items():
        if name != kind.facts.product:
            with pytest.raises(WrongType, match=kind.facts.product):
                kind.model.using(session)
            with pytest.raises(WrongType, match=kind.facts.product):
                session.get(kind.model, "1")
            with pytest.raises(WrongType, match=kind.facts.product):
                session.record(kind.model, {})


def test_a_new_record_has_no_id_to_act_on(kind: Kind) -> None:
    record = kind.model()
    for way in (record.delete, record.refresh):
        with pytest.raises(UsageError):
            way()
    for name, method in vars(kind.model).items():
        operation = kind.facts.operations.get(name)
        if not inspect.isfunction(method) or operation is None or operation.on != "record":
            continue
        given = required(inspect.signature(getattr(record, name)))
        with pytest.raises(NotSaved, match="save"):
            getattr(record, name)(**given)


ARGUMENTS: Mapping[str, tuple[object, ...]] = {
    "Decimal": (1.5, Decimal("NaN"), HUGE, "1", True),
    "Decimal | str": (1.5, Decimal("NaN"), "ten"),
    "dt.date": (NAIVE, 5, "31.01.2026"),
    "dt.datetime": (NAIVE, DAY, "2026-01-31"),
    "bool": (object(), "true", 1),
    "str": (object(), 1.5, 5, ["x"], b"x"),
    "int": (1.5, object(), "1", True),
    "Iterable[str]": ([1.5], [object()], "x", 5, [5], [None]),
    "Iterable[Mapping[str, object]]": (
        [{"amount": 1.5}],
        [{"at": NAIVE}],
        [{"x": object()}],
        {"x": 1},
        ["x"],
        "x",
        5,
    ),
    "Mapping[str, object]": ({"amount": 1.5}, {"at": NAIVE}, {"x": object()}, [1], "x", 5),
}
"""Wrong arguments of actions, by what they are annotated with."""


def actions(kind: Kind) -> Iterator[tuple[Any, inspect.Signature]]:
    """Yield the documented actions of a record and of its class, as they are called."""
    record = kind.known()
    for name, value in vars(kind.model).items():
        if name.startswith("_") or name in ("save", "delete"):
            continue
        if inspect.isfunction(value) or isinstance(value, classmethod):
            method = getattr(record, name)
            yield method, inspect.signature(method)


def test_an_action_takes_no_argument_that_cannot_be_sent(kind: Kind) -> None:
    for method, signature in actions(kind):
        needed = required(signature)
        for name, each in signature.parameters.items():
            annotation = str(each.annotation).removesuffix(" | None")
            for value in ARGUMENTS.get(annotation, ()):
                with pytest.raises(REFUSED, match=name):
                    method(**{**needed, name: value})
            if name in needed:
                with pytest.raises(REFUSED, match=f"{name}.* NoneType|{name} takes .*, not None"):
                    method(**{**needed, name: None})
        with pytest.raises(TypeError, match="nonsense"):
            method(**needed, nonsense=5)


def test_an_action_on_several_names_one_at_least(kind: Kind) -> None:
    for method, signature in actions(kind):
        operation = kind.facts.operations.get(method.__name__)
        for name, each in signature.parameters.items():
            if (
                operation is None
                or name not in operation.query
                or "Iterable" not in each.annotation
            ):
                continue
            for value in ([], ["1", "2,3"]):
                if method.__name__ == "in_bulk" and not value:
                    assert method(value) == []  # Nothing is asked for, so nothing is sent.
                    continue
                with pytest.raises((InvalidValue, InvalidId), match=name):
                    method(**{**required(signature), name: value})


def required(signature: inspect.Signature) -> dict[str, object]:
    """Return arguments of the right kind for those that a method needs."""
    return {
        name: _right(each)
        for name, each in signature.parameters.items()
        if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    }


def _right(parameter: inspect.Parameter) -> object:
    """Return an argument of the right kind, so that another one is what is refused."""
    annotation = str(parameter.annotation).removesuffix(" | None")
    return {
        "str": "1",
        "Iterable[str]": ["1"],
        "bool": True,
        "int": 1,
        "Decimal": Decimal(1),
        "dt.date": DAY,
        "Iterable[Mapping[str, object]]": [{"x": "y"}],
        "Mapping[str, object]": {"x": "y"},
        "FileSource": b"%PDF-1.4",
        "FileSource | Iterable[FileSource]": b"%PDF-1.4",
    }.get(annotation, "1")


def test_a_path_id_of_an_action_cannot_change_the_path(kind: Kind) -> None:
    for method, signature in actions(kind):
        for name in signature.parameters:
            operation = kind.facts.operations.get(method.__name__)
            if operation is None or f"{{{name}}}" not in operation.path:
                continue
            needed = required(signature)
            for value in NOT_IDS:
                if name.endswith("_code") and value.isalpha():
                    continue
                with pytest.raises(InvalidId, match=name):
                    method(**{**needed, name: value})
            for value in (5, None):
                with pytest.raises(WrongType, match=name):
                    method(**{**needed, name: value})


def test_every_model_is_looked_at() -> None:
    assert len(RESOURCES) > 250
    assert {each.values[0][0] for each in RESOURCES} == set(SESSIONS)
    fields = [field for each in RESOURCES for field in each.values[0][1].fields.values()]
    assert {field.kind for field in fields} <= {*WRONG, "many", "embedded"}
