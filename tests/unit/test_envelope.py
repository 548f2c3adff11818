"""Envelopes: where the record or the rows of an answer stand, and what is never taken for them."""

from __future__ import annotations

import pickle

import pytest

from zohorm import envelope
from zohorm.connection import Answer, Call
from zohorm.errors import MalformedReply, ServerError
from zohorm.resource import Resource

CALL = Call("GET", "/invoices/1")
ROW = {"invoice_id": "1", "total": 5}
OTHER = {"invoice_id": "2"}
INVOICES = Resource(
    product="books",
    name="Invoice",
    path="invoices",
    key="invoice",
    list_key="invoices",
    other_keys=("bill", "bills"),
    id="invoice_id",
    number="invoice_number",
    parent=None,
    operations={},
    filters={},
    sort=(),
    counts=False,
)


def answer(body: dict[str, object] | None, *, status: int = 200) -> Answer:
    if body is not None:
        body = {"code": 0, "message": "success", **body}
    return Answer(status, {}, b"", body, attempts=3)


def row(body: dict[str, object] | None) -> object:
    return envelope.row_of(answer(body), INVOICES, CALL)


def rows(body: dict[str, object] | None) -> object:
    return envelope.rows_of(answer(body), INVOICES, CALL)


@pytest.mark.parametrize(
    "body",
    [
        {"invoice": ROW},
        {"invoice": ROW, "bill": OTHER, "something": OTHER},
        {"bill": ROW},
        {"bill": ROW, "something": OTHER},
        {"something": ROW},
        {"something": ROW, "count": 5, "page_context": {}, "instrumentation": {}, "errors": {}},
        {"invoice": [ROW]},
        {"invoice_id": "1", "total": 5},
        {"invoice_id": "1", "total": 5, "data": {"payment": OTHER}},
    ],
    ids=["key", "key first", "other key", "other key first", "one unknown", "one object unknown",
         "one in a list", "flat", "flat around data"],
)  # fmt: skip
def test_the_record_is_found(body: dict[str, object]) -> None:
    found = row(body)

    assert isinstance(found, dict)
    assert {name: found[name] for name in ROW} == ROW


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"invoice": None},
        {"invoice": []},
        {"invoice": [ROW, OTHER]},
        {"invoice": "1"},
        {"one": ROW, "two": OTHER},
        {"page_context": {"page": 1}},
        {"errors": {"x": 1}},
        {"count": 5},
    ],
    ids=["no body", "nothing", "null", "empty list", "two in a list", "text", "two unknown",
         "page context alone", "errors alone", "no object"],
)  # fmt: skip
def test_a_missing_record_is_an_error(body: dict[str, object] | None) -> None:
    with pytest.raises(MalformedReply, match="lacks its key 'invoice'") as caught:
        row(body)

    assert isinstance(caught.value, ServerError)
    assert (caught.value.method, caught.value.path) == ("GET", "/invoices/1")
    assert (caught.value.status, caught.value.attempts) == (200, 3)
    assert "extend" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {"invoices": [ROW]},
        {"invoices": [ROW], "bills": [OTHER], "something": [OTHER]},
        {"bills": [ROW]},
        {"something": [ROW]},
        {"something": [ROW], "page_context": [{"page": 1}], "errors": [], "total": 5},
    ],
    ids=["key", "key first", "other key", "one unknown", "one list unknown"],
)
def test_the_rows_are_found(body: dict[str, object]) -> None:
    assert rows(body) == [ROW]


def test_an_empty_list_under_its_key_is_empty() -> None:
    assert rows({"invoices": []}) == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"invoices": None},
        {"invoices": {}},
        {"invoice": ROW},
        {"one": [ROW], "two": [OTHER]},
        {"page_context": [{"page": 1}]},
    ],
    ids=["no body", "nothing", "null", "object", "record", "two unknown", "page context alone"],
)
def test_a_missing_list_is_an_error_and_never_empty(body: dict[str, object] | None) -> None:
    with pytest.raises(MalformedReply, match="lacks its key 'invoices'"):
        rows(body)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"has_more_page": True}, envelope.PageContext(is_last=False)),
        ({"has_more_page": False}, envelope.PageContext()),
        ([{"has_more_page": True, "total": 7}], envelope.PageContext(is_last=False, total=7)),
        (
            {"has_more_page": True, "total": "401", "total_pages": 3},
            envelope.PageContext(is_last=False, total=401, total_pages=3),
        ),
        ({"has_more_page": "true"}, envelope.PageContext(is_last=False)),
        ({"has_more_page": 1}, envelope.PageContext(is_last=False)),
        ({"has_more_page": 0, "total": "many"}, envelope.PageContext()),
        ({"has_more_page": "False"}, envelope.PageContext()),
        ({"has_more_page": None}, envelope.PageContext()),
        ({}, envelope.PageContext()),
        ([], envelope.PageContext()),
        (None, envelope.PageContext()),
    ],
)
def test_the_page_context_is_read(context: object, expected: envelope.PageContext) -> None:
    assert envelope.page_context(answer({"page_context": context})) == expected


@pytest.mark.parametrize("held", ["maybe", 2, [], {"a": 1}, [True]])
def test_a_page_that_does_not_say_whether_it_is_the_last_is_an_error(held: object) -> None:
    with pytest.raises(MalformedReply, match=r"another page.*GET /invoices/1"):
        envelope.page_context(answer({"page_context": {"has_more_page": held}}), CALL)


@pytest.mark.parametrize("held", [[ROW, None], [5, None], ["x"], [[ROW]]])
def test_a_list_of_something_else_than_records_is_an_error(held: object) -> None:
    for key in ("invoices", "something"):
        with pytest.raises(MalformedReply, match="something else than records"):
            rows({key: held})


def test_an_answer_without_page_context_is_the_last_page() -> None:
    assert envelope.page_context(answer({"invoices": []})).is_last
    assert envelope.page_context(answer(None)).is_last


def test_data_leaves_code_and_message_out_and_is_a_plain_copy() -> None:
    given = answer({"data": {"a": [1]}, "page_context": {}})
    data = envelope.data_of(given)

    assert data == {"data": {"a": [1]}, "page_context": {}}
    assert pickle.loads(pickle.dumps(data)) == data
    data["data"] = 2
    assert given.body is not None
    assert given.body["data"] == {"a": [1]}
    assert envelope.data_of(answer(None)) == {}


@pytest.mark.parametrize(("method", "done"), [("GET", False), ("POST", True)])
def test_a_success_without_its_record_says_whether_something_was_done(
    method: str, done: bool
) -> None:
    with pytest.raises(MalformedReply) as caught:
        envelope.row_of(answer({}), INVOICES, Call(method, "/invoices/1/collect"))

    assert caught.value.maybe_done is done
    assert ("carried out" in str(caught.value)) is done
