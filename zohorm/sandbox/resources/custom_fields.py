"""Custom fields: defined by their first use, named by id, API name or label.

Source: Books v3, custom fields; API name and label are seen by clients. A field has the same id and
data type in every record of its resource; the first value that it is given decides its type.
"""

from __future__ import annotations

from decimal import Decimal

from zohorm.sandbox.columns import day, instant
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.store import IDS, id_number

_SERIES = "custom field"
_TYPE_SERIES = "type of custom field"
_TYPES = ("string", "check_box", "decimal", "multiselect", "date", "date_time")


def merged(context: Context, old: Json, sent: Json) -> Json:
    """Return the custom fields of a record after a write that sent some of them."""
    kept = rows_of(old) if context.switches.custom_fields_put == "merge" else []
    made = {str(row.get("api_name")): row for row in kept}
    for row in rows_of(sent):
        name = _api_name(context, row)
        if name:
            value = row.get("value")
            made[name] = {**_definition(context, name, row), **shown(value)}
    return list[Json](made.values())


def show(row: Row) -> None:
    """Write the custom fields of a record a second time, as members of one object."""
    if "custom_field_hash" in row:
        made: Row = {}
        names = [name for name in row if name.endswith("custom_fields")]
        for field in (each for name in names for each in rows_of(row[name])):
            made[str(field["api_name"])] = field["value_formatted"]
            made[f"{field['api_name']}_unformatted"] = field["value"]
        row["custom_field_hash"] = made


def _api_name(context: Context, row: Row) -> str:
    """Return which field a row means; `""` if it does not say."""
    # Older clients call the API name the placeholder.
    name = str(row.get("api_name") or row.get("placeholder") or "")
    if name:
        return name
    if row.get("label"):
        return "cf_" + "_".join(str(row["label"]).lower().split())
    key = str(row.get("customfield_id") or "")
    # An id that no field has defines one: the sandbox has no page to define fields on.
    return _name_of(context, key) or (f"cf_{key}" if key else "")


def _definition(context: Context, name: str, row: Row) -> Row:
    key = str(row.get("customfield_id") or "") or _id_of(context, name)
    label = str(row.get("label") or name.removeprefix("cf_").replace("_", " ").title())
    return {
        "field_id": key,
        "customfield_id": key,
        "index": row.get("index") or 1,
        "label": label,
        "api_name": name,
        "placeholder": name,
        "data_type": _data_type(context, name, row.get("value")),
        "is_active": True,
        "show_on_pdf": False,
    }


def _data_type(context: Context, name: str, value: Json) -> str:
    series = f"{_TYPE_SERIES} {context.resource.table} {name}"
    number = context.store.value(context.organization_id, series)
    if not number and value not in (None, "", []):
        number = _TYPES.index(type_of(value)) + 1
        context.store.set_value(context.organization_id, series, number)
    return _TYPES[number - 1] if number else _TYPES[0]


def type_of(value: Json) -> str:
    """Return the data type that a value shows."""
    if isinstance(value, bool):
        return "check_box"
    if isinstance(value, (int, Decimal)):
        return "decimal"
    if isinstance(value, list):
        return "multiselect"
    text = str(value)
    if day(text) is not None:
        return "date"
    return "date_time" if "T" in text and instant(text) is not None else "string"


def shown(value: Json) -> Row:
    """Return the value of a custom field, as it is and as text."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, list):
        text = ", ".join(map(str, value))
    unset = value is None
    return {"value": "" if unset else value, "value_formatted": "" if unset else text}


def _series(context: Context, name: str) -> str:
    return f"{_SERIES} {context.resource.table} {name}"


def _id_of(context: Context, name: str) -> str:
    series = _series(context, name)
    count = context.store.value(context.organization_id, series)
    if not count:
        count = context.store.next_value("", IDS)
        context.store.set_value(context.organization_id, series, count)
    return id_number(count)


def _name_of(context: Context, key: str) -> str | None:
    prefix = _series(context, "")
    for series, count in context.store.series(context.organization_id, prefix):
        if id_number(count) == key:
            return series.removeprefix(prefix)
    return None
