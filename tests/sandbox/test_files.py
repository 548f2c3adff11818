"""Files of records over HTTP: what the sandbox saw, and what came back."""

from __future__ import annotations

import datetime as dt
import io
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest
from making import saved_invoice

from zohorm import (
    Deleted,
    File,
    InvalidValue,
    MalformedReply,
    NotFound,
    OutcomeUnknown,
    ReadOnlySession,
    SavedFile,
    Unsettled,
    Unsupported,
)
from zohorm.books import Account, Expense, Invoice, Item, ZohoBooks
from zohorm.sandbox import Sandbox

PDF = b"%PDF-1.4 " + bytes(range(256)) * 500
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def invoice(books: ZohoBooks, sandbox: Sandbox) -> Invoice:
    made = saved_invoice()
    sandbox.forget()
    return made


@pytest.fixture
def expense(books: ZohoBooks, sandbox: Sandbox) -> Expense:
    made = an_expense()
    made.save()
    sandbox.forget()
    return made


def an_expense() -> Expense:
    food, bank = (
        Account(account_name=name, account_type=kind)
        for name, kind in (("Food", "expense"), ("Bank", "bank"))
    )
    food.save()
    bank.save()
    return Expense(
        account_id=food.id,
        paid_through_account_id=bank.id,
        date=dt.date(2026, 3, 1),
        amount=12,
    )


