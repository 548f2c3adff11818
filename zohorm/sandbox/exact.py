"""JSON whose numbers stay exact, and numbers as text that sorts.

A number with a fraction is a `Decimal` from the wire to the database and back; no float is made.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = "dict[str, Json]"

# Amounts beyond this many digits on either side of the point are refused: writing 1e999999 out in
# full would fill the memory.
DIGITS = 30
# How deep lists and objects may lie in each other.
_DEPTH = 64

# The C encoder knows no Decimal, so numbers pass it as text between two marks, which whoever sends
# us text cannot guess.
_BEGIN, _END = secrets.token_hex(8), secrets.token_hex(8)


class NotJson(ValueError):
    """Text that is no JSON, or JSON with a number or text that cannot be stored."""


def read(text: str) -> Json:
    """Return the value of JSON text; fractions become `Decimal`.

    Raises:
        NotJson: the text is broken, nested too deeply, or holds a number or character that no
            document can hold.
    """
    try:
        value = json.loads(
            text, parse_float=_fraction, parse_int=_integer, parse_constant=_no_constant
        )
        text.encode()
        # A lone surrogate can also be written as an escape, which only shows in the value.
        if "\\ud" in text.lower():
            json.dumps(value, default=str, ensure_ascii=False).encode()
        if text.count("[") + text.count("{") > _DEPTH and _depth(value) > _DEPTH:
            raise NotJson("JSON nested too deeply")
    except (ValueError, RecursionError) as error:
        raise NotJson("not JSON, or a value that cannot be stored") from error
    return cast(Json, value)


def load(text: str) -> Row:
    """Return the row that `write` made this text from, quicker than `read`: nothing is checked."""
    return cast(Row, _DECODER.decode(text))


def write(value: object) -> str:
    """Return JSON text; a `Decimal` is written in full with at least one digit after the point."""
    return _unmarked(_ENCODER.encode(value))


def indented(value: object) -> str:
    """Return what `write` does, over several lines for people to read."""
    return _unmarked(_INDENTED.encode(value))


def _unmarked(text: str) -> str:
    return text.replace(f'"{_BEGIN}', "").replace(f'{_END}"', "")


def plain(number: Decimal) -> str:
    """Return a number as the service writes it: `20609.5`, `0.0`, never with an exponent."""
    if not number:
        return "0.0"
    text = format(number, "f")
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text


def sortable(number: Decimal | int) -> str:
    """Return text that sorts as the number does, so that SQLite compares amounts exactly."""
    sign, digits, exponent = Decimal(number).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    if not text or not isinstance(exponent, int):
        return "1"
    magnitude = f"{len(text) + exponent + 5000:04d}{text.rstrip('0')}"
    if not sign:
        return "2" + magnitude
    return "0" + "".join(str(9 - int(digit)) for digit in magnitude) + "~"


def _depth(value: object) -> int:
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def number_of(text: str) -> Decimal:
    """Return the number in text from a query or a form.

    Raises:
        NotJson: it is no number, or one too long to store.
    """
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?", text, re.ASCII):
        raise NotJson("not a number")
    return _fraction(text)


def _fraction(text: str) -> Decimal:
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > 2 * DIGITS or abs(exponent) > DIGITS:
        raise NotJson("a number too long to store")
    return number


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise NotJson("a number too long to store")
    return int(text)


def _no_constant(name: str) -> None:
    raise NotJson(f"{name} is no JSON")


# Most amounts come again and again, zero above all.
@lru_cache(maxsize=4096)
def _marked(value: object) -> str:
    if isinstance(value, Decimal):
        return _BEGIN + plain(value) + _END
    raise TypeError(f"{type(value).__name__} is no JSON")


# Rows are trees that JSON or the sandbox itself has made, so none holds itself.
_ENCODER = json.JSONEncoder(
    default=_marked, ensure_ascii=False, separators=(",", ":"), check_circular=False
)
# Made once: `json.loads` makes a new one for each text that it reads in a way of its own.
_DECODER = json.JSONDecoder(parse_float=Decimal)
_INDENTED = json.JSONEncoder(default=_marked, ensure_ascii=False, indent=2)
