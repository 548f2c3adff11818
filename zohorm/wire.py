"""Translate between JSON on the wire and Python values; fields and the connection call it.

This is the only module of the core that says `Any`: what the service sends has no type until a
`Kind` has read it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

import attrs

from zohorm import steps
from zohorm.errors import InvalidValue, WrongType
from zohorm.exact import decode as decode
from zohorm.exact import encode as encode
from zohorm.exact import number_text

Wire = Any
"""A value as JSON has it; its type is not known until a kind has read it."""

Row = Mapping[str, Any]
"""One received JSON object; never changed in place, since threads share it."""

_MOST_DIGITS = 1000
"""More than any number has."""
_DAYS_REMEMBERED = 1024
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PERCENTAGE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,10})?%")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


def frozen(value: Any) -> Any:
    """Return a read-only view of a JSON value, so that no edit of a shared row is lost silently."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: frozen(member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(member) for member in value)
    return value


def thawed(value: Any) -> Any:
    """Return a deep copy of a JSON value in plain dictionaries and lists."""
    if isinstance(value, Mapping):
        return {name: thawed(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [thawed(member) for member in value]
    return value


def rows_in(value: Any) -> list[Row]:
    """Return the objects in a received list; anything else is no row."""
    if not isinstance(value, list | tuple):
        return []
    # A dictionary is told at once; the abstract class is asked in Python.
    return [m for m in value if isinstance(m, dict) or isinstance(m, Mapping)]  # noqa: SIM101


def row_in(value: Any) -> Row | None:
    """Return a received object, or None where nothing or something else stands."""
    return value if isinstance(value, Mapping) else None


@attrs.frozen
class Kind:
    """How one kind of value is read from a row, checked and written back.

    `read` gives the Python value (None for the service's empty forms), `write` takes the field's
    name and a Python value and gives the wire form; `cleared` is the wire form of None. A value
    of the type `as_is` reads as itself; most do, so that is looked at first.
    """

    name: str
    read: Callable[[Any], Any]
    write: Callable[[str, Any], Any]
    cleared: Any = ""
    as_is: type | None = None


def _wrong_type(name: str, wanted: str, value: object, advice: str = "") -> WrongType:
    return WrongType(f"{name} takes {wanted}, not {type(value).__name__}", advice=advice)


def _read_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    raise ValueError("not text")


def _write_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(name, "text (str)", value)
    return value


def _read_id(value: Any) -> str | None:
    return _read_text(value) or None


def _write_id(name: str, value: Any) -> str:
    return steps.plain_id(value, name)


def _read_decimal(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise ValueError("not a number")


def _write_decimal(name: str, value: Any) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        advice = 'Floats are not exact: write Decimal("10.25").' if isinstance(value, float) else ""
        raise _wrong_type(name, "a Decimal or an int", value, advice)
    if isinstance(value, Decimal) and not value.is_finite():
        raise InvalidValue(f"{name} must be a finite number")
    _check_length(name, value)
    return value


def _read_discount(value: Any) -> Decimal | str | None:
    if isinstance(value, str) and _PERCENTAGE.fullmatch(value.strip()):
        return value.strip()
    return _read_decimal(value)


def _write_discount(name: str, value: Any) -> Decimal | int | str:
    if isinstance(value, str):
        if not _PERCENTAGE.fullmatch(value):
            raise InvalidValue(f'{name} takes an amount as Decimal, or a percentage as text: "10%"')
        return value
    return _write_decimal(name, value)


def _check_length(name: str, value: Decimal | int | float) -> None:
    try:
        number_text(value)
    except ValueError as error:
        # Python itself refuses to write out a number of some thousand digits.
        raise InvalidValue(f"{name} takes a number of fewer digits") from error


def _read_integer(value: Any) -> int | None:
    number = _read_decimal(value)
    if number is None:
        return None
    if number.adjusted() > _MOST_DIGITS:
        raise ValueError("not a number that anybody counts with")  # int() would take minutes.
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)


def _write_integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(name, "a whole number (int)", value)
    _check_length(name, value)
    return value


class _Days(dict[str, dt.date | None]):
    """The last days by their text: the rows of a page share few of them."""

    def __missing__(self, value: Any) -> dt.date | None:
        if value is None or value == "":
            return None
        # A few day members carry a whole timestamp; its first ten characters are the day.
        day = dt.date.fromisoformat(value[:10])
        if len(self) >= _DAYS_REMEMBERED:
            self.clear()
        if len(value) == len("YYYY-MM-DD"):
            self[value] = day
        return day


_read_date = _Days().__getitem__


def _write_date(name: str, value: Any) -> str:
    if isinstance(value, str):
        try:
            if not _DAY.fullmatch(value):  # fromisoformat() takes week dates, too.
                raise ValueError("not YYYY-MM-DD")
            return dt.date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise InvalidValue(f"{name} takes a day as YYYY-MM-DD or a datetime.date") from error
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise _wrong_type(name, "a day (datetime.date)", value)
    return value.isoformat()


def _read_datetime(value: Any) -> dt.datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("not an instant")
    instant = dt.datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    return instant


def _write_datetime(name: str, value: Any) -> str:
    if not isinstance(value, dt.datetime):
        raise _wrong_type(name, "an instant (aware datetime.datetime)", value)
    if value.tzinfo is None or value.utcoffset() is None:
        raise InvalidValue(
            f"{name} takes an aware datetime", advice="Give it a time zone: tzinfo=dt.UTC."
        )
    # strftime() writes years before 1000 with fewer than four digits.
    day_and_time = value.replace(microsecond=0, tzinfo=None).isoformat()
    return day_and_time + value.strftime("%z")


def _read_boolean(value: Any) -> bool | None:
    if isinstance(value, bool) or value is None:
        return value
    words = {"true": True, "false": False, "": None}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("neither true nor false")


def _write_boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(name, "True or False", value)
    return value


def _read_texts(value: Any) -> tuple[str, ...] | None:
    if value is None or value == "":
        return None
    if not isinstance(value, list | tuple):
        raise ValueError("not a list")
    return tuple(_read_text(member) or "" for member in value)


def _write_texts(name: str, value: Any) -> list[str]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise _wrong_type(name, "several texts (a list of str)", value)
    return [_write_text(f"each of {name}", member) for member in value]


def _write_json(name: str, value: Any) -> Any:
    try:
        encode(value)
    except WrongType as error:
        raise WrongType(f"{name} takes what JSON can say: {error}") from error
    except InvalidValue as error:
        raise InvalidValue(f"{name} takes what JSON can say: {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"{name} takes no endless value and no endless number") from error
    return thawed(value)


ID = Kind("id", _read_id, _write_id)
TEXT = Kind("text", _read_text, _write_text, as_is=str)
ENUM = Kind("enum", _read_text, _write_text, as_is=str)
MONEY = Kind("money", _read_decimal, _write_decimal, as_is=Decimal)
NUMBER = Kind("number", _read_decimal, _write_decimal, as_is=Decimal)
DISCOUNT = Kind("discount", _read_discount, _write_discount, as_is=Decimal)
INTEGER = Kind("integer", _read_integer, _write_integer)
DATE = Kind("date", _read_date, _write_date)
DATETIME = Kind("datetime", _read_datetime, _write_datetime)
BOOLEAN = Kind("boolean", _read_boolean, _write_boolean, cleared=None, as_is=bool)
TEXTS = Kind("texts", _read_texts, _write_texts, cleared=())
JSON = Kind("json", frozen, _write_json, cleared=None)


def asked(kind: Kind, value: Any) -> Any:
    """Return a value that `kind` can write as rows are compared with it.

    The wire has whole seconds, and an instant counts to its last digit all the same.
    """
    return value if kind is DATETIME else kind.read(kind.write("a value", value))


def query_text(value: Any) -> str:
    """Return a wire value as the text of a query parameter: `true`, `10.50`, `2026-01-31`.

    Raises:
        InvalidValue: the text cannot be written as UTF-8, or a number is absurdly long.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | float):
        _check_length("a query parameter", value)
        return number_text(value)
    if isinstance(value, list | tuple):
        return ",".join(query_text(member) for member in value)
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        said = "a query parameter holds half of a character (a lone surrogate)"
        raise InvalidValue(said) from error
    return text


def argument(value: Any, name: str = "an argument") -> Any:
    """Return an argument of an action as JSON has it: days and instants as text, tuples as lists.

    Raises:
        WrongType, InvalidValue: the value has no JSON form.
    """
    if isinstance(value, dt.datetime):
        return _write_datetime(name, value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: argument(member, name) for key, member in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [argument(member, name) for member in value]
    return _write_json(name, value)


def arguments(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return query parameters of those `values` that are not None."""
    return [(name, query_text(argument(v))) for name, v in values.items() if v is not None]


READ_ERRORS = (ValueError, TypeError, InvalidOperation)
"""What `Kind.read` raises when a row holds something else than the facts say."""
