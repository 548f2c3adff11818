"""When a document is due: its date and the days of its terms."""

from __future__ import annotations

import contextlib
import datetime as dt

from zohorm.sandbox.exact import Row

_MOST_DAYS = 3650


def fill_due_date(row: Row, sent: Row, before: Row | None) -> None:
    """Write the day on which a document is due, unless its sender says it."""
    if "due_date" not in row or ("due_date" in sent and row.get("due_date")):
        return
    moved = before is not None and ("date" in sent or "payment_terms" in sent)
    if row.get("due_date") and not moved:
        return
    days = row.get("payment_terms")
    # Terms below zero, such as the end of the month, are kept but do not move the date.
    step = min(days, _MOST_DAYS) if isinstance(days, int) and days > 0 else 0
    # A test may have stored a document with no date, and the calendar ends.
    with contextlib.suppress(ValueError, OverflowError):
        start = dt.date.fromisoformat(str(row["date"]))
        row["due_date"] = (start + dt.timedelta(days=step)).isoformat()
