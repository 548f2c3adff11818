"""What uploads take and downloads give; read by the type checkers, never run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, assert_type

from zohorm import File, SavedFile
from zohorm.books import Expense, Invoice, Item
from zohorm.saving import SaveResult


def _downloads(invoice: Invoice, path: Path, stream: BinaryIO) -> None:
    assert_type(invoice.pdf(), bytes)
    assert_type(invoice.pdf(progress=print), bytes)
    assert_type(invoice.pdf("invoice.pdf"), SavedFile)
    assert_type(invoice.download_attachment(path, preview=True), SavedFile)
    assert_type(invoice.download_attachment(to=stream, progress=print), SavedFile)
    assert_type(Invoice.pdf_many(["1"]), bytes)
    assert_type(Invoice.pdf_many(["1"], io.BytesIO()), SavedFile)
    assert_type(invoice.pdf(path).path, Path | None)

    invoice.pdf(7)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def _uploads(invoice: Invoice, expense: Expense, item: Item, path: Path, stream: BinaryIO) -> None:
    invoice.add_attachment("contract.pdf")
    invoice.add_attachment(path)
    invoice.add_attachment(b"%PDF-")
    invoice.add_attachment(stream)
    item.add_image(File(b"", name="lamp.png"))
    invoice.send_email(attachments=[path, b"%PDF-", File(stream)])
    assert_type(expense.save(receipt=path), SaveResult)

    invoice.add_attachment([path])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    invoice.add_attachment(io.StringIO())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
