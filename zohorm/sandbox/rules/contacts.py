"""Contacts: unique names, one primary person, addresses with ids, a currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from zohorm.sandbox import organizations
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row, write
from zohorm.sandbox.reply import Refusal, Reply, success
from zohorm.sandbox.resources import (
    checks,
    history,
    mirrors,
    numbering,
    parents,
    parts,
    reading,
    updating,
)
from zohorm.sandbox.rows import stamp
from zohorm.sandbox.rules import currencies
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.store import Where

# What a contact shows of its primary person.
_SHOWN = ("first_name", "last_name", "email", "phone", "mobile")
_OWES = " AND \"f_outstanding_receivable_amount\" > '1'"


class ContactRules(Rules):
    """What holds for contacts."""

    views: ClassVar[Mapping[str, Where]] = {
        "Invoice.Unpaid": Where(_OWES),
        "Invoice.OverDue": Where(_OWES),
    }

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in currency, addresses and primary person; refuse a name that is taken.

        Code 3062, on create and update, is seen by clients.
        """
        if numbering.taken(context, "contact_name", row):
            said = f'The customer "{row["contact_name"]}" already exists.'
            raise Refusal(400, 3062, f"{said} Please specify a different name.")
        if before is None:
            row["status"] = "active"
            row["contact_type"] = row.get("contact_type") or "customer"
        if not row.get("currency_code") or "currency_id" in sent:
            _fill_currency(context, row)
        for name in ("billing_address", "shipping_address"):
            _fill_address(context, row, name, before)
        self.refresh(context, row)

    def refresh(self, context: Context, row: Row) -> None:
        """See that one person is the primary one, and show that person's members."""
        persons = parts.rows_of(row.get("contact_persons"))
        chosen = [each for each in persons if each.get("is_primary_contact") is True]
        # The last one marked wins: whoever marks another person means to move the mark.
        primary = chosen[-1] if chosen else persons[0] if persons else None
        for each in persons:
            each["is_primary_contact"] = each is primary
        row["primary_contact_id"] = primary["contact_person_id"] if primary else ""
        for name in _SHOWN:
            row[name] = primary.get(name, "") if primary else ""

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Write the creation down."""
        history.note(context, row, "Contact created", operation_type="Added")

    def recipients(self, context: Context, row: Row) -> tuple[str, ...]:
        """Return the address of the primary person."""
        return (str(row["email"]),) if row.get("email") else ()


class PersonRules(Rules):
    """What holds for the persons of a contact."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The mark of the primary person moves to another record."""
        return {"mark_contact_person_primary": _mark_primary}


class AddressRules(Rules):
    """What holds for the addresses of a contact."""

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The two that the contact itself shows have ids as well, and are changed by them."""
        return {"update_contact_address": _update_address}


def _update_address(context: Context) -> Reply:
    """Change an address: one of the list, or the one that the contact bills or ships to."""
    key = parents.record_id(context)
    owner = context.product.resources["Contact"]
    contact = context.get("Contact", parents.parent_id(context)) or {}
    for name in ("billing_address", "shipping_address"):
        address = contact.get(name)
        if isinstance(address, dict) and address.get("address_id") == key:
            sent = checks.accepted(context.resource, context.body_object())
            address.update((member, value) for member, value in sent.items() if member in address)
            stamp(owner, contact, context.now, is_new=False)
            context.store.replace(owner, context.organization_id, contact)
            text = f'"{context.resource.key}":{write(address)}'
            return success(text, message="The address has been updated.")
    return updating.answer(context)


def _mark_primary(context: Context) -> Reply:
    key = parents.record_id(context)
    reading.text_of(context, key)
    parent = context.store.parent_of(context.resource, context.scope, key)
    for person in context.store.children(context.resource, context.scope, parent):
        person["is_primary_contact"] = person[context.resource.id] == key
        context.store.replace(context.resource, context.scope, person)
    mirrors.child_written(context, parent)
    return success(message="The contact person has been marked as primary.")


def _fill_currency(context: Context, row: Row) -> None:
    named = row if row.get("currency_id") else {}
    if not named:
        organization = organizations.get(context.store, context.organization_id)
        named = {name: organization.get(name, "") for name in ("currency_id", "currency_code")}
    currency = currencies.find(context, named)
    row["currency_id"] = named.get("currency_id") or currency.get("currency_id", "")
    row["currency_code"] = currency.get("currency_code", "")
    row["currency_symbol"] = currency.get("currency_symbol", "")


def _fill_address(context: Context, row: Row, name: str, before: Row | None) -> None:
    address = row.get(name)
    if not isinstance(address, dict):
        return
    old = before.get(name) if before is not None else None
    shape = context.resource.embedded[context.resource.fields[name].of or ""]
    blank: Row = dict.fromkeys(shape.fields, "")
    known = old.get("address_id") if isinstance(old, dict) else None
    row[name] = {"address_id": known or context.store.next_id(), **blank, **address}
