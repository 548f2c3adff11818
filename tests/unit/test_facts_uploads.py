"""What the converter reads of files, on operations written here."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from zohorm.facts import calls, uploads
from zohorm.facts.documents import Document, Operation

FILE = {"type": "string", "format": "binary"}


def operation(text: str, **told: Any) -> Operation:
    """Read the only operation of a document at `/bills/{bill_id}/attachment`."""
    node = {"responses": {"200": {}}, **yaml.safe_load(text), **told}
    document = Document({"paths": {"/bills/{bill_id}/attachment": {"post": node}}})
    return next(document.operations())


def in_query(description: str = "", *more: dict[str, Any]) -> Operation:
    file = {"name": "attachment", "in": "query", "schema": FILE, "description": description}
    return operation("operationId: attach", parameters=[file, *more])


def form(members: dict[str, Any], kind: str = "multipart/form-data") -> Operation:
    body = {"content": {kind: {"schema": {"type": "object", "properties": members}}}}
    return operation("operationId: attach", requestBody=body)


@pytest.mark.parametrize(
    "said",
    [
        "Allowed Extensions: <code>gif</code>, <code>png</code> and <code>pdf</code>.",
        "The file to be attached.Allowed Extensions: <code>gif</code>, png and <code>pdf</code>",
        "Accepted image formats: gif, png, pdf. Maximum file size is 7 MB.",
    ],
)
def test_the_kinds_that_are_allowed_are_read(said: str) -> None:
    assert uploads.files(in_query(said))["attachment"]["kinds"] == ["gif", "png", "pdf"]


def test_kinds_that_are_not_allowed_are_not_read() -> None:
    assert uploads.files(in_query("A pdf of the bill.")) == {"attachment": {}}


def test_size_and_number_are_read() -> None:
    found = uploads.files(in_query("File to attach. Maximum 20 files, 10 MB each."))

    assert found == {"attachment": {"megabytes": 10, "most": 20, "several": True}}


def test_what_is_said_of_a_call_for_files_is_said_of_its_file() -> None:
    told = operation(
        "{operationId: attach, description: 'Attach files, at most 5 MB.'}",
        parameters=[{"name": "attachment", "in": "query", "schema": FILE}],
    )

    assert uploads.files(told) == {"attachment": {"megabytes": 5, "several": True}}


def test_whoever_sends_several_files_counts_them() -> None:
    """The count is made from the files, so no caller has to give it."""
    counted = in_query("", {"name": "totalFiles", "in": "query", "schema": {"type": "integer"}})

    facts = calls.call(counted, {})

    assert facts["files"] == {"attachment": {"counted": True, "several": True}}
    assert facts["query"] == {}


def test_two_names_of_one_file_are_one_file() -> None:
    twin = in_query("", {"name": "doc", "in": "query", "schema": FILE})

    facts = calls.call(twin, {})

    assert (list(facts["files"]), facts["query"]) == (["attachment"], {})


def test_members_beside_the_file_of_a_form_are_parts_of_it() -> None:
    facts = calls.action(
        form({"attachment": FILE, "document_ids": {"type": "string"}}),
        {},
        on="record",
        key="",
        list_key="",
    )

    assert (list(facts["files"]), list(facts["body"])) == (["attachment"], ["document_ids"])
    assert facts["body_form"] == "parts"


def test_members_beside_a_file_in_a_json_body_are_json() -> None:
    facts = calls.action(
        form({"attachments": FILE, "subject": {"type": "string"}}, "application/json"),
        {},
        on="record",
        key="",
        list_key="",
    )

    assert facts["files"] == {"attachments": {"several": True}}
    assert "body_form" not in facts
