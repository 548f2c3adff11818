"""What a data file keeps beside the records: client and tokens, the time, the seed.

A sandbox that opens the file again is the one that its clients know. Used by `Sandbox`, and by the
application after each call that may have changed any of it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from zohorm.clock import ManualClock
from zohorm.sandbox.datafile import WrongDataFile
from zohorm.sandbox.oauth import Accounts
from zohorm.sandbox.store import Store

_NAME = "sandbox"
# The clocks of machine and sandbox differ by as much until somebody moves one of them.
_SAME_SECONDS = 1.0


class Keeper:
    """Writes this state when it has changed, and takes it over from a file."""

    def __init__(self, store: Store, accounts: Accounts, clock: ManualClock | None) -> None:
        """Without a clock, time is not kept: it is somebody else's."""
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._ahead = 0.0
        self._written = ""
        self.seed: str | None = None

    def made(self, seed: str | None) -> dict[str, str]:
        """Return the state of a new sandbox, as `Store.restore` takes it."""
        self.seed = seed
        self._written = self._text()
        return {_NAME: self._written}

    def take_over(self) -> None:
        """Go on with what the file says: time has gone on meanwhile, tokens have aged.

        Raises:
            WrongDataFile: the file says it in a way that nobody understands.
        """
        try:
            with self._store.transaction():
                text = self._store.state(_NAME) or ""
            state: Mapping[str, Any] = json.loads(text)
            self.seed = state["seed"]
            self._accounts.take_over(state["accounts"])
            ahead = None if state["ahead"] is None else float(state["ahead"])
        except (AttributeError, LookupError, TypeError, ValueError, sqlite3.Error) as error:
            raise WrongDataFile("the data file is damaged: it names no credentials") from error
        if self._clock is not None and ahead is not None:
            self._ahead = ahead
            now = time.time() + ahead
            self._clock.move(seconds=max(0.0, now - self._clock.time()))
        self._written = text

    def keep(self) -> None:
        """Write the state to the file if it has changed."""
        if not self._store.is_lasting:
            return
        with self._store.transaction():
            text = self._text()
            if text != self._written:
                self._store.set_state(_NAME, text)
                self._written = text

    def keep_time(self) -> None:
        """Write the state if somebody has moved the clock; costs nothing else."""
        if self._clock is not None and self._moved():
            self.keep()

    def _moved(self) -> bool:
        assert self._clock is not None
        return abs(self._clock.time() - time.time() - self._ahead) > _SAME_SECONDS

    def _text(self) -> str:
        if self._clock is not None and self._moved():
            self._ahead = self._clock.time() - time.time()
        ahead = None if self._clock is None else self._ahead
        state = {"seed": self.seed, "ahead": ahead, "accounts": self._accounts.state()}
        return json.dumps(state)
