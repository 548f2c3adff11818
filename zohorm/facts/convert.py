"""Make the facts of one product from the vendor's documents and our corrections."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from zohorm.facts import documents, filters, kinds, members, names, places
from zohorm.facts.corrections import Corrections, apply
from zohorm.facts.documents import Node, Operation
from zohorm.facts.load import Facts
from zohorm.facts.members import CREATE, DETAIL, ROW, UPDATE, FieldWriter, Member

# What every answer may hold beside the record or the rows.
ENVELOPE = {"code", "message", "page_context", "info", "errors"}
REPEATABLE = {"GET", "PUT", "DELETE"}
ORGANIZATION = "organization_id"


@attrs.define
class Resource:
    """The operations of one resource, before its facts are written."""

    name: str
    path: str
    roles: dict[str, Operation] = attrs.field(factory=dict)
    actions: dict[str, tuple[Operation, str]] = attrs.field(factory=dict)


def convert(directory: Path, corrections: Corrections) -> Facts:
    """Make the facts of a product from a folder of OpenAPI documents."""
    return Converter(corrections).facts(documents.read(directory))


class Converter:
    """Turns documented operations into facts; the corrections name and mend them."""

    def __init__(self, corrections: Corrections) -> None:
        self._corrections = corrections
        self._classes = corrections.merged("class", "names")
        self._links = corrections.merged("link", "to")
        self._repeatable = corrections.reasons("repeatable")

    def facts(self, operations: list[Operation]) -> Facts:
        """Write the facts of all operations."""
        resources = {
            resource.name: self._resource(resource) for resource in self._sort(operations)
        }
        self._add_children(resources)
        apply(resources, self._corrections)
        for resource in resources.values():
            complete(resource)
        self._add_links(resources)
        return self._corrections.product | {"resources": resources}

    def _sort(self, operations: list[Operation]) -> Iterable[Resource]:
        declared = {row["path"]: row["name"] for row in self._corrections.rows("resource")}
        known = places.collections(operations) | declared
        given = self._corrections.merged("action", "names")
        misled = {
            operation: row
            for row in self._corrections.rows("place")
            for operation in row["operations"]
        }
        # A declared resource may have no document in this folder; then it has no facts either.
        found = {name: Resource(name, path) for path, name in (declared | known).items()}
        for operation in operations:
            place = places.place(operation, known, given)
            if operation.name in misled:
                row = misled[operation.name]
                role = row.get("role", "")
                action = "" if role else given.get(operation.name) or place.action
                place = places.Place(row["resource"], role, action, row.get("on", "record"))
            resource = found[place.resource]
            if place.role:
                resource.roles[place.role] = operation
            else:
                resource.actions[place.action] = (operation, place.on)
        return [r for r in found.values() if r.roles or r.actions]

    def _resource(self, resource: Resource) -> Facts:
        single, rows = _keys(resource.roles)
        shown: dict[str, Member] = {}
        for role, place in (("get", DETAIL), ("create", DETAIL), ("update", DETAIL)):
            if (operation := resource.roles.get(role)) is not None:
                node = operation.members(operation.answer).get(single)
                members.gather(shown, operation, node, place)
        if (listing := resource.roles.get("list")) is not None:
            node = listing.members(listing.answer).get(rows)
            members.gather(shown, listing, node, ROW)
        for role, place in (("create", CREATE), ("update", UPDATE)):
            if (operation := resource.roles.get(role)) is not None:
                members.gather(shown, operation, operation.body, place)
        writer = FieldWriter(lambda field: self._class_of(resource.name, field))
        fields = writer.fields(shown)
        row = self._row(resource.name)
        identity = row.get("id") or _identity(resource)
        if identity in fields:
            fields[identity] |= {"access": "read_only", "kind": "id"}
        number = f"{names.snake_name(resource.name)}_number"
        source = next(iter([*resource.roles.values(), *(op for op, _ in resource.actions.values())]))
        return {
            "doc": row.get("doc", ""),
            "path": resource.path,
            "key": single or names.singular(rows),
            "list_key": rows,
            "other_keys": [],
            "id": identity,
            "number": row.get("number", number if number in fields else None),
            "parent": row.get("parent"),
            "source": f"{self._corrections.product['title']}, {source.document.lower()}",
            "operations": {role: self._operation(op) for role, op in resource.roles.items()},
            "fields": fields,
            "embedded": writer.embedded,
            "links": {},
            "filters": filters.filters(listing, fields) if listing else {},
            "sort": filters.sort_columns(listing) if listing else [],
            "counts": any(p.name == "response_option" for p in listing.query()) if listing else False,
            "actions": {
                name: self._action(operation, on, single, rows)
                for name, (operation, on) in resource.actions.items()
            },
            "children": {},
        }

    def _row(self, name: str) -> Facts:
        return next((r for r in self._corrections.rows("resource") if r["name"] == name), {})

    def _class_of(self, resource: str, field: str) -> str:
        default = names.class_name(names.singular(field))
        if field.endswith("_address"):
            default = "Address"
        return self._classes.get(f"{resource}.{field}") or self._classes.get(field) or default

    def _operation(self, operation: Operation) -> Facts:
        repeatable = operation.method in REPEATABLE or operation.name in self._repeatable
        facts: Facts = {
            "method": operation.method,
            "path": operation.path,
            "scope": operation.scope,
            "repeatable": repeatable,
        }
        if operation.name in self._repeatable:
            facts["reason"] = self._repeatable[operation.name]
        skipped = {ORGANIZATION, *filters.NO_FILTERS} if operation.method == "GET" else {ORGANIZATION}
        query = [p for p in operation.query() if p.name not in skipped]
        files = [p.name for p in query if p.node.get("format") == "binary"]
        facts["query"] = {p.name: _parameter(p) for p in query if p.name not in files}
        if operation.method == "POST" and operation.body is not None:
            required = operation.source.resolve(operation.body).get("required", [])
            body = operation.members(operation.body)
            facts["required"] = [name for name in required if name in body]
        if files:
            facts["files"] = files
        return facts | {"status": operation.status, "source": operation.name}

    def _action(self, operation: Operation, on: str, single: str, rows: str) -> Facts:
        facts = self._operation(operation)
        shown: dict[str, Member] = {}
        members.gather(shown, operation, operation.body, CREATE)
        files = [name for name, node in operation.members(operation.body).items()
                 if node.get("format") == "binary"]
        for name in files:
            del shown[name]
        if files:
            facts["files"] = [*facts.get("files", []), *files]
        facts["body"] = {name: _body_field(member) for name, member in shown.items()}
        body = operation.source.resolve(operation.body or {})
        facts["required"] = [name for name in body.get("required", []) if name in shown]
        if body.get("type") == "array":
            facts["body_form"] = "list"
        keys = set(operation.members(operation.answer)) - ENVELOPE
        returns = "data" if keys else "nothing"
        if single and single in keys:
            returns = "record"
        if rows and rows in keys:
            returns = "rows"
        return facts | {"on": on, "returns": returns}

    def _add_children(self, resources: dict[str, Facts]) -> None:
        paths = {facts["path"]: name for name, facts in resources.items()}
        for name, facts in resources.items():
            above, separator, last = facts["path"].rpartition("/")
            owner = above.rpartition("/{")[0]
            if not separator or owner not in paths:
                continue
            parent = resources[paths[owner]]
            facts["parent"] = paths[owner]
            accessor = self._row(name).get("child") or last
            if accessor in parent["fields"]:
                accessor = f"list_{accessor}"
            parent["children"][accessor] = {"of": name}

    def _add_links(self, resources: dict[str, Facts]) -> None:
        """Link `x_id` to the resource that it names, where a record can be got by that id alone."""
        known = {
            names.snake_name(name): name
            for name, facts in resources.items()
            if "get" in facts["operations"] and not facts["parent"]
        }
        for facts in resources.values():
            for holder in (facts, *facts["embedded"].values()):
                holder["links"] = {}
                for field, about in holder["fields"].items():
                    noun = field.removesuffix("_id")
                    target = self._links.get(field, known.get(noun))
                    if about["kind"] != "id" or field == holder["id"] or target not in resources:
                        continue
                    if noun not in holder["fields"] and noun not in facts["children"]:
                        holder["links"][noun] = {"by": field, "to": target}


def _keys(roles: dict[str, Operation]) -> tuple[str, str]:
    """Find the key of one record and the key of rows in the answers."""
    single = rows = ""
    for role in ("get", "update", "create"):
        if not single and role in roles:
            single = next(iter(_answer(roles[role])), "")
    if "list" in roles:
        shown = _answer(roles["list"])
        rows = next((name for name, node in shown.items() if node.get("type") == "array"), "")
    return single, rows


def _answer(operation: Operation) -> Node:
    shown = operation.members(operation.answer)
    return {name: node for name, node in shown.items() if name not in ENVELOPE}


def _identity(resource: Resource) -> str:
    for operation in resource.roles.values():
        last = operation.path.rpartition("/")[2]
        if last.startswith("{"):
            return last.strip("{}")
    return f"{names.snake_name(resource.name)}_id"


def _parameter(parameter: documents.Parameter) -> Facts:
    seen = kinds.look(parameter.name, [parameter.node])
    facts: Facts = {"kind": kinds.kind(seen), "required": parameter.required}
    if facts["kind"] == "enum":
        facts["choices"] = list(seen.choices)
    return facts


def _body_field(member: Member) -> Facts:
    seen = kinds.look(member.name, member.every_node())
    facts: Facts = {"kind": kinds.kind(seen)}
    if member.members:
        facts["kind"] = "many" if member.many else "embedded"
        facts["fields"] = {name: _body_field(inner) for name, inner in member.members.items()}
    lengths = [length for node in member.every_node() if (length := kinds.max_length(node))]
    if lengths and facts["kind"] == "text":
        facts["max_length"] = lengths[0]
    if facts["kind"] == "enum":
        facts["choices"] = list(seen.choices)
    return facts


def complete(resource: Facts) -> None:
    """Fill in what a correction that adds a field or an operation need not say."""
    for holder in (resource, *resource["embedded"].values()):
        for name, field in holder["fields"].items():
            plain = {"kind": "text", "access": "plain", "always": False, "list": False}
            holder["fields"][name] = plain | {"detail": True} | field
