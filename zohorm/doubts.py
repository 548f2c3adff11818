"""The calls of a session whose outcome nobody knows: none of them is made again by accident.

Actions, creates below a record and `session.request()` ask here. A save in doubt is its record's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from zohorm.errors import Unsettled, UsageError, WrongType, ZohoError
from zohorm.streams import Broken

if TYPE_CHECKING:
    from zohorm.declared import Declared

Key = tuple[str, str, Hashable]
"""Method, path, and what else makes a call another one; None where nothing does."""


class Doubts:
    """What is in doubt, until somebody has looked, or says `again=True`."""

    def __init__(self) -> None:
        # Each step is one of a dictionary, which threads cannot come between.
        self._calls: dict[Key, None] = {}
        self._records: dict[Hashable, Declared] = {}

    def minding(self, key: Key | None, *, again: bool) -> AbstractContextManager[None]:
        """Refuse a call that is in doubt; else note it if it comes into doubt in the block.

        Without a key it may be repeated, and is minded by nobody.

        Raises:
            Unsettled: it is, and this is not `again`.
            WrongType: `again` is neither True nor False.
        """
        _check(again)
        if key is not None and not again and (key in self._calls or self.is_noted(*key[:2])):
            raise Unsettled(
                f"an earlier {key[0]} {key[1]} is in doubt: it may have been done",
                advice="Look at the service; refresh() the record says that you have, and "
                "again=True makes the call all the same",
            )
        return self._noting(key)

    @contextmanager
    def _noting(self, key: Key | None) -> Iterator[None]:
        try:
            yield
        except (UsageError, Broken):
            raise  # No call was made; and half a form with a file in it is none.
        except ZohoError as error:
            if key is not None and error.maybe_done:
                self._calls[key] = None
            raise
        except BaseException:
            if key is not None:
                self._calls[key] = None  # An interrupt may come between the call and its answer.
            raise
        if key is not None:
            self._calls.pop(key, None)
            self._calls.pop((*key[:2], None), None)

    def note(self, method: str, path: str) -> None:
        """Note a call that was done, with an answer that does not show what came of it."""
        self._calls[method, path, None] = None

    def is_noted(self, method: str, path: str) -> bool:
        """Say whether every such call is in doubt."""
        return (method, path, None) in self._calls

    def is_in_doubt(self, identifier: str) -> bool:
        """Say whether a call on the record of this id is."""
        return any(identifier in key[1].split("/") for key in list(self._calls))

    def forget(self, identifier: str) -> None:
        """Forget the calls on the record of this id, for somebody has looked at it."""
        for key in list(self._calls):
            if identifier in key[1].split("/"):
                self._calls.pop(key, None)

    def hold(self, key: Hashable, record: Declared) -> None:
        """Keep a new record whose create is in doubt, also if whoever made it lets it go."""
        self._records[key] = record

    def require_settled(self, key: Hashable, *, again: bool) -> None:
        """Refuse another create of the kind of `key` while one is in doubt.

        Raises:
            Unsettled: one is; `error.record` is that record.
            WrongType: `again` is neither True nor False.
        """
        _check(again)
        held = self._records.get(key)
        if held is None:
            return
        if again or not held.is_in_doubt:
            self._records.pop(key, None)
            return
        refused = Unsettled(
            f"an earlier create of {held!r} is in doubt: it may have been done",
            advice="error.record.settle() looks it up; create(again=True) makes another one",
        )
        refused.record = held
        raise refused


def _check(again: object) -> None:
    if not isinstance(again, bool):
        raise WrongType(f"again takes True or False, not {type(again).__name__}")
