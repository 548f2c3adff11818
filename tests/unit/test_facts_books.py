"""What must hold of the committed facts of every product, whatever the documents say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from zohorm.facts import corrections, load, products
from zohorm.facts.load import Facts

PRODUCTS = products()
KINDS = {
    *("id", "text", "integer", "number", "money", "discount", "date", "datetime", "boolean"),
    *("enum", "texts", "embedded", "many", "json"),
}
ACCESS = {"plain", "read_only", "create_only", "write_only"}
LOOKUPS = {"exact", "startswith", "contains", "gte", "gt", "lte", "lt", "in", "not_in"}


def resources() -> Iterator[tuple[str, Facts, Facts]]:
    for product in PRODUCTS:
        facts = load(product)
        for name, resource in facts["resources"].items():
            yield name, resource, facts["resources"]


ALL = list(resources())
each = pytest.mark.parametrize(("name", "resource", "every"), ALL, ids=[name for name, *_ in ALL])


def holders(resource: Facts) -> list[Facts]:
    return [resource, *resource["embedded"].values()]


def calls(resource: Facts) -> list[Facts]:
    return [*resource["operations"].values(), *resource["actions"].values()]


@each
def test_every_field_has_kind_access_and_place(name: str, resource: Facts, every: Facts) -> None:
    for holder in holders(resource):
        for field in holder["fields"].values():
            assert field["kind"] in KINDS
            assert field["access"] in ACCESS
            assert {type(field[word]) for word in ("always", "list", "detail")} == {bool}
            assert field["kind"] != "enum" or field["choices"]


@each
def test_every_class_that_a_field_names_exists(name: str, resource: Facts, every: Facts) -> None:
    for holder in holders(resource):
        for field in holder["fields"].values():
            if field["kind"] in ("many", "embedded"):
                assert field["of"] in resource["embedded"] or field["of"] in every


@each
def test_ids_numbers_links_and_children_meet(name: str, resource: Facts, every: Facts) -> None:
    assert resource["id"] in resource["fields"] or resource.get("form") == "single"
    assert resource["number"] is None or resource["number"] in resource["fields"]
    assert resource["parent"] is None or resource["parent"] in every
    assert all(child["of"] in every for child in resource["children"].values())
    for holder in holders(resource):
        for link in holder["links"].values():
            assert link["to"] in every
            # Billing knows plans, addons and coupons by codes, which are texts.
            by_code = link["by"].endswith("_code")
            assert holder["fields"][link["by"]]["kind"] == ("text" if by_code else "id")


@each
def test_no_two_members_of_a_model_share_a_name(name: str, resource: Facts, every: Facts) -> None:
    names = [
        *resource["fields"],
        *resource["links"],
        *resource["children"],
        *resource["actions"],
    ]

    assert len(names) == len(set(names))


@each
def test_no_member_hides_one_of_the_base(name: str, resource: Facts, every: Facts) -> None:
    """A wire field called `save` or `id` would take the place of what every record has."""
    model = pytest.importorskip("zohorm.model")
    members = {*resource["fields"], *resource["links"], *resource["children"], *resource["actions"]}
    if resource["number"] == "number":
        members.remove("number")  # The number of the base reads that very member.

    assert not [member for member in members if hasattr(model.Model, member)]
    for holder in resource["embedded"].values():
        assert not [member for member in holder["fields"] if hasattr(model.Embedded, member)]


@each
def test_a_post_that_may_be_repeated_says_why(name: str, resource: Facts, every: Facts) -> None:
    for call in calls(resource):
        if call["method"] == "POST":
            assert call["repeatable"] == bool(call.get("reason"))
        elif call["method"] in ("GET", "DELETE"):
            assert call["repeatable"]


def test_goods_are_not_taken_back_twice() -> None:
    """The call says how many have come back now: a part, which might be counted again."""
    challans = load("inventory")["resources"]["DeliveryChallan"]

    assert not challans["actions"]["return_many"]["repeatable"]


@each
def test_no_call_that_mails_pays_or_creates_is_repeated(
    name: str, resource: Facts, every: Facts
) -> None:
    for call in calls(resource):
        if call["method"] == "POST" and call["repeatable"]:
            # A credit note may well be marked void twice.
            words = re.sub(r"(vendor_?|/)?credit_?notes?|vendor_credit", "", call["source"])
            assert not re.search(r"^(create|add|email|apply)|refund|portal|remind_|credit", words)


@each
def test_filters_name_known_lookups(name: str, resource: Facts, every: Facts) -> None:
    for about in resource["filters"].values():
        assert set(about["lookups"]) <= LOOKUPS
        assert about["kind"] in KINDS


@each
def test_an_action_that_sets_a_member_sets_a_known_one(
    name: str, resource: Facts, every: Facts
) -> None:
    for action in resource["actions"].values():
        for member, value in action.get("sets", {}).items():
            choices = resource["fields"][member].get("choices")
            assert choices is None or value in choices


@pytest.mark.parametrize("product", PRODUCTS)
def test_no_sentence_of_the_documents_is_in_the_facts(product: str) -> None:
    """Only our corrections hold prose: the words of `say`, `doc` and `reason`."""
    text = repr(load(product))

    assert "<code>" not in text
    assert "Allowed" not in text
    assert "Max-length" not in text


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_correction_has_reason_and_source(product: str) -> None:
    found = corrections.read(product)

    assert all(row["reason"] and row["source"] for rows in found.tables.values() for row in rows)


def test_facts_are_read_once() -> None:
    assert load("books") is load("books")


def test_unknown_products_have_no_facts() -> None:
    with pytest.raises(FileNotFoundError):
        load("payroll")
