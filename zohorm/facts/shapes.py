"""Look whether a document has the shapes that the converter reads, and name the place that has not.

The documents are the vendor's, and change without notice: what the converter would stumble over is
refused here, once, so that nothing behind has to ask.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from zohorm.facts import listing
from zohorm.facts.corrections import Misfit

# A place in a document: the names and numbers on the way to it.
Place = tuple[str, ...]

DEEPEST = 60
"""How many nodes may stand inside each other; the vendor's documents have less than half."""
PLAIN = (dict, list, str, int, float, type(None), dt.date)
"""What YAML makes of JSON; days and instants are read as the texts that they were."""
MOST = 1_000_000
"""How many nodes there may be where each reference stands for what it names."""


@attrs.frozen
class Shape:
    """What a node has to be, in words and types, and of what shape the nodes are that it holds.

    A node that `refers` may name another one of the document instead.
    """

    said: str
    types: tuple[type, ...]
    members: Mapping[str, str] = attrs.field(factory=dict)
    each: str = "anything"
    needs: tuple[str, ...] = ()
    refers: bool = False
    names: type = str
    fits: Callable[[Any], bool] = bool


def _anything(node: object) -> bool:
    return True


def _succeeds(answers: Mapping[object, object]) -> bool:
    """Tell whether the first of the statuses that begin like 200 is a number."""
    found = (str(status) for status in answers if str(status).startswith("2"))
    return re.fullmatch(r"2\d\d", next(found, "")) is not None


def _are_paths(paths: Mapping[str, object]) -> bool:
    return all(re.fullmatch(r"/[^/\n][^\n]*", path) for path in paths)


def _are_names(members: Mapping[str, object]) -> bool:
    return all(re.fullmatch(r"\S+", name) for name in members)


def _object(said: str, members: Mapping[str, str], **more: Any) -> Shape:
    return Shape(said, (dict,), members, **{"fits": _anything, **more})


def _every(said: str, each: str, **more: Any) -> Shape:
    return Shape(said, (dict,), each=each, **{"fits": _anything, **more})


def _list(said: str, each: str) -> Shape:
    return Shape(said, (list,), each=each, fits=_anything)


SHAPES: Mapping[str, Shape] = {
    "anything": Shape("a JSON value", PLAIN, names=object, fits=_anything),
    "text": Shape("a text", (str,)),
    "no text or some": Shape("a text or nothing", (str, type(None)), fits=_anything),
    "texts": _list("a list of texts", "text"),
    "values": Shape("a list of values", (list,), fits=_anything),
    "named texts": _every("texts by name", "text"),
    # An OpenAPI document.
    "document": _object(
        "an OpenAPI document", {"info": "info", "paths": "paths"}, needs=("info", "paths")
    ),
    "info": _object("a mapping with the title", {"title": "text"}, needs=("title",)),
    "paths": _every("a mapping of paths, which begin with a slash", "path", fits=_are_paths),
    "path": _object(
        "a mapping of operations by their verbs",
        {"parameters": "parameters"}
        | dict.fromkeys(("get", "post", "put", "patch", "delete"), "operation"),
    ),
    "operation": _object(
        "an operation with its responses",
        {
            "operationId": "text",
            "parameters": "parameters",
            "requestBody": "body",
            "responses": "answers",
            "security": "security",
        },
        needs=("responses",),
    ),
    "parameters": _list("a list of parameters", "parameter"),
    "parameter": _object(
        "a parameter with name and place",
        {"name": "text", "in": "text", "schema": "schema"},
        needs=("name", "in"),
        refers=True,
    ),
    "body": _object("a body with its content", {"content": "content"}, refers=True),
    "content": _every("a mapping of media", "media"),
    "media": _object("a mapping with the schema", {"schema": "schema"}),
    "answers": _every(
        "a mapping of answers by status, one of them 2xx", "answer", names=object, fits=_succeeds
    ),
    "answer": _object("an answer with its content", {"content": "content"}, refers=True),
    "security": _list("a list of ways to be let in", "way"),
    "way": _every("a mapping of scopes", "texts"),
    "schema": _object(
        "a schema",
        {
            "properties": "schemas by name",
            "items": "schema",
            "required": "texts",
            "allOf": "schemas",
            "oneOf": "schemas",
            "anyOf": "schemas",
            "enum": "values",
            "x-node_available_in": "values",
            "x-node_unavailable_in": "values",
        },
        refers=True,
    ),
    "schemas": _list("a list of schemas", "schema"),
    "schemas by name": _every("schemas by names without blanks", "schema", fits=_are_names),
    # A listing.
    "listing": _object(
        "a listing of resources",
        {"product": "text", "resources": "resources"},
        needs=("resources",),
    ),
    "resources": _every("a mapping of resources", "resource"),
    "resource": _object(
        "a resource with path, keys, id and fields",
        {
            **dict.fromkeys(("path", "singular", "plural", "id"), "no text or some"),
            **dict.fromkeys(("list_path", "get_path", "path_parameter"), "text"),
            **dict.fromkeys(("filters", "filters_inherited_from_books"), "texts"),
            **dict.fromkeys(("filter_values", "filter_values_inherited_from_books"), "choices"),
            **dict.fromkeys(("create_query", "required_in_books"), "texts"),
            "operations": "roles",
            "operation_scopes": "named texts",
            "fields": "fields",
            "actions": "actions",
            "collection_actions": "actions",
            "undocumented_operations": "other calls",
        },
        needs=("path", "singular", "plural", "id", "fields"),
    ),
    "roles": Shape(
        f"a list of {', '.join(listing.METHODS)}",
        (list,),
        each="text",
        fits=lambda roles: all(role in listing.METHODS for role in roles if isinstance(role, str)),
    ),
    "choices": _every("a mapping of values", "values"),
    "actions": _every("a mapping of actions", "action"),
    "action": _object(
        "an action with verb and path",
        {"method": "text", "path": "rest", "scope": "text"} | {"query": "texts", "body": "fields"},
        needs=("method", "path"),
    ),
    "rest": Shape("the rest of a path", (str,), fits=_anything),
    "other calls": _every("a mapping of calls", "other call"),
    "other call": _object(
        "a call with verb and path",
        {"method": "text", "path": "text", "scope": "text", "query": "texts", "body": "fields"},
        needs=("method", "path"),
    ),
    "fields": _every("fields by names without blanks", "field", fits=_are_names),
    "field": _object("a field", {"type": "text", "enum": "values", "fields": "fields"}),
}


