"""The conversation with Redis; pace and token store ask here and hear answers, or `Away`.

No text of an error quotes an address, which may hold a password, or a value, which may be a token.
"""

from __future__ import annotations

import os
import ssl
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from zohorm import stopping
from zohorm.errors import InvalidValue
from zohorm.extras import MissingExtra

try:
    import redis
    from redis import exceptions
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ModuleNotFoundError as error:
    raise MissingExtra("sharing pace and token through Redis", extra="redis") from error

if TYPE_CHECKING:
    from redis.lock import Lock

_SCRIPT = Path(__file__).with_name("redis_ledger.lua").read_text(encoding="utf-8")
# Of this machine's network, not of the service: who does not answer in such a time is away.
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
# Also a call whose time is over tells of its end: so long that takes where nothing is wrong.
_LEAST_ANSWER_SECONDS = 0.05
# A part of the above, for an answer that is only "nothing yet" must not count as none.
_BLOCK_PART = 0.6


class Away(Exception):
    """Redis did not do what was asked; `lasting` if it will not before somebody mends it."""

    def __init__(self, reason: str, *, lasting: bool = False, cure: str = "mend Redis") -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting
        self.cure = cure


# What an error of Redis means, by the first that fits: its class, the first word of its text.
_MEANINGS: tuple[tuple[type[exceptions.RedisError], str, str, bool], ...] = (
    (exceptions.AuthenticationError, "", "it does not take the user or password", True),
    (exceptions.AuthenticationWrongNumberOfArgsError, "", "it knows no users", True),
    (exceptions.AuthorizationError, "", "its user may not do this", True),
    (exceptions.NoPermissionError, "", "its user may not do this", True),
    (exceptions.BusyLoadingError, "", "it is still loading its data", False),
    (exceptions.ConnectionError, "", "it cannot be reached", False),
    (exceptions.TimeoutError, "", "it does not answer", False),
    (exceptions.ReadOnlyError, "", "it takes no writes, as a replica does", False),
    (exceptions.OutOfMemoryError, "", "it is out of memory", False),
    (exceptions.ResponseError, "WRONGTYPE", "what lies under one of our keys is not ours", True),
    (exceptions.ResponseError, "MISCONF", "it takes no writes while it cannot save them", False),
    (exceptions.ResponseError, "", "it does not understand what is asked", True),
    (exceptions.RedisError, "", "the conversation with it failed", False),
)


# Options of the address that name files; see "Redis", "Connecting" and "SSL" of redis-py.
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def _meaning(error: exceptions.RedisError) -> Away:
    refusal = error.__cause__ or error.__context__
    if isinstance(refusal, ssl.SSLCertVerificationError):
        return _untrusted(refusal)
    if isinstance(refusal, ssl.SSLError):
        return Away("no TLS connection with it can be made", cure="see that it speaks TLS there")
    words = str(error)
    for kind, start, reason, lasting in _MEANINGS:
        if isinstance(error, kind) and words.startswith(start):
            return Away(reason, lasting=lasting)
    return Away("the conversation with it failed")


def _untrusted(error: ssl.SSLCertVerificationError) -> Away:
    return Away(
        f"its certificate is not trusted ({error.verify_message.rstrip('.')})",
        lasting=True,
        cure="name the file of the authority that signed it in the address,"
        " rediss://host:6379/0?ssl_ca_certs=/path/to/authority.pem, and the host as the"
        " certificate does",
    )


@contextmanager
def _meant() -> Iterator[None]:
    try:
        yield
    except exceptions.RedisError as error:
        meaning = _meaning(error)  # before it is forgotten what it came of
        # It came through functions whose variables hold the password and the token, and services
        # that collect errors keep those.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        if isinstance(error, exceptions.ResponseError):
            raise meaning from None  # Its text may quote what was to be written.
        raise meaning from error


