"""The terms of a subscription: when each begins and ends, and what status it has meanwhile."""

from __future__ import annotations

import datetime as dt

from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.rules.months import months_later
from zohorm.sandbox.rules.stating import assumed, source

ENDED = ("cancelled", "expired", "trial_expired", "cancelled_from_dunning", "creation_failed")


def begin(row: Row, plan: Row, start: str, today: str) -> None:
    """Give a new subscription its status and its first term: to come, on trial, or live."""
    given = row.get("plan")
    sent: Row = given if isinstance(given, dict) else {}
    days = 0 if sent.get("exclude_trial") is True else trial_days(sent, plan)
    row["current_term_starts_at"] = start
    if start > today:
        row.update(status=_waiting(), next_billing_at=start, current_term_ends_at=start)
        row["created_at"] = today
        return
    row["created_at"] = row.get("created_at") or start
    if days:
        ends = (dt.date.fromisoformat(start) + dt.timedelta(days=days)).isoformat()
        row.update(status="trial", trial_starts_at=start, trial_ends_at=ends)
        row.update(current_term_ends_at=ends, next_billing_at=ends)
    else:
        activate(row, plan, start)


def activate(row: Row, plan: Row, day: str) -> None:
    """Let the first paid term begin."""
    row.update(status="live", activated_at=day)
    given = row.get("plan")
    cycles = _count((given if isinstance(given, dict) else {}).get("billing_cycles"))
    cycles = cycles or _count(plan.get("billing_cycles"))
    row["expires_at"] = _after(row, day, cycles) if cycles > 0 else ""
    advance(row, day)


def advance(row: Row, day: str) -> None:
    """Let the term that begins on a day be the present one."""
    row["current_term_starts_at"] = row["last_billing_at"] = day
    row["current_term_ends_at"] = row["next_billing_at"] = next_term(row, day)


def postpone(row: Row, day: str) -> None:
    """Let the present term end on another day."""
    row["current_term_ends_at"] = row["next_billing_at"] = day


def stop(row: Row, status: str, day: str) -> None:
    """End a subscription: nothing is billed any more."""
    row.update(status=status, next_billing_at="", current_term_ends_at=day)
    if status.startswith("cancelled"):
        row["cancelled_at"] = day


@source("Billing v1, plans: `trial_period`; subscriptions: `trial_days`, `exclude_trial`")
def trial_days(sent: Row, plan: Row) -> int:
    """A trial lasts as long as the subscription says, else as its plan does."""
    return _count(sent.get("trial_days")) or _count(plan.get("trial_period"))


@source("Billing v1, subscriptions: `next_billing_at` is the day on which the next term starts")
def next_term(row: Row, day: str) -> str:
    """The next term begins one interval later, on the day of the month of the activation."""
    first = str(row.get("activated_at") or day)
    months = _months(row)
    for count in range(1, 13 * 100):
        found = months_later(first, count * months)
        if found > day:
            # A postponed renewal begins a rhythm of its own.
            is_in_rhythm = months_later(first, (count - 1) * months) == day
            return found if is_in_rhythm else months_later(day, months)
    return months_later(day, months)


@source("Billing v1, subscriptions: `expires_at`, the last day of the last billing cycle")
def _after(row: Row, day: str, cycles: int) -> str:
    """A subscription with a number of billing cycles expires after the last of them."""
    return months_later(day, cycles * _months(row))


@assumed("the documents name the status, not when a subscription has it")
def _waiting() -> str:
    """A subscription that starts later waits for that day."""
    return "future"


def _months(row: Row) -> int:
    length = _count(row.get("interval")) or 1
    return length * (12 if row.get("interval_unit") == "years" else 1)


def _count(value: Json) -> int:
    return int(value) if isinstance(value, (int, float, str)) and str(value).isdigit() else 0
