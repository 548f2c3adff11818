"""Records: create, read, update, delete, actions, children."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox


def lines_of(invoice: dict[str, object]) -> list[tuple[object, object]]:
    rows = invoice["line_items"]
    assert isinstance(rows, list)
    return [(row["name"], row["line_item_id"]) for row in rows]


def test_a_new_record_is_answered_whole_with_201(plain: Plain) -> None:
    answer = plain.call("POST", "/contacts", json={"contact_name": "Zoë", "unknown": 1})

    contact = answer.json()["contact"]
    assert answer.status_code == 201
    assert re.fullmatch(r"\d{19}", contact["contact_id"])
    assert contact["created_time"] == contact["last_modified_time"] == "2026-01-15T02:00:00-0700"
    assert contact["website"] == ""
    assert contact["contact_persons"] == []
    assert contact["credit_limit"] == 0
    assert "unknown" not in contact
    assert plain.get(f"/contacts/{contact['contact_id']}")["contact"] == answer.json()["contact"]


def test_numbers_stay_exact_to_the_last_digit(plain: Plain) -> None:
    data = '{"contact_name": "x", "credit_limit": 12345678901234567.89}'
    text = plain.call("POST", "/contacts", data=data).text

    assert '"credit_limit":12345678901234567.89' in text
    assert '"outstanding_receivable_amount":0.0' in text


def test_a_missing_required_member_is_refused(plain: Plain) -> None:
    contact = plain.contact()

    assert plain.refused("POST", "/contacts", json={"company_name": "x"}) == (400, 2)
    assert plain.refused("POST", "/invoices", json={"customer_id": contact}) == (400, 2)
    body = {"customer_id": contact, "line_items": []}
    assert plain.refused("POST", "/invoices", json=body) == (400, 2)


def test_an_update_may_leave_out_what_is_required_but_not_empty_it(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}"

    for body in ({"line_items": []}, {"line_items": None}, {"customer_id": ""}):
        assert plain.refused("PUT", path, json=body) == (400, 2)
    assert len(plain.put(path, {"notes": "x"})["invoice"]["line_items"]) == 1


def test_an_update_without_a_date_keeps_the_date(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice(date='2026-01-10')['invoice_id']}"

    assert plain.put(path, {"date": ""})["invoice"]["date"] == "2026-01-10"


def test_an_invoice_stored_without_a_date_can_be_changed(plain: Plain) -> None:
    key = plain.sandbox.insert("Invoice", {"customer_id": plain.contact()})

    for body in ({"notes": "x"}, {"payment_terms": 15}, {"line_items": [{"rate": 3}]}):
        assert plain.put(f"/invoices/{key}", body)["invoice"]["date"] == ""
    assert plain.put(f"/invoices/{key}", {"date": ""})["invoice"]["due_date"] == "2026-01-30"


def test_a_due_date_past_the_calendar_is_no_error(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}"

    changed = plain.put(path, {"date": "9999-12-31", "payment_terms": 30})["invoice"]

    assert changed["due_date"] == "2026-01-15"


def test_an_invoice_is_filled_in_from_customer_and_item(plain: Plain) -> None:
    contact = plain.contact(
        billing_address={"city": "Wien"},
        payment_terms=15,
        payment_terms_label="Net 15",
        contact_persons=[{"first_name": "Zoë", "email": "z@example.com"}],
    )
    item = plain.post("/items", {"name": "Tea", "rate": 2.5, "description": "Green"})["item"]

    body = {"customer_id": contact, "line_items": [{"item_id": item["item_id"], "quantity": 3}]}
    invoice = plain.post("/invoices", body)["invoice"]

    [line] = invoice["line_items"]
    assert (line["name"], line["description"]) == ("Tea", "Green")
    assert (line["rate"], line["item_total"]) == (Decimal("2.5"), Decimal("7.5"))
    assert invoice["customer_name"] == "Bär & Söhne"
    assert (invoice["currency_code"], invoice["status"]) == ("USD", "draft")
    assert invoice["billing_address"]["city"] == "Wien"
    assert (invoice["date"], invoice["due_date"]) == ("2026-01-15", "2026-01-30")
    assert invoice["contact_persons_associated"][0]["contact_person_email"] == "z@example.com"


def test_totals_are_exact(plain: Plain) -> None:
    invoice = plain.invoice(
        {"name": "a", "rate": 10.10, "quantity": 3, "discount": 0.3},
        {"name": "b", "rate": 19.99, "tax_id": "4815000000000000201"},
        shipping_charge=4.2,
        adjustment=-0.01,
    )

    # 30.30 - 0.30 = 30.00; 19.99 + 7.5 % = 1.49925, rounded 1.50; 49.99 + 1.50 + 4.20 - 0.01
    assert [line["item_total"] for line in invoice["line_items"]] == [30, Decimal("19.99")]
    assert invoice["sub_total"] == Decimal("49.99")
    assert invoice["taxes"] == [{"tax_name": "Sales Tax", "tax_amount": Decimal("1.5")}]
    assert invoice["total"] == invoice["balance"] == Decimal("55.68")


def test_a_line_takes_from_its_item_only_when_it_is_new(plain: Plain) -> None:
    body = {"name": "Tea", "rate": 2, "description": "Green", "tax_id": "4815000000000000203"}
    item = plain.post("/items", body)["item"]
    assert (item["tax_name"], item["tax_percentage"]) == ("GST", 18)
    invoice = plain.invoice({"item_id": item["item_id"]})
    [line] = invoice["line_items"]
    assert (line["tax_percentage"], invoice["total"]) == (18, Decimal("2.36"))

    rows = [{"line_item_id": line["line_item_id"], "description": "", "tax_id": ""}]
    changed = plain.put(f"/invoices/{invoice['invoice_id']}", {"line_items": rows})["invoice"]

    [line] = changed["line_items"]
    assert (line["description"], line["tax_percentage"], changed["total"]) == ("", 0, 2)


def test_numbers_of_documents_come_from_a_series(plain: Plain) -> None:
    contact = plain.contact()
    first, second = (plain.invoice(customer_id=contact)["invoice_number"] for _ in range(2))

    assert (first, second) == ("INV-000001", "INV-000002")


def test_a_number_of_ones_own_needs_the_query(plain: Plain) -> None:
    body = {"customer_id": plain.contact(), "line_items": [{"rate": 1}], "invoice_number": "A-1"}

    own = plain.post("/invoices", body, ignore_auto_number_generation="true")["invoice"]
    assert own["invoice_number"] == "A-1"
    assert plain.post("/invoices", body)["invoice"]["invoice_number"] == "INV-000001"
    query = {"ignore_auto_number_generation": "true"}
    assert plain.refused("POST", "/invoices", json=body, query=query) == (400, 1001)
    del body["invoice_number"]
    assert plain.refused("POST", "/invoices", json=body, query=query) == (400, 2)


def test_the_series_leaps_over_numbers_that_are_taken(plain: Plain) -> None:
    body = {
        "customer_id": plain.contact(),
        "line_items": [{"rate": 1}],
        "invoice_number": "INV-000001",
    }
    plain.post("/invoices", body, ignore_auto_number_generation="true")

    assert plain.post("/invoices", body)["invoice"]["invoice_number"] == "INV-000002"


def test_names_are_unique(plain: Plain) -> None:
    plain.contact("Zoë")
    other = plain.contact("Other")
    plain.post("/items", {"name": "Tea", "rate": 1})

    assert plain.refused("POST", "/contacts", json={"contact_name": "ZOË"}) == (400, 3062)
    assert plain.refused("PUT", f"/contacts/{other}", json={"contact_name": "Zoë"}) == (400, 3062)
    assert plain.refused("POST", "/items", json={"name": "tea", "rate": 1}) == (400, 1001)
    assert plain.put(f"/contacts/{other}", {"contact_name": "OTHER"})


def test_an_update_changes_only_what_it_sends(sandbox: Sandbox, plain: Plain) -> None:
    invoice = plain.invoice(notes="old", terms="kept")
    path = f"/invoices/{invoice['invoice_id']}"
    sandbox.clock.move(minutes=5)

    body = {"notes": "new", "total": 1, "status": "paid", "customer_name": "x", "unknown": 1}
    changed = plain.put(path, body)["invoice"]

    assert changed["last_modified_time"] == "2026-01-15T02:05:00-0700"
    expected = {**invoice, "notes": "new", "last_modified_time": changed["last_modified_time"]}
    assert changed == expected
    assert plain.get(path)["invoice"] == expected


def test_what_a_record_must_have_cannot_be_cleared(plain: Plain) -> None:
    contact = plain.contact()

    assert plain.refused("PUT", f"/contacts/{contact}", json={"contact_name": ""}) == (400, 2)
    assert plain.get(f"/contacts/{contact}")["contact"]["contact_name"] == "Bär & Söhne"


def test_ids_cannot_be_changed(sandbox: Sandbox, plain: Plain) -> None:
    contact = plain.contact(contact_persons=[{"first_name": "Zoë"}])
    other = plain.contact("Other")
    [person] = plain.get(f"/contacts/{contact}")["contact"]["contact_persons"]
    key = person["contact_person_id"]

    plain.put(f"/contacts/{contact}", {"contact_id": other, "notes": "x"})
    body = {"contact_person_id": "1", "contact_id": other, "first_name": "Zoe"}
    plain.put(f"/contacts/contactpersons/{key}", body)

    [row] = plain.get(f"/contacts/{contact}/contactpersons")["contact_persons"]
    assert (row["contact_person_id"], row["first_name"]) == (key, "Zoe")
    assert plain.get(f"/contacts/{other}")["contact"]["contact_persons"] == []
    assert [row["contact_id"] for row in sandbox.rows("ContactPerson")] == [contact]


def test_an_empty_value_clears(plain: Plain) -> None:
    invoice = plain.invoice(notes="old", shipping_charge=3)

    body = {"notes": "", "shipping_charge": None}
    changed = plain.put(f"/invoices/{invoice['invoice_id']}", body)["invoice"]

    assert (changed["notes"], changed["shipping_charge"]) == ("", 0)
    assert changed["total"] == invoice["total"] - 3


def test_sent_lines_replace_the_lines(plain: Plain) -> None:
    invoice = plain.invoice(
        {"name": "a", "rate": 1, "description": "kept"}, {"name": "b", "rate": 2}
    )
    (_, first), (_, second) = lines_of(invoice)
    path = f"/invoices/{invoice['invoice_id']}"

    rows = [{"name": "new", "rate": 5}, {"line_item_id": first, "rate": 3}]
    changed = plain.put(path, {"line_items": rows})["invoice"]

    (name, new), (kept_name, kept) = lines_of(changed)
    assert (name, kept_name, kept) == ("new", "a", first)
    assert new not in (first, second)
    assert changed["line_items"][1]["description"] == "kept"
    assert changed["total"] == 8
    assert plain.get(path)["invoice"] == changed


def test_an_update_without_lines_keeps_them(plain: Plain) -> None:
    invoice = plain.invoice()

    changed = plain.put(f"/invoices/{invoice['invoice_id']}", {"notes": "x"})["invoice"]

    assert changed["line_items"] == invoice["line_items"]


def test_a_line_that_is_not_there_is_refused_and_nothing_changes(plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"

    rows = [{"line_item_id": "4815000000000199999", "rate": 1}]
    body = {"notes": "x", "line_items": rows}
    assert plain.refused("PUT", path, json=body) == (400, 1002)

    assert plain.get(path)["invoice"] == invoice


def test_custom_fields_are_merged_and_named_in_three_ways(plain: Plain) -> None:
    fields = [{"api_name": "cf_colour", "value": "red"}, {"label": "Shoe Size", "value": 43}]
    contact = plain.contact(custom_fields=fields)
    path = f"/contacts/{contact}"
    [colour, size] = plain.get(path)["contact"]["custom_fields"]
    assert size["api_name"] == "cf_shoe_size"

    body = {"custom_fields": [{"customfield_id": colour["customfield_id"], "value": "blue"}]}
    changed = plain.put(path, body)["contact"]["custom_fields"]

    values = {field["api_name"]: field["value"] for field in changed}
    assert values == {"cf_colour": "blue", "cf_shoe_size": size["value"]}
    [row] = plain.get("/contacts")["contacts"]
    assert (row["cf_colour"], row["cf_colour_unformatted"]) == ("blue", "blue")


def test_custom_fields_have_a_path_of_their_own(plain: Plain) -> None:
    invoice = plain.invoice()

    body = [{"customfield_id": "4815000000000000500", "value": "x"}]
    plain.put(f"/invoice/{invoice['invoice_id']}/customfields", body)

    [field] = plain.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["custom_fields"]
    assert (field["customfield_id"], field["value"]) == ("4815000000000000500", "x")
    path = f"/invoices/{invoice['invoice_id']}/customfields"
    assert plain.refused("PUT", path, json=body) == (404, 5)


def test_an_address_is_replaced_as_a_unit(plain: Plain) -> None:
    contact = plain.contact(billing_address={"city": "Wien", "zip": "1010"})
    before = plain.get(f"/contacts/{contact}")["contact"]["billing_address"]

    changed = plain.put(f"/contacts/{contact}", {"billing_address": {"city": "Graz"}})["contact"]

    address = changed["billing_address"]
    assert (address["city"], address["zip"]) == ("Graz", "")
    assert address["address_id"] == before["address_id"]


def test_a_deleted_record_is_gone_with_its_children(sandbox: Sandbox, plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"
    assert sandbox.rows("InvoiceComment")

    plain.delete(path)

    assert plain.refused("GET", path) == (404, 1002)
    assert plain.refused("DELETE", path) == (404, 1002)
    assert plain.refused("PUT", path, json={}) == (404, 1002)
    assert plain.refused("GET", f"{path}/comments") == (404, 1002)
    assert sandbox.rows("InvoiceComment") == []


@pytest.mark.parametrize("body", [{"customer_id": "1"}, {"line_items": [{"item_id": "1"}]}])
def test_what_a_body_refers_to_must_exist(plain: Plain, body: dict[str, object]) -> None:
    full = {"customer_id": plain.contact(), "line_items": [{"rate": 1}], **body}

    assert plain.refused("POST", "/invoices", json=full) == (400, 1002)


def test_put_on_a_collection_needs_the_headers(plain: Plain) -> None:
    assert plain.refused("PUT", "/contacts", json={"notes": "x"}) == (400, 4)


def test_upsert_finds_a_record_by_a_custom_field(sandbox: Sandbox, plain: Plain) -> None:
    headers = {"X-Unique-Identifier-Key": "cf_ref", "X-Unique-Identifier-Value": "7"}
    body = {"contact_name": "Zoë"}
    assert plain.refused("PUT", "/contacts", json=body, headers=headers) == (404, 1002)

    headers["X-Upsert"] = "true"
    empty = {"notes": "x"}
    assert plain.refused("PUT", "/contacts", json=empty, headers=headers) == (400, 2)
    made = plain.call("PUT", "/contacts", json=body, headers=headers).json()["contact"]
    again = {"notes": "second"}
    found = plain.call("PUT", "/contacts", json=again, headers=headers).json()["contact"]

    assert found["contact_id"] == made["contact_id"]
    assert (found["contact_name"], found["notes"]) == ("Zoë", "second")
    empty = {"contact_name": ""}
    assert plain.refused("PUT", "/contacts", json=empty, headers=headers) == (400, 2)
    assert len(sandbox.rows("Contact")) == 1


def test_status_actions_set_the_status_and_answer_no_record(plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"

    assert set(plain.post(f"{path}/status/sent")) == {"code", "message"}
    assert plain.get(path)["invoice"]["status"] == "sent"
    plain.post(f"{path}/status/void")
    void = plain.get(path)["invoice"]
    assert (void["status"], void["balance"]) == ("void", 0)
    plain.post(f"{path}/status/draft")
    draft = plain.get(path)["invoice"]
    assert (draft["status"], draft["balance"]) == ("draft", invoice["total"])
    assert plain.refused("POST", "/invoices/1/status/sent") == (404, 1002)


def test_write_off_closes_an_invoice_and_can_be_cancelled(plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"
    plain.post(f"{path}/status/sent")

    plain.post(f"{path}/writeoff")
    closed = plain.get(path)["invoice"]
    plain.post(f"{path}/writeoff/cancel")
    opened = plain.get(path)["invoice"]

    assert (closed["balance"], closed["write_off_amount"]) == (0, invoice["total"])
    assert (opened["balance"], opened["write_off_amount"]) == (invoice["total"], 0)


def test_contacts_and_items_are_marked_inactive_and_active(plain: Plain) -> None:
    contact = plain.contact()
    item = plain.post("/items", {"name": "Tea", "rate": 1})["item"]["item_id"]

    for path, key in ((f"/contacts/{contact}", "contact"), (f"/items/{item}", "item")):
        plain.post(f"{path}/inactive")
        assert plain.get(path)[key]["status"] == "inactive"
        plain.post(f"{path}/active")
        assert plain.get(path)[key]["status"] == "active"


def test_a_sent_invoice_is_overdue_after_its_due_date(sandbox: Sandbox, plain: Plain) -> None:
    sent, draft = (plain.invoice(due_date="2026-01-20") for _ in range(2))
    plain.post(f"/invoices/{sent['invoice_id']}/status/sent")

    def overdue() -> list[str]:
        return [row["invoice_id"] for row in plain.get("/invoices", status="overdue")["invoices"]]

    # Until midnight in Phoenix the 20th is today.
    sandbox.clock.move(days=5, hours=21)
    plain.token = sandbox.access_token()
    assert overdue() == []
    sandbox.clock.move(hours=1)
    plain.token = sandbox.access_token()
    assert overdue() == [sent["invoice_id"]]
    assert plain.get(f"/invoices/{draft['invoice_id']}")["invoice"]["status"] == "draft"

    path = f"/invoices/{sent['invoice_id']}"
    assert plain.put(path, {"due_date": "2026-02-01"})["invoice"]["status"] == "sent"


def test_what_a_customer_owes_follows_the_invoices(plain: Plain) -> None:
    contact = plain.contact()
    first, second = (plain.invoice(customer_id=contact) for _ in range(2))

    def owed() -> object:
        return plain.get(f"/contacts/{contact}")["contact"]["outstanding_receivable_amount"]

    assert owed() == 0
    plain.post(f"/invoices/{first['invoice_id']}/status/sent")
    plain.post(f"/invoices/{second['invoice_id']}/status/sent")
    assert owed() == 40
    plain.put(f"/invoices/{first['invoice_id']}", {"line_items": [{"rate": 7}]})
    assert owed() == 27
    plain.delete(f"/invoices/{second['invoice_id']}")
    assert owed() == 7


def test_mails_are_recorded_and_not_sent(sandbox: Sandbox, plain: Plain) -> None:
    contact = plain.contact(contact_persons=[{"first_name": "Zoë", "email": "z@example.com"}])
    invoice = plain.invoice(customer_id=contact)
    path = f"/invoices/{invoice['invoice_id']}"

    plain.post(f"{path}/email", {"to_mail_ids": ["a@example.com"], "subject": "Hello"})
    plain.post("/invoices/email", None, invoice_ids=invoice["invoice_id"])

    first, second = sandbox.mails
    assert (first.to, first.subject, first.record_id) == (
        ("a@example.com",),
        "Hello",
        invoice["invoice_id"],
    )
    assert second.to == ("z@example.com",)
    mailed = plain.get(path)["invoice"]
    assert (mailed["status"], mailed["is_emailed"]) == ("sent", True)


def test_the_draft_of_a_mail_can_be_read(plain: Plain) -> None:
    invoice = plain.invoice()

    draft = plain.get(f"/invoices/{invoice['invoice_id']}/email")["data"]

    assert invoice["invoice_number"] in draft["subject"]


def test_printed_forms_are_bytes(plain: Plain) -> None:
    key = plain.invoice()["invoice_id"]

    for path, query in (
        (f"/invoices/{key}", {"accept": "pdf"}),
        ("/invoices/pdf", {"invoice_ids": key}),
    ):
        answer = plain.call("GET", path, query=query)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert b"(Invoice " + key.encode() + b") Tj" in answer.content
        assert answer.content.rstrip().endswith(b"%%EOF")
    assert plain.refused("GET", "/invoices/pdf", query={"invoice_ids": "1"}) == (404, 1002)


def test_the_service_writes_history(plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"
    plain.post(f"{path}/status/sent")

    made = plain.post(f"{path}/comments", {"description": "Called them"})["comment"]

    comments = plain.get(f"{path}/comments")
    assert "page_context" not in comments
    kinds = [row["comment_type"] for row in comments["comments"]]
    assert kinds == ["system", "system", "internal"]
    assert comments["comments"][-1]["comment_id"] == made["comment_id"]
    changed = {"description": "Called again"}
    plain.put(f"{path}/comments/{made['comment_id']}", changed)
    plain.delete(f"{path}/comments/{made['comment_id']}")
    assert len(plain.get(f"{path}/comments")["comments"]) == 2


def test_a_child_is_found_only_under_its_parent(plain: Plain) -> None:
    one, other = (plain.invoice() for _ in range(2))
    comment = plain.post(f"/invoices/{one['invoice_id']}/comments", {"description": "x"})
    key = comment["comment"]["comment_id"]

    assert plain.refused("DELETE", f"/invoices/{other['invoice_id']}/comments/{key}") == (404, 1002)


def test_persons_of_a_contact_are_records_and_rows(plain: Plain) -> None:
    contact = plain.contact(contact_persons=[{"first_name": "Zoë", "email": "z@example.com"}])
    path = f"/contacts/{contact}"

    body = {"contact_id": contact, "first_name": "José"}
    made = plain.post("/contacts/contactpersons", body)["contact_person"]["contact_person_id"]
    rows = plain.get(path)["contact"]["contact_persons"]
    assert [row["first_name"] for row in rows] == ["Zoë", "José"]
    assert [row["is_primary_contact"] for row in rows] == [True, False]

    plain.post(f"/contacts/contactpersons/{made}/primary")
    whole = plain.get(path)["contact"]
    assert (whole["primary_contact_id"], whole["first_name"]) == (made, "José")
    listed = plain.get(f"{path}/contactpersons")["contact_persons"]
    assert [row["is_primary_contact"] for row in listed] == [False, True]

    plain.put(f"/contacts/contactpersons/{made}", {"first_name": "Pepe"})
    assert plain.get(path)["contact"]["contact_persons"][1]["first_name"] == "Pepe"
    plain.delete(f"/contacts/contactpersons/{made}")
    assert len(plain.get(path)["contact"]["contact_persons"]) == 1


def test_sent_persons_replace_the_persons(plain: Plain) -> None:
    contact = plain.contact(contact_persons=[{"first_name": "Zoë"}, {"first_name": "José"}])
    [_, second] = plain.get(f"/contacts/{contact}")["contact"]["contact_persons"]

    rows = [{"contact_person_id": second["contact_person_id"], "last_name": "Ruiz"}]
    plain.put(f"/contacts/{contact}", {"contact_persons": rows})

    [left] = plain.get(f"/contacts/{contact}/contactpersons")["contact_persons"]
    assert (left["first_name"], left["last_name"]) == ("José", "Ruiz")
    assert left["contact_person_id"] == second["contact_person_id"]


def test_a_person_without_a_contact_is_refused(plain: Plain) -> None:
    path = "/contacts/contactpersons"
    body = {"first_name": "Zoë"}

    assert plain.refused("POST", path, json=body) == (400, 2)
    assert plain.refused("POST", path, json={**body, "contact_id": "1"}) == (400, 1002)


def test_further_addresses_of_a_contact(plain: Plain) -> None:
    contact = plain.contact()
    path = f"/contacts/{contact}/address"

    made = plain.post(path, {"city": "Wien", "zip": "1010"})["address_info"]
    plain.put(f"{path}/{made['address_id']}", {"city": "Graz"})

    body = plain.get(path)
    [row] = body["addresses"]
    assert (row["city"], row["zip"]) == ("Graz", "1010")
    assert "page_context" not in body
    plain.delete(f"{path}/{made['address_id']}")
    assert plain.get(path)["addresses"] == []


def test_addresses_of_an_invoice_are_changed_alone(plain: Plain) -> None:
    invoice = plain.invoice()
    path = f"/invoices/{invoice['invoice_id']}"

    plain.put(f"{path}/address/shipping", {"city": "Graz", "unknown": "x"})

    changed = plain.get(path)["invoice"]
    assert changed["shipping_address"]["city"] == "Graz"
    assert "unknown" not in changed["shipping_address"]
    assert changed["billing_address"] == invoice["billing_address"]


def test_an_attachment_is_noted(plain: Plain) -> None:
    path = f"/invoices/{plain.invoice()['invoice_id']}"
    assert plain.refused("GET", f"{path}/attachment") == (404, 1002)

    plain.done(plain.call("POST", f"{path}/attachment", files={"attachment": ("a.pdf", b"x")}))

    assert plain.get(path)["invoice"]["attachment_name"] == "a.pdf"
    assert plain.call("GET", f"{path}/attachment").status_code == 200
    plain.delete(f"{path}/attachment")
    assert plain.get(path)["invoice"]["has_attachment"] is False


def test_items_are_read_in_bulk(plain: Plain) -> None:
    keys = [
        plain.post("/items", {"name": name, "rate": 1})["item"]["item_id"] for name in ("a", "b")
    ]

    rows = plain.get("/itemdetails", item_ids=",".join(keys))["items"]

    assert [row["name"] for row in rows] == ["a", "b"]


def test_a_new_organization_can_be_used(plain: Plain) -> None:
    body = {
        "name": "Zweite",
        "currency_code": "JPY",
        "time_zone": "Asia/Tokyo",
        "portal_name": "zweite",
    }
    made = plain.post("/organizations", body)["organization"]

    answer = plain.call(
        "POST",
        "/contacts",
        organization=made["organization_id"],
        json={"contact_name": "Zoë"},
    )

    assert made["price_precision"] == 0
    assert answer.json()["contact"]["created_time"] == "2026-01-15T18:00:00+0900"
    assert answer.json()["contact"]["currency_code"] == "JPY"


def test_inserted_rows_are_stored_as_they_are(sandbox: Sandbox, plain: Plain) -> None:
    line = {"name": "Tea", "rate": "2.50"}
    row = {"status": "paid", "total": Decimal("12.30"), "line_items": [line]}
    key = sandbox.insert("Invoice", row)

    invoice = plain.get(f"/invoices/{key}")["invoice"]

    assert (invoice["status"], invoice["total"]) == ("paid", Decimal("12.3"))
    assert invoice["line_items"][0]["rate"] == Decimal("2.5")
    assert re.fullmatch(r"\d{19}", invoice["line_items"][0]["line_item_id"])
    assert [each["invoice_id"] for each in sandbox.rows("Invoice")] == [key]
    with pytest.raises(ValueError, match="Invoice"):
        sandbox.insert("Nothing", {})


def test_inserted_children_belong_to_their_parent(sandbox: Sandbox, plain: Plain) -> None:
    contact = sandbox.insert(
        "Contact", {"contact_name": "Zoë", "contact_persons": [{"first_name": "A"}]}
    )
    sandbox.insert("ContactAddress", {"contact_id": contact, "city": "Wien"})

    [person] = plain.get(f"/contacts/{contact}/contactpersons")["contact_persons"]
    [address] = plain.get(f"/contacts/{contact}/address")["addresses"]

    assert (person["first_name"], address["city"]) == ("A", "Wien")


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [
        ("tea.png", 100, 201),
        ("TEA.PNG", 100, 201),
        ("tea.exe", 100, 400),
        ("tea", 100, 400),
        ("tea.png", 7 * 1024 * 1024 + 1, 400),
    ],
)
def test_a_file_is_of_a_documented_kind_and_size(
    plain: Plain, name: str, size: int, status: int
) -> None:
    """Source: Books v3, items, the image."""
    key = plain.post("/items", {"name": "Tea", "rate": 1})["item"]["item_id"]
    sent = {"image": (name, b"x" * size, "image/png")}

    answer = plain.call("POST", f"/items/{key}/image", files=sent)

    assert (answer.status_code < 300) == (status < 300), answer.text
    stored = plain.call("GET", f"/items/{key}/image")
    assert stored.status_code == (200 if status < 300 else 404)
