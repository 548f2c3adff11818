"""Who watches the calls of a session: the hooks of its settings, and the counts of its blocks.

The reporter tells of calls, and the grant of tokens of its own. Hooks run in the thread that makes
the call, and never while a lock is held. They only watch: what one raises is logged.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from zohorm import forking
from zohorm.counting import CallCount
from zohorm.errors import UsageError
from zohorm.events import CallEvent, RequestEvent, ResponseEvent, RetryEvent, WaitEvent, ended

_log = logging.getLogger("zohorm")
_log.addHandler(logging.NullHandler())

E = TypeVar("E", bound=CallEvent)
Hook = Callable[[E], object]
"""A function that takes an event; what it returns is not looked at."""
OneOrMore = Hook[E] | Sequence[Hook[E]]
"""What the settings take."""

# The counts of the blocks that a context is in, each with the hooks of its session.
_counts: contextvars.ContextVar[tuple[tuple[Hooks, CallCount], ...]] = contextvars.ContextVar(
    "zohorm_counts", default=()
)
# What the grant of tokens did for the call of this context, until the call tells of it.
_renewals: contextvars.ContextVar[list[tuple[RequestEvent, ResponseEvent]] | None] = (
    contextvars.ContextVar("zohorm_renewals", default=None)
)
_telling: contextvars.ContextVar[bool] = contextvars.ContextVar("zohorm_telling", default=False)


class Hooks:
    """Tells one session's hooks and counts of its calls; safe for threads and forks.

    Attributes:
        active: somebody watches. Nothing else needs to be asked while it is false.
    """

    def __init__(
        self,
        *,
        on_request: OneOrMore[RequestEvent] = (),
        on_response: OneOrMore[ResponseEvent] = (),
        on_wait: OneOrMore[WaitEvent] = (),
        on_retry: OneOrMore[RetryEvent] = (),
    ) -> None:
        self._on_request = _several(on_request)
        self._on_response = _several(on_response)
        self._on_wait = _several(on_wait)
        self._on_retry = _several(on_retry)
        self._hooked = bool(
            self._on_request or self._on_response or self._on_wait or self._on_retry
        )
        self._lock = threading.Lock()  # guards the three below
        self._counting = 0
        self._failed: set[int] = set()
        self.active = self._hooked
        forking.register(self)

    @contextmanager
    def count(self) -> Iterator[CallCount]:
        """Count the calls of this context in the block."""
        mine = (self, CallCount())
        self._note_counting(1)
        _counts.set((*_counts.get(), mine))
        try:
            yield mine[1]
        finally:
            # Not the value of before: blocks of generators may end in any order.
            _counts.set(tuple(other for other in _counts.get() if other is not mine))
            self._note_counting(-1)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch one call, and the renewals that it needs.

        Raises:
            UsageError: a hook makes the call. It may hold the turn that the call would wait for.
        """
        if _telling.get():
            raise UsageError(
                "a hook may not make calls",
                advice="Note what it is told, and make the call later or in another thread",
            )
        mark = _renewals.set([])
        try:
            yield
        finally:
            self.tell_renewals()
            _renewals.reset(mark)

    def tell_renewals(self) -> None:
        """Tell what the grant of tokens has noted in this context."""
        noted = _renewals.get()
        while noted:
            asked, answer = noted.pop(0)
            self.requested(asked)
            self.responded(answer)

    def requested(self, event: RequestEvent) -> None:
        """Tell that an attempt is about to be sent."""
        renewal = event.organization_id is None
        for count in self._mine():
            count.add(method=None if renewal else event.method, refreshes=int(renewal))
        self._tell(self._on_request, event)

    def responded(self, event: ResponseEvent) -> None:
        """Tell that an attempt is over."""
        self._tell(self._on_response, event)

    def waited(self, event: WaitEvent) -> None:
        """Tell that a call has waited, after the renewals that it may have waited for."""
        self.tell_renewals()
        for count in self._mine():
            count.add(seconds=event.seconds)
        self._tell(self._on_wait, event)

    def retried(self, event: RetryEvent) -> None:
        """Tell that a call will be tried again."""
        for count in self._mine():
            count.add(retries=1)
        self._tell(self._on_retry, event)

    def renew_after_fork(self) -> None:
        """Make a new lock."""
        self._lock = threading.Lock()

    def _mine(self) -> list[CallCount]:
        return [count for hooks, count in _counts.get() if hooks is self]

    def _note_counting(self, step: int) -> None:
        with self._lock:
            self._counting += step
            self.active = self._hooked or self._counting > 0

    def _tell(self, hooks: tuple[Hook[E], ...], event: E) -> None:
        if not hooks:
            return
        mark = _telling.set(True)
        try:
            for hook in hooks:
                try:
                    hook(event)
                # Whatever it is: the call may have been carried out already, and a write that was
                # done must not be reported as failed because somebody counted it wrongly.
                except Exception as error:  # noqa: BLE001
                    self._note_failure(hook, error)
        finally:
            _telling.reset(mark)

    def _note_failure(self, hook: Hook[E], error: Exception) -> None:
        with self._lock:
            known = id(hook) in self._failed
            self._failed.add(id(hook))
        if not known:
            name = getattr(hook, "__qualname__", type(hook).__name__)
            _log.warning(
                "the hook %s raised %s; the call goes on, and this is said once",
                name,
                type(error).__name__,
                exc_info=error,
            )


def _several(given: OneOrMore[E]) -> tuple[Hook[E], ...]:
    return (given,) if callable(given) else tuple(given)


def note_renewal(
    asked: RequestEvent, *, seconds: float, status: int | None, error: str | None
) -> None:
    """Note that the grant of tokens has asked, for whoever watches the call that needs the token.

    Told later: other threads and processes wait for the renewal, and must not wait for a hook.
    """
    noted = _renewals.get()
    if noted is not None:
        noted.append((asked, ended(asked, seconds=seconds, status=status, error=error)))