class RedisServer:
    """One Redis, as all sessions of a coordinator see it; safe for threads and forks."""

    def __init__(self, url: str, *, prefix: str, clock_speed: float = 1.0) -> None:
        """Connections are made when they are needed; options in `url` go before ours."""
        self.prefix = prefix
        self._url = url
        self._speed = clock_speed
        self._begin()
        given = self._client.connection_pool.connection_kwargs
        for name in _FILES:
            if given.get(name) and not os.access(given[name], os.R_OK):
                raise InvalidValue(
                    f"the file that the address of Redis names as {name} cannot be read",
                    advice="See that it is there and that this user may read it",
                )

    def __repr__(self) -> str:
        known = self._client.connection_pool.connection_kwargs
        place = known.get("path") or f"{known.get('host')}:{known.get('port')}"
        return f"<Redis {place}/{known.get('db') or 0}>"

    @property
    def process(self) -> str:
        """The name of this process among those that meet here."""
        return self._process

    def run(self, keys: Sequence[str], arguments: Sequence[str | int]) -> list[str | int]:
        """Run the script of the pace.

        Raises:
            Away: there is no answer; the script may have run.
        """
        with _meant():
            client = self._hurried()
            return cast("list[str | int]", self._script(keys=keys, args=arguments, client=client))

    def wait(self, key: str, seconds: float) -> None:
        """Return when something is pushed to this list, after so long, or a little earlier.

        Raises:
            Away: nobody can tell.
        """
        client = self._hurried()
        answer_seconds = client.connection_pool.connection_kwargs["socket_timeout"]
        block = max(0.001, min(seconds, _BLOCK_PART * answer_seconds))
        with _meant():
            client.blpop([key], timeout=block)

    def read(self, key: str) -> tuple[str | None, float]:
        """Return a text and the seconds after which it is forgotten; what is no text is None.

        Raises:
            Away: there is no answer.
        """
        with _meant():
            pipe = self._hurried().pipeline(transaction=True)
            pipe.get(key)
            pipe.pttl(key)
            found, left_ms = pipe.execute(raise_on_error=False)
            if isinstance(found, exceptions.ResponseError) and str(found).startswith("WRONGTYPE"):
                return None, 0.0
            for each in (found, left_ms):
                if isinstance(each, exceptions.RedisError):
                    raise each
        return cast("str | None", found), max(0, cast("int", left_ms)) / 1000

    def write(self, key: str, text: str, seconds: float) -> None:
        """Keep a text for so long, in place of whatever is there.

        Raises:
            Away: it may not be kept.
        """
        with _meant():
            self._hurried().set(key, text, px=max(1, int(seconds * 1000)))

    def lock(self, key: str, seconds: float) -> Lock | None:
        """Take a lock that opens by itself after so long; None if another holds it.

        Raises:
            Away: nobody can tell.
        """
        with _meant():
            # Not thread_local: another thread renews it.
            lock = self._hurried().lock(key, timeout=seconds, thread_local=False)
            return lock if lock.acquire(blocking=False) else None

    def unlock(self, lock: Lock) -> bool:
        """Open a lock that is ours, and tell whether it still was.

        Raises:
            Away: it opens by itself.
        """
        lock.redis = self._hurried()  # Less time may be left than there was.
        with _meant():
            try:
                lock.release()
            except exceptions.LockError:
                return False
        return True

    def keep_locked(self, lock: Lock) -> None:
        """Begin its time anew, if it is still ours.

        Raises:
            Away: nobody can tell.
        """
        with _meant():
            try:
                lock.reacquire()
            except exceptions.LockError:
                pass  # It opened; whoever holds it finds out when he opens it.

    def close(self) -> None:
        """Close the connections."""
        for client in list(self._clients.values()):
            client.close()

    def renew_after_fork(self) -> None:
        """Take connections and a name of its own in a forked child."""
        self._begin()

    def _begin(self) -> None:
        self._process = uuid.uuid4().hex[:16]
        self._lock = threading.Lock()  # guards the next, which is by the seconds of an answer
        self._clients: dict[float, redis.Redis] = {}
        client = self._opened()
        self._most = float(client.connection_pool.connection_kwargs["socket_timeout"])
        self._client = self._clients[self._most] = client
        self._script = self._client.register_script(_SCRIPT)

    def _hurried(self) -> redis.Redis:
        """Return the client whose answers take no longer than the time that the call has left.

        Each has connections of its own, for a connection has one time for all its answers; so
        they are few, each with half the time of the one before.
        """
        left, seconds = stopping.seconds_left() / self._speed, self._most
        while seconds > left and seconds / 2 >= _LEAST_ANSWER_SECONDS:
            seconds /= 2
        with self._lock:
            if seconds not in self._clients:
                client = self._opened()
                kept = client.connection_pool.connection_kwargs
                kept["socket_timeout"] = seconds
                kept["socket_connect_timeout"] = min(seconds, kept["socket_connect_timeout"])
                self._clients[seconds] = client
            return self._clients[seconds]

    def _opened(self) -> redis.Redis:
        try:
            client = redis.Redis.from_url(
                self._url,
                decode_responses=True,
                # A foreign value may be no text at all.
                encoding_errors="replace",
                socket_connect_timeout=_CONNECT_SECONDS,
                socket_timeout=_ANSWER_SECONDS,
                # Once, for a connection that idled may be closed. Longer waits are on a clock.
                retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
            )
            # It does not connect; an option that does not exist is found here, and not by a call.
            pool = client.connection_pool
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, TypeError):
            # Without its cause, which quotes parts of the address.
            raise InvalidValue(
                "the address of Redis cannot be read",
                advice="It looks like redis://user:password@host:6379/0, with rediss:// for TLS;"
                " a password with marks such as / or # is quoted as in any URL",
            ) from None
        return client
