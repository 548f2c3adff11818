"""Ids that a walk has met, held in little memory: an organization may have millions of records."""

from __future__ import annotations

from collections.abc import Iterable

_DIGITS = 3
_BITS = {f"{number:0{_DIGITS}}": 1 << number for number in range(10**_DIGITS)}


class Seen:
    """A set of ids. Those that end in digits, as the service's do, take few bits if they lie close.

    Ids that are equal but for their last three digits share one integer; others are kept as text.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, int] = {}
        self._others: set[str] = set()

    def add(self, identifiers: Iterable[str]) -> list[bool]:
        """Note the ids of a page in their order; say of each whether it was new."""
        blocks, others = self._blocks, self._others
        new: list[bool] = []
        for identifier in identifiers:
            bit = _BITS.get(identifier[-_DIGITS:])
            if bit is None:
                new.append(identifier not in others)
                others.add(identifier)
                continue
            block = identifier[:-_DIGITS]
            held = blocks.get(block, 0)
            if held & bit:
                new.append(False)
            else:
                blocks[block] = held | bit
                new.append(True)
        return new
