"""Custom fields of a record: by API name or label, with the type of their definition.

Generated classes have them as `custom_fields: Custom[CustomField] = f.custom(CustomField)`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar, cast, overload

from zohorm import wire
from zohorm.errors import InvalidValue, UnknownField, WrongType
from zohorm.members import EmbeddedT, Listed

if TYPE_CHECKING:
    from zohorm.lines import Lines
    from zohorm.record import Record

E = TypeVar("E", bound="Record")
D = TypeVar("D")

CustomValue = str | bool | Decimal | dt.date | dt.datetime | tuple[str, ...] | None
"""What a custom field reads as; None where it is empty."""
CustomInput = CustomValue | int | Iterable[str]
"""What a custom field can be set to."""

# The data types of definitions, seen by clients; those that are not here are texts or unknown.
KINDS: Final = {
    "date": wire.DATE,
    "date_time": wire.DATETIME,
    "datetime": wire.DATETIME,
    "check_box": wire.BOOLEAN,
    "checkbox": wire.BOOLEAN,
    "boolean": wire.BOOLEAN,
    "number": wire.NUMBER,
    "decimal": wire.NUMBER,
    "amount": wire.NUMBER,
    "percent": wire.NUMBER,
    "percentage": wire.NUMBER,
    "multiselect": wire.TEXTS,
    "multi_select": wire.TEXTS,
}
TEXT_TYPES: Final = frozenset(
    {
        *("string", "text", "text_box", "text_area", "multiline", "email", "url", "phone"),
        *("dropdown", "autonumber", "auto_number", "lookup", "external_lookup"),
    }
)
_API_NAME = re.compile(r"cf_\w+")
_RAW = "_unformatted"
# A text like these may be the value of a day, an instant or a number: only the definition tells.
_OF_ANY_TYPE = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?|-?\d+(\.\d+)?|true|false", re.DOTALL)


class Custom(Listed, Generic[EmbeddedT]):
    """A list of custom fields; `save()` sends those that have changed, the others stay."""

    known_by = ("customfield_id", "custom_field_id", "api_name", "label", "index")

    def __init__(self, element: type[EmbeddedT]) -> None:
        super().__init__(element, replaced=False)

    @overload
    def __get__(self, record: None, owner: type[Record]) -> Self: ...
    @overload
    def __get__(self, record: Record, owner: type[Record]) -> CustomFields[EmbeddedT]: ...
    def __get__(self, record: Record | None, owner: type[Record]) -> Self | CustomFields[EmbeddedT]:
        if record is None:
            return self
        return CustomFields(record, self)

    def __set__(self, record: Record, value: Iterable[EmbeddedT] | Mapping[str, object]) -> None:
        self.put(record, value)

    def put(self, record: Record, value: object) -> None:
        """Make `value` the custom fields; a mapping sets those that it names."""
        if not isinstance(value, Mapping):
            super().put(record, value)
            return
        fields = CustomFields(record, self)
        for name, each in value.items():
            fields[name] = each


class CustomFields(MutableSequence[E], Generic[E]):
    """The custom fields of one record: a list of rows, and values by API name or label.

    `invoice.custom_fields["cf_region"]` reads a value, with the type of its definition: numbers
    and amounts as Decimal, days, instants, truth values, several choices as a tuple of texts.
    Assigning sets it, and None clears it. Rows of lists show values without their definitions;
    where a value may be of several types, the record is fetched, as for every other member that
    is not loaded.
    """

    # It holds its record, and the record not it: a cycle would keep the record in memory.
    def __init__(self, record: Record, member: Custom[E]) -> None:
        self._record = record
        self._member = member

    def __repr__(self) -> str:
        return f"<custom fields of {self._record!r}>"

    @property
    def _rows(self) -> Lines[E]:
        return cast("Lines[E]", self._record._lines_of(self._member))

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[E]:
        return iter(self._rows)

    @overload
    def __getitem__(self, which: int) -> E: ...
    @overload
    def __getitem__(self, which: slice) -> list[E]: ...
    @overload
    def __getitem__(self, which: str) -> CustomValue: ...
    def __getitem__(self, which: str | int | slice) -> CustomValue | E | list[E]:
        """Return the value of a custom field by API name or label; by a number, its row.

        Raises:
            UnknownField: the record shows no such custom field. The service may leave out one that
                is empty: `get()` gives None then.
            InvalidValue: the value does not fit the data type of the definition.
        """
        if not isinstance(which, str):
            return self._rows[which]
        found, value = self._shown_in_list(which)
        if found:
            return value
        row = self._row(which)
        if row is None:
            raise self._unknown(which)
        return _read(which, _member(row, "value"), _text(row, "data_type"))

    @overload
    def __setitem__(self, which: int, value: E) -> None: ...
    @overload
    def __setitem__(self, which: slice, value: Iterable[E]) -> None: ...
    @overload
    def __setitem__(self, which: str, value: CustomInput) -> None: ...
    def __setitem__(self, which: str | int | slice, value: CustomInput | E | Iterable[E]) -> None:
        """Set the value of a custom field by API name or label; by a number, put a row.

        A name that the record does not show is sent as well, for empty ones may be left out: as an
        API name if it begins with `cf_`, else as a label.

        Raises:
            WrongType, InvalidValue: the value does not fit the data type of the definition.
        """
        if isinstance(which, int):
            self._rows[which] = cast("E", value)
            return
        if isinstance(which, slice):
            self._rows[which] = cast("Iterable[E]", value)
            return
        row = self._row(which)
        data_type = "" if row is None else _text(row, "data_type")
        sent = _written(which, value, data_type)
        if row is None:
            name = "api_name" if _API_NAME.fullmatch(which) else "label"
            row = self._rows.add()
            row[name] = which
        elif _same(_member(row, "value"), sent, data_type):
            return
        row["value"] = sent

    def __delitem__(self, which: int | slice) -> None:
        del self._rows[which]

    def __contains__(self, which: object) -> bool:
        if isinstance(which, str):
            return self._shown_in_list(which)[0] or self._row(which) is not None
        return which in self._rows

    def insert(self, index: int, value: E) -> None:
        """Put a row before `index`."""
        self._rows.insert(index, value)

    def add(self, **values: object) -> E:
        """Append a new row made of `values` and return it."""
        return self._rows.add(**values)

    def replace(self, values: Iterable[E]) -> None:
        """Make `values` the rows; see `Lines.replace`."""
        self._rows.replace(values)

    @property
    def is_changed(self) -> bool:
        """Whether a value was set or a row added."""
        return self._rows.is_changed

    @overload
    def get(self, name: str) -> CustomValue: ...
    @overload
    def get(self, name: str, default: D) -> CustomValue | D: ...
    def get(self, name: str, default: D | None = None) -> CustomValue | D | None:
        """Return the value by API name or label, `default` where the record shows none.

        Raises:
            InvalidValue: the value does not fit the data type of the definition.
        """
        try:
            return self[name]
        except UnknownField:
            return default

    def to_dict(self) -> dict[str, CustomValue]:
        """Return the values by API name (by label where a row has none)."""
        names = (_api_name(row) or _text(row, "label") for row in self._rows)
        return {name: self[name] for name in names if name}

    def _row(self, name: str) -> E | None:
        """Return the row of a name.

        Raises:
            InvalidValue: two rows have this label.
        """
        rows = list(self._rows)
        named = [row for row in rows if _api_name(row) == name]
        named = named or [row for row in rows if _text(row, "label") == name]
        if len(named) > 1:
            raise InvalidValue(
                f"{len(named)} custom fields are labelled {name!r}",
                advice=f"Use the API name: {', '.join(map(_api_name, named))}",
            )
        return named[0] if named else None

    def _unknown(self, name: str) -> UnknownField:
        names = (_api_name(row) or _text(row, "label") for row in self._rows)
        shown = ", ".join(sorted(filter(None, names))) or "none"
        return UnknownField(
            f"{self._record!r} shows no custom field {name!r}",
            advice=f"It shows {shown}. One that is empty may be left out: get({name!r}) is None "
            "then.",
        )

    def _shown_in_list(self, name: str) -> tuple[bool, CustomValue]:
        """Look for a value that needs no definition, in a row that came without the list.

        Lists show custom fields as members `cf_x` (a text) and `cf_x_unformatted` (the value), or
        both in `custom_field_hash`.
        """
        held = self._record._row
        if self._member.name in held or not _API_NAME.fullmatch(name):
            return False, None
        if self._record.is_changed and self._member.name in self._record.changes():
            return False, None  # What was set here stands before what a newer row shows.
        for row in (held, wire.row_in(held.get("custom_field_hash")) or {}):
            value = row.get(name + _RAW)
            if name + _RAW in row and not (
                isinstance(value, str) and _OF_ANY_TYPE.fullmatch(value)
            ):
                return True, _read(name, value, "")
        return False, None


def _member(row: Record, name: str) -> object:
    try:
        return row[name]
    except UnknownField:
        return None


def _text(row: Record, name: str) -> str:
    held = _member(row, name)
    return held if isinstance(held, str) else ""


def _api_name(row: Record) -> str:
    # Some answers show it under its older name.
    return _text(row, "api_name") or _text(row, "placeholder")


def _read(name: str, value: object, data_type: str) -> CustomValue:
    """Return a value as its definition has it; without one, as JSON has it."""
    if value is None or value in ("", (), []):
        return None
    kind = KINDS.get(data_type) or (wire.TEXT if data_type in TEXT_TYPES else _kind_of(value))
    try:
        held: CustomValue = kind.read(value)
    except wire.READ_ERRORS as error:
        raise InvalidValue(
            f"the custom field {name!r} was received in a form that is no {kind.name}",
            advice="Look at the rows: [row.to_dict() for row in record.custom_fields]",
        ) from error
    return held


def _kind_of(value: object) -> wire.Kind:
    if isinstance(value, bool):
        return wire.BOOLEAN
    if isinstance(value, int | Decimal):
        return wire.NUMBER
    return wire.TEXTS if isinstance(value, list | tuple) else wire.TEXT


def _same(one: object, other: object, data_type: str) -> bool:
    try:
        held, wanted = _read("", one, data_type), _read("", other, data_type)
    except InvalidValue:
        return False
    return type(held) is type(wanted) and held == wanted  # True is equal to 1.


def _written(name: str, value: object, data_type: str) -> object:
    """Return a value in its wire form."""
    if value is None:
        return None
    kind = KINDS.get(data_type) or (wire.TEXT if data_type in TEXT_TYPES else None)
    if kind is None and isinstance(value, float):
        raise WrongType(
            f"the custom field {name!r} takes no float, for floats are not exact",
            advice='Write Decimal("10.25").',
        )
    if kind is None:
        return wire.argument(value)
    return kind.write(f"the custom field {name!r}", value)
