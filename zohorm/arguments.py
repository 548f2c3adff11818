"""What an action is given, checked before its call; generated methods say the kinds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from zohorm import steps, wire
from zohorm.errors import WrongType

_KINDS: Mapping[str, wire.Kind] = {
    kind.name: kind
    for kind in (
        wire.TEXT,
        wire.ENUM,
        wire.MONEY,
        wire.NUMBER,
        wire.DISCOUNT,
        wire.INTEGER,
        wire.DATE,
        wire.DATETIME,
        wire.BOOLEAN,
        wire.TEXTS,
    )
}
_SAID = {
    "id": "an id as text",
    "text": "text",
    "enum": "text",
    "texts": "several texts",
    "many": "several mappings of members",
    "embedded": "a mapping of members",
    "json": "any JSON value",
    "date": "a day",
    "datetime": "an instant",
    "boolean": "True or False",
    "integer": "a whole number",
    "money": "an amount",
    "number": "a number",
    "discount": "an amount or a percentage",
}


def require(values: Mapping[str, object], takes: Mapping[str, str], needs: Collection[str]) -> None:
    """Refuse a call without one of the arguments that it is nothing without.

    Left out in silence, it might mean all.

    Raises:
        WrongType: one of `needs` is None.
    """
    for name in needs:
        if values.get(name) is None:
            raise WrongType(f"{name} takes {_SAID.get(takes.get(name, ''), 'a file')}, not None")


def checked(values: Mapping[str, object], takes: Mapping[str, str]) -> dict[str, object]:
    """Return the values that are given, as JSON has them.

    Raises:
        WrongType, InvalidValue, InvalidId: one is not of its kind; the error names it.
    """
    return {
        name: _written(name, value, takes.get(name, "json"))
        for name, value in values.items()
        if value is not None
    }


def _written(name: str, value: object, kind: str) -> object:
    if kind == "id":
        return steps.identifier(value, name, name)
    if kind == "many":
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise _wrong(name, kind, value)
        return [_written(f"each of {name}", each, "embedded") for each in value]
    if kind == "embedded":
        if not isinstance(value, Mapping):
            raise _wrong(name, kind, value)
        return wire.argument(value, name)
    known = _KINDS.get(kind)
    return wire.argument(value, name) if known is None else known.write(name, value)


def _wrong(name: str, kind: str, value: object) -> WrongType:
    return WrongType(f"{name} takes {_SAID[kind]}, not {type(value).__name__}")
