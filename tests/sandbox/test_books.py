"""The records of Books beside invoices, contacts and items: what each call of them carries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter

import pytest
from making import last_body, rows_of, saved_contact, saved_invoice, verbs

from zohorm.books import (
    Account,
    BankTransaction,
    Bill,
    BillLineItem,
    Contact,
    CreditNote,
    CreditNoteRefund,
    CustomerDebitNote,
    CustomerPayment,
    Estimate,
    Expense,
    Invoice,
    Journal,
    OpeningBalances,
    PaidInvoice,
    Project,
    RetainerInvoice,
    SalesOrder,
    SalesReceipt,
    TimeEntry,
    User,
    VendorCredit,
    ZohoBooks,
)
from zohorm.errors import InvalidValue, WrongType
from zohorm.model import Model
from zohorm.sandbox import Sandbox
from zohorm.sandbox.exact import Json

DAY = dt.date(2026, 1, 31)


def query_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the query of the last call, without the organization and the page."""
    around = ("organization_id", "page", "per_page")
    return {name: value for name, value in sandbox.calls[-1].query.items() if name not in around}


def saved_account(name: str) -> Account:
    account = Account(account_name=name, account_type="expense")
    account.save()
    return account


def saved_bill() -> Bill:
    vendor = Contact(contact_name="Vendor", contact_type="vendor")
    vendor.save()
    account = saved_account("Stationery").id
    bill = Bill(vendor_id=vendor.id, bill_number="B-1", date=DAY, due_date=DAY)
    bill.line_items = [
        BillLineItem(name="Paper", rate=Decimal("4.20"), quantity=Decimal(3), account_id=account),
        BillLineItem(name="Ink", rate=Decimal("10.05"), quantity=Decimal(1), account_id=account),
    ]
    bill.save()
    return bill


def test_the_other_lines_of_a_bill_travel_with_an_edited_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """The service deletes lines that a list leaves out."""
    bill = saved_bill()
    bill.line_items[0].quantity = Decimal(5)
    bill.save()

    lines = last_body(sandbox)["line_items"]
    assert isinstance(lines, list)
    assert [(line["name"], line["quantity"]) for line in lines] == [("Paper", 5), ("Ink", 1)]
    assert [line["line_item_id"] for line in lines] == [
        line.line_item_id for line in bill.line_items
    ]
    derived = {"item_total", "account_name", "tax_name", "bcy_rate"}
    assert all(derived.isdisjoint(line) for line in lines)


