"""The access token of one user in a file that only this user can read; see `FileCoordinator`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zohorm.clock import Clock
from zohorm.errors import CoordinatorAway, InvalidValue, Timeout
from zohorm.extras.private_files import locked_file, private_file, read_all, write_all
from zohorm.refresh import Token

_LOCK_POLL_SECONDS = 0.05
# No pause that a process notes is longer; a wall clock that was set must not make one so.
_LONGEST_PAUSE_SECONDS = 900.0

_log = logging.getLogger("zohorm.auth")


class FileTokenStore:
    """Keeps a token, and lets one process at a time renew it; safe for threads and forks.

    A file that holds anything else counts as empty, and is replaced with the next token.
    """

    def __init__(self, folder: Path, key: str, *, clock: Clock) -> None:
        """`key` becomes the name of the files: letters and digits."""
        self._token = folder / f"{key}.token"
        self._lock = folder / f"{key}.lock"
        self._pause = folder / f"{key}.pause"
        self._clock = clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._token}>"

    def load(self) -> Token | None:
        """Return the stored token, whatever its age, or None.

        Raises:
            CoordinatorAway: others may read the file or write to it, or it cannot be read.
        """
        if not self._token.exists():
            return None
        with private_file(self._token) as descriptor:
            content = read_all(descriptor)
        try:
            return Token.from_text(content.decode())
        except (InvalidValue, UnicodeDecodeError):
            pass  # Not told of further: what was there may be a part of a secret.
        _log.warning("%s was damaged; the token is renewed", self._token)
        return None

    def save(self, token: Token) -> None:
        """Replace the stored token; who reads at this moment finds the old one or the new one.

        If it cannot be written, this process goes on with it, and the others get their own.
        """
        new = self._token.with_suffix(".new")
        try:
            with private_file(new) as descriptor:
                os.ftruncate(descriptor, 0)
                write_all(new, descriptor, token.to_text().encode())
            os.replace(new, self._token)
        except (CoordinatorAway, OSError) as error:
            # To raise would lose a token that counts against ten in ten minutes.
            _log.warning("the access token was not stored for other processes: %s", error)

    @contextmanager
    def renewing(self, deadline: float | None) -> Iterator[None]:
        """Hold the right to renew the token; it ends with the process.

        Raises:
            Timeout: another process was still renewing at the deadline.
        """

        def wait() -> None:
            left = _LOCK_POLL_SECONDS if deadline is None else deadline - self._clock.now()
            if left <= 0:
                raise Timeout(
                    "another process did not renew the access token in time",
                    advice="Try again, or allow more time (max_wait_seconds)",
                    out_of_time=True,
                )
            self._clock.sleep(min(left, _LOCK_POLL_SECONDS))

        with locked_file(self._lock, wait=wait):
            yield

    def block(self, seconds: float) -> None:
        """Remember that the accounts server gives no tokens for so long."""
        with private_file(self._pause) as descriptor:
            write_all(self._pause, descriptor, f"{self._clock.time() + seconds:020.3f}".encode())

    def blocked(self) -> float:
        """Return for how many seconds more nobody shall ask for a token; 0 if one may."""
        if not self._pause.exists():
            return 0.0
        with private_file(self._pause) as descriptor:
            content = read_all(descriptor)
        try:
            left = float(content) - self._clock.time()
        except ValueError:
            return 0.0  # The accounts server will say it again.
        return left if 0 < left <= _LONGEST_PAUSE_SECONDS else 0.0
