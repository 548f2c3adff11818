"""Document numbers: the series `INV-000001`, numbers of one's own, and no number twice."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Refusal, invalid
from zohorm.sandbox.resources.checks import label
from zohorm.sandbox.store import Where

PREFIXES = {
    "Invoice": "INV-",
    "Estimate": "EST-",
    "SalesOrder": "SO-",
    "PurchaseOrder": "PO-",
    "CreditNote": "CN-",
    "RetainerInvoice": "RET-",
}

# The service gives a number to these too if none is sent; nothing asks it to take another.
GIVEN = {
    "Package": "PA-",
    "ShipmentOrder": "SH-",
    "SalesReturn": "RMA-",
    "SalesReturnReceive": "SRR-",
    "PurchaseReceive": "PR-",
}

_OWN = "ignore_auto_number_generation"


def number(context: Context, row: Row, sent: Row) -> None:
    """Give a new record its number.

    Raises:
        Refusal: a number of one's own is missing, not wanted, or taken.
    """
    name = context.resource.number
    if name is None:
        return
    has_series = _OWN in context.operation.query
    is_own = not has_series or context.flag(_OWN)
    wanted = str(sent.get(name) or "")
    if has_series and is_own and not wanted:
        raise invalid(label(name))
    if not is_own and wanted:
        if context.switches.sent_number == "refuse":
            raise invalid(label(name))
        is_own = context.switches.sent_number == "accept"
    if is_own and not wanted and context.resource.name in GIVEN:
        row[name] = _next(context)
    elif is_own:
        row[name] = wanted
        check(context, row)
    else:
        row[name] = _next(context)


def check(context: Context, row: Row) -> None:
    """Check that no other record has the number of this one.

    Source: Invoice v3, invoices, code 1001.

    Raises:
        Refusal: another record has it.
    """
    name = context.resource.number
    if name is not None and row.get(name) and taken(context, name, row):
        raise Refusal(400, 1001, f"{label(name)} already exist")


def taken(context: Context, name: str, row: Row) -> bool:
    """Tell whether another record has the same text in a member that has a column."""
    value = str(row.get(name) or "")
    where = Where(
        f' AND "f_{name}" = ? AND id <> ?', (value.casefold(), str(row[context.resource.id]))
    )
    return context.store.count(context.resource, context.scope, where) > 0


def _next(context: Context) -> str:
    resource = context.resource
    prefix = (PREFIXES | GIVEN).get(resource.name, f"{resource.name[:3].upper()}-")
    while True:
        count = context.store.next_value(context.organization_id, resource.table)
        text = f"{prefix}{count:06d}"
        where = Where(f' AND "f_{resource.number}" = ?', (text.casefold(),))
        if not context.store.count(resource, context.scope, where):
            return text
