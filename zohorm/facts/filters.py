"""Build the facts of a list's filters and sort columns from its query parameters."""

from __future__ import annotations

import re

from zohorm.facts import kinds, names
from zohorm.facts.documents import Operation, Parameter
from zohorm.facts.load import Facts

# What the wire appends to a filter's name, and the lookup that it means. A day or number alone
# says nothing of inclusion: start and end are read as inclusive, before and after as exclusive.
SUFFIXES = {
    "startswith": "startswith",
    "contains": "contains",
    "start": "gte",
    "end": "lte",
    "after": "gt",
    "before": "lt",
    "greater_than": "gt",
    "greater_equals": "gte",
    "less_than": "lt",
    "less_equals": "lte",
    "in": "in",
    "not_in": "not_in",
}

# Parameters of a list that choose or order rows in another way than a filter.
NO_FILTERS = {"page", "per_page", "sort_column", "sort_order", "response_option", "organization_id"}

# These mean "changed after this instant", never "changed at this instant".
SINCE = {"last_modified_time"}


def filters(operation: Operation, fields: dict[str, Facts]) -> dict[str, Facts]:
    """Give the filters of a list operation by the name that users write."""
    found: dict[str, Facts] = {}
    for parameter in operation.query():
        held = fields.get(parameter.name, {}).get("kind")
        # Some documents list the lines of a record among the parameters of its list.
        if parameter.name not in NO_FILTERS and held not in ("many", "embedded"):
            found[parameter.name] = _filter(parameter, fields)
    _fold_variants(found, fields)
    if "filter_by" in found and "status" not in found and "status" in fields:
        view = _status_view(found["filter_by"].get("choices", []), fields["status"])
        if view["values"]:
            found["status"] = view
    return found


def sort_columns(operation: Operation) -> list[str]:
    """Give the columns that a list can be sorted by."""
    for parameter in operation.query():
        if parameter.name == "sort_column":
            return list(kinds.choices(parameter.node))
    return []


def _filter(parameter: Parameter, fields: dict[str, Facts]) -> Facts:
    name = parameter.name
    seen = kinds.look(name, [parameter.node])
    field = fields.get(name, {})
    kind = str(field.get("kind") or kinds.kind(seen))
    if name in SINCE:
        return {"kind": "datetime", "lookups": {"gt": name}}
    found: Facts = {"kind": kind, "lookups": {"exact": name} | _variants(parameter)}
    if kind == "enum":
        found["choices"] = list(seen.choices or field.get("choices", ()))
        answered = field.get("choices")
        if answered and (unchecked := [v for v in found["choices"] if v not in answered]):
            found["unchecked"] = unchecked
    return found


def _variants(parameter: Parameter) -> dict[str, str]:
    description = str(parameter.node.get("description") or "")
    written = re.findall(rf"\b{re.escape(parameter.name)}_(\w+)", description)
    return {
        SUFFIXES[suffix]: f"{parameter.name}_{suffix}" for suffix in written if suffix in SUFFIXES
    }


def _fold_variants(found: dict[str, Facts], fields: dict[str, Facts]) -> None:
    """Take `total_less_than` for a lookup of `total`, where the record or the list knows that."""
    split = {name: _split(name) for name in found}
    bases = [base for base, suffix in split.values() if suffix]
    for name, (base, suffix) in split.items():
        if suffix and (base in found or base in fields or bases.count(base) > 1):
            about = found.pop(name)
            kind = fields.get(base, {}).get("kind", about["kind"])
            held = found.setdefault(base, {"kind": kind, "lookups": {}})
            held["lookups"][SUFFIXES[suffix]] = name


def _split(name: str) -> tuple[str, str]:
    """Split a parameter before the longest suffix that means a lookup; "" where none does."""
    words = name.split("_")
    for length in range(len(words) - 1, 0, -1):
        suffix = "_".join(words[-length:])
        if suffix in SUFFIXES:
            return "_".join(words[:-length]), suffix
    return name, ""


def _status_view(views: list[str], status: Facts) -> Facts:
    """Turn `filter_by=Status.Active` into the filter `status="active"`."""
    values = {
        names.snake_name(view.removeprefix("Status.")): view
        for view in views
        if view.startswith("Status.") and view != "Status.All"
    }
    known = status.get("choices", [])
    found: Facts = {"kind": "enum", "lookups": {"exact": "filter_by"}, "values": values}
    unchecked = [value for value in values if value not in known]
    if unchecked:
        found["unchecked"] = unchecked
    return found
