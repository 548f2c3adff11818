"""The identity map: within one block or thread, one object per record, held weakly."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic, TypeVar, cast
from weakref import ref

from zohorm import forking

if TYPE_CHECKING:
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")

_FEW = 512


class Table(Generic[M]):
    """The records of one model by id, as long as somebody else holds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _references: a block's map may be met by two threads
        self._references: dict[str, ref[M]] = {}
        self._sweep_at = _FEW

    def find(self, identifier: str) -> M | None:
        """Return the record of `identifier` that somebody holds, or None."""
        reference = self._references.get(identifier)
        return None if reference is None else reference()

    def holds_any(self, identifiers: Iterable[str]) -> bool:
        """Say whether somebody holds a record of any of these ids."""
        met = self._references.keys() & identifiers
        return any(self.find(identifier) is not None for identifier in met)

    def add(self, identifier: str, record: M) -> None:
        """Make `record` the one object of its id, whatever was."""
        with self._lock:
            self._references[identifier] = ref(record)
            self._sweep_at_times()

    def one_of(self, identifier: str, record: M) -> M:
        """Return the one object of the id: the one that somebody holds, else `record`."""
        with self._lock:
            held = self.find(identifier)
            if held is not None:
                return held
            self._references[identifier] = ref(record)
            self._sweep_at_times()
        return record

    def add_new(self, identifiers: Iterable[str], records: Iterable[M]) -> bool:
        """Make each record the one object of its id; not any, and False, if one is held already."""
        with self._lock:
            if self.holds_any(identifiers):
                return False
            self._references.update(zip(identifiers, map(ref, records), strict=True))
            self._sweep_at_times()
        return True

    def remove(self, identifier: str) -> None:
        """Forget the record of `identifier`."""
        with self._lock:
            self._references.pop(identifier, None)

    def _sweep_at_times(self) -> None:
        if len(self._references) <= self._sweep_at:
            return
        # Finding goes on meanwhile without the lock, so the dictionary is replaced, never emptied.
        self._references = {
            identifier: reference
            for identifier, reference in self._references.items()
            if reference() is not None
        }
        self._sweep_at = max(_FEW, 2 * len(self._references))

    def renew_after_fork(self) -> None:
        """Take a new lock in a forked child."""
        self._lock = threading.Lock()


class IdentityMap:
    """The tables of one block or thread, by model.

    It holds no record itself, so an unsaved edit lives exactly as long as its holder's reference.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _tables
        self._tables: dict[type[Stored], Table[Stored]] = {}
        forking.register(self)

    def table(self, model: type[M]) -> Table[M]:
        """Return the records of `model`."""
        with self._lock:
            found = self._tables.get(model)
            if found is None:
                found = self._tables[model] = Table()
        return cast("Table[M]", found)  # Only records of `model` are added to it.

    def held(self, identifiers: Iterable[str]) -> list[Stored]:
        """Return the records of these ids that somebody holds, whatever their models."""
        with self._lock:
            tables = list(self._tables.values())
        wanted = set(identifiers)
        found = [table.find(identifier) for table in tables for identifier in wanted]
        return [record for record in found if record is not None]

    def renew_after_fork(self) -> None:
        """Take new locks in a forked child."""
        self._lock = threading.Lock()
        for table in self._tables.values():
            table.renew_after_fork()
