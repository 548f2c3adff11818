"""What an editor and `dir()` offer of a record: its fields, its documented verbs, and few more."""

from __future__ import annotations

from typing import Any

import pytest

from zohorm import members
from zohorm.facts.load import load
from zohorm.generic import GenericModel
from zohorm.model import Embedded, Model
from zohorm.resource import model
from zohorm.singleton import Singleton

PRODUCTS = ("books", "checkout", "expense", "inventory", "invoice", "subscriptions")
EMBEDDED = {"changes", "copy", "extend", "is_changed", "is_new", "raw", "revert", "to_dict"}
"""What every record offers, as docs/records.md shows it."""
WHOLE = EMBEDDED | {
    *("at", "delete", "facts", "get", "id", "is_in_doubt", "is_whole", "iterate", "key"),
    *("number", "refresh", "save", "settle", "upsert", "using"),
}
"""What one with endpoints of its own offers beside that."""
GENERIC = {"create", "described", "new"}
"""What one offers of which nobody knows more than its path."""
MODELS = [
    pytest.param(product, name, facts, id=f"{product}-{name}")
    for product in PRODUCTS
    for name, facts in load(product)["resources"].items()
]


def shown(kind: object) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("product", "name", "facts"), MODELS)
def test_a_model_shows_its_fields_its_verbs_and_what_all_models_have(
    product: str, name: str, facts: Any
) -> None:
    kind = model(product, name)
    fields = {*facts["fields"], *facts["links"], *facts["children"]}
    verbs = {*facts["actions"], *(GENERIC if issubclass(kind, GenericModel) else ())}
    if name == "Organization" or issubclass(kind, Singleton):
        verbs.add("current")

    assert shown(kind) - fields - verbs - WHOLE - also(kind) == set()
    assert shown(kind) >= fields | EMBEDDED


def also(kind: type) -> set[str]:
    """The names that the class of a resource declares beyond the facts: none but members."""
    return {
        name
        for name, each in vars(kind).items()
        if isinstance(each, members.Value | members.Listed | members.Link | members.Children)
    }


@pytest.mark.parametrize("kind", [Model, Embedded])
def test_what_all_records_show_is_known(kind: type) -> None:
    assert shown(kind) == (WHOLE if kind is Model else EMBEDDED)


@pytest.mark.parametrize(("product", "name", "facts"), MODELS)
def test_parts_of_a_record_show_their_fields_and_what_all_parts_have(
    product: str, name: str, facts: Any
) -> None:
    kind = model(product, name)
    for listed in kind._lists.values():
        element = listed.element
        if not issubclass(element, Model) and issubclass(element, Embedded):
            assert shown(element) - also(element) == EMBEDDED