def names(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Return part, name and kind of the files of the last call."""
    return [(file.member, file.name, file.content_type) for file in sandbox.calls[-1].files]


def test_an_attachment_is_sent_and_comes_back(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "Vertrag für Ada.pdf"
    path.write_bytes(PDF)

    invoice.add_attachment(path, can_send_in_mail=True)

    [call] = sandbox.calls
    assert (call.method, call.path) == ("POST", f"/invoices/{invoice.id}/attachment")
    assert call.query["can_send_in_mail"] == "true"
    assert names(sandbox) == [("attachment", "Vertrag für Ada.pdf", "application/pdf")]
    assert call.files[0].content == PDF
    assert invoice.download_attachment() == PDF


def test_what_an_upload_changes_is_read_anew(invoice: Invoice) -> None:
    assert invoice.has_attachment is False

    invoice.add_attachment(PDF)

    assert invoice.has_attachment is True


@pytest.mark.parametrize("kind", ["bytes", "stream", "pipe"])
def test_a_file_is_sent_from_wherever_it_is(invoice: Invoice, sandbox: Sandbox, kind: str) -> None:
    ours, theirs = os.pipe()
    with open(theirs, "wb") as target:
        target.write(PDF[:5000])

    with open(ours, "rb") as pipe:
        source = {"bytes": PDF[:5000], "stream": io.BytesIO(PDF[:5000]), "pipe": pipe}[kind]
        invoice.add_attachment(source)

    assert names(sandbox) == [("attachment", "attachment.pdf", "application/pdf")]
    assert sandbox.calls[-1].files[0].content == PDF[:5000]


def test_a_wrong_file_costs_no_call(invoice: Invoice, sandbox: Sandbox, tmp_path: Path) -> None:
    for wrong in (File(b"MZ", name="setup.exe"), b"", tmp_path / "gone.pdf"):
        with pytest.raises((InvalidValue, FileNotFoundError)):
            invoice.add_attachment(wrong)

    assert sandbox.calls == []


def test_an_image_may_have_seven_megabytes(books: ZohoBooks, sandbox: Sandbox) -> None:
    item = Item(name="Lamp", rate=3)
    item.save()
    sandbox.forget()

    with pytest.raises(InvalidValue, match="more than 7 MB"):
        item.add_image(File(bytes(7 * 2**20 + 1), name="lamp.png"))

    assert sandbox.calls == []


def test_an_image_replaces_the_one_before(books: ZohoBooks, sandbox: Sandbox) -> None:
    item = Item(name="Lamp", rate=3)
    item.save()

    item.add_image(PNG)
    sandbox.next(fault="drop-after-commit")
    item.add_image(PNG + b" of another side")

    assert item.download_image() == PNG + b" of another side"
    item.delete_image()
    with pytest.raises(NotFound):
        item.download_image()


def test_an_upload_that_nobody_answered_is_left_to_the_caller(
    invoice: Invoice, sandbox: Sandbox
) -> None:
    sandbox.next(fault="drop-after-commit")

    with pytest.raises(OutcomeUnknown, match="refresh"):
        invoice.add_attachment(PDF)

    assert len(sandbox.calls) == 1
    assert invoice.has_attachment is True


@pytest.mark.parametrize("step", [{"status": 429, "code": 1070}, {"fault": "expire-token"}])
def test_a_refused_upload_is_sent_again_as_a_whole(
    invoice: Invoice, sandbox: Sandbox, step: dict[str, object]
) -> None:
    sandbox.next(**step)  # type: ignore[arg-type]  # the parameters of one fault

    invoice.add_attachment(io.BytesIO(PDF))

    assert [call.files[0].content == PDF for call in sandbox.calls] == [True, True]


def test_a_read_only_session_sends_no_file(sandbox: Sandbox, invoice: Invoice) -> None:
    reader = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, read_only=True)
    with reader:
        theirs = Invoice.get(invoice.id)
        sandbox.forget()
        with pytest.raises(ReadOnlySession):
            theirs.add_attachment(PDF)

    assert sandbox.calls == []
    reader.close()


def test_a_deleted_record_takes_no_file(invoice: Invoice) -> None:
    invoice.delete()

    with pytest.raises(Deleted):
        invoice.add_attachment(PDF)


def test_a_mail_carries_its_text_and_its_files(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    terms = tmp_path / "terms.pdf"
    terms.write_bytes(PDF)

    invoice.send_email(
        to_mail_ids=["ada@example.com"], subject="Für Sie", attachments=[terms, File(PNG)]
    )

    assert sandbox.calls[-1].body == {"to_mail_ids": ["ada@example.com"], "subject": "Für Sie"}
    assert names(sandbox) == [
        ("attachments", "terms.pdf", "application/pdf"),
        ("attachments", "attachments.png", "image/png"),
    ]
    assert sandbox.mails[-1].subject == "Für Sie"


def test_a_mail_without_files_is_plain_json(invoice: Invoice, sandbox: Sandbox) -> None:
    invoice.send_email(to_mail_ids=["ada@example.com"])

    assert sandbox.calls[-1].headers["Content-Type"] == "application/json"


def test_the_draft_of_a_mail_is_data(invoice: Invoice) -> None:
    assert "data" in invoice.email_content() or "subject" in invoice.email_content()


def test_several_files_are_counted_beside_them(expense: Expense, sandbox: Sandbox) -> None:
    expense.add_attachment([PDF, File(b"a,b", name="sums.csv")], document_ids=["7"])

    [call] = sandbox.calls
    assert call.body == {"document_ids": "7", "totalFiles": "2"}
    assert names(sandbox) == [
        ("attachment", "attachment.pdf", "application/pdf"),
        ("attachment", "sums.csv", "text/csv"),
    ]


# Files that are saved with their record.


def test_a_new_record_is_sent_with_its_file(books: ZohoBooks, sandbox: Sandbox) -> None:
    expense = an_expense()
    sandbox.forget()

    result = expense.save(receipt=PDF)

    [call] = sandbox.calls
    assert result.created
    assert isinstance(call.body, dict)
    assert call.body["amount"] == 12
    assert names(sandbox) == [("receipt", "receipt.pdf", "application/pdf")]
    assert expense.download_receipt() == PDF


def test_a_change_is_sent_with_a_file(expense: Expense, sandbox: Sandbox) -> None:
    expense.amount = 13

    result = expense.save(receipt=PNG)

    assert result.fields == ("amount",)
    assert (sandbox.calls[-1].method, sandbox.calls[-1].body) == ("PUT", {"amount": 13})
    assert names(sandbox) == [("receipt", "receipt.png", "image/png")]


def test_a_file_alone_is_worth_a_save(expense: Expense, sandbox: Sandbox) -> None:
    expense.save(receipt=PNG)

    assert [(call.method, len(call.files)) for call in sandbox.calls] == [("PUT", 1)]


def test_a_change_with_a_file_is_not_sent_twice(expense: Expense, sandbox: Sandbox) -> None:
    expense.amount = 13
    sandbox.next(fault="drop-before-commit")

    with pytest.raises(OutcomeUnknown):
        expense.save(receipt=PNG)

    assert len(sandbox.calls) == 1


def test_a_file_that_may_have_arrived_is_not_sent_again_by_accident(
    expense: Expense, sandbox: Sandbox
) -> None:
    sandbox.next(fault="drop-after-commit")

    for error in (OutcomeUnknown, Unsettled, Unsettled):
        with pytest.raises(error):
            expense.save(receipt=PNG)
    assert len(sandbox.calls) == 1

    with pytest.raises(OutcomeUnknown, match="file"):
        expense.settle()
    expense.revert()
    expense.save(receipt=PNG)
    assert not expense.is_in_doubt


def test_a_new_record_with_a_file_that_nobody_answered_is_in_doubt(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    expense = an_expense()
    sandbox.forget()
    sandbox.next(fault="drop-before-commit")

    with pytest.raises(OutcomeUnknown):
        expense.save(receipt=PDF)

    with pytest.raises(Unsettled):
        expense.save(receipt=PDF)
    assert expense.settle() is False
    assert expense.save(receipt=PDF).created


def test_a_new_record_with_a_wrong_file_is_not_made(books: ZohoBooks, sandbox: Sandbox) -> None:
    expense = an_expense()
    sandbox.forget()

    with pytest.raises(InvalidValue):
        expense.save(receipt=File(b"MZ", name="setup.exe"))

    assert sandbox.calls == []
    assert not expense.is_in_doubt


def test_a_new_record_whose_file_breaks_off_is_not_in_doubt(
    books: ZohoBooks, sandbox: Sandbox
) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 60_000:
                raise OSError("the stick was pulled out")
            return super().read(size)

    expense = an_expense()

    with pytest.raises(OSError, match="pulled out"):
        expense.save(receipt=File(Breaking(PDF), name="lunch.pdf"))

    assert not expense.is_in_doubt
    assert expense.save(receipt=PDF).created


def test_a_file_that_the_call_does_not_take_is_refused(books: ZohoBooks, sandbox: Sandbox) -> None:
    item = Item(name="Lamp", rate=3)

    with pytest.raises(Unsupported, match="no photo"):
        item._save(files={"photo": PNG})

    assert sandbox.calls == []


# Downloads.


def test_a_download_tells_its_progress(invoice: Invoice, tmp_path: Path) -> None:
    invoice.add_attachment(File(PDF, name="contract.pdf"))
    target = tmp_path / "got.pdf"
    told: list[tuple[int, int | None]] = []

    saved = invoice.download_attachment(target, progress=lambda *at: told.append(at))

    assert saved == SavedFile(len(PDF), "application/pdf", "contract.pdf", target)
    assert target.read_bytes() == PDF
    assert (told[0], told[-1]) == ((0, len(PDF)), (len(PDF), len(PDF)))


def test_a_file_comes_into_a_stream(invoice: Invoice) -> None:
    stream = io.BytesIO()

    invoice.pdf(stream)

    assert stream.getvalue().startswith(b"%PDF")


def test_a_file_in_bytes_tells_its_progress_too(invoice: Invoice) -> None:
    told = []

    content = invoice.pdf(progress=lambda received, _: told.append(received))

    assert told[-1] == len(content)


def test_what_is_not_there_leaves_what_was(invoice: Invoice, tmp_path: Path) -> None:
    target = tmp_path / "got.pdf"
    target.write_bytes(b"the old one")

    with pytest.raises(NotFound) as caught:
        invoice.download_attachment(target)

    assert caught.value.code == 1002
    assert target.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [target]


def test_a_download_that_breaks_off_is_asked_for_again(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    invoice.add_attachment(PDF)
    sandbox.forget()
    sandbox.next(fault="cut", times=2)

    invoice.download_attachment(tmp_path / "got.pdf")

    assert len(sandbox.calls) == 3
    assert (tmp_path / "got.pdf").read_bytes() == PDF


def test_a_download_that_always_breaks_off_leaves_nothing(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    invoice.add_attachment(PDF)
    sandbox.next(fault="cut", times=4)

    with pytest.raises(MalformedReply):
        invoice.download_attachment(tmp_path / "got.pdf")

    assert list(tmp_path.iterdir()) == []


def test_json_where_a_file_is_due_is_an_error(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.next(body={"code": 0, "message": "success"}, times=2)

    with pytest.raises(MalformedReply, match="JSON where a file is due"):
        invoice.download_attachment(tmp_path / "got.pdf")
    with pytest.raises(MalformedReply, match="JSON where a file is due"):
        invoice.download_attachment()

    assert list(tmp_path.iterdir()) == []


def test_several_invoices_come_in_one_file(
    invoice: Invoice, sandbox: Sandbox, tmp_path: Path
) -> None:
    saved = Invoice.pdf_many([invoice.id], tmp_path / "all.pdf")

    assert sandbox.calls[-1].query["invoice_ids"] == invoice.id
    assert saved.size == (tmp_path / "all.pdf").stat().st_size


def test_more_invoices_than_one_file_holds_are_refused(invoice: Invoice, sandbox: Sandbox) -> None:
    """The service might leave out the rest."""
    with pytest.raises(InvalidValue, match="at most 25"):
        Invoice.pdf_many([invoice.id] * 26)

    assert sandbox.calls == []


def test_two_threads_share_a_session_for_files(
    books: ZohoBooks, invoice: Invoice, tmp_path: Path
) -> None:
    failed: list[BaseException] = []

    def swap(number: int) -> None:
        try:
            content = PDF + bytes([number])
            mine = Invoice.using(books)
            record = mine.get(invoice.id)
            for _ in range(3):
                record.add_attachment(File(content, name=f"{number}.pdf"))
                record.download_attachment(tmp_path / "latest.pdf")
        except BaseException as error:  # noqa: BLE001  # of whatever kind
            failed.append(error)

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert (tmp_path / "latest.pdf").read_bytes()[:-1] == PDF
    assert [path.name for path in tmp_path.iterdir()] == ["latest.pdf"]


def test_the_whole_name_of_a_file_comes_back(invoice: Invoice, tmp_path: Path) -> None:
    invoice.add_attachment(File(PDF, name='請求書 "neu".pdf'))

    assert invoice.download_attachment(tmp_path / "got.pdf").name == '請求書 "neu".pdf'


def test_a_file_too_large_for_the_memory_is_refused_there_and_saved_elsewhere(
    sandbox: Sandbox, invoice: Invoice, tmp_path: Path
) -> None:
    small = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_reply_bytes=50)
    with closing(small), small:
        mine = Invoice.at(invoice.id)

        with pytest.raises(MalformedReply, match=r"max_reply_bytes"):
            mine.pdf()

        saved = mine.pdf(to=tmp_path / "all.pdf")

    assert saved.size > 50
    assert (tmp_path / "all.pdf").stat().st_size == saved.size
