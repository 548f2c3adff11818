"""Rules say what they rest on, and docs/rules.md lists them all."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from zohorm.sandbox.rules import stating
from zohorm.sandbox.rules.__main__ import page

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_of_the_rules_lists_each_rule_as_the_code_states_it() -> None:
    """If this fails: python -m zohorm.sandbox.rules > docs/rules.md"""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_rule_has_either_a_source_or_a_reason() -> None:
    assert [rule.name for rule in stating.known() if bool(rule.source) == bool(rule.because)] == []


def test_a_rule_without_a_sentence_is_refused() -> None:
    def silent() -> None: ...

    with pytest.raises(TypeError, match="needs a sentence"):
        stating.source("Books v3, invoices")(silent)


def test_a_sourced_rule_is_the_function_itself() -> None:
    def twice(number: int) -> int:
        """Twice is two times."""
        return 2 * number

    assert stating._state(twice, said="a book") == f"{__name__}.twice"
    with pytest.raises(TypeError, match="a name of its own"):
        stating.source("a book")(twice)
    del stating._KNOWN[f"{__name__}.twice"]


def test_what_one_thread_assumes_is_not_told_to_another() -> None:
    @stating.assumed("it is only a test")
    def half(number: int) -> int:
        """Half is less."""
        return number // 2

    with stating.watched() as here:
        other = Thread(target=half, args=(2,))
        other.start()
        other.join()
        assert here == set()
        assert half(4) == 2
    assert half(6) == 3

    assert here == {f"{__name__}.half"}
    assert stating.headers(here) == {"X-Sandbox-Assumed": f"{__name__}.half"}
    del stating._KNOWN[f"{__name__}.half"]
