"""Tell which documented operations the generated classes reach, by which method, and which not.

What a class offers is read from the generated files, not from the facts that they are made from, so
that an operation counts only if the code that users call sends it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from zohorm.facts import places
from zohorm.facts.load import Facts, load

FOLDER = Path(__file__).parents[1]
# What users call for each operation of a class; a collection below a record has the same words.
METHODS = {
    "create": "save",
    "list": "iterate",
    "get": "get",
    "update": "save",
    "delete": "delete",
    "upsert": "upsert",
    "list_all": "iterate",
}
# What does not go through the collection below a record.
PLAIN = ("save", "delete")
BELOW = METHODS | {"create": "create"}
SINGLE = METHODS | {"get": "current"}


@attrs.frozen
class Offer:
    """What one generated class sends, read from its code: calls by role and by method."""

    roles: Mapping[str, str]
    methods: Mapping[str, frozenset[str]]
    children: Mapping[str, str]


@attrs.frozen
class Found:
    """One documented operation and what became of it."""

    document: str
    call: str
    methods: tuple[str, ...]
    reason: str

    @property
    def is_reached(self) -> bool:
        """Tell whether some method sends it."""
        return bool(self.methods)

    @property
    def is_lost(self) -> bool:
        """Tell whether nothing sends it and no reason is given."""
        return not self.methods and not self.reason


def coverage(product: str, folder: Path = FOLDER) -> list[Found]:
    """Give every documented operation of a product, in the order of its documents."""
    facts = load(product)
    offers = offered(folder / product)
    sent: dict[str, list[tuple[str, str]]] = {}
    for name, resource in facts["resources"].items():
        for call, operation, method in _reached(name, resource, offers):
            sent.setdefault(call, []).append((operation, method))
    found = []
    for document, calls in facts.get("documented", {}).items():
        for call, operation in calls.items():
            methods = sent.get(plain(call), [])
            # Two documents may show one call, each for a resource of its own.
            own = [method for source, method in methods if source == operation]
            every = own or [method for _, method in methods]
            reason = "" if every else facts.get("left_out", {}).get(call, "")
            found.append(Found(document, call, tuple(dict.fromkeys(every)), reason))
    return found


def plain(call: str) -> str:
    """Give a call without the names of its ids, to compare it: GET /invoices/{}."""
    return places.template(call)


def _reached(
    name: str, resource: Facts, offers: Mapping[str, Offer]
) -> Iterator[tuple[str, str, str]]:
    """Give call, documented name and method of each operation that a class sends."""
    if (offer := offers.get(name)) is None:
        return
    holder, words = name, SINGLE if resource.get("form") == "single" else METHODS
    if resource["parent"]:
        above = offers.get(resource["parent"])
        accessors = above.children.items() if above else ()
        accessor = next((accessor for accessor, of in accessors if of == name), None)
        if accessor is not None:
            holder, words = f"{resource['parent']}.{accessor}", BELOW
    for role, facts in resource["operations"].items():
        if offer.roles.get(role) == plain(f"{facts['method']} {facts['path']}"):
            apart = words[role] in PLAIN or role == "list_all"
            method = f"{name if apart else holder}.{words[role]}"
            yield offer.roles[role], facts["source"], method
    for action, facts in resource["actions"].items():
        call = plain(f"{facts['method']} {facts['path']}")
        if call in offer.methods.get(action, ()):
            yield call, facts["source"], f"{name}.{action}"


def offered(folder: Path) -> dict[str, Offer]:
    """Read what each class of a generated folder sends, by its name."""
    classes: dict[str, Offer] = {}
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Embedded classes send nothing, and several resources may have one of the same name.
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and (offer := _offer(node)):
                classes[node.name] = offer
    return classes


def _offer(node: ast.ClassDef) -> Offer | None:
    held = next((word.value for word in node.keywords if word.arg == "operations"), None)
    functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    if held is None and not functions:
        return None
    roles = {}
    if isinstance(held, ast.Dict):
        for key, value in zip(held.keys, held.values, strict=True):
            if isinstance(key, ast.Constant):
                roles[str(key.value)] = next(iter(_calls(value)), "")
    methods = {each.name: frozenset(_calls(each)) for each in functions}
    return Offer(roles, methods, dict(_children(node)))


def _calls(node: ast.AST) -> Iterator[str]:
    """Give the calls of every `Operation("GET", "/bills", ...)` in a piece of code."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and _called(each) == "Operation":
            verb, path = _texts(each.args[:2])
            yield plain(f"{verb} {path}")


def _children(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Give accessor and class of each collection that a class holds."""
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            built = each.value
            if isinstance(built, ast.Call) and _called(built) == "children":
                yield each.target.id, next(_texts(built.args))
        elif isinstance(each, ast.FunctionDef):
            for inner in ast.walk(each):
                if isinstance(inner, ast.Call) and _called(inner) == "collection":
                    yield each.name, next(_texts(inner.args))


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _texts(nodes: Iterable[ast.expr]) -> Iterator[str]:
    return (str(node.value) for node in nodes if isinstance(node, ast.Constant))


def lines(product: str, found: list[Found], *, brief: bool = False) -> Iterator[str]:
    """Give the report of one product; a brief one leaves out what is reached."""
    width = max((len(each.call) for each in found), default=0)
    document = ""
    for each in found:
        if brief and each.is_reached:
            continue
        if each.document != document:
            document = each.document
            yield f"{product}: {document}"
        what = ", ".join(each.methods) or (f"left out: {each.reason}" if each.reason else "LOST")
        yield f"  {each.call:{width}}  {what}"
    yield summary(product, found)


def summary(product: str, found: list[Found]) -> str:
    """Give the counts of one product in one line."""
    reached = sum(each.is_reached for each in found)
    lost = sum(each.is_lost for each in found)
    left_out = len(found) - reached - lost
    share = 100 * reached / len(found) if found else 100
    return (
        f"{product}: {len(found)} documented operations, {reached} reached ({share:.1f} %), "
        f"{left_out} left out, {lost} lost"
    )
