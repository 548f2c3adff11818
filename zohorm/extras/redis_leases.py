"""What a process holds in Redis, renewed while it lives and free soon after it died."""

from __future__ import annotations

import threading
from typing import Protocol


class Held(Protocol):
    """A thing with leases, such as the pace of an organization with its calls in flight."""

    def is_holding(self) -> bool:
        """Tell whether there is a lease to renew; asks nobody."""
        ...

    def renew(self) -> None:
        """Renew all leases; a failure is told to nobody, for the next renewal may come through."""


class Leases:
    """Renews from a thread, three times within a lease, while anything is held.

    It waits on real time: a lease says whether a process lives, on the clock of the Redis server.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()  # guards the two below
        self._things: set[Held] = set()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def watch(self, thing: Held) -> None:
        """Renew what this thing holds until it holds nothing."""
        with self._lock:
            self._things.add(thing)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="zohorm-leases", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Renew no more."""
        self._over.set()

    def renew_after_fork(self) -> None:
        """Forget the thread and the leases of the parent."""
        self._lock = threading.Lock()
        self._things = set()
        self._thread = None
        self._over = threading.Event()

    def _run(self) -> None:
        over = self._over
        try:
            while not over.wait(self.seconds / 3):
                with self._lock:
                    self._things = {thing for thing in self._things if thing.is_holding()}
                    things = list(self._things)
                    if not things:
                        # Under the lock: whoever holds something now starts another thread.
                        self._thread = None
                        return
                for thing in things:
                    thing.renew()
        except BaseException:
            with self._lock:
                self._thread = None  # The next thing that is held starts another one.
            raise
