"""What may be assigned to a record, and what is refused before any call."""

from __future__ import annotations

import pytest

from zohorm import ReadOnlyField, UnknownField
from zohorm.books import Invoice


def test_a_collection_cannot_be_assigned() -> None:
    """It would hide the collection, and save() would send nothing of it."""
    invoice = Invoice()

    with pytest.raises(ReadOnlyField, match=r"comments\.create"):
        invoice.comments = []  # type: ignore[assignment]


def test_a_method_cannot_be_assigned() -> None:
    invoice = Invoice()

    with pytest.raises(UnknownField, match="no field 'mark_sent'"):
        invoice.mark_sent = True  # type: ignore[assignment, method-assign]
