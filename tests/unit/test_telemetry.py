"""What OpenTelemetry gets of a session: one span per attempt, and the metrics of all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from zohorm.books import Contact, ZohoBooks
from zohorm.errors import NotFound, OutcomeUnknown
from zohorm.extras.telemetry import Telemetry
from zohorm.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


@attrs.define
class Collected:
    """A bridge whose spans and metrics stay here."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader
    tracers: TracerProvider
    telemetry: Telemetry

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans of calls to an organization, in the order in which they ended."""
        return [
            span
            for span in self.exporter.get_finished_spans()
            if span.kind is SpanKind.CLIENT and span.name != "POST /oauth/v2/token"
        ]

    def points(self, name: str) -> list[tuple[Mapping[str, object], object]]:
        """The attributes and the value, sum or count of each point of a metric."""
        data = self.reader.get_metrics_data()
        found = []
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name == name:
                        for point in metric.data.data_points:
                            value = getattr(point, "value", None)
                            value = getattr(point, "count", None) if value is None else value
                            found.append((dict(point.attributes or {}), value))
        return found


@pytest.fixture
def collected() -> Collected:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(
        tracer_provider=tracers, meter_provider=MeterProvider(metric_readers=[reader])
    )
    return Collected(exporter, reader, tracers, telemetry)


@pytest.fixture
def watched(sandbox: Sandbox, collected: Collected) -> Iterator[ZohoBooks]:
    settings = collected.telemetry.hooks
    with (
        closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock, **settings)) as session,
        session,
    ):
        yield session


def test_a_call_is_a_client_span_with_the_names_of_the_conventions(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    identifier = sandbox.insert("Contact", {"contact_name": "Zoe Miller"})

    Contact.get(identifier)

    (span,) = collected.spans
    url = urlsplit(sandbox.url)
    assert span.name == "GET /contacts/{contact_id}"
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": url.hostname,
        "server.port": url.port,
        "url.full": f"{sandbox.url}/books/v3/contacts/{identifier}",
        "url.scheme": "http",
        "url.template": "/contacts/{contact_id}",
        "zohorm.code": "0",
        "zohorm.organization_id": watched.organization_id,
    }


def test_a_span_is_the_child_of_the_one_around_the_call(
    watched: ZohoBooks, collected: Collected
) -> None:
    with collected.tracers.get_tracer("program").start_as_current_span("job") as job:
        Contact.iterate().exists()

    (span,) = collected.spans
    assert span.parent is not None
    assert span.parent.span_id == job.get_span_context().span_id


def test_a_span_begins_and_ends_with_the_exchange(sandbox: Sandbox, collected: Collected) -> None:
    """By the real clock, for that is what a span's times are read from."""
    settings = collected.telemetry.hooks
    with (
        collected.tracers.get_tracer("program").start_as_current_span("job"),
        closing(ZohoBooks(**sandbox.credentials, **settings)) as session,
    ):
        Contact.using(session).iterate().exists()

    (span,) = collected.spans
    job = collected.exporter.get_finished_spans()[-1]
    times = [job.start_time, span.start_time, span.end_time, job.end_time]
    assert times == sorted(set(times), key=str)


def test_each_attempt_is_a_span_that_counts_those_before(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    sandbox.next(status=429, code=44, times=1)
    sandbox.next(fault="drop-before-commit", times=1)

    Contact.iterate().exists()

    assert [
        (
            span.attributes.get("http.request.resend_count"),
            span.attributes.get("http.response.status_code"),
            span.attributes.get("error.type"),
            span.status.status_code,
        )
        for span in collected.spans
        if span.attributes is not None
    ] == [
        (None, 429, "MinuteLimit", StatusCode.ERROR),
        (1, None, "Unreachable", StatusCode.ERROR),
        (2, 200, None, StatusCode.UNSET),
    ]
    counted = {point["error.type"]: value for point, value in collected.points("zohorm.retries")}
    assert counted == {"MinuteLimit": 1, "Unreachable": 1}
    waits = [point["zohorm.wait.reason"] for point, _ in collected.points("zohorm.wait.duration")]
    assert "retry" in waits


def test_an_error_of_the_service_with_status_200_is_an_error(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    sandbox.next(status=200, code=1002, times=1)

    with pytest.raises(NotFound):
        Contact.get("999")

    (span,) = collected.spans
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.attributes["zohorm.code"]) == ("NotFound", "1002")
    assert span.status.status_code is StatusCode.ERROR


def test_a_write_without_an_answer_is_an_error_without_a_status(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    sandbox.next(fault="drop-after-commit", times=1)

    with pytest.raises(OutcomeUnknown):
        Contact(contact_name="Zoe Miller").save()

    (span,) = collected.spans
    assert span.attributes is not None
    assert span.attributes["error.type"] == "OutcomeUnknown"
    assert "http.response.status_code" not in span.attributes


def test_a_renewal_is_a_span_of_its_own(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    Contact.iterate().exists()

    first = collected.exporter.get_finished_spans()[0]
    assert first.name == "POST /oauth/v2/token"
    assert "zohorm.organization_id" not in dict(first.attributes or {})


def test_durations_are_measured_in_the_buckets_of_the_conventions(
    watched: ZohoBooks, collected: Collected
) -> None:
    Contact.iterate().exists()
    Contact.iterate().exists()

    counts = {
        point["url.template"]: value
        for point, value in collected.points("http.client.request.duration")
    }
    assert counts == {"/contacts": 2, "/oauth/v2/token": 1}
    data = collected.reader.get_metrics_data()
    assert data is not None
    bounds = {
        tuple(point.explicit_bounds)[:3]
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if metric.name == "http.client.request.duration"
        for point in metric.data.data_points
    }
    assert bounds == {(0.005, 0.01, 0.025)}


def test_the_calls_that_remain_are_a_gauge_of_each_organization(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    Contact.iterate().exists()

    assert watched.quota is not None
    assert collected.points("zohorm.calls_remaining") == [
        ({"zohorm.organization_id": watched.organization_id}, watched.quota.remaining)
    ]


def test_neither_spans_nor_metrics_hold_what_is_filtered_by(
    sandbox: Sandbox, watched: ZohoBooks, collected: Collected
) -> None:
    Contact(contact_name="Zoe Miller", notes="zoe@example.org").save()
    list(Contact.iterate(contact_name="Zoe Miller"))

    data = collected.reader.get_metrics_data()
    assert data is not None
    text = data.to_json() + "".join(
        span.to_json() for span in collected.exporter.get_finished_spans()
    )
    hidden = ["Zoe", "Miller", "zoe@", "zoe%40", str(sandbox.credentials["client_secret"])]
    assert len(collected.spans) == 2
    assert [word for word in hidden if word in text] == []


def test_without_the_packages_the_error_says_what_installs_them() -> None:
    code = "import sys; sys.modules['opentelemetry'] = None; import zohorm.extras.telemetry"

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert ran.returncode == 1
    assert 'pip install "zohorm[otel]"' in ran.stderr
