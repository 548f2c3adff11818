"""The access token that every call carries; the connection asks for it when its turn has come.

Source: OAuth documents, refresh token and token validity; the answers as clients have seen them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Never, Protocol, Self, runtime_checkable

from zohorm import forking
from zohorm.clock import Clock
from zohorm.errors import (
    AuthError,
    MissingSetting,
    NotPicklable,
    RefreshThrottled,
    SessionClosed,
    Timeout,
    WrongType,
    ZohoError,
)
from zohorm.refresh import COOL_DOWN_SECONDS, RefreshGrant, life_seconds, throttled
from zohorm.refresh import Token as Token  # who writes a store finds it beside TokenStore
from zohorm.retry import RetryPolicy
from zohorm.sharing import Relay
from zohorm.transport import Transport

# Each renewal counts against ten per ten minutes, so a failing server is not asked ten times.
_MOST_RETRIES = 3

# For so long a new token is believed to be good, though calls are refused with it.
_GOOD_SECONDS = 300.0


@runtime_checkable
class TokenStore(Protocol):
    """Where several processes keep one token, so that each need not refresh it."""

    def load(self) -> Token | None:
        """Return the stored token, whatever its age, or None."""

    def save(self, token: Token) -> None:
        """Replace the stored token."""


@runtime_checkable
class LockingTokenStore(TokenStore, Protocol):
    """A token store that lets one process at a time renew the token."""

    def renewing(self, deadline: float | None) -> AbstractContextManager[None]:
        """Wait until no other process renews the token, and keep the others waiting meanwhile.

        The place of a process that died is free again. `deadline` is a reading of the clock that
        the store was made with.

        Raises:
            Timeout: another process was still renewing at the deadline.
        """
        ...

    def block(self, seconds: float) -> None:
        """Remember that the accounts server gives no tokens for so long."""

    def blocked(self) -> float:
        """Return for how many seconds more nobody shall ask for a token; 0 if one may."""
        ...


class _Credentials(Protocol):
    """The settings that say where tokens come from."""

    @property
    def access_token(self) -> str | None: ...
    @property
    def expires_in(self) -> float | None: ...
    @property
    def client_id(self) -> str | None: ...
    @property
    def client_secret(self) -> str | None: ...
    @property
    def refresh_token(self) -> str | None: ...
    @property
    def redirect_url(self) -> str | None: ...
    @property
    def auth(self) -> str | Callable[[], str] | TokenStore | None: ...
    @property
    def max_retries(self) -> int: ...
    @property
    def retry_backoff_seconds(self) -> float: ...
    @property
    def timeout(self) -> tuple[float, float]: ...
    @property
    def clock(self) -> Clock: ...


class Granter(Protocol):
    """Who gives a new token: the refresh-token grant, or the program itself."""

    def grant(self, deadline: float | None) -> Token:
        """Return a new token, or raise why there is none."""
        ...

    def close(self) -> None:
        """Close connections."""


class _Asked:
    """Asks the program for the token each time, for it knows when its token ends."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask

    def grant(self, deadline: float | None) -> Token:
        value = self._ask()
        if not isinstance(value, str):
            raise WrongType(f"the function in auth returned {type(value).__name__}, not text")
        return Token(value, expires_at=0.0)

    def close(self) -> None:
        pass


def _refresh_grant(settings: _Credentials, accounts_url: str, transport: Transport) -> RefreshGrant:
    names = ("client_id", "client_secret", "refresh_token")
    parameters = {name: str(getattr(settings, name) or "") for name in names}
    missing = [name for name, value in parameters.items() if not value]
    if missing:
        raise MissingSetting(
            f"a session needs {' and '.join(missing)} to renew its access token",
            advice="They come from the API console and from the consent of the user",
        )
    if settings.redirect_url:
        parameters["redirect_uri"] = settings.redirect_url
    return RefreshGrant(
        parameters,
        accounts_url=accounts_url,
        transport=transport,
        retry=RetryPolicy(
            max_retries=min(settings.max_retries, _MOST_RETRIES),
            backoff_seconds=settings.retry_backoff_seconds,
        ),
        timeout=settings.timeout,
        clock=settings.clock,
    )


def _enter(held: ExitStack, renewing: AbstractContextManager[None]) -> None:
    """Enter; a store that times out does so for the deadline, whoever wrote it."""
    try:
        held.enter_context(renewing)
    except Timeout as error:
        error.out_of_time = True
        raise


