"""Spans and metrics for OpenTelemetry, made from what the hooks of a session are told.

`ZohoBooks(..., **Telemetry().hooks)` is all that a program writes. Source: OpenTelemetry, semantic
conventions for HTTP client spans and HTTP client metrics.
"""

from __future__ import annotations

import time
from typing import TypedDict
from urllib.parse import urlsplit

from zohorm.events import CallEvent, ResponseEvent, RetryEvent, WaitEvent
from zohorm.extras import MissingExtra
from zohorm.hooks import Hook

try:
    from opentelemetry import metrics, trace
except ImportError as error:
    raise MissingExtra("the bridge to OpenTelemetry", extra="otel") from error

_NAME = "zohorm"
# Those that the conventions ask for; a wait may last for as long as the pace wants.
_CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_WAIT_SECONDS = (0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)

_Attributes = dict[str, str | int]


class HookSettings(TypedDict):
    """The settings of a session that is watched."""

    on_response: Hook[ResponseEvent]
    on_retry: Hook[RetryEvent]
    on_wait: Hook[WaitEvent]


class Telemetry:
    """Makes a span of each attempt of a call, and metrics of all; one serves many sessions.

    A span is of kind client, named `GET /invoices/{invoice_id}`, and a child of the span that is
    current where the call is made. It begins and ends with the sending and the answer, so waits
    are none of it; what is sent again is a span of its own with `http.request.resend_count`.
    Nothing in it is a secret or tells of a customer more than the ids of a path.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        """Without providers, those that the program has set for all take what is made."""
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._seconds = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Seconds from the sending of a call to the end of its answer",
            explicit_bucket_boundaries_advisory=_CALL_SECONDS,
        )
        self._waits = meter.create_histogram(
            "zohorm.wait.duration",
            unit="s",
            description="Seconds that a call waited: for its turn, a token, or another attempt",
            explicit_bucket_boundaries_advisory=_WAIT_SECONDS,
        )
        self._retries = meter.create_counter(
            "zohorm.retries", unit="{retry}", description="Calls that were tried again"
        )
        self._remaining = meter.create_gauge(
            "zohorm.calls_remaining",
            unit="{call}",
            description="Calls of the day that are left to an organization",
        )

    @property
    def hooks(self) -> HookSettings:
        """The settings of a session to be watched: `ZohoBooks(..., **telemetry.hooks)`."""
        return {
            "on_response": self.on_response,
            "on_retry": self.on_retry,
            "on_wait": self.on_wait,
        }

    def on_response(self, event: ResponseEvent) -> None:
        """Make the span of an attempt, and measure it."""
        shared = _shared(event)
        if event.status is not None:
            shared["http.response.status_code"] = event.status
        if event.error is not None:
            shared["error.type"] = event.error
        self._seconds.record(event.seconds, shared)
        if event.calls_remaining is not None and event.organization_id is not None:
            organization = {"zohorm.organization_id": event.organization_id}
            self._remaining.set(event.calls_remaining, organization)
        self._span(event, shared)

    def on_retry(self, event: RetryEvent) -> None:
        """Count a retry."""
        self._retries.add(1, {**_shared(event), "error.type": event.error})

    def on_wait(self, event: WaitEvent) -> None:
        """Measure a wait."""
        self._waits.record(event.seconds, {"zohorm.wait.reason": event.why})

    def _span(self, event: ResponseEvent, shared: _Attributes) -> None:
        attributes = {**shared, "url.full": event.url}
        if event.attempt > 1:
            attributes["http.request.resend_count"] = event.attempt - 1
        if event.organization_id is not None:
            attributes["zohorm.organization_id"] = event.organization_id
        if event.code is not None:
            attributes["zohorm.code"] = str(event.code)
        ended = time.time_ns()
        span = self._tracer.start_span(
            f"{event.method} {event.template}",
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=ended - int(event.seconds * 1e9),
        )
        if event.error is not None:
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended)


def _shared(event: CallEvent) -> _Attributes:
    """Return what spans and metrics say of a call; of each there are few values."""
    parts = urlsplit(event.url)
    return {
        "http.request.method": event.method,
        "url.template": event.template,
        "url.scheme": parts.scheme,
        "server.address": parts.hostname or "",
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }
