"""Turn a listing of endpoints into the OpenAPI documents that it stands for.

Where the vendor publishes no OpenAPI documents of a product, its facts begin with a listing that
somebody wrote from the vendor's pages: one YAML file for the whole product.

    product: invoice
    resources:
      Estimate:
        path: estimates                   list_path, get_path: where these two lie elsewhere
        singular: estimate                the keys of answers; null where nobody has seen one
        plural: estimates
        id: estimate_id                   path_parameter: the id's name in paths, where another
        operations: [list, get, create, update, delete]
        operation_scopes: {list: ZohoInvoice.estimates.READ}
        filters: [date, sort_column]      also filters_inherited_from_books
        filter_values: {sort_column: [date]}
        create_query: [send]
        fields:
          estimate_id: {type: string, readonly: true, seen: live}
          currency_id: {type: string, readonly: true, writable_in_books: true}
          line_items: {type: array of object, required: true, fields: {rate: {type: number}}}
        actions:                          on one record; {id} is its id
          mark_as_sent: {method: POST, path: '{id}/status/sent', scope: ...}
        collection_actions:               on the collection
          email: {method: POST, path: email, body: {estimate_ids: {type: string, required: true}}}

The converter reads documents; nothing else of it knows of listings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zohorm.facts import names, prose

# A node of a listing or of an OpenAPI document.
Node = dict[str, Any]

METHODS = {"list": "get", "get": "get", "create": "post", "update": "put", "delete": "delete"}
LISTS = "array of "
FILES = {"file": {"type": "string", "format": "binary"}}
# Filters and their values stand in several members, by where the writer of the listing found them.
FILTERS = ("filters", "filters_inherited_from_books")
VALUES = ("filter_values", "filter_values_inherited_from_books")


def is_listing(node: Node) -> bool:
    """Tell a listing from an OpenAPI document."""
    return "resources" in node and "paths" not in node


def documents(node: Node, product: str = "") -> list[Node]:
    """Give one OpenAPI document per resource of a listing; of a document, the document itself.

    Listings of several products may lie in one folder: those of another than `product` give none.
    """
    if not is_listing(node):
        return [node]
    if product and node.get("product") != product:
        return []
    # Of a resource without a path somebody knows that it exists, and no endpoint of it.
    known = {name: about for name, about in node["resources"].items() if about["path"]}
    return [_document(name, resource) for name, resource in known.items()]


def declared(row: Node) -> Node:
    """Give the document of a resource that no document shows, as the corrections declare it."""
    resource = {
        "id": f"{names.snake_name(row['name'])}_id",
        "singular": row.get("key"),
        "plural": row.get("list_key"),
    } | row
    return _document(row["name"], {"fields": {resource["id"]: {"readonly": True}}} | resource)


def _document(name: str, resource: Node) -> Node:
    paths: dict[str, Node] = {}
    for operation in _operations(name, resource):
        path, method = operation.pop("path"), operation.pop("method")
        paths.setdefault(path, {})[method] = operation
    return {"info": {"title": prose.plural(name)}, "paths": paths}


def _operations(name: str, resource: Node) -> Iterator[Node]:
    for role in resource.get("operations", ()):
        yield _role(name, role, resource)
    noun = names.snake_name(name)
    record = _paths(resource)["record"]
    for action, about in resource.get("actions", {}).items():
        path = about["path"].replace("{id}", record.rpartition("/")[2])
        yield _action(f"{noun}_{action}", f"{record.rpartition('/')[0]}/{path}", about)
    nouns = prose.plural(name).lower().replace(" ", "_")
    for action, about in resource.get("collection_actions", {}).items():
        path = f"/{resource['path']}/{about['path']}".rstrip("/")
        yield _action(f"{nouns}_{action}", path, about)
    for action, about in resource.get("undocumented_operations", {}).items():
        # Their paths may begin with the id or be whole.
        path = about["path"].replace("{id}", record.strip("/"))
        if action in METHODS:
            yield _role(name, action, resource)
        else:
            yield _action(f"{noun}_{action}", f"/{path}", about)


def _paths(resource: Node) -> dict[str, str]:
    """Give the paths of a resource: of its collection, of one record, and where they differ."""
    collection = f"/{resource['path']}"
    record = f"{collection}/{{{resource.get('path_parameter') or resource['id']}}}"
    return {
        "create": collection,
        "list": f"/{resource.get('list_path', resource['path'])}",
        "get": f"/{resource['get_path']}" if "get_path" in resource else record,
        "record": record,
    }


def _role(name: str, role: str, resource: Node) -> Node:
    """Write one of list, get, create, update and delete."""
    paths, noun = _paths(resource), names.snake_name(name)
    if role == "list":
        noun = prose.plural(name).lower().replace(" ", "_")
    scope = resource.get("operation_scopes", {}).get(role, "")
    operation = _operation(f"{role}_{noun}", METHODS[role], paths.get(role, paths["record"]), scope)
    if role == "list":
        operation["parameters"] += _filters(resource)
    if role == "create":
        operation["parameters"] += [
            _query(option, ()) for option in resource.get("create_query", ())
        ]
    if role in ("create", "update"):
        operation["requestBody"] = _sent(_request(role, resource))
    answer = {} if role == "delete" else _answer(name, role, resource)
    operation["responses"] = _answered("201" if role == "create" else "200", answer)
    return operation


def _action(name: str, path: str, about: Node) -> Node:
    operation = _operation(name, about["method"].lower(), path, about.get("scope", ""))
    operation["parameters"] += [_query(parameter, ()) for parameter in about.get("query", ())]
    # Some pages name the ids of the path once more among the members.
    body = {n: member for n, member in about.get("body", {}).items() if f"{{{n}}}" not in path}
    if body:
        operation["requestBody"] = _sent(_object(body))
    # Of what an action gives back a listing tells nothing, but one that only asks gives something.
    answer = {"data": {"type": "object"}} if about["method"] == "GET" else {}
    operation["responses"] = _answered("200", answer)
    return operation


def _operation(name: str, method: str, path: str, scope: str) -> Node:
    places = re.findall(r"\{(\w+)\}", path)
    return {
        "path": path,
        "method": method,
        "operationId": name,
        "security": [{"oauth": [scope] if scope else []}],
        "parameters": [
            {"name": place, "in": "path", "required": True, "schema": {"type": "string"}}
            for place in places
        ],
    }


def _query(name: str, values: object) -> Node:
    schema: Node = {"enum": values} if values else {}
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _filters(resource: Node) -> Iterator[Node]:
    values: Node = {}
    for member in VALUES:
        values |= resource.get(member, {})
    for member in FILTERS:
        for name in resource.get(member, ()):
            yield _query(name, values.get(name, ()))


def _sent(schema: Node) -> Node:
    return {"content": {"application/json": {"schema": schema}}}


def _answered(status: str, members: Node) -> Node:
    content = {"application/json": {"schema": _holding(members)}} if members else {}
    return {status: {"content": content}}


def _holding(members: Node) -> Node:
    return {"type": "object", "properties": members}


def _request(role: str, resource: Node) -> Node:
    """Write the body of a create or an update: every member that is not read-only.

    The pages name few of them, so that a member which the same request of Books takes is one, too.
    """
    fields = {
        name: about
        for name, about in resource["fields"].items()
        if not about.get("readonly") or about.get("writable_in_books")
    }
    schema = _object(fields)
    if role == "update":
        # What the vendor's pages require binds a create: a change sends what has changed.
        schema["required"] = []
    elif not schema["required"]:
        schema["required"] = [n for n in resource.get("required_in_books", ()) if n in fields]
    return schema


def _answer(name: str, role: str, resource: Node) -> Node:
    fields = resource["fields"]
    if role != "list":
        return {resource["singular"] or names.snake_name(name): _object(fields)}
    seen = {name: about for name, about in fields.items() if about.get("seen")}
    # Nobody knows the rows where nobody has seen one; asking the record costs a call, so they are
    # taken for whole then.
    rows = {"type": "array", "items": _object(seen or fields)}
    key = resource["plural"] or prose.plural(name).lower().replace(" ", "_")
    return {key: rows}


def _object(fields: Mapping[str, Node]) -> Node:
    members = {name: _member(about) for name, about in fields.items()}
    required = [name for name, about in fields.items() if about.get("required")]
    return _holding(members) | {"required": required}


def _member(about: Node) -> Node:
    """Write the schema of one member."""
    kind = about.get("type", "string")
    if kind in FILES:
        return dict(FILES[kind])
    fields = about.get("fields", {})
    if kind == "object":
        return _object(fields) if fields else {"type": "object"}
    if kind.startswith(LISTS):
        inner = _object(fields) if fields else {"type": kind.removeprefix(LISTS)}
        return {"type": "array", "items": inner}
    # date and datetime stay as they are: the kinds know these words.
    return {"type": kind} | ({"enum": about["enum"]} if "enum" in about else {})
