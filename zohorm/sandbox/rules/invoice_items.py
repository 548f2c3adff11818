"""Items of Billing's invoices that come and go by calls of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, write
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import reading, updating
from zohorm.sandbox.resources.checks import accepted, required
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rules.stating import source

_MEMBER = "invoice_items"


@source("Billing v1, invoices: 'Add items to a pending invoice'")
def _add(context: Context) -> Reply:
    """Items that are added to an invoice come after those it has, and it is summed up anew."""
    body = context.body_object()
    required(context.needed, body)
    before = reading.loaded(context)
    new = rows_of(accepted(context.resource, {_MEMBER: body[_MEMBER]})[_MEMBER])
    rows: list[Json] = [*rows_of(before.get(_MEMBER)), *new]
    row = updating.update(context, before, {_MEMBER: rows})
    return success(f'"{context.resource.key}":{write(row)}', message="The items have been added.")


@source("Billing v1, invoices: 'Delete items from a pending invoice'")
def _delete(context: Context) -> Reply:
    """An item that is deleted from an invoice leaves the others, and it is summed up anew."""
    before = reading.loaded(context)
    rows = rows_of(before.get(_MEMBER))
    kept: list[Json] = [row for row in rows if row.get("item_id") != context.params["item_id"]]
    if len(kept) == len(rows):
        raise unknown_record("Item")
    updating.update(context, before, {_MEMBER: kept})
    return success(message="The item has been deleted.")


HANDLERS: Mapping[str, Callable[[Context], Reply]] = {
    "POST /invoices/{invoice_id}/lineitems": _add,
    "DELETE /invoices/{invoice_id}/lineitems/{item_id}": _delete,
}
