"""`zohorm demo` tells the truth: it ends 0 when all is as it says, and 1 at any surprise."""

from __future__ import annotations

import pytest

from zohorm.extras import demo
from zohorm.sandbox import Sandbox


@pytest.fixture
def seeded() -> Sandbox:
    return Sandbox(seed="demo")


def test_the_demo_shows_every_step_with_its_calls(
    seeded: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with seeded as sandbox:
        status = demo.play(sandbox)
        calls = len(sandbox.calls)

    shown = capsys.readouterr().out
    assert status == 0
    assert f"{calls} calls in all, 1 token fetched." in shown
    assert "All as expected." in shown
    assert shown.count("\n  = ") == 8
    assert " owes " in shown


def test_the_demo_is_the_same_at_every_run(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for _ in range(2):
        with Sandbox(seed="demo") as sandbox:
            demo.play(sandbox)
        shown.append(capsys.readouterr().out)

    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/invoices"),
        ("GET", "/contacts/*"),
        ("PUT", "/invoices/*"),
        ("POST", "/invoices"),
        ("DELETE", "/invoices/*"),
    ],
)
def test_any_surprise_ends_it_with_status_1(
    seeded: Sandbox, method: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with seeded as sandbox:
        sandbox.next(status=400, code=15, message="Not today.", method=method, path=path)

        assert demo.play(sandbox) == 1

    assert "This was not expected: " in capsys.readouterr().err


def test_an_answer_that_shows_another_record_is_a_surprise(
    seeded: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with seeded as sandbox:
        sandbox.next(body={"code": 0, "invoice": {"invoice_id": "1"}}, method="PUT", after=1)

        assert demo.play(sandbox) == 1

    assert "another record" in capsys.readouterr().err
