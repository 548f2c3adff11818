"""Documents of any shape are converted, or refused by their place; none ends in a traceback."""

from __future__ import annotations

import contextlib
import copy
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from zohorm.facts.__main__ import main

DOCUMENT = """
openapi: 3.0.0
info: {title: Bills}
paths:
  /bills:
    get:
      operationId: list_bills
      parameters:
        - {name: vendor_name, in: query, schema: {type: string}}
        - {$ref: '#/components/parameters/by'}
      responses:
        '200': {content: {application/json: {schema: {properties: {bills: {type: array,
          items: {$ref: '#/components/schemas/bill'}}}}}}}
    post:
      operationId: create_bill
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/bill'}}}}
      responses: {'201': {$ref: '#/components/responses/one'}}
      security: [{Zoho_Auth: [ZohoBooks.bills.CREATE]}]
  /bills/{bill_id}:
    get:
      operationId: get_bill
      responses: {'200': {$ref: '#/components/responses/one'}}
  /bills/{bill_id}/status/void:
    post:
      operationId: mark_bill_void
      responses: {'200': {content: {}}}
components:
  parameters:
    by: {name: sort_column, in: query, schema: {type: string, enum: [total]}}
  responses:
    one: {content: {application/json: {schema: {type: object, properties: {code: {type: integer},
      bill: {$ref: '#/components/schemas/bill'}}}}}}
  schemas:
    bill:
      type: object
      required: [vendor_id]
      properties:
        bill_id: {type: string, example: '460000000000001'}
        vendor_id: {type: string, x-node_available_in: [in]}
        line_items: {type: array, items: {allOf: [{properties: {line_item_id: {type: string}}},
          {properties: {rate: {type: number, example: 10.5}}}]}}
        tax: {oneOf: [{properties: {tax_id: {type: string}}}]}
"""
LISTING = """
product: books
resources:
  Bill:
    path: bills
    singular: bill
    plural: bills
    id: bill_id
    operations: [list, get, create, update, delete]
    operation_scopes: {list: ZohoBooks.bills.READ}
    filters: [date]
    filter_values: {date: ['2026-01-01']}
    fields:
      bill_id: {type: string, readonly: true, seen: live}
      line_items: {type: array of object, required: true, fields: {rate: {type: number}}}
    actions:
      mark_void: {method: POST, path: '{id}/status/void', scope: here}
    collection_actions:
      email: {method: POST, path: email, body: {bill_ids: {type: string, required: true}}}
"""
CORRECTIONS = '[product]\nproduct = "books"\ntitle = "Books v3"\n'
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, 5, -1.5, float("nan"), "", "/", "{id}", "a b", "date", "array of ", "\n"),
        *([], {}, [[]], [None], ["a"], {"a": 5}, {"": {}}, {"type": "array"}, {"items": {}}),
        *({"allOf": []}, {"oneOf": [{}]}, {"$ref": 5}, {"$ref": "#/"}, {"$ref": "#/paths"}),
        *({"$ref": "#/components/schemas/bill"}, {"$ref": "other.yml#/bill"}),
    ]
)
ODD_NAMES = st.sampled_from([None, 5, True, "", "$ref", "properties", "2XX", "é {", "page"])


def run(folder: Path, text: str | bytes) -> tuple[int, str]:
    """Convert a document by the command; return its status and what it told of errors."""
    (folder / "bills.yml").write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / "mend.toml").write_text(CORRECTIONS, encoding="utf-8")
    told = io.StringIO()
    words = ["convert", folder, "--into", folder, "--corrections", folder / "mend.toml"]
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        status = main([*map(str, words), "--examples", str(folder)])
    return status, told.getvalue()


