"""What processes of one machine share by files: `FileCoordinator`, or `coordinator="files"`.

Nothing needs to run beside the processes: locks of the operating system keep order, and end with
the process that holds them.
"""

from __future__ import annotations

import hashlib
import os
import threading
from functools import partial
from pathlib import Path
from typing import Never

from zohorm import forking
from zohorm.clock import Clock
from zohorm.errors import NotPicklable
from zohorm.extras import MissingExtra
from zohorm.extras.file_ledger import FileLedger
from zohorm.extras.file_tokens import FileTokenStore
from zohorm.extras.private_files import Presence, private_folder
from zohorm.pace import Rate
from zohorm.throttle import LedgerThrottle
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
        self._lines: dict[tuple[str, str], Turns] = {}
        forking.register(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._folder)!r})"

    def __reduce__(self) -> Never:
        raise NotPicklable(
            "a coordinator holds locks and cannot be pickled",
            advice="Make one for the same folder on the other side",
        )

    def throttle(
        self,
        key: str,
        *,
        calls_per_minute: int,
        max_in_flight: int,
        intercall_delay_seconds: float,
        clock: Clock,
    ) -> LedgerThrottle:
        """Return the pace of the organizations on one API host; see `Coordinator.throttle`."""
        self._room("pace")
        rate = Rate(calls_per_minute, max_in_flight, intercall_delay_seconds)
        return LedgerThrottle(rate, partial(self._line, key, rate, clock))

    def tokens(self, key: str, *, clock: Clock) -> FileTokenStore:
        """Return the place of one user's token; see `Coordinator.tokens`."""
        return FileTokenStore(self._room("tokens"), key, clock=clock)

    def renew_after_fork(self) -> None:
        """Make new locks; the parent's calls in flight stay the parent's."""
        self._lock = threading.Lock()
        for turns in self._lines.values():
            turns.renew_after_fork()

    def _line(self, key: str, rate: Rate, clock: Clock, organization: str) -> Turns:
        """Return the queue of an organization, one for all sessions of the process."""
        with self._lock:
            if (key, organization) not in self._lines:
                path = self._folder / "pace" / _name(key, organization)
                ledger = FileLedger(path, self._presence, rate=rate, clock=clock)
                self._lines[key, organization] = Turns(ledger, clock)
            return self._lines[key, organization]

    def _room(self, name: str) -> Path:
        private_folder(self._folder)
        return private_folder(self._folder / name)


def _name(key: str, organization: str) -> str:
    # Neither an address nor an id as somebody gave it may shape a path.
    return hashlib.sha256(f"{key}\n{organization}".encode()).hexdigest()[:32]
