"""Build the facts of one call: its path, scope, query, body, and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from zohorm.facts import kinds, members, uploads
from zohorm.facts.documents import Node, Operation, Parameter
from zohorm.facts.load import Facts
from zohorm.facts.members import CREATE, DETAIL, Member

# What every answer may hold beside the record or the rows.
ENVELOPE = {"code", "message", "page_context", "instrumentation"}
# A call of these that arrives twice leaves what it left the first time.
REPEATABLE = {"GET", "PUT", "DELETE"}
# The session adds the organization; the query adds page and order to lists.
ADDED = {"organization_id"}
# What answers with a file.
FILES = re.compile(r"/(pdf|print|attachment|receipt|image|documents/\{\w+\})$")
ORGANIZATION_HEADER = re.compile(r"X-com-zoho-\w+-organizationid", re.IGNORECASE)


def call(operation: Operation, reasons: Mapping[str, str]) -> Facts:
    """Write what is common to all calls; `reasons` tells which others may be repeated, and why."""
    facts: Facts = {"method": operation.method, "path": operation.path, "scope": operation.scope}
    facts["repeatable"] = operation.method in REPEATABLE or operation.name in reasons
    if operation.name in reasons:
        facts["reason"] = reasons[operation.name]
    filled = {*ADDED, *re.findall(r"\{(\w+)\}", operation.path)}
    query = [parameter for parameter in operation.query() if parameter.name not in filled]
    beside = uploads.beside(operation)
    facts["query"] = {p.name: _parameter(p) for p in query if p.name not in beside}
    if files := uploads.files(operation):
        facts["files"] = files
    headers = [p.name for p in operation.parameters if p.place == "header"]
    headers = [name for name in headers if not ORGANIZATION_HEADER.fullmatch(name)]
    if headers:
        facts["headers"] = headers
    return facts | {"status": operation.status, "source": operation.name}


def create(operation: Operation, reasons: Mapping[str, str]) -> Facts:
    """Write the call that makes a record; only here the members are required."""
    return call(operation, reasons) | {"required": _required(operation)}


def listing(operation: Operation, reasons: Mapping[str, str]) -> Facts:
    """Write the call that lists records; its query is told apart, as filters and columns."""
    return call(operation, reasons) | {"query": {}}


def action(
    operation: Operation, reasons: Mapping[str, str], *, on: str, key: str, list_key: str
) -> Facts:
    """Write a call that is neither create, list, get, update nor delete."""
    facts = call(operation, reasons)
    shown: dict[str, Member] = {}
    members.gather(shown, operation, operation.body, CREATE)
    beside = uploads.beside(operation)
    for name in list(shown):
        # What the path says already, or is no JSON.
        if f"{{{name}}}" in operation.path or name in beside:
            del shown[name]
    facts["body"] = {name: _argument(member) for name, member in shown.items()}
    if operation.source.resolve(operation.body or {}).get("type") == "array":
        facts["body_form"] = "list"
    elif operation.is_form and facts["body"]:
        facts["body_form"] = "parts"
    facts["required"] = [n for n in _required(operation) if f"{{{n}}}" not in operation.path]
    facts |= {"on": on, "returns": _returns(answered(operation), key, list_key)}
    if operation.method == "GET" and facts["returns"] == "nothing":
        # Whoever asks gets something, though the document shows nothing.
        facts["returns"] = "bytes" if FILES.search(operation.path) else "data"
    return facts | _answer(operation) if facts["returns"] == "data" else facts


def answered(operation: Operation) -> Node:
    """Give what an answer holds beside its envelope."""
    shown = operation.members(operation.answer)
    return {name: node for name, node in shown.items() if name not in ENVELOPE}


def _answer(operation: Operation) -> Facts:
    """Write what an answer holds that is neither a record nor rows of one: the sandbox gives it."""
    shown: dict[str, Member] = {}
    members.gather(shown, operation, operation.answer, DETAIL)
    return {"answer": {n: _argument(m) for n, m in shown.items() if n not in ENVELOPE}}


def _returns(keys: Iterable[str], key: str, list_key: str) -> str:
    keys = set(keys)
    if key and key in keys:
        return "record"
    if list_key and list_key in keys:
        return "rows"
    return "data" if keys else "nothing"


def _required(operation: Operation) -> list[str]:
    named = operation.source.resolve(operation.body or {}).get("required", [])
    known = operation.members(operation.body)
    return [name for name in named if name in known]


def _parameter(parameter: Parameter) -> Facts:
    seen = kinds.look(parameter.name, [parameter.node])
    facts: Facts = {"kind": kinds.kind(seen), "required": parameter.required}
    if facts["kind"] == "enum":
        facts["choices"] = list(seen.choices)
    return facts


def _argument(member: Member) -> Facts:
    if not member.members:
        return members.value(member)
    inner = {name: _argument(below) for name, below in member.members.items()}
    return {"kind": "many" if member.many else "embedded", "fields": inner}
