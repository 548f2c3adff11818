"""Counts the records that reading completes one call at a time, before they cost a day."""

from __future__ import annotations

from typing import Final

from zohorm.errors import ManyLoads, NotLoaded
from zohorm.warning import warn

_WARN_AT = 11


class Loads:
    """The lazy fetches of one query's rows."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0

    def note(self, field: str) -> None:
        """Count one more fetch, made because `field` was read.

        Raises:
            NotLoaded: the query has used up its limit.
        """
        if self._count >= self._limit:
            raise NotLoaded(
                f"{field} is not loaded, and this query has completed {self._count} rows already "
                f"(lazy_limit={self._limit})",
                advice="Ask for whole records with .whole(), one call per row, or read only what "
                "list rows carry",
            )
        self._count += 1
        if self._count == _WARN_AT:
            warn(
                ManyLoads(
                    f"reading {field} fetches each row of this query by itself: "
                    f"{self._count} calls so far. .whole() does so openly; list rows cost none."
                )
            )


class _Free(Loads):
    """Counts nothing."""

    def note(self, field: str) -> None:
        """Let the fetch pass."""


FREE: Final[Loads] = _Free(0)
"""Of a record that was acted on, so that no query and no limit keeps its next read from being true.

Where the service shows such records in lists alone, it marks one of which no list row is held.
"""
