"""Days that lie some months apart; asked by what comes again by the clock."""

from __future__ import annotations

import calendar
import datetime as dt

from zohorm.sandbox.rules.stating import assumed


def months_later(day: str, months: int) -> str:
    """Return the same day of the month so many months later."""
    start = dt.date.fromisoformat(day)
    years, month = divmod(start.month - 1 + months, 12)
    year = min(start.year + years, dt.MAXYEAR)
    try:
        return dt.date(year, month + 1, start.day).isoformat()
    except ValueError:
        return dt.date(year, month + 1, _at_the_end_of_the_month(year, month + 1)).isoformat()


@assumed("no document says when that comes again which would come on a 31st")
def _at_the_end_of_the_month(year: int, month: int) -> int:
    """A day that a month lacks is its last one."""
    return calendar.monthrange(year, month)[1]
