"""The sandbox and the facts: every documented operation has a route, and answers."""

from __future__ import annotations

import re

import pytest
import requests

from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Operation, Resource, catalogue
from zohorm.sandbox.roots import SELECTORS
from zohorm.sandbox.routes import route

ALL = [
    pytest.param(product.name, resource, operation, id=f"{product.name}-{operation.source}")
    for product in catalogue().values()
    for resource, operation in product.operations()
]


def path_of(operation: Operation) -> str:
    path = operation.path.replace("{module_name}", "cm_things")
    return re.sub(r"\{\w+\}", "4815000000000100001", path)


@pytest.mark.parametrize(("product", "resource", "operation"), ALL)
def test_every_operation_has_a_route(
    product: str, resource: Resource, operation: Operation
) -> None:
    path = path_of(operation)

    found = route(
        catalogue()[product],
        operation.method,
        path,
        query=operation.fixed,
        version=operation.version,
    )

    assert (resource, operation) in found.choices


def test_every_operation_answers_as_the_service_would() -> None:
    """On nothing: a list, or a refusal of the service's own kind; never a failure of ours."""
    with Sandbox() as sandbox:
        sandbox.limits(per_minute=10**6)
        for product in catalogue().values():
            for _, operation in product.operations():
                path = path_of(operation)
                selector = SELECTORS[product.name]
                named = dict.fromkeys(selector.headers[:1], sandbox.organization_ids[0])
                answer = requests.request(
                    operation.method,
                    sandbox.url + product.root_of(operation) + path,
                    headers={"Authorization": f"Zoho-oauthtoken {sandbox.access_token()}", **named},
                    json={} if operation.method in ("POST", "PUT") else None,
                    timeout=60,
                )
                assert answer.status_code in (200, 201, 400, 404), (operation.source, answer.text)
                if answer.headers["Content-Type"].startswith("application/json"):
                    assert answer.json()["code"] in (0, 2, 4, 1002), operation.source
