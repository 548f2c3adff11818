"""Leases are renewed while something is held, on real time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from zohorm.clock import SystemClock
from zohorm.extras.redis_leases import Leases


class Held:
    """A thing that counts its renewals."""

    def __init__(self, *, fails: bool = False) -> None:
        self.holds = True
        self.fails = fails
        self.renewals = 0

    def is_holding(self) -> bool:
        return self.holds

    def renew(self) -> None:
        self.renewals += 1
        if self.fails:
            raise RuntimeError("a fault of ours")


def until(claim: Callable[[], bool]) -> None:
    clock = SystemClock()
    late = clock.now() + 10
    while not claim():
        assert clock.now() < late
        clock.sleep(0.01)


def threads() -> int:
    return sum(thread.name == "zohorm-leases" for thread in threading.enumerate())


def test_what_is_held_is_renewed_until_it_is_not() -> None:
    until(lambda: threads() == 0)
    leases, thing = Leases(0.15), Held()
    leases.watch(thing)
    leases.watch(thing)
    until(lambda: thing.renewals >= 3)
    assert threads() == 1

    thing.holds = False

    until(lambda: threads() == 0)
    renewals = thing.renewals
    leases.watch(Held())
    until(lambda: threads() == 1)
    assert thing.renewals == renewals
    leases.close()
    until(lambda: threads() == 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_does_not_end_renewals_for_good() -> None:
    until(lambda: threads() == 0)
    leases, faulty, sound = Leases(0.15), Held(fails=True), Held()
    leases.watch(faulty)
    until(lambda: faulty.renewals == 1)
    until(lambda: threads() == 0)
    faulty.fails = False

    leases.watch(sound)

    until(lambda: sound.renewals >= 1)
    leases.close()
