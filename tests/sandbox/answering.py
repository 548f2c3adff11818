"""The whole answer that the documents show for an operation, and what of one is otherwise.

Made from the facts, corrections applied: the keys of the envelope, `page_context`, the members of
records and of their parts at any depth, the elements of lists. Used by the contract tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from zohorm.sandbox.catalogue import Field, Operation, Resource, product
from zohorm.sandbox.resources.listing import is_paged

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")
_ALWAYS = {"code", "message"}
# The documents of expenses alone call the place of a line a text.
_KINDS_APART = {("Expense", "item_order"), ("RecurringExpense", "item_order")}
# Source: Books v3, pagination, and what captured pages show beside it.
_PAGE_CONTEXT: Mapping[str, type] = {
    "page": int,
    "per_page": int,
    "has_more_page": bool,
    "report_name": str,
    "applied_filter": str,
    "sort_column": str,
    "sort_order": str,
    "custom_fields": list,
}
_MAY_HAVE: Mapping[str, type] = {
    "search_criteria": list,
    "total": int,
    "total_pages": int,
    "sum_total": Decimal,
    "sum_balance": Decimal,
}


def wrong(resource: Resource, operation: Operation, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of a successful answer is not as documented."""
    if body.get("code") != 0 or not isinstance(body.get("message"), str) or not body["message"]:
        yield f"the answer begins with {dict(list(body.items())[:2])}"
    known = product(resource.product)
    assert known is not None
    shown = known.resources[operation.makes] if operation.makes is not None else resource
    kind = kind_of(operation)
    if kind == "list":
        yield from _wrong_list(shown, body)
    elif kind == "record":
        yield from _wrong_keys(body, {shown.key})
        yield from whole(shown, shown.fields, body.get(shown.key), shown.key)
    elif kind == "rows":
        paged = {"page_context"} & set(body)
        yield from _wrong_keys(body, {shown.list_key} | paged)
        if paged:
            yield from _wrong_page(body["page_context"])
        for row in _rows(body, shown.list_key):
            yield from misfits(shown, shown.fields, row, shown.list_key)
    elif kind == "data" and not operation.answer:
        return  # No document shows a member of it.
    elif kind == "data":
        yield from _wrong_keys(body, set(operation.answer))
        rest = {name: value for name, value in body.items() if name not in _ALWAYS}
        yield from whole(shown, operation.answer, rest, "the answer")
    else:
        yield from _wrong_keys(body, set())


def kind_of(operation: Operation) -> str:
    """Return what an operation answers: a list, a record, rows, data, bytes or nothing."""
    if operation.is_action or operation.returns != "nothing":
        return operation.returns
    if operation.name.startswith("list"):
        return "list"
    return "nothing" if operation.name == "delete" else "record"


def whole(
    resource: Resource, fields: Mapping[str, Field], row: object, where: str
) -> Iterator[str]:
    """Yield what is wrong with a record or part of one, members that it lacks among it."""
    if not isinstance(row, dict):
        yield f"{where} is {row!r}"
        return
    yield from misfits(resource, fields, row, where)
    for name, field in fields.items():
        if field.is_shown and field.in_detail and name not in row:
            yield f"{where} lacks {name}"


def misfits(
    resource: Resource,
    fields: Mapping[str, Field],
    row: Mapping[str, Any],
    where: str,
    *,
    is_answer: bool = True,
) -> Iterator[str]:
    """Yield what is wrong with the members that a record, or a part of one, has.

    The parts in an answer lack nothing; those in a body may leave members out.
    """
    for name, value in row.items():
        field = fields.get(name)
        if field is None:
            # The documents show few ids of rows, the service always.
            if name not in (resource.id, "address_id") and not name.startswith("cf_"):
                yield f"{where}.{name} is not documented"
        elif not _fits(field, value) and (resource.name, name) not in _KINDS_APART:
            yield f"{where}.{name} is {value!r}, documented as {field.kind}"
        else:
            yield from _inside(resource, field, value, f"{where}.{name}", is_answer=is_answer)


def _inside(
    resource: Resource, field: Field, value: Any, where: str, *, is_answer: bool
) -> Iterator[str]:
    """Yield what is wrong with the parts in a member, where the documents show any."""
    part = resource.embedded.get(field.of or "")
    fields = part.fields if part is not None else field.members
    if not fields or field.of == "CustomField":
        return
    rows = value if isinstance(value, list) else [value] if value else []
    for place, each in enumerate(rows):
        if not isinstance(each, dict):
            continue
        if is_answer:
            # A part does not repeat the id of the record that it is in.
            own = {name: found for name, found in fields.items() if name != resource.id}
            yield from whole(resource, own, each, f"{where}[{place}]")
        else:
            yield from misfits(resource, fields, each, f"{where}[{place}]", is_answer=False)


def _wrong_list(resource: Resource, body: Mapping[str, Any]) -> Iterator[str]:
    more = {"page_context"} if is_paged(resource) else set()
    yield from _wrong_keys(body, {resource.list_key} | more)
    if more:
        yield from _wrong_page(body.get("page_context"))
    rows = _rows(body, resource.list_key)
    if not rows:
        yield "the list is empty"
    shown = {
        name
        for name, field in resource.fields.items()
        if field.in_list and field.access != "write_only" and field.in_edition
    }
    for row in rows:
        yield from misfits(resource, resource.fields, row, resource.list_key)
        if resource.id not in row:
            yield f"a row lacks its id {resource.id}"
        if shown and not set(row) <= shown | {resource.id}:
            yield f"a row has {sorted(set(row) - shown)}, which lists do not show"
        if shown - {"custom_fields"} - set(row):
            yield f"a row lacks {sorted(shown - set(row))}"


def _wrong_page(context: object) -> Iterator[str]:
    if not isinstance(context, dict):
        yield f"page_context is {context!r}"
        return
    for name in _PAGE_CONTEXT:
        if name not in context:
            yield f"page_context lacks {name}"
    for name, value in context.items():
        kind = {**_PAGE_CONTEXT, **_MAY_HAVE}.get(name, type(None))
        if type(value) is not kind:
            yield f"page_context.{name} is {value!r}"


def _wrong_keys(body: Mapping[str, Any], wanted: set[str]) -> Iterator[str]:
    for name in sorted(wanted - set(body)):
        yield f"the answer lacks {name}"
    for name in sorted(set(body) - wanted - _ALWAYS):
        yield f"the answer has {name}"


def _rows(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    rows = body.get(key)
    assert isinstance(rows, list), (key, rows)
    assert all(isinstance(each, dict) for each in rows)
    return rows


def _fits(field: Field, value: Any) -> bool:
    # What nobody set is "", or an empty list or object where such a thing is due.
    if value is None or value == "":
        return field.kind not in ("many", "texts", "embedded")
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    match field.kind:
        case "money" | "number":
            return is_number
        case "discount":
            return is_number or (isinstance(value, str) and value.endswith("%"))
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and _DAY.fullmatch(value) is not None
        case "datetime":
            return isinstance(value, str) and _TIME.fullmatch(value) is not None
        case "many":
            return isinstance(value, list) and all(isinstance(each, dict) for each in value)
        case "texts":
            return isinstance(value, list) and not any(
                isinstance(each, (list, dict)) for each in value
            )
        case "embedded":
            return isinstance(value, dict)
        case "json":
            return True
        case "enum":
            return isinstance(value, str) and (not field.choices or value in field.choices)
    return isinstance(value, str)
