"""Views of a list by time: `filter_by=Date.ThisMonth`. Used by the filters.

The names are those of the documents of Books and Inventory. Weeks begin on Sunday, and quarters
with the calendar's year, as no document says otherwise.
"""

from __future__ import annotations

import datetime as dt

from zohorm.sandbox.context import Context
from zohorm.sandbox.store import Where

_PERIODS = ("Day", "Week", "Month", "Quarter", "Year")


def condition(context: Context, view: str) -> Where | None:
    """Return the condition of a view by time; None for another view."""
    family, _, name = view.partition(".")
    if not family.lower().endswith("date"):
        return None
    name = {"customdate": "all", "today": "thisday"}.get(name.lower(), name.lower())
    if name == "all":
        # The days of one's own are parameters beside it.
        return Where()
    if name == "paymentexpecteddate":
        member = "payment_expected_date"
        known = member in context.resource.fields
        return _between(member, "0", "9") if known else Where(" AND 0")
    bounds = _bounds(context.now.date(), name)
    if bounds is None:
        return None
    members = [f"{family[:-4].lower()}_date", "date", "due_date", "created_time"]
    member = next((each for each in members if each in context.resource.fields), "")
    return _between(member, bounds[0].isoformat(), bounds[1].isoformat())


def _between(member: str, first: str, end: str) -> Where:
    """Return the condition that a day lies between two, the second left out."""
    path = f"$.{member}"
    sql = " AND json_extract(body, ?) >= ? AND json_extract(body, ?) < ?"
    return Where(sql, (path, first, path, end))


def _bounds(today: dt.date, name: str) -> tuple[dt.date, dt.date] | None:
    """Return the first day of a period and that of the next one."""
    for period in _PERIODS:
        first = _first(today, period)
        if name == f"this{period.lower()}":
            return first, _first(first + dt.timedelta(days=_LONGEST[period]), period)
        if name == f"previous{period.lower()}":
            return _first(first - dt.timedelta(days=1), period), first
    return None


# As many days after its first, each period is over and its next one is not.
_LONGEST = {"Day": 1, "Week": 7, "Month": 31, "Quarter": 92, "Year": 366}


def _first(day: dt.date, period: str) -> dt.date:
    match period:
        case "Day":
            return day
        case "Week":
            return day - dt.timedelta(days=(day.weekday() + 1) % 7)
        case "Month":
            return day.replace(day=1)
        case "Quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)
