from __future__ import annotations

import os
import threading

import pytest

from zohorm.sharing import Shared


class Pace:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_holders_of_one_key_share_one_value_and_others_do_not() -> None:
    shared: Shared[str, Pace] = Shared()

    assert shared.acquire("a", Pace) is shared.acquire("a", Pace)
    assert shared.acquire("a", Pace) is not shared.acquire("b", Pace)
    assert len(shared) == 2


def test_the_last_release_closes_and_drops_the_value() -> None:
    shared: Shared[str, Pace] = Shared()
    first = shared.acquire("a", Pace)
    shared.acquire("a", Pace)

    shared.release("a")
    assert (first.closed, len(shared)) == (0, 1)
    shared.release("a")

    assert (first.closed, len(shared)) == (1, 0)
    assert shared.acquire("a", Pace) is not first


def test_a_value_without_close_is_just_dropped() -> None:
    shared: Shared[str, object] = Shared()
    shared.acquire("a", object)

    shared.release("a")

    assert len(shared) == 0


def test_releasing_what_nobody_holds_is_a_fault() -> None:
    shared: Shared[str, Pace] = Shared()

    with pytest.raises(KeyError):
        shared.release("a")


def test_nothing_is_held_when_making_it_failed() -> None:
    shared: Shared[str, float] = Shared()

    with pytest.raises(ZeroDivisionError):
        shared.acquire("a", lambda: 1 / 0)

    assert len(shared) == 0
    assert shared.acquire("a", lambda: 1.0) == 1.0


def test_a_child_forked_while_another_thread_held_the_lock_can_still_use_it() -> None:
    shared: Shared[str, Pace] = Shared()
    shared.acquire("kept", Pace)
    inside, go_on = threading.Event(), threading.Event()

    def make() -> Pace:
        inside.set()
        go_on.wait()
        return Pace()

    thread = threading.Thread(target=shared.acquire, args=("slow", make))
    thread.start()
    inside.wait()
    child = os.fork()
    if child == 0:
        shared.acquire("kept", Pace)
        os._exit(len(shared))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    go_on.set()
    thread.join()

    assert status == 1
