"""The page at `/`, on which a person sees what the sandbox holds and what it has seen.

It only shows: nothing can be changed there, and looking is no call. All of the data is shown, for
it is a test server's; tokens and secrets are not.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import attrs

from zohorm.sandbox import catalogue, exact, organizations
from zohorm.sandbox.calls import Call
from zohorm.sandbox.context import ORGANIZATION
from zohorm.sandbox.exact import Row
from zohorm.sandbox.markup import (
    Html,
    emphasized,
    heading,
    link,
    page,
    pages,
    paragraph,
    preformatted,
    table,
)
from zohorm.sandbox.reply import Reply
from zohorm.sandbox.switches import Switches

if TYPE_CHECKING:
    from zohorm.sandbox.application import Application

    T = TypeVar("T")

_ROWS = 50
_LATEST = 10


def answer(application: Application, query: Mapping[str, str]) -> Reply:
    """Return the view that the query names; what does not exist has a page that says so."""
    views = {
        "": _overview,
        "records": _records,
        "record": _record,
        "calls": _calls,
        "call": _call,
        "tokens": _tokens,
        "mails": _mails,
        "switches": _switches,
    }
    view = views.get(query.get("view", ""))
    try:
        if view is None:
            raise LookupError(f"there is no view {query['view']}")
        with application.store.transaction():
            return view(application, query)
    except (LookupError, ValueError) as error:
        text = str(error.args[0]) if error.args else "it is not there"
        return page("Not found", paragraph(f"Not found: {text}."), status=404)


def _overview(application: Application, _query: Mapping[str, str]) -> Reply:
    calls = application.calls.numbered()
    allowance = application.limits.allowance
    changed = [row for row in _switch_rows(application.switches) if row[1] != row[2]]
    parts = [
        paragraph(
            f"Serves at {application.url}. Its clock says {_moment(application.clock.time())}. ",
            f"Calls of an organization: {allowance.per_minute:,} a minute, ",
            f"{allowance.per_day:,} a day, {allowance.in_flight} at once. ",
            f"Faults still to come: {application.faults.waiting()}.",
        ),
        *_stored(application),
        heading("Latest calls"),
        _call_table(calls[: -_LATEST - 1 : -1]),
        paragraph(link(f"All {len(calls):,} calls that are remembered", view="calls")),
        heading("Switches that are not as by default"),
        table(("switch", "setting", "default"), changed) if changed else paragraph("None."),
        paragraph(link("All switches", view="switches")),
    ]
    return page("Sandbox", *parts)


def _stored(application: Application) -> list[Html]:
    """Return a table for each organization: a line for each product and resource."""
    counts: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for name, organization, count in application.store.counts():
        product, _, resource = name.partition("_")
        if product in catalogue.names():
            counts[organization].append((product, resource, count))
    parts = []
    known = {key: organizations.get(application.store, key) for key in counts if key}
    for key in (*known, *(key for key in counts if not key)):
        title = f"Organization {key}: {known[key].get('name')}" if key else "In no organization"
        if key:
            title += f", {known[key].get('time_zone')}, {known[key].get('currency_code')}"
        rows = [
            (product, _to_records(resource, product, key, resource), f"{count:,}")
            for product, resource, count in sorted(counts[key])
        ]
        parts += [heading(title), table(("product", "resource", "records"), rows)]
    names = ", ".join(organizations.ids(application.store))
    note = "A product appears with its first call."
    return [heading("Stored"), paragraph(f"Organizations: {names}. {note}"), *parts]


def _to_records(text: object, product: str, organization: str, resource: str) -> Html:
    return link(text, view="records", product=product, organization=organization, resource=resource)


def _records(application: Application, query: Mapping[str, str]) -> Reply:
    product, resource = catalogue.resource(query.get("product", ""), query.get("resource", ""))
    organization = query.get("organization", "")
    store = application.store
    total = store.count(resource, organization)
    number = _page(query, total)
    texts = store.texts(
        resource, organization, order="seq DESC", limit=_ROWS, offset=(number - 1) * _ROWS
    )
    rows = [exact.load(text) for text in texts]
    names = [name for name in _names(rows) if name != resource.id]
    where = {"product": product.name, "organization": organization, "resource": resource.name}
    lines = [
        (
            link(row.get(resource.id, ""), view="record", **where, id=row.get(resource.id, "")),
            *(_short(row.get(name)) for name in names),
        )
        for row in rows
    ]
    owner = f" of organization {organization}" if resource.name != ORGANIZATION else ""
    return page(
        f"{resource.label}: {product.name}{owner}",
        paragraph("Newest first, with the members of a list; a record's page shows all of it."),
        pages(number, size=_ROWS, total=total, view="records", **where),
        table((resource.id, *names), lines),
    )


def _names(rows: Sequence[Row]) -> list[str]:
    """Return the members that any of these rows has set, in their order."""
    named = (n for row in rows for n, v in row.items() if v or isinstance(v, (bool, int, Decimal)))
    return list(dict.fromkeys(named))


def _record(application: Application, query: Mapping[str, str]) -> Reply:
    product, resource = catalogue.resource(query.get("product", ""), query.get("resource", ""))
    organization, key = query.get("organization", ""), query.get("id", "")
    row = application.store.get(resource, organization, key)
    if row is None:
        raise LookupError(f"no {resource.label} {key} is stored in organization {organization}")
    files = [
        (file.id, file.kind, file.name, file.content_type, f"{len(file.content):,}")
        for file in application.store.files(organization, key)
    ]
    parent = application.store.parent_of(resource, organization, key)
    return page(
        f"{resource.label} {key}",
        paragraph(_to_records(f"All of {product.name}", product.name, organization, resource.name)),
        paragraph(f"Below {parent}.") if parent else Html(),
        preformatted(exact.indented(row)),
        heading("Files"),
        table(("id", "kind", "name", "type", "bytes"), files) if files else paragraph("None."),
    )


def _calls(application: Application, query: Mapping[str, str]) -> Reply:
    log = application.token_calls if query.get("tokens") else application.calls
    more = {"tokens": "1"} if query.get("tokens") else {}
    calls = log.numbered()[::-1]
    number = _page(query, len(calls))
    other = link("API calls", view="calls") if more else link("Token calls", view="calls", tokens=1)
    return page(
        "Token calls" if more else "Calls",
        paragraph("Newest first. ", other),
        pages(number, size=_ROWS, total=len(calls), view="calls", **more),
        _call_table(_part(calls, number), **more),
    )


def _call_table(calls: Sequence[tuple[int, Call]], **more: object) -> Html:
    rows = [
        (
            link(call.method, view="call", number=number, **more),
            call.url_path,
            "&".join(f"{name}={value}" for name, value in call.query.items()),
            "none" if call.status is None else call.status,
            call.product,
            call.organization_id or "",
        )
        for number, call in calls
    ]
    return table(("call", "path", "query", "status", "product", "organization"), rows)


def _call(application: Application, query: Mapping[str, str]) -> Reply:
    log = application.token_calls if query.get("tokens") else application.calls
    asked = query.get("number", "")
    call = next((each for number, each in log.numbered() if str(number) == asked), None)
    if call is None:
        raise LookupError(f"call {asked} is not remembered")
    files = [(f.member, f.name, f.content_type, f"{len(f.content):,}") for f in call.files]
    status = "It got no answer." if call.status is None else f"Answered {call.status}."
    return page(
        f"{call.method} {call.url_path}",
        paragraph(status),
        heading("Query"),
        table(("name", "value"), list(call.query.items())),
        heading("Headers"),
        table(("name", "value"), list(call.headers.items())),
        heading("Body"),
        paragraph("None that is JSON.")
        if call.body is None
        else preformatted(exact.indented(call.body)),
        heading("Files"),
        table(("member", "name", "type", "bytes"), files) if files else paragraph("None."),
    )


def _tokens(application: Application, _query: Mapping[str, str]) -> Reply:
    now = application.clock.time()
    rows = [
        (
            place,
            ", ".join(grant.scopes),
            "yes" if grant.is_lasting else "no",
            ", ".join(f"{seconds:,.0f} s" for seconds in grant.seconds_left) or "none",
            grant.refreshes,
        )
        for place, grant in enumerate(application.accounts.overview(now=now), 1)
    ]
    head = ("grant", "scopes", "has a refresh token", "access tokens live for", "refreshes")
    return page(
        "Tokens",
        paragraph(f"The clock says {_moment(now)}. Refreshes are those of the last ten minutes."),
        table(head, rows),
        paragraph(link("Calls to the accounts server", view="calls", tokens=1)),
    )


def _mails(application: Application, query: Mapping[str, str]) -> Reply:
    mails = application.outbox.all()[::-1]
    number = _page(query, len(mails))
    rows = [attrs.astuple(mail) for mail in _part(mails, number)]
    head = ("organization", "resource", "record", "operation", "to", "cc", "subject", "text")
    return page(
        "Mails",
        paragraph("Newest first. None of them was sent."),
        pages(number, size=_ROWS, total=len(mails), view="mails"),
        table(head, [[_short(value) for value in row] for row in rows]),
    )


def _switches(application: Application, _query: Mapping[str, str]) -> Reply:
    return page(
        "Switches", table(("switch", "setting", "default"), _switch_rows(application.switches))
    )


def _switch_rows(switches: Switches) -> list[tuple[str, object, object]]:
    """Return name, setting and default of each switch; a setting of one's own stands out."""
    rows: list[tuple[str, object, object]] = []
    for field in attrs.fields(Switches):
        value = getattr(switches, field.name)
        shown = value if value == field.default else emphasized(value)
        rows.append((field.name, shown, field.default))
    return rows


def _page(query: Mapping[str, str], total: int) -> int:
    """Return which page is asked for; the nearest one there is for any other."""
    text = query.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return min(max(1, number), max(1, -(-total // _ROWS)))


def _part(rows: Sequence[T], number: int) -> Sequence[T]:
    return rows[(number - 1) * _ROWS : number * _ROWS]


def _short(value: object) -> str:
    """Return a member as it stands in a table."""
    if isinstance(value, (bool, list, dict)):
        return exact.write(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
