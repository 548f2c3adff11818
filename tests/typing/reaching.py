"""How records are reached: sessions, queries, actions; read by the type checkers, never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Page, Query
from zohorm.books import Contact, ContactComment, Invoice, Item, ZohoBooks
from zohorm.sandbox import Sandbox


def _by_id(books: ZohoBooks) -> None:
    assert_type(Invoice.get("1"), Invoice)
    assert_type(Invoice.using(books), type[Invoice])
    assert_type(Invoice.using(books).get("1"), Invoice)
    assert_type(Invoice.using(books)(notes="x"), Invoice)
    assert_type(Item.in_bulk(item_ids=["1", "2"]), list[Item])

    Invoice.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Invoice.using("10234695")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _queries(books: ZohoBooks) -> None:
    query = Invoice.iterate(status="overdue", date__gte=dt.date(2026, 1, 1), total__gt=Decimal(5))
    assert_type(query, Query[Invoice])
    assert_type(Invoice.using(books).iterate(), Query[Invoice])
    assert_type(iter(query), Iterator[Invoice])
    assert_type([invoice.total for invoice in query], list[Decimal])
    assert_type(query.filter(customer_id="1"), Query[Invoice])
    assert_type(query.where(lambda invoice: invoice.balance > 100), Query[Invoice])
    assert_type(query.params(custom="x").order_by("-date").limit(5), Query[Invoice])
    assert_type(query.whole().ahead(2).strict(), Query[Invoice])
    assert_type(query.pages(), Iterator[Page[Invoice]])
    assert_type(next(query.pages()).records, tuple[Invoice, ...])
    assert_type(query.first(), Invoice | None)
    assert_type(query.one(), Invoice)
    assert_type(query.exists(), bool)
    assert_type(query.count(), int)
    assert_type(Contact.get("1").comments.iterate(), Query[ContactComment])

    query.where("overdue")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where(lambda invoice: invoice.nots)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    query.limit("5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Invoice.iterate(strict="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _actions(invoice: Invoice) -> None:
    assert_type(invoice.pdf(), bytes)
    assert_type(invoice.email_content(), Mapping[str, object])
    assert_type(Invoice.create_from_sales_order(salesorder_id="1"), Invoice)
    invoice.mark_sent()
    invoice.send_email(to_mail_ids=["ada@example.com"], subject="Your invoice")

    invoice.use_template()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    invoice.send_email(subject=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    invoice.mark_snt()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _sessions(sandbox: Sandbox, invoice: Invoice) -> None:
    assert_type(ZohoBooks("10234695", "eu", refresh_token="x", timeout=(5, 30)), ZohoBooks)
    assert_type(ZohoBooks(**sandbox.credentials), ZohoBooks)
    assert_type(ZohoBooks(**sandbox.credentials, clock=sandbox.clock), ZohoBooks)
    assert_type(ZohoBooks.from_env(read_only=True), ZohoBooks)
    assert_type(ZohoBooks.from_profile("acme", read_only=True), ZohoBooks)
    with ZohoBooks.from_env() as books:
        assert_type(books, ZohoBooks)
        assert_type(books.bind(), ZohoBooks)
        assert_type(books.get(Invoice, "1"), Invoice)
        assert_type(books.attach(invoice), Invoice)

    ZohoBooks()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ZohoBooks("1", intercal_delay=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ZohoBooks("1", max_retries="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ZohoBooks("1", timeout=30)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ZohoBooks("1", auth=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
