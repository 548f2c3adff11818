"""Tell which files an operation takes: their parts of the form, and what the documents allow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zohorm.facts.documents import Node, Operation
from zohorm.facts.load import Facts

# What says how many files a form holds; whoever sends them counts them.
COUNT = "totalFiles"
# Another name for the file where both are documented.
TWIN = "doc"
ENDINGS = "gif|png|jpeg|jpg|bmp|webp|tiff|tif|pdf|xlsx|xls|docx|doc|csv|xml|txt|zip"
ALLOWED = re.compile(r"(?:allowed|accepted)\b.*?\b(?:extensions|formats)(.*)", re.I | re.DOTALL)
MEGABYTES = re.compile(r"(\d+)\s*MB\b")
MOST = re.compile(r"maximum (\d+) files", re.IGNORECASE)
SEVERAL = re.compile(r"\bfiles\b|\bimages\b|\(s\)|\bmultiple\b", re.IGNORECASE)
# Paths whose whole purpose is the file, so that what is said of the call is said of it.
OWN_PATH = re.compile(r"/(attachment|receipt|(back)?images?)$")


def files(operation: Operation) -> Facts:
    """Write the files that an operation takes, by the names of their parts."""
    found = {name: _file(name, node, operation) for name, node in _nodes(operation)}
    if len(found) > 1:
        found.pop(TWIN, None)
    return found


def beside(operation: Operation) -> set[str]:
    """Give the parameters and members that are files, or come with them by themselves."""
    names = {name for name, _ in _nodes(operation)}
    return names | {COUNT} if names else set()


def _nodes(operation: Operation) -> Iterator[tuple[str, Node]]:
    # The documents show parts of a form as parameters of the query.
    for parameter in operation.query():
        if _is_file(parameter.node):
            yield parameter.name, parameter.node
    for name, node in operation.members(operation.body).items():
        if _is_file(node):
            yield name, node


def _is_file(node: Node) -> bool:
    return "binary" in (node.get("format"), (node.get("items") or {}).get("format"))


def _file(name: str, node: Node, operation: Operation) -> Facts:
    facts: Facts = {}
    said = str(node.get("description") or "")
    if OWN_PATH.search(operation.path):
        said = f"{said} {operation.description}"
    allowed = ALLOWED.search(said)
    kinds = re.findall(rf"\b({ENDINGS})\b", allowed[1]) if allowed else []
    if kinds:
        facts["kinds"] = list(dict.fromkeys(kinds))
    if megabytes := MEGABYTES.search(said):
        facts["megabytes"] = int(megabytes[1])
    if most := MOST.search(said):
        facts["most"] = int(most[1])
    counted = COUNT in {
        *(parameter.name for parameter in operation.query()),
        *operation.members(operation.body),
    }
    if counted:
        facts["counted"] = True
    if counted or "most" in facts or name.endswith("s") or SEVERAL.search(said):
        facts["several"] = True
    return facts
