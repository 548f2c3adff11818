"""The set of ids that a walk has met is a set, however it is held."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from zohorm.seen import Seen

ids = (
    st.integers(0, 5000).map(str)
    | st.integers(10**18, 10**19).map(str)
    | st.text(max_size=6)
    | st.sampled_from(["0", "00", "007", "7", "٧", "1" * 50, "-1", "", "A-1"])
)


@given(st.lists(st.lists(ids, max_size=20), max_size=5))
def test_it_tells_what_is_new_in_each_page(pages: list[list[str]]) -> None:
    seen, expected = Seen(), set[str]()

    for page in pages:
        new = []
        for identifier in page:
            new.append(identifier not in expected)
            expected.add(identifier)
        assert seen.add(page) == new


def test_neighbouring_ids_take_few_bytes_each() -> None:
    first, count = 4815000000000000001, 20_000
    tracemalloc.start()

    seen = Seen()
    for number in range(first, first + 4 * count, 4):
        seen.add([str(number)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held / count < 4
