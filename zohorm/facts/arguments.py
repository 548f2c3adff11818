"""The arguments of one action as code: those in its path, its query and its body."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

import attrs

from zohorm.facts import names
from zohorm.facts.load import Facts

# The kinds that hold one value, and its type in Python.
SINGLE = {
    "id": "str",
    "text": "str",
    "enum": "str",
    "integer": "int",
    "number": "Decimal",
    "money": "Decimal",
    "discount": "Decimal | str",
    "date": "dt.date",
    "datetime": "dt.datetime",
    "boolean": "bool",
}
TYPES = SINGLE | {
    "texts": "Iterable[str]",
    "json": "object",
    "many": "Iterable[Mapping[str, object]]",
    "embedded": "Mapping[str, object]",
    "file": "FileSource",
    "files": "FileSource | Iterable[FileSource]",
}
# What a form may name in place of a file.
INSTEAD = "document_ids"


@attrs.frozen
class Argument:
    """One argument: its name on the wire, where it travels, and what is known of it."""

    wire: str
    place: str
    about: Facts
    required: bool
    leads: bool = False

    @property
    def name(self) -> str:
        """The name in Python: in snake case, with an underscore behind a word of the language."""
        name = names.snake_name(re.sub(r"\W", "_", self.wire))
        return f"{name}_" if keyword.iskeyword(name) or name in ("self", "cls") else name

    def code(self) -> str:
        """Give the argument as a signature has it."""
        hint = TYPES[self.about["kind"]]
        return f"{self.name}: {hint}" if self.required else f"{self.name}: {hint} | None = None"


def arguments(action: str, facts: Facts, resource: Facts) -> list[Argument]:
    """Give the arguments of an action in the order of its signature, those that lead it first."""
    path = [
        Argument(name, "path", {"kind": "id"}, required=True, leads=True)
        for name in _ids(facts, resource)
    ]
    query = [
        Argument(name, "query", about, required=bool(about.get("required")))
        for name, about in facts["query"].items()
    ]
    body = [
        Argument(name, "body", about, required=name in _needed(facts, resource))
        for name, about in _body(facts, resource).items()
    ]
    others = query + body
    if _is_upload(facts):
        instead = INSTEAD in (argument.wire for argument in others)
        path += [
            attrs.evolve(file, leads=True, required=not instead or file.wire in facts["required"])
            for file in files(facts)
        ]
    else:
        others += files(facts)
    if (many := _many(action, facts, others)) is not None:
        others.remove(many)
        path.append(attrs.evolve(many, required=True, leads=True))
    needed = [argument for argument in others if argument.required]
    return [*path, *needed, *(argument for argument in others if not argument.required)]


def files(facts: Facts) -> list[Argument]:
    """Give the arguments for the files that a call takes."""
    return [
        Argument(name, "files", {"kind": "files" if "several" in about else "file"}, required=False)
        for name, about in facts.get("files", {}).items()
    ]


def _is_upload(facts: Facts) -> bool:
    """Tell whether a call is nothing without its file."""
    return (
        bool(facts.get("files"))
        and (not facts["body"] or facts.get("body_form") == "parts")
        and not facts["path"].endswith("/email")
    )


def parts(found: list[Argument]) -> Iterator[str]:
    """Give the parts of a signature behind its first one."""
    yield from (argument.code() for argument in found if argument.leads)
    rest = [argument.code() for argument in found if not argument.leads]
    if rest:
        yield from ["*", *rest]


def _many(action: str, facts: Facts, found: list[Argument]) -> Argument | None:
    """Give the ids that an action on many records leads with: `Invoice.pdf_many(ids)`."""
    if facts["on"] != "class" or not (action.endswith("_many") or action == "in_bulk"):
        return None
    ids = [argument for argument in found if argument.about["kind"] == "texts"]
    named = [argument for argument in ids if argument.wire.endswith(("_id", "_ids"))]
    return named[0] if len(named) == 1 else ids[0] if len(ids) == 1 else None


def _ids(facts: Facts, resource: Facts) -> list[str]:
    """Give the ids that the record does not fill in by itself."""
    given = {resource["id"], *resource["ids_above"]} if facts["on"] == "record" else set()
    return [name for name in re.findall(r"\{(\w+)\}", facts["path"]) if name not in given]


def _body(facts: Facts, resource: Facts) -> Facts:
    if facts.get("body_form") == "list":
        return {_alone(facts, resource): {"kind": "many", "fields": facts["body"]}}
    body: Facts = facts["body"]
    return body


def _needed(facts: Facts, resource: Facts) -> list[str]:
    if facts.get("body_form") == "list":
        return [_alone(facts, resource)]
    required: list[str] = facts["required"]
    return required


def _alone(facts: Facts, resource: Facts) -> str:
    """Name what a body holds that is a list: custom fields, or records."""
    named: str = resource["list_key"]
    return "custom_fields" if facts["path"].endswith("/customfields") else named
