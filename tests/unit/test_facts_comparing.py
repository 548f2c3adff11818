"""What changed between two states of the facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zohorm.facts.comparing import changes

FACTS = st.recursive(
    st.integers(0, 3), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


def test_added_removed_and_changed_members_are_told_by_their_path() -> None:
    before = {"Bill": {"fields": {"total": {"kind": "text"}, "gone": {}}}}
    after = {"Bill": {"fields": {"total": {"kind": "money"}, "new": {}}}}

    assert list(changes(before, after)) == [
        '~ Bill.fields.total.kind: "text" -> "money"',
        "- Bill.fields.gone",
        "+ Bill.fields.new",
    ]


@given(FACTS, FACTS)
def test_nothing_is_told_exactly_when_nothing_changed(before: object, after: object) -> None:
    assert (list(changes(before, after)) == []) == (before == after)
