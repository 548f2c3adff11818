"""What a record belongs to and refers to: its parent in the path or body, its links."""

from __future__ import annotations

from collections.abc import Mapping

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import unknown_record
from zohorm.sandbox.resources.parts import rows_of

# What else may stand where a body names a record: who sells an item sells composite ones as well.
_AS = {"Item": ("CompositeItem",)}


def record_id(context: Context) -> str:
    """Return the id that the path names: that of the resource, else the last one in the path.

    `""` if the path names none: the resource is a single one, such as the preferences.
    """
    params = context.params
    if context.operation.record_id is not None:
        return context.query.get(context.operation.record_id, "")
    if context.resource.id in params:
        return params[context.resource.id]
    own = [name for name in params if name not in context.resource.parent_params]
    # An operation on a part of a record names the record first, then the part.
    return params[own[0]] if own else ""


def parent_resource(context: Context) -> Resource | None:
    """Return the resource whose records own those of this one."""
    return context.product.resources.get(context.resource.parent or "")


def parent_id(context: Context, sent: Row | None = None) -> str:
    """Return the id of the parent that a call names, in its path or body; `""` without a parent.

    What stands in the path of a resource whose parents are no records, such as the name of a custom
    module, counts as one.

    Raises:
        Refusal: there is no such parent, or not below its own one in the path.
    """
    parent = parent_resource(context)
    if parent is None:
        named = (context.params.get(name, "") for name in context.resource.parent_params)
        return "/".join(each for each in named if each)
    key, status = _in_path(context, context.resource, parent), 404
    if key is None and sent is not None:
        # Answers may lack the member by which the body names the parent.
        body = context.body if isinstance(context.body, dict) else {}
        key = str(sent.get(parent.id) or body.get(parent.id) or "")
        status = context.switches.missing_reference
    if key is None:
        return ""
    if context.store.text(parent, context.organization_id, key) is None:
        raise unknown_record(parent.label, status=status)
    _check_above(context, parent, key)
    return key


def _in_path(context: Context, resource: Resource, parent: Resource) -> str | None:
    """Return the id of a parent in the path, by its own name or the one that the path has."""
    names = (parent.id, *reversed(resource.parent_params))
    return next((context.params[name] for name in names if name in context.params), None)


def _check_above(context: Context, resource: Resource, key: str) -> None:
    """Check that the parents of a parent are those in the path."""
    above = context.product.resources.get(resource.parent or "")
    named = _in_path(context, resource, above) if above is not None else None
    if above is None or named is None:
        return
    known = context.store.parent_of(resource, context.organization_id, key)
    exists = context.store.text(above, context.organization_id, named) is not None
    if not exists or known not in ("", named):
        raise unknown_record(above.label)
    _check_above(context, above, named)


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
        part = resource.embedded.get(resource.member(name).of or "")
        if part is None:
            continue
        for row in rows_of(value) if isinstance(value, list) else rows_of([value]):
            _check(context, part.links, row)


def _check(context: Context, links: Mapping[str, tuple[str, str]], row: Row) -> None:
    for member, target in links.values():
        value: Json = row.get(member)
        known = context.product.resources.get(target)
        # Nobody can store the other record where no call creates it.
        if not value or known is None or not {"get", "create"} <= set(known.operations):
            continue
        if all(context.get(each, value) is None for each in (target, *_AS.get(target, ()))):
            status = context.switches.missing_reference
            raise unknown_record(known.label, status=status)
