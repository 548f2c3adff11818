"""Facts as text: nothing is lost, lines stay short, a field takes few lines."""

from __future__ import annotations

import importlib.resources
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from zohorm.facts import load, writing

WORDS = st.text(max_size=20)
PLAIN = st.none() | st.booleans() | st.integers() | WORDS
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=9) | st.dictionaries(WORDS, inner, max_size=9)
)


@given(JSON)
def test_written_values_read_back_as_they_were_in_their_order(value: object) -> None:
    text = writing.dumps(value)

    assert json.loads(text) == value
    assert json.dumps(json.loads(text)) == json.dumps(value)


def test_texts_with_commas_read_back_as_they_were() -> None:
    value = {"a": {"b": {"c": {"d": ["one, two, three"] * 20, "e": "x, y" * 60}}}}

    assert json.loads(writing.dumps(value)) == value


def test_the_committed_facts_are_written_by_the_writer() -> None:
    facts = load("books")

    text = writing.dumps(facts)

    committed = importlib.resources.files("zohorm.facts").joinpath("books.json")
    assert text == committed.read_text("utf-8")
    # One name and its text cannot be broken.
    whole = re.compile(r' *"[^"]*": "([^"\\]|\\.)*",?')
    broken = [line for line in text.splitlines() if not whole.fullmatch(line)]
    assert max(len(line) for line in broken) <= 110
