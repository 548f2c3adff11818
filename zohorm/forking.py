"""What must not be shared with a forked child is renewed there; whoever holds locks registers."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """An object that is useless in a forked child until it has made new locks."""

    def renew_after_fork(self) -> None:
        """Make new locks and drop what the parent still uses; the child has one thread so far."""


class _Register:
    """The living objects to renew, held weakly."""

    def __init__(self) -> None:
        self._objects: weakref.WeakSet[Renewable] = weakref.WeakSet()
        self._hooked = False

    def add(self, renewable: Renewable) -> None:
        # Windows has no fork and no hook for it.
        if not self._hooked and hasattr(os, "register_at_fork"):
            self._hooked = True
            os.register_at_fork(after_in_child=self._renew)
        self._objects.add(renewable)

    def _renew(self) -> None:
        for renewable in list(self._objects):
            renewable.renew_after_fork()


_register = _Register()


def register(renewable: Renewable) -> None:
    """Call `renew_after_fork()` in every forked child for as long as the object lives."""
    _register.add(renewable)
