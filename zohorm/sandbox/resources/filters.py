"""From the query of a list call to a condition on the columns of a resource.

Parameters that the operation does not document have no effect by default, as seen by clients.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Filter, Resource
from zohorm.sandbox.columns import LINE_END, Column, columns_of, day, fold, has_values, instant, key
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json
from zohorm.sandbox.reply import invalid, too_long
from zohorm.sandbox.resources import periods
from zohorm.sandbox.store import Where
from zohorm.sandbox.switches import Switches

# What every list call may carry besides its filters.
_ALWAYS = frozenset(
    [
        "organization_id",
        "page",
        "per_page",
        "sort_column",
        "sort_order",
        "filter_by",
        "search_text",
        "response_option",
        "customview_id",
        "JSONString",
    ]
)
_SEARCH_LENGTH = 100
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@attrs.frozen
class _Parameter:
    """One wire parameter: the filter and lookup that it stands for."""

    name: str
    filter: Filter
    lookup: str


@attrs.frozen
class Chosen:
    """The rows that a list call wants, and how `page_context` reports it."""

    where: Where
    applied_filter: str
    criteria: tuple[Mapping[str, str], ...]


@cache
def parameters(resource: Resource) -> Mapping[str, _Parameter]:
    """Return the filter parameters of a resource by their wire names."""
    made: dict[str, _Parameter] = {}
    for each in resource.filters.values():
        for lookup, wire in each.lookups.items():
            if wire not in ("filter_by", "search_text"):
                made[wire] = _Parameter(wire, each, lookup)
    return made


@cache
def columns(resource: Resource) -> Mapping[str, Column]:
    """Return the columns of a resource by their names."""
    return {column.name: column for column in columns_of(resource)}


def chosen(context: Context) -> Chosen:
    """Return the condition that a list call sets.

    Raises:
        Refusal: a value is not allowed, or, in strict mode, a parameter is not known.
    """
    if context.fault == "ignore-filters":
        return Chosen(Where(), "Status.All", ())
    known = parameters(context.resource)
    documented = context.operation.query
    strict = context.switches.unknown_filter == "refuse"
    parts: list[Where] = []
    criteria: list[Mapping[str, str]] = []
    for name, text in context.query.items():
        if name == "status" and name in known:
            parts.append(_status_condition(context, known[name], text))
            criteria.append(_criterion(name, text))
        elif name in known and _is_switch(context.resource, known[name].filter):
            continue
        elif name in known:
            parts.append(_condition(context.resource, known[name], text, context.switches))
            criteria.append(_criterion(name, text))
        elif strict and name not in _ALWAYS and name not in documented:
            raise invalid(name)
    view = context.query.get("filter_by", "")
    parts.append(_view(context, view))
    parts.append(_search(context.query.get("search_text", "")))
    where = Where("".join(p.sql for p in parts), tuple(v for p in parts for v in p.values))
    return Chosen(where, view or "Status.All", tuple(criteria))


def _is_switch(resource: Resource, each: Filter) -> bool:
    """Tell whether a parameter changes what rows show, and takes none away: `include_...=true`."""
    return each.kind == "boolean" and not has_values(resource, each.row_field)


def _condition(resource: Resource, each: _Parameter, text: str, switches: Switches) -> Where:
    column = columns(resource)[f"f_{each.filter.row_field}"]
    if each.lookup in ("in", "not_in"):
        values = [_key(column, part.strip(), each.name) for part in text.split(",") if part.strip()]
        return _one_of(column, values, negated=each.lookup == "not_in")
    if each.filter.choices and fold(text) not in map(fold, each.filter.choices):
        raise invalid(each.name)
    value = _key(column, text, each.name)
    name = f'"{column.name}"'
    if each.lookup == "contains":
        return Where(f" AND instr({name}, ?) > 0", (value,))
    if each.lookup == "startswith":
        if column.holds_many:
            return Where(f" AND instr({name}, ?) > 0", (LINE_END + value,))
        return Where(f" AND substr({name}, 1, ?) = ?", (len(value), value))
    if column.holds_many:
        return Where(f" AND instr({name}, ?) > 0", (f"{LINE_END}{value}{LINE_END}",))
    where = Where(f" AND {name} {_sign(each, switches)} ?", (value,))
    is_text = column.kind in ("text", "enum") and each.lookup == "exact"
    if is_text and switches.exact_text == "match-case":
        path = f"$.{each.filter.row_field}"
        return Where(f"{where.sql} AND json_extract(body, ?) = ?", (*where.values, path, text))
    return where


def _status_condition(context: Context, each: _Parameter, text: str) -> Where:
    """Return the condition of `status=unpaid`, which may stand for several statuses."""
    if each.filter.choices and fold(text) not in each.filter.choices:
        raise invalid(each.name)
    view = "Status." + "".join(word.capitalize() for word in text.split("_"))
    member = Where(f' AND "f_{each.filter.row_field}" = ?', (fold(text),))
    return context.rules.views.get(view) or member


def _criterion(name: str, text: str) -> Mapping[str, str]:
    return {"column_name": name, "search_text": text, "comparator": "equal"}


def _sign(each: _Parameter, switches: Switches) -> str:
    """Return the comparison of a parameter; some ends are uncertain, so switches decide."""
    sign = _SIGNS[each.lookup]
    inclusive: bool | None = None
    if each.name.endswith(("_before", "_after")):
        inclusive = switches.before_after == "inclusive"
    elif each.name.endswith(("_start", "_end", ".start", ".end")):
        inclusive = switches.start_end == "inclusive"
    elif each.name == "last_modified_time":
        return ">=" if switches.last_modified == "inclusive" else ">"
    if inclusive is None or sign == "=":
        return sign
    return sign[0] + ("=" if inclusive else "")


def _one_of(column: Column, values: list[str], *, negated: bool) -> Where:
    marks = ", ".join("?" * len(values))
    name = f'"{column.name}"'
    if negated:
        return Where(f" AND ({name} IS NULL OR {name} NOT IN ({marks}))", tuple(values))
    return Where(f" AND {name} IN ({marks})", tuple(values))


def _key(column: Column, text: str, parameter: str) -> str:
    """Return text from the query in the form in which its column holds values."""
    value: Json = text
    if column.kind in ("integer", "number", "money", "discount"):
        try:
            value = exact.number_of(text.strip())
        except exact.NotJson:
            raise invalid(parameter) from None
    elif (
        (column.kind == "date" and day(text) is None)
        or (column.kind == "datetime" and instant(text) is None)
        or (column.kind == "boolean" and text.lower() not in ("true", "false"))
    ):
        raise invalid(parameter)
    found = key(column.kind, value)
    if found is None:
        raise invalid(parameter)
    return found


def _view(context: Context, view: str) -> Where:
    """Return the condition of `filter_by=Status.Sent`."""
    if view in ("", context.operation.fixed.get("filter_by")):
        return Where()  # What is fixed tells the resource, whose rows are all meant.
    views = {**_views(context.resource), **context.rules.views}
    if context.switches.filter_by_case == "ignore-case":
        views = {fold(name): where for name, where in views.items()}
        view = fold(view)
    if view in views:
        return views[view]
    found = periods.condition(context, view)
    if found is None:
        raise invalid("filter_by")
    return found


@cache
def _views(resource: Resource) -> Mapping[str, Where]:
    """Return the views of a resource: one per status and those of its facts."""
    made: dict[str, Where] = {"Status.All": Where()}
    status = resource.fields.get("status")
    for name in status.choices if status is not None else ():
        camel = "".join(word.capitalize() for word in name.split("_"))
        made[f"Status.{camel}"] = _status(name)
    each = resource.filters.get("status")
    if each is not None:
        made.update({view: _status(value) for view, value in each.views.items()})
    documented = resource.filters.get("filter_by")
    for name in documented.choices if documented is not None else ():
        made.setdefault(name, _family(resource, name))
    return made


def _family(resource: Resource, view: str) -> Where:
    """Return the condition of a view that is no status: `PaymentMode.Cash`, `AccountType.All`."""
    family, _, value = view.partition(".")
    member, wanted = _snake(family), _snake(value)
    if wanted == "all":
        return Where()
    if member not in resource.fields:
        # A documented view of something that the sandbox does not keep has no rows.
        return Where(" AND 0")
    path = f"$.{member}"
    return Where(" AND replace(lower(json_extract(body, ?)), ' ', '_') = ?", (path, wanted))


def _snake(words: str) -> str:
    return _CAPITAL.sub("_", words).lower()


def _status(value: str) -> Where:
    return Where(' AND "f_status" = ?', (fold(value),))


def _search(text: str) -> Where:
    if not text:
        return Where()
    if len(text) > _SEARCH_LENGTH:
        raise too_long("search_text", _SEARCH_LENGTH)
    return Where(' AND instr("search", ?) > 0', (fold(text),))
