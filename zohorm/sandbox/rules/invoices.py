"""Invoices: what customer and items fill in, statuses that follow the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Reply, success, unknown_record
from zohorm.sandbox.resources import acting, history, parts
from zohorm.sandbox.rules import (
    balances,
    clockwork,
    documents,
    estimates,
    invoice_items,
    orders,
    owed,
    standing,
    terms,
    totals,
)
from zohorm.sandbox.rules.amounts import amount
from zohorm.sandbox.rules.plain import Rules
from zohorm.sandbox.store import Store, Where

OPEN = ("sent", "partially_paid", "overdue")
_UNPAID = Where(" AND \"f_status\" IN ('sent', 'partially_paid', 'overdue')")


class InvoiceRules(Rules):
    """What holds for invoices."""

    views: ClassVar[Mapping[str, Where]] = {"Status.Unpaid": _UNPAID}

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """The link by which a customer pays, and calls that add and take items."""
        return {"generate_invoice_payment_link": _payment_link, **invoice_items.HANDLERS}

    def wake(self, context: Context) -> None:
        """Turn sent invoices past their due date to overdue, once a day of the clock."""
        super().wake(context)
        owed.wake(context, self.resource)

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Fill in customer, dates and lines, and compute the totals."""
        documents.check_active(context, sent, before)
        if before is None:
            row["status"] = "draft"
            row["invoice_url"] = f"{context.url}/share/{row['invoice_id']}"
        if before is None or "date" in sent:
            row["date"] = row.get("date") or (before or {}).get("date") or context.today
        if before is None or before.get("customer_id") != row.get("customer_id"):
            _fill_customer(context, row)
        if "contact_persons" in sent or before is None:
            _fill_persons(context, row, sent)
        terms.fill_due_date(row, sent, before)
        totals.settle(context, row, sent, before)
        owed.settle(context, self.resource.name, row, before)

    def inserted(self, store: Store, organization: str) -> None:
        """Look again at the next call for invoices past their due date."""
        clockwork.look_again(store, self.resource, organization)

    def carried(self, context: Context, record: Row, sent: Row) -> None:
        """Take what is left of the sales order that an invoice is made of."""
        if context.operation.end == "fromsalesorder" and "SalesOrder" in context.product.resources:
            orders.carry(context, self.resource.name, record, sent)

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Write the creation down, and mail the invoice if the call says so."""
        estimates.invoiced(context, sent)
        text = f"Invoice created for {row.get('currency_code')} {exact.plain(amount(row, 'total'))}"
        history.note(context, row, text, operation_type="Added")
        if context.flag("send") or sent.get("send") is True:
            acting.send(context, row)
            acting.mark_mailed(context, row)
        standing.follow(context, (self.resource.name, row))
        orders.follow(context, self.resource.name, row)

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Write the change down."""
        balances.follow_change(context, row, before)
        orders.follow(context, self.resource.name, row)
        history.note(context, row, "Invoice updated", operation_type="Updated")

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing was paid on the invoice."""
        owed.removable(context, self.resource.name, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Take what was open off what the customer owes, and off the orders."""
        balances.follow(context, row)
        orders.follow(context, self.resource.name, row, is_gone=True)

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check that an action finds the invoice as it needs it."""
        super().allowed(context, row, sets)
        owed.allowed(context, self.resource.name, row, sets)

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
        elif path.endswith("/mapwithorder"):
            _map(context, row)
        owed.acted(context, self.resource.name, row)
        orders.follow(context, self.resource.name, row)

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


def _map(context: Context, row: Row) -> None:
    """Let an invoice take from the sales order that the query names."""
    key = context.query.get("salesorder_id")
    order = context.get("SalesOrder", key)
    if key and order is None:
        raise unknown_record("Sales Order")
    if order is not None:
        orders.match("Invoice", row, order)


def _payment_link(context: Context) -> Reply:
    key = context.query.get("transaction_id", "")
    if context.get(context.resource.name, key) is None:
        raise unknown_record("Invoice")
    link = exact.write({"share_link": f"{context.url}/pay/{key}"})
    return success(f'"data":{link}')
