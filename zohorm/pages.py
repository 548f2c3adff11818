"""One walk through a list: pages fetched, rows judged, each record yielded once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import compress
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from zohorm import binding, envelope, wire
from zohorm.ahead import Ahead
from zohorm.errors import FilterIgnored, MalformedReply, NotFound
from zohorm.intake import Intake
from zohorm.loads import Loads
from zohorm.lookups import Condition, Verdict
from zohorm.seen import Seen
from zohorm.warning import warn

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.session import Session

M = TypeVar("M", bound="Declared")

PAGE_SIZE = 200
"""Rows per call; the most that the service gives. Source: Books v3, pagination."""


_PAGES_IN_VAIN = 3
"""A page may repeat the one before if a colleague has just added as many records as it holds; a
third in a row without a new row says that the service gives no other page."""


@attrs.frozen
class Plan:
    """What a query asks for."""

    conditions: tuple[Condition, ...] = ()
    predicates: tuple[Callable[..., bool], ...] = ()
    parameters: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    order: str | None = None
    limit: int | None = None
    whole: bool = False
    ahead: int = 0
    strict: bool = False
    parents: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the service's own count is the count of this plan."""
        return not (self.conditions or self.predicates or self.parameters) and self.limit is None


@attrs.frozen
class Page(Generic[M]):
    """The records of one page that passed, in the service's order; `number` counts from 1."""

    number: int
    records: tuple[M, ...] = attrs.field(repr=False)
    is_last: bool


@attrs.frozen
class _Fetched:
    rows: list[wire.Row] = attrs.field(repr=False)
    context: envelope.PageContext


