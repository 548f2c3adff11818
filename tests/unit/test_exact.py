"""Both readers of JSON read the same, to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm import exact, wire

pytest.importorskip("msgspec")

READERS = [exact.read_by_standard, exact.fast_reader() or exact.read_by_standard]
each_reader = pytest.mark.parametrize("read", READERS, ids=["standard", "msgspec"])

numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: abs(number.adjusted()) < 300
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


def shape(value: object) -> object:
    """A value with its types, for 1 equals True and Decimal(1)."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return (type(value).__name__, str(value))


@given(values)
def test_both_readers_read_the_same_values_of_the_same_types(value: object) -> None:
    content = exact.encode(value)

    one, other = (read(content) for read in READERS)

    assert shape(one) == shape(other)


@each_reader
@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"0.10", Decimal("0.10")),
        (b"1E+2", Decimal("1E+2")),
        (b"-0.0", Decimal("-0.0")),
        (b"4815000000000124511", 4815000000000124511),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_a_reader_keeps_every_digit(
    read: Callable[[bytes], object], content: bytes, value: object
) -> None:
    found = read(content)

    assert shape(found) == shape(value)


@each_reader
@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[1,]", b"\xff", b"Infinity", b"01"])
def test_a_reader_refuses_what_is_no_json(read: Callable[[bytes], object], content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(content)


@each_reader
def test_a_number_that_is_none_is_refused_whatever_the_thread_lets_pass(
    read: Callable[[bytes], object],
) -> None:
    """Numbers are remembered for all threads, so what one lets pass would reach the others."""
    beyond = b"1E9999999999999999999"

    with localcontext() as lax:
        lax.traps[InvalidOperation] = False
        with pytest.raises(ValueError, match="number"):
            read(beyond)
    with pytest.raises(InvalidOperation):
        read(beyond)


def test_the_faster_reader_is_used_when_it_is_installed() -> None:
    read = exact.fast_reader()
    assert read is not None
    assert wire.decode(b"[0.5]") == read(b"[0.5]") == [Decimal("0.5")]
