"""What checkers say of Invoice's models, of generic ones and of raw requests; never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_type

from zohorm import Collection, Lines, Query
from zohorm.calls import Answer
from zohorm.checkout import Payment, PaymentPage, ZohoCheckout
from zohorm.fields import Field, ReadOnly
from zohorm.generic import GenericModel
from zohorm.invoice import (
    Contact,
    Currency,
    Estimate,
    ExchangeRate,
    ExpenseCategory,
    Invoice,
    InvoiceComment,
    PriceList,
    ZohoInvoice,
)
from zohorm.invoice.invoice import LineItem


def _invoices(session: ZohoInvoice, invoice: Invoice) -> None:
    assert_type(Invoice.get("1"), Invoice)
    assert_type(Invoice.using(session).iterate(status="overdue"), Query[Invoice])
    assert_type(invoice.total, Decimal)
    assert_type(invoice.date, dt.date)
    assert_type(invoice.line_items, Lines[LineItem])
    assert_type(invoice.line_items[0].rate, Decimal | None)
    assert_type(invoice.customer, Contact)
    assert_type(invoice.comments, Collection[InvoiceComment])
    assert_type(Invoice.total, ReadOnly[Decimal])
    assert_type(Invoice.notes, Field[str | None])

    invoice.total = Decimal(1)  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    Invoice(total=Decimal(1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Invoice.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _estimates(estimate: Estimate) -> None:
    assert_type(estimate.mark_sent(), None)
    assert_type(estimate.email_content(), Mapping[str, object])
    assert_type(estimate.status, str)
    assert_type(estimate.expiry_date, dt.date | None)


def _settings(prices: PriceList, category: ExpenseCategory, currency: Currency) -> None:
    assert_type(prices.name, str)
    assert_type(category.account_name, str)
    assert_type(currency.exchange_rates, Collection[ExchangeRate])
    assert_type(currency.exchange_rates.create(rate=Decimal("1.05")), ExchangeRate)


def _undocumented(session: ZohoCheckout, page: PaymentPage) -> None:
    things = session.resource(path="things", id="thing_id")
    assert_type(things, type[GenericModel])
    assert_type(things.get("1"), GenericModel)
    assert_type(things.iterate(), Query[GenericModel])
    assert_type(things.new(name="a")["name"], object)
    assert_type(session.request("GET", "/things"), Answer)
    assert_type(session.request("GET", "/things").body, Mapping[str, object] | None)
    assert_type(PaymentPage.using(session).create(page_name="Shop"), PaymentPage)
    assert_type(Payment.iterate(), Query[Payment])
    assert_type(page.paymentpage_id, str)
    assert_type(PaymentPage.get("1")["page_name"], object)

    assert page.page_name  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    session.request("GET")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    session.resource("things")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
