"""Decide the kind of a member: the documents' types are unreliable, names and examples are better.

A total is a string in one document and an id is an integer in another, so `RULES` is read from the
top and the first line that fits decides. What a rule gets wrong is put right in the corrections.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import attrs

from zohorm.facts.documents import Node

ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
MAX_LENGTH = re.compile(r"max(?:imum)?[ -]length\s*(?:is\s*)?\[?\s*(\d+)", re.IGNORECASE)
ALLOWED = re.compile(r"allowed values?|it can (?:either )?be|possib\w* values", re.IGNORECASE)
CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
PLAIN = re.compile(r"\s*(?:are)?\s*:?\s*(\w+(?:\s*,\s*\w+)+)\s*\.?\s*$")
BETWEEN = re.compile(r"\([^)]*\)|<[^>]*>|\b(?:and|or|are|is|can be)\b|[\W_]")
CHOICE = re.compile(r"[\w.\-]+$")


@attrs.frozen
class Seen:
    """What the documents show of one member in all its places together."""

    name: str
    types: frozenset[str]
    examples: tuple[Any, ...]
    choices: tuple[str, ...]

    def example_fits(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether some example is a text of this form."""
        return any(isinstance(value, str) and pattern.match(value) for value in self.examples)

    def only(self, *types: str) -> bool:
        """Tell whether the documents give no other types than these."""
        return bool(self.types) and self.types <= set(types)


Rule = tuple[str, str, Callable[[Seen], bool]]

MONEY = (
    r"(.*_)?(total|balance|amount|rate|price|charge|adjustment|credit_limit|payment_made)"
    r"(_[bf]cy)?|bcy_rate|credits_applied|amount_(applied|withheld|[bf]cy)|tax_amount_withheld"
)
NUMBER = r"(.*_)?(quantity|percentage|percent|discount|reorder_level|stock|stock_on_hand)"
COUNT = r"(.*_)?(index|precision|count|order|sent|terms|status_code|plan_type|migration_status)"

# Kind, pattern that the whole name must match, and what else must hold.
RULES: tuple[Rule, ...] = (
    # Listings know these two words for types; OpenAPI documents have text for both.
    ("date", r".*", lambda seen: seen.only("date")),
    ("datetime", r".*", lambda seen: seen.only("datetime")),
    ("boolean", r".*", lambda seen: seen.only("boolean")),
    ("boolean", r"(is|has|can)_.*", lambda seen: seen.only("string", "boolean")),
    ("text", r".*_formatted", lambda seen: True),
    ("texts", r".*", lambda seen: "array" in seen.types),
    ("texts", r".*_ids", lambda seen: True),
    ("json", r".*", lambda seen: "object" in seen.types),
    ("id", r"(.*_)?id", lambda seen: True),
    ("datetime", r".*_time|.*", lambda seen: seen.example_fits(ISO_TIME)),
    ("datetime", r"(created|last_modified)_time", lambda seen: True),
    ("date", r"(.*_)?date", lambda seen: True),
    ("date", r".*", lambda seen: seen.example_fits(ISO_DATE)),
    ("discount", r"discount", lambda seen: True),
    ("money", MONEY, lambda seen: True),
    ("number", NUMBER, lambda seen: True),
    ("enum", r".*", lambda seen: len(seen.choices) > 1),
    ("text", r"(.*_)?(number|label|name|zip|phone|fax|no|code)", lambda seen: True),
    ("integer", r".*", lambda seen: seen.only("integer")),
    ("integer", COUNT, lambda seen: seen.only("integer", "number")),
    ("number", r".*", lambda seen: seen.only("integer", "number")),
    ("text", r".*", lambda seen: True),
)


def look(name: str, nodes: Iterable[Node]) -> Seen:
    """Gather what all the nodes of one member say."""
    nodes = list(nodes)
    types = {node["type"] for node in nodes if isinstance(node.get("type"), str)}
    examples = (node.get("example") for node in nodes)
    return Seen(
        name=name,
        types=frozenset(types),
        examples=tuple(value for value in examples if value not in (None, "", " ")),
        choices=next((found for node in nodes if (found := choices(node))), ()),
    )


def kind(seen: Seen) -> str:
    """Give the kind of a member by the first rule that fits."""
    return next(
        kind for kind, pattern, holds in RULES if re.fullmatch(pattern, seen.name) and holds(seen)
    )


def choices(node: Node) -> tuple[str, ...]:
    """Give the values that a description lists after "Allowed values", in their order."""
    listed = node.get("enum")
    if isinstance(listed, list):
        return tuple(str(value) for value in listed)
    description = str(node.get("description") or "")
    start = ALLOWED.search(description)
    if start is None or node.get("type") == "boolean":
        return ()
    found = [value for value in _values(description[start.end() :]) if CHOICE.match(value)]
    if set(found) <= {"true", "false"}:
        return ()
    return tuple(dict.fromkeys(found))


def _values(text: str) -> list[str]:
    plain = PLAIN.match(text)
    if plain is not None:
        return [value.strip() for value in plain.group(1).split(",")]
    values: list[str] = []
    end = 0
    for code in CODE.finditer(text):
        # Words between two values start a new sentence, which may name other things.
        if BETWEEN.sub("", text[end : code.start()]):
            break
        values.extend(re.split(r"\s*,\s*|\s+and\s+", code.group(1).strip()))
        end = code.end()
    return [value for value in values if value]


def max_length(node: Node) -> int | None:
    """Give the length that a description allows at most."""
    found = MAX_LENGTH.search(str(node.get("description") or ""))
    return int(found.group(1)) if found else None


def editions(node: Node) -> dict[str, list[str]]:
    """Give the editions of the product that have this member, or lack it."""
    marks = {"in": "x-node_available_in", "not_in": "x-node_unavailable_in"}
    return {
        word: [str(edition) for edition in node[mark]]
        for word, mark in marks.items()
        if node.get(mark)
    }
