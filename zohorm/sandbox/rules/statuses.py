"""Who may move where: the status that an action sets must follow on the one that a record has.

The moves are data, see `moves.py`. A status that no move knows, of a record that a test has stored,
is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rules.moves import MOVES, Move
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import stated

PRODUCTS = ("books", "inventory", "invoice")
"""The products whose documents keep books; the others have rules of their own."""
_WITH_MOVES = (*PRODUCTS, "expense")


@attrs.frozen
class _Table:
    moves: Mapping[str, Move]
    notes: Mapping[str, Callable[[], None]]
    known: frozenset[str]


def _table(name: str, moves: tuple[Move, ...]) -> _Table:
    notes = {
        move.to: stated(
            f"statuses.{name}.{move.to}", _says(move), source=move.source, because=move.because
        )
        for move in moves
    }
    known = frozenset(status for move in moves for status in (move.to, *move.origins))
    return _Table({move.to: move for move in moves}, notes, known)


def _says(move: Move) -> str:
    *others, last = (f"`{each}`" for each in move.origins)
    origins = f"{', '.join(others)} or {last}" if others else last
    return f"`{move.to}` follows on {origins}; on another status the action is refused."


_TABLES = {name: _table(name, moves) for name, moves in MOVES.items()}


def check(context: Context, row: Row, to: str) -> None:
    """Check that a record may get a status from the one that it has.

    Raises:
        Refusal: it may not.
    """
    table = _TABLES.get(context.resource.name)
    now = str(row.get("status") or "")
    if table is None or context.product.name not in _WITH_MOVES:
        return
    if now not in table.known and now not in context.resource.fields["status"].choices:
        return
    move = table.moves.get(to)
    if move is None:
        return
    table.notes[to]()
    if now not in move.origins:
        label = context.resource.label.lower()
        raise refusal(f"The {label} is {_text(now)}; it cannot become {_text(to)}.", move.code)


def _text(status: str) -> str:
    return status.replace("_", " ")
