"""What the clock makes of recurring invoices, bills and expenses, which are called profiles here.

An organization without profiles costs a call one look at a number: the day of its next document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import attrs

from zohorm.sandbox.catalogue import Product, Resource
from zohorm.sandbox.columns import day as known_day
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import Refusal
from zohorm.sandbox.resources import parts
from zohorm.sandbox.resources.checks import accepted
from zohorm.sandbox.resources.creating import create
from zohorm.sandbox.rows import blank
from zohorm.sandbox.rules import clockwork, stating
from zohorm.sandbox.rules.months import months_later
from zohorm.sandbox.rules.stating import assumed, source
from zohorm.sandbox.store import Store, Where

_ACTIVE = Where(" AND \"f_status\" = 'active'")
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}
_FAQ = "Zoho Invoice FAQ, how to create a recurring invoice"


@attrs.frozen(kw_only=True)
class Profile:
    """What is made of a profile, and which members of it tell of that."""

    makes: str
    next_day: str = ""
    last_day: str = ""
    listed: str = ""
    """The resource of the rows that list what was made."""


PROFILES: Mapping[str, Profile] = {
    "RecurringInvoice": Profile(
        makes="Invoice", next_day="next_invoice_date", last_day="last_sent_date"
    ),
    "RecurringBill": Profile(makes="Bill"),
    "RecurringExpense": Profile(
        makes="Expense",
        next_day="next_expense_date",
        last_day="last_created_date",
        listed="RecurringExpenseChild",
    ),
}


def wake(context: Context) -> None:
    """Make every document whose day has come."""
    series = _next_day(context.product.name)
    due = context.store.value(context.organization_id, series)
    today = context.now.date().toordinal()
    if not due or due > today:
        return
    # Each profile says below when it is to be looked at again.
    context.store.set_value(context.organization_id, series, 0)
    for resource in _resources(context.product):
        there = attrs.evolve(context, resource=resource)
        for row in context.store.rows(resource, context.organization_id, _ACTIVE):
            if row.get("recurrence_frequency") not in (*_DAYS, *_MONTHS):
                continue  # A test has stored it so.
            _catch_up(there, row)
            context.store.replace(resource, context.organization_id, row)


def begin(context: Context, row: Row) -> None:
    """Make of a profile that was written what is to come today, and store it."""
    if row.get("status") == "active":
        _catch_up(context, row)
    context.store.replace(context.resource, context.organization_id, row)


def look_again(store: Store, resource: Resource, organization: str) -> None:
    """Look at all profiles at the next call."""
    store.set_value(organization, _next_day(resource.product), 1)


def plan(context: Context, row: Row) -> None:
    """Write the day of the next document into a profile that was created, changed or resumed."""
    day = _due(context, row)
    if day and day < context.today:
        _pass_by(context, row)
    _show(context, row, PROFILES[context.resource.name].next_day, _due(context, row))


def follow(context: Context, row: Row, *, is_gone: bool = False) -> None:
    """Let the row that lists a document follow the document."""
    for profile in PROFILES.values():
        listed = context.product.resources.get(profile.listed)
        if profile.makes != context.resource.name or listed is None:
            continue
        known = context.store.get(listed, context.organization_id, str(row[listed.id]))
        if known is None:
            continue
        if is_gone:
            context.store.delete(listed, context.organization_id, str(row[listed.id]))
            continue
        known.update({name: value for name, value in row.items() if name in known})
        context.store.replace(listed, context.organization_id, known)


def _next_day(product: str) -> str:
    return f"{product} recurring on day"


def _resources(product: Product) -> Iterator[Resource]:
    for name, profile in PROFILES.items():
        if name in product.resources and profile.makes in product.resources:
            yield product.resources[name]


def _show(context: Context, row: Row, member: str, value: Json) -> None:
    if member in context.resource.fields:
        row[member] = value


def _catch_up(context: Context, row: Row) -> None:
    """Make what a profile is to make up to today, and see to it that the next is made."""
    profile = PROFILES[context.resource.name]
    with stating.apart() as ran:
        day = _due(context, row)
        while day and day <= context.today:
            if _make(context, row, day):
                _show(context, row, profile.last_day, day)
            _see(context, row, dt.date.fromisoformat(day))
            day = _due(context, row)
        _show(context, row, profile.next_day, day)
        _expire(context, row)
    _remember(context, row, ran)
    if row["status"] == "active":
        _look_on(context, known_day(day))
        _look_on(context, known_day(str(row.get("end_date") or "")), later=1)


def _look_on(context: Context, day: str | None, *, later: int = 0) -> None:
    """Look at all profiles on a day at the latest, or so many days later."""
    if day is None:
        return
    number = dt.date.fromisoformat(day).toordinal() + later
    series = _next_day(context.product.name)
    known = context.store.value(context.organization_id, series)
    context.store.set_value(context.organization_id, series, min(known or number, number))


def _remember(context: Context, row: Row, ran: set[str]) -> None:
    """Keep the assumed rules that have decided a part of a record, beside those of before."""
    key = str(row[context.resource.id])
    kept = context.store.assumed(context.resource, context.scope, Where(" AND id = ?", (key,)))
    names = ran.union(*(each.split(", ") for each in kept))
    context.store.set_assumed(context.resource, context.scope, key, ", ".join(sorted(names)))


@source(f"{_FAQ}: the latest date on which it is to make one")
def _expire(context: Context, row: Row) -> None:
    """A profile makes nothing after its end, and has expired then."""
    end = str(row.get("end_date") or "")
    if end and end < context.today:
        row["status"] = "expired"


def _due(context: Context, row: Row) -> str:
    """Return the day of the next document; `""` if none is to come."""
    if row.get("status") != "active":
        return ""
    seen = context.store.value(context.organization_id, _seen(context, row))
    found = _in_rhythm(row, dt.date.fromordinal(seen + 1) if seen else dt.date.min)
    end = str(row.get("end_date") or "")
    return "" if end and found > end else found


def _seen(context: Context, row: Row) -> str:
    """Return the name of the series that holds the last day of a profile that was seen to."""
    return f"{context.resource.table} {row[context.resource.id]} seen to"


def _see(context: Context, row: Row, day: dt.date) -> None:
    context.store.set_value(context.organization_id, _seen(context, row), day.toordinal())


@assumed("no document says whether days are made up for that passed before a profile was active")
def _pass_by(context: Context, row: Row) -> None:
    """A profile makes nothing for days before it was created, changed or resumed."""
    _see(context, row, context.now.date() - dt.timedelta(days=1))


@source(f"{_FAQ}: the first is made on the start date; Books v3, `repeat_every`")
def _in_rhythm(row: Row, earliest: dt.date) -> str:
    """Documents are made on the start date and then each so many days, weeks, months or years."""
    start, unit = known_day(str(row.get("start_date") or "")), str(row.get("recurrence_frequency"))
    if start is None or unit not in (*_DAYS, *_MONTHS):
        return ""
    first, every = dt.date.fromisoformat(start), _count(row.get("repeat_every"))
    if first >= earliest:
        return start
    if unit in _DAYS:
        days = every * _DAYS[unit]
        terms = -(-(earliest - first).days // days)
        last = (dt.date.max - first).days // days
        return (first + dt.timedelta(days=terms * days)).isoformat() if terms <= last else ""
    months = every * _MONTHS[unit]
    apart = (earliest.year - first.year) * 12 + earliest.month - first.month
    for terms in (apart // months, apart // months + 1):
        found = months_later(start, terms * months)
        if found >= earliest.isoformat():
            return found
    return ""


def _count(value: Json) -> int:
    said = str(value or "")
    return max(int(said), 1) if said.isdecimal() else 1


def _make(context: Context, row: Row, day: str) -> bool:
    """Make the document of a day; returns whether that could be done."""
    profile = PROFILES[context.resource.name]
    there = _at(context, profile.makes, day)
    try:
        with stating.apart() as ran:
            sent = accepted(there.resource, parts.carried(there.resource, row))
            made = create(there, {**sent, **_of_profile(context, there.resource, row, day)})
            if made.get("status") == "draft":
                _as_draft()
    except Refusal:
        _leave_out()
        return False
    _remember(there, made, ran)
    # It may be overdue by now.
    clockwork.look_again(context.store, there.resource, context.organization_id)
    listed = context.product.resources.get(profile.listed)
    if listed is not None:
        shown = blank(listed)
        shown.update({name: value for name, value in made.items() if name in shown})
        key = str(row[context.resource.id])
        context.store.insert(listed, context.organization_id, shown, key)
    return True


def _at(context: Context, name: str, day: str) -> Context:
    """Return the context of a call that creates a document on a day."""
    resource = context.product.resources[name]
    now = context.now
    if day < context.today:
        now = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), now.tzinfo)
    return attrs.evolve(
        context,
        resource=resource,
        operation=resource.operations["create"],
        now=now,
        params={},
        query={},
        body={},
        files=(),
        fault=None,
    )


@source("Books v3, invoices and bills: `recurring_invoice_id`, `recurring_bill_id`")
def _of_profile(context: Context, target: Resource, row: Row, day: str) -> Row:
    """A document that a profile has made has the day on which it was due, and names the profile."""
    made: Row = {"date": day}
    if context.resource.id in target.fields:
        made[context.resource.id] = row[context.resource.id]
    if target.name == "Bill":
        made["bill_number"] = _bill_number(row, day)
    return made


@assumed("every bill has a number, and no document says which one such a bill gets")
def _bill_number(row: Row, day: str) -> str:
    """The number of a bill that a profile has made is the name of the profile with the day."""
    return f"{row.get('recurrence_name')} {day}"


@assumed("the preferences let it be sent as well, and the documents do not name the default")
def _as_draft() -> None:
    """An invoice that a profile has made is a draft."""


@assumed("no document says what becomes of a profile whose contact is inactive, or the like")
def _leave_out() -> None:
    """A document that a call could not create is left out, and the profile goes on."""
