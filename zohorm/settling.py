"""Find out whether a write that nobody answered was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import attrs

from zohorm import envelope, wire
from zohorm.errors import Conflict, OutcomeUnknown

if TYPE_CHECKING:
    from zohorm.session import Session
    from zohorm.stored import Stored

_SLACK_SECONDS = 120.0
"""How far the service's clock at creation may lie before the moment that the call was sent."""

_PAGE_SIZE = 200
_MOST_CANDIDATES = 20
"""Beyond so many look-ups nobody could tell the records apart anyway."""


@attrs.frozen
class Doubt:
    """A write that may have been done: what was sent, when (wall clock), which lists changed."""

    sent: Mapping[str, object] = attrs.field(repr=False)
    at: float = 0.0
    lists: tuple[str, ...] = ()


def find_created(
    session: Session, model: type[Stored], doubt: Doubt, ids: Mapping[str, str]
) -> wire.Row | None:
    """Return the row that the create in doubt has made, None if it surely made none.

    Raises:
        OutcomeUnknown: more than one record fits, or one fits in what people choose and not in
            everything that was sent.
    """
    facts = model.facts()
    close: list[str] = []
    exact: list[wire.Row] = []
    for identifier in _candidates(session, model, doubt, ids):
        row = session.fresh_row(model, identifier, ids)
        # A number alone proves nothing: the create may have been refused because of it.
        if model.holds(row, doubt.sent):
            exact.append(row)
        else:
            close.append(identifier)
        if len(exact) + len(close) > _MOST_CANDIDATES:
            break
    if len(exact) == 1:
        return exact[0]
    if not exact and not close:
        return None
    found = [str(row.get(facts.id or "")) for row in exact] + close
    raise OutcomeUnknown(
        f"{len(found)} records made at that time may be the {facts.name} in doubt: "
        f"{', '.join(found[:10])}",
        advice="Look at them; if none is the one, save(again=True) sends it again",
    )


def _candidates(
    session: Session, model: type[Stored], doubt: Doubt, ids: Mapping[str, str]
) -> Iterator[str]:
    """Yield the ids of records that fit what was sent and were not there before."""
    facts = model.facts()
    wanted = _discriminating(model, doubt.sent)
    query = [(parameter, wire.query_text(value)) for parameter, value in wanted.values()]
    page = 1
    while True:
        operation = model.needed_operation("list")
        paging = [("page", str(page)), ("per_page", str(_PAGE_SIZE))]
        call, answer = session.call(operation, ids, query=[*query, *paging])
        earliest = _earliest(session, doubt, answer.headers)
        for row in envelope.rows_of(answer, facts, call):
            fits = model.holds(row, {name: value for name, (_, value) in wanted.items()})
            identifier = wire.ID.read(row.get(facts.id or ""))
            if fits and identifier and not _older(row, earliest):
                yield identifier
        if envelope.page_context(answer).is_last:
            return
        page += 1


def _discriminating(
    model: type[Stored], sent: Mapping[str, object]
) -> dict[str, tuple[str, object]]:
    """Return the sent members that the list can be filtered by: name -> (parameter, value)."""
    facts = model.facts()
    if facts.number and sent.get(facts.number):
        chosen = [facts.number]
    else:
        # The service may trim a text, and then the list would not be filtered by it as it was sent.
        chosen = [
            n for n, value in sent.items() if isinstance(value, str) and value == value.strip()
        ]
    return {
        name: (facts.filters[name].lookups["exact"], sent[name])
        for name in chosen
        if name in facts.filters
        and "exact" in facts.filters[name].lookups
        and not facts.filters[name].values
    }


def _earliest(session: Session, doubt: Doubt, headers: Mapping[str, str]) -> float | None:
    """Return the service's time at which the call was sent, less some slack; None if unknown."""
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError):
        return None
    return now - (session.settings.clock.time() - doubt.at) - _SLACK_SECONDS


def _older(row: wire.Row, earliest: float | None) -> bool:
    try:
        created = wire.DATETIME.read(row.get("created_time"))
    except wire.READ_ERRORS:
        return False
    return created is not None and earliest is not None and created.timestamp() < earliest


def find_changed(record: Stored, doubt: Doubt, theirs: wire.Row) -> wire.Row | None:
    """Return `theirs` if it holds what the change in doubt sent, None if it holds the old lists.

    Raises:
        Conflict: the lists are neither what was sent nor what was there before.
    """
    if record.holds(theirs, {name: doubt.sent[name] for name in doubt.lists}):
        return theirs
    if all(record.list_as_received(name, theirs) for name in doubt.lists):
        return None
    raise Conflict(
        f"{record!r} holds neither what was sent nor what was there before",
        advice="Look at error.mine and error.theirs; revert() and refresh(), then edit anew",
        mine=wire.thawed(doubt.sent),
        theirs={name: wire.thawed(theirs.get(name)) for name in doubt.lists},
    )
