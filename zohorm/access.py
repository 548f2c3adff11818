"""The way from one session to the service: what it owns, and what it shares with others by count.

Token source and pace are shared by key, so that two sessions of one user refresh once and two
sessions of one organization keep one pace; retry, timeouts and transport are the session's own.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack

import attrs

from zohorm import coordinating
from zohorm.connection import Connection, Selector
from zohorm.coordinating import Coordinator
from zohorm.hooks import Hooks
from zohorm.retry import RetryPolicy
from zohorm.rows import Writes
from zohorm.settings import Settings
from zohorm.sharing import Shared
from zohorm.stopping import Stop
from zohorm.throttle import LocalThrottle, Throttle
from zohorm.token import TokenSource
from zohorm.transport import RequestsTransport

_tokens: Shared[tuple[str, str, str, str, str], TokenSource] = Shared()
_paces: Shared[tuple[str, str], LocalThrottle] = Shared()
# Those that a text names, for each has connections or queues of its own.
_coordinators: Shared[str, Coordinator] = Shared()
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
        self.hooks = Hooks(
            on_request=settings.on_request,
            on_response=settings.on_response,
            on_wait=settings.on_wait,
            on_retry=settings.on_retry,
        )
        self._stop = Stop()
        # What is held is given back if a later step fails, too.
        with ExitStack() as held:
            self._coordinator = self._find_coordinator(held)
            transport = settings.transport or RequestsTransport(
                pool_size=settings.max_in_flight, max_reply_bytes=settings.max_reply_bytes
            )
            if settings.transport is None:
                held.callback(transport.close)
            self.writes = _writes.acquire(organization_id, Writes)
            held.callback(_writes.release, organization_id)
            self.connection = Connection(
                root=self.key[0] + (settings.api_root or product.root),
                organization_id=organization_id,
                selector=product.selector,
                token=self._token_source(held),
                throttle=settings.throttle or self._pace(held),
                transport=transport,
                retry=_retry(settings),
                timeout=settings.timeout,
                max_wait_seconds=settings.max_wait_seconds,
                min_calls_remaining=settings.min_calls_remaining,
                clock=settings.clock,
                read_only=settings.read_only,
                stop=self._stop,
                hooks=self.hooks,
            )
            self._held = held.pop_all()

    def close(self) -> None:
        """Close the session's own connections and release what it shares; no call waits on."""
        self._stop.ask()
        self._held.close()

    def _find_coordinator(self, held: ExitStack) -> Coordinator | None:
        setting = self._settings.coordinator
        if not isinstance(setting, str):
            return setting
        found = _coordinators.acquire(setting, lambda: coordinating.named(setting))
        held.callback(_coordinators.release, setting)
        return found

    def _token_source(self, held: ExitStack) -> TokenSource:
        settings = self._settings
        # The secret too: a session with a wrong one must not fail those with the right one.
        digests = (_digest(settings.refresh_token), _digest(settings.client_secret))
        user = (self._accounts_url, settings.client_id or "", *digests)
        shared = settings.auth is None and bool(settings.refresh_token)
        store = None
        if self._coordinator is not None and shared:
            store = self._coordinator.tokens(_digest("\n".join(user)), clock=settings.clock)

        def make() -> TokenSource:
            return TokenSource.from_settings(
                settings,
                accounts_url=self._accounts_url,
                transport=RequestsTransport(pool_size=1),
                store=store,
            )

        if not shared:
            source = make()
            held.callback(source.close)
            return source
        key = (*user, _name(settings.coordinator))
        source = _tokens.acquire(key, make)
        held.callback(_tokens.release, key)
        return source

    def _pace(self, held: ExitStack) -> Throttle:
        settings = self._settings
        if self._coordinator is not None:
            return self._coordinator.throttle(
                self.key[0],
                calls_per_minute=settings.calls_per_minute,
                max_in_flight=settings.max_in_flight,
                intercall_delay_seconds=settings.intercall_delay,
                clock=settings.clock,
            )

        def make() -> LocalThrottle:
            return LocalThrottle(
                calls_per_minute=settings.calls_per_minute,
                max_in_flight=settings.max_in_flight,
                intercall_delay_seconds=settings.intercall_delay,
                clock=settings.clock,
            )

        pace = _paces.acquire(self.key, make)
        held.callback(_paces.release, self.key)
        pace.tighten(
            calls_per_minute=settings.calls_per_minute,
            max_in_flight=settings.max_in_flight,
            intercall_delay_seconds=settings.intercall_delay,
        )
        return pace


def _retry(settings: Settings) -> RetryPolicy:
    return RetryPolicy(
        max_retries=settings.max_retries,
        max_retry_after_seconds=settings.max_retry_after,
        backoff_seconds=settings.retry_backoff_seconds,
    )


def _name(coordinator: Coordinator | str | None) -> str:
    """Return what tells one coordinator from another for as long as somebody holds it."""
    if isinstance(coordinator, str):
        return coordinator
    return "" if coordinator is None else str(id(coordinator))


def _digest(secret: str | None) -> str:
    return hashlib.sha256((secret or "").encode()).hexdigest()
