"""Queries: what they ask for, what they yield, what they cost, and what they refuse."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from zohorm.books import (
    Contact,
    ContactComment,
    Invoice,
    InvoiceComment,
    Item,
    Organization,
    ZohoBooks,
)
from zohorm.errors import (
    FilterIgnored,
    InvalidValue,
    MalformedReply,
    ManyLoads,
    NotLoaded,
    NotPicklable,
    NotSingle,
    ServerError,
    UnknownFilter,
    Unsupported,
    UsageError,
    ValidationError,
    WrongType,
)
from zohorm.model import Model
from zohorm.sandbox import Sandbox


def items(sandbox: Sandbox, count: int, **more: object) -> list[str]:
    """Store items and return their ids, oldest first."""
    return [
        sandbox.insert("Item", {"name": f"Item {n:05}", "rate": n, "status": "active", **more})
        for n in range(count)
    ]


def invoices(sandbox: Sandbox, count: int, **more: object) -> list[str]:
    return [
        sandbox.insert("Invoice", {"invoice_number": f"I-{n:05}", "status": "draft", **more})
        for n in range(count)
    ]


def pages(sandbox: Sandbox) -> list[str]:
    return [call.query["page"] for call in sandbox.calls]


def answer(sandbox: Sandbox, **body: object) -> None:
    """Let the next call be answered with this body."""
    sandbox.next(status=200, body={"code": 0, "message": "success", **body})


# Pages.


def test_a_list_costs_one_call_per_page_of_200(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = items(sandbox, 450)

    found = [item.id for item in Item.iterate()]

    assert found == made[::-1]
    assert [dict(call.query) for call in sandbox.calls] == [
        {"organization_id": books.organization_id, "page": str(n), "per_page": "200"}
        for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(("rows", "calls"), [(0, 1), (1, 1), (200, 1), (201, 2), (400, 2)])
def test_no_call_is_made_for_a_page_after_the_last(
    rows: int, calls: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, rows)

    assert len(list(Item.iterate())) == rows

    assert len(sandbox.calls) == calls


def test_nothing_is_sent_before_a_query_is_iterated(sandbox: Sandbox, books: ZohoBooks) -> None:
    query = (
        Item.iterate(name__contains="a")
        .filter(rate__gt=1)
        .where(lambda item: True)
        .params(foo="bar")
        .order_by("name")
        .limit(5)
        .whole()
        .ahead(2)
        .strict()
    )
    repr(query)
    iter(query)
    query.pages()

    assert sandbox.calls == sandbox.token_calls == []


def test_a_page_is_asked_for_when_its_first_record_is_due(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 450)
    walk = iter(Item.iterate())

    list(islice(walk, 200))
    assert pages(sandbox) == ["1"]
    next(walk)
    assert pages(sandbox) == ["1", "2"]


def test_a_query_can_be_iterated_again_and_asks_again(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 2)
    query = Item.iterate()
    assert len(list(query)) == 2
    items(sandbox, 1)

    assert len(list(query)) == 3

    assert len(sandbox.calls) == 2


def test_each_method_returns_a_new_query_and_leaves_the_old_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 3)
    query = Item.iterate()
    for other in (
        query.filter(name="none"),
        query.where(lambda item: False),
        query.params(name="none"),
        query.limit(0),
    ):
        assert other is not query
        assert list(other) == []

    assert len(list(query)) == 3


@pytest.mark.parametrize("ask", [bool, len])
def test_a_query_is_neither_true_nor_long(
    ask: Callable[[object], object], sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises(WrongType) as caught:
        ask(Item.iterate())

    assert isinstance(caught.value, TypeError)
    assert ("exists()" if ask is bool else "count()") in str(caught.value)
    assert sandbox.calls == []


def test_repr_names_filters_and_shows_no_value(sandbox: Sandbox, books: ZohoBooks) -> None:
    shown = repr(Contact.iterate(contact_name="Ana", email__contains="ana@"))

    assert shown == "<Query of Contact by contact_name, email>"


def test_pages_yields_the_records_of_each_page(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = items(sandbox, 450)

    got = list(Item.iterate().order_by("name").pages())

    assert [(page.number, len(page.records), page.is_last) for page in got] == [
        (1, 200, False),
        (2, 200, False),
        (3, 50, True),
    ]
    assert [item.id for page in got for item in page.records] == made


def test_pages_shows_only_what_passes(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 250)

    got = list(Item.iterate().where(lambda item: item.rate < 10).pages())

    assert [len(page.records) for page in got] == [0, 10]


def test_an_empty_list_is_an_empty_list(sandbox: Sandbox, books: ZohoBooks) -> None:
    assert list(Item.iterate()) == []
    assert [page.records for page in Item.iterate().pages()] == [()]


def test_a_list_without_page_context_is_whole(sandbox: Sandbox, books: ZohoBooks) -> None:
    customer = Contact.get(sandbox.insert("Contact", {"contact_name": "Ana"}))
    for n in range(3):
        sandbox.insert("ContactComment", {"contact_id": customer.id, "description": f"comment {n}"})
    sandbox.forget()

    assert len(list(customer.comments)) == 3
    assert {org.id for org in Organization.iterate()} == {books.organization_id}

    assert [call.path for call in sandbox.calls] == [
        f"/contacts/{customer.id}/comments",
        "/organizations",
    ]


def test_a_missing_list_key_is_an_error_and_never_an_empty_list(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 3)
    sandbox.next(fault="missing-key")

    with pytest.raises(MalformedReply, match="items"):
        list(Item.iterate())


@pytest.mark.parametrize("held", [None, {}, "", 0])
def test_a_list_key_that_holds_no_list_is_an_error(
    held: object, sandbox: Sandbox, books: ZohoBooks
) -> None:
    answer(sandbox, items=held, page_context={"has_more_page": False})

    with pytest.raises(MalformedReply):
        list(Item.iterate())


def test_rows_under_an_unexpected_key_are_found_if_there_is_one_list(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    answer(sandbox, things=[{"item_id": "5", "name": "Tea"}])

    assert [item.name for item in Item.iterate()] == ["Tea"]


@pytest.mark.parametrize(
    "context", [None, [], {}, "x", {"has_more_page": "false"}, {"has_more_page": None}]
)
def test_a_strange_page_context_ends_the_list(
    context: object, sandbox: Sandbox, books: ZohoBooks
) -> None:
    answer(sandbox, items=[{"item_id": "5", "name": "Tea"}], page_context=context)

    assert [item.id for item in Item.iterate()] == ["5"]

    assert len(sandbox.calls) == 1


@pytest.mark.switched(
    page_past_end="refuse", raises=ValidationError, match="page", because="there is no page 4"
)
def test_a_server_that_always_says_there_is_more_does_not_repeat_records(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    more = {"page": 1, "has_more_page": True}
    for _ in range(3):
        answer(sandbox, items=[{"item_id": "5", "name": "Tea"}], page_context=more)

    assert [item.id for item in Item.iterate()] == ["5"]

    assert [call.status for call in sandbox.calls] == [200] * 4


def test_a_page_that_fails_is_an_error_after_the_records_before_it(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 450)
    sandbox.next(status=400, code=2, after=1)
    seen: list[str] = []

    with pytest.raises(ValidationError):
        seen.extend(item.id for item in Item.iterate())

    assert len(seen) == 200
    assert len(list(Item.iterate())) == 450


def test_a_page_past_a_hiccup_of_the_server_is_asked_for_again(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 450)
    sandbox.next(status=502, after=1, times=2)

    assert len({item.id for item in Item.iterate()}) == 450

    assert pages(sandbox) == ["1", "2", "2", "2", "3"]


MORE = {"page": 1, "has_more_page": True}


@pytest.mark.parametrize("said", ["true", 1, "TRUE", True])
def test_another_page_is_asked_for_however_the_service_says_so(
    said: object, sandbox: Sandbox, books: ZohoBooks
) -> None:
    answer(sandbox, items=[{"item_id": "5"}], page_context={"has_more_page": said})
    answer(sandbox, items=[{"item_id": "6"}], page_context={"has_more_page": False})

    assert [item.id for item in Item.iterate()] == ["5", "6"]


def test_an_unreadable_page_context_is_an_error(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, items=[{"item_id": "5"}], page_context={"has_more_page": "perhaps"})

    with pytest.raises(MalformedReply, match="another page"):
        list(Item.iterate())


def test_rows_that_are_none_are_an_error(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, contacts=[5, None])

    with pytest.raises(MalformedReply):
        list(Contact.iterate())


def test_an_empty_page_is_the_last_one(sandbox: Sandbox, books: ZohoBooks) -> None:
    answer(sandbox, items=[{"item_id": "5"}], page_context=MORE)
    sandbox.next(body={"code": 0, "items": [], "page_context": MORE}, times=20)

    assert [item.id for item in Item.iterate()] == ["5"]

    assert pages(sandbox) == ["1", "2"]


@pytest.mark.parametrize("row", [{"item_id": "5"}, {"name": "Tea"}], ids=["id", "no id"])
@pytest.mark.parametrize("ahead", [0, 2])
def test_a_service_that_never_ends_its_list_is_an_error_after_few_pages(
    row: dict[str, str], ahead: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    sandbox.next(body={"code": 0, "items": [row], "page_context": MORE}, times=50)
    query = Item.iterate().ahead(ahead) if ahead else Item.iterate()
    found = []

    with pytest.raises(MalformedReply, match="no new row"):
        found.extend(query)

    assert 1 <= len(found) <= 4
    assert len(sandbox.calls) <= 4 + ahead


# Rows that move.


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_row_that_comes_twice_is_yielded_once(
    after: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 450)
    sandbox.next(fault="duplicate-row", after=after)

    assert sorted(item.id for item in Item.iterate()) == sorted(made)


def test_a_record_is_yielded_once_though_others_create_meanwhile(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 450)
    sandbox.next(fault="shift-rows", times=2, after=1)

    found = [item.id for item in Item.iterate()]

    assert len(found) == len(set(found))
    assert set(found) >= set(made)
    assert len(sandbox.rows("Item")) == 452


def test_inserts_by_others_during_the_loop_shift_pages_and_double_nothing(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 450)

    found = []
    for place, item in enumerate(Item.iterate()):
        found.append(item.id)
        if place % 50 == 0:
            sandbox.insert("Item", {"name": f"late {place}", "rate": 1})

    assert found == made[::-1]


# Filters on the wire, and the test of rows here.

ROWS: list[dict[str, Any]] = [
    {
        "invoice_number": f"I-{n:03}",
        "customer_name": ("Ana", "ana", "Björn", "BJÖRN", "Ana Maria")[n % 5],
        "reference_number": ("", "R-1", "r-1")[n % 3],
        "status": ("draft", "sent", "overdue", "paid", "void")[n % 5],
        "date": str(dt.date(2026, 1, 1) + dt.timedelta(days=n % 7)),
        "due_date": str(dt.date(2026, 2, 1) + dt.timedelta(days=n % 5)) if n % 4 else "",
        "total": Decimal(n % 9) + Decimal("0.10"),
        "balance": Decimal(n % 4),
        "last_modified_time": f"2026-01-15T02:00:{n % 6:02}-0700",
    }
    for n in range(40)
]
MOMENT = dt.datetime(2026, 1, 15, 9, 0, 3, tzinfo=dt.UTC)


def on(member: str, test: Callable[[Any], bool]) -> Callable[[Mapping[str, Any]], bool]:
    """Return the test of a row by one member; an empty one fails."""
    return lambda row: row[member] != "" and test(row[member])


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


ASKED: list[tuple[dict[str, Any], Callable[[Mapping[str, Any]], bool]]] = [
    ({"date": dt.date(2026, 1, 3)}, on("date", lambda d: d == "2026-01-03")),
    ({"date": "2026-01-03"}, on("date", lambda d: d == "2026-01-03")),
    ({"date__gt": dt.date(2026, 1, 3)}, on("date", lambda d: d > "2026-01-03")),
    ({"date__gte": dt.date(2026, 1, 3)}, on("date", lambda d: d >= "2026-01-03")),
    ({"date__lt": dt.date(2026, 1, 3)}, on("date", lambda d: d < "2026-01-03")),
    ({"date__lte": dt.date(2026, 1, 3)}, on("date", lambda d: d <= "2026-01-03")),
    ({"due_date__lte": dt.date(2026, 2, 3)}, on("due_date", lambda d: d <= "2026-02-03")),
    ({"total": Decimal("3.10")}, on("total", lambda t: t == Decimal("3.10"))),
    ({"total__gt": Decimal("3.10")}, on("total", lambda t: t > Decimal("3.10"))),
    ({"total__gte": Decimal("3.10")}, on("total", lambda t: t >= Decimal("3.10"))),
    ({"total__lt": Decimal("3.10")}, on("total", lambda t: t < Decimal("3.10"))),
    ({"total__lte": Decimal("3.10")}, on("total", lambda t: t <= Decimal("3.10"))),
    ({"balance__gt": 0}, on("balance", lambda b: b > 0)),
    ({"invoice_number": "I-007"}, on("invoice_number", lambda n: n == "I-007")),
    (
        {"invoice_number__startswith": "I-01"},
        on("invoice_number", lambda n: n.startswith("I-01")),
    ),
    ({"invoice_number__contains": "3"}, on("invoice_number", lambda n: "3" in n)),
    ({"status": "overdue"}, on("status", lambda s: s == "overdue")),
    (
        {"last_modified_time__gt": MOMENT},
        on("last_modified_time", lambda t: moment(t) > MOMENT),
    ),
    (
        {"last_modified_time__gte": MOMENT},
        on("last_modified_time", lambda t: moment(t) >= MOMENT),
    ),
    (
        {"date__gte": dt.date(2026, 1, 2), "date__lte": dt.date(2026, 1, 5), "balance__gt": 0},
        lambda row: "2026-01-02" <= row["date"] <= "2026-01-05" and row["balance"] > 0,
    ),
]
SWITCHES: list[dict[str, Any]] = [
    {},
    {"before_after": "inclusive"},
    {"start_end": "exclusive"},
    {"before_after": "inclusive", "start_end": "exclusive"},
    {"last_modified": "exclusive"},
    {"exact_text": "match-case"},
    {"unknown_filter": "refuse"},
    {"filter_by_case": "match-case"},
]


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_each_lookup_finds_exactly_what_was_asked_however_the_service_reads_it(
    switches: dict[str, Any],
) -> None:
    with Sandbox(**switches) as sandbox:
        ids = {sandbox.insert("Invoice", row): row for row in ROWS}
        credentials: Any = sandbox.credentials
        with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:
            for filters, test in ASKED:
                found = {one.id for one in Invoice.using(books).iterate(**filters)}
                assert found == {one for one, row in ids.items() if test(row)}, filters

        assert len(sandbox.calls) == len(ASKED)
        assert {call.status for call in sandbox.calls} == {200}


@pytest.mark.parametrize(
    ("filters", "test"), ASKED, ids=lambda v: str(v)[:60] if isinstance(v, dict) else ""
)
def test_a_service_that_ignores_filters_changes_no_result_and_is_told_of(
    filters: dict[str, Any], test: Callable[[Any], bool], sandbox: Sandbox, books: ZohoBooks
) -> None:
    ids = {sandbox.insert("Invoice", row): row for row in ROWS}
    sandbox.next(fault="ignore-filters")

    with pytest.warns(FilterIgnored) as caught:
        found = {one.id for one in Invoice.iterate(**filters)}

    assert found == {one for one, row in ids.items() if test(row)}
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert "Invoice" in str(caught[0].message)


def wire_names(model: type[Model]) -> Iterator[tuple[str, str]]:
    for name, known in model.facts().filters.items():
        for lookup, parameter in known.lookups.items():
            yield (name if lookup == "exact" else f"{name}__{lookup}"), parameter


VALUES: Mapping[str, object] = {
    "id": "4815",
    "text": "a&b=ü",
    "enum": "active",
    "money": Decimal("10.50"),
    "date": dt.date(2026, 1, 15),
    "datetime": MOMENT,
    "boolean": True,
}
CHOSEN: Mapping[str, str] = {
    "contact_type": "customer",
    "filter_by": "Status.All",
    "Invoice.status": "sent",
}


@pytest.mark.parametrize("model", [Contact, Invoice, Item])
def test_every_documented_lookup_is_sent_as_the_service_knows_it(model: type[Model]) -> None:
    """This service refuses what it does not know."""
    with Sandbox(unknown_filter="refuse") as sandbox:
        credentials: Any = sandbox.credentials
        with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:
            for key, parameter in wire_names(model):
                name = key.partition("__")[0]
                chosen = CHOSEN.get(f"{model.__name__}.{name}", CHOSEN.get(name))
                value = chosen or VALUES[model.facts().filters[name].kind.name]

                asked: Any = {key: value}
                assert list(model.using(books).iterate(**asked)) == []

                call = sandbox.calls[-1]
                assert call.status == 200
                extra = set(call.query) - {"organization_id", "page", "per_page"}
                assert extra == {parameter}


def test_a_status_is_sent_as_the_view_that_the_resource_documents(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 2)
    items(sandbox, 1, status="inactive")

    assert len(list(Item.iterate(status="inactive"))) == 1
    list(Invoice.iterate(status="overdue"))
    list(Contact.iterate(status="active"))

    sent = [
        {name: call.query[name] for name in ("filter_by", "status") if name in call.query}
        for call in sandbox.calls
    ]
    assert sent == [
        {"filter_by": "Status.Inactive"},
        {"status": "overdue"},
        {"filter_by": "Status.Active"},
    ]


def test_a_view_that_spans_several_statuses_is_taken_as_it_comes(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoices(sandbox, 1, status="sent", balance=5)
    invoices(sandbox, 1, status="overdue", balance=5)
    invoices(sandbox, 1, status="paid")

    found = {invoice.status for invoice in Invoice.iterate(status="unpaid")}

    assert found == {"sent", "overdue"}


@pytest.mark.parametrize(("asked", "found"), [("ANA", 16), ("Ana", 16)])
@pytest.mark.switched(
    exact_text="match-case",
    raises=AssertionError,
    match="== 16",
    because="the service finds other rows, and nothing tells which it left out",
)
def test_a_text_is_found_without_regard_to_case_where_the_service_does_so(
    asked: str, found: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    for row in ROWS:
        sandbox.insert("Invoice", row)

    assert len(list(Invoice.iterate(customer_name=asked))) == found


def test_a_text_is_found_in_its_own_case_where_the_service_minds_it() -> None:
    with Sandbox(exact_text="match-case") as sandbox:
        for row in ROWS:
            sandbox.insert("Invoice", row)
        credentials: Any = sandbox.credentials
        with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:
            bound = Invoice.using(books)

            assert {one.customer_name for one in bound.iterate(customer_name="Ana")} == {"Ana"}
            assert list(bound.iterate(customer_name="ANA")) == []


def test_values_arrive_as_they_were_given(sandbox: Sandbox, books: ZohoBooks) -> None:
    text = "Bär & Söhne = 100 % + #1 /?"
    sandbox.insert("Contact", {"contact_name": text})

    assert Contact.iterate(contact_name=text).one().contact_name == text

    assert sandbox.calls[0].query["contact_name"] == text


def test_a_plus_in_an_instant_arrives(sandbox: Sandbox, books: ZohoBooks) -> None:
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))

    list(Invoice.iterate(last_modified_time__gt=dt.datetime(2026, 1, 1, 12, tzinfo=zone)))

    assert sandbox.calls[0].query["last_modified_time"] == "2026-01-01T11:59:59+0530"


def test_filters_add_up(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 20)

    found = list(Item.iterate(rate__gte=5).filter(rate__lt=8).filter(name__contains="7"))

    assert [item.rate for item in found] == [7]


# Filters that the service ignores.


def test_an_ignored_filter_warns_once_in_all_pages(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 450)
    sandbox.next(fault="ignore-filters", times=3)

    with pytest.warns(FilterIgnored) as caught:
        found = list(Item.iterate(rate__lt=3, name__startswith="Item"))

    assert len(found) == 3
    assert len(caught) == 1
    assert "rate__lt" in str(caught[0].message)


def test_a_strict_query_raises_where_others_warn(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 5)
    for query in (Item.iterate(strict=True, rate__lt=3), Item.iterate(rate__lt=3).strict()):
        sandbox.next(fault="ignore-filters")

        with pytest.raises(FilterIgnored, match="rate__lt"):
            list(query)


def test_a_widened_bound_is_dropped_without_a_warning(sandbox: Sandbox, books: ZohoBooks) -> None:
    for day in ("2025-12-31", "2026-01-01", "2026-02-01"):
        invoices(sandbox, 1, date=day)

    found = Invoice.iterate(
        strict=True, date__gte=dt.date(2026, 1, 1), date__lte=dt.date(2026, 1, 31)
    ).one()

    assert found.date == dt.date(2026, 1, 1)
    assert sandbox.calls[0].query["date_start"] == "2025-12-31"
    assert sandbox.calls[0].query["date_end"] == "2026-02-01"


# What is refused, before any call.


@pytest.mark.parametrize("filters", [{"colour": "x"}, {"date__contains": "x"}, {"cf_region": "x"}])
def test_an_unknown_filter_names_those_there_are_and_where(
    filters: dict[str, Any], sandbox: Sandbox, books: ZohoBooks
) -> None:
    for make in (Invoice.iterate, Invoice.iterate().filter):
        with pytest.raises(UnknownFilter) as caught:
            make(**filters)
        for word in (*filters, "date__gte", "status", ".where(", ".params("):
            assert word in str(caught.value)
        assert isinstance(caught.value, TypeError)

    assert sandbox.calls == sandbox.token_calls == []


@pytest.mark.parametrize(
    "act",
    [
        lambda: Invoice.iterate(date="soon"),
        lambda: Invoice.iterate(total=1.5),
        lambda: Invoice.iterate(status=None),
        lambda: Invoice.iterate(customer_id="1/2"),
        lambda: Invoice.iterate().limit(-1),
        lambda: Invoice.iterate().limit(True),
        lambda: Invoice.iterate().limit("5"),  # type: ignore[arg-type]
        lambda: Invoice.iterate().ahead(0),
        lambda: Invoice.iterate().ahead(51),
        lambda: Invoice.iterate().ahead(True),
        lambda: Invoice.iterate().where("x"),  # type: ignore[arg-type]
        lambda: Invoice.iterate().order_by("notes"),
        lambda: InvoiceComment.iterate(),
    ],
)
def test_what_cannot_be_is_refused_before_any_call(
    act: Any, sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises((UsageError, InvalidValue)):
        list(act())

    assert sandbox.calls == sandbox.token_calls == []


def test_a_sort_column_that_is_not_documented_names_those_that_are(books: ZohoBooks) -> None:
    with pytest.raises(UnknownFilter, match=r"notes.*due_date.*sorted\("):
        Invoice.iterate().order_by("-notes")


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("page", "pages()"),
        ("per_page", "limit("),
        ("sort_column", "order_by("),
        ("sort_order", "order_by("),
        ("response_option", "count()"),
    ],
)
def test_params_refuses_what_the_query_sends_itself(
    name: str, method: str, books: ZohoBooks
) -> None:
    with pytest.raises(InvalidValue) as caught:
        Item.iterate().params(**{name: 2})

    assert name in str(caught.value)
    assert method in str(caught.value)


@pytest.mark.parametrize(
    "act",
    [
        lambda: Contact.iterate(status="active", filter_by="Status.Inactive"),
        lambda: Contact.iterate(status="active").filter(filter_by="Status.Inactive"),
        lambda: Contact.iterate(status="active").filter(status="inactive"),
        lambda: Contact.iterate(status="active").params(filter_by="Status.Inactive"),
        lambda: Contact.iterate().params(x=1).params(x=2),
    ],
)
def test_two_filters_that_send_the_same_parameter_are_refused(act: Any, books: ZohoBooks) -> None:
    with pytest.raises(InvalidValue, match=r"both send.*where\("):
        act()


@pytest.mark.parametrize("column", [5, None, ["date"]])
def test_order_by_takes_a_name(column: Any, books: ZohoBooks) -> None:
    with pytest.raises(WrongType, match="order_by"):
        Invoice.iterate().order_by(column)


def test_a_query_is_not_pickled_and_says_what_to_pickle(books: ZohoBooks) -> None:
    query = Invoice.iterate(customer_name="Secret")

    with pytest.raises(NotPicklable, match="list") as caught:
        pickle.dumps(query)

    assert "Secret" not in str(caught.value)
    assert isinstance(copy.copy(query), type(query))


@pytest.mark.parametrize(
    "filters", [{"item_id": "5"}, {"search_text": "x"}, {"custom_field": "x"}, {"status": "unpaid"}]
)
def test_strict_refuses_a_filter_that_no_row_can_confirm(
    filters: dict[str, Any], sandbox: Sandbox, books: ZohoBooks
) -> None:
    for act in (
        lambda: Invoice.iterate(strict=True, **filters),
        lambda: Invoice.iterate(**filters).strict(),
        lambda: Invoice.iterate(strict=True).filter(**filters),
    ):
        with pytest.raises(Unsupported, match=next(iter(filters))):
            act()
    list(Invoice.iterate(**filters))


def test_strict_takes_no_row_that_does_not_show_what_is_filtered(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    for _ in range(2):
        answer(sandbox, invoices=[{"invoice_id": "5"}])

    assert len(list(Invoice.iterate(status="sent"))) == 1
    with pytest.raises(FilterIgnored, match="status"):
        list(Invoice.iterate(status="sent", strict=True))


def test_no_repr_of_a_query_s_parts_shows_what_was_asked_for(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    sandbox.insert("Contact", {"contact_name": "Secret"})
    query = Contact.iterate(contact_name="Secret").params(x="Secret")

    shown = [repr(query), repr(query._plan), repr(next(iter(Contact.iterate().pages())))]

    assert not any("Secret" in one for one in shown)


# The other methods.


def test_where_filters_here_and_asks_for_every_row(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 250)

    found = list(Item.iterate().where(lambda i: i.rate > 7).where(lambda i: i.rate < 10))

    assert sorted(item.rate for item in found) == [8, 9]
    assert pages(sandbox) == ["1", "2"]


@pytest.mark.switched(
    unknown_filter="refuse", raises=ValidationError, match="cf_x", because="no document has them"
)
def test_params_are_sent_as_they_are(sandbox: Sandbox, books: ZohoBooks) -> None:
    list(
        Invoice.iterate().params(
            customview_id="77", cf_x="a b", day=dt.date(2026, 1, 2), n=5, yes=True, none=None
        )
    )

    sent = dict(sandbox.calls[0].query)
    for name in ("organization_id", "page", "per_page"):
        del sent[name]
    assert sent == {
        "customview_id": "77",
        "cf_x": "a b",
        "day": "2026-01-02",
        "n": "5",
        "yes": "true",
    }


@pytest.mark.parametrize(("column", "order"), [("total", "A"), ("-total", "D")])
def test_order_by_is_sent_as_column_and_order(
    column: str, order: str, sandbox: Sandbox, books: ZohoBooks
) -> None:
    for total in (3, 1, 2):
        invoices(sandbox, 1, total=total)

    found = [invoice.total for invoice in Invoice.iterate().order_by(column)]

    assert found == sorted(found, reverse=order == "D")
    query = sandbox.calls[0].query
    assert (query["sort_column"], query["sort_order"]) == ("total", order)


@pytest.mark.parametrize(
    ("limit", "found", "sizes"),
    [
        (0, 0, []),
        (1, 1, ["1"]),
        (150, 150, ["150"]),
        (200, 200, ["200"]),
        (201, 201, ["200", "200"]),
        (999, 250, ["200", "200"]),
    ],
)
def test_a_limit_asks_for_no_more_than_it_needs(
    limit: int, found: int, sizes: list[str], sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 250)

    assert len(list(Item.iterate().limit(limit))) == found

    assert [call.query["per_page"] for call in sandbox.calls] == sizes


def test_the_smaller_limit_counts(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 9)

    assert len(list(Item.iterate().limit(5).limit(8))) == 5
    assert len(list(Item.iterate().limit(8).limit(5))) == 5


def test_a_limit_counts_what_passes(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 250)

    found = list(Item.iterate().order_by("name").where(lambda i: i.rate >= 205).limit(3))

    assert [item.rate for item in found] == [205, 206, 207]
    assert [call.query["per_page"] for call in sandbox.calls] == ["200", "200"]


def test_first_costs_one_call_for_one_row(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = items(sandbox, 3)

    first = Item.iterate().order_by("name").first()

    assert first is not None
    assert first.id == made[0]
    assert Item.iterate(name="none").first() is None
    assert [call.query["per_page"] for call in sandbox.calls] == ["1", "200"]


def test_first_goes_on_where_the_first_page_does_not_pass(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 250)

    first = Item.iterate().order_by("name").where(lambda i: i.rate == 249).first()

    assert first is not None
    assert pages(sandbox) == ["1", "2"]


def test_one_returns_the_only_record(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = items(sandbox, 3)

    assert Item.iterate(name="Item 00001").one().id == made[1]

    assert len(sandbox.calls) == 1


@pytest.mark.parametrize(
    ("name", "what"), [("none", "no record"), ("Item", "more than one record")]
)
def test_one_raises_for_none_and_for_several(
    name: str, what: str, sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 250)

    with pytest.raises(NotSingle, match=what) as caught:
        Item.iterate(name__startswith=name).one()

    assert isinstance(caught.value, LookupError)
    assert len(sandbox.calls) == 1


def test_exists_costs_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    assert not Item.iterate().exists()
    items(sandbox, 250)
    assert Item.iterate().exists()
    assert not Item.iterate(name="none").exists()

    assert len(sandbox.calls) == 3


def test_count_costs_one_call_where_the_service_counts(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoices(sandbox, 250)

    assert Invoice.iterate().count() == 250
    assert Invoice.iterate().order_by("total").whole().count() == 250

    assert [call.query["response_option"] for call in sandbox.calls] == ["2", "2"]


def test_count_walks_the_pages_where_the_service_does_not_count(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 250)

    assert Item.iterate().count() == 250

    assert pages(sandbox) == ["1", "2"]


def test_count_with_filters_counts_what_passes(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoices(sandbox, 210, total=1)
    invoices(sandbox, 5, total=2)
    sandbox.next(fault="ignore-filters", times=2)

    with pytest.warns(FilterIgnored):
        assert Invoice.iterate(total=2).count() == 5
    assert Invoice.iterate().where(lambda one: one.total == 2).count() == 5
    assert Invoice.iterate().limit(7).count() == 7
    assert Invoice.iterate().params(total="2").count() == 5

    assert pages(sandbox) == ["1", "2", "1", "2", "1", "1"]


def test_count_of_records_below_another(sandbox: Sandbox, books: ZohoBooks) -> None:
    customer = sandbox.insert("Contact", {"contact_name": "Ana"})
    sandbox.insert("ContactComment", {"contact_id": customer, "description": "met"})

    assert Contact.get(customer).comments.iterate().count() == 1


def test_count_falls_back_on_a_walk_where_no_count_comes(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoices(sandbox, 3)
    answer(sandbox, page_context={"page": 1, "has_more_page": False})

    assert Invoice.iterate().count() == 3

    assert len(sandbox.calls) == 2


# Whole records.


def test_list_rows_cost_nothing_more_while_only_their_members_are_read(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 30)

    assert sum(item.rate for item in Item.iterate()) == sum(range(30))

    assert len(sandbox.calls) == 1


def test_whole_costs_one_more_call_for_each_row(sandbox: Sandbox, books: ZohoBooks) -> None:
    items(sandbox, 15)

    found = list(Item.iterate().whole())

    assert all(item.is_whole for item in found)
    assert len(sandbox.calls) == 1 + 15
    list(Item.iterate().whole())
    assert len(sandbox.calls) == 1 + 15 + 1


def test_whole_is_refused_where_a_record_cannot_be_read_alone(books: ZohoBooks) -> None:
    with pytest.raises(Unsupported, match="ContactComment"):
        ContactComment.iterate().whole()


def test_the_eleventh_row_completed_by_itself_warns_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 30)

    with pytest.warns(ManyLoads, match=r"\.whole\(\)") as caught:
        _ = [item.vendor_id for item in Item.iterate()]

    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert len(sandbox.calls) == 31


@pytest.mark.parametrize("lazy_limit", [0, 3])
def test_beyond_its_limit_a_query_completes_no_row(lazy_limit: int, sandbox: Sandbox) -> None:
    items(sandbox, 9)
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock, lazy_limit=lazy_limit)) as books:
        read: list[object] = []
        with pytest.raises(NotLoaded, match="vendor_id"):
            read.extend(item.vendor_id for item in Item.using(books).iterate())

    assert len(read) == lazy_limit
    assert len(sandbox.calls) == 1 + lazy_limit


def test_a_record_deleted_by_another_between_list_and_whole_is_left_out(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 3)
    sandbox.next(status=404, code=1002, after=2)

    found = [item.id for item in Item.iterate().whole()]

    assert len(found) == 2
    assert set(found) < set(made)
    assert len(sandbox.calls) == 4


# Pages fetched ahead.


def test_ahead_yields_the_same_records_in_the_same_order(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = invoices(sandbox, 1130)

    found = [one.id for one in Invoice.iterate().order_by("invoice_number").ahead(3)]

    assert found == made


@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_ahead_asks_for_no_page_in_vain_where_the_count_is_told(
    ahead: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoices(sandbox, 1130)

    list(Invoice.iterate().ahead(ahead))

    assert sorted(pages(sandbox)) == ["1", "2", "3", "4", "5", "6"]
    assert [c.query.get("response_option") for c in sandbox.calls if c.query["page"] == "1"] == [
        "1"
    ]


@pytest.mark.parametrize(("rows", "calls"), [(600, 3), (800, 4)])
def test_ahead_without_a_count_asks_for_few_pages_in_vain(
    rows: int, calls: int, sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, rows)

    assert len({item.id for item in Item.iterate().ahead(3)}) == rows

    assert calls <= len(sandbox.calls) <= calls + 2
    assert len(set(pages(sandbox))) == len(sandbox.calls)


def test_ahead_starts_nothing_where_page_one_is_the_last(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 200)

    for item in Item.iterate().ahead(5):
        assert item.name
        assert not ahead_threads()

    assert pages(sandbox) == ["1"]


def test_ahead_asks_for_no_page_beyond_a_limit(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoices(sandbox, 1130)

    assert len(list(Invoice.iterate().ahead(5).limit(150))) == 150
    assert len(list(Invoice.iterate().ahead(5).limit(350))) == 350

    assert sorted(pages(sandbox)) == ["1", "1", "2"]


def ahead_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("zohorm-ahead")]


def test_pages_are_fetched_while_the_loop_works(sandbox: Sandbox, books: ZohoBooks) -> None:
    """Pages 2 and 3 are on their way before anybody asks for their records."""
    invoices(sandbox, 600)
    walk = iter(Invoice.iterate().ahead(2))
    list(islice(walk, 200))
    sandbox.next(fault="hang", times=2)

    second = threading.Thread(target=next, args=(walk,))
    second.start()
    sandbox.wait_for_hanging(2)
    sandbox.release()
    second.join()

    assert len(list(walk)) == 399


def test_an_error_in_a_page_fetched_ahead_comes_at_its_place(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoices(sandbox, 1000)
    sandbox.next(status=400, code=2, path="/invoices", after=2)
    seen: list[str] = []

    with pytest.raises(ValidationError):
        seen.extend(invoice.id for invoice in Invoice.iterate().ahead(1))

    assert len(seen) == len(set(seen)) == 400


def test_ahead_recovers_from_a_hiccup_in_any_page(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoices(sandbox, 1000)
    sandbox.next(status=503, after=1, times=3)

    assert len({one.id for one in Invoice.iterate().ahead(3)}) == 1000


def test_a_loop_that_ends_early_leaves_no_thread_and_asks_for_little(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    invoices(sandbox, 2000)
    walk = Invoice.iterate().ahead(3).pages()
    next(walk)
    next(walk)

    walk.close()  # type: ignore[attr-defined]
    for thread in ahead_threads():
        thread.join()

    assert not ahead_threads()
    assert len(sandbox.calls) <= 5


def test_an_error_in_the_loop_ends_the_fetching(sandbox: Sandbox, books: ZohoBooks) -> None:
    invoices(sandbox, 2000)

    def divide(numbered: tuple[int, Invoice]) -> float:
        return 1 / (250 - numbered[0])

    with pytest.raises(ZeroDivisionError):
        list(map(divide, enumerate(Invoice.iterate().ahead(2))))
    for thread in ahead_threads():
        thread.join()

    assert not ahead_threads()
    assert len(sandbox.calls) <= 5


def test_a_server_that_fails_for_good_ends_the_list_with_its_error(sandbox: Sandbox) -> None:
    items(sandbox, 450)
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock, max_retries=2)) as books:
        sandbox.next(status=500, after=1, times=9)

        with pytest.raises(ServerError):
            list(Item.using(books).iterate())

    assert pages(sandbox) == ["1", "2", "2", "2"]


def test_two_iterations_of_one_query_do_not_disturb_each_other(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 250)
    query = Item.iterate()

    pairs = [(one.id, other.id) for one, other in zip(query, query, strict=True)]

    assert [one for one, _ in pairs] == [other for _, other in pairs] == made[::-1]


def test_within_a_block_a_listed_record_is_the_one_that_is_held(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 3)
    held = Item.get(made[1])
    held.description = "half-made"

    found = {item.id: item for item in Item.iterate()}

    assert found[made[1]] is held
    assert held.description == "half-made"
    assert held.is_whole
