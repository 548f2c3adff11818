"""From a path to the operation that answers it. One map per product, made when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import attrs
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from zohorm.sandbox.catalogue import Operation, Product, Resource
from zohorm.sandbox.reply import Refusal, unknown_url


@attrs.frozen
class Route:
    """The operation that a call means, and the ids in its path."""

    resource: Resource
    operation: Operation
    params: Mapping[str, str]


@cache
def _map(product: Product) -> Map:
    rules: dict[tuple[str, str], Rule] = {}
    for resource, operation in product.operations():
        path = operation.path.replace("{", "<").replace("}", ">")
        endpoint = (resource, operation)
        rule = Rule(path, methods=[operation.method], endpoint=endpoint, merge_slashes=False)
        rules.setdefault((operation.method, path), rule)
    return Map(rules.values(), strict_slashes=False, merge_slashes=False, redirect_defaults=False)


def route(product: Product, method: str, path: str, *, wrong_method_code: int) -> Route:
    """Return the operation behind a method and a path below the product root.

    Raises:
        Refusal: there is none (404, code 5), or not with this method (405).
    """
    if path.startswith("//"):
        # Werkzeug would take the slashes for one.
        raise unknown_url()
    try:
        (resource, operation), params = _map(product).bind("sandbox").match(path, method)
    except MethodNotAllowed:
        message = f"The HTTP method {method} is not allowed for the requested resource"
        raise Refusal(405, wrong_method_code, message) from None
    except (NotFound, RequestRedirect):
        raise unknown_url() from None
    return Route(resource, operation, params)
