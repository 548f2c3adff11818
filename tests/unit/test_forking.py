from __future__ import annotations

import gc
import os

from zohorm import forking


class Renewed:
    def __init__(self) -> None:
        self.times = 0

    def renew_after_fork(self) -> None:
        self.times += 1


def _in_child(holder: Renewed) -> int:
    """Return what the child saw, by way of its exit status."""
    child = os.fork()
    if child == 0:
        os._exit(holder.times)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_registered_object_is_renewed_once_in_the_child_and_never_in_the_parent() -> None:
    holder = Renewed()
    forking.register(holder)
    forking.register(holder)

    assert _in_child(holder) == 1
    assert holder.times == 0


def test_being_registered_keeps_nothing_alive() -> None:
    renewed: list[str] = []

    class Short(Renewed):
        def __del__(self) -> None:
            renewed.append("gone")

    forking.register(Short())
    gc.collect()

    assert renewed == ["gone"]
