"""Keep the example answers and requests of the documents, with their free text replaced.

The tests load them into the models: what a model cannot read there is a fault of the facts.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zohorm.facts import places
from zohorm.facts.corrections import Stale
from zohorm.facts.documents import Node, Operation
from zohorm.facts.load import Facts

# What stands for a text that somebody wrote.
TEXT = "text"
DEEPEST = 8
# What each kind keeps of a text; the rest is prose.
KEPT = {
    "id": re.compile(r"[\w.-]{1,40}"),
    "enum": re.compile(r"[\w.&-]{1,40}"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
    "date": re.compile(r"[\w ,:/+-]{1,30}"),
    "datetime": re.compile(r"[\w ,:/.+-]{1,30}"),
    "integer": re.compile(r"[-+\d.,]{1,30}"),
    "number": re.compile(r"[-+\d.,]{1,30}"),
    "discount": re.compile(r"[-+\d.,]{1,30}%?"),
    "money": re.compile(r"[-+\d.,]{1,30}"),
    "json": re.compile(r"\d{1,20}"),
    "texts": re.compile(r"\d{1,20}"),
}
# What stands around the record or the rows; of this, code and message say the same everywhere.
AROUND = {"code", "message", "page_context"}
SAID = {"code": 0, "message": "success"}


class Wrong:
    """What examples show wrongly, by its place; notes which of it is met."""

    def __init__(self, places: Iterable[str]) -> None:
        self._places = frozenset(places)
        self._met: set[str] = set()

    def __contains__(self, place: str) -> bool:
        if place in self._places:
            self._met.add(place)
            return True
        return False

    def check(self) -> None:
        """Raise Stale if some of it was never met."""
        if stale := sorted(self._places - self._met):
            raise Stale(f"no example shows these: {', '.join(stale)}")


def examples(operations: Iterable[Operation], facts: Facts, wrong: Iterable[str] = ()) -> Facts:
    """Give the examples of each resource: what they are of, and an answer or a request.

    Those that are `wrong` are left out: `Bill.get` is an answer, `Bill.due_days` a member of each.

    Raises:
        Stale: something is said to be wrong that no example shows.
    """
    left_out = Wrong(wrong)
    known = {(each.name, places.template(each.call)): each for each in operations}
    found: Facts = {}
    for name in facts["resources"]:
        merged: dict[str, Facts] = {}
        for word, form, example in Keeper(name, facts["resources"], left_out).kept(known):
            # A document shows one record as answer of several calls.
            text = f"{form}{json.dumps(example)}"
            merged.setdefault(text, {"of": [], form: example})["of"].append(word)
        if merged:
            found[name] = list(merged.values())
    left_out.check()
    return found


class Keeper:
    """Keeps the examples of one resource, without what somebody wrote in them."""

    def __init__(self, name: str, resources: Facts, wrong: Wrong) -> None:
        self._name = name
        self._resource: Facts = resources[name]
        self._resources = resources
        self._wrong = wrong

    def kept(self, known: Mapping[tuple[str, str], Operation]) -> Iterator[tuple[str, str, object]]:
        """Give what each call shows: its name, answer or request, and the example."""
        calls = self._resource["operations"] | {
            name: about
            for name, about in self._resource["actions"].items()
            if about["returns"] in ("record", "rows") and "of" not in about
        }
        for name, about in calls.items():
            call = places.template(f"{about['method']} {about['path']}")
            operation = known.get((about["source"], call))
            if operation is None or f"{self._name}.{name}" in self._wrong:
                continue
            answer = _example(operation, operation.answer)
            if isinstance(answer, dict) and answer.keys() - AROUND:
                yield name, "answer", self._answer(answer)
            request = _example(operation, operation.body) if name in ("create", "update") else None
            if isinstance(request, dict) and request:
                yield name, "request", self._cleaned(request, self._name, self._resource)

    def _answer(self, answer: Facts) -> Facts:
        """Clean an answer: the record stands under its key, or its members beside the code."""
        around = {name: said for name, said in SAID.items() if name in answer}
        if self._resource["id"] in answer:
            cleaned: Facts = self._cleaned(answer, self._name, self._resource)
        else:
            own = (self._name, self._resource)
            cleaned = {name: self._cleaned(held, *own) for name, held in answer.items()}
        return cleaned | around

    def _cleaned(self, held: object, place: str, holder: Facts) -> Any:
        """Replace the free text in a record or in rows, by the kinds of their members."""
        if isinstance(held, list):
            return [self._cleaned(row, place, holder) for row in held]
        if not isinstance(held, dict):
            return _text(held, "json")
        cleaned = {}
        for name, value in held.items():
            if f"{place}.{name}" in self._wrong:
                continue
            about = holder["fields"].get(name, {"kind": "json"})
            of = about.get("of", "")
            part = self._resource["embedded"].get(of) or self._resources.get(of)
            if part is None:
                cleaned[name] = _text(value, about["kind"])
            else:
                cleaned[name] = self._cleaned(value, f"{self._name}.{of}", part)
        return cleaned


def _example(operation: Operation, node: Node | None, depth: int = 0) -> object:
    """Put an example together of those of its members; None where nothing is shown."""
    node = operation.source.resolve(node or {})
    members = operation.source.members(node) if "properties" in node else {}
    if members and depth < DEEPEST:
        shown = ((name, _example(operation, m, depth + 1)) for name, m in members.items())
        return {name: value for name, value in shown if value is not None} or None
    if "items" in node and depth < DEEPEST:
        element = _example(operation, node["items"], depth + 1)
        if element is not None and element != {}:
            return element if isinstance(element, list) else [element]
    return _plain(node.get("example"))


def _plain(value: object) -> object:
    """Give a value as JSON has it: YAML takes days and instants for more than text."""
    if isinstance(value, dict):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value


def _text(value: object, kind: str) -> object:
    if isinstance(value, dict):
        return {name: _text(held, kind) for name, held in value.items()}
    if isinstance(value, list):
        return [_text(held, kind) for held in value]
    if not isinstance(value, str):
        return value
    if not value.strip():
        return ""  # The documents show a blank where clients send and receive an empty text.
    kept = KEPT.get(kind)
    return value if kept and kept.fullmatch(value) else TEXT


def dumps(found: Facts) -> str:
    """Give the JSON text of examples: a line for each."""
    lines = []
    for name, each in found.items():
        rows = ",\n".join(f"  {json.dumps(example, ensure_ascii=False)}" for example in each)
        lines.append(f" {json.dumps(name)}: [\n{rows}\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"
