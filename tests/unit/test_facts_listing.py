"""Listings of endpoints, as the converter reads them beside OpenAPI documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from zohorm.facts import documents
from zohorm.facts.convert import convert
from zohorm.facts.corrections import parse
from zohorm.facts.documents import Operation
from zohorm.facts.load import Facts

LISTING = """
product: invoice
resources:
  Estimate:
    path: estimates
    singular: estimate
    plural: estimates
    id: estimate_id
    operations: [list, get, create, update, delete]
    operation_scopes: {list: ZohoInvoice.estimates.READ, create: ZohoInvoice.estimates.CREATE}
    filters: [customer_id, status, sort_column]
    filters_inherited_from_books: [date]
    filter_values: {status: [draft, sent]}
    filter_values_inherited_from_books: {sort_column: [date, total]}
    create_query: [send]
    required_in_books: [customer_id, rate]
    fields:
      estimate_id: {type: string, readonly: true, seen: live}
      customer_id: {type: string}
      date: {type: date, seen: live}
      created_time: {type: datetime, readonly: true}
      valid_until: {type: date}
      accepted_at: {type: datetime, readonly: true}
      total: {type: number, readonly: true, seen: live}
      currency_id: {type: string, readonly: true, writable_in_books: true}
      template: {type: string, enum: [plain, wide]}
      contact_persons: {type: array of string}
      line_items:
        type: array of object
        fields: {item_id: {type: string}, rate: {type: number, required: true}}
      place: {type: object, fields: {city: {type: string}}}
    actions:
      mark_as_sent: {method: POST, path: '{id}/status/sent', scope: ZohoInvoice.estimates.CREATE}
      get_email_content: {method: GET, path: '{id}/email', query: [email_template_id]}
      add_attachment: {method: POST, path: '{id}/attachment', body: {attachment: {type: file}}}
    collection_actions:
      email: {method: POST, path: email, body: {estimate_ids: {type: string, required: true}}}
      delete_multiple: {method: DELETE, path: ''}
  ClientReview:
    path: clientreviews
    list_path: contacts/{contact_id}/clientreviews
    singular: null
    plural: null
    id: review_id
    path_parameter: comment_id
    operations: [list, get]
    undocumented_operations:
      delete: {method: DELETE, path: 'clientreviews/{comment_id}'}
      hide: {method: POST, path: '{id}/hide'}
    fields:
      review_id: {type: string, readonly: true}
"""
CORRECTIONS = """
[product]
product = "invoice"
title = "Invoice v3"
[[document]]
names = ["invoice"]
reason = "the listing"
source = "the vendor's pages"
[[resource]]
name = "ContactReview"
path = "contacts/{contact_id}/clientreviews"
reason = "a contact's reviews"
source = "the vendor's pages"
[[action]]
reason = "the word for many"
source = "the vendor's pages"
[action.names]
estimates_email = "email_many"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "invoice.yml").write_text(LISTING, encoding="utf-8")
    return tmp_path


@pytest.fixture
def operations(folder: Path) -> dict[str, Operation]:
    found = documents.read([folder / "invoice.yml"])
    return {operation.name: operation for operation in found}


@pytest.fixture
def facts(folder: Path) -> Facts:
    return convert(folder, parse(CORRECTIONS))


