"""One save of a record at a time within the process; saving asks for a turn, and waits for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from zohorm import forking
from zohorm.clock import Clock
from zohorm.errors import Timeout


class Savers:
    """Who saves which record now, and who waits for that, in the order in which they came.

    A save may read a list, put edits on top of it and write it back: of two at the same time, one
    would take the other's edit away. Whoever has the turn holds no lock, only its place.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards _queues; never held during a call
        self._queues: dict[Hashable, deque[int]] = {}
        forking.register(self)

    @contextmanager
    def turn(self, key: Hashable, clock: Clock, seconds: float) -> Iterator[None]:
        """Wait for the turn of `key`, at most `seconds`, and hold it for the length of the block.

        A thread that has the turn gets it again at once: a hook of its own call may save, too.

        Raises:
            Timeout: another save of the record took longer.
        """
        me = threading.get_ident()
        with self._changed:
            queue = self._queues.setdefault(key, deque())
            has_it = bool(queue) and queue[0] == me
            if not has_it:
                queue.append(me)
        if has_it:
            yield
            return
        try:
            self._wait(queue, me, clock, clock.now() + seconds)
            yield
        finally:
            with self._changed:
                queue.remove(me)
                if not queue and self._queues.get(key) is queue:
                    del self._queues[key]
                self._changed.notify_all()

    def _wait(self, queue: deque[int], me: int, clock: Clock, deadline: float) -> None:
        with self._changed:
            while queue[0] != me:
                left = deadline - clock.now()
                if left <= 0:
                    raise Timeout(
                        "another save of this record, in this process, goes on for too long",
                        advice="Try again, or allow it more time (max_wait_seconds)",
                        out_of_time=True,
                    )
                clock.wait(self._changed, left)

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child; the saves of the parent's threads are not its own."""
        self._changed = threading.Condition()
        self._queues = {}
