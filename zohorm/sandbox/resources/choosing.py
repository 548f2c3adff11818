"""Which of the operations that share a method and a path a call means.

Invoices and debit notes have the same paths, and so have an expense and the receipt that becomes
one; the record in the path or the members that were sent tell them apart.
"""

from __future__ import annotations

from zohorm.sandbox.catalogue import Operation, Resource
from zohorm.sandbox.exact import Json
from zohorm.sandbox.incoming import Incoming
from zohorm.sandbox.routes import Route
from zohorm.sandbox.store import Store


def meant(
    found: Route, arrived: Incoming, body: Json, store: Store, organization_id: str
) -> tuple[Resource, Operation]:
    """Return the resource and operation that a call means."""
    first = found.resource, found.operation
    if len(found.choices) < 2:
        return first
    fixed = len(found.operation.fixed)
    choices = [each for each in found.choices if len(each[1].fixed) == fixed]
    for resource, operation in choices:
        key = found.params.get(resource.id)
        if key is not None and store.text(resource, organization_id, key) is not None:
            return resource, operation
    sent = {file.member for file in arrived.files}
    sent |= {name for name, value in body.items() if value} if isinstance(body, dict) else set()
    complete = [each for each in choices if sent.issuperset(each[1].required)]
    return max(complete, key=lambda each: len(each[1].required), default=first)
