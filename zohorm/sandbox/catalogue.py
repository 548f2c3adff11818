"""What the facts say, as values: resources, their fields, filters and operations.

Read once per process by `catalogue()`; everything the generic server knows of a product comes from
here. Nothing else in the sandbox looks into the fact files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import attrs

from zohorm.facts.load import load

PRODUCTS = ("books", "inventory", "invoice", "expense", "billing", "subscriptions", "checkout")

# The sandbox's organizations are of the global edition: members of one country's are left out.
_EDITION = "global"


@attrs.frozen(kw_only=True, eq=False)
class Field:
    """One member of a record."""

    name: str
    kind: str
    of: str | None = None
    access: str = "plain"
    always: bool = False
    in_list: bool = False
    in_detail: bool = True
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    replaced: bool = False
    in_edition: bool = True

    @property
    def is_sent(self) -> bool:
        """Whether a client may send it."""
        return self.access != "read_only"

    @property
    def is_shown(self) -> bool:
        """Whether answers have it."""
        return self.access != "write_only" and self.in_edition and (self.in_detail or self.in_list)


@attrs.frozen(kw_only=True, eq=False)
class Shape:
    """The members of a record or of a part of one, and which of them refer to other records."""

    id: str | None
    fields: Mapping[str, Field]
    links: Mapping[str, tuple[str, str]] = attrs.Factory(dict)
    """Name of the link: member that holds the id, resource that it names."""


@attrs.frozen(kw_only=True, eq=False)
class Operation:
    """One documented call."""

    name: str
    method: str
    path: str
    scope: str
    status: int
    is_action: bool
    source: str
    required: tuple[str, ...] = ()
    query: Mapping[str, Any] = attrs.Factory(dict)
    body: Mapping[str, Field] = attrs.Factory(dict)
    on: str = "record"
    returns: str = "nothing"
    sets: Mapping[str, Any] = attrs.Factory(dict)


@attrs.frozen(kw_only=True, eq=False)
class Filter:
    """One filter: the wire parameter of each lookup, and the view of each value."""

    name: str
    kind: str
    lookups: Mapping[str, str]
    choices: tuple[str, ...]
    views: Mapping[str, str]
    row_field: str


@attrs.frozen(kw_only=True, eq=False)
class Resource:
    """One resource of a product."""

    product: str
    name: str
    path: str
    key: str
    list_key: str
    number: str | None
    shape: Shape
    embedded: dict[str, Shape]
    """The shapes of its parts, those of records of other resources among them."""
    filters: Mapping[str, Filter]
    sort: tuple[str, ...]
    counts: bool
    operations: Mapping[str, Operation]
    children: Mapping[str, str]
    parent: str | None

    @property
    def id(self) -> str:
        """The name of the member with the id."""
        return self.shape.id or "id"

    @property
    def fields(self) -> Mapping[str, Field]:
        """The members of a record."""
        return self.shape.fields

    @property
    def table(self) -> str:
        """The name of its table in the store."""
        return f"{self.product}_{self.name}"

    @property
    def label(self) -> str:
        """What messages call a record: `Contact Person`."""
        return "".join(f" {c}" if c.isupper() else c for c in self.name).strip()


@attrs.frozen(kw_only=True, eq=False)
class Product:
    """One product: its root and resources."""

    name: str
    root: str
    resources: Mapping[str, Resource]

    def operations(self) -> Iterator[tuple[Resource, Operation]]:
        """Yield every documented call with its resource."""
        for resource in self.resources.values():
            for operation in resource.operations.values():
                yield resource, operation


@cache
def catalogue() -> Mapping[str, Product]:
    """Return the products whose fact files exist."""
    folder = resources.files("zohorm.facts")
    names = (name for name in PRODUCTS if folder.joinpath(f"{name}.json").is_file())
    return {name: _product(load(name)) for name in names}


def _product(facts: Mapping[str, Any]) -> Product:
    product = facts["product"]
    made = {name: _resource(product, name, each) for name, each in facts["resources"].items()}
    for resource in made.values():
        for field in resource.fields.values():
            # A list may hold records of a child resource, such as the persons of a contact.
            if field.of is not None and field.of in made:
                resource.embedded.setdefault(field.of, made[field.of].shape)
    return Product(name=product, root=facts["root"], resources=made)


def _resource(product: str, name: str, facts: Mapping[str, Any]) -> Resource:
    operations = {
        key: _operation(key, each, is_action=is_action)
        for group, is_action in (("operations", False), ("actions", True))
        for key, each in facts.get(group, {}).items()
    }
    return Resource(
        product=product,
        name=name,
        path=facts["path"],
        key=facts["key"],
        list_key=facts.get("list_key") or facts["path"],
        number=facts.get("number"),
        shape=_shape(facts),
        embedded={key: _shape(each) for key, each in facts.get("embedded", {}).items()},
        filters={key: _filter(key, each) for key, each in facts.get("filters", {}).items()},
        sort=tuple(facts.get("sort", ())),
        counts=facts.get("counts", False),
        operations=operations,
        children={key: each["of"] for key, each in facts.get("children", {}).items()},
        parent=facts.get("parent"),
    )


def _shape(facts: Mapping[str, Any]) -> Shape:
    links = {name: (link["by"], link["to"]) for name, link in facts.get("links", {}).items()}
    return Shape(id=facts.get("id"), fields=_fields(facts["fields"]), links=links)


def _fields(facts: Mapping[str, Any]) -> dict[str, Field]:
    return {name: _field(name, each) for name, each in facts.items()}


def _field(name: str, facts: Mapping[str, Any]) -> Field:
    editions = facts.get("editions") or {}
    in_edition = _EDITION in editions["in"] if editions.get("in") else True
    return Field(
        name=name,
        kind=facts["kind"],
        of=facts.get("of"),
        access=facts.get("access", "plain"),
        always=facts.get("always", False),
        in_list=facts.get("list", False),
        in_detail=facts.get("detail", True),
        choices=tuple(str(choice) for choice in facts.get("choices") or ()),
        max_length=facts.get("max_length"),
        replaced=facts.get("replaced", False),
        in_edition=in_edition,
    )


def _operation(name: str, facts: Mapping[str, Any], *, is_action: bool) -> Operation:
    return Operation(
        name=name,
        method=facts["method"],
        path=facts["path"],
        scope=facts.get("scope") or "",
        status=int(facts.get("status") or 200),
        is_action=is_action,
        source=facts.get("source") or name,
        required=tuple(facts.get("required", ())),
        query=facts.get("query") or {},
        body=_fields(facts.get("body") or {}),
        on=facts.get("on", "record"),
        returns=facts.get("returns", "nothing"),
        sets=facts.get("sets") or {},
    )


def _filter(name: str, facts: Mapping[str, Any]) -> Filter:
    return Filter(
        name=name,
        kind=facts["kind"],
        lookups=facts.get("lookups", {}),
        choices=tuple(str(choice) for choice in facts.get("choices") or ()),
        views={view: value for value, view in (facts.get("values") or {}).items()},
        row_field=facts.get("row_field") or name,
    )
