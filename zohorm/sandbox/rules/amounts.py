"""Numbers of records, exact in `Decimal`, and how they are rounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache

from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.stating import source

ZERO = Decimal(0)
HUNDRED = Decimal(100)
# More digits than a product of the longest numbers that a body may hold: nothing is lost before
# somebody rounds.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def amount(row: Row, name: str) -> Decimal:
    """Return a number of a record; an unset one is zero."""
    value = row.get(name)
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else ZERO


@source("Books v3, estimates: the example taxes 153 with 12.5 %, which is 19.125, as 19.13")
def rounded(number: Decimal, places: int = 2) -> Decimal:
    """An amount has the places of its currency; half a unit is rounded away from zero."""
    return number.quantize(_unit(places), ROUND_HALF_UP, _EXACT)


@contextmanager
def exactly() -> Iterator[None]:
    """Compute without losing a digit within a block."""
    with localcontext(_EXACT):
        yield


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)
