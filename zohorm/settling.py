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

_SLACK_SECONDS = 5.0
"""How far the service's clock at creation may lie before the moment that the call was sent.

That moment is reckoned from the service's own clock, in whole seconds, so this covers no more than
rounding and the way of an answer.
"""

_PAGE_SIZE = 200
_MOST_CANDIDATES = 20
"""Beyond so many look-ups nobody could tell the records apart anyway."""


@attrs.frozen
class Doubt:
    """A write that may have been done: what was sent, when (wall clock), which lists changed.

    `token` names the attempt, also in a pickled copy of the record. `files` went with a change.
    """

    sent: Mapping[str, object] = attrs.field(repr=False)
    at: float = 0.0
    lists: tuple[str, ...] = ()
    token: str = ""
    files: bool = False


def find_created(
    session: Session, model: type[Stored], doubt: Doubt, ids: Mapping[str, str]
) -> wire.Row | None:
    """Return the row that the create in doubt has made, None if it surely made none.

    Raises:
        OutcomeUnknown: more than one record fits, or one fits in what people choose and not in
            everything that was sent; or the service lists no such records.
    """
    facts = model.facts()
    if facts.operation("list") is None:
        raise OutcomeUnknown(
            f"the service lists no {facts.name}, so the one in doubt cannot be looked up here",
            advice="Look in the service itself; if it made none, save(again=True) sends it again",
        )
    close: list[str] = []
    exact: list[wire.Row] = []
    for listed, is_dated in _candidates(session, model, doubt, ids):
        identifier = str(listed.get(facts.id or ""))
        row = listed
        if "get" in facts.operations:
            row = session.fresh_row(model, identifier, ids)
        # A number alone proves nothing: the create may have been refused because of it.
        if is_dated and model._shows(row, doubt.sent):
            exact.append(row)
        elif "created_time" in listed:  # Of rows without it, all the old ones are here, too.
            close.append(identifier)
        if len(exact) + len(close) > _MOST_CANDIDATES:
            break
    if len(exact) == 1:
        return exact[0]
    if not exact and not close:
        return None
    found = [str(row.get(facts.id or "")) for row in exact] + close
    raise OutcomeUnknown(
        f"{len(found)} {'records' if found[1:] else 'record'} made at that time may be the "
        f"{facts.name} in doubt: {', '.join(found[:10])}",
        advice="Look there; if none is the one, save(again=True) sends it again",
    )


def _candidates(
    session: Session, model: type[Stored], doubt: Doubt, ids: Mapping[str, str]
) -> Iterator[tuple[wire.Row, bool]]:
    """Yield the rows that fit what was sent and were not there before.

    The claim beside each row is False where nobody can tell when it was made.
    """
    for wanted in _searches(model, doubt.sent):
        found = False
        for row, earliest in _listed(session, model, wanted, doubt, ids):
            fits = model._shows(row, {name: value for name, (_, value) in wanted.items()})
            identifier = model._id_in(row)
            if (
                not fits
                or not identifier
                or session.writes.made_by_another(
                    session.organization_key[0], identifier, doubt.token
                )
            ):
                continue
            if not _older(row, earliest):
                found = True
                yield row, earliest is not None or "created_time" not in row
        if found:
            return


def _listed(
    session: Session,
    model: type[Stored],
    wanted: Mapping[str, tuple[str, object]],
    doubt: Doubt,
    ids: Mapping[str, str],
) -> Iterator[tuple[wire.Row, float | None]]:
    """Yield each row that the list shows for `wanted`, and the service's time of the create.

    Raises:
        OutcomeUnknown: a page brings nothing new, and so the list has no end.
    """
    operation = model._needed_operation("list")
    query = [(parameter, wire.query_text(value)) for parameter, value in wanted.values()]
    page, seen = 1, set[str]()
    while True:
        paging = [("page", str(page)), ("per_page", str(_PAGE_SIZE))]
        call, answer = session.call(operation, ids, query=[*query, *paging])
        earliest = _earliest(session, doubt, answer.headers)
        rows = envelope.rows_of(answer, model.facts(), call)
        for row in rows:
            yield row, earliest
        # Behind an empty page there is nothing, whatever it says.
        if not rows or envelope.page_context(answer, call).is_last:
            return
        new = {model._id_in(row) or "" for row in rows} - seen
        if not new:
            raise OutcomeUnknown(
                f"the service lists the same {model.facts().name} on page after page, so the one "
                "in doubt cannot be looked up",
                advice="Look in the service itself; if it made none, save(again=True) sends it "
                "again",
            )
        seen |= new
        page += 1


def _searches(
    model: type[Stored], sent: Mapping[str, object]
) -> Iterator[dict[str, tuple[str, object]]]:
    """Yield the sent members to filter the list by: name -> (parameter, value)."""
    facts = model.facts()
    number = facts.number or ""
    if sent.get(number):
        by_number = _filters(model, {number: sent[number]})
        if by_number:
            yield by_number
    # The service may have given a number of its own instead of the one that was sent.
    yield _filters(
        model,
        {
            name: value
            for name, value in sent.items()
            # It may trim a text, and then the list would not be filtered by it as it was sent.
            if name != number and isinstance(value, str) and value == value.strip()
        },
    )


def _filters(model: type[Stored], sent: Mapping[str, object]) -> dict[str, tuple[str, object]]:
    filters = model.facts().filters
    return {
        name: (filters[name].lookups["exact"], value)
        for name, value in sent.items()
        if name in filters and "exact" in filters[name].lookups and not filters[name].values
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
        OutcomeUnknown: the service never shows a list that was sent, or a file went with it.
    """
    if doubt.files:
        raise OutcomeUnknown(
            f"nobody can tell whether the file of {record!r} has arrived",
            advice="Look at its files in the service; then revert() and save what is missing, or "
            "save(again=True) sends all of it again",
        )
    hidden = [name for name in doubt.lists if name not in theirs]
    if hidden:
        raise OutcomeUnknown(
            f"the service does not show {', '.join(hidden)} of {record!r}",
            advice="Look at what they should have brought about; then revert() and edit anew, or "
            "save(again=True) sends them again",
        )
    if all(record._list_as_received(name, theirs) for name in doubt.lists):
        return None
    if record._shows(theirs, {name: doubt.sent[name] for name in doubt.lists}):
        return theirs
    raise Conflict(
        f"{record!r} holds neither what was sent nor what was there before",
        advice="Look at error.mine and error.theirs; revert() and refresh(), then edit anew",
        mine=wire.thawed(doubt.sent),
        theirs={name: wire.thawed(theirs.get(name)) for name in doubt.lists},
    )
