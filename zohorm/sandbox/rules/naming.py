"""What a payment or refund shows of the contact that it names."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row

_SHOWN = {"customer_id": "customer_name", "vendor_id": "vendor_name"}
_OF_CONTACT = ("currency_id", "currency_code", "currency_symbol", "email")


def fill_contact(context: Context, row: Row, sent: Row) -> None:
    """Write name and currency of the contact that a body names."""
    for member, shown in _SHOWN.items():
        contact = context.get("Contact", row.get(member)) if member in sent else None
        if contact is None:
            continue
        row[shown] = contact.get("contact_name", "")
        row.update({name: contact.get(name, "") for name in _OF_CONTACT if name in row})
