"""Write the classes of one resource as code: embedded ones, the model, its fields and filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zohorm.facts import arguments, layout, methods, names, prose
from zohorm.facts.layout import Code, Group
from zohorm.facts.load import Facts

INDENT = "    "
# What attributes read as; but for lists, that is what arguments take.
PYTHON = arguments.SINGLE | {"texts": "tuple[str, ...]", "json": "object"}
BUILDER = {"id": "identifier"}
# The bases that offer the operations of a resource, and which of those they offer.
ABILITIES = (
    ("Gets", {"get"}),
    ("Lists", {"list"}),
    ("Saves", {"create", "update"}),
    ("Deletes", {"delete"}),
)
WRAPPER = {
    "plain": ("Field", ""),
    "read_only": ("ReadOnly", "f.read_only"),
    "create_only": ("CreateOnly", "f.create_only"),
    "write_only": ("WriteOnly", "f.write_only"),
}
# What `f.text_filter` and its like stand for: the kind, and the suffix of each lookup.
USUAL_FILTERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("f.since_filter", "datetime", {"gt": ""}),
    ("f.text_filter", "text", {"exact": "", "startswith": "_startswith", "contains": "_contains"}),
    (
        "f.date_filter",
        "date",
        {"exact": "", "gte": "_start", "lte": "_end", "lt": "_before", "gt": "_after"},
    ),
    (
        "f.number_filter",
        "money",
        {
            "exact": "",
            "lt": "_less_than",
            "lte": "_less_equals",
            "gt": "_greater_than",
            "gte": "_greater_equals",
        },
    ),
)


def embedded_class(name: str, facts: Facts, resource: str, source: str) -> list[str]:
    """Write one embedded class."""
    bases = ["Embedded"] + ([f"id={layout.text(facts['id'])}"] if facts["id"] else [])
    return [
        *layout.lines(layout.call(f"class {name}", *bases), tail=":"),
        *prose.docstring(f"{prose.embedded(name, resource)} Source: {source}.", INDENT),
        "",
        *_members(facts),
    ]


def model_class(name: str, facts: Facts, product: str) -> list[str]:
    """Write the model of one resource."""
    body = [*_members(facts, first=(facts["id"], facts["number"]))]
    for accessor, child in facts["children"].items():
        if not accessor.startswith("list_"):
            made = {word: layout.text(child[word]) for word in ("by", "shown") if word in child}
            built = layout.call("f.children", layout.text(child["of"]), **made)
            body += layout.lines(built, INDENT, f"{accessor}: Children[{child['of']}] = ")
    return [
        *layout.lines(
            layout.call(f"class {name}", *abilities(facts), **_keywords(facts, product)), tail=":"
        ),
        *prose.docstring(f"{facts['doc']} Source: {facts['source']}.", INDENT, _needs(facts)),
        *(["", *body] if body else []),
        *methods.methods(name, facts),
    ]


def abilities(facts: Facts) -> list[str]:
    """Give the bases of a model: what the service offers of its resource."""
    roles = set(facts["operations"])
    found = [ability for ability, enough in ABILITIES if roles & enough]
    if facts.get("form") == "generic":
        return ["GenericModel"]
    if facts.get("form") == "single":
        return ["Singleton", *(ability for ability in found if ability in ("Saves", "Deletes"))]
    found = ["Model"] if len(found) == len(ABILITIES) else found or ["Declared"]
    return [*found, "Upserts"] if "upsert" in roles else found


def _needs(facts: Facts) -> list[str]:
    needed = facts["operations"].get("create", {}).get("required")
    return [f"A new one needs {prose.listed(needed)}."] if needed else []


def _keywords(facts: Facts, product: str) -> dict[str, Code]:
    words: dict[str, Code] = {"product": layout.text(product)}
    for key in ("path", "key", "list_key", "id", "number"):
        if facts[key]:
            words[key] = layout.text(facts[key])
    if facts["other_keys"]:
        words["other_keys"] = layout.value(facts["other_keys"])
    if facts["parent"]:
        words["parent"] = layout.text(facts["ids_above"][-1])
    calls = facts["operations"].items()
    if calls:
        words["operations"] = layout.mapping(
            (role, methods.operation(call, role=role)) for role, call in calls
        )
    if facts["filters"]:
        found = facts["filters"].items()
        words["filters"] = layout.mapping((name, _filter(name, about)) for name, about in found)
    if facts["sort"]:
        words["sort"] = layout.value(facts["sort"])
    if facts["counts"]:
        words["counts"] = "True"
    if "beside" in facts:
        words["beside"] = layout.text(facts["beside"])
    return words


def _filter(name: str, facts: Facts) -> Code:
    lookups = dict(facts["lookups"])
    more: dict[str, Code] = {
        key: layout.value(facts[key])
        for key in ("values", "unchecked", "row_field")
        if key in facts
    }
    for builder, kind, suffixes in USUAL_FILTERS:
        usual = {lookup: name + suffix for lookup, suffix in suffixes.items()}
        if facts["kind"] == kind and lookups == usual:
            return layout.call(builder, layout.text(name), **more)
    kind = f"f.{facts['kind'].upper()}"
    if list(lookups) != ["exact"]:
        return layout.call("f.Filter", kind, layout.value(lookups), **more)
    if lookups["exact"] != name:
        more = {"parameter": layout.value(lookups["exact"])} | more
    return layout.call("f.exact_filter", layout.text(name), kind, **more)


def _members(facts: Facts, first: tuple[str | None, ...] = ()) -> Iterator[str]:
    unlisted = "list" not in facts.get("operations", {})
    fields: Mapping[str, Facts] = facts["fields"]
    # What a record is known by may be its number, too: the code of a plan.
    ordered = list(dict.fromkeys(name for name in first if name is not None and name in fields))
    for name in [*ordered, *(name for name in fields if name not in ordered)]:
        if name == facts.get("number") == "number":
            continue  # Every model has a property of that name, which reads it.
        hint, built = field(fields[name])
        yield from layout.lines(built, INDENT, f"{name}: {hint} = ")
        text = prose.field(name, fields[name], own=name == facts["id"], unlisted=unlisted)
        yield from prose.docstring(text, INDENT)
    for name, link in facts["links"].items():
        built = layout.call("f.link", layout.text(link["by"]), layout.text(link["to"]))
        to = link["to"] if fields[link["by"]]["always"] else f"{link['to']} | None"
        yield from layout.lines(built, INDENT, f"{name}: Link[{to}] = ")


def field(facts: Facts) -> tuple[str, Group]:
    """Give a field's type, and the call of its builder."""
    kind, access = facts["kind"], facts["access"]
    if kind in ("many", "embedded"):
        return _part(facts)
    annotation, wrapper = WRAPPER[access]
    python = PYTHON[kind]
    if kind != "json" and not (facts["always"] and access != "write_only"):
        python += " | None"
    words = facts.get("choices", ()) if kind == "enum" else ()
    choices = [layout.text(word) for word in words]
    clear = {"clear": layout.value(facts["clear"])} if "clear" in facts else {}
    built = layout.call(f"f.{BUILDER.get(kind, kind)}", *choices, **clear)
    return f"{annotation}[{python}]", layout.call(wrapper, built) if wrapper else built


def _part(facts: Facts) -> tuple[str, Group]:
    of = facts["of"]
    if facts["kind"] == "embedded":
        if facts["access"] == "read_only":
            return f"ReadOnly[{of} | None]", layout.call("f.read_only_one", of)
        only = {"create_only": "True"} if facts["access"] == "create_only" else {}
        return f"One[{of}]", layout.call("f.one", of, **only)
    if facts["access"] == "read_only":
        return f"ReadOnly[tuple[{of}, ...]]", layout.call("f.read_only_many", of)
    if not facts["replaced"] and facts["access"] == "plain":
        # Only custom fields stay where a list leaves them out.
        return f"Custom[{of}]", layout.call("f.custom", of)
    kept = {} if facts["replaced"] else {"replaced": "False"}
    if facts["access"] == "create_only":
        kept["create_only"] = "True"
    return f"Many[{of}]", layout.call("f.many", of, **kept)


def module_name(resource: str) -> str:
    """Give the module of a resource: SalesOrder -> sales_order."""
    return names.snake_name(resource)
