"""Names of classes, modules and actions."""

from __future__ import annotations

import pytest

from zohorm.facts import names, places, prose


@pytest.mark.parametrize(
    ("word", "single"),
    [
        ("line_items", "line_item"),
        ("taxes", "tax"),
        ("opening_balances", "opening_balance"),
        ("currencies", "currency"),
        ("addresses", "address"),
        ("batches", "batch"),
        ("payment_options", "payment_options"),
        ("status", "status"),
        ("billing_address", "billing_address"),
    ],
)
def test_singular(word: str, single: str) -> None:
    assert names.singular(word) == single


@pytest.mark.parametrize(
    ("operation", "noun", "action"),
    [
        ("mark_invoice_sent", "invoice", "mark_sent"),
        ("get_invoice_email", "invoice", "email"),
        ("email_invoices", "invoice", "email"),
        ("approve_tax_authority", "tax_authority", "approve"),
        ("list_currencies", "currency", "list"),
        ("track_contact_1099", "contact", "track_1099"),
        ("submit", "invoice", "submit"),
        ("POST /bills/{bill_id}/void", "bill", "void"),
        ("POST /invoices/{invoice_id}/writeoff/cancel", "invoice", "writeoff_cancel"),
        ("GET /invoices/print", "invoice", "print"),
    ],
)
def test_an_action_is_named_without_its_resource(operation: str, noun: str, action: str) -> None:
    assert places.action_name(operation, noun) == action


def test_class_names_and_snake_names_are_each_others_reverse() -> None:
    assert names.class_name("contact_person") == "ContactPerson"
    assert names.snake_name("ContactPerson") == "contact_person"


@pytest.mark.parametrize(
    ("name", "resource", "words"),
    [
        ("LineItem", "Invoice", "A line item of an invoice."),
        ("Address", "Contact", "An address of a contact."),
        ("DefaultTemplates", "Contact", "Default templates of a contact."),
        ("InvoiceContactPerson", "Invoice", "A contact person of an invoice."),
        ("OpeningBalance", "Contact", "An opening balance of a contact."),
        ("BilledPurchaseOrder", "Bill", "A billed purchase order of a bill."),
    ],
)
def test_an_embedded_class_says_what_it_is(name: str, resource: str, words: str) -> None:
    assert prose.embedded(name, resource) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"kind": "text", "max_length": 100}, "Text, at most 100 characters."),
        (
            {"kind": "money", "detail": False},
            "An amount. Shown in lists alone.",
        ),
        ({"kind": "boolean", "list": False}, "True or false. Not shown in lists."),
        ({"kind": "enum", "choices": ["a", "b"]}, "One of the words above."),
        ({"kind": "many", "of": "LineItem", "replaced": True}, "Line items; sent whole."),
        ({"kind": "many", "of": "Tax", "access": "read_only"}, "Taxes."),
        (
            {"kind": "many", "of": "CustomField", "replaced": False},
            "Custom fields; those sent change, the others stay.",
        ),
        ({"kind": "embedded", "of": "Address"}, "An address."),
        ({"kind": "text", "editions": {"in": ["in", "uk"]}}, "Text. Editions: in, uk."),
        ({"kind": "text", "editions": {"not_in": ["us"]}}, "Text. Not in editions: us."),
        (
            {"kind": "text", "editions": {"in": ["Avalara Integration"]}},
            "Text. With the integration of Avalara.",
        ),
        (
            {"kind": "text", "editions": {"in": ["India GST", "VAT"]}},
            "Text. Editions: India GST, VAT.",
        ),
        (
            {"kind": "text", "editions": {"in": ["for card change"]}},
            "Text. Only for card change.",
        ),
        ({"kind": "date", "note": "When it was read."}, "A day. When it was read."),
    ],
)
def test_a_field_says_what_the_facts_know(facts: dict[str, object], words: str) -> None:
    usual = {"access": "plain", "list": True, "detail": True}

    assert prose.field("member", usual | facts) == words


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("item_id", "id", "The id of an item."),
        ("tax_exemption_id", "id", "The id of a tax exemption."),
        ("salesorder_item_id", "id", "The id of a sales order item."),
        ("tds_tax_id", "id", "The id of a TDS tax."),
        ("unbilled_charge_id", "id", "The id of an unbilled charge."),
        ("unit_id", "id", "The id of a unit."),
        ("created_by_id", "id", "The id of who created it."),
        ("last_modified_by", "id", "The id of who last modified it."),
        ("submitted_to_id", "id", "The id of whom it is submitted to."),
        ("from_account_id", "id", "The id of the account that it comes from."),
        ("attribute_option_id1", "id", "The id of an attribute option."),
        ("id", "id", "The id of this part."),
        ("exchange_rate", "money", "A rate."),
        ("sub_total", "money", "An amount."),
        ("tax_percentage", "number", "A percentage."),
        ("stock", "number", "A number."),
    ],
)
def test_names_tell_more_than_kinds(name: str, kind: str, words: str) -> None:
    facts = {"kind": kind, "access": "plain", "list": True, "detail": True}

    assert prose.field(name, facts) == words


def test_the_own_id_and_embedded_members_are_told_shorter() -> None:
    facts = {"kind": "id", "access": "read_only", "list": False, "detail": True}

    assert prose.field("invoice_id", facts, own=True) == (
        "The id of this record. Not shown in lists."
    )
    assert prose.field("item_id", facts, unlisted=True) == "The id of an item."
