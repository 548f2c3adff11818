"""Custom fields by name, as the type checkers see them; never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

from zohorm import CustomFields
from zohorm.books import Contact, Invoice
from zohorm.books.contact import CustomField
from zohorm.books.invoice import LineItem
from zohorm.custom import CustomValue


def _by_name(contact: Contact, line: LineItem) -> None:
    assert_type(contact.custom_fields, CustomFields[CustomField])
    assert_type(contact.custom_fields["cf_region"], CustomValue)
    assert_type(contact.custom_fields.get("cf_region"), CustomValue)
    assert_type(contact.custom_fields.get("cf_region", 0), CustomValue | int)
    assert_type(contact.custom_fields.to_dict(), dict[str, CustomValue])
    contact.custom_fields["cf_region"] = "North"
    contact.custom_fields["cf_born"] = dt.date(2026, 1, 15)
    contact.custom_fields["cf_colours"] = ["red", "green"]
    contact.custom_fields["cf_region"] = None
    line.item_custom_fields["cf_lot"] = 17

    contact.custom_fields["cf_rate"] = 0.5  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    _ = contact.custom_fields["cf_rate"] + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]


def _as_a_list(contact: Contact) -> None:
    assert_type(contact.custom_fields[0], CustomField)
    assert_type(contact.custom_fields[:2], list[CustomField])
    assert_type([row.label for row in contact.custom_fields], list[str | None])
    contact.custom_fields[0].value = "North"
    contact.custom_fields.append(CustomField(label="Region", value="North"))
    contact.custom_fields = [CustomField(label="Region")]
    contact.custom_fields = {"cf_region": "North", "cf_rate": Decimal(1)}
    Contact(contact_name="Ada", custom_fields={"cf_region": "North"})
    Invoice(custom_fields=[])

    contact.custom_fields[0] = "North"  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    contact.custom_fields = [Contact()]  # type: ignore[list-item]  # pyright: ignore[reportAttributeAccessIssue]
    contact.custom_fields.append(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
