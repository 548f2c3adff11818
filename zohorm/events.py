"""What hooks are told of a call: frozen values, without secrets and without customer data.

The reporter and the grant of tokens make them, and the hooks of a session's settings take them.
"""

from __future__ import annotations

import re
from typing import Literal

import attrs

Why = Literal["turn", "token", "retry"]

_NUMBER = re.compile(r"/\d+(?=/|\Z)")


def template_of(path: str) -> str:
    """Return the path with `{id}` for each step that is a number, as ids are."""
    return _NUMBER.sub("/{id}", path)


@attrs.frozen(kw_only=True)
class CallEvent:
    """Something happened to a call.

    Attributes:
        method, path: the call; the path is below the product's root, without its query.
        template: the path without its ids: `/invoices/{invoice_id}`. There are few of them.
        url: the whole address, without its query.
        organization_id: None for the call that renews the access token.
        attempt: 1 for the first.
    """

    method: str
    path: str
    template: str
    url: str
    organization_id: str | None
    attempt: int


@attrs.frozen(kw_only=True)
class RequestEvent(CallEvent):
    """An attempt is about to be sent; a `ResponseEvent` of it will follow, whatever happens."""


@attrs.frozen(kw_only=True)
class ResponseEvent(CallEvent):
    """An attempt is over.

    Attributes:
        seconds: from the sending to the end of the answer, without any wait before.
        status: the HTTP status; None when no answer came.
        code: the service's own code, if the answer holds one.
        error: the name of the error class that fits; None for a success. If the call is tried
            again, nobody raises it.
        calls_remaining: what is left of the day's quota, when the service said so.
    """

    seconds: float
    status: int | None = None
    code: int | str | None = None
    error: str | None = None
    calls_remaining: int | None = None


@attrs.frozen(kw_only=True)
class RetryEvent(CallEvent):
    """An attempt failed, and the call will be tried again; `attempt` is that of the failure.

    Attributes:
        reason: what failed, in a sentence of ours.
        wait_seconds: how long the call waits first; its turn may take longer.
        status, code, error: as in `ResponseEvent`.
    """

    reason: str
    wait_seconds: float
    status: int | None = None
    code: int | str | None = None
    error: str


@attrs.frozen(kw_only=True)
class WaitEvent(CallEvent):
    """A call has waited, and goes on; `attempt` is the one that comes next.

    Attributes:
        why: for its "turn" within the limits, for an access "token" that somebody renews, or
            before a "retry".
        seconds: how long.
    """

    why: Why
    seconds: float


def ended(
    asked: RequestEvent,
    *,
    seconds: float,
    status: int | None = None,
    code: int | str | None = None,
    error: str | None = None,
    calls_remaining: int | None = None,
) -> ResponseEvent:
    """Return the event of the end of an attempt."""
    return ResponseEvent(
        method=asked.method,
        path=asked.path,
        template=asked.template,
        url=asked.url,
        organization_id=asked.organization_id,
        attempt=asked.attempt,
        seconds=seconds,
        status=status,
        code=code,
        error=error,
        calls_remaining=calls_remaining,
    )
