"""Pages fetched ahead by threads, at most so many at a time; a walk takes them in order."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

from zohorm import forking

P = TypeVar("P")


class Ahead(Generic[P]):
    """Fetches pages by number; `pages` of them ahead of the one that is asked for, 0 for none."""

    def __init__(self, fetch: Callable[[int], P], pages: int) -> None:
        self._fetch = fetch
        self._pages = pages
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: dict[int, Future[P]] = {}
        self._last: int | None = None
        forking.register(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.forget()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def page(self, number: int) -> P:
        """Return the page, fetched ahead or now."""
        waiting = self._waiting.pop(number, None)
        return self._fetch(number) if waiting is None else waiting.result()

    def start(self, number: int, last: int | None) -> None:
        """Begin to fetch the pages behind `number`, up to `last` if that is known."""
        if not self._pages:
            return
        if last is not None:
            self._last = last
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._pages, thread_name_prefix="zohorm-ahead")
        for ahead in range(number + 1, number + 1 + self._pages):
            if ahead not in self._waiting and (self._last is None or ahead <= self._last):
                # Threads that the library starts see the caller's bound session.
                context = contextvars.copy_context()
                self._waiting[ahead] = self._pool.submit(context.run, self._fetch, ahead)

    def forget(self) -> None:
        """Drop what was fetched ahead, and fetch nothing ahead until `start()`."""
        for future in self._waiting.values():
            future.cancel()
        self._waiting = {}

    def renew_after_fork(self) -> None:
        """Forget what only threads of the parent fetch; the child asks for it by itself."""
        self._waiting = {}
        self._pool = None
