"""Ids and codes as steps of a path: what could lead elsewhere is refused."""

from __future__ import annotations

import pytest

from zohorm import steps
from zohorm.errors import InvalidId, WrongType


@pytest.mark.parametrize("identifier", ["1", "4815000000000124511", "A-1_b"])
def test_a_plain_id_is_taken_as_it_is(identifier: str) -> None:
    assert steps.plain_id(identifier, "id") == identifier


@pytest.mark.parametrize(
    "identifier", ["", "../contacts/1", "1/2", "..", "1?x=2", "1#", " 1", "1\n", "%2e", "１"]
)
def test_an_id_that_could_change_the_path_is_refused(identifier: str) -> None:
    with pytest.raises(InvalidId) as caught:
        steps.plain_id(identifier, "id")

    assert not identifier.strip() or identifier not in str(caught.value).replace("'_'", "")


@pytest.mark.parametrize("identifier", [1, None, b"1", 1.0, ["1"]])
def test_an_id_that_is_no_text_is_the_wrong_type(identifier: object) -> None:
    with pytest.raises(WrongType, match="must be text"):
        steps.plain_id(identifier, "id")


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("gold", "gold"),
        ("basic-monthly_2", "basic-monthly_2"),
        ("v1.5", "v1.5"),
        ("Gold plan", "Gold%20plan"),
        ("a+b&c=d@e", "a%2Bb%26c%3Dd%40e"),
        ("tier[1]", "tier%5B1%5D"),
        ("50%", "50%25"),
        ("50%OFF", "50%25OFF"),
        ("größe", "gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_code_stands_in_a_path_percent_encoded(code: str, step: str) -> None:
    assert steps.path_step(code, "plan_code") == step


@pytest.mark.parametrize(
    "code",
    [
        "", ".", "..", "...", "a/b", "../plans/gold", "a\\b", "gold?x=1", "gold#", "gold;v=1",
        "%2e%2e", "a%2Fb", "%5c", " gold", "gold ", "gold\n", "go\tld", "\x00", "\ud800",
        "a\u2215b",
    ],
)  # fmt: skip
def test_a_code_that_could_change_the_path_is_refused(code: str) -> None:
    with pytest.raises(InvalidId):
        steps.path_step(code, "plan_code")


def test_only_members_that_are_called_a_code_may_hold_one() -> None:
    with pytest.raises(InvalidId):
        steps.path_step("v1.5", "plan_id")


@pytest.mark.parametrize("code", [1, None, b"gold"])
def test_a_code_that_is_no_text_is_the_wrong_type(code: object) -> None:
    with pytest.raises(WrongType, match="must be text"):
        steps.path_step(code, "plan_code")
