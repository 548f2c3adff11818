"""The calls of one organization, counted in a file that processes of one machine share.

The file holds a line with a checksum, and JSON. Each change reads and writes it under its lock,
about a tenth of a millisecond; a process that ends at any moment leaves a file that is as it was
before, or as it is after, or whose checksum does not fit: then a full minute is believed to be
used up. What a dead process held is given back by who next finds something in the way.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
import zlib
from array import array
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from zohorm.clock import Clock
from zohorm.day import Day, Quota
from zohorm.errors import CoordinatorAway
from zohorm.extras.private_files import Presence, locked_file, own_turn, read_all, write_all
from zohorm.extras.shared_time import SharedTime
from zohorm.pace import Obstacle, Pace, Rate, queued

_HEAD = "zohorm pace 1 {:08x} {:08d}\n"
_HEAD_LENGTH = len(_HEAD.format(0, 0))
# When to look whether a call of another process has ended; those behind look less often.
_LOOK_SECONDS = 0.05
_RAREST_LOOK_SECONDS = 0.5
# Who waits and is so much too late to look again is not waited for.
_GRACE_SECONDS = 2.0

_log = logging.getLogger("zohorm.throttle")


@attrs.define
class _Book:
    """What the file holds, read; `now` is its time.

    Attributes:
        calls: how many calls each process has in flight, by the names of their presences.
        line: which processes wait for a turn, in the order in which they began to, and when each
            will look again.
        unchanged: it was only read, and need not be written.
    """

    time: SharedTime = attrs.field(factory=SharedTime)
    now: float = 0.0
    pace: Pace = attrs.field(factory=Pace)
    day: Day = attrs.field(factory=Day)
    calls: dict[str, int] = attrs.field(factory=dict)
    line: dict[str, float] = attrs.field(factory=dict)
    unchanged: bool = False

    def settle(self, name: str, held: int) -> None:
        """Let a process have as many calls in flight as it says; those that it had have ended."""
        before = self.calls.pop(name, 0)
        for _ in range(before - held):
            self.pace.end(self.now)
        # More than the file knows of: it was damaged meanwhile, or removed.
        self.pace.in_flight += max(0, held - before)
        if held:
            self.calls[name] = held

    def bury(self, presence: Presence) -> None:
        """Give back what dead processes held; their calls count as if they had ended now."""
        for name in {*self.calls, *self.line}:
            if not presence.lives(name):
                self.settle(name, 0)
                self.line.pop(name, None)

    def before(self, name: str) -> int:
        """Return how many other processes have waited for longer than this one."""
        count = 0
        for other, due in self.line.items():
            if other == name:
                break
            count += self.now <= due + _GRACE_SECONDS
        return count


class FileLedger:
    """One process's access to such a file; safe for threads and forks.

    Several in one process, each with a presence of its own, count as several processes.
    """

    def __init__(self, path: Path, presence: Presence, *, rate: Rate, clock: Clock) -> None:
        """`rate` tells how much is believed to be used up when the file is damaged."""
        self._path = path
        self._presence = presence
        self._most = rate.calls_per_minute
        self._clock = clock
        self._lock = threading.Lock()  # guards the two below, and is held while the file is
        self._held: set[object] = set()
        self._waits: object = None
        # Not guarded: what a thread adds that cannot wait for the lock, the next one takes on.
        self._ended: deque[object] = deque()
        self._news: deque[Quota] = deque(maxlen=1)

    def begin(self, ticket: object, *, rate: Rate, place: int, reserve: int) -> Obstacle | None:
        """Write the call down as started, or return why it may not start yet."""
        with self._alone(), self._open() as book:
            name = self._presence.name
            book.bury(self._presence)
            others = book.before(name)
            found = self._obstacle(book, rate, place + others, reserve)
            if place:
                book.unchanged = True
                return found or queued(place)
            if found is None:
                self._held.add(ticket)
                self._waits = None
                book.line.pop(name, None)
                book.pace.start(book.now)
                book.calls[name] = len(self._held)
                return None
            if found.seconds is None:
                look = min(_LOOK_SECONDS * (1 + others), _RAREST_LOOK_SECONDS)
                found = attrs.evolve(found, look_seconds=look)
            # One that waits already keeps its place.
            book.line[name] = book.now + (found.seconds or found.look_seconds or 0.0)
            self._waits = ticket
            return found

    def end(self, ticket: object) -> None:
        """Write the call down as ended, or the place in the line as left."""
        if ticket not in self._held and ticket is not self._waits:
            return
        self._ended.append(ticket)
        try:
            with self._alone(), self._open() as book:
                if ticket is self._waits:
                    book.line.pop(self._presence.name, None)
                    self._waits = None
        except CoordinatorAway as error:
            # The answer of the call matters more; the next change settles the count.
            _log.warning("the end of a call was not written down: %s", error)

    def hold(self, seconds: float) -> None:
        """Let no process start a call for so long."""
        with self._alone(), self._open() as book:
            book.pace.hold(book.now, seconds)

    def narrow(self, rate: Rate) -> None:
        """Allow all processes together one call fewer at once."""
        with self._alone(), self._open() as book:
            book.pace.narrow(rate, book.now)

    def quota(self) -> Quota | None:
        """Return what processes know of the day, None if they cannot be asked."""
        try:
            with self._alone(), self._open() as book:
                book.unchanged = True
                return book.day.known(self._clock.time())
        except CoordinatorAway:
            return None  # It is asked for to tell of another error, which must not be hidden.

    def learn(self, quota: Quota) -> None:
        """Take note of what an answer said; written with the end of a call, if one is in flight."""
        self._news.append(quota)
        if not self._held:
            with self._alone(), self._open():
                pass

    def renew_after_fork(self) -> None:
        """Make a new lock; the calls in flight stay the parent's."""
        self._lock = threading.Lock()
        self._held.clear()
        self._ended.clear()
        self._waits = None

    def _obstacle(self, book: _Book, rate: Rate, before: int, reserve: int) -> Obstacle | None:
        book.day.require(reserve, in_flight=book.pace.in_flight, now=self._clock.time())
        return book.pace.obstacle(rate, book.now, before)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with own_turn(self._lock, self._path):
            while self._ended:
                self._held.discard(self._ended.popleft())
            yield

    @contextmanager
    def _open(self) -> Iterator[_Book]:
        """Yield what the file holds, and write it back if that is not the same afterwards."""
        with locked_file(self._path) as descriptor:
            content = read_all(descriptor)
            book = self._read(content)
            book.now = book.time.read(self._clock.now(), self._clock.time())
            book.settle(self._presence.name, len(self._held))
            news = list(self._news)
            for each in news:
                book.day.learn(each, self._clock.time())
            yield book
            if not book.unchanged:
                write_all(self._path, descriptor, _content(book))
                for each in news:
                    with suppress(ValueError):  # A newer one has come in its place.
                        self._news.remove(each)

    def _read(self, content: bytes) -> _Book:
        if not content:
            return self._new()
        head, body = content[:_HEAD_LENGTH], content[_HEAD_LENGTH:]
        try:
            length = int(head[-9:])
            body = body[:length]
            if head != _HEAD.format(zlib.crc32(body), length).encode():
                raise ValueError("the checksum does not fit")
            return _book(body)
        except (ValueError, TypeError, KeyError, AttributeError):
            _log.warning("%s was damaged: a full minute is believed to be used up", self._path)
        book = self._new()
        book.pace.ended.extend([book.time.last] * self._most)
        return book

    def _new(self) -> _Book:
        return _Book(SharedTime(steady=self._clock.now(), wall=self._clock.time()))