class Run(Generic[M]):
    """One iteration of a query."""

    def __init__(self, model: type[M], plan: Plan, session: Session) -> None:
        self._model = model
        self._plan = plan
        self._session = session
        self._facts = model.facts()
        # Below no record, some list the records below all of them.
        everywhere = not plan.parents and self._facts.operation("list_all") is not None
        self._operation = model._needed_operation("list_all" if everywhere else "list")
        self._watch = session.watches.start(model)
        loads = Loads(session.settings.lazy_limit)
        self._intake = Intake(session, model, whole=False, parents=plan.parents, loads=loads)
        self._seen = Seen()
        self._look_around()
        self._before: list[wire.Row] = []
        self._furthest = 0
        self._in_vain = 0
        self._warned = False
        self._yielded = 0

    def records(self) -> Iterator[M]:
        """Yield each record once."""
        for _, records, _ in self._walk():
            yield from records

    def pages(self) -> Iterator[Page[M]]:
        """Yield what passed of each fetched page."""
        for number, records, is_last in self._walk():
            yield Page(number, tuple(records), is_last)

    def counted(self) -> int | None:
        """Return the service's own count, None where it tells none; one call."""
        if not self._facts.counts:
            return None
        return self._fetch(1, {"response_option": "2"}, rows=False).context.total

    def _walk(self) -> Iterator[tuple[int, Iterator[M], bool]]:
        if self._plan.limit == 0:
            return
        number = 1
        brought = False
        with Ahead(self._fetch_number, self._plan.ahead) as ahead:
            while True:
                self._watch.look()
                fetched = ahead.page(number)
                unseen = self._unseen(number, fetched.rows)
                brought = brought or bool(unseen)
                # Behind an empty page there is nothing, whatever it says.
                is_last = fetched.context.is_last or not fetched.rows
                if not is_last and self._in_vain >= _PAGES_IN_VAIN:
                    raise self._endless(number)
                yield number, self._passing(unseen), is_last
                if self._is_done():
                    return
                moved = self._watch.moves or self._watch.moved_any
                if moved and unseen and not is_last:
                    # What was fetched ahead shows the list as it was. Behind the last page there
                    # was nothing to move, and by now there may be no such page.
                    ahead.forget()
                    number = self._first_moved(number)
                elif not is_last:
                    ahead.start(number, self._last_needed(fetched.context.total_pages))
                    number += 1
                elif self._watch.others and brought:
                    # Nobody knows which pages were asked before and which after those writes.
                    self._watch.others = brought = False
                    ahead.forget()
                    number = 1
                else:
                    return

    def _first_moved(self, number: int) -> int:
        """Return the first page to which writes may have moved rows that were behind `number`.

        Each write moves them up by one at most: this page again as long as no more records were
        written than it holds, an earlier one if the loop has collected more before it wrote.
        """
        if self._watch.moved_any:
            return 1
        size = self._page_size()
        return max(1, min(number, (number * size - self._watch.moves) // size + 1))

    def _is_done(self) -> bool:
        return self._plan.limit is not None and self._yielded >= self._plan.limit

    def _fetch_number(self, number: int) -> _Fetched:
        extra: dict[str, str] = {}
        if self._plan.ahead and number == 1 and self._facts.counts:
            extra["response_option"] = "1"
        return self._fetch(number, extra)

    def _fetch(self, number: int, extra: Mapping[str, str], *, rows: bool = True) -> _Fetched:
        query = [(one.parameter, one.sent) for one in self._plan.conditions]
        if self._plan.order is not None:
            descending = self._plan.order.startswith("-")
            query.append(("sort_column", self._plan.order.removeprefix("-")))
            query.append(("sort_order", "D" if descending else "A"))
        query += [("page", str(number)), ("per_page", str(self._page_size()))]
        query += [*extra.items(), *self._plan.parameters]
        call, answer = self._session.call(self._operation, self._plan.parents, query=query)
        found = envelope.rows_of(answer, self._facts, call) if rows else []
        return _Fetched(found, envelope.page_context(answer, call))

    def _page_size(self) -> int:
        if self._plan.limit is None or self._drops_rows:
            return PAGE_SIZE
        return min(PAGE_SIZE, self._plan.limit)

    def _last_needed(self, last: int | None) -> int | None:
        """Return the last page worth fetching ahead; `last` is the last there is, if known."""
        if self._plan.limit is None or self._drops_rows:
            return last
        limited = -(-self._plan.limit // self._page_size())
        return limited if last is None else min(last, limited)

    @property
    def _drops_rows(self) -> bool:
        """Whether rows may be dropped here, so that more of them must be asked for than wanted."""
        return bool(self._plan.conditions or self._plan.predicates)

    def _endless(self, number: int) -> MalformedReply:
        return MalformedReply(
            f"the service says of every page of {self._facts.name} that another follows, but "
            f"{self._in_vain} in a row, up to page {number}, brought no new row",
            advice="What was yielded so far is all that it gave",
        )

    def _unseen(self, number: int, rows: list[wire.Row]) -> list[wire.Row]:
        """Return the rows that are new to this walk and were not created during it."""
        name, created = self._facts.id or "", self._watch.created
        ids = [str(row.get(name) or "") for row in rows]
        new = self._seen.add(ids)
        # Rows without an id cannot be told from each other, so all of them count as new.
        brings_new = any(compress(ids, new)) or ("" in ids and rows != self._before)
        self._count_vain(number, brings_new)
        self._before = rows
        if all(new) and created.isdisjoint(ids):
            return rows
        return [
            row
            for row, identifier, is_new in zip(rows, ids, new, strict=True)
            if not identifier or (is_new and identifier not in created)
        ]

    def _count_vain(self, number: int, brings_new: bool) -> None:
        """Count the pages in a row that bring no row that was not there before.

        A page that is asked for again, because writes may have moved rows to it, does not count.
        """
        if brings_new:
            self._in_vain = 0
        elif number > self._furthest:
            self._in_vain += 1
        self._furthest = max(self._furthest, number)

    def _passing(self, rows: list[wire.Row]) -> Iterator[M]:
        plan = self._plan
        if plan.conditions:
            rows = [row for row in rows if self._keeps(row)]
        found = self._whole(rows) if plan.whole else self._partial(rows)
        return self._chosen(found) if plan.predicates or plan.limit is not None else found

    def _chosen(self, records: Iterator[M]) -> Iterator[M]:
        for record in records:
            if all(predicate(record) for predicate in self._plan.predicates):
                self._yielded += 1
                yield record
                if self._is_done():
                    return

    def _partial(self, rows: list[wire.Row]) -> Iterator[M]:
        """Yield the records of `rows`, made all at once: one by one they take a third longer."""
        self._look_around()
        self._intake.compare(rows)
        # Backwards, so that the next one to yield stands at the end.
        waiting = self._intake.records(rows[::-1], self._known)
        while waiting:
            # The loop may enter a block between two records, or hand the iterator to a thread.
            # Not if it has left one of another session: what it saved ahead would be old again.
            if binding.blocks() != self._blocks or threading.get_ident() != self._thread:
                self._look_around()
                waiting = self._intake.records(rows[: -len(waiting) - 1 : -1], self._known)
            # From here on only the loop holds the record, and with it the edits that it makes.
            yield waiting.pop()

    def _look_around(self) -> None:
        """Find the records that are known in the place that asks for the next one."""
        self._blocks, self._thread = binding.blocks(), threading.get_ident()
        self._known = self._session.identity.table(self._model)

    def _whole(self, rows: list[wire.Row]) -> Iterator[M]:
        """Yield the whole records of `rows`, but for those deleted since the list was made."""
        for row in rows:
            identifier = self._model._id_in(row)
            if identifier is None:
                raise MalformedReply(
                    f"a row of {self._facts.name} came without its {self._facts.id}, "
                    "so the whole record cannot be asked for"
                )
            try:
                record = self._session.get(self._model, identifier, self._plan.parents)
            except NotFound:
                continue
            yield record

    def _keeps(self, row: wire.Row) -> bool:
        kept = True
        for one in self._plan.conditions:
            if self._plan.strict and not one.can_judge(row):
                raise FilterIgnored(
                    f"{self._facts.name} rows do not show {one.row_field}, so that nobody can tell "
                    f"whether {one.name}__{one.lookup} was honoured",
                    advice="Without strict such rows are kept",
                )
            verdict = one.verdict(row)
            if verdict is Verdict.IGNORED:
                self._say_ignored(one)
            kept = kept and verdict is Verdict.KEEP
        return kept

    def _say_ignored(self, one: Condition) -> None:
        said = FilterIgnored(
            f"the service sent {self._facts.name} rows that {one.name}__{one.lookup} excludes",
            advice="They were dropped here; every page is fetched all the same",
        )
        if self._plan.strict:
            raise said
        if not self._warned:
            self._warned = True
            warn(said)
