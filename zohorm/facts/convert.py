"""Make the facts of one product from the vendor's documents and our corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import attrs

from zohorm.facts import calls, documents, filters, finishing, members, names, places
from zohorm.facts.corrections import Corrections, Misfit, Stale, apply
from zohorm.facts.documents import Node, Operation
from zohorm.facts.likeness import Likeness
from zohorm.facts.load import Facts
from zohorm.facts.members import CREATE, DETAIL, ROW, UPDATE, FieldWriter, Member
from zohorm.facts.places import Place

T = TypeVar("T")


@attrs.define
class Resource:
    """The operations of one resource, before its facts are written."""

    name: str
    path: str
    roles: dict[str, Operation] = attrs.field(factory=dict)
    actions: dict[str, tuple[Operation, str]] = attrs.field(factory=dict)

    @property
    def first(self) -> Operation:
        """Give some operation: all of them stand in the same document."""
        return next(iter([*self.roles.values(), *(op for op, _ in self.actions.values())]))

    def enter(self, operation: Operation, place: Place, name: str) -> Operation | None:
        """Take an operation in its role, or as the action `name`; give the one it would hide."""
        if place.role:
            held = self.roles.setdefault(place.role, operation)
        else:
            held, _ = self.actions.setdefault(name, (operation, place.on))
        return None if held is operation else held

    def keys(self, identity: str) -> tuple[str, str]:
        """Find the key of one record and the key of rows in the answers."""
        single = rows = ""
        for role in ("get", "update", "create"):
            if not single and role in self.roles:
                shown = calls.answered(self.roles[role])
                # A record that is shown without a key has its id beside the code.
                single = "" if identity in shown else next(iter(shown), "")
        if "list" in self.roles:
            shown = calls.answered(self.roles["list"])
            arrays = (name for name, node in shown.items() if node.get("type") == "array")
            objects = (name for name, node in shown.items() if node.get("type") == "object")
            # Where no array is shown, one row stands for all of them.
            rows = next(arrays, "") or next(objects, "")
        return single or names.singular(rows), rows

    def identity(self) -> str:
        """Give the name of the id member, which the paths hold."""
        for operation in self.roles.values():
            last = operation.path.rpartition("/")[2]
            if last.startswith("{"):
                return last.strip("{}")
        return f"{names.snake_name(self.name)}_id"


def convert(directory: Path, corrections: Corrections) -> Facts:
    """Make the facts of a product from a folder of OpenAPI documents.

    Files that the corrections do not declare are left out; `documents.files` tells which.

    Raises:
        Misfit: a declared file is not there, or an operation in one belongs to no resource.
        Stale: corrections that change nothing.
    """
    chosen, others = documents.files(directory, corrections.documents())
    product = corrections.product.get("product", "")
    read = [documents.read(paths, product) for paths in (chosen, others)]
    return Converter(corrections).facts(*read)


class Converter:
    """Turns documented operations into facts; the corrections name and mend them."""

    def __init__(self, corrections: Corrections) -> None:
        self._corrections = corrections
        self._declared = {row["name"]: row for row in corrections.rows("resource")}
        self._classes = corrections.merged("class", "names")
        self._reasons = corrections.reasons("repeatable")
        self._like = Likeness(corrections)

    def facts(self, operations: list[Operation], others: Iterable[Operation] = ()) -> Facts:
        """Write the facts of all operations; of `others`, say only that they are documented."""
        reasons = self._left_out(operations)
        offered = [each for each in operations if not _told(each, reasons)]
        found = self._sort([*offered, *documents.declared(self._declared.values())])
        resources = {resource.name: self._resource(resource) for resource in found}
        self._add_children(resources)
        for name, resource in resources.items():
            finishing.tell_parts_apart(name, resource, resources, self._classes)
        apply(resources, self._corrections)
        for resource in resources.values():
            finishing.complete(resource, set(resources))
        finishing.add_links(resources, self._corrections.merged("link", "to"))
        about: Facts = {
            "documented": _documented([*operations, *others]),
            "left_out": {op.call: why for op in operations if (why := _told(op, reasons))},
        }
        return self._corrections.product | about | {"resources": resources}

    def _left_out(self, operations: Iterable[Operation]) -> dict[str, str]:
        """Give the reason of each operation that nothing offers, by its name or call."""
        reasons = self._corrections.reasons("leave_out")
        known = {name for operation in operations for name in (operation.name, operation.call)}
        if stale := sorted(set(reasons) - known):
            raise Stale(f"these are left out but not documented: {', '.join(stale)}")
        return reasons

    def _sort(self, operations: list[Operation]) -> list[Resource]:
        """Give each operation to its resource."""
        declared = {
            row["path"]: name for name, row in self._declared.items() if "document" not in row
        }
        sister = self._like.collections(operations)
        # The sister's first: one name may be guessed for two paths.
        known = sister | places.collections(operations) | sister | declared
        # Declared first: a declared path stands for what the paths alone would guess.
        found = {name: Resource(name, row["path"]) for name, row in self._declared.items()}
        for path, name in known.items():
            found.setdefault(name, Resource(name, path))
        given = self._corrections.merged("action", "names")
        misled = self._misled()
        lost: list[str] = []
        hidden: list[str] = []
        for operation in operations:
            place = (
                _told(operation, misled)
                or self._like.place(operation)
                or places.place(operation, known | self._declared_in(operation.file))
            )
            place = self._single(operation, place)
            if place.resource not in found:
                lost.append(operation.path)
                continue
            noun = names.snake_name(place.resource)
            name = (
                _told(operation, given)
                or self._like.action_name(operation)
                or places.action_name(operation.name, noun)
            )
            if first := found[place.resource].enter(operation, place, name):
                hidden.append(f"{first.name} by {operation.name}")
        if lost:
            raise Misfit(f"no resource has these: declare it or add a place: {', '.join(lost)}")
        if hidden:
            raise Misfit(f"one would hide the other: name or place them: {', '.join(hidden)}")
        # A declared resource without a document in this folder has no facts either.
        return [resource for resource in found.values() if resource.roles or resource.actions]

    def _declared_in(self, document: str) -> dict[str, str]:
        """Give the resources that one document alone shows, by path."""
        rows = self._declared.values()
        return {row["path"]: row["name"] for row in rows if row.get("document") == document}

    def _single(self, operation: Operation, place: Place) -> Place:
        """Take the calls on the path of a record that is there once for its own."""
        row = self._declared.get(place.resource, {})
        if row.get("form") == "single" and operation.path == f"/{row['path']}":
            return Place(place.resource, places.ON_SINGLE[operation.method])
        return place

    def _misled(self) -> dict[str, Place]:
        return {
            operation: Place(row["resource"], row.get("role", ""), row.get("on", "record"))
            for row in self._corrections.rows("place")
            for operation in row["operations"]
        }

    def _resource(self, resource: Resource) -> Facts:
        declared = self._declared.get(resource.name, {})
        is_single = declared.get("form") == "single"
        identity = "" if is_single else declared.get("id") or resource.identity()
        key, list_key = resource.keys(identity)
        writer = FieldWriter(lambda field: self._class_of(resource.name, field))
        fields = writer.fields(_gathered(resource, key, list_key, identity))
        if identity in fields:
            fields[identity] |= {"access": "read_only", "kind": "id"}
        number = declared.get("number", f"{names.snake_name(resource.name)}_number")
        facts = {
            "doc": declared.get("doc", ""),
            "path": resource.path,
            "key": key,
            "list_key": list_key,
            "other_keys": [],
            "id": identity or None,
            "number": number if number in fields else None,
            "parent": None,
            "source": f"{self._corrections.product['title']}, {resource.first.document.lower()}",
            "operations": self._operations(resource),
            "fields": fields,
            "embedded": writer.embedded,
            "links": {},
            **_lists(resource.roles.get("list"), fields),
            "actions": {
                name: calls.action(operation, self._reasons, on=on, key=key, list_key=list_key)
                for name, (operation, on) in resource.actions.items()
            },
            "children": {},
            **({"form": declared["form"]} if "form" in declared else {}),
        }
        if "operations" in declared:
            facts |= {"source": declared["source"], "undocumented": True}
        self._like.complete(facts, resource.roles.get("list"))
        finishing.name_ids_in_paths(facts)
        return facts

    def _class_of(self, resource: str, field: str) -> str:
        default = names.class_name(names.singular(field))
        if field.endswith("_address"):
            default = "Address"
        return self._named(resource, field) or default

    def _named(self, resource: str, field: str) -> str | None:
        """Give the class that the corrections name for a field."""
        return self._classes.get(f"{resource}.{field}") or self._classes.get(field)

    def _operations(self, resource: Resource) -> Facts:
        writers = {"create": calls.create, "list": calls.listing}
        return {
            role: writers.get(role, calls.call)(operation, self._reasons)
            for role, operation in resource.roles.items()
        }

    def _add_children(self, resources: dict[str, Facts]) -> None:
        """Hang each resource whose path goes through another's record below that one."""
        paths = {
            places.template(facts["path"]): name
            for name, facts in resources.items()
            if "document" not in self._declared.get(name, {})
        }
        # Those above first, for their ids stand in the paths of those below.
        for name, facts in sorted(resources.items(), key=lambda found: found[1]["path"].count("{")):
            owner = places.owner(facts["path"], paths)
            if owner is None:
                continue
            facts["parent"] = owner
            parent = resources[owner]
            accessor = (
                self._declared.get(name, {}).get("child")
                or self._like.accessor(facts["path"])
                or facts["path"].rpartition("/")[2]
            )
            finishing.name_ids_above(facts, parent)
            if accessor in parent["fields"]:
                accessor = f"list_{accessor}"
            parent["children"][accessor] = {"of": name}


