"""What processes of one machine share by files: `FileCoordinator`, or `coordinator="files"`.

Nothing needs to run beside the processes: locks of the operating system keep order, and end with
the process that holds them.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from zohorm import forking
from zohorm.clock import Clock
from zohorm.extras import MissingExtra
from zohorm.extras.file_ledger import FileLedger
from zohorm.extras.file_tokens import FileTokenStore
from zohorm.extras.private_files import Presence, private_folder
from zohorm.pace import Rate
from zohorm.throttle import Quota
from zohorm.turns import Turns

try:
    import platformdirs
except ImportError as error:
    raise MissingExtra("a coordinator of files", extra="files") from error


class FileCoordinator:
    """Shares pace and tokens between the processes of one user on one machine.

    All of them name the same folder: without one it is that of the user's data. It is made with
    the mode 0700 and its files with 0600. Each session keeps its own limits, counted over the
    calls of all. Safe for threads and forks; where a network shares the folder between machines,
    it does not work.

    Costs no call; two short writes a call, and one for each new token.

    Raises:
        CoordinatorAway: others may read the folder or write to it, or it cannot be used. The
            first session that opens raises it, and calls do while it lasts.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = Path(folder or platformdirs.user_data_path("zohorm", appauthor=False))
        self._presence = Presence(self._folder / "alive")
        self._lock = threading.Lock()  # guards _lines
        self._lines: dict[tuple[str, str], tuple[FileLedger, Turns]] = {}
        forking.register(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._folder)!r})"

    def throttle(
        self,
        key: str,
        *,
        calls_per_minute: int,
        max_in_flight: int,
        intercall_delay_seconds: float,
        clock: Clock,
    ) -> FileThrottle:
        """Return the pace of the organizations on one API host; see `Coordinator.throttle`."""
        self._room("pace")
        rate = Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
        return FileThrottle(self, key, rate=rate, clock=clock)

    def tokens(self, key: str, *, clock: Clock) -> FileTokenStore:
        """Return the place of one user's token; see `Coordinator.tokens`."""
        return FileTokenStore(self._room("tokens"), key, clock=clock)

    def line(
        self, key: str, organization: str, *, rate: Rate, clock: Clock
    ) -> tuple[FileLedger, Turns]:
        """Return where the calls of an organization are counted, and the queue of this process."""
        with self._lock:
            if (key, organization) not in self._lines:
                path = self._folder / "pace" / _name(key, organization)
                ledger = FileLedger(path, self._presence, rate=rate, clock=clock)
                self._lines[key, organization] = (ledger, Turns(ledger, clock))
            return self._lines[key, organization]

    def renew_after_fork(self) -> None:
        """Make new locks; the parent's calls in flight stay the parent's."""
        self._lock = threading.Lock()
        for _, turns in self._lines.values():
            turns.renew_after_fork()

    def _room(self, name: str) -> Path:
        private_folder(self._folder)
        return private_folder(self._folder / name)


class FileThrottle:
    """Keeps the pace of one API host over all processes that share the folder of a coordinator."""

    def __init__(self, coordinator: FileCoordinator, key: str, *, rate: Rate, clock: Clock) -> None:
        self._coordinator = coordinator
        self._key = key
        self._rate = rate
        self._clock = clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._coordinator!r}, {self._rate})"

    def slot(
        self, organization: str, deadline: float | None, *, reserve: int = 0
    ) -> AbstractContextManager[None]:
        """Wait for a turn and hold it for the length of one call; see `Throttle.slot`.

        Raises:
            CoordinatorAway: the file of the pace cannot be used.
        """
        return self._line(organization)[1].turn(self._rate, deadline, reserve)

    def penalty(self, organization: str, seconds: float) -> None:
        """Let no process start a call for so long."""
        self._ledger(organization).hold(seconds)

    def crowded(self, organization: str) -> None:
        """Allow all processes together one call fewer at once; one comes back per minute."""
        self._ledger(organization).narrow(self._rate)

    def quota(self, organization: str) -> Quota | None:
        """Return what any of the processes was last told of the day, or None."""
        return self._ledger(organization).quota()

    def remember(self, organization: str, quota: Quota) -> None:
        """Take note of what an answer said about the day's calls."""
        self._ledger(organization).learn(quota)

    def _line(self, organization: str) -> tuple[FileLedger, Turns]:
        return self._coordinator.line(self._key, organization, rate=self._rate, clock=self._clock)

    def _ledger(self, organization: str) -> FileLedger:
        return self._line(organization)[0]


def _name(key: str, organization: str) -> str:
    # Neither an address nor an id as somebody gave it may shape a path.
    return hashlib.sha256(f"{key}\n{organization}".encode()).hexdigest()[:32]
