"""What a model class knows of its endpoints: operations, keys, filters; generated files state it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from zohorm.lookups import Filter


@attrs.frozen
class Operation:
    """One documented call: verb, path under the product root, scope, and whether it may be repeated.

    `path` names its ids in braces: `/invoices/{invoice_id}/status/sent`. A repeatable call has the
    same effect however often it arrives; one that is not is never sent twice. `required` members
    bind on create; `send_on_update` members travel with every change.
    """

    method: str
    path: str
    scope: str | None = None
    repeatable: bool = attrs.field(kw_only=True)
    send_on_update: tuple[str, ...] = attrs.field(default=(), kw_only=True)

    @repeatable.default
    def _repeatable_by_verb(self) -> bool:
        return self.method != "POST"


@attrs.frozen
class Resource:
    """The facts of one resource that the code at run time asks for."""

    product: str
    name: str
    key: str
    list_key: str
    other_keys: tuple[str, ...]
    id: str | None
    number: str | None
    parent: str | None
    operations: Mapping[str, Operation]
    filters: Mapping[str, Filter]
    sort: tuple[str, ...]
    counts: bool

    def operation(self, name: str) -> Operation | None:
        """Return the operation called `name` (create, list, get, update, delete) or None."""
        return self.operations.get(name)
