"""Prepared answers, as large and as varied as the service's; the bench server joins and sends them.

A template is bytes in pieces: between the pieces stands what tells one page or record from another,
so that an answer costs the server little more than a copy.
"""

from __future__ import annotations

import json
import random

PAGE_SIZE = 200
ORGANIZATION = "10001"
CHANGED = "Checked by the benchmark"
"""What W3 writes into reference_number; the prepared answers to PUT hold it."""

_VARIANTS = 8
_PLACE = "@PLACE@"
_CONTEXT = "@CONTEXT@"
_CUSTOMERS = (
    "Müller & Söhne GmbH",
    "Café Noël",
    "Nordwind Logistics ApS",
    "Blue Harbor Trading LLC",
    "株式会社さくら商事",
    "Åkerström Byggkonsult AB",
    "Greenfield Dairy Cooperative",
    "Acme Industrial Supplies Ltd.",
)
_GOODS = (
    "Steel bolts M8, zinc plated, box of 500, with washers and self-locking nuts, batch certified",
    "Consulting by the hour, on site, travel within the metropolitan area included in the rate",
    "Solar panel 400W, monocrystalline, black frame, with mounting brackets for tiled roofs",
    "Wool carpet, hand knotted, 2 m by 3 m, moth proofed, including underlay and edge binding",
)

Template = tuple[bytes, ...]


class Answers:
    """The bodies that the server sends."""

    def __init__(self) -> None:
        self._lists = [_list_template(random.Random(seed)) for seed in range(_VARIANTS)]
        one = [_invoice(random.Random(seed), "") for seed in range(_VARIANTS)]
        put = [_invoice(random.Random(seed), CHANGED) for seed in range(_VARIANTS)]
        self._got = [_split(_wrapped(row, "success")) for row in one]
        self._put = [_split(_wrapped(row, "Invoice information has been updated.")) for row in put]

    def page(self, number: int, pages: int, *, counted: bool) -> bytes:
        """Return the list page `number` of `pages`; with the totals if they were asked for."""
        template, tail = self._lists[number % _VARIANTS]
        totals = {"total": pages * PAGE_SIZE, "total_pages": pages} if counted else {}
        context = {
            "page": number,
            "per_page": PAGE_SIZE,
            "has_more_page": number < pages,
            "report_name": "Invoices",
            "applied_filter": "Status.All",
            "sort_column": "created_time",
            "sort_order": "D",
            "custom_fields": [],
            **totals,
        }
        return b"%06d".__mod__(number).join(template) + _json(context) + tail

    def one(self, identifier: bytes) -> bytes:
        """Return the whole invoice of an id."""
        return identifier.join(self._got[identifier[-1] % _VARIANTS])

    def changed(self, identifier: bytes) -> bytes:
        """Return the whole invoice of an id, as after the change of W3."""
        return identifier.join(self._put[identifier[-1] % _VARIANTS])


def identifier(number: int) -> str:
    """Return the id of the invoice `number`, as long as the service's ids."""
    return f"4815000{number // PAGE_SIZE + 1:06d}{number % PAGE_SIZE:06d}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _split(text: bytes) -> Template:
    return tuple(text.split(_PLACE.encode()))


def _wrapped(row: dict[str, object], message: str) -> bytes:
    return _json({"code": 0, "message": message, "invoice": row})


def _list_template(rng: random.Random) -> tuple[Template, bytes]:
    rows = [_list_row(rng, place) for place in range(PAGE_SIZE)]
    body = {"code": 0, "message": "success", "invoices": rows, "page_context": _CONTEXT}
    text, _, tail = _json(body).partition(_json(_CONTEXT))
    return _split(text), tail


def _list_row(rng: random.Random, place: int) -> dict[str, object]:
    number = rng.randrange(len(_CUSTOMERS))
    total = rng.randrange(1_000, 9_999_999) / 100
    status = rng.choice(("paid", "sent", "overdue", "draft"))
    day = f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    return {
        "invoice_id": f"4815000{_PLACE}{place:06d}",
        "ach_payment_initiated": False,
        "invoice_number": f"INV-{_PLACE}{place:03d}",
        "date": day,
        "status": status,
        "color_code": "",
        "current_sub_status": status,
        "due_date": day,
        "payment_expected_date": "",
        "last_payment_date": day if status == "paid" else "",
        "reference_number": f"PO-{rng.randrange(10**6):06d}",
        "customer_id": f"48150000000001{number:05d}",
        "customer_name": _CUSTOMERS[number],
        "company_name": _CUSTOMERS[number],
        "email": f"accounts.payable.{number}@example.com",
        "phone": f"+1-555-01{number:02d}",
        "country": "U.S.A",
        "currency_id": "4815000000000000097",
        "currency_code": "USD",
        "currency_symbol": "$",
        "exchange_rate": 1.0,
        "is_viewed_by_client": status == "paid",
        "has_attachment": False,
        "client_viewed_time": "",
        "location_id": "4815000000000098237",
        "location_name": "Head office",
        "project_name": "",
        "shipping_charge": 0.0,
        "adjustment": 0.0,
        "total": total,
        "balance": 0.0 if status == "paid" else total,
        "write_off_amount": 0.0,
        "is_emailed": True,
        "reminders_sent": 1,
        "last_reminder_sent_date": "",
        "created_time": f"{day}T12:11:31-0700",
        "last_modified_time": f"{day}T12:11:32-0700",
        "created_by": "Ada Lovelace",
        "salesperson_id": "",
        "salesperson_name": "",
        "due_days": "",
        "schedule_time": "",
        "documents": "",
    }


