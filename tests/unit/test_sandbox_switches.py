"""Switches: names and choices are checked when the sandbox is made."""

from __future__ import annotations

import attrs
import pytest

from zohorm.sandbox import Sandbox, Switches
from zohorm.sandbox.switches import switches


def test_an_unknown_switch_names_the_choices() -> None:
    with pytest.raises(TypeError, match="bearer_accepted"):
        Sandbox(bearer=True)


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"per_page_above_200": "x"}, "'cap', 'refuse'"),
        ({"bearer_accepted": "yes"}, "True, False"),
        ({"live_tokens": 16}, "15, 30"),
        ({"retry_after": 1}, "True, False"),
    ],
    ids=str,
)
def test_a_wrong_choice_names_those_there_are(chosen: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        switches(chosen)


def test_the_defaults_are_those_documented() -> None:
    made = attrs.asdict(switches({}))

    assert made == attrs.asdict(Switches())
    assert made["bearer_accepted"] is True
    assert made["per_page_above_200"] == "cap"
    assert made["unknown_filter"] == "ignore"
    assert made["missing_reference"] == 400
