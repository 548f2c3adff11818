"""What the facts say, as values: resources, their fields, filters and operations.

Each product's file is read once per process, when it is first asked for; everything the generic
server knows of a product comes from here. Nothing else in the sandbox looks into the fact files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import attrs

from zohorm.facts.load import load

# In the order in which a name that several of them know is looked up.
PRODUCTS = ("books", "inventory", "invoice", "expense", "subscriptions", "checkout")

# The sandbox's organizations are of the global edition: members of one country's are left out.
_EDITION = "global"
_PARAM = re.compile(r"\{([^}]+)\}")


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
    members: Mapping[str, Field] = attrs.Factory(dict)
    """What a list or object of a request or an action's answer holds."""

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
    fields: dict[str, Field]
    links: Mapping[str, tuple[str, str]] = attrs.Factory(dict)
    """Name of the link: member that holds the id, resource that it names."""
    is_open: bool = False
    """Whether nobody knows its members, so that whatever is sent is one."""

    def member(self, name: str) -> Field | None:
        """Return a member; None if there is none of this name."""
        found = self.fields.get(name)
        return (
            Field(name=name, kind="json", in_list=True) if found is None and self.is_open else found
        )


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
    answer: Mapping[str, Field] = attrs.Factory(dict)
    """What the answer of an action holds that is neither a record nor rows of one."""
    fixed: Mapping[str, str] = attrs.Factory(dict)
    """Query parameters whose values tell the call from others of its path."""
    record_id: str | None = None
    """The query parameter that names the record, where the path does not."""
    makes: str | None = None
    """The resource of the record that an action makes and answers, where it is another one."""
    files: Mapping[str, Any] = attrs.Factory(dict)
    """The files that it takes: the name of each form field, and its kinds, size and number."""
    needs_organization: bool = True
    version: str | None = None
    """The version of the API where it is not the product's own."""

    @property
    def end(self) -> str:
        """The last step of the path."""
        return self.path.rpartition("/")[2]


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
    """Those that create, list, get, update and delete, and the actions, by their names."""
    children: Mapping[str, str]
    parent: str | None
    conversions: Mapping[str, tuple[str, str]] = attrs.Factory(dict)
    """Member that lists what was made of a record: resource of that, member with the id."""

    @property
    def is_coded(self) -> bool:
        """Whether users choose the ids, which are codes: `plan_code`."""
        return self.id.endswith("_code")

    @property
    def parent_params(self) -> tuple[str, ...]:
        """The names of the ids in the path of a child, those of its parents."""
        return tuple(_PARAM.findall(self.path))

    @property
    def id(self) -> str:
        """The name of the member with the id."""
        return self.shape.id or "id"

    @property
    def fields(self) -> Mapping[str, Field]:
        """The members of a record."""
        return self.shape.fields

    def member(self, name: str) -> Field:
        """Return a member that a record has, also one that only its sender knows."""
        return self.shape.member(name) or Field(name=name, kind="json")

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
    version: str
    resources: Mapping[str, Resource]

    def root_of(self, operation: Operation) -> str:
        """Return the path below which an operation lies: its version may be another."""
        return f"{self.root.rpartition('/')[0]}/{operation.version or self.version}"

    def operations(self) -> Iterator[tuple[Resource, Operation]]:
        """Yield every documented call with its resource."""
        for resource in self.resources.values():
            for operation in resource.operations.values():
                yield resource, operation


@cache
def names() -> tuple[str, ...]:
    """Return the names of the products whose fact files exist; none is read."""
    folder = resources.files("zohorm.facts")
    return tuple(name for name in PRODUCTS if folder.joinpath(f"{name}.json").is_file())


@cache
def product(name: str) -> Product | None:
    """Return a product; None if there are no facts of it."""
    return made(load(name)) if name in names() else None


def resource(product_name: str, name: str) -> tuple[Product, Resource]:
    """Return a product and one of its resources.

    Raises:
        ValueError: there is none of this name; the text lists those there are.
    """
    described = product(product_name)
    if described is None:
        raise ValueError(f"no product is called {product_name!r}; there are {', '.join(names())}")
    if name not in described.resources:
        known = ", ".join(sorted(described.resources))
        raise ValueError(f"no resource of {product_name} is called {name!r}; there are {known}")
    return described, described.resources[name]


def catalogue() -> Mapping[str, Product]:
    """Return every product whose facts exist."""
    found = ((name, product(name)) for name in names())
    return {name: each for name, each in found if each is not None}


