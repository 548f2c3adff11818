"""The access token of one user in Redis, renewed by one process at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import attrs

from zohorm import stopping
from zohorm.clock import Clock
from zohorm.errors import CoordinatorAway, InvalidValue, Timeout
from zohorm.extras.redis_leases import Leases
from zohorm.extras.redis_server import Away, RedisServer
from zohorm.refresh import Token

if TYPE_CHECKING:
    from redis.lock import Lock

R = TypeVar("R")

# Of a token of which nobody said when it ends.
_UNKNOWN_LIFE_SECONDS = 86_400.0
# Real seconds between two looks whether another process has renewed the token.
_FIRST_LOOK_SECONDS = 0.05
_LONGEST_LOOK_SECONDS = 1.0
# How long reading and writing wait for Redis; they are asked for within a call's turn.
_PATIENCE_SECONDS = 3.0

_log = logging.getLogger("zohorm.auth")


class _Renewal:
    """The lock of the process that renews; its lease is kept for as long as that takes."""

    def __init__(self, server: RedisServer, lock: Lock) -> None:
        self._server = server
        self._lock = lock
        self._is_over = False

    def is_holding(self) -> bool:
        return not self._is_over

    def renew(self) -> None:
        try:
            self._server.keep_locked(self._lock)
        except Away as away:
            _log.debug("the lock of the renewal may open: %s", away.reason)

    def end(self) -> None:
        self._is_over = True
        try:
            if not self._server.unlock(self._lock):
                _log.info("the lock of the renewal had opened before the renewal was over")
        except Away as away:
            _log.info("the lock of the renewal opens by itself: %s", away.reason)


class RedisTokenStore:
    """Keeps the token as text, and forgets it when it ends; safe for threads and forks.

    Where Redis is away and `falls_back`, the process renews for itself, and remembers for itself.
    """

    def __init__(
        self,
        key: str,
        *,
        server: RedisServer,
        leases: Leases,
        clock: Clock,
        clock_speed: float,
        falls_back: bool,
    ) -> None:
        self._name = f"{server.prefix}:token:{key}"
        self._lock_name = f"{server.prefix}:renewing:{key}"
        self._pause_name = f"{server.prefix}:pause:{key}"
        self._server = server
        self._leases = leases
        self._clock = clock
        self._speed = clock_speed
        self._falls_back = falls_back
        self._own: Token | None = None
        self._own_pause = 0.0  # until this reading of the clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._server!r}>"

    def load(self) -> Token | None:
        """Return the stored token, or None; what is no token counts as none, and is replaced.

        Raises:
            CoordinatorAway: Redis does not answer.
        """
        try:
            text, seconds = self._patiently(lambda: self._server.read(self._name))
        except Away as away:
            return self._fallen_back(away, self._own)
        if text is None:
            return None
        try:
            token = Token.from_text(text)
        except InvalidValue:
            _log.warning("what Redis holds as access token is none; the next one replaces it")
            return None
        if token.expires_at is None:
            return token
        # Counted from here: the clock of the machine that stored it may differ from this one's.
        return attrs.evolve(token, expires_at=self._clock.time() + seconds * self._speed)

    def save(self, token: Token) -> None:
        """Replace the stored token.

        Raises:
            CoordinatorAway: Redis does not answer.
        """
        self._own = token
        life = _UNKNOWN_LIFE_SECONDS
        if token.expires_at is not None:
            life = (token.expires_at - self._clock.time()) / self._speed
        if life <= 0:
            return
        try:
            self._patiently(lambda: self._server.write(self._name, token.to_text(), life))
        except Away as away:
            self._fallen_back(away, None)

    @contextmanager
    def renewing(self, deadline: float | None) -> Iterator[None]:
        """Wait until no other process renews the token, and keep the others waiting meanwhile.

        A process that dies meanwhile holds the others for one lease.

        Raises:
            Timeout: another process was still renewing at the deadline.
            CoordinatorAway: Redis did not answer before the deadline.
        """
        renewal = self._begin(deadline)
        if renewal is None:
            yield
            return
        self._leases.watch(renewal)
        try:
            yield
        finally:
            renewal.end()

    def block(self, seconds: float) -> None:
        """Remember that the accounts server gives no tokens for so long."""
        self._own_pause = self._clock.now() + seconds
        try:
            self._server.write(self._pause_name, "1", seconds / self._speed)
        except Away as away:
            _log.info("other processes do not hear that no tokens are given: %s", away.reason)

    def blocked(self) -> float:
        """Return for how many seconds more nobody shall ask for a token; 0 if one may."""
        own = max(0.0, self._own_pause - self._clock.now())
        try:
            _, seconds = self._server.read(self._pause_name)
        except Away:
            return own
        return max(own, seconds * self._speed)

    def _begin(self, deadline: float | None) -> _Renewal | None:
        """Return the renewal when it may begin; None if Redis is away and this falls back."""
        look = _FIRST_LOOK_SECONDS
        while True:
            away = None
            try:
                lock = self._server.lock(self._lock_name, self._leases.seconds)
                if lock is not None:
                    return _Renewal(self._server, lock)
            except Away as error:
                away = error
                if self._falls_back:
                    return None
            seconds = look * self._speed
            is_late = deadline is not None and self._clock.now() + seconds >= deadline
            if away is not None and (is_late or away.lasting):
                raise _error(away, self._server) from away
            if is_late:
                raise Timeout(
                    "another process was still renewing the access token",
                    advice="Try again, or allow more time (max_wait_seconds)",
                    out_of_time=True,
                )
            self._clock.sleep(seconds)
            look = min(2 * look, _LONGEST_LOOK_SECONDS)

    def _patiently(self, ask: Callable[[], R]) -> R:
        """Ask again for a moment, as long as a server takes to start anew."""
        look = _FIRST_LOOK_SECONDS
        waited = 0.0
        while True:
            try:
                return ask()
            except Away as away:
                late = stopping.seconds_left() <= look * self._speed
                if away.lasting or self._falls_back or waited >= _PATIENCE_SECONDS or late:
                    raise
            self._clock.sleep(look * self._speed)
            waited += look
            look = min(2 * look, _LONGEST_LOOK_SECONDS)

    def _fallen_back(self, away: Away, own: R) -> R:
        if not self._falls_back:
            raise _error(away, self._server) from away
        _log.info("the access token is this process's own for now: %s", away.reason)
        return own


def _error(away: Away, server: RedisServer) -> CoordinatorAway:
    # Variables on its way hold the token, and services that collect errors keep those.
    away.__traceback__ = None
    return CoordinatorAway(
        f"the access token that processes share cannot be had: {server!r}: {away.reason}",
        advice=f"The service was not asked; {away.cure}",
        out_of_time=stopping.seconds_left() <= _LONGEST_LOOK_SECONDS,
    )
