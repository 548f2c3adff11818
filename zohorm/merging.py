"""Two people's orders of one list brought together; lists of embedded records ask.

Members are ids, or objects that have no id yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

M = TypeVar("M")


class OrdersClash(Exception):
    """Both sides have reordered the list, and differently."""


def merged(
    base: Sequence[str], mine: Sequence[str | M], theirs: Sequence[str], kept: Iterable[str]
) -> list[str | M]:
    """Return the members of both sides in one order, each new one behind its neighbour.

    `base` is the order that `mine` began with, `kept` the ids that `mine` has not removed.

    Raises:
        OrdersClash: both sides put what they share into different orders.
    """
    known, still = set(base), set(kept)
    staying = {member for member in theirs if member in known and member in still}
    mine = [member for member in mine if not isinstance(member, str) or member in theirs]
    my_order = [member for member in mine if member in staying]
    their_order = [member for member in theirs if member in staying]
    base_order = [member for member in base if member in staying]
    their_list: list[str | M] = [m for m in theirs if m in staying or m not in known]
    if my_order in (base_order, their_order):
        return woven(their_list, mine)
    if their_order != base_order:
        raise OrdersClash
    return woven(mine, their_list)


def woven(frame: Sequence[str | M], other: Sequence[str | M]) -> list[str | M]:
    """Return `frame` with what only `other` has, each behind its neighbour there."""
    result = list(frame)
    present = {_token(member) for member in frame}
    place = 0
    for member in other:
        if _token(member) in present:
            place = next(i for i, held in enumerate(result) if _token(held) == _token(member)) + 1
        else:
            result.insert(place, member)
            place += 1
    return result


def _token(member: object) -> object:
    return member if isinstance(member, str) else id(member)


def numbered(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Number `item_order` anew where rows carry it, so that it agrees with the order of the list.

    Source: Books v3, invoices, line_items.item_order.
    """
    if not any("item_order" in row for row in rows):
        return rows
    held = [row["item_order"] for row in rows if isinstance(row.get("item_order"), int)]
    first = min((order for order in held if isinstance(order, int)), default=1)
    for order, row in enumerate(rows, first):
        row["item_order"] = order
    return rows
