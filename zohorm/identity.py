"""The identity map: within one block or thread, one object per record, held weakly."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from zohorm import forking

if TYPE_CHECKING:
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")


class IdentityMap:
    """Records by class and id, as long as somebody else holds them.

    It holds no record itself, so an unsaved edit lives exactly as long as its holder's reference.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _records: a block's map may be met by two threads
        self._records: WeakValueDictionary[tuple[type[Stored], str], Stored] = WeakValueDictionary()
        forking.register(self)

    def find(self, model: type[M], identifier: str) -> M | None:
        """Return the record of `identifier` that somebody holds, or None."""
        with self._lock:
            found = self._records.get((model, identifier))
        return found if found is None or isinstance(found, model) else None

    def add(self, model: type[M], identifier: str, record: M) -> None:
        """Make `record` the one object of its id."""
        with self._lock:
            self._records[model, identifier] = record

    def remove(self, model: type[M], identifier: str) -> None:
        """Forget the record of `identifier`."""
        with self._lock:
            self._records.pop((model, identifier), None)

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()
