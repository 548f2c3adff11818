"""Ids that a walk has met, held in little memory: an organization may have millions of records."""

from __future__ import annotations

_BITS = 10
_MASK = (1 << _BITS) - 1


class Seen:
    """A set of ids. Those of digits, as the service has them, take few bits if they lie close.

    Blocks of 1,024 neighbouring numbers share one integer; ids of any other form are kept as text.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}
        self._others: set[str] = set()

    def __contains__(self, identifier: str) -> bool:
        number = _number(identifier)
        if number is None:
            return identifier in self._others
        return bool(self._blocks.get(number >> _BITS, 0) >> (number & _MASK) & 1)

    def add(self, identifier: str) -> bool:
        """Note an id; say whether it is new."""
        number = _number(identifier)
        if number is None:
            is_new = identifier not in self._others
            self._others.add(identifier)
            return is_new
        block, bit = number >> _BITS, 1 << (number & _MASK)
        held = self._blocks.get(block, 0)
        if held & bit:
            return False
        self._blocks[block] = held | bit
        return True


def _number(identifier: str) -> int | None:
    """Return an id of digits as a number; one that begins with 0 would be equal to another."""
    if identifier.isascii() and identifier.isdigit() and identifier[0] != "0":
        return int(identifier) if len(identifier) < 40 else None
    return None
