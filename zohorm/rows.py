"""The cache of received rows, shared by the threads of one session; it never holds a record."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import attrs
from cachetools import LRUCache

from zohorm import forking, wire
from zohorm.clock import Clock
from zohorm.errors import ZohoError
from zohorm.savers import Savers

Key = tuple[type[object], str]
"""A model class and the id of one of its records."""


_MADE_REMEMBERED = 1000

# Stands for the fetch that a hit does not need.
_NO_FETCH: Future[wire.Row] = Future()

_log = logging.getLogger("zohorm.cache")
_log.addHandler(logging.NullHandler())


class Writes:
    """Counts the writes of this process in one organization, whatever product made them.

    A row counts as fresh only if no write began or ended after it was asked for: a payment saved
    in one product changes the balance of an invoice read through another.

    Attributes:
        savers: who saves which record of the organization now.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _moments
        self._moments = 0
        self._made: deque[tuple[str, str, str]] = deque(maxlen=_MADE_REMEMBERED)
        self.savers = Savers()
        forking.register(self)

    def note_made(self, api_url: str, identifier: str, token: str) -> None:
        """Remember a record that the attempt of `token` has made; ids repeat at another host."""
        self._made.append((api_url, identifier, token))

    def made_by_another(self, api_url: str, identifier: str, token: str) -> bool:
        """Say whether another attempt of this process made the record, so that this one cannot."""
        record = (api_url, identifier)
        return any(made[:2] == record and made[2] != token for made in self._made.copy())

    @property
    def moment(self) -> int:
        """A number that moves whenever a write begins or ends."""
        return self._moments

    @contextmanager
    def noting(self) -> Iterator[Callable[[], int | None]]:
        """Note a write around the block.

        The yielded function gives, after the block, the moment at which the write's own answer is
        fresh; None if another write overlapped it.
        """
        began = self._step()
        ended: list[int] = []
        try:
            yield lambda: ended[0] if ended and ended[0] == began + 1 else None
        finally:
            ended.append(self._step())

    def _step(self) -> int:
        with self._lock:
            self._moments += 1
            return self._moments

    def close(self) -> None:
        """Nothing is held."""

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()


@attrs.frozen
class _Kept:
    """A row, the moment since which it is fresh, and when by the clock it is no longer."""

    row: wire.Row = attrs.field(repr=False)
    moment: int
    until: float


class RowCache:
    """Whole rows by id, at most `rows` of them, each for at most `seconds`.

    One thread at a time fetches a row; the others that ask for it meanwhile wait for its answer.
    """

    def __init__(self, *, rows: int, seconds: float, clock: Clock, writes: Writes) -> None:
        self._writes = writes
        self._lock = threading.Lock()  # guards _kept and _fetching, never held during a fetch
        # Ours to time: cachetools' own timed cache looks through all its rows at every use.
        self._kept: LRUCache[Key, _Kept] = LRUCache(max(rows, 1))
        self._seconds = seconds
        self._clock = clock
        self._fetching: dict[tuple[Key, int], Future[wire.Row]] = {}
        self._enabled = rows > 0 and seconds > 0
        forking.register(self)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no row at all, fresh or not."""
        return not len(self._kept)

    def held(self, key: Key) -> wire.Row | None:
        """Return the row of `key` if it is still fresh."""
        moment = self._writes.moment
        with self._lock:
            return self._fresh(key, moment)

    def held_among(self, keys: Iterable[Key]) -> dict[Key, wire.Row]:
        """Return those rows of `keys` that are still fresh; most keys of a page were never held."""
        known = self._kept
        rows = {key: self.held(key) for key in keys if key in known}
        return {key: row for key, row in rows.items() if row is not None}

    def _fresh(self, key: Key, moment: int) -> wire.Row | None:
        kept = self._kept.get(key)
        if kept is None or kept.moment != moment or kept.until <= self._clock.now():
            return None
        return kept.row

    def fetch(self, key: Key, load: Callable[[], wire.Row]) -> wire.Row:
        """Return the fresh row of `key`, calling `load` at most once among all waiting threads.

        Raises:
            ZohoError: whatever `load` raised, in every thread that waited for it.
        """
        moment = self._writes.moment
        mine = running = _NO_FETCH
        with self._lock:
            row = self._fresh(key, moment)
            if row is None:
                mine = Future()
                # The moment is part of the name: nobody joins a fetch that began before a write.
                running = self._fetching.setdefault((key, moment), mine)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s %s: %s", key[0].__name__, key[1], "miss" if row is None else "hit")
        if row is not None:
            return row
        if running is mine:
            return self._load(key, moment, mine, load)
        error = running.exception()
        if error is None:
            return running.result()
        if isinstance(error, ZohoError):
            # Each thread raises an error of its own: tracebacks are written into the object.
            raise error.copy() from error
        # Whoever fetched was interrupted, which is no answer for this thread.
        return self.fetch(key, load)

    def _load(
        self, key: Key, moment: int, mine: Future[wire.Row], load: Callable[[], wire.Row]
    ) -> wire.Row:
        try:
            row = load()
        except BaseException as error:
            self._done(key, moment)
            mine.set_exception(error)
            raise
        self.keep(key, row, moment)
        self._done(key, moment)
        mine.set_result(row)
        return row

    def _done(self, key: Key, moment: int) -> None:
        with self._lock:
            self._fetching.pop((key, moment), None)

    def keep(self, key: Key, row: wire.Row, moment: int | None) -> None:
        """Hold `row` as fresh since `moment`; None says that it is not known to be fresh."""
        if moment is None or not self._enabled:
            return
        with self._lock:
            self._kept[key] = _Kept(row, moment, self._clock.now() + self._seconds)

    def forget(self, key: Key) -> None:
        """Drop the row of `key`."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Drop every row."""
        with self._lock:
            self._kept.clear()

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child, and forget fetches that only the parent makes."""
        self._lock = threading.Lock()
        self._fetching = {}
