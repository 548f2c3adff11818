"""Turns of saving: one at a time for each record, in the order in which they came."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from zohorm.clock import ManualClock, SystemClock
from zohorm.errors import Timeout
from zohorm.savers import Savers


def test_no_two_threads_have_the_turn_of_one_record() -> None:
    savers, clock = Savers(), SystemClock()
    at_once: list[int] = []
    inside = threading.Semaphore(0)

    def save(place: int) -> None:
        with savers.turn("5", clock, 30):
            inside.release()
            at_once.append(place)
            assert len(at_once) == 1
            at_once.remove(place)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(200)))

    assert at_once == []


def test_other_records_wait_for_nobody() -> None:
    savers, clock = Savers(), ManualClock()
    met = threading.Barrier(2, timeout=60)

    def save(key: str) -> bool:
        with savers.turn(key, clock, 1):
            return met.wait() >= 0

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(save, ["5", "6"])) == [True, True]


def test_the_thread_that_has_the_turn_gets_it_again() -> None:
    savers, clock = Savers(), ManualClock()

    with savers.turn("5", clock, 1), savers.turn("5", clock, 1), savers.turn("6", clock, 1):
        pass
    with savers.turn("5", clock, 1):
        pass


def test_a_turn_that_does_not_come_in_time_is_an_error_and_leaves_the_queue() -> None:
    savers, clock = Savers(), ManualClock(patience_seconds=0.01)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with savers.turn("5", clock, 1):
            held.set()
            over.wait(60)

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    held.wait(60)
    with pytest.raises(Timeout, match="max_wait_seconds"), savers.turn("5", clock, 60):
        pass
    over.set()
    holder.join()

    assert clock.now() >= 60
    with savers.turn("5", clock, 1):
        pass


def test_an_error_gives_the_turn_back() -> None:
    savers, clock = Savers(), ManualClock()
    with pytest.raises(KeyError), savers.turn("5", clock, 1):
        raise KeyError

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_taken, savers, clock).result(10)


def test_a_forked_child_waits_for_no_thread_of_its_parent() -> None:
    savers, clock = Savers(), ManualClock()
    with savers.turn("5", clock, 1):
        savers.renew_after_fork()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_taken, savers, clock).result(10)


def _taken(savers: Savers, clock: ManualClock) -> bool:
    with savers.turn("5", clock, 1):
        return True
