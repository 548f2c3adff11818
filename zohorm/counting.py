"""Counts of the calls that a block makes: `with session.count_calls() as calls`."""

from __future__ import annotations

import threading
from collections import Counter

from zohorm import forking


class CallCount:
    """What the calls of one block have cost so far; safe for the threads that make them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the rest
        self._by_method: Counter[str] = Counter()
        self._retries = 0
        self._refreshes = 0
        self._wait_seconds = 0.0
        forking.register(self)

    @property
    def made(self) -> int:
        """The calls that were sent; each attempt is one, as the service counts them."""
        with self._lock:
            return self._by_method.total()

    @property
    def by_method(self) -> dict[str, int]:
        """The calls that were sent, by verb: `{"GET": 3, "PUT": 1}`."""
        with self._lock:
            return dict(self._by_method)

    @property
    def retries(self) -> int:
        """How many times a call was tried again."""
        return self._retries

    @property
    def refreshes(self) -> int:
        """How many times an access token was asked for; these are no calls of the organization."""
        return self._refreshes

    @property
    def wait_seconds(self) -> float:
        """The seconds that calls waited: for their turn, for a token, and between attempts.

        Calls of several threads wait side by side, so it may be more than has passed.
        """
        return self._wait_seconds

    def __repr__(self) -> str:
        parts = f"made={self.made}, retries={self.retries}, wait_seconds={self.wait_seconds:.1f}"
        return f"<{type(self).__name__} {parts}>"

    def add(
        self, *, method: str | None = None, retries: int = 0, refreshes: int = 0, seconds: float = 0
    ) -> None:
        """Count so much more; `method` is the verb of a call that was sent."""
        with self._lock:
            if method is not None:
                self._by_method[method] += 1
            self._retries += retries
            self._refreshes += refreshes
            self._wait_seconds += seconds

    def renew_after_fork(self) -> None:
        """Make a new lock; the counts stay."""
        self._lock = threading.Lock()
