"""Read the vendor's documents, OpenAPI ones and listings; the converter is the only caller."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from zohorm.facts import listing, names, shapes
from zohorm.facts.corrections import Misfit

# A node of a document: a JSON object whose members the OpenAPI standard names.
Node = dict[str, Any]

METHODS = ("post", "get", "put", "patch", "delete")
# Some paths hold a pattern of digits where an id is due: /reportingtags/(\d+)/options/all.
NAMELESS_ID = re.compile(r"(\w+)/\(\\d\+\)")


@attrs.frozen
class Parameter:
    """One parameter of an operation, in the query, the path or a header."""

    name: str
    place: str
    required: bool
    node: Node


@attrs.frozen
class Operation:
    """One documented operation, with references resolved one level deep."""

    name: str
    method: str
    path: str
    document: str
    scope: str
    parameters: tuple[Parameter, ...]
    body: Node | None
    answer: Node | None
    status: int
    media: tuple[str, ...]
    source: Document
    file: str = ""
    description: str = ""
    is_form: bool = False

    @property
    def call(self) -> str:
        """Give verb and path, which tell apart two operations of one name."""
        return f"{self.method} {self.path}"

    def query(self) -> list[Parameter]:
        """Give the parameters that travel in the query."""
        return [parameter for parameter in self.parameters if parameter.place == "query"]

    def members(self, node: Node | None) -> Node:
        """Give the members of an object, or of the objects in an array, by name."""
        return self.source.members(node)


class Document:
    """One OpenAPI document; resolves its own references."""

    def __init__(self, node: Node, file: str = "") -> None:
        self._node = node
        self.file = file
        self.title = str(node.get("info", {}).get("title", ""))

    def resolve(self, node: Any) -> Node:
        """Follow references until a real node; what is not an object counts as empty."""
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target: Any = self._node
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target.get(step, {})
            node = target
        if not isinstance(node, dict):
            return {}
        return self._joined(node) if "allOf" in node else node

    def _joined(self, node: Node) -> Node:
        """Give one object with the members of all that a node says it is made of."""
        joined: Node = {name: said for name, said in node.items() if name != "allOf"}
        parts = [self.resolve(part) for part in node["allOf"]] + [joined]
        properties = {name: m for part in parts for name, m in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", ())]
        return {"type": "object"} | joined | {"properties": properties, "required": required}

    def members(self, node: Node | None) -> Node:
        """Give the members of an object, or of the objects in an array, by name."""
        resolved = self.resolve(node or {})
        while "properties" not in resolved and "items" in resolved:
            resolved = self.resolve(resolved["items"])
        properties: Node = dict(resolved.get("properties") or {})
        for word in ("oneOf", "anyOf"):
            # What one of several forms holds is a member that the record may have.
            for form in resolved.get(word) or []:
                properties = properties | self.members(form) | properties
        return {name: self.resolve(member) for name, member in properties.items()}

    def operations(self) -> Iterator[Operation]:
        """Give every operation in the document's order."""
        for path, item in self._node.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    yield self._operation(method, NAMELESS_ID.sub(_with_id, path), item)

    def _operation(self, method: str, path: str, item: Node) -> Operation:
        node: Node = item[method]
        status, success = next(
            (int(status), self.resolve(answer))
            for status, answer in node["responses"].items()
            if str(status).startswith("2")
        )
        media = success.get("content", {})
        return Operation(
            # Documents without names (Billing's) are told apart as a reader would: "POST /plans".
            name=node.get("operationId") or f"{method.upper()} {path}",
            method=method.upper(),
            path=path,
            document=self.title,
            scope=_scope(node),
            parameters=tuple(self._parameters(item, node)),
            body=self._body(node),
            answer=self.resolve(media.get("application/json", {}).get("schema")) or None,
            status=status,
            media=tuple(media),
            source=self,
            file=self.file,
            description=str(node.get("description") or ""),
            is_form=set(self._content(node)) == {"multipart/form-data"},
        )

    def _parameters(self, item: Node, node: Node) -> Iterator[Parameter]:
        for raw in [*item.get("parameters", []), *node.get("parameters", [])]:
            parameter = self.resolve(raw)
            schema = self.resolve(parameter.get("schema"))
            described = {key: parameter.get(key) for key in ("description", "example")}
            yield Parameter(
                name=str(parameter["name"]),
                place=str(parameter["in"]),
                required=bool(parameter.get("required")),
                node=schema | {key: said for key, said in described.items() if said is not None},
            )

    def _content(self, node: Node) -> Node:
        content: Node = self.resolve(node.get("requestBody")).get("content", {})
        return content

    def _body(self, node: Node) -> Node | None:
        for media in self._content(node).values():
            return self.resolve(media.get("schema"))
        return None


def _with_id(found: re.Match[str]) -> str:
    step = found.group(1)
    return f"{step}/{{{names.singular(step)}_id}}"


def _scope(node: Node) -> str:
    for scheme in node.get("security", []):
        for scopes in scheme.values():
            return str(scopes[0]) if scopes else ""
    return ""


def files(directory: Path, wanted: Collection[str] | None) -> tuple[list[Path], list[Path]]:
    """Give the files of a folder that are `wanted`, and those left out, in the order of names.

    `wanted` holds names without ending; None wants every file.

    Raises:
        Misfit: the folder lacks wanted files, or has none at all.
    """
    found = sorted(directory.glob("*.yml"))
    lacking = sorted(set(wanted or ()) - {path.stem for path in found})
    if lacking:
        names = ", ".join(f"{name}.yml" for name in lacking)
        raise Misfit(f"the corrections declare documents that {directory} lacks: {names}")
    if not found:
        raise Misfit(f"{directory} has no documents (*.yml)")
    chosen = [path for path in found if wanted is None or path.stem in wanted]
    return chosen, [path for path in found if path not in chosen]


def declared(rows: Iterable[Node]) -> list[Operation]:
    """Give the operations that corrections declare, of resources that no document shows."""
    found = (Document(listing.declared(row)) for row in rows if "operations" in row)
    return [operation for document in found for operation in document.operations()]


def read(paths: Iterable[Path], product: str = "") -> list[Operation]:
    """Read documents and listings, in their order; a listing of another product has nothing.

    Raises:
        Misfit: one of the files is damaged, or something else.
    """
    import yaml  # Only who converts needs it: zohorm[facts].

    # The loader in C reads the same in an eighth of the time; some builds of PyYAML lack it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    operations: list[Operation] = []
    for path in paths:
        try:
            # A safe loader: it makes plain values alone.
            found = yaml.load(path.read_bytes(), Loader=loader)
        except (OSError, yaml.YAMLError) as error:
            raise Misfit(f"{path.name} cannot be read: {error}") from error
        except (ValueError, RecursionError) as error:
            # A day that is none, such as 2026-02-31; or a thousand lists in each other.
            raise Misfit(f"{path.name} holds what is no value: {error}") from error
        if not isinstance(found, dict):
            raise Misfit(f"{path.name} is neither an OpenAPI document nor a listing")
        shapes.check(found, path.name)
        for node in listing.documents(found, product):
            operations.extend(Document(node, path.stem).operations())
    return operations
