"""Invoices: what customer and items fill in, statuses that follow the clock."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from typing import ClassVar

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import acting, history, parts
from zohorm.sandbox.rules import totals
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.store import Store, Where

OPEN = ("sent", "partially_paid", "overdue")
_UNPAID = Where(" AND \"f_status\" IN ('sent', 'partially_paid', 'overdue')")
_SWEPT = "invoices seen on day"


class InvoiceRules(Rules):
    """What holds for invoices."""

    views: ClassVar[Mapping[str, Where]] = {"Status.Unpaid": _UNPAID}

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The link by which a customer pays."""
        return {"generate_invoice_payment_link": _payment_link}

    def wake(self, context: Context) -> None:
        """Turn sent invoices past their due date to overdue, once a day of the clock."""
        today = context.now.date()
        seen = context.store.value(context.organization_id, _SWEPT)
        if seen >= today.toordinal():
            return
        context.store.set_value(context.organization_id, _SWEPT, today.toordinal())
        late = Where(
            " AND \"f_status\" IN ('sent', 'partially_paid') AND \"f_due_date\" < ?",
            (today.isoformat(),),
        )
        for row in context.store.rows(self.resource, context.organization_id, late):
            follow_clock(row, today)
            context.store.replace(self.resource, context.organization_id, row)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in customer, dates and lines, and compute the totals."""
        if before is None:
            row["status"] = "draft"
            row["invoice_url"] = f"{context.url}/share/{row['invoice_id']}"
        if before is None or "date" in sent:
            row["date"] = row.get("date") or (before or {}).get("date") or context.today
        if before is None or before.get("customer_id") != row.get("customer_id"):
            _fill_customer(context, row)
        if "contact_persons" in sent or before is None:
            _fill_persons(context, row, sent)
        _fill_due_date(row, sent, before)
        totals.settle(context, row, sent, before)
        follow_clock(row, context.now.date())

    def inserted(self, store: Store, organization: str) -> None:
        """Look again at the next call for invoices past their due date."""
        store.set_value(organization, _SWEPT, 0)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Write the creation down, and mail the invoice if the call says so."""
        _carry_to_customer(context, None, row)
        text = f"Invoice created for {row.get('currency_code')} {exact.plain(amount(row, 'total'))}"
        history.note(context, row, text, operation_type="Added")
        if context.flag("send") or sent.get("send") is True:
            draft = dict(row)
            acting.send(context, row)
            acting.mark_mailed(context, row)
            _carry_to_customer(context, draft, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Write the change down."""
        _carry_to_customer(context, before, row)
        history.note(context, row, "Invoice updated", operation_type="Updated")

    def deleted(self, context: Context, row: Row) -> None:
        """Take what was open off what the customer owes."""
        _carry_to_customer(context, row, None)

    def acted(self, context: Context, row: Row) -> None:
        """Complete an invoice after an action: balance, mail marks, write-off, overdue."""
        path = context.operation.path
        if path.endswith("/email"):
            row["is_emailed"] = True
            row["status"] = "sent" if row.get("status") == "draft" else row.get("status")
        elif path.endswith("/paymentreminder"):
            sent = row.get("reminders_sent")
            row["reminders_sent"] = (sent if isinstance(sent, int) else 0) + 1
            row["last_reminder_sent_date"] = context.today
        elif path.endswith("/writeoff"):
            row["write_off_amount"] = amount(row, "balance")
            row["status"] = "paid"
        elif path.endswith("/writeoff/cancel"):
            row["write_off_amount"] = exact.number_of("0")
            row["status"] = "sent"
        row["balance"] = totals.owed(row)
        follow_clock(row, context.now.date())
        _carry_to_customer(context, context.get("Invoice", row["invoice_id"]), row)

    def recipients(self, context: Context, row: Row) -> tuple[str, ...]:
        """Return the addresses of the persons of the invoice."""
        persons = parts.rows_of(row.get("contact_persons_associated"))
        found = (str(each.get("contact_person_email") or "") for each in persons)
        return tuple(each for each in found if each)


class CommentRules(Rules):
    """What holds for the comments of an invoice."""

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Say who wrote the comment, and when."""
        if before is None:
            row["comment_type"] = "internal"
            known = {n: v for n, v in history.authorship(context).items() if n in row}
            row.update(known)


def follow_clock(row: Row, today: dt.date) -> None:
    """Show an open invoice as overdue after its due date, and as sent before."""
    due = str(row.get("due_date") or "")
    if row.get("status") not in OPEN:
        return
    if due and due < today.isoformat() and amount(row, "balance") > 0:
        row["status"] = "overdue"
    elif row.get("status") == "overdue":
        row["status"] = "partially_paid" if amount(row, "payment_made") else "sent"


def _carry_to_customer(context: Context, before: Row | None, after: Row | None) -> None:
    """Move what a customer owes by what became open or closed with one invoice."""
    contacts = context.product.resources.get("Contact")
    for row, sign in ((before, -1), (after, 1)):
        if contacts is None or row is None or row.get("status") not in OPEN:
            continue
        contact = context.get("Contact", row.get("customer_id"))
        if contact is not None:
            owed = amount(contact, "outstanding_receivable_amount")
            contact["outstanding_receivable_amount"] = owed + sign * amount(row, "balance")
            context.store.replace(contacts, context.organization_id, contact)


def _fill_customer(context: Context, row: Row) -> None:
    contact = context.get("Contact", row.get("customer_id")) or {}
    row["customer_name"] = contact.get("contact_name", "")
    for name in ("currency_id", "currency_code"):
        row[name] = contact.get(name, row.get(name))
    if not row.get("payment_terms"):
        row["payment_terms"] = contact.get("payment_terms") or 0
        row["payment_terms_label"] = contact.get("payment_terms_label") or "Due on Receipt"
    for name in ("billing_address", "shipping_address"):
        address = contact.get(name)
        shape = context.resource.embedded.get("Address")
        if isinstance(address, dict) and shape is not None:
            row[name] = {member: address.get(member, "") for member in shape.fields}


def _fill_persons(context: Context, row: Row, sent: Row) -> None:
    contact = context.get("Contact", row.get("customer_id")) or {}
    wanted = sent.get("contact_persons")
    keys = wanted if isinstance(wanted, list) and wanted else [contact.get("primary_contact_id")]
    row["contact_persons_associated"] = [
        {
            "contact_person_id": each.get("contact_person_id", ""),
            "contact_person_name": f"{each.get('first_name')} {each.get('last_name')}".strip(),
            "first_name": each.get("first_name", ""),
            "last_name": each.get("last_name", ""),
            "contact_person_email": each.get("email", ""),
            "phone": each.get("phone", ""),
            "mobile": each.get("mobile", ""),
        }
        for each in parts.rows_of(contact.get("contact_persons"))
        if each.get("contact_person_id") in keys
    ]


def _fill_due_date(row: Row, sent: Row, before: Row | None) -> None:
    if "due_date" in sent and row.get("due_date"):
        return
    moved = before is not None and ("date" in sent or "payment_terms" in sent)
    if row.get("due_date") and not moved:
        return
    days = row.get("payment_terms")
    # Terms below zero, such as the end of the month, are kept but do not move the date.
    step = min(days, 3650) if isinstance(days, int) and days > 0 else 0
    # A test may have stored an invoice with no date, and the calendar ends.
    with contextlib.suppress(ValueError, OverflowError):
        start = dt.date.fromisoformat(str(row["date"]))
        row["due_date"] = (start + dt.timedelta(days=step)).isoformat()


def _payment_link(context: Context) -> Reply:
    key = context.query.get("transaction_id", "")
    if context.get(context.resource.name, key) is None:
        raise unknown_record("Invoice")
    link = exact.write({"share_link": f"{context.url}/pay/{key}"})
    return success(f'"data":{link}')