def _content(book: _Book) -> bytes:
    quota = book.day.quota
    members = {
        "time": attrs.astuple(book.time),
        # A hundred numbers as text would take most of the time of a change.
        "ended": b64encode(array("d", book.pace.ended).tobytes()).decode(),
        "last_start": book.pace.last_start,
        "held_until": book.pace.held_until,
        "withdrawn": book.pace.withdrawn,
        "withdrawn_at": book.pace.withdrawn_at,
        "calls": book.calls,
        "line": book.line,
        "day": None
        if quota is None
        else {
            "limit": quota.limit,
            "remaining": quota.remaining,
            "resets_at": None if quota.resets_at is None else quota.resets_at.timestamp(),
            "until": book.day.until,
        },
    }
    body = json.dumps(members, separators=(",", ":"), allow_nan=False).encode()
    return _HEAD.format(zlib.crc32(body), len(body)).encode() + body


def _book(body: bytes) -> _Book:
    members = json.loads(body)
    calls: dict[str, int] = members["calls"]
    return _Book(
        time=SharedTime(*members["time"]),
        pace=Pace(
            ended=deque(array("d", b64decode(members["ended"]))),
            in_flight=sum(calls.values()),
            last_start=members["last_start"],
            held_until=members["held_until"],
            withdrawn=members["withdrawn"],
            withdrawn_at=members["withdrawn_at"],
        ),
        day=_day(members["day"]),
        calls=calls,
        line=members["line"],
    )


def _day(members: dict[str, float] | None) -> Day:
    if members is None:
        return Day()
    limit, resets = members["limit"], members["resets_at"]
    return Day(
        Quota(
            None if limit is None else int(limit),
            int(members["remaining"]),
            None if resets is None else dt.datetime.fromtimestamp(resets, dt.UTC),
        ),
        members["until"],
    )
