"""Render the `__init__.py` of a product's folder: its public names, each loaded when it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zohorm.facts import classes, layout
from zohorm.facts.load import Facts

SESSIONS = {
    "books": "ZohoBooks",
    "checkout": "ZohoCheckout",
    "expense": "ZohoExpense",
    "inventory": "ZohoInventory",
    "invoice": "ZohoInvoice",
    "subscriptions": "ZohoSubscriptions",
}


def package(product: str, resources: Mapping[str, Facts]) -> Iterator[str]:
    """Give the lines of a product's `__init__.py` below its head."""
    homes = {"zohorm.products": [SESSIONS[product]]}
    for name, module in _exported(resources).items():
        homes.setdefault(f"zohorm.{product}.{module}", []).append(name)
    # As ruff sorts the names of an import.
    homes = {home: sorted(found, key=str.lower) for home, found in sorted(homes.items())}
    yield from ["import typing", "", "from zohorm import importing", ""]
    yield "if typing.TYPE_CHECKING:"
    for home, names in homes.items():
        yield from layout.imported(f"from {home} import", names, indent="    ")
    yield "else:"
    code = layout.call("importing.later", "__name__", layout.value(homes))
    yield from layout.lines(code, "    ", "__getattr__, __dir__ = ")
    yield from ["", "__all__ = ["]
    every = [name for names in homes.values() for name in names]
    yield from (f'    "{name}",' for name in sorted(every))
    yield "]"


def _exported(resources: Mapping[str, Facts]) -> dict[str, str]:
    """Give the module of each public name."""
    exported = {name: classes.module_name(name) for name in resources}
    embedded = [(inner, name) for name, about in resources.items() for inner in about["embedded"]]
    names = [inner for inner, _ in embedded]
    for inner, name in embedded:
        # Two resources may each have an Address; those are imported from their own modules.
        if names.count(inner) == 1 and inner not in exported:
            exported[inner] = classes.module_name(name)
    return exported