def test_each_endpoint_is_an_operation_with_verb_path_and_scope(
    operations: dict[str, Operation],
) -> None:
    assert {name: operation.call for name, operation in operations.items()} == {
        "list_estimates": "GET /estimates",
        "get_estimate": "GET /estimates/{estimate_id}",
        "create_estimate": "POST /estimates",
        "update_estimate": "PUT /estimates/{estimate_id}",
        "delete_estimate": "DELETE /estimates/{estimate_id}",
        "estimate_mark_as_sent": "POST /estimates/{estimate_id}/status/sent",
        "estimate_get_email_content": "GET /estimates/{estimate_id}/email",
        "estimate_add_attachment": "POST /estimates/{estimate_id}/attachment",
        "estimates_email": "POST /estimates/email",
        "estimates_delete_multiple": "DELETE /estimates",
        "list_client_reviews": "GET /contacts/{contact_id}/clientreviews",
        "get_client_review": "GET /clientreviews/{comment_id}",
        "delete_client_review": "DELETE /clientreviews/{comment_id}",
        "client_review_hide": "POST /clientreviews/{comment_id}/hide",
    }
    assert operations["list_estimates"].scope == "ZohoInvoice.estimates.READ"
    assert operations["get_estimate"].scope == ""


def test_a_resource_has_the_form_that_documents_give_one(facts: Facts) -> None:
    estimate = facts["resources"]["Estimate"]

    assert estimate["source"] == "Invoice v3, estimates"
    assert (estimate["key"], estimate["list_key"], estimate["id"]) == (
        "estimate",
        "estimates",
        "estimate_id",
    )
    assert set(estimate["operations"]) == {"list", "get", "create", "update", "delete"}
    assert set(estimate["actions"]) == {
        "mark_as_sent",
        "email_content",
        "add_attachment",
        "email_many",
        "delete_multiple",
    }


def test_types_and_names_decide_the_kinds(facts: Facts) -> None:
    fields = facts["resources"]["Estimate"]["fields"]

    assert {name: about["kind"] for name, about in fields.items()} == {
        "estimate_id": "id",
        "customer_id": "id",
        "date": "date",
        "created_time": "datetime",
        "valid_until": "date",
        "accepted_at": "datetime",
        "total": "money",
        "currency_id": "id",
        "template": "enum",
        "contact_persons": "texts",
        "line_items": "many",
        "place": "embedded",
    }
    assert fields["template"]["choices"] == ["plain", "wide"]


def test_only_what_is_not_read_only_can_be_written(facts: Facts) -> None:
    fields = facts["resources"]["Estimate"]["fields"]

    assert {name for name, about in fields.items() if about["access"] == "read_only"} == {
        "estimate_id",
        "created_time",
        "accepted_at",
        "total",
    }


def test_rows_hold_what_somebody_has_seen_in_one(facts: Facts) -> None:
    resources = facts["resources"]

    shown = {name for name, about in resources["Estimate"]["fields"].items() if about["list"]}
    assert shown == {"estimate_id", "date", "total"}
    assert resources["ContactReview"]["fields"]["review_id"]["list"]


def test_filters_and_columns_come_from_wherever_the_listing_holds_them(facts: Facts) -> None:
    estimate = facts["resources"]["Estimate"]

    assert set(estimate["filters"]) == {"customer_id", "status", "date"}
    assert estimate["filters"]["status"]["choices"] == ["draft", "sent"]
    assert estimate["sort"] == ["date", "total"]


def test_a_new_record_needs_what_the_sister_product_requires_where_the_pages_say_nothing(
    facts: Facts,
) -> None:
    """`rate` is required in Books, but as a member of a line, not of the estimate."""
    create = facts["resources"]["Estimate"]["operations"]["create"]

    assert create["required"] == ["customer_id"]
    assert list(create["query"]) == ["send"]


def test_actions_have_their_arguments_and_files(facts: Facts) -> None:
    actions = facts["resources"]["Estimate"]["actions"]

    assert actions["email_many"]["required"] == ["estimate_ids"]
    assert list(actions["email_content"]["query"]) == ["email_template_id"]
    assert actions["email_content"]["returns"] == "data"
    assert list(actions["add_attachment"]["files"]) == ["attachment"]
    assert actions["mark_as_sent"]["returns"] == "nothing"


def test_an_answer_key_that_nobody_has_seen_is_guessed_from_the_name(facts: Facts) -> None:
    review = facts["resources"]["ContactReview"]

    assert review["list_key"] == "client_reviews"
