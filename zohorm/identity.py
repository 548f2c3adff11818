"""The identity map: within one block or thread, one object per record, held weakly."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar
from weakref import ref

from zohorm import forking

if TYPE_CHECKING:
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")

_FEW = 512


class _Table:
    """The records of one model by id; references to those that are gone are swept out at times."""

    def __init__(self) -> None:
        self.references: dict[str, ref[Stored]] = {}
        self.sweep_at = _FEW


class IdentityMap:
    """Records by class and id, as long as somebody else holds them.

    It holds no record itself, so an unsaved edit lives exactly as long as its holder's reference.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _tables: a block's map may be met by two threads
        self._tables: dict[type[Stored], _Table] = {}
        forking.register(self)

    def find(self, model: type[M], identifier: str) -> M | None:
        """Return the record of `identifier` that somebody holds, or None."""
        table = self._tables.get(model)
        reference = None if table is None else table.references.get(identifier)
        found = None if reference is None else reference()
        return found if isinstance(found, model) else None

    def add(self, model: type[M], identifier: str, record: M) -> None:
        """Make `record` the one object of its id."""
        with self._lock:
            table = self._tables.get(model)
            if table is None:
                table = self._tables[model] = _Table()
            table.references[identifier] = ref(record)
            if len(table.references) > table.sweep_at:
                _sweep(table)

    def remove(self, model: type[M], identifier: str) -> None:
        """Forget the record of `identifier`."""
        with self._lock:
            table = self._tables.get(model)
            if table is not None:
                table.references.pop(identifier, None)

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()


def _sweep(table: _Table) -> None:
    # Finding goes on meanwhile without the lock, so the dictionary is replaced, never emptied.
    table.references = {
        identifier: reference
        for identifier, reference in table.references.items()
        if reference() is not None
    }
    table.sweep_at = max(_FEW, 2 * len(table.references))
