"""What a record shows: the members of a new one, and the thinner row that lists have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from zohorm.sandbox.catalogue import Field, Resource
from zohorm.sandbox.exact import Json, Row

_FIRST = ("draft", "active", "live", "open", "unbilled", "success")


def unset(field: Field) -> Json:
    """Return what an answer shows for a member that nobody set, as seen by clients."""
    if field.kind in ("many", "texts"):
        return []
    if field.kind == "embedded":
        return {}
    if field.kind == "boolean":
        return False
    if field.kind == "money":
        return Decimal(0)
    return ""


@cache
def _blank(resource: Resource, part: str | None) -> tuple[Row, Row]:
    """Return the members that a new row has, and those of them that are lists or objects."""
    fields: Mapping[str, Field] = resource.fields
    if part is not None:
        fields = resource.embedded[part].fields
    shown = (each for each in fields.values() if each.is_shown)
    # A part does not repeat the id of the record that it is in.
    row = {each.name: unset(each) for each in shown if part is None or each.name != resource.id}
    return row, {name: value for name, value in row.items() if isinstance(value, (list, dict))}


def blank(resource: Resource, part: str | None = None) -> Row:
    """Return a new record, or a new row of one of its parts, in which nothing is set."""
    template, containers = _blank(resource, part)
    made = dict(template)
    # Lists and objects are new ones each time; the other values cannot be changed.
    for name, value in containers.items():
        made[name] = [] if isinstance(value, list) else {}
    return made


def stamp(resource: Resource, row: Row, moment: dt.datetime, *, is_new: bool) -> None:
    """Write the time of a change into a record, and that of its creation into a new one.

    Most documents show instants with an offset, `2016-06-11T17:38:06-0700`; a few show days.
    """
    for name in ("created_time", "last_modified_time") if is_new else ("last_modified_time",):
        if name in row and name in resource.fields:
            is_day = resource.fields[name].kind == "date"
            row[name] = moment.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M:%S%z")


@cache
def first_status(resource: Resource) -> str:
    """Return the status of a new record, `""` if the facts name none that fits."""
    status = resource.fields.get("status")
    known = set(status.choices) if status is not None else set()
    known |= {str(each.sets.get("status")) for each in resource.operations.values()}
    return next((each for each in _FIRST if each in known), "")


@cache
def _listed(resource: Resource) -> tuple[str, ...]:
    shown = tuple(
        name
        for name, field in resource.fields.items()
        if (field.in_list or name == resource.id)
        and field.access != "write_only"
        # They are promoted to members of their own.
        and name != "custom_fields"
    )
    # Documents that show no row of a list leave only the whole record to show.
    return shown if any(field.in_list for field in resource.fields.values()) else ()


def list_row(resource: Resource, row: Row) -> Row:
    """Return the members of a record that its list shows; custom fields as members of their own."""
    listed = _listed(resource)
    short = {name: row[name] for name in listed if name in row} if listed else dict(row)
    if resource.shape.is_open:
        short.update((name, row[name]) for name in row if name not in resource.fields)
    custom_fields = row.get("custom_fields")
    for field in custom_fields if isinstance(custom_fields, list) else ():
        if isinstance(field, dict) and field.get("api_name"):
            name = str(field["api_name"])
            short[name] = field.get("value_formatted", "")
            short[f"{name}_unformatted"] = field.get("value", "")
    return short


def is_custom(field: Field) -> bool:
    """Tell whether a member lists custom fields; shipments call theirs by another name."""
    return field.name == "custom_fields" or field.of == "CustomField"


def drop_undocumented(resource: Resource, row: Row, known: frozenset[str]) -> None:
    """Take out of a record what rules made for the same resource of another product wrote.

    `known` are the members that it had before.
    """
    for name in row.keys() - known:
        del row[name]
    for name, value in row.items():
        field = resource.fields.get(name)
        # No document lists all that a custom field shows; the same in every product.
        if field is None or is_custom(field) or not isinstance(value, list):
            continue
        part = resource.embedded.get(field.of or "")
        if part is None:
            continue
        for each in value:
            if isinstance(each, dict):
                for member in each.keys() - part.fields.keys():
                    del each[member]