def check(document: dict[str, Any], file: str) -> None:
    """Raise if a document or listing is not what the converter reads.

    Raises:
        Misfit: it says where, what is due there, and what was found.
    """
    _Check(document, file).of(document, "listing" if listing.is_listing(document) else "document")


class _Check:
    """The check of one document; it looks at no node twice for the same shape."""

    def __init__(self, document: object, file: str) -> None:
        self._document = document
        self._file = file
        self._sizes: dict[tuple[int, str], int] = {}
        self._above: list[int] = []

    def of(self, node: object, word: str, place: Place = ()) -> int:
        """Check a node and all below it; tell how many nodes it stands for."""
        shape = SHAPES[word]
        if shape.refers:
            node, place = self._named(node, shape, place)
        known = (id(node), word)
        if known in self._sizes:
            return self._sizes[known]
        self._look(node, shape, place)
        if isinstance(node, dict | list) and id(node) in self._above:
            raise self._misfit(place, shape.said, "one that holds itself")
        if len(self._above) > DEEPEST:
            raise self._misfit(place[:DEEPEST], f"at most {DEEPEST} nodes in each other", "more")
        self._above.append(id(node))
        size = 1 + sum(self.of(held, of, (*place, name)) for name, held, of in _held(node, shape))
        self._above.pop()
        if size > MOST:
            raise self._misfit(place, shape.said, f"one of more than {MOST} nodes")
        self._sizes[known] = size
        return size

    def _look(self, node: object, shape: Shape, place: Place) -> None:
        if not isinstance(node, shape.types):
            raise self._misfit(place, shape.said, _told(node))
        if isinstance(node, dict):
            for name in node:
                if not isinstance(name, shape.names):
                    raise self._misfit(place, "names that are texts", _told(name))
            for name in shape.needs:
                if name not in node:
                    raise self._misfit(place, shape.said, f"one without {name!r}")
        if not shape.fits(node):
            raise self._misfit(place, shape.said, _told(node))

    def _named(self, node: object, shape: Shape, place: Place) -> tuple[object, Place]:
        """Give the node that references lead to, and its place; of others the node itself."""
        passed = set()
        while isinstance(node, dict) and "$ref" in node:
            reference = node["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/"):
                raise self._misfit((*place, "$ref"), "a reference such as #/a/b", _told(reference))
            if reference in passed:
                raise self._misfit((*place, "$ref"), shape.said, "a reference to itself")
            passed.add(reference)
            target: object = self._document
            for step in reference.removeprefix("#/").split("/"):
                if not isinstance(target, dict) or step not in target:
                    raise self._misfit((*place, "$ref"), shape.said, f"nothing at {reference}")
                target = target[step]
            node, place = target, tuple(reference.removeprefix("#/").split("/"))
        return node, place

    def _misfit(self, place: Place, due: str, found: str) -> Misfit:
        where = " > ".join(place) or "its top"
        return Misfit(f"{self._file}, at {where}: expected {due}, found {found}")


def _held(node: object, shape: Shape) -> list[tuple[str, object, str]]:
    """Give the nodes that a node holds, each with its name and the word for its shape."""
    if isinstance(node, list):
        return [(str(at), held, shape.each) for at, held in enumerate(node)]
    if isinstance(node, dict):
        return [
            (str(name), held, shape.members.get(name, shape.each)) for name, held in node.items()
        ]
    return []


def _told(node: object) -> str:
    """Tell what a node is, and the whole of it where that is short."""
    if isinstance(node, dict):
        return "a mapping"
    if isinstance(node, list):
        return "a list"
    return "nothing" if node is None else f"{node!r:.60}"
