"""The way from one session to the service: what it owns, and what it shares with others by count.

Token source and pace are shared by key, so that two sessions of one user refresh once and two
sessions of one organization keep one pace; retry, timeouts and transport are the session's own.
"""

from __future__ import annotations

import hashlib

import attrs

from zohorm.connection import Connection, Selector
from zohorm.retry import RetryPolicy
from zohorm.rows import Writes
from zohorm.settings import Settings
from zohorm.sharing import Shared
from zohorm.throttle import LocalThrottle, Throttle
from zohorm.token import TokenSource
from zohorm.transport import RequestsTransport

_tokens: Shared[tuple[str, str, str, str], TokenSource] = Shared()
_paces: Shared[tuple[str, str], LocalThrottle] = Shared()
# By organization id alone: Checkout has a host of its own, and its payments count as well.
_writes: Shared[str, Writes] = Shared()


@attrs.frozen
class Product:
    """How one product differs from the others: where its API starts and who is asked for.

    `host` names the region's attribute for the API host.
    """

    name: str
    root: str
    selector: Selector
    scope_prefix: str
    host: str = "api_url"


class Access:
    """The connection of one session and the things behind it."""

    def __init__(
        self,
        product: Product,
        organization_id: str,
        settings: Settings,
        *,
        api_url: str,
        accounts_url: str,
    ) -> None:
        self._settings = settings
        self._accounts_url = accounts_url.rstrip("/")
        self.key = (api_url.rstrip("/"), organization_id)
        self._shared_token: tuple[str, str, str, str] | None = None
        self._token = self._token_source()
        self._transport = settings.transport or RequestsTransport(pool_size=settings.max_in_flight)
        self._throttle: Throttle = settings.throttle or self._shared_pace()
        self.writes = _writes.acquire(organization_id, Writes)
        self.connection = Connection(
            root=self.key[0] + (settings.api_root or product.root),
            organization_id=organization_id,
            selector=product.selector,
            token=self._token,
            throttle=self._throttle,
            transport=self._transport,
            retry=RetryPolicy(
                max_retries=settings.max_retries,
                max_retry_after_seconds=settings.max_retry_after,
                backoff_seconds=settings.retry_backoff_seconds,
            ),
            timeout=settings.timeout,
            max_wait_seconds=settings.max_wait_seconds,
            min_calls_remaining=settings.min_calls_remaining,
            clock=settings.clock,
            read_only=settings.read_only,
        )

    def _token_source(self) -> TokenSource:
        settings = self._settings
        # The secret too: a session with a wrong one must not fail those with the right one.
        digests = (_digest(settings.refresh_token), _digest(settings.client_secret))
        key = (self._accounts_url, settings.client_id or "", *digests)

        def make() -> TokenSource:
            return TokenSource.from_settings(
                settings,
                accounts_url=self._accounts_url,
                transport=RequestsTransport(pool_size=1),
            )

        if settings.auth is not None or not settings.refresh_token:
            return make()
        source = _tokens.acquire(key, make)
        self._shared_token = key
        return source

    def _shared_pace(self) -> Throttle:
        settings = self._settings

        def make() -> LocalThrottle:
            return LocalThrottle(
                calls_per_minute=settings.calls_per_minute,
                max_in_flight=settings.max_in_flight,
                intercall_delay_seconds=settings.intercall_delay,
                clock=settings.clock,
            )

        pace = _paces.acquire(self.key, make)
        pace.tighten(
            calls_per_minute=settings.calls_per_minute,
            max_in_flight=settings.max_in_flight,
            intercall_delay_seconds=settings.intercall_delay,
        )
        return pace

    def close(self) -> None:
        """Close the session's own connections and release what it shares."""
        if self._settings.transport is None:
            self._transport.close()
        if self._settings.throttle is None:
            _paces.release(self.key)
        _writes.release(self.key[1])
        if self._shared_token is None:
            self._token.close()
        else:
            _tokens.release(self._shared_token)


def _digest(secret: str | None) -> str:
    return hashlib.sha256((secret or "").encode()).hexdigest()
