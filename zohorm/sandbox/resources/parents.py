"""What a record belongs to and refers to: its parent in the path or body, its links."""

from __future__ import annotations

from collections.abc import Mapping

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources.parts import rows_of


def record_id(context: Context) -> str:
    """Return the id that the path names: that of the resource, else the last one in the path."""
    params = context.params
    return params.get(context.resource.id) or (list(params.values()) or [""])[-1]


def parent_resource(context: Context) -> Resource | None:
    """Return the resource whose records own those of this one."""
    return context.product.resources.get(context.resource.parent or "")


def parent_id(context: Context, sent: Row | None = None) -> str:
    """Return the id of the parent that a call names, in its path or body; `""` without a parent.

    Raises:
        Refusal: there is no such parent.
    """
    parent = parent_resource(context)
    if parent is None:
        return ""
    key = context.params.get(parent.id)
    status = 404
    if key is None and sent is not None:
        key = str(sent.get(parent.id) or "")
        status = context.switches.missing_reference
    if key is None:
        return ""
    if context.store.text(parent, context.organization_id, key) is None:
        raise unknown_record(parent.label, status=status)
    return key


def fill(context: Context, row: Row, parent: str) -> None:
    """Write the parent's id into a child record that shows it."""
    owner = parent_resource(context)
    if owner is not None and parent and owner.id in row:
        row[owner.id] = parent


def check_links(context: Context, sent: Row) -> None:
    """Check that the records which a body names exist.

    Raises:
        Refusal: one does not; code 1002 is seen by clients.
    """
    resource = context.resource
    _check(context, resource.shape.links, sent)
    for name, value in sent.items():
        part = resource.embedded.get(resource.fields[name].of or "")
        if part is None:
            continue
        for row in rows_of(value) if isinstance(value, list) else rows_of([value]):
            _check(context, part.links, row)


def _check(context: Context, links: Mapping[str, tuple[str, str]], row: Row) -> None:
    for member, target in links.values():
        value: Json = row.get(member)
        known = context.product.resources.get(target)
        # Without operations of its own the sandbox cannot hold the other record.
        if not value or known is None or "get" not in known.operations:
            continue
        if context.get(target, value) is None:
            status = context.switches.missing_reference
            raise unknown_record(known.label, status=status)