def made(facts: Mapping[str, Any]) -> Product:
    """Return the product that facts describe."""
    found = {
        name: _resource(facts["product"], name, each) for name, each in facts["resources"].items()
    }
    for resource in found.values():
        for field in resource.fields.values():
            # A list may hold records of a child resource, such as the persons of a contact.
            if field.of is not None and field.of in found:
                resource.embedded.setdefault(field.of, found[field.of].shape)
    version = facts.get("version") or facts["root"].rpartition("/")[2]
    return Product(name=facts["product"], root=facts["root"], version=version, resources=found)


def _resource(product: str, name: str, facts: Mapping[str, Any]) -> Resource:
    shape = _shape(facts)
    operations = _operations(facts, shape)
    if "upsert" in operations:
        # It names its record by a custom field, whether its document shows them or not.
        shape.fields.setdefault("custom_fields", Field(name="custom_fields", kind="many"))
    path = facts["path"].strip("/")
    end = path.rpartition("/")[2]
    return Resource(
        product=product,
        name=name,
        path=path,
        # Documents that show no answer leave the keys to be guessed, as its clients do.
        key=facts.get("key") or end.removesuffix("s"),
        list_key=facts.get("list_key") or end,
        number=facts.get("number"),
        shape=shape,
        embedded={key: _shape(each) for key, each in facts.get("embedded", {}).items()},
        filters={
            key: _settled(_filter(key, each), shape.fields)
            for key, each in facts.get("filters", {}).items()
        },
        sort=tuple(facts.get("sort", ())),
        counts=facts.get("counts", False),
        operations=operations,
        children={key: each["of"] for key, each in facts.get("children", {}).items()},
        parent=facts.get("parent"),
        conversions={
            child["shown"]: (child["of"], child["by"])
            for child in facts.get("children", {}).values()
            if "shown" in child
        },
    )


def _operations(facts: Mapping[str, Any], shape: Shape) -> dict[str, Operation]:
    """Return the calls of a resource; what other editions must have is not needed here."""
    made: dict[str, Operation] = {}
    foreign = {name for name, field in shape.fields.items() if not field.in_edition}
    for group, is_action in (("operations", False), ("actions", True)):
        for key, each in facts.get(group, {}).items():
            if "method" not in each:
                # Corrected, but in no document that is read.
                continue
            found = _operation(key, each, is_action=is_action)
            needed = tuple(name for name in found.required if name not in foreign)
            made.setdefault(key, attrs.evolve(found, required=needed))
    return made


def _shape(facts: Mapping[str, Any]) -> Shape:
    links = {name: (link["by"], link["to"]) for name, link in facts.get("links", {}).items()}
    fields = _fields(facts["fields"])
    key = fields.get(facts.get("id") or "")
    if key is not None and not key.in_edition:
        # Documents of one country's edition, which other editions know by other documents.
        fields = {name: attrs.evolve(each, in_edition=True) for name, each in fields.items()}
    is_open = facts.get("form") == "generic"
    return Shape(id=facts.get("id"), fields=fields, links=links, is_open=is_open)


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
        members=_fields(facts.get("fields") or {}),
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
        answer=_fields(facts.get("answer") or {}),
        fixed={key: _in_query(value) for key, value in (facts.get("fixed") or {}).items()},
        record_id=facts.get("record_id"),
        makes=facts.get("of"),
        files=facts.get("files") or {},
        # Seen by clients: the organizations themselves are read without naming one.
        needs_organization=facts.get("organization", True)
        and not facts["path"].startswith("/organizations"),
        version=facts.get("version"),
    )


def _in_query(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filter(name: str, facts: Mapping[str, Any]) -> Filter:
    return Filter(
        name=name,
        kind=facts["kind"],
        lookups=facts.get("lookups", {}),
        choices=tuple(str(choice) for choice in facts.get("choices") or ()),
        views={view: value for value, view in (facts.get("values") or {}).items()},
        row_field=facts.get("row_field") or name,
    )


def _settled(each: Filter, fields: Mapping[str, Field]) -> Filter:
    """Return a filter that names no member of the rows by the member that it is about."""
    name = each.row_field
    wire = each.lookups.get("exact")
    if name in fields or wire is None:
        return each
    one = name.removesuffix("s")
    if name.endswith("_ids") and one in fields:
        return attrs.evolve(each, row_field=one, kind="id", lookups={"in": wire})
    bound = {"from_date": "gte", "to_date": "lte"}.get(name)
    if bound is not None and "date" in fields:
        return attrs.evolve(each, row_field="date", kind="date", lookups={bound: wire})
    for lookup in ("contains", "startswith"):
        base = name.removesuffix(f"_{lookup}")
        if base != name and base in fields:
            return attrs.evolve(each, row_field=base, kind="text", lookups={lookup: wire})
    return each
