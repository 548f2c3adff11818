"""Decide which resource an operation belongs to, and as what: its create, its list, an action."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

from zohorm.facts import calls, names
from zohorm.facts.documents import Operation

# The role of a call on the collection itself, and of one on `collection/{id}`.
ON_COLLECTION = {"POST": "create", "GET": "list", "PUT": "upsert"}
# The role of a call on a record that is there once: its path holds no id.
ON_SINGLE = {"POST": "create", "GET": "get", "PUT": "update", "DELETE": "delete"}
ON_RECORD = {"GET": "get", "PUT": "update", "DELETE": "delete"}
# First steps of a path that gather collections and are none themselves.
GROUPS = {"settings"}


@attrs.frozen
class Place:
    """Where one operation goes: a role such as "create", or else an action on record or class."""

    resource: str
    role: str = ""
    on: str = "record"


def template(path: str) -> str:
    """Give the path with nameless parameters, to compare it: /invoices/{}/comments."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def owner(path: str, known: Mapping[str, str]) -> str | None:
    """Give the resource that a collection lies below: the nearest whose record its path names.

    `known` gives resources by the templates of their paths.
    """
    steps = template(path).split("/")
    for end in range(len(steps) - 1, 0, -1):
        above = known.get("/".join(steps[:end]))
        if above is not None and steps[end] == "{}":
            return above
    return None


def under(above: str, path: str) -> str:
    """Give a path with the names that ids have in the path above it, if it lies below that."""
    steps, named = path.split("/"), above.split("/")
    start = "/".join(steps[: len(named)])
    return "/".join([*named, *steps[len(named) :]]) if template(start) == template(above) else path


def collections(operations: Iterable[Operation]) -> dict[str, str]:
    """Guess the resource of each collection from the paths; the corrections name them better."""
    found: dict[str, str] = {}
    for operation in operations:
        steps = operation.path.strip("/").split("/")
        own = steps[1:] if steps[0] in GROUPS else steps
        last = steps[-1]
        if last.startswith("{") and len(own) > 1 and not steps[-2].startswith("{"):
            found["/".join(steps[:-1])] = _name(steps[:-1], last.strip("{}").removesuffix("_id"))
        elif (operation.method == "POST" and len(own) == 1) or (
            operation.method == "GET" and len(own) in (1, 3) and _has_rows(operation)
        ):
            found.setdefault("/".join(steps), _name(steps, names.singular(last)))
    return found


def _name(steps: list[str], noun: str) -> str:
    owner = steps[-2] if len(steps) > 2 and steps[-2].startswith("{") else ""
    own = names.class_name(noun)
    parent = names.class_name(owner.strip("{}").removesuffix("_id"))
    return own if own.startswith(parent) else parent + own


def _has_rows(operation: Operation) -> bool:
    rows = (n for n in calls.answered(operation).values() if n.get("type") == "array")
    return any(operation.members(node) for node in rows)


def place(operation: Operation, known: Mapping[str, str]) -> Place:
    """Place an operation by its path; `known` gives the resource of a collection's path."""
    path = template(operation.path)
    starts = {template(f"/{collection}"): resource for collection, resource in known.items()}
    if path in starts and operation.method in ON_COLLECTION:
        return Place(starts[path], ON_COLLECTION[operation.method])
    above = path.removesuffix("/{}")
    if above != path and above in starts and operation.method in ON_RECORD:
        return Place(starts[above], ON_RECORD[operation.method])
    # Some actions are documented under the singular: /invoice/{}/customfields.
    plural = re.sub(r"^/(\w+)", r"/\1s", path)
    forms = [(s, form) for form in (path, plural) for s in starts if f"{form}/".startswith(s + "/")]
    start, form = max(forms, default=("", path), key=lambda found: len(found[0]))
    on = "record" if form.startswith(start + "/{}") else "class"
    return Place(starts.get(start, ""), on=on)


def action_name(operation: str, noun: str) -> str:
    """Give the Python name of an action: mark_invoice_sent -> mark_sent, get_x_email -> email."""
    operation = names.operation_name(operation)
    return names.without(operation, noun).removeprefix("get_") or operation