def _invoice(rng: random.Random, reference: str) -> dict[str, object]:
    row = _list_row(rng, 0)
    row.update({"invoice_id": _PLACE, "invoice_number": "INV-000482"})
    row["reference_number"] = reference or row["reference_number"]
    row.update(
        {
            "payment_terms": 30,
            "payment_terms_label": "Net 30",
            "discount": 0.0,
            "is_discount_before_tax": True,
            "discount_type": "item_level",
            "is_inclusive_tax": False,
            "recurring_invoice_id": "",
            "contact_persons": ["4815000000000104089"],
            "contact_persons_associated": [_person()],
            "line_items": [_line(rng, place) for place in range(1, 11)],
            "sub_total": row["total"],
            "tax_total": 0.0,
            "taxes": [{"tax_name": "Sales Tax (7.5%)", "tax_amount": 81.03}],
            "payment_reminder_enabled": True,
            "payment_made": 0.0,
            "credits_applied": 0.0,
            "tax_amount_withheld": 0.0,
            "allow_partial_payments": False,
            "price_precision": 2,
            "payment_options": {"payment_gateways": []},
            "billing_address": _address(),
            "shipping_address": _address(),
            "notes": "Thank you for your business. Danke für Ihren Einkauf!",
            "terms": "Payable within thirty days of the date of the invoice, net. " * 2,
            "custom_fields": [_custom(number) for number in range(3)],
            "template_id": "4815000000000017001",
            "template_name": "Standard template",
            "template_type": "standard",
            "page_width": "8.27in",
            "page_height": "11.69in",
            "orientation": "portrait",
            "attachment_name": "",
            "can_send_in_mail": False,
            "invoice_url": "https://example.com/books/secure?CInvoiceID=" + "2-9f" * 24,
        }
    )
    return row


def _line(rng: random.Random, place: int) -> dict[str, object]:
    rate = rng.randrange(100, 99_999) / 100
    quantity = rng.choice((1.0, 2.0, 12.25, 10.0))
    goods = rng.choice(_GOODS)
    return {
        "line_item_id": f"48150000000002{rng.randrange(10**5):05d}",
        "item_id": f"48150000000003{rng.randrange(10**5):05d}",
        "project_id": "",
        "project_name": "",
        "time_entry_ids": [],
        "location_id": "4815000000000098237",
        "location_name": "Head office",
        "item_type": "sales_and_purchases",
        "product_type": "goods",
        "expense_id": "",
        "expense_receipt_name": "",
        "name": goods.partition(",")[0],
        "description": goods,
        "item_order": place,
        "bcy_rate": rate,
        "rate": rate,
        "quantity": quantity,
        "unit": "pcs",
        "discount_amount": 0.0,
        "discount": 0.0,
        "tags": [_tag("Region", "North"), _tag("Department", "Sales")],
        "tax_id": "4815000000000000201",
        "tax_name": "Sales Tax",
        "tax_type": "tax",
        "tax_percentage": 7.5,
        "item_total": round(rate * quantity, 2),
        "header_name": "",
        "header_id": "",
        "account_id": "4815000000000000388",
        "account_name": "Sales",
        "bill_id": "",
        "bill_item_id": "",
        "salesorder_item_id": "",
        "item_custom_fields": [],
    }


def _tag(name: str, option: str) -> dict[str, object]:
    return {
        "is_tag_mandatory": False,
        "tag_id": "4815000000000000333",
        "tag_name": name,
        "tag_option_id": "4815000000000000417",
        "tag_option_name": option,
    }


def _custom(number: int) -> dict[str, object]:
    return {
        "customfield_id": f"481500000000004610{number}",
        "label": f"Purchase reference {number}",
        "api_name": f"cf_purchase_reference_{number}",
        "data_type": "string",
        "value": "A-1187",
        "value_formatted": "A-1187",
    }


def _person() -> dict[str, object]:
    return {
        "contact_person_id": "4815000000000104089",
        "contact_person_name": "Mary-Ann Åström",
        "first_name": "Mary-Ann",
        "last_name": "Åström",
        "contact_person_email": "person.104089@example.com",
        "phone": "+1-555-0100",
        "mobile": "",
    }


def _address() -> dict[str, object]:
    return {
        "address": "41 Ringstraße",
        "street2": "Suite 310",
        "city": "Kraków",
        "state": "Małopolskie",
        "zip": "45932",
        "country": "Poland",
        "fax": "",
    }
