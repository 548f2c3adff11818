"""The kind of a member follows from its name, its type and its example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm.facts import documents, kinds

WORD = st.from_regex(r"[a-z][a-z0-9_]{1,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "node", "kind"),
    [
        ("total", {"type": "string", "example": "10000.0"}, "money"),
        ("outstanding_receivable_amount_bcy", {"type": "integer", "example": 250}, "money"),
        ("shipping_charge", {"type": "string", "example": 0}, "money"),
        ("exchange_rate", {"type": "number", "format": "float"}, "money"),
        ("purchase_rate", {"type": "string", "example": " "}, "money"),
        ("bcy_rate", {"type": "number"}, "money"),
        ("quantity", {"type": "number"}, "number"),
        ("tax_percentage", {"type": "string", "example": "70%"}, "number"),
        ("discount", {"type": "number"}, "discount"),
        ("customer_id", {"type": "integer", "example": 46000000000}, "id"),
        ("account_id", {"type": "string", "example": " "}, "id"),
        ("time_entry_ids", {"type": "array"}, "texts"),
        ("invoice_ids", {"type": "string"}, "texts"),
        ("created_time", {"type": "string", "example": ""}, "datetime"),
        ("client_viewed_time", {"type": "string", "example": ""}, "text"),
        ("start_time", {"type": "string", "example": "2023-11-18T10:30:45+0530"}, "datetime"),
        ("date", {"type": "string", "example": "2013-11-17"}, "date"),
        ("last_payment_date", {"type": "string", "example": " "}, "date"),
        ("expiry_time", {"type": "string", "example": "2024-06-27"}, "date"),
        ("date_description", {"type": "string", "example": "yesterday"}, "text"),
        ("total_formatted", {"type": "string"}, "text"),
        ("is_logo_uploaded", {"type": "string", "example": " "}, "boolean"),
        ("track_1099", {"type": "boolean"}, "boolean"),
        ("price_precision", {"type": "number", "format": "double"}, "integer"),
        ("payment_terms", {"type": "integer", "example": 15}, "integer"),
        ("payment_number", {"type": "integer", "example": 7}, "text"),
        ("zip", {"type": "string", "example": 94588}, "text"),
        ("documents", {"type": "object"}, "json"),
        ("gst_no", {"type": "string"}, "text"),
    ],
)
def test_kind_follows_name_type_and_example(name: str, node: documents.Node, kind: str) -> None:
    assert kinds.kind(kinds.look(name, [node])) == kind


def test_a_member_that_some_document_calls_text_is_still_boolean_by_its_name() -> None:
    seen = kinds.look("is_shown", [{"type": "string"}, {"type": "boolean"}])

    assert kinds.kind(seen) == "boolean"


@pytest.mark.parametrize(
    ("description", "choices"),
    [
        ("Allowed Values: <code>draft</code>, <code>sent</code> and <code>void</code>.", 3),
        ("Allowed values: <code>de,en,fr</code>", 3),
        ("Soon it can be <code>cold</code> or <code>warm</code>", 2),
        ("It can either be <code>cold</code>or <code>warm</code>.", 2),
        ("Possible values can be <code>a</code> or <code>b</code> or <code>c</code>.", 3),
        ("Allowed values: active, inactive.", 2),
        ("Allowed Values: <br/><code>uk</code> (A place.),<br/><code>overseas</code> (Not.)", 2),
        ("Allowed values are <code> a </code> , <code> b </code>. Use <code>c</code>.", 2),
        ("Allowed values: <code>true</code>, <code>false</code>", 0),
        ("Some words about <code>it</code>.", 0),
        ("", 0),
    ],
)
def test_choices_are_read_up_to_the_end_of_their_list(description: str, choices: int) -> None:
    found = kinds.choices({"type": "string", "description": description})

    assert len(found) == choices
    assert all(value == value.strip() for value in found)


@given(st.lists(WORD, min_size=2, max_size=8, unique=True))
def test_listed_choices_come_back_in_their_order(words: list[str]) -> None:
    if set(words) <= {"true", "false"}:
        return
    listed = ", ".join(f"<code>{word}</code>" for word in words[:-1])
    description = f"Filter. Allowed values: {listed} and <code>{words[-1]}</code>. More text."

    assert kinds.choices({"type": "string", "description": description}) == tuple(words)


@pytest.mark.parametrize(
    ("description", "length"),
    [("Max-length [100]", 100), ("Maximum length is 50 characters.", 50), ("Long.", None)],
)
def test_the_greatest_length_is_read(description: str, length: int | None) -> None:
    assert kinds.max_length({"description": description}) == length


def test_editions_name_those_with_and_those_without_the_member() -> None:
    node = {"x-node_available_in": ["in", "uk"], "x-node_unavailable_in": []}

    assert kinds.editions(node) == {"in": ["in", "uk"]}
    assert kinds.editions({"x-node_unavailable_in": ["us"]}) == {"not_in": ["us"]}
