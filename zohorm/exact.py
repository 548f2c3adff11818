"""JSON with exact numbers: a reader that knows `Decimal`, and a writer of decimals.

`wire` hands both on. The extra `fast` brings msgspec, which reads the same values in less time.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from zohorm.errors import InvalidValue, WrongType

_MOST_DIGITS = 1000
"""More than any amount has; written out, an absurd exponent would fill the memory."""

_NUMBERS_REMEMBERED = 4096
_DIGITS_REMEMBERED = 24

_encode_text = json.encoder.encode_basestring


def decode(content: bytes) -> object:
    """Return the JSON value in `content`, numbers with a fraction as exact `Decimal`.

    Raises:
        ValueError: `content` is not one well-formed JSON value.
    """
    return (fast_reader() or read_by_standard)(content)


def read_by_standard(content: bytes) -> object:
    """Decode with the reader that comes with Python."""
    found: object = json.loads(content, parse_float=_exact, parse_constant=_refuse_constant)
    return found


@functools.cache
def fast_reader() -> Callable[[bytes], object] | None:
    """Return the reader of msgspec, None where the extra `fast` is not installed.

    It is loaded with the first answer, for a program that only names models needs none.
    """
    try:
        from msgspec.json import Decoder
    except ModuleNotFoundError:
        return None

    def read(content: bytes) -> object:
        try:
            found: object = Decoder(float_hook=_exact).decode(content)
        except ValueError:
            # What it refuses may yet be JSON, so the standard reader decides.
            return read_by_standard(content)
        return found

    return read


class _Decimals(dict[str, Decimal]):
    """The last numbers by their text: most of them come many times, as 0.0 does."""

    def __missing__(self, text: str) -> Decimal:
        number = Decimal(text)
        if not number.is_finite():  # The thread lets pass what others must not find here.
            raise ValueError("a number is beyond what can be counted")
        if len(self) >= _NUMBERS_REMEMBERED:
            self.clear()
        if len(text) <= _DIGITS_REMEMBERED:
            self[text] = number
        return number


_exact = _Decimals().__getitem__


def encode(value: object) -> bytes:
    """Return `value` as JSON in UTF-8, every `Decimal` written to its last digit.

    Raises:
        WrongType: a value has no JSON form.
        InvalidValue: a number is infinite or not a number.
    """
    parts: list[str] = []
    _write(value, parts.append)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError as error:
        raise InvalidValue("a text holds half of a character (a lone surrogate)") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _write(value: object, put: Callable[[str], None]) -> None:
    if isinstance(value, str):
        put(_encode_text(value))
    elif value is None or isinstance(value, bool):
        put({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | Decimal | float):
        put(number_text(value))
    elif isinstance(value, Mapping):
        _write_object(value, put)
    elif isinstance(value, list | tuple):
        _write_array(value, put)
    else:
        raise WrongType(f"{type(value).__name__} has no JSON form")


def _write_object(value: Mapping[object, object], put: Callable[[str], None]) -> None:
    separator = "{"
    for name, member in value.items():
        if not isinstance(name, str):
            raise WrongType(f"a JSON member name must be text, not {type(name).__name__}")
        put(separator)
        put(_encode_text(name))
        put(":")
        _write(member, put)
        separator = ","
    put("{}" if separator == "{" else "}")


def _write_array(value: Iterable[object], put: Callable[[str], None]) -> None:
    separator = "["
    for member in value:
        put(separator)
        _write(member, put)
        separator = ","
    put("[]" if separator == "[" else "]")


def number_text(value: int | Decimal | float) -> str:
    """Return a number as JSON writes it, to its last digit and without an exponent.

    Raises:
        InvalidValue: it is infinite, no number, or absurdly long.
        WrongType: it is a float, and a float may hold another amount than it shows.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InvalidValue("a number must be finite")
        if abs(value.adjusted()) > _MOST_DIGITS:
            raise InvalidValue(f"a number may have {_MOST_DIGITS} digits at most")
        return format(value, "f")
    if isinstance(value, float):
        raise WrongType("a float is not exact", advice='Write Decimal("10.25").')
    return int.__repr__(value)
