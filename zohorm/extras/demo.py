"""`zohorm demo`: the whole job against a sandbox on this machine, through the public API alone.

Each step prints what it did and how many calls the server saw; a surprise ends it with status 1.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import click

from zohorm import NotFound, ReadOnlyField, UnknownFilter, ZohoError
from zohorm.books import Contact, CustomerPayment, Invoice, LineItem, PaidInvoice, ZohoBooks

if TYPE_CHECKING:
    from zohorm.sandbox import Sandbox


T = TypeVar("T")


class Surprise(Exception):
    """Something else happened than this demo says."""


def run() -> int:
    """Run the demo; return 0, or 1 if anything was not as said."""
    from zohorm.sandbox import Sandbox

    began = time.monotonic()
    click.echo("Starting a sandbox with 1,000 contacts, 500 items and 5,000 invoices ...")
    with Sandbox(seed="demo") as sandbox:
        status = play(sandbox)
    click.echo(f"Done in {time.monotonic() - began:.1f} seconds.")
    return status


def play(sandbox: Sandbox) -> int:
    """Play the steps on a sandbox with the demo data; return 0, or 1 after a surprise."""
    demo = _Demo(sandbox)
    try:
        demo.play()
    except (Surprise, ZohoError) as error:
        click.echo(f"\nThis was not expected: {error}", err=True)
        return 1
    finally:
        demo.close()
    click.echo("\nAll as expected.")
    return 0


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _expect(claim: bool, otherwise: str) -> None:
    if not claim:
        raise Surprise(otherwise)


class _Demo:
    """The steps, and the count of the calls that the server has seen."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._total = 0
        self._books = ZohoBooks(**sandbox.credentials)

    def play(self) -> None:
        with self._books:
            self._books.bind()
            overdue = self._step("Walk the overdue invoices", self._walk)
            invoice = self._step("Get one of them by its id, twice", lambda: self._get(overdue))
            self._step("Follow it to its customer", lambda: self._follow(invoice))
            self._step("Edit a line while a colleague adds one", lambda: self._edit(invoice))
            self._step("Record a payment for it", lambda: self._pay(invoice))
            draft = self._step("Create an invoice", lambda: self._create(invoice.customer_id))
            self._step("Delete it", lambda: self._delete(draft))
            self._step("See what mistakes say", lambda: self._mistakes(invoice))
        click.echo(f"\n{self._total} calls in all, {len(self._sandbox.token_calls)} token fetched.")

    def close(self) -> None:
        self._books.close()

    def _step(self, title: str, work: Callable[[], T]) -> T:
        click.secho(f"\n{title}", bold=True)
        before = len(self._sandbox.calls)
        result = work()
        used = len(self._sandbox.calls) - before
        self._total += used
        click.echo(f"  = {used} call{'' if used == 1 else 's'}")
        return result

    def _calls(self) -> int:
        return len(self._sandbox.calls)

    def _walk(self) -> str:
        owed: dict[str, Decimal] = defaultdict(Decimal)
        found: list[str] = []
        for invoice in Invoice.iterate(status="overdue"):
            owed[invoice.currency_code] += invoice.balance
            found.append(invoice.id)
        _expect(bool(found), "no invoice is overdue")
        _expect(len(set(found)) == len(found), "an invoice came twice")
        for currency, balance in sorted(owed.items()):
            click.echo(f"  {currency} {balance:>16,} is overdue")
        click.echo(f"  {len(found)} invoices, one call per 200")
        return found[0]

    def _get(self, identifier: str) -> Invoice:
        before = self._calls()
        first = Invoice.get(identifier)
        again = Invoice.get(identifier)
        _expect(first is again, "the same id gave two objects")
        _expect(self._calls() - before == 1, "getting one invoice twice took more than one call")
        click.echo(f"  {first!r}")
        click.echo(f"  {first.number}, {first.date}, {len(first.line_items)} lines")
        click.echo(f"  total {first.currency_code} {first.total}; the second get() cost no call")
        return first

    def _follow(self, invoice: Invoice) -> None:
        customer = invoice.customer
        _expect(customer is not None, "the invoice has no customer")
        if customer is not None:
            click.echo(f"  {customer.contact_name}, {customer.status}")
        before = self._calls()
        _expect(invoice.customer is customer, "the customer was another object the second time")
        _expect(self._calls() == before, "the second look at the customer cost a call")

    def _edit(self, invoice: Invoice) -> None:
        lines = [line.line_item_id for line in invoice.line_items]
        self._colleague_adds_a_line(invoice.id)
        line = invoice.line_items[0]
        line.rate = (line.rate or Decimal(0)) + Decimal("0.10")
        click.echo(f"  changed: {', '.join(invoice.changes())}")
        result = invoice.save()
        click.echo(f"  {result}")
        request = self._sandbox.calls[-1]
        body = request.body if isinstance(request.body, dict) else {}
        _expect(list(body) == ["line_items"], "something else than the lines was sent")
        click.echo(f"  {request.method} {request.path} with {', '.join(body)} alone, sent whole:")
        for sent in _rows(body.get("line_items")):
            click.echo(f"    {sent['line_item_id']} {sent['rate']:>10}  {sent['name']}")
        kept = [held.line_item_id for held in invoice.line_items]
        _expect(kept[: len(lines)] == lines, "a line was lost")
        _expect(len(kept) == len(lines) + 1, "the colleague's line was lost")
        click.echo("  no line lost, the colleague's new line kept")

    def _colleague_adds_a_line(self, identifier: str) -> None:
        colleague = ZohoBooks(**self._sandbox.credentials)
        with colleague:
            theirs = Invoice.get(identifier)
            theirs.line_items.append(
                LineItem(name="Überweisung 送金", rate=Decimal("7.77"), quantity=Decimal(1))
            )
            theirs.save()
        colleague.close()
        click.echo("  meanwhile a colleague added the line 'Überweisung 送金'")

    def _pay(self, invoice: Invoice) -> None:
        customer = Contact.get(invoice.customer_id)
        owed, balance = customer.outstanding_receivable_amount, invoice.balance
        half = (balance / 2).quantize(Decimal(1))
        payment = CustomerPayment(
            customer_id=invoice.customer_id,
            payment_mode="banktransfer",
            amount=half,
            date=dt.date(2026, 1, 15),
            invoices=[PaidInvoice(invoice_id=invoice.id, amount_applied=half)],
        )
        payment.save()
        invoice.refresh()
        customer.refresh()
        now = customer.outstanding_receivable_amount
        click.echo(f"  {invoice.number}: balance {balance} - {half} = {invoice.balance}")
        click.echo(f"  {customer.contact_name} owes {now} instead of {owed}")
        _expect(invoice.balance == balance - half, "the payment did not move the balance")
        _expect(owed is not None and now == owed - half, "the customer owes another amount")

    def _create(self, customer_id: str) -> Invoice:
        invoice = Invoice(customer_id=customer_id, date=dt.date(2026, 1, 15), notes="Grüße")
        invoice.line_items.append(
            LineItem(name="Consulting", rate=Decimal("120.10"), quantity=Decimal("1.5"))
        )
        result = invoice.save()
        _expect(result.created, "the invoice was not created")
        click.echo(f"  {invoice.number} is {invoice.status}: total {invoice.total}")
        _expect(invoice.total == Decimal("180.15"), f"1.5 x 120.10 gave {invoice.total}")
        return invoice

    def _delete(self, invoice: Invoice) -> None:
        identifier = invoice.id
        invoice.delete()
        try:
            Invoice.get(identifier)
        except NotFound as error:
            click.echo(f"  {error}")
        else:
            raise Surprise("the deleted invoice is still there")

    def _mistakes(self, invoice: Invoice) -> None:
        before = self._calls()
        self._refused(UnknownFilter, lambda: Invoice.iterate(customer="Ada"))
        self._refused(ZohoError, lambda: Invoice.get("../contacts/1"))
        self._refused(ReadOnlyField, lambda: setattr(invoice, "total", Decimal(1)))
        _expect(self._calls() == before, "a mistake cost a call")
        self._refused(NotFound, lambda: Invoice.get("9999999999999999999"))

    def _refused(self, kind: type[ZohoError], mistake: Callable[[], object]) -> None:
        try:
            mistake()
        except kind as error:
            text = str(error)
            click.echo(f"  {type(error).__name__}: {text[:200]}{'...' if len(text) > 200 else ''}")
        else:
            raise Surprise(f"no {kind.__name__} was raised")
