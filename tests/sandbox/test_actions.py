"""Actions and children: each sends the documented verb, path, query and body, once."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

import attrs
import pytest
from making import last_body, saved_contact, saved_invoice, verbs

from zohorm import books as products
from zohorm import fields as f
from zohorm.books import (
    ContactAddress,
    Invoice,
    InvoiceComment,
    Item,
    Organization,
    ZohoBooks,
)
from zohorm.errors import (
    InvalidId,
    MalformedReply,
    NotFound,
    NotSaved,
    OutcomeUnknown,
    UnknownField,
    UnknownFilter,
    Unsupported,
    ValidationError,
    WrongType,
)
from zohorm.facts.load import load
from zohorm.fields import Field, ReadOnly
from zohorm.model import Model, Operation
from zohorm.sandbox import Sandbox

Body = Mapping[str, object] | list[object] | None

DAY = dt.date(2026, 1, 31)
PERSONS = [{"contact_person_id": "5"}]
PAYMENTS = [{"payment_id": "5", "amount_applied": Decimal("10.05")}]
FIELDS = [{"customfield_id": "5", "value": Decimal("1.50")}]
PLACE = {"address": "Gate 1", "city": "Ålesund", "zip": "6002", "country": "Norway"}


@attrs.frozen
class Sent:
    """One action, and what it must send; `1` is the id of the record."""

    name: str
    arguments: Mapping[str, object]
    call: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Body = None
    answer: object = None


CONTACT = [
    Sent("mark_active", {}, "POST /contacts/1/active"),
    Sent("mark_inactive", {}, "POST /contacts/1/inactive"),
    Sent(
        "enable_portal",
        {"contact_persons": iter(PERSONS)},
        "POST /contacts/1/portal/enable",
        body={"contact_persons": PERSONS},
    ),
    Sent("enable_reminders", {}, "POST /contacts/1/paymentreminder/enable"),
    Sent("disable_reminders", {}, "POST /contacts/1/paymentreminder/disable"),
    Sent(
        "send_statement",
        {
            "to_mail_ids": ["a@example.org"],
            "subject": "S",
            "body": "Ø",
            "start_date": DAY,
            "send_from_org_email_id": False,
        },
        "POST /contacts/1/statements/email",
        {"start_date": "2026-01-31"},
        {
            "to_mail_ids": ["a@example.org"],
            "subject": "S",
            "body": "Ø",
            "send_from_org_email_id": False,
        },
    ),
    Sent(
        "statement_content",
        {"end_date": DAY},
        "GET /contacts/1/statements/email",
        {"end_date": "2026-01-31"},
    ),
    Sent(
        "send_email",
        {
            "to_mail_ids": ("a@example.org",),
            "subject": "S",
            "body": "B",
            "send_customer_statement": True,
        },
        "POST /contacts/1/email",
        {"send_customer_statement": "true"},
        {"to_mail_ids": ["a@example.org"], "subject": "S", "body": "B"},
    ),
    Sent("track_1099_payments", {}, "POST /contacts/1/track1099"),
    Sent("untrack_1099_payments", {}, "POST /contacts/1/untrack1099"),
    Sent("import_crm_account", {"crm_account_id": "5"}, "POST /crm/account/5/import"),
    Sent("import_crm_contact", {"crm_contact_id": "5"}, "POST /crm/contact/5/import"),
    Sent("import_crm_vendor", {"crm_vendor_id": "5"}, "POST /crm/vendor/5/import"),
]
PERSON = [Sent("mark_primary", {}, "POST /contacts/contactpersons/1/primary")]
ITEM = [
    Sent("import_crm_product", {"crm_product_id": "5"}, "POST /crm/item/5/import"),
    Sent(
        "in_bulk",
        {"item_ids": ["1", "2"]},
        "GET /itemdetails",
        {"item_ids": "1,2"},
        answer={"items": []},
    ),
    Sent(
        "update_custom_fields",
        {"custom_fields": FIELDS},
        "PUT /item/1/customfields",
        body=[*FIELDS],
    ),
    Sent("mark_active", {}, "POST /items/1/active"),
    Sent("mark_inactive", {}, "POST /items/1/inactive"),
]
INVOICE = [
    Sent("mark_sent", {}, "POST /invoices/1/status/sent"),
    Sent("mark_void", {}, "POST /invoices/1/status/void"),
    Sent("mark_draft", {}, "POST /invoices/1/status/draft"),
    Sent(
        "email_many",
        {"invoice_ids": iter(["1", "2"]), "contacts": [{"contact_id": "5", "email": True}]},
        "POST /invoices/email",
        {"invoice_ids": "1,2"},
        {"contacts": [{"contact_id": "5", "email": True}]},
    ),
    Sent(
        "create_from_sales_order",
        {"salesorder_id": "5"},
        "POST /invoices/fromsalesorder",
        {"salesorder_id": "5"},
        answer={"invoice": {"invoice_id": "9"}},
    ),
    Sent(
        "map_to_sales_order",
        {"invoice_ids": ["1", "2"], "salesorder_id": "5"},
        "POST /invoices/mapwithorder",
        {"salesorder_id": "5"},
        {"invoice_ids": ["1", "2"]},
    ),
    Sent("submit", {}, "POST /invoices/1/submit"),
    Sent("approve", {}, "POST /invoices/1/approve"),
    Sent(
        "send_email",
        {"send_attachment": False, "to_mail_ids": ["a@example.org"], "cc_mail_ids": []},
        "POST /invoices/1/email",
        {"send_attachment": "false"},
        {"to_mail_ids": ["a@example.org"], "cc_mail_ids": []},
    ),
    Sent(
        "email_content",
        {"email_template_id": "5"},
        "GET /invoices/1/email",
        {"email_template_id": "5"},
    ),
    Sent(
        "remind",
        {"subject": "S", "send_customer_statement": True},
        "POST /invoices/1/paymentreminder",
        {"send_customer_statement": "true"},
        {"subject": "S"},
    ),
    Sent("reminder_content", {}, "GET /invoices/1/paymentreminder"),
    Sent(
        "remind_many",
        {"invoice_ids": ["1", "2"]},
        "POST /invoices/paymentreminder",
        {"invoice_ids": "1,2"},
    ),
    Sent(
        "pdf_many",
        {"invoice_ids": ["1"]},
        "GET /invoices/pdf",
        {"invoice_ids": "1"},
        answer=b"%PDF",
    ),
    Sent(
        "print_many",
        {"invoice_ids": ["1", "2"]},
        "GET /invoices/print",
        {"invoice_ids": "1,2"},
        answer=b"%PDF",
    ),
    Sent("disable_reminders", {}, "POST /invoices/1/paymentreminder/disable"),
    Sent("enable_reminders", {}, "POST /invoices/1/paymentreminder/enable"),
    Sent("write_off", {}, "POST /invoices/1/writeoff"),
    Sent("cancel_write_off", {}, "POST /invoices/1/writeoff/cancel"),
    Sent("update_billing_address", PLACE, "PUT /invoices/1/address/billing", body=PLACE),
    Sent("update_shipping_address", PLACE, "PUT /invoices/1/address/shipping", body=PLACE),
    Sent("use_template", {"template_id": "5"}, "PUT /invoices/1/templates/5"),
    Sent(
        "apply_credits",
        {"invoice_payments": PAYMENTS, "apply_creditnotes": []},
        "POST /invoices/1/credits",
        body={"invoice_payments": PAYMENTS, "apply_creditnotes": []},
    ),
    Sent(
        "download_attachment",
        {"preview": True},
        "GET /invoices/1/attachment",
        {"preview": "true"},
        answer=b"\xff\xd8",
    ),
    Sent(
        "set_attachment_preference",
        {"can_send_in_mail": False},
        "PUT /invoices/1/attachment",
        {"can_send_in_mail": "false"},
    ),
    Sent("delete_attachment", {}, "DELETE /invoices/1/attachment"),
    Sent("download_document", {"document_id": "5"}, "GET /invoices/1/documents/5", answer=b"x"),
    Sent("delete_document", {"document_id": "5"}, "DELETE /invoices/1/documents/5"),
    Sent("delete_expense_receipt", {"expense_id": "5"}, "DELETE /invoices/expenses/5/receipt"),
    Sent(
        "update_custom_fields",
        {"custom_fields": FIELDS},
        "PUT /invoice/1/customfields",
        body=[*FIELDS],
    ),
    Sent(
        "payment_link",
        {"link_type": "public", "expiry_time": DAY},
        "GET /share/paymentlink",
        {
            "transaction_id": "1",
            "transaction_type": "invoice",
            "link_type": "public",
            "expiry_time": "2026-01-31",
        },
    ),
    Sent("pdf", {}, "GET /invoices/1", {"accept": "pdf"}, answer=b"%PDF"),
]
ACTIONS = {"Contact": CONTACT, "ContactPerson": PERSON, "Item": ITEM, "Invoice": INVOICE}
SENT_ELSEWHERE = {"add_attachment", "add_image", "download_image", "delete_image"}
"""The tests of files send these."""


def test_every_documented_action_of_these_models_is_in_these_tables() -> None:
    resources = load("books")["resources"]
    documented = {
        (name, action)
        for name in ACTIONS
        for action in resources[name]["actions"]
        if action not in SENT_ELSEWHERE
    }

    assert documented == {(name, sent.name) for name, all_ in ACTIONS.items() for sent in all_}


def answer(sandbox: Sandbox, body: object) -> None:
    """Let the next call be answered with these members, or with a file."""
    if isinstance(body, bytes):
        sandbox.next(status=200, body=body, headers={"Content-Type": "application/pdf"})
    else:
        members = body if isinstance(body, dict) else {"data": {"subject": "Ø"}}
        sandbox.next(body={"code": 0, "message": "done", **members})


@pytest.mark.parametrize(
    ("model", "sent"),
    [(name, sent) for name, all_ in ACTIONS.items() for sent in all_],
    ids=[f"{name}.{sent.name}" for name, all_ in ACTIONS.items() for sent in all_],
)
def test_an_action_sends_what_is_documented(
    sandbox: Sandbox, books: ZohoBooks, model: str, sent: Sent
) -> None:
    kind: type[Model] = getattr(products, model)
    facts = load("books")["resources"][model]["actions"][sent.name]
    record = kind._received({kind.facts().id or "": "1"}, books)
    target = kind if facts["on"] == "class" else record
    answer(sandbox, sent.answer)

    method: Callable[..., object] = getattr(target, sent.name)
    # A copy, for some are iterators, and a test may run more than once.
    result = method(**copy.deepcopy(dict(sent.arguments)))

    (call,) = sandbox.calls
    query = {name: value for name, value in call.query.items() if name != "organization_id"}
    assert f"{call.method} {call.path}" == sent.call
    assert query == sent.query
    assert call.body == sent.body
    assert call.organization_id == books.organization_id
    assert "organization_id" in call.query
    check_result(result, facts["returns"], sent, record, kind)


def check_result(
    result: object, returns: str, sent: Sent, record: Model, kind: type[Model]
) -> None:
    if returns == "nothing":
        assert result is None
    elif returns == "bytes":
        assert result == sent.answer
    elif returns == "rows":
        assert result == []
    elif returns == "record":
        assert isinstance(result, kind)
        assert result.id == "9"
    else:
        assert result == {"data": {"subject": "Ø"}}
        assert type(result) is dict
    assert not record.is_changed


# What actions do.


def test_the_life_of_an_invoice(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    steps = [
        (invoice.mark_sent, "sent"),
        (invoice.write_off, "paid"),
        (invoice.cancel_write_off, "sent"),
        (invoice.mark_void, "void"),
        (invoice.mark_draft, "draft"),
    ]

    for step, status in steps:
        step()
        assert invoice.status == status
    invoice.send_email(to_mail_ids=["anna@example.org"], subject="Rechnung für Ärger")

    assert invoice.is_emailed is True
    assert sandbox.mails[-1].subject == "Rechnung für Ärger"


def test_items_in_bulk_are_whole_records_of_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    for name in ("Tea", "Cake"):
        Item(name=name, rate=Decimal(1)).save()
    ids = [str(row["item_id"]) for row in sandbox.rows("Item")]
    sandbox.forget()

    items = Item.in_bulk(item_ids=ids)

    assert [item.name for item in items] == ["Tea", "Cake"]
    assert items[0] is Item.get(ids[0])
    assert verbs(sandbox)[0] == "GET /itemdetails"


def test_a_pdf_is_returned_as_it_is(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")

    assert invoice.pdf().startswith(b"%PDF")
    assert Invoice.pdf_many(invoice_ids=[invoice.id]).startswith(b"%PDF")


def test_json_in_place_of_a_file_is_an_error(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.next(body={"code": 0, "message": "success"})

    with pytest.raises(MalformedReply, match="where a file is due"):
        invoice.pdf()


def test_an_action_of_a_new_record_is_refused_here(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotSaved):
        Invoice().mark_sent()
    assert sandbox.calls == []


@pytest.mark.parametrize("wrong", ["../1", "", "1/2"])
def test_an_id_within_an_action_is_checked_here(
    sandbox: Sandbox, books: ZohoBooks, wrong: str
) -> None:
    invoice = saved_invoice("Tea")
    sandbox.forget()

    with pytest.raises(InvalidId):
        invoice.use_template(wrong)
    with pytest.raises(InvalidId):
        Invoice.delete_expense_receipt(wrong)
    assert verbs(sandbox) == []


def test_a_refused_action_names_call_and_words_of_the_service(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises((ValidationError, NotFound)) as caught:
        Invoice.create_from_sales_order(salesorder_id="5")

    assert caught.value.method == "POST"
    assert caught.value.path == "/invoices/fromsalesorder"
    assert caught.value.service_message


def test_an_action_without_a_readable_record_is_in_doubt(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    sandbox.next(body={"code": 0, "message": "success"})

    with pytest.raises((OutcomeUnknown, MalformedReply)):
        Invoice.create_from_sales_order(salesorder_id="5")
    assert len(sandbox.calls) == 1


# Children.


def test_comments_of_an_invoice(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    sandbox.forget()

    made = invoice.comments.create(description="Angerufen", show_comment_to_clients=False)
    assert last_body(sandbox) == {"description": "Angerufen", "show_comment_to_clients": False}
    made.description = "Zurückgerufen"
    made.save()
    assert last_body(sandbox) == {"description": "Zurückgerufen"}
    texts = [each.description for each in invoice.comments]
    made.delete()

    below = f"/invoices/{invoice.id}/comments"
    assert verbs(sandbox) == [
        f"POST {below}",
        f"PUT {below}/{made.id}",
        f"GET {below}",
        f"DELETE {below}/{made.id}",
    ]
    assert "Zurückgerufen" in texts
    assert "Zurückgerufen" not in [each.description for each in invoice.comments]
    assert isinstance(made, InvoiceComment)
    assert made.invoice_id == invoice.id


def test_a_comment_of_a_list_can_be_edited_and_knows_its_invoice(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoice = saved_invoice("Tea")
    invoice.comments.create(description="Angerufen")
    comment = next(each for each in invoice.comments if each.description == "Angerufen")
    sandbox.forget()

    comment.description = "Neu"
    comment.save()

    assert verbs(sandbox) == [f"PUT /invoices/{invoice.id}/comments/{comment.id}"]
    assert comment.invoice is invoice


def test_addresses_of_a_contact(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = saved_contact()
    sandbox.forget()

    made = contact.addresses.create(city="Ålesund", country="Norway")
    made.zip = "6002"
    made.save()
    cities = [(each.city, each.zip) for each in contact.addresses]
    made.delete()

    below = f"/contacts/{contact.id}/address"
    assert cities == [("Ålesund", "6002")]
    assert verbs(sandbox) == [
        f"POST {below}",
        f"PUT {below}/{made.id}",
        f"GET {below}",
        f"DELETE {below}/{made.id}",
    ]
    assert isinstance(made, ContactAddress)


def test_persons_below_a_contact_are_listed_fetched_and_made_primary(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    persons = contact.list_contact_persons()
    anna, bob = (persons.create(first_name=name) for name in ("Anna", "Bob"))
    sandbox.clock.move(minutes=5)
    sandbox.forget()

    assert persons.get(bob.id) is bob
    bob.mark_primary()

    below = f"/contacts/{contact.id}/contactpersons/{bob.id}"
    assert verbs(sandbox) == [f"GET {below}", f"POST /contacts/contactpersons/{bob.id}/primary"]
    assert contact.refresh().first_name == "Bob"
    assert [each.first_name for each in persons] == ["Anna", "Bob"]
    assert bob.contact is contact
    assert anna.refresh().is_primary_contact is False


def test_payments_and_credits_of_an_invoice(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoice = saved_invoice("Tea")
    key = {"invoice_id": invoice.id}
    sandbox.insert("InvoicePayment", {**key, "invoice_payment_id": "7", "amount": "10.05"})
    sandbox.insert("InvoiceCredit", {**key, "creditnotes_invoice_id": "8", "amount_applied": "5"})
    sandbox.forget()

    (payment,) = invoice.payments
    (credit,) = invoice.applied_credits
    assert (payment.id, payment.amount) == ("7", Decimal("10.05"))
    assert credit.amount_applied == Decimal(5)
    payment.delete()
    credit.delete()

    assert verbs(sandbox) == [
        f"GET /invoices/{invoice.id}/payments",
        f"GET /invoices/{invoice.id}/creditsapplied",
        f"DELETE /invoices/{invoice.id}/payments/7",
        f"DELETE /invoices/{invoice.id}/creditsapplied/8",
    ]


def test_children_that_are_only_listed_refuse_the_rest_here(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = saved_contact()
    (comment, *_) = contact.comments
    sandbox.forget()

    with pytest.raises(Unsupported, match="documents no delete of ContactComment"):
        comment.delete()
    with pytest.raises(Unsupported, match="documents no create"):
        contact.comments.create()
    with pytest.raises(Unsupported, match="documents no get"):
        contact.comments.get("1")
    assert list(contact.refunds) == []
    assert list(contact.unused_retainer_payments) == []
    assert len(verbs(sandbox)) == 2


def test_children_of_a_new_record_are_refused_here(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(NotSaved):
        Invoice().comments  # noqa: B018
    assert sandbox.calls == []


def test_an_organization_is_read_and_changed_without_naming_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    organization = Organization.get(books.organization_id)

    organization.name = "Ærø ApS"
    organization.save()

    assert [dict(call.query) for call in sandbox.calls] == [{}, {}]
    assert last_body(sandbox) == {"name": "Ærø ApS"}
    assert [each.name for each in Organization.iterate()] == ["Ærø ApS"]


# Facts corrected at run time.


def wrongly_described() -> type[Model]:
    """Return a model of items whose facts lack much, made anew for each test."""

    class Ware(
        Model,
        product="books",
        path="wares",
        key="ware",
        list_key="wares",
        id="item_id",
        operations={
            "create": Operation("POST", "/wares"),
            "get": Operation("GET", "/items/{item_id}"),
            "update": Operation("PUT", "/items/{item_id}"),
        },
    ):
        """Something that is sold."""

        item_id: ReadOnly[str] = f.read_only(f.identifier())
        rate: ReadOnly[Decimal] = f.read_only(f.money())

    return Ware


def test_extend_adds_and_replaces_members(sandbox: Sandbox, books: ZohoBooks) -> None:
    ware = wrongly_described()
    item_id = sandbox.insert("Item", {"name": "Tea", "rate": "1.50"})
    with pytest.raises(UnknownField):
        ware(name="x")

    ware.extend(name=f.text(), rate=f.money())

    found = ware.get(item_id)
    found.name, found.rate = "Cake", Decimal("2.50")  # type: ignore[attr-defined]
    found.save()
    assert last_body(sandbox) == {"name": "Cake", "rate": Decimal("2.50")}
    assert found.to_dict()["name"] == "Cake"
    assert isinstance(getattr(ware, "name"), Field)  # noqa: B009


def test_extend_corrects_facts_of_the_endpoints(sandbox: Sandbox, books: ZohoBooks) -> None:
    ware = wrongly_described()
    sandbox.insert("Item", {"name": "Tea", "rate": "1.50"})
    with pytest.raises(Unsupported):
        list(ware.iterate())
    with pytest.raises(UnknownFilter):
        ware.iterate(name="Tea")

    ware.extend(
        {
            "operations": {"list": Operation("GET", "/items")},
            "list_key": "items",
            "filters": {"name": f.text_filter("name")},
            "sort": ("name",),
        }
    )

    assert len(list(ware.iterate(name="Tea").order_by("name"))) == 1
    assert dict(sandbox.calls[-1].query)["sort_column"] == "name"
    assert ware.facts().operation("get") is not None


def test_extend_of_a_bound_class_counts_for_the_model(sandbox: Sandbox, books: ZohoBooks) -> None:
    ware = wrongly_described()

    ware.using(books).extend(name=f.text())

    assert ware(name="Tea").to_dict() == {"name": "Tea"}


def test_extend_refuses_what_is_no_field_or_no_fact(books: ZohoBooks) -> None:
    ware = wrongly_described()

    with pytest.raises(WrongType, match="takes a field"):
        ware.extend(name="text")
    with pytest.raises(WrongType, match=r"no fact 'list_keys'.*list_key"):
        ware.extend({"list_keys": "items"})