def nodes(node: Any, way: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Give the way to each node below this one."""
    held = node.items() if isinstance(node, dict) else enumerate(node)
    for name, below in held:
        yield (*way, name)
        if isinstance(below, dict | list):
            yield from nodes(below, (*way, name))


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """Give a document in which up to three nodes are odd, gone, or called by another name."""
    document = yaml.safe_load(text)
    for way in draw(st.lists(st.sampled_from(list(nodes(document))), min_size=1, max_size=3)):
        holder: Any = document
        with contextlib.suppress(KeyError, IndexError, TypeError):  # An earlier one took it away.
            for step in way[:-1]:
                holder = holder[step]
            held = holder[way[-1]]
            how = draw(st.sampled_from(["odd", "gone", "called"]))
            if how == "odd":
                holder[way[-1]] = copy.deepcopy(draw(ODD))
            elif how == "called" and isinstance(holder, dict):
                holder[draw(ODD_NAMES)] = holder.pop(way[-1], held)
            else:
                del holder[way[-1]]
    return str(yaml.safe_dump(document))


@pytest.mark.parametrize("text", [DOCUMENT, LISTING])
def test_both_kinds_of_documents_are_converted(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, text) == (0, "")


@settings(deadline=None, max_examples=80)
@given(text=damaged(DOCUMENT) | damaged(LISTING))
def test_a_damaged_document_is_converted_or_refused_and_never_a_traceback(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        status, told = run(Path(folder), text)

        assert (Path(folder) / "books.json").exists() == (status == 0)
    assert told.startswith("nothing was written: ") if status else not told


@settings(deadline=None, max_examples=50)
@given(text=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_what_is_no_document_is_refused_by_the_name_of_its_file(text: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        status, told = run(Path(folder), text)

    assert status == 1
    assert told.startswith("nothing was written: bills.yml")


@pytest.mark.parametrize(
    ("said", "instead", "told"),
    [
        ("info: {title: Bills}", "paths: 5", "at its top: expected an OpenAPI document, found one"),
        ("info: {title: Bills}", "info: [Bills]", "at info: expected a mapping with the title"),
        ("{title: Bills}", "{title: 5}", "at info > title: expected a text, found 5"),
        ("    get:", "    get: here\n    put:", "at paths > /bills > get: expected an operation"),
        (
            "  /bills:",
            "  bills:",
            "at paths: expected a mapping of paths, which begin with a slash",
        ),
        ("{'201': {$ref", "{'4XX': {$ref", "> responses: expected a mapping of answers by status"),
        ("items: {$ref: '#/components/schemas/bill'}", "items: rows", "found 'rows'"),
        ("        tax: {", "        5: {", "> properties: expected names that are texts, found 5"),
        (
            "    bill:\n      type: object",
            "    bill:\n      $ref: '#/components/schemas/bill'\n      type: object",
            "at components > schemas > bill > $ref: expected a schema, found a reference to itself",
        ),
        (
            "tax: {oneOf",
            "tax: {items: {$ref: '#/components/schemas/bill'}, oneOf",
            "at components > schemas > bill: expected a schema, found one that holds itself",
        ),
        (
            "schemas/bill'}}}}}}}",
            "schemas/bil'}}}}}}}",
            "found nothing at #/components/schemas/bil",
        ),
        ("example: 10.5", "example: &a [*a]", "> example > 0: expected a JSON value, found one th"),
        (
            "example: 10.5",
            "example: !!binary aGVs",
            "> example: expected a JSON value, found b'hel",
        ),
        ("example: 10.5", "example: 2026-02-31", "holds what is no value: day is out of range"),
        (
            "example: 10.5",
            f"example: {'[' * 90}{']' * 90}",
            "expected at most 60 nodes in each oth",
        ),
    ],
)
def test_the_place_of_what_is_odd_is_told_and_what_is_due_there(
    tmp_path: Path, said: str, instead: str, told: str
) -> None:
    assert said in DOCUMENT
    text = DOCUMENT.replace(said, instead, 1)
    text = text.partition("\npaths:")[0] if instead == "paths: 5" else text

    status, error = run(tmp_path, text)

    assert status == 1
    assert error.startswith("nothing was written: bills.yml")
    assert told in error


def test_a_document_whose_references_multiply_is_refused(tmp_path: Path) -> None:
    """Each of twenty schemas holds the next one twice: a million rows in twenty lines."""
    bomb = "".join(
        f"    s{at}: {{properties: {{a: {{$ref: '#/components/schemas/s{at + 1}'}}, "
        f"b: {{$ref: '#/components/schemas/s{at + 1}'}}}}}}\n"
        for at in range(20)
    )
    text = DOCUMENT.replace(
        "        tax: {oneOf", f"        tax: {{$ref: {'#/components/schemas/s0'!r}, oneOf"
    )

    status, error = run(tmp_path, f"{text}{bomb}    s20: {{type: string}}\n")

    assert status == 1
    assert "more than 1000000 nodes" in error


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("books.json", b"{", "books.json cannot be read"),
        ("mend.toml", b"[", "the corrections cannot be read"),
        ("mend.toml", b"\xff", "mend.toml cannot be read"),
        ("mend.toml", None, "mend.toml cannot be read"),
    ],
)
def test_the_other_files_of_a_conversion_are_told_when_they_are_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, told: str
) -> None:
    assert run(tmp_path, DOCUMENT) == (0, "")
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    words = ["convert", tmp_path, "--into", tmp_path, "--corrections", tmp_path / "mend.toml"]
    assert main([str(word) for word in words]) == 1

    assert told in capsys.readouterr().err


def test_a_folder_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(tmp_path / "there"), "--product", "books"]) == 1
    assert main(["convert", str(tmp_path), "--into", str(tmp_path / "there")]) == 1

    lacking, none = capsys.readouterr().err.splitlines()
    assert "there has no documents" in lacking
    assert "there is no folder" in none
