"""A connection put together by hand, for tests of its parts over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from zohorm.clock import Clock, ManualClock
from zohorm.connection import Connection, Selector
from zohorm.hooks import Hooks
from zohorm.refresh import RefreshGrant, Token
from zohorm.retry import RetryPolicy
from zohorm.throttle import LocalThrottle, Throttle
from zohorm.token import TokenSource
from zohorm.transport import RequestsTransport, Transport

ORGANIZATION = "10234695"
SECRETS = {
    "client_id": "1000.CLIENT",
    "client_secret": "hush-client",
    "refresh_token": "1000.hush-refresh",
}


@attrs.define(kw_only=True)
class Wiring:
    """What a connection is made of; change a part before `open()`."""

    url: str
    clock: Clock = attrs.field(factory=lambda: ManualClock(patience_seconds=10))
    root: str = "/books/v3"
    organization: str = ORGANIZATION
    selector: Selector = attrs.field(factory=lambda: Selector(query="organization_id"))
    secrets: dict[str, str] = attrs.field(factory=lambda: dict(SECRETS))
    token: TokenSource | None = None
    first_token: Token | None = None
    throttle: Throttle | None = None
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    timeout: tuple[float, float] = (5.0, 5.0)
    max_wait_seconds: float | None = None
    min_calls_remaining: int = 1
    read_only: bool = False
    hooks: Hooks = attrs.field(factory=Hooks)
    transport: Transport | None = None

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """Yield the connection; its sockets are closed afterwards."""
        transport = self.transport or RequestsTransport(clock=self.clock)
        token = self.token or self.tokens()
        if self.throttle is None:
            self.throttle = LocalThrottle(clock=self.clock)
        try:
            yield Connection(
                root=self.url + self.root,
                organization_id=self.organization,
                selector=self.selector,
                token=token,
                throttle=self.throttle,
                transport=transport,
                retry=self.retry,
                timeout=self.timeout,
                clock=self.clock,
                max_wait_seconds=self.max_wait_seconds,
                min_calls_remaining=self.min_calls_remaining,
                read_only=self.read_only,
                hooks=self.hooks,
                rng=lambda: 0.5,
            )
        finally:
            transport.close()
            token.close()

    def tokens(self, *, backoff_seconds: float = 0.5, max_retries: int = 3) -> TokenSource:
        """Return a source of tokens from the same server."""
        grant = RefreshGrant(
            self.secrets,
            accounts_url=self.url,
            transport=RequestsTransport(),
            retry=RetryPolicy(max_retries=max_retries, backoff_seconds=backoff_seconds),
            timeout=self.timeout,
            clock=self.clock,
        )
        return TokenSource(grant, clock=self.clock, token=self.first_token)
