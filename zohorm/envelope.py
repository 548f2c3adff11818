"""Find the record or the rows in an answer; a missing key is an error, never an empty list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from zohorm import wire
from zohorm.errors import MalformedReply
from zohorm.resource import Resource

if TYPE_CHECKING:
    from zohorm.connection import Answer, Call

_AROUND = frozenset({"code", "message", "page_context", "instrumentation", "errors"})


@attrs.frozen
class PageContext:
    """What a list answer says of itself; an answer without it is the last page."""

    is_last: bool = True
    total: int | None = None
    total_pages: int | None = None


def row_of(answer: Answer, resource: Resource, call: Call) -> wire.Row:
    """Return the one record of `answer`.

    Raises:
        MalformedReply: no member of the answer can be the record.
    """
    body = answer.body or {}
    names = (resource.key, *resource.other_keys)
    for name in names:
        held = body.get(name)
        # A few documents show the one record inside a list.
        row = wire.row_in(held[0] if isinstance(held, list) and len(held) == 1 else held)
        if row is not None:
            more = wire.row_in(body.get(resource.beside)) if resource.beside else None
            return row if more is None else {**more, **row}
    if resource.id and resource.id in body:
        return body  # A few answers are documented flat, without a key around the record.
    unknown = [name for name in body if name not in _AROUND and name not in names]
    rows = [row for name in unknown if (row := wire.row_in(body[name])) is not None]
    if len(rows) == 1:
        return rows[0]
    raise _missing(answer, resource.key, call)


def is_bare(answer: Answer) -> bool:
    """Tell whether `answer` says no more than that the call was done."""
    return answer.body is not None and set(answer.body) <= _AROUND


def rows_of(answer: Answer, resource: Resource, call: Call) -> list[wire.Row]:
    """Return the rows of the list `answer`.

    Raises:
        MalformedReply: no member of the answer can be the list.
    """
    body = answer.body or {}
    names = (resource.list_key, *resource.other_keys)
    for name in names:
        if isinstance(body.get(name), list):
            return _all_rows(body[name], answer, call)
    lists = [
        body[name]
        for name in body
        if name not in _AROUND and name not in names and isinstance(body[name], list)
    ]
    if len(lists) == 1:
        return _all_rows(lists[0], answer, call)
    raise _missing(answer, resource.list_key, call)


def _all_rows(held: object, answer: Answer, call: Call) -> list[wire.Row]:
    rows = wire.rows_in(held)
    if isinstance(held, list) and len(rows) < len(held):
        raise malformed(answer, call, "the list in the answer holds something else than records")
    return rows


def page_context(answer: Answer, call: Call | None = None) -> PageContext:
    """Return what `answer` says of its page.

    Raises:
        MalformedReply: it cannot be told whether there is another page.
    """
    held = (answer.body or {}).get("page_context")
    # One document shows the context inside a list.
    context = wire.row_in(held[0] if isinstance(held, list) and held else held)
    if context is None:
        return PageContext()
    return PageContext(
        is_last=not _has_more(context.get("has_more_page"), answer, call),
        total=_count(context.get("total")),
        total_pages=_count(context.get("total_pages")),
    )


def data_of(answer: Answer) -> dict[str, object]:
    """Return the members of `answer` beside its code and message, a copy in plain data."""
    body = answer.body or {}
    data: dict[str, object] = wire.thawed(
        {name: body[name] for name in body if name not in ("code", "message")}
    )
    return data


def _has_more(value: object, answer: Answer, call: Call | None) -> bool:
    try:
        return bool(value if value in (0, 1) else wire.BOOLEAN.read(value))
    except wire.READ_ERRORS as error:
        # To take it for the last page would lose the rows behind it.
        raise malformed(
            answer, call, "the answer does not say whether there is another page"
        ) from error


def _count(value: object) -> int | None:
    try:
        number: int | None = wire.INTEGER.read(value)
    except wire.READ_ERRORS:
        return None
    return number


def _missing(answer: Answer, key: str, call: Call) -> MalformedReply:
    return malformed(
        answer,
        call,
        f"the answer lacks its key {key!r}",
        "If the service has renamed it, correct the fact with Model.extend(...)",
    )


def malformed(answer: Answer, call: Call | None, what: str, advice: str = "") -> MalformedReply:
    """Return the error that says what is wrong with the answer to `call`."""
    error = MalformedReply(
        what,
        advice=advice,
        method=None if call is None else call.method,
        path=None if call is None else call.path,
        status=answer.status,
        attempts=answer.attempts,
    )
    error.maybe_done = call is not None and call.writes
    return error
