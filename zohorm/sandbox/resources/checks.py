"""From the body of a call to the values of a record: which members count, and what they may hold.

Members that the facts do not know, and read-only ones, are ignored, but for resources of which no
member is known; a wrong value or shape is refused. The first and the last are seen by clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Field, Resource
from zohorm.sandbox.columns import day, instant
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import invalid, too_long, wrong_shape
from zohorm.sandbox.rows import unset

# What the message of code 15 says when the facts give no limit.
_LONGEST = 100
_ID = re.compile(r"[0-9A-Za-z_.-]{1,50}")


def accepted(resource: Resource, body: Row, *, part: str | None = None) -> Row:
    """Return the members of a body that count, in the form in which they are stored.

    Raises:
        Refusal: a member has a value or shape that the service refuses.
    """
    shape = resource.shape if part is None else resource.embedded[part]
    made: Row = {}
    for name, value in body.items():
        field = shape.member(name)
        if field is None or not field.in_edition:
            continue
        # The id of a row says which row is meant; that of the whole record is in the path.
        is_id = name == shape.id
        if (is_id and part is not None) or (field.is_sent and not is_id):
            made[name] = _value(resource, field, value)
    return made


def members(resource: Resource, fields: Mapping[str, Field], body: Row) -> Row:
    """Return the members of a body that an operation documents, as `accepted` does.

    Raises:
        Refusal: a member has a value or shape that the service refuses.
    """
    return {name: _value(resource, fields[name], v) for name, v in body.items() if name in fields}


def required(names: tuple[str, ...], body: Row) -> None:
    """Check that a body has the members that the operation must have.

    Raises:
        Refusal: one is missing or empty.
    """
    for name in names:
        if body.get(name) in (None, "", [], {}):
            raise invalid(label(name))


def required_query(documented: Mapping[str, Any], query: Mapping[str, str]) -> None:
    """Check that a query has the parameters that the operation must have.

    Raises:
        Refusal: one is missing or empty.
    """
    for name, facts in documented.items():
        if facts.get("required") and not query.get(name):
            raise invalid(label(name))


def label(name: str) -> str:
    """Return what messages call a member: `Customer Name` for a `customer_id`."""
    words = name.removesuffix("_id").split("_")
    text = " ".join(word.capitalize() for word in words)
    return f"{text} Name" if name == "customer_id" else text


def _value(resource: Resource, field: Field, value: Json) -> Json:
    if value is None or value == "":
        return unset(field)
    if field.kind == "json":
        return value
    if field.kind == "many":
        return _many(resource, field, value)
    if field.kind == "embedded":
        if not isinstance(value, dict):
            raise wrong_shape(field.name)
        return accepted(resource, value, part=field.of) if field.of in resource.embedded else value
    if field.kind == "texts":
        if not isinstance(value, list) or any(isinstance(each, (list, dict)) for each in value):
            raise wrong_shape(field.name)
        return [_text(field, each) for each in value]
    if isinstance(value, (list, dict)):
        raise too_long(field.name, field.max_length or _LONGEST)
    return _SINGLE.get(field.kind, _text)(field, value)


def _many(resource: Resource, field: Field, value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise wrong_shape(field.name)
    made: list[Json] = []
    for each in value:
        if not isinstance(each, dict):
            raise too_long(field.name, field.max_length or _LONGEST)
        known = field.of in resource.embedded
        made.append(accepted(resource, each, part=field.of) if known else each)
    return made


def _text(field: Field, value: Json) -> Json:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if field.max_length is not None and len(text) > field.max_length:
        raise too_long(field.name, field.max_length)
    return text


def _id(field: Field, value: Json) -> Json:
    if isinstance(value, (bool, Decimal)) or not _ID.fullmatch(str(value)):
        raise invalid(field.name)
    return str(value)


def _enum(field: Field, value: Json) -> Json:
    text = _text(field, value)
    if field.choices and text not in field.choices:
        raise invalid(field.name)
    return text


def _number(field: Field, value: Json) -> Json:
    if isinstance(value, bool):
        raise invalid(field.name)
    if isinstance(value, str):
        try:
            return exact.number_of(value.strip())
        except exact.NotJson:
            raise invalid(field.name) from None
    return Decimal(value) if isinstance(value, int) else value


def _discount(field: Field, value: Json) -> Json:
    if isinstance(value, str) and value.strip().endswith("%"):
        _number(field, value.strip().removesuffix("%"))
        return value.strip()
    return _number(field, value)


def _integer(field: Field, value: Json) -> Json:
    number = _number(field, value)
    if not isinstance(number, Decimal) or number != number.to_integral_value():
        raise invalid(field.name)
    return int(number)


def _boolean(field: Field, value: Json) -> Json:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in ("true", "false"):
        raise invalid(field.name)
    return str(value).lower() == "true"


def _date(field: Field, value: Json) -> Json:
    if not isinstance(value, str) or day(value) is None:
        raise invalid(field.name)
    return value


def _datetime(field: Field, value: Json) -> Json:
    if not isinstance(value, str) or instant(value) is None:
        raise invalid(field.name)
    return value


_SINGLE: Mapping[str, Callable[[Field, Json], Json]] = {
    "id": _id,
    "text": _text,
    "enum": _enum,
    "integer": _integer,
    "number": _number,
    "money": _number,
    "discount": _discount,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
