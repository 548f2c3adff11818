"""A time that several processes agree on, whatever becomes of their clocks."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm.extras.shared_time import SharedTime

_SECONDS = st.floats(0, 1e6)


def test_it_grows_as_both_clocks_do() -> None:
    time = SharedTime(steady=100.0, wall=1_750_000_000.0)

    assert [time.read(100.5, 1_750_000_000.5), time.read(130.0, 1_750_000_030.0)] == [0.5, 30]


@pytest.mark.parametrize(
    ("steady", "wall"),
    [(1e6, 0.0), (0.0, 1e9), (-5.0, 3600.0), (3600.0, -7200.0), (-1e6, -1e9)],
    ids=["machine slept", "wall clock set ahead", "started anew", "set back", "all set back"],
)
def test_a_clock_that_was_set_makes_no_call_older_and_time_goes_on(
    steady: float, wall: float
) -> None:
    time = SharedTime(steady=1000.0, wall=1_750_000_000.0)
    before = time.read(1010.0, 1_750_000_010.0)

    time.read(1010.0 + steady, 1_750_000_010.0 + wall)
    after = time.read(1040.0 + steady, 1_750_000_040.0 + wall)

    assert before == 10
    assert after - before == pytest.approx(30)


@given(
    st.lists(st.tuples(_SECONDS, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=30),
    st.booleans(),
)
def test_it_never_runs_back_and_never_ahead_of_real_time(
    steps: list[tuple[float, float, float]], stored: bool
) -> None:
    """However both clocks are set, together or apart, time passes no faster than outside."""
    time = SharedTime(steady=0.0, wall=1e9)
    real, steady, wall, last = 0.0, 0.0, 1e9, 0.0

    for passed, steady_step, wall_step in steps:
        real += passed
        # One of them is set between two readings; a machine does not set both ahead at once.
        steady += passed + min(steady_step, 0.0)
        wall += passed + wall_step
        now = time.read(steady, wall)
        assert now >= last
        assert now <= real + 1e-3
        last = now
        if stored:
            time = SharedTime(*attrs.astuple(time))


@given(st.lists(st.floats(1e-6, 0.9), min_size=1, max_size=200))
def test_reading_it_often_loses_no_time(steps: list[float]) -> None:
    time = SharedTime(steady=50.0, wall=1_750_000_000.0)
    passed = 0.0

    for step in steps:
        passed += step
        time.read(50 + passed, 1_750_000_000 + passed)

    assert time.last == pytest.approx(passed, abs=1e-4)
