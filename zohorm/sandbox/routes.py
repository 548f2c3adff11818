"""From a path to the operation that answers it. One tree of steps per product, made when needed.

Werkzeug's own map takes a third of a second for the five hundred paths of one product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import attrs

from zohorm.sandbox.catalogue import Operation, Product, Resource
from zohorm.sandbox.reply import unknown_url

# The only names that stand in front of a path without being documented: those of custom modules.
# Source: Books v3, custom modules.
_MODULE = "cm_"
# Older names of paths, as seen by clients, and what they narrow a list to.
_ALIASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "vendors": ("contacts", {"contact_type": "vendor"}),
}


@attrs.frozen
class Route:
    """The operation that a call means, and the ids in its path."""

    resource: Resource
    operation: Operation
    params: Mapping[str, str]
    choices: tuple[tuple[Resource, Operation], ...] = ()
    """Every operation with this method and path; what the call says tells which it is."""
    query: Mapping[str, str] = attrs.Factory(dict)
    """What the path says beside, as parameters would."""


@attrs.define
class _Step:
    """What may follow a part of a path: fixed words, an id, or the end with its methods."""

    words: dict[str, _Step] = attrs.Factory(dict)
    any: _Step | None = None
    ends: dict[str, list[tuple[Resource, Operation]]] = attrs.Factory(dict)
    is_root: bool = False

    def after(self, step: str) -> _Step:
        """Return what follows a step of a documented path, new if need be."""
        if not step.startswith("{"):
            return self.words.setdefault(step, _Step())
        self.any = self.any or _Step()
        return self.any

    def matches(self, steps: list[str]) -> Iterator[_Step]:
        """Yield each end that a path can mean; fixed words go before ids."""
        if not steps:
            yield self
            return
        first, rest = steps[0], steps[1:]
        if first in self.words:
            yield from self.words[first].matches(rest)
        if self.any is not None and first and (not self.is_root or first.startswith(_MODULE)):
            yield from self.any.matches(rest)


@cache
def _tree(product: Product) -> Mapping[str, _Step]:
    """Return the paths of each version of a product."""
    trees: dict[str, _Step] = {}
    for resource, operation in product.operations():
        step = trees.setdefault(operation.version or product.version, _Step(is_root=True))
        for each in _steps(operation.path):
            step = step.after(each)
        step.ends.setdefault(operation.method, []).append((resource, operation))
    return trees


def _steps(path: str) -> list[str]:
    return path.removeprefix("/").removesuffix("/").split("/")


def route(
    product: Product,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    version: str | None = None,
) -> Route | None:
    """Return the operation behind a method and a path below the product root.

    None if the path has operations, but none with this method.

    Raises:
        Refusal: the path has none (404, code 5).
    """
    tree = _tree(product).get(version or product.version)
    found = [end for end in tree.matches(_steps(path)) if end.ends] if tree is not None else []
    first, _, rest = path.removeprefix("/").partition("/")
    if not found and first in _ALIASES:
        name, narrowed = _ALIASES[first]
        meant = route(product, method, f"/{name}/{rest}", query=query, version=version)
        return None if meant is None else attrs.evolve(meant, query=narrowed)
    if not path.startswith("/") or not found:
        raise unknown_url()
    wanted = "GET" if method == "HEAD" else method
    for end in found:
        if wanted in end.ends:
            choices = _meant(end.ends[wanted], query or {})
            resource, operation = choices[0]
            return Route(resource, operation, _params(operation, path), tuple(choices))
    return None


def _meant(
    choices: list[tuple[Resource, Operation]], query: Mapping[str, str]
) -> list[tuple[Resource, Operation]]:
    """Return the operations of one path that a query may mean, the likeliest in front.

    Parameters that are fixed tell some apart; a resource with more operations goes first, for
    others share its paths, as debit notes do with invoices.
    """
    fits = [each for each in choices if each[1].fixed.items() <= query.items()]
    return sorted(
        fits or choices[:1], key=lambda each: (-len(each[1].fixed), -len(each[0].operations))
    )


def _params(operation: Operation, path: str) -> dict[str, str]:
    pairs = zip(_steps(operation.path), _steps(path), strict=True)
    return {name[1:-1]: value for name, value in pairs if name.startswith("{")}
