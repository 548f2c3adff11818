"""A list of records, asked for lazily: filters, order, pages; immutable, each use starts anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, Never, TypeVar

import attrs

from zohorm import wire
from zohorm.errors import (
    InvalidValue,
    NotPicklable,
    NotSingle,
    UnknownFilter,
    Unsupported,
    WrongType,
)
from zohorm.lookups import Condition, condition
from zohorm.pages import Page, Plan, Run

if TYPE_CHECKING:
    from zohorm.declared import Declared
    from zohorm.session import Session

M = TypeVar("M", bound="Declared")

_SENT_BY_METHODS = {
    "page": "pages(), which yields them one by one",
    "per_page": "limit(rows)",
    "sort_column": "order_by(column)",
    "sort_order": 'order_by(column) or order_by("-column")',
    "response_option": "count()",
}

__all__ = ["Page", "Query"]


class Query(Generic[M]):
    """The records that a model's `iterate()` asks for; nothing is sent before it is iterated.

    One call per page of 200 rows. Iterating again asks again. Each method returns a new query.
    """

    __slots__ = ("_model", "_plan", "_session")

    def __init__(self, model: type[M], plan: Plan, session: Session | None) -> None:
        self._model = model
        self._plan = plan
        self._session = session

    def _with(self, plan: Plan) -> Query[M]:
        return Query(self._model, plan, self._session)

    def __repr__(self) -> str:
        names = ", ".join(one.name for one in self._plan.conditions)
        return f"<Query of {self._model.__name__}{f' by {names}' if names else ''}>"

    def __copy__(self) -> Query[M]:
        return self._with(self._plan)

    def __reduce__(self) -> Never:
        raise NotPicklable(
            f"{self!r} holds a session and cannot be pickled",
            advice="Pickle list(query), or make the query on the other side",
        )

    def __bool__(self) -> Never:
        raise WrongType(
            "a query is neither true nor false",
            advice="Ask .exists(); or list(query) for all the records",
        )

    def __len__(self) -> Never:
        raise WrongType(
            "a query has no length", advice="Ask .count(); or len(list(query)) for all the records"
        )

    def _run(self) -> Run[M]:
        # A query takes its session when it is made, else at first use, and then keeps it.
        if self._session is None:
            self._session = self._model._session_now()
        self._session.check_open()
        return Run(self._model, self._plan, self._session)

    def __iter__(self) -> Iterator[M]:
        """Yield each record once, though pages may shift; one call per page.

        Rows hold what the list shows; reading more fetches the record, see `whole()`. While this
        session writes records of the model, it asks again from the page that they may have moved
        rows to until nothing new comes, so that a loop may change what its query filters by.

        Warns:
            FilterIgnored: the service sent rows that a filter excludes; they were dropped.
            ManyLoads: the 11th row of this query was completed by a call of its own.
        """
        return self._run().records()

    def pages(self) -> Iterator[Page[M]]:
        """Yield the records page by page, as `iterate()` would; one call each."""
        return self._run().pages()

    def filter(self, **filters: object) -> Query[M]:
        """Return a query with more conditions.

        Raises:
            UnknownFilter: the resource documents no such filter.
            WrongType, InvalidValue: a value does not fit its filter.
        """
        added = (*self._plan.conditions, *conditions(self._model, filters))
        return self._with(checked(self._model, attrs.evolve(self._plan, conditions=added)))

    def where(self, predicate: Callable[[M], bool]) -> Query[M]:
        """Return a query that also drops records here; the service sends them all the same."""
        if not callable(predicate):
            raise WrongType("where() takes a function from a record to True or False")
        return self._with(attrs.evolve(self._plan, predicates=(*self._plan.predicates, predicate)))

    def params(self, **raw: object) -> Query[M]:
        """Return a query that sends further parameters as they are, unchecked here and there.

        Raises:
            InvalidValue: a method of the query sends that parameter, or a filter does already.
        """
        for name in raw:
            if name in _SENT_BY_METHODS:
                raise InvalidValue(
                    f"params() cannot send {name}, which the query sends itself",
                    advice=f"Use {_SENT_BY_METHODS[name]}",
                )
        added = (*self._plan.parameters, *wire.arguments(raw))
        return self._with(checked(self._model, attrs.evolve(self._plan, parameters=added)))

    def order_by(self, column: str) -> Query[M]:
        """Return a query sorted by `column`, descending with a leading `-`.

        Raises:
            UnknownFilter: the resource documents no sorting by it.
            WrongType: it is no text.
        """
        given: object = column
        if not isinstance(given, str):
            raise WrongType(f"order_by() takes a column's name, not {type(given).__name__}")
        facts = self._model.facts()
        if column.removeprefix("-") not in facts.sort:
            raise UnknownFilter(
                f"{facts.name} documents no sorting by {column!r}",
                advice=f"It sorts by {', '.join(facts.sort) or 'nothing'}; "
                "sorted(query, key=...) sorts here",
            )
        return self._with(attrs.evolve(self._plan, order=column))

    def limit(self, rows: int) -> Query[M]:
        """Return a query that ends after `rows` records; it may ask for pages of fewer rows.

        Raises:
            WrongType, InvalidValue: it is no number of rows.
        """
        if isinstance(rows, bool) or not isinstance(rows, int):
            raise WrongType(f"limit() takes a number of rows, not {type(rows).__name__}")
        if rows < 0:
            raise InvalidValue("limit() takes 0 rows or more")
        held = self._plan.limit
        return self._with(attrs.evolve(self._plan, limit=rows if held is None else min(rows, held)))

    def whole(self) -> Query[M]:
        """Return a query of whole records: one more call for each row that is not cached.

        Raises:
            Unsupported: the resource shows no single records.
        """
        self._model._needed_operation("get")
        return self._with(attrs.evolve(self._plan, whole=True))

    def ahead(self, pages: int) -> Query[M]:
        """Return a query that fetches up to `pages` pages ahead, once page 1 says there is more.

        Where the service tells the count, no page beyond the last is asked for; elsewhere up to
        `pages` - 1 calls may be in vain. A write of the model during the iteration ends it.
        """
        if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= 50:
            raise InvalidValue("ahead() takes 1 to 50 pages")
        return self._with(attrs.evolve(self._plan, ahead=pages))

    def strict(self) -> Query[M]:
        """Return a query that raises `FilterIgnored` where others warn and drop the row.

        A row that does not show what a filter tests raises it, too.

        Raises:
            Unsupported: no row can confirm one of the filters.
        """
        return self._with(checked(self._model, attrs.evolve(self._plan, strict=True)))

    def first(self) -> M | None:
        """Return the first record, None if there is none; one call, more if rows are dropped."""
        return next(iter(self.limit(1)), None)

    def one(self) -> M:
        """Return the only record; one call, more if rows are dropped.

        Raises:
            NotSingle: there is none, or more than one.
        """
        found = list(self.limit(2))
        if len(found) != 1:
            raise NotSingle(
                f"{self!r} found {'more than one record' if found else 'no record'}",
                advice="first() takes the first or None" if found else "Loosen the filters",
            )
        return found[0]

    def exists(self) -> bool:
        """Say whether there is any record; costs as `first()`."""
        return self.first() is not None

    def count(self) -> int:
        """Return the number of records.

        One call where the service counts and no filter, predicate or limit is set; otherwise the
        pages are walked, one call each, for only rows show whether a filter was honoured.
        """
        run = self._run()
        counted = run.counted() if self._plan.is_plain else None
        return sum(1 for _ in run.records()) if counted is None else counted


def asked(
    model: type[M],
    filters: Mapping[str, object],
    session: Session | None,
    *,
    parents: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Query[M]:
    """Return the query of the records of `model`, below `parents`, that all `filters` hold for.

    Raises:
        UnknownFilter: the resource documents no such filter.
        InvalidValue, Unsupported: see `checked`.
    """
    plan = Plan(conditions=conditions(model, filters), parents=parents or {}, strict=strict)
    return Query(model, checked(model, plan), session)


def conditions(model: type[Declared], filters: Mapping[str, object]) -> tuple[Condition, ...]:
    """Return the conditions that `filters` ask for.

    Raises:
        UnknownFilter: the resource documents no such filter.
    """
    facts = model.facts()
    return tuple(condition(facts.name, facts.filters, key, filters[key]) for key in filters)


def checked(model: type[Declared], plan: Plan) -> Plan:
    """Return `plan` if the service can make sense of it.

    Raises:
        InvalidValue: two filters would send the same parameter.
        Unsupported: the plan is strict, and no row can confirm one of its filters.
    """
    sent = [one.parameter for one in plan.conditions] + [name for name, _ in plan.parameters]
    doubled = sorted({name for name in sent if sent.count(name) > 1})
    if doubled:
        raise InvalidValue(
            f"two filters would both send {', '.join(doubled)}, and the service takes one",
            advice="Test for the other one with .where(...).",
        )
    if plan.strict:
        _check_strict(model, plan)
    return plan


def _check_strict(model: type[Declared], plan: Plan) -> None:
    for one in plan.conditions:
        if one.judge is None or not hasattr(model, one.row_field):
            raise Unsupported(
                f"no row of {model.__name__} can confirm the filter {one.name}, so a strict query "
                "could not tell whether the service honours it",
                advice="Ask without strict, or test with .where(...).",
            )
