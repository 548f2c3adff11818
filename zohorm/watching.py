"""Tell running iterations of this session's writes, for writes move the rows between pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from zohorm import forking

if TYPE_CHECKING:
    from zohorm.stored import Stored


class Watch:
    """What one iteration hears: how many records of its model were written, and which are new.

    Attributes:
        moves: writes by the thread that iterates since it last looked; each may have moved the
            rows behind it up by one.
        moved_any: a write of many records at once, so that rows may be anywhere.
        others: another thread has written; nobody knows between which pages.
        created: ids of records made since the iteration began.
    """

    def __init__(self, model: type[Stored]) -> None:
        self.model = model
        self.thread = threading.get_ident()
        self.moves = 0
        self.moved_any = False
        self.others = False
        self.created: set[str] = set()

    def look(self) -> None:
        """Begin to count anew, for the thread that calls."""
        self.thread = threading.get_ident()
        self.moves = 0
        self.moved_any = False


class Watches:
    """The running iterations of one session; each hears as long as it is held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _watches
        self._watches: WeakSet[Watch] = WeakSet()
        forking.register(self)

    def start(self, model: type[Stored]) -> Watch:
        """Return a watch for one iteration of `model`."""
        watch = Watch(model)
        with self._lock:
            self._watches.add(watch)
        return watch

    def note(self, model: type[Stored], *, many: bool = False) -> None:
        """Say that a record of `model`, or `many`, was written, or may have been."""
        for watch in self._of(model):
            if watch.thread != threading.get_ident():
                watch.others = True
            elif many:
                watch.moved_any = True
            else:
                watch.moves += 1

    def note_any(self) -> None:
        """Say that records were written, or may have been, and nobody knows of which model."""
        with self._lock:
            models = {watch.model for watch in self._watches}
        for model in models:
            self.note(model, many=True)

    def note_new(self, model: type[Stored], identifier: str) -> None:
        """Say that a written record of `model` is a new one."""
        for watch in self._of(model):
            watch.created.add(identifier)

    def _of(self, model: type[Stored]) -> list[Watch]:
        with self._lock:
            return [watch for watch in self._watches if watch.model is model]

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()
