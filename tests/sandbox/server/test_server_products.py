"""Every documented operation of every product, called once: its answer has the documented shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from answering import kind_of, wrong
from walking import MODULE, Walker, exact

from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Operation, Resource, catalogue
from zohorm.sandbox.columns import has_values
from zohorm.sandbox.resources.listing import is_paged

ALL = [
    pytest.param(name, resource, operation, id=f"{name}-{resource.name}-{operation.name}")
    for name, product in catalogue().items()
    for resource, operation in product.operations()
    # Invoices answer on the path of their list.
    if (resource.name, operation.name) != ("CustomerDebitNote", "list")
]
# Their writes answer a list of one, and their members are those of the module.
ANSWERED_APART = ("CustomModuleRecord",)
CHILDREN = [
    each
    for each in ALL
    if each.values[1].parent is not None
    and any(f"{{{name}}}" in each.values[2].path for name in each.values[1].parent_params)
]


@pytest.fixture(scope="module")
def walkers() -> Iterator[dict[str, Walker]]:
    """A walker per product, all on one sandbox without limits."""
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=10**6, per_day=10**6)
        yield {name: Walker(sandbox, name) for name in catalogue()}


@pytest.mark.parametrize(("product", "resource", "operation"), ALL)
def test_an_operation_answers_in_its_documented_shape(
    walkers: dict[str, Walker], product: str, resource: Resource, operation: Operation
) -> None:
    answer = walkers[product].walk(resource, operation)

    assert answer.status_code == operation.status, answer.text
    if operation.returns == "bytes":
        assert answer.content.startswith(b"%PDF")
        return
    body = exact(answer)
    assert body["code"] == 0, body
    if resource.name not in ANSWERED_APART:
        assert list(wrong(resource, operation, body)) == []


def test_exceptions_to_the_contract_are_as_few_as_these() -> None:
    """Of these no document shows a member of the answer, so only code and message are checked."""
    unknown = {
        (name, resource.name, operation.name)
        for name, product in catalogue().items()
        for resource, operation in product.operations()
        if kind_of(operation) == "data" and not operation.answer
    }

    assert unknown == {
        ("books", "BaseCurrencyAdjustment", "affected_accounts"),
        ("books", "Bill", "draft_from_purchase_orders"),
        ("books", "PurchaseOrder", "email_content"),
        ("inventory", "Bill", "details_for_landed_costs_many"),
        ("subscriptions", "Subscription", "scheduled_changes"),
    }


@pytest.mark.parametrize(("product", "resource", "operation"), CHILDREN)
def test_a_child_of_an_unknown_parent_does_not_exist(
    walkers: dict[str, Walker], product: str, resource: Resource, operation: Operation
) -> None:
    walker = walkers[product]
    path = re.sub(r"\{\w+\}", "4815000000099999999", operation.path)
    ids = dict.fromkeys(re.findall(r"\{(\w+)\}", operation.path), "4815000000099999999")
    query = walker.query(resource, operation, {resource.id: "4815000000099999999", **ids})
    body = walker.body(resource, operation, {resource.id: "4815000000099999999", **ids})

    answer = walker.call(operation, path, query=query, json=body or None)

    assert (answer.status_code, answer.json()["code"]) == (404, 1002), answer.text


@pytest.mark.parametrize("product", list(catalogue()))
def test_a_path_refuses_methods_that_it_does_not_have(
    walkers: dict[str, Walker], product: str
) -> None:
    walker = walkers[product]
    for _, operation in walker.product.operations():
        path = re.sub(r"\{\w+\}", MODULE, operation.path)
        wrong_method = Operation(
            name="x",
            method="PATCH",
            path=path,
            scope="",
            status=200,
            is_action=True,
            source="x",
            version=operation.version,
        )
        answer = walker.call(wrong_method, path, query={})
        assert (answer.status_code, answer.json()["code"]) == (405, 37)


@pytest.mark.parametrize("product", list(catalogue()))
def test_an_unknown_path_of_a_product_is_404_with_code_5(
    walkers: dict[str, Walker], product: str
) -> None:
    walker = walkers[product]
    _, operation = next(walker.product.operations())

    answer = walker.call(operation, "/nothing/of/the/kind", query={})

    assert (answer.status_code, answer.json()["code"]) == (404, 5)


RESOURCES = [
    pytest.param(name, resource, id=f"{name}-{resource.name}")
    for name, product in catalogue().items()
    for resource in product.resources.values()
    if resource.name not in (*ANSWERED_APART, "CustomerDebitNote")
]
LISTS = [each for each in RESOURCES if "list" in each.values[1].operations]
WHOLE = [
    each
    for each in RESOURCES
    if {"create", "get"} <= set(each.values[1].operations)
    # Those without an id in their path are there from the start.
    and "{" in each.values[1].operations["get"].path
]


@pytest.mark.parametrize(("product", "resource"), WHOLE)
def test_a_record_is_created_read_changed_and_deleted(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    operations = resource.operations
    created = exact(walker.walk(resource, operations["create"]))[resource.key]
    key = str(created[resource.id])
    stored = walker.sandbox.rows(resource.name, product=product)
    assert key in [str(row[resource.id]) for row in stored]
    if resource.parent is not None:
        return
    read = walker.send(operations["get"], {resource.id: key})
    assert exact(read)[resource.key] == created
    if "delete" in operations:
        assert walker.send(operations["delete"], {resource.id: key}).status_code == 200
        gone = walker.send(operations["get"], {resource.id: key})
        assert (gone.status_code, gone.json()["code"]) == (404, 1002)


@pytest.mark.parametrize(("product", "resource"), LISTS)
def test_every_documented_filter_finds_its_row(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    ids = walker.stored(resource)
    operation = resource.operations["list"]
    stored = walker.sandbox.rows(resource.name, product=product)
    [row] = [each for each in stored if each[resource.id] == ids[resource.id]]
    missed = []
    for each in resource.filters.values():
        value = row.get(each.row_field)
        wire = each.lookups.get("exact")
        if wire in (None, "filter_by", "search_text", "page", "per_page") or value in (None, ""):
            continue
        if isinstance(value, list | dict):
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        answer = walker.send(operation, ids, query={str(wire): text})
        assert answer.status_code == 200, (wire, text, answer.text)
        found = [one[resource.id] for one in answer.json()[resource.list_key]]
        if ids[resource.id] not in found:
            missed.append((wire, text))
    assert missed == []


SETTING = [
    each
    for each in ALL
    if each.values[2].sets and each.values[2].on == "record" and each.values[2].is_action
]


@pytest.mark.parametrize(("product", "resource", "operation"), SETTING)
def test_an_action_sets_what_the_documents_say(
    walkers: dict[str, Walker], product: str, resource: Resource, operation: Operation
) -> None:
    walker = walkers[product]
    known = {row[resource.id] for row in walker.sandbox.rows(resource.name, product=product)}

    assert walker.walk(resource, operation).status_code == operation.status

    rows = walker.sandbox.rows(resource.name, product=product)
    [row] = [each for each in rows if each[resource.id] not in known][-1:]
    for name, value in operation.sets.items():
        if name in resource.fields and resource.fields[name].is_shown:
            assert row[name] == value


@pytest.mark.parametrize(("product", "resource"), LISTS)
def test_every_documented_sort_orders_the_rows_both_ways(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    ids = [walker.stored(resource) for _ in range(3)][-1]
    operation = resource.operations["list"]
    if not is_paged(resource):
        return
    for column in resource.sort:
        ways = []
        for order in ("A", "D"):
            query = {"sort_column": column, "sort_order": order}
            answer = walker.send(operation, ids, query=query)
            assert answer.status_code == 200, (column, answer.text)
            page = answer.json()["page_context"]
            assert (page["sort_column"], page["sort_order"]) == (column, order)
            ways.append([row[resource.id] for row in answer.json()[resource.list_key]])
        assert len(ways[0]) >= 3
        assert ways[0] == ways[1][::-1], column


@pytest.mark.parametrize(("product", "resource"), LISTS)
def test_every_documented_filter_keeps_other_rows_out(
    walkers: dict[str, Walker], product: str, resource: Resource
) -> None:
    walker = walkers[product]
    ids = walker.stored(resource)
    operation = resource.operations["list"]
    let_in = []
    for each in resource.filters.values():
        wire = each.lookups.get("exact")
        value = _ELSE.get(each.kind)
        is_view = wire in (None, "filter_by", "search_text", "page", "per_page")
        if is_view or value is None or each.choices or not has_values(resource, each.row_field):
            continue
        answer = walker.send(operation, ids, query={str(wire): value})
        assert answer.status_code == 200, (wire, value, answer.text)
        if answer.json()[resource.list_key]:
            let_in.append(wire)
    assert let_in == []


# What no stored row has.
_ELSE = {"text": "no row has this", "money": "987654.25", "number": "987654.25", "id": "1"}
_ELSE |= {"integer": "987654", "date": "1999-12-31"}