class TokenSource:
    """Gives the current access token and renews it; safe for threads and forks.

    However many threads find the token dead, one of them renews it and the others wait for its
    outcome. No lock is held meanwhile. A failure is told to all who waited, unless more time
    might have helped: then those who have it go on. Whoever comes later tries again.
    """

    def __init__(
        self,
        granter: Granter | None,
        *,
        clock: Clock,
        token: Token | None = None,
        store: TokenStore | None = None,
    ) -> None:
        """Without a granter or a store, `token` is used for as long as it is accepted."""
        self._granter = granter
        self._clock = clock
        self._store = store
        self._lock = threading.Lock()  # guards those below
        self._token = token
        self._refused: str | None = None
        self._good: str | None = None
        self._good_until = 0.0
        self._api_domain: str | None = None if token is None else token.api_domain
        self._flight: Relay | None = None
        forking.register(self)

    @classmethod
    def from_settings(
        cls,
        settings: _Credentials,
        *,
        accounts_url: str,
        transport: Transport,
        store: TokenStore | None = None,
    ) -> Self:
        """Return the source that the settings describe; `close()` closes the transport.

        `store` is where processes share the token unless `auth` says something else.

        Raises:
            MissingSetting: they name no way to get a token.
        """
        clock, auth = settings.clock, settings.auth
        token: Token | None = None
        granter: Granter | None = None
        if settings.access_token:
            life = settings.expires_in
            ends = None if life is None else clock.time() + life_seconds(life)
            token = Token(settings.access_token, ends)
        if isinstance(auth, str):
            return cls(None, clock=clock, token=Token(auth))
        if isinstance(auth, TokenStore):
            store = auth
        elif callable(auth):
            return cls(_Asked(auth), clock=clock)
        elif auth is not None:
            raise WrongType("auth takes a token, a function that returns one, or a token store")
        if settings.refresh_token:
            granter = _refresh_grant(settings, accounts_url, transport)
        if token is None and granter is None and store is None:
            raise MissingSetting(
                "a session needs a way to get an access token",
                advice="Pass client_id, client_secret and refresh_token; or access_token; or auth",
            )
        return cls(granter, clock=clock, token=token, store=store)

    @property
    def renewable(self) -> bool:
        """Whether there can be another token than the present one."""
        return self._granter is not None or self._store is not None

    @property
    def api_domain(self) -> str | None:
        """The API host that the accounts server named last."""
        return self._api_domain

    def value(self, deadline: float | None = None) -> str:
        """Return a token that has not expired; at most one renewal, shared by all who wait.

        Raises:
            RefreshRefused: the credentials are not accepted.
            RefreshThrottled: too many tokens were asked for.
            AuthError: the token is over and there are no credentials to renew it.
            TransportError, ServerError: the accounts server did not give an answer.
        """
        while True:
            with self._lock:
                known = self._known()
                if known is not None:
                    return known.value
                if self._flight is None:
                    self._flight = Relay(self._clock)
                flight = self._flight
            if flight.join(deadline):
                return self._lead(flight, deadline).value

    def refused(self, token: str) -> bool:
        """Drop this very token, and tell whether another one may help.

        A complaint about one that is gone already drops nothing. One that was new when another
        call was refused with it is kept: what the calls lack is a scope, and each renewal counts
        against ten per ten minutes, for all who share the token.
        """
        with self._lock:
            if self._token is not None and self._token.value == token:
                if token == self._good and self._clock.now() < self._good_until:
                    return False
                self._token = None
                self._refused = token
            return True

    def refused_anew(self, token: str) -> None:
        """Take note that a call was refused with a token that was renewed for it."""
        with self._lock:
            # A function or a store may give the refused one once more; that one is not new.
            if token != self._refused:
                self._good, self._good_until = token, self._clock.now() + _GOOD_SECONDS

    def close(self) -> None:
        """Close the connection to the accounts server."""
        if self._granter is not None:
            self._granter.close()

    def renew_after_fork(self) -> None:
        """Make a new lock and forget the parent's renewal; the token stays."""
        self._lock = threading.Lock()
        self._flight = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._granter!r}>"

    def __reduce__(self) -> Never:
        raise NotPicklable(
            "a token source holds secrets and cannot be pickled",
            advice="Pass the organization id and open a session on the other side",
        )

    def _lead(self, flight: Relay, deadline: float | None) -> Token:
        """Renew for all who wait; what failed for want of time, or of a session, is tried anew."""
        token: Token | None = None
        failed: ZohoError | None = None
        try:
            token = self._renewed(deadline)
            return token
        except ZohoError as error:
            if not error.out_of_time and not isinstance(error, SessionClosed):
                failed = error
            raise
        finally:
            # Also after an interrupt, or a fault of a store: one of those who wait goes on.
            if token is None and failed is None:
                flight.pass_on()
            else:
                self._landed(flight, token, failed)

    def _landed(self, flight: Relay, token: Token | None, error: ZohoError | None) -> None:
        with self._lock:
            self._flight = None
            if token is not None:
                self._take(token)
        flight.land(error)

    def _known(self) -> Token | None:
        """Return the token at hand unless it is over; under the lock."""
        token = self._token
        return None if token is None or token.expired(self._clock.time()) else token

    def _take(self, token: Token) -> None:
        """Make this the token at hand; under the lock."""
        self._token = token
        self._api_domain = token.api_domain or self._api_domain

    def _renewed(self, deadline: float | None) -> Token:
        with self._lock:
            known = self._known()
        if known is not None:
            return known
        stored = self._stored()
        if stored is not None:
            return stored
        if self._granter is None:
            raise AuthError(
                "the access token is over, and there are no credentials to renew it",
                advice="Pass client_id, client_secret and refresh_token, or a new token",
            )
        store = self._store
        with ExitStack() as held:
            if isinstance(store, LockingTokenStore):
                _enter(held, store.renewing(deadline))
            # Another process may have renewed it while this one waited for its turn.
            stored = self._stored()
            if stored is not None:
                return stored
            token = self._granted(self._granter, deadline)
            if store is not None:
                with self._lock:
                    # Before it is stored: a store that fails must cost those who wait no token.
                    self._take(token)
                store.save(token)
        return token

    def _stored(self) -> Token | None:
        """Return the token of the store if it may still be good."""
        stored = None if self._store is None else self._store.load()
        if stored is None or stored.value == self._refused:
            return None
        return None if stored.expired(self._clock.time()) else stored

    def _granted(self, granter: Granter, deadline: float | None) -> Token:
        """Ask for a token; tell the other processes if the accounts server wants a pause."""
        if not isinstance(self._store, LockingTokenStore):
            return granter.grant(deadline)
        if self._store.blocked() > 0:
            raise throttled()
        try:
            return granter.grant(deadline)
        except RefreshThrottled as error:
            if error.attempts:  # else the pause is known already, and must not grow
                self._store.block(COOL_DOWN_SECONDS)
            raise
