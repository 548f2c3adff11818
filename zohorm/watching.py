"""Tell running iterations of this session's writes, for writes move the rows between pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from zohorm import forking

if TYPE_CHECKING:
    from zohorm.stored import Stored


class Watch:
    """What one iteration hears: whether its model was written, and which records are new."""

    def __init__(self, model: type[Stored]) -> None:
        self.model = model
        self.written = False
        self.created: set[str] = set()


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

    def note(self, model: type[Stored], *, created: str | None = None) -> None:
        """Say that a record of `model` was written; `created` is its id if it is new."""
        with self._lock:
            watches = [watch for watch in self._watches if watch.model is model]
        for watch in watches:
            watch.written = True
            if created is not None:
                watch.created.add(created)

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()
