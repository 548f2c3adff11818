"""How a session is watched: hooks, counts, telemetry; read by the type checkers, never run."""

from __future__ import annotations

from typing import assert_type

from zohorm import CallCount, CallEvent, RequestEvent, ResponseEvent, RetryEvent, WaitEvent
from zohorm.books import ZohoBooks
from zohorm.extras.telemetry import Telemetry


def _any(event: CallEvent) -> None:
    assert_type(event.template, str)
    assert_type(event.organization_id, str | None)


def _response(event: ResponseEvent) -> int:
    assert_type(event.status, int | None)
    assert_type(event.code, int | str | None)
    assert_type(event.error, str | None)
    assert_type(event.seconds, float)
    return event.attempt


def _retry(event: RetryEvent) -> None:
    assert_type(event.reason, str)
    assert_type(event.wait_seconds, float)
    event.attempt = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def _wait(event: WaitEvent) -> bool:
    return event.why == "turn"


def _settings() -> None:
    events: list[RequestEvent] = []
    ZohoBooks("1", on_request=events.append, on_response=[_any, _response])
    ZohoBooks("1", on_retry=_retry, on_wait=(_wait,))
    ZohoBooks.from_env(on_request=lambda event: event.path.upper())
    ZohoBooks("1", on_request=_any, client_id="1", **Telemetry().hooks)

    ZohoBooks("1", on_request=_retry)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ZohoBooks("1", on_wait=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _counts(books: ZohoBooks) -> None:
    with books.count_calls() as calls:
        assert_type(calls, CallCount)
    assert_type(calls.made, int)
    assert_type(calls.by_method, dict[str, int])
    assert_type(calls.wait_seconds, float)
