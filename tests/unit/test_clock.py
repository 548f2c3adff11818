from __future__ import annotations

import threading

import pytest

from zohorm.clock import ManualClock, RunningClock, SystemClock


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(start=1000.0)

    clock.move(seconds=1, minutes=1, hours=1, days=1)

    assert clock.now() == 1 + 60 + 3600 + 86400
    assert clock.time() == 1000 + clock.now()


def test_sleeping_on_a_manual_clock_moves_it_at_once() -> None:
    clock = ManualClock()

    clock.sleep(3600)
    clock.sleep(-5)

    assert clock.now() == 3600


def test_a_manual_clock_does_not_run_back() -> None:
    with pytest.raises(ValueError, match="back"):
        ManualClock().move(seconds=1, minutes=-1)


def test_waiting_on_a_manual_clock_moves_it_when_nobody_notifies() -> None:
    clock = ManualClock(patience_seconds=0)
    condition = threading.Condition()

    with condition:
        clock.wait(condition, 30)

    assert clock.now() == 30


def test_waiting_on_a_manual_clock_ends_with_the_notification_and_leaves_the_time() -> None:
    clock = ManualClock(patience_seconds=60)
    condition = threading.Condition()

    with condition:
        thread = threading.Thread(target=_notify, args=(condition,))
        thread.start()
        clock.wait(condition, 3600)
    thread.join()

    assert clock.now() == 0


def test_waiting_without_a_limit_waits_for_the_notification() -> None:
    clock = ManualClock(patience_seconds=0)
    condition = threading.Condition()

    with condition:
        thread = threading.Thread(target=_notify, args=(condition,))
        thread.start()
        clock.wait(condition, None)
    thread.join()

    assert clock.now() == 0


def test_the_system_clock_goes_forward() -> None:
    clock = SystemClock()
    condition = threading.Condition()

    before, wall = clock.now(), clock.time()
    clock.sleep(0.001)
    clock.sleep(0)
    with condition:
        clock.wait(condition, 0.001)

    assert clock.now() > before
    assert clock.time() >= wall > 1_700_000_000


def _notify(condition: threading.Condition) -> None:
    with condition:
        condition.notify_all()


def test_a_running_clock_runs_and_can_be_moved() -> None:
    clock = RunningClock(start=100.0)
    before = clock.now()

    clock.sleep(60)

    assert clock.now() > before + 60
    assert 160 < clock.time() < 220