def _told(operation: Operation, table: Mapping[str, T]) -> T | None:
    """Give what a table of corrections tells of an operation, by its verb and path or its name."""
    return table.get(operation.call) or table.get(operation.name)


def _documented(operations: Iterable[Operation]) -> Facts:
    """List every operation by its document and its call, for the check that each is reachable."""
    found: Facts = {}
    for operation in operations:
        found.setdefault(operation.document, {})[operation.call] = operation.name
    return found


def _gathered(resource: Resource, key: str, list_key: str, identity: str) -> dict[str, Member]:
    """Gather the members of one resource from all its answers and requests, answers first."""
    shown: dict[str, Member] = {}
    answers = (("get", key, DETAIL), ("create", key, DETAIL), ("update", key, DETAIL))
    for role, holder, place in (*answers, ("list", list_key, ROW)):
        if (operation := resource.roles.get(role)) is not None:
            node = _held(calls.answered(operation), holder, identity)
            members.gather(shown, operation, node, place)
    for role, place in (("create", CREATE), ("update", UPDATE)):
        if (operation := resource.roles.get(role)) is not None:
            members.gather(shown, operation, operation.body, place)
    return shown


def _held(answered: Node, key: str, identity: str) -> Node | None:
    """Give the record in an answer: under its key, without any, or under a key of that call."""
    if key in answered or not answered:
        return answered.get(key)
    if identity in answered:
        return {"type": "object", "properties": answered}
    found: list[Node] = [node for node in answered.values() if node.get("type") == "object"]
    return found[0] if len(answered) == len(found) == 1 else None


def _lists(operation: Operation | None, fields: dict[str, Facts]) -> Facts:
    if operation is None:
        return {"filters": {}, "sort": [], "counts": False}
    return {
        "filters": filters.filters(operation, fields),
        "sort": filters.sort_columns(operation),
        "counts": any(parameter.name == "response_option" for parameter in operation.query()),
    }
