"""A clock that processes agree on by what they last wrote down; the file of a pace holds one."""

from __future__ import annotations

import attrs

# Beyond it the readings are taken anew, so that they never lie far apart.
_REBASE_SECONDS = 1.0


@attrs.define
class SharedTime:
    """Seconds that grow by the smaller of what a process's steady clock and its wall clock grew.

    So neither a wall clock that was set, nor a machine that was started anew or slept, nor two
    steady clocks with different beginnings make a call look older than it is: time may pass more
    slowly here than outside, never faster, and it never runs back.

    Attributes:
        last: the time when it was last read.
        base: the time when both clocks showed `steady` and `wall`.
    """

    last: float = 0.0
    base: float = 0.0
    steady: float = 0.0
    wall: float = 0.0

    def read(self, steady: float, wall: float) -> float:
        """Return the time at these readings of the two clocks."""
        elapsed = min(steady - self.steady, wall - self.wall)
        now = max(self.last, self.base + elapsed)
        if now == self.last or elapsed > _REBASE_SECONDS:
            self.base, self.steady, self.wall = now, steady, wall
        self.last = now
        return now