def test_a_payment_keeps_the_invoices_that_an_edit_does_not_touch(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    customer = saved_contact()
    first, second = (
        saved_invoice("Tea", customer=customer),
        saved_invoice("Cake", customer=customer),
    )
    payment = CustomerPayment(
        customer_id=first.customer_id,
        payment_mode="cash",
        amount=Decimal("30"),
        date=DAY,
        invoices=[
            PaidInvoice(invoice_id=first.id, amount_applied=Decimal("10.10")),
            PaidInvoice(invoice_id=second.id, amount_applied=Decimal("5")),
        ],
    )
    payment.save()

    payment.invoices[1].amount_applied = Decimal("6.50")
    payment.save()

    paid = rows_of(last_body(sandbox)["invoices"])
    assert [(row["invoice_id"], row["amount_applied"]) for row in paid] == [
        (first.id, Decimal("10.10")),
        (second.id, Decimal("6.50")),
    ]


def test_several_payments_are_deleted_by_one_call(sandbox: Sandbox, books: ZohoBooks) -> None:
    sandbox.next(body={"code": 0, "message": "gone"})
    CustomerPayment.delete_many(["1", "2"])

    assert verbs(sandbox) == ["DELETE /customerpayments"]


@pytest.mark.parametrize("ids", [[], iter(())], ids=["list", "iterator"])
def test_a_call_for_several_records_wants_one_at_least(
    sandbox: Sandbox, books: ZohoBooks, ids: Iterable[str]
) -> None:
    """Nobody knows whether the service deletes all where none is named."""
    with pytest.raises(InvalidValue, match="payment_id"):
        CustomerPayment.delete_many(ids)

    assert verbs(sandbox) == []


def test_a_write_of_several_records_that_names_none_is_refused_here(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """A parameter that is None is left out, and without ids the call might mean every record."""
    nothing: list[str] | None = None

    with pytest.raises(WrongType, match="payment_id"):
        CustomerPayment.delete_many(nothing)  # type: ignore[arg-type]  # It is what is refused.

    assert verbs(sandbox) == []


def test_debit_notes_are_listed_apart_from_invoices(sandbox: Sandbox, books: ZohoBooks) -> None:
    list(CustomerDebitNote.iterate(customer_id="5"))

    assert query_of(sandbox) == {"filter_by": "Type.DebitNote", "customer_id": "5"}


def test_refunds_are_listed_of_one_credit_note_or_of_all(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    note = CreditNote._received({"creditnote_id": "3"}, books)
    for _ in range(2):
        sandbox.next(body={"code": 0, "creditnote_refunds": []})

    list(note.refunds)
    list(CreditNoteRefund.iterate())

    assert verbs(sandbox) == ["GET /creditnotes/3/refunds", "GET /creditnotes/refunds"]


@pytest.mark.parametrize(
    ("parent", "accessor", "call", "named"),
    [
        ("Invoice", "credit_notes", "POST /creditnotes", "invoice_id"),
        ("Bill", "credits", "POST /vendorcredits", "bill_id"),
    ],
)
def test_what_a_record_is_made_of_travels_in_the_query(
    sandbox: Sandbox, books: ZohoBooks, parent: str, accessor: str, call: str, named: str
) -> None:
    record = saved_invoice("Tea") if parent == "Invoice" else saved_bill()
    sandbox.forget()

    sandbox.next(body={"code": 0, "made": {"creditnote_id": "3", "vendor_credit_id": "3"}})
    made = getattr(record, accessor).create(date=DAY)

    assert made.id == "3"
    assert f"{sandbox.calls[-1].method} {sandbox.calls[-1].path}" == call
    assert query_of(sandbox) == {named: record.id}
    assert last_body(sandbox) == {"date": "2026-01-31"}


def test_a_project_names_itself_in_its_time_entries(sandbox: Sandbox, books: ZohoBooks) -> None:
    project = Project._received({"project_id": "4"}, books)
    sandbox.next(body={"code": 0, "time_entry": {"time_entry_id": "7"}})
    project.time_entries.create(task_id="5", user_id="6", log_date=DAY)

    assert last_body(sandbox) == {
        "project_id": "4",
        "task_id": "5",
        "user_id": "6",
        "log_date": "2026-01-31",
    }


def test_an_entry_sends_what_every_change_needs(sandbox: Sandbox, books: ZohoBooks) -> None:
    row = {"time_entry_id": "7", "project_id": "4", "task_id": "5", "user_id": "6"}
    sandbox.next(body={"code": 0, "time_entry": {**row, "log_date": "2026-01-31"}})
    entry = TimeEntry.get("7")
    sandbox.next(body={"code": 0, "time_entry": {**row, "log_date": "2026-01-31", "notes": "Ø"}})
    entry.notes = "Ø"
    entry.save()

    assert last_body(sandbox) == {
        "notes": "Ø",
        "project_id": "4",
        "task_id": "5",
        "user_id": "6",
        "log_date": "2026-01-31",
    }


def test_the_bounds_of_a_day_have_the_names_of_the_list(sandbox: Sandbox, books: ZohoBooks) -> None:
    """They are widened by a day, for nobody says whether the bounds count."""
    list(TimeEntry.iterate(log_date__gte=DAY, log_date__lte=DAY))
    assert query_of(sandbox) == {"from_date": "2026-01-30", "to_date": "2026-02-01"}

    list(Account._received({"account_id": "8"}, books).transactions.iterate(date__gte=DAY))
    assert query_of(sandbox) == {"account_id": "8", "date.start": "2026-01-30"}


def test_the_opening_balances_are_there_once(sandbox: Sandbox, books: ZohoBooks) -> None:
    held = {"opening_balance_id": "9", "date": "2026-01-01", "total": 5, "accounts": []}
    sandbox.next(body={"code": 0, "opening_balance": held})

    assert OpeningBalances.current().date == dt.date(2026, 1, 1)
    assert verbs(sandbox) == ["GET /settings/openingbalances"]


def test_pdfs_are_asked_for_beside_the_record(sandbox: Sandbox, books: ZohoBooks) -> None:
    for kind in (CreditNote, Estimate, SalesOrder, VendorCredit):
        sandbox.next(status=200, body=b"%PDF", headers={"Content-Type": "application/pdf"})
        record = kind._received({kind.facts().id or "": "1"}, books)
        assert record.pdf() == b"%PDF"  # type: ignore[attr-defined]  # each of the four has it
        assert query_of(sandbox) == {"accept": "pdf"}


def test_an_expense_reads_what_it_was_entered_with(sandbox: Sandbox, books: ZohoBooks) -> None:
    fuel, cash = saved_account("Fuel"), saved_account("Petty cash")
    expense = Expense(date=DAY, account_id=fuel.id, amount=Decimal("9.99"))
    expense.paid_through_account = cash
    expense.save()

    assert Expense.get(expense.id).paid_through_account_id == cash.id


def test_the_user_of_the_token_is_a_user(sandbox: Sandbox, books: ZohoBooks) -> None:
    sandbox.next(body={"code": 0, "user": {"user_id": "3", "name": "Åse", "status": "active"}})

    assert User.current().name == "Åse"
    assert verbs(sandbox) == ["GET /users/me"]


def test_a_line_of_a_journal_is_known_by_its_id(sandbox: Sandbox, books: ZohoBooks) -> None:
    row = {
        "journal_id": "1",
        "line_items": [{"line_id": "5", "amount": 3, "debit_or_credit": "debit"}],
    }
    sandbox.next(body={"code": 0, "journal": row})
    journal = Journal.get("1")

    assert [line.line_id for line in journal.line_items] == ["5"]


def test_a_change_that_is_not_shown_is_read_back(sandbox: Sandbox, books: ZohoBooks) -> None:
    """The document of users shows no user in the answer to a change."""
    user = User._received({"user_id": "3", "name": "Åse", "email": "aase@example.org"}, books)
    sandbox.next(body={"code": 0, "message": "The user information has been updated."})
    sandbox.next(body={"code": 0, "user": {"user_id": "3", "name": "Åse B.", "status": "active"}})
    user.name = "Åse B."
    user.save()

    assert verbs(sandbox) == ["PUT /users/3", "GET /users/3"]
    assert not user.is_changed
    assert user.status == "active"


def test_a_discount_is_an_amount_or_a_percentage(sandbox: Sandbox, books: ZohoBooks) -> None:
    contact = Contact(contact_name="Bär & Søn")
    contact.save()
    invoice = Invoice(customer_id=contact.id, discount=Decimal("1.05"))
    invoice.line_items.add(name="Tea", rate=Decimal("10.10"), quantity=2, discount="12.5%")

    invoice.save()

    assert last_body(sandbox)["discount"] == Decimal("1.05")
    assert rows_of(last_body(sandbox)["line_items"])[0]["discount"] == "12.5%"
    assert (invoice.discount, invoice.line_items[0].discount) == (Decimal("1.05"), "12.5%")
    # 20.20 less 2.525, which is 2.53, less 1.05
    assert (invoice.line_items[0].item_total, invoice.total) == (Decimal("17.67"), Decimal("16.62"))
    with pytest.raises(InvalidValue, match=r"percentage as text"):
        invoice.discount = "ten"
    with pytest.raises(WrongType):
        invoice.discount = 1.05  # type: ignore[assignment]


def test_lines_of_a_sales_receipt_keep_their_ids(sandbox: Sandbox, books: ZohoBooks) -> None:
    line = {"line_item_id": "7", "name": "Tea", "quantity": 2, "rate": 3}
    key = sandbox.insert("SalesReceipt", {"customer_id": "1", "line_items": [line]})
    receipt = SalesReceipt.get(key)

    receipt.line_items[0].quantity = Decimal(5)
    receipt.save()

    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert (sent["line_item_id"], sent["quantity"]) == ("7", 5)


def test_an_item_of_a_bill_stays_when_another_member_of_its_line_is_set(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = sandbox.insert("Item", {"name": "Tea"})
    line = {"line_item_id": "7", "item_id": item, "quantity": 2, "rate": 3}
    bill = Bill.get(sandbox.insert("Bill", {"vendor_id": "1", "line_items": [line]}))

    bill.line_items[0].quantity = Decimal(5)
    bill.save()

    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert (sent["line_item_id"], sent["item_id"], sent["quantity"]) == ("7", item, 5)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (BankTransaction, {"customer_id": "5", "payment_mode": "cash"}),
        (CreditNote, {"tags": [{"tag_id": "5", "tag_option_id": "6"}]}),
        (CustomerDebitNote, {"name": "Tea", "discount": "10%", "item_order": 1}),
        (Estimate, {"project_id": "5", "header_name": "Drinks"}),
        (Expense, {"hsn_or_sac": "0902"}),
        (Invoice, {"account_id": "5", "tax_exemption_id": "6"}),
        (RetainerInvoice, {"tax_id": "5", "location_id": "6"}),
        (SalesReceipt, {"description": "With milk", "unit": "cup"}),
        (VendorCredit, {"tax_exemption_id": "5", "reverse_charge_vat_id": "6"}),
    ],
)
def test_what_a_line_shows_travels_with_another_edit(
    sandbox: Sandbox, books: ZohoBooks, model: type[Model], shown: dict[str, Json]
) -> None:
    id_of_line = "line_id" if model is BankTransaction else "line_item_id"
    line = {id_of_line: "7", "tax_name": "VAT", **shown}
    record = model.get(sandbox.insert(model.__name__, {"line_items": [line]}))
    row = {str(record.facts().id): record.id, "line_items": [{**line, "new_member": "new"}]}
    sandbox.next(method="PUT", body={"code": 0, "message": "done", record.facts().key: row})

    attrgetter("line_items")(record)[0]["new_member"] = "new"
    record.save()

    (sent,) = rows_of(last_body(sandbox)["line_items"])
    assert sent.items() >= {id_of_line: "7", "new_member": "new", **shown}.items()
    assert "tax_name" not in sent
