from __future__ import annotations

import datetime as dt
import logging
import os
import pickle
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from email.utils import format_datetime

import attrs
import pytest
from scripted import Fault, Scripted
from wiring import ORGANIZATION, SECRETS, Wiring

from zohorm import errors
from zohorm.clock import ManualClock
from zohorm.connection import Call, Connection, Selector
from zohorm.errors import (
    DayLimit,
    Duplicate,
    InFlightLimit,
    InvalidValue,
    MalformedReply,
    MinuteLimit,
    NotAuthorized,
    NotFound,
    OutcomeUnknown,
    ReadOnlySession,
    RefreshRefused,
    ServerError,
    Timeout,
    TooLate,
    Unreachable,
    ValidationError,
    WrongOrganization,
    ZohoError,
)
from zohorm.refresh import Token
from zohorm.retry import RetryPolicy
from zohorm.sandbox import Sandbox
from zohorm.throttle import LocalThrottle, Quota
from zohorm.token import TokenSource
from zohorm.transport import Reply, Request, RequestsTransport

GET = Call("GET", "/invoices", scope="ZohoBooks.invoices.READ")
PUT = Call("PUT", "/invoices/1", body=b"{}")
POST = Call("POST", "/invoices", body=b"{}", repeatable=False, scope="ZohoBooks.invoices.CREATE")
DELETE = Call("DELETE", "/invoices/1")
JSON = {"Content-Type": "application/json"}
PAGE = b"<html><body>Bad gateway</body></html>"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(patience_seconds=10)


@pytest.fixture
def wiring(server: Scripted, clock: ManualClock) -> Wiring:
    return Wiring(url=server.url, clock=clock)


def _code(code: object, message: str = "no") -> dict[str, object]:
    return {"code": code, "message": message}


def _send(wiring: Wiring, call: Call) -> object:
    with wiring.open() as connection:
        return connection.send(call).body


def _failure(wiring: Wiring, call: Call, kind: type[ZohoError]) -> ZohoError:
    with wiring.open() as connection, pytest.raises(kind) as caught:
        connection.send(call)
    assert type(caught.value) is kind
    return caught.value


# What arrives, and what comes back.


def test_a_call_carries_the_organization_the_token_and_its_own_parts(
    server: Scripted, wiring: Wiring
) -> None:
    call = Call("POST", "/invoices", (("send", "true"),), b'{"a":1}', {"X-Mine": "1"})

    _send(wiring, call)

    seen = server.calls[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/books/v3/invoices", b'{"a":1}')
    assert seen.query == (("organization_id", ORGANIZATION), ("send", "true"))
    assert seen.headers["authorization"] == "Zoho-oauthtoken 1000.token-1"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-mine"] == "1"


def test_a_call_without_a_body_names_no_content_type(server: Scripted, wiring: Wiring) -> None:
    _send(wiring, Call("POST", "/invoices/1/status/sent", repeatable=True))

    assert "content-type" not in server.calls[0].headers
    assert server.calls[0].headers["content-length"] == "0"


def test_the_organization_goes_into_a_header_where_the_product_wants_it(
    server: Scripted, wiring: Wiring
) -> None:
    wiring.selector = Selector(header="X-com-zoho-expense-organizationid")

    _send(wiring, GET)

    assert server.calls[0].query == ()
    assert server.calls[0].headers["x-com-zoho-expense-organizationid"] == ORGANIZATION


def test_a_call_that_needs_no_organization_names_none(server: Scripted, wiring: Wiring) -> None:
    _send(wiring, Call("GET", "/organizations", needs_organization=False))

    assert server.calls[0].query == ()


@pytest.mark.parametrize("header", [None, "X-organization"])
def test_a_call_cannot_name_another_organization(
    server: Scripted, wiring: Wiring, header: str | None
) -> None:
    wiring.selector = Selector(header=header) if header else wiring.selector

    _failure(wiring, Call("GET", "/invoices", (("organization_id", "666"),)), InvalidValue)
    if header:
        _failure(wiring, Call("GET", "/invoices", headers={header: "666"}), InvalidValue)
        _failure(wiring, Call("GET", "/invoices", headers={header.upper(): "666"}), InvalidValue)

    assert server.calls == []


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", "/contacts", (("name", "Zoe\ud800"),)),
        Call("GET", "/contacts", (("Zoe\udfff", "x"),)),
        Call("GET", "/contacts/Zo\u00eb"),
        Call("GET", "/contacts/Zoe Smith"),
        Call("GET", "/contacts?organization_id=666"),
        Call("GET", "/contacts", headers={"X-Mine": "Zoe\r\nX-Other: 1"}),
        Call("GET", "/contacts", headers={"X-Mine": "Zoe\ud800"}),
        Call("GET", "/contacts", headers={"X-Mine": "\u0436"}),
        Call("GET", "/contacts", headers={"X Zoe": "1"}),
    ],
    ids=range(9),
)
def test_what_cannot_be_written_as_http_is_refused_before_the_turn(
    server: Scripted, wiring: Wiring, call: Call
) -> None:
    wiring.throttle = LocalThrottle(clock=wiring.clock)
    wiring.throttle.remember(ORGANIZATION, Quota(100, 0, None))

    error = _failure(wiring, call, InvalidValue)

    assert error.__context__ is None
    assert "Zo" not in "".join(traceback.format_exception_only(error))
    assert (server.calls, server.token_calls) == ([], [])


def test_a_header_may_hold_a_western_name(server: Scripted, wiring: Wiring) -> None:
    _send(wiring, Call("PUT", "/contacts", headers={"X-Mine": "Zo\u00eb"}))

    assert server.calls[0].headers["x-mine"] == "Zo\u00eb"


def test_the_answer_is_decoded_to_the_last_digit(server: Scripted, wiring: Wiring) -> None:
    server.next(
        201, b'{"code":0,"total":1234567890.10,"n":7}', headers={"Content-Type": "text/json"}
    )

    with wiring.open() as connection:
        answer = connection.send(GET)

    assert answer.body == {"code": 0, "total": Decimal("1234567890.10"), "n": 7}
    assert (answer.status, answer.attempts) == (201, 1)
    assert answer.content.startswith(b"{")
    assert answer.headers["content-type"] == "text/json"


def test_a_file_is_an_answer_without_a_body(server: Scripted, wiring: Wiring) -> None:
    server.next(200, b"%PDF-1.7", headers={"Content-Type": "application/pdf"})

    with wiring.open() as connection:
        answer = connection.send(GET)

    assert (answer.content, answer.body) == (b"%PDF-1.7", None)


def test_a_refused_file_is_an_error(server: Scripted, wiring: Wiring) -> None:
    server.next(404, _code(1002))

    _failure(wiring, Call("GET", "/invoices/1"), NotFound)


# What is refused before anything is sent.


@pytest.mark.parametrize("call", [PUT, POST, DELETE])
def test_a_read_only_session_sends_nothing_that_writes(
    server: Scripted, wiring: Wiring, call: Call
) -> None:
    wiring.read_only = True

    _failure(wiring, call, ReadOnlySession)
    _send(wiring, GET)

    assert [seen.method for seen in server.calls] == ["GET"]
    assert len(server.token_calls) == 1


def test_the_reserve_of_the_day_is_kept_from_the_headers_on(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.min_calls_remaining = 10
    server.next(headers=_quota_headers(9, reset=3600))

    with wiring.open() as connection:
        connection.send(GET)
        with pytest.raises(DayLimit) as caught:
            connection.send(GET)
        assert len(server.calls) == 1
        clock.move(hours=1)
        connection.send(GET)

    assert caught.value.calls_remaining == 9
    assert (caught.value.method, caught.value.path) == ("GET", "/invoices")
    assert caught.value.resets_at == dt.datetime.fromtimestamp(clock.time(), dt.UTC)
    assert len(server.calls) == 2


def test_the_quota_is_told_and_shared_by_the_pace(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    server.next(headers=_quota_headers("6,775", limit=7500, reset=34881))
    resets_at = dt.datetime.fromtimestamp(clock.time() + 34881, dt.UTC)

    with wiring.open() as connection, wiring.open() as other:
        assert other.quota is None
        connection.send(GET)
        assert connection.quota == other.quota == Quota(7500, 6775, resets_at)


def _quota_headers(remaining: object, *, limit: int = 1000, reset: int = 60) -> dict[str, str]:
    return {
        "X-Rate-Limit-Limit": str(limit),
        "X-Rate-Limit-Remaining": str(remaining),
        "X-Rate-Limit-Reset": str(reset),
    }


# The token.


@pytest.mark.parametrize("call", [GET, POST])
@pytest.mark.parametrize(
    ("status", "body"),
    [(401, _code(57)), (401, PAGE), (200, _code(57)), (200, _code("14")), (400, _code(57))],
)
def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(
    server: Scripted, wiring: Wiring, call: Call, status: int, body: object
) -> None:
    server.next(status, body)

    with wiring.open() as connection:
        assert connection.send(call).attempts == 2

    tokens = [seen.headers["authorization"] for seen in server.calls]
    assert tokens == ["Zoho-oauthtoken 1000.token-1", "Zoho-oauthtoken 1000.token-2"]
    assert [seen.body for seen in server.calls] == [call.body or b""] * 2


def test_a_new_token_does_not_use_up_a_retry(server: Scripted, wiring: Wiring) -> None:
    wiring.retry = RetryPolicy(max_retries=1)
    server.next(401, _code(57))
    server.next(500, _code(1000))

    _send(wiring, GET)

    assert len(server.calls) == 3


def test_a_call_refused_with_a_new_token_names_the_scope_that_it_needs(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(401, _code(57, "You are not authorized"), times=5)

    error = _failure(wiring, POST, NotAuthorized)

    assert "ZohoBooks.invoices.CREATE" in str(error)
    assert (error.status, error.code, error.attempts) == (401, 57, 2)
    assert (len(server.calls), len(server.token_calls)) == (2, 2)


def test_many_calls_without_a_scope_do_not_use_up_the_tokens_of_ten_minutes(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(401, _code(57), times=21)

    with wiring.open() as connection:
        for _ in range(20):
            with pytest.raises(NotAuthorized):
                connection.send(GET)
        connection.send(GET)

    assert (len(server.calls), len(server.token_calls)) == (22, 2)


def test_a_token_that_cannot_be_renewed_is_tried_once(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.token = TokenSource(None, clock=clock, token=Token("1000.given"))
    server.next(401, _code(57), times=5)

    error = _failure(wiring, GET, NotAuthorized)

    assert "another token" in str(error)
    assert (len(server.calls), len(server.token_calls)) == (1, 0)


def test_a_permission_that_the_user_lacks_needs_no_new_token(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(403, _code(9999))

    _failure(wiring, GET, NotAuthorized)

    assert (len(server.calls), len(server.token_calls)) == (1, 1)


def test_a_refused_refresh_costs_one_token_call_and_no_api_call(
    server: Scripted, wiring: Wiring
) -> None:
    server.next_token(200, {"error": "invalid_code"})

    _failure(wiring, POST, RefreshRefused)

    assert (len(server.calls), len(server.token_calls)) == (0, 1)


def test_the_token_is_asked_for_after_the_wait_for_a_turn(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    with wiring.open() as connection:
        connection.send(GET)
        assert wiring.throttle is not None
        wiring.throttle.penalty(ORGANIZATION, 7200)
        connection.send(GET)

    assert clock.now() == 7200
    assert server.calls[1].headers["authorization"] == "Zoho-oauthtoken 1000.token-2"


def test_16_threads_with_one_dead_token_renew_it_once() -> None:
    with Sandbox() as sandbox:
        credentials = sandbox.credentials
        wiring = Wiring(
            url=sandbox.url,
            clock=sandbox.clock,
            organization=credentials["organization_id"],
            secrets={
                "client_id": credentials["client_id"],
                "client_secret": credentials["client_secret"],
                "refresh_token": credentials["refresh_token"],
            },
            first_token=Token("1000.dead.token"),
        )
        wiring.throttle = LocalThrottle(max_in_flight=16, clock=sandbox.clock)
        sandbox.limits(in_flight=100)
        start = threading.Barrier(16)
        bodies: list[object] = []

        def work(connection: Connection) -> None:
            start.wait()
            bodies.append((connection.send(Call("GET", "/contacts")).body or {})["code"])

        with wiring.open() as connection:
            threads = [threading.Thread(target=work, args=(connection,)) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert bodies == [0] * 16
        assert len(sandbox.token_calls) == 1
        assert len(sandbox.calls) <= 32


# Limits.


@pytest.mark.parametrize(
    ("status", "body"), [(429, _code(44)), (200, _code("43")), (429, PAGE), (429, _code(1))]
)
def test_a_minute_limit_waits_a_minute_also_for_what_is_not_repeatable(
    server: Scripted, wiring: Wiring, clock: ManualClock, status: int, body: object
) -> None:
    server.next(status, body)

    _send(wiring, POST)

    assert clock.now() == 60
    assert len(server.calls) == 2


def test_a_minute_limit_holds_every_caller_of_the_organization(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.retry = RetryPolicy(max_retries=0)
    server.next(429, _code(44))

    error = _failure(wiring, GET, MinuteLimit)
    with wiring.open() as other:
        other.send(GET)

    assert isinstance(error, MinuteLimit)
    assert error.resets_at == dt.datetime.fromtimestamp(clock.time(), dt.UTC)
    assert clock.now() == 60


def test_a_used_up_day_fails_at_once_and_keeps_later_calls_here_until_it_resets(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    server.next(429, _code(45), headers=_quota_headers(0, reset=7200))
    resets_at = dt.datetime.fromtimestamp(clock.time() + 7200, dt.UTC)

    with wiring.open() as connection:
        for _ in range(3):
            with pytest.raises(DayLimit) as caught:
                connection.send(POST)
            assert caught.value.resets_at == resets_at
            assert f"{resets_at:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
        assert (clock.now(), len(server.calls)) == (0, 1)
        clock.move(hours=2)
        connection.send(POST)

    assert len(server.calls) == 2


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "3600"}, 3600), ({}, 900)])
def test_a_used_up_day_without_a_reset_time_is_believed_for_a_while(
    server: Scripted, wiring: Wiring, clock: ManualClock, headers: dict[str, str], seconds: int
) -> None:
    wiring.min_calls_remaining = 0
    server.next(429, _code(45), headers=headers)

    with wiring.open() as connection:
        for _ in range(2):
            with pytest.raises(DayLimit):
                connection.send(GET)
        clock.move(seconds=seconds)
        connection.send(GET)

    assert len(server.calls) == 2


def test_crowding_waits_a_moment_and_lets_fewer_calls_in(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.throttle = LocalThrottle(max_in_flight=2, clock=clock)
    server.next(429, _code(1070))

    _send(wiring, POST)

    assert clock.now() < 2
    assert len(server.calls) == 2
    with wiring.throttle.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        wiring.throttle.slot(ORGANIZATION, clock.now()).__enter__()


def test_a_call_that_waits_to_be_sent_again_holds_no_slot(server: Scripted) -> None:
    """One slot, and the other call is sent while the first one waits."""
    order: list[str] = []

    class Busy(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not order:
                order.append("waits")
                connection.send(Call("GET", "/other"))

    clock = Busy(patience_seconds=0)
    wiring = Wiring(url=server.url, clock=clock)
    wiring.throttle = LocalThrottle(max_in_flight=1, clock=clock)
    server.next(500, _code(1000))

    with wiring.open() as connection:
        connection.send(GET)

    assert [seen.path[9:] for seen in server.calls] == ["/invoices", "/other", "/invoices"]


def _date(clock: ManualClock, seconds: float) -> str:
    return format_datetime(dt.datetime.fromtimestamp(clock.time() + seconds, dt.UTC), usegmt=True)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_wait_that_the_service_asks_for_is_kept(
    server: Scripted, wiring: Wiring, clock: ManualClock, form: str
) -> None:
    text = "17" if form == "seconds" else _date(clock, 17)
    server.next(429, _code(44), headers={"Retry-After": text})

    _send(wiring, GET)

    assert clock.now() == 17


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize(
    ("status", "code", "kind"), [(429, 44, MinuteLimit), (503, 1000, ServerError)]
)
def test_a_longer_wait_than_allowed_is_not_waited_at_all(
    server: Scripted,
    wiring: Wiring,
    clock: ManualClock,
    form: str,
    status: int,
    code: int,
    kind: type[ZohoError],
) -> None:
    text = "600" if form == "seconds" else _date(clock, 600)
    server.next(status, _code(code), headers={"Retry-After": text})

    error = _failure(wiring, GET, kind)

    assert "600 s" in str(error)
    assert "max_retry_after" in str(error)
    assert (clock.now(), len(server.calls)) == (0, 1)


@pytest.mark.parametrize("text", ["99999", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_an_absurd_wait_stops_one_call_and_not_the_organization_for_long(
    server: Scripted, wiring: Wiring, clock: ManualClock, text: str
) -> None:
    wiring.max_wait_seconds = 100
    server.next(429, _code(44), headers={"Retry-After": text})

    with wiring.open() as connection:
        with pytest.raises(MinuteLimit, match="max_retry_after"):
            connection.send(GET)
        with pytest.raises(MinuteLimit, match="the service asked to wait") as held:
            connection.send(GET)
        clock.move(seconds=181)
        connection.send(GET)

    assert "calls per minute" not in str(held.value)
    assert "try again in 180 s" in str(held.value)
    assert len(server.calls) == 2


def test_a_used_up_day_ends_within_a_day_whatever_the_header_says(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    server.next(429, _code(45), headers={"Retry-After": "9999999"})

    with wiring.open() as connection:
        with pytest.raises(DayLimit):
            connection.send(GET)
        clock.move(hours=24, seconds=1)
        connection.send(GET)

    assert len(server.calls) == 2


@pytest.mark.parametrize("text", ["soon", "-5", "nan", "", "Tue, 99 Foo 2026"])
def test_a_retry_after_that_cannot_be_read_is_ignored(
    server: Scripted, wiring: Wiring, clock: ManualClock, text: str
) -> None:
    server.next(429, _code(44), headers={"Retry-After": text})

    _send(wiring, GET)

    assert clock.now() == 60


# Failures of the service and of the way to it.


@pytest.mark.parametrize("call", [GET, PUT, DELETE])
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ({"status": 500, "body": _code(1000)}, ServerError),
        ({"status": 502, "body": PAGE}, MalformedReply),
        ({"fault": "drop"}, Unreachable),
    ],
)
def test_a_repeatable_call_is_sent_again_until_it_succeeds_or_the_tries_are_used_up(
    server: Scripted, wiring: Wiring, call: Call, step: dict[str, object], kind: type[ZohoError]
) -> None:
    wiring.retry = RetryPolicy(max_retries=4)
    server.next(**step, times=4)  # type: ignore[arg-type]
    _send(wiring, call)
    assert len(server.calls) == 5

    server.next(**step, times=9)  # type: ignore[arg-type]
    error = _failure(wiring, call, kind)

    assert error.attempts == 5
    assert len(server.calls) == 10


@pytest.mark.parametrize(
    "step",
    [
        {"status": 500, "body": _code(1000)},
        {"status": 400, "body": _code(1000)},
        {"status": 502, "body": PAGE},
        {"status": 201, "body": PAGE},
        {"status": 201, "body": b'{"code":0,"inv', "headers": {"Content-Type": "application/json"}},
        {"status": 200, "body": b""},
        {"status": 400, "body": PAGE},
        {"status": 302, "headers": {"Location": "/elsewhere"}},
        {"fault": "drop"},
        {"fault": "hang"},
        {"fault": "hang-in-body"},
        {"fault": "truncate"},
    ],
    ids=str,
)
def test_a_call_that_is_not_repeatable_is_in_doubt_after_anything_but_a_readable_answer(
    server: Scripted, wiring: Wiring, step: dict[str, object]
) -> None:
    wiring.timeout = (5, 0.2)
    server.next(**step)  # type: ignore[arg-type]

    error = _failure(wiring, POST, OutcomeUnknown)

    assert "settle()" in str(error)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "step",
    [
        {"body": PAGE},
        {"body": b'{"code":0,"inv', "headers": {"Content-Type": "application/json"}},
        {"body": b"[1]", "headers": {"Content-Type": "application/json"}},
        {"body": b""},
        {"fault": "truncate"},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_read_is_asked_for_again_a_few_times(
    server: Scripted, wiring: Wiring, step: dict[str, object]
) -> None:
    server.next(**step, times=2)  # type: ignore[arg-type]
    _send(wiring, GET)
    assert len(server.calls) == 3

    server.next(**step, times=20)  # type: ignore[arg-type]
    _failure(wiring, GET, MalformedReply)

    assert len(server.calls) == 3 + 4


def test_a_page_in_place_of_a_refusal_is_not_taken_for_one(
    server: Scripted, wiring: Wiring
) -> None:
    """A proxy's 404 must not look like a missing record."""
    server.next(404, PAGE)

    _failure(wiring, GET, MalformedReply)

    assert len(server.calls) == 1


def test_a_hanging_server_costs_a_few_timeouts(server: Scripted, wiring: Wiring) -> None:
    wiring.timeout = (5, 0.1)
    server.next(fault="hang", times=20)

    error = _failure(wiring, GET, Timeout)

    assert error.attempts == len(server.calls) == 3


def test_a_redirect_is_an_error_and_the_token_stays_here(server: Scripted, wiring: Wiring) -> None:
    server.next(302, headers={"Location": server.url + "/elsewhere"})

    _failure(wiring, GET, MalformedReply)

    assert len(server.calls) == 1


def test_a_call_that_is_not_repeatable_uses_no_connection_that_has_idled(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    with wiring.open() as connection:
        for call in (GET, PUT, POST):
            connection.send(call)
            clock.move(seconds=10)

    assert [seen.connection for seen in server.calls] == [2, 2, 3]  # 1 was for the token


def test_a_dead_server_is_tried_again_for_any_call_and_leaves_no_doubt(clock: ManualClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    token = TokenSource(None, clock=clock, token=Token("1000.given"))
    wiring = Wiring(url=url, clock=clock, token=token, retry=RetryPolicy(max_retries=2))

    error = _failure(wiring, POST, Unreachable)

    assert error.attempts == 3
    assert isinstance(error.__cause__, Exception)
    assert clock.now() == 0.5 + 1


def test_an_address_that_cannot_be_is_tried_once(clock: ManualClock) -> None:
    token = TokenSource(None, clock=clock, token=Token("1000.given"))

    error = _failure(Wiring(url="nonsense", clock=clock, token=token), GET, Unreachable)

    assert (error.attempts, clock.now()) == (1, 0)


def test_a_delete_that_finds_nothing_after_a_lost_answer_has_succeeded(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(fault="drop")
    server.next(404, _code(1002))

    with wiring.open() as connection:
        answer = connection.send(DELETE)

    assert (answer.status, answer.attempts) == (404, 2)


@pytest.mark.parametrize(
    "before", [None, (429, _code(44)), (401, _code(57))], ids=["first", "limit", "token"]
)
def test_a_delete_that_finds_nothing_without_a_lost_answer_has_not(
    server: Scripted, wiring: Wiring, before: tuple[int, object] | None
) -> None:
    if before is not None:
        server.next(*before)
    server.next(404, _code(1002))

    _failure(wiring, DELETE, NotFound)


def test_an_update_that_finds_nothing_has_failed_also_after_a_lost_answer(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(fault="drop")
    server.next(404, _code(1002))

    _failure(wiring, PUT, NotFound)


def test_a_delete_of_no_such_address_has_not_succeeded(server: Scripted, wiring: Wiring) -> None:
    server.next(fault="drop")
    server.next(404, _code(5))

    _failure(wiring, DELETE, NotFound)


def test_a_refusal_after_a_lost_answer_says_that_it_may_be_an_echo(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(fault="drop")
    server.next(400, _code(4096, "already sent"))

    error = _failure(wiring, Call("POST", "/invoices/1/status/sent"), ValidationError)

    assert "may have been carried out" in str(error)


# What may have been done.

REFUSALS = {
    "400": ValidationError,
    "401": NotAuthorized,
    "day": DayLimit,
    "no turn": MinuteLimit,
    "token": RefreshRefused,
}


@pytest.mark.parametrize("after", ["a lost answer", "a refusal"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_an_error_says_whether_the_call_may_have_been_carried_out(
    server: Scripted, wiring: Wiring, after: str, refusal: str
) -> None:
    """The 401, the full minute or the dead token says nothing about the attempt before it."""
    lost = after == "a lost answer"
    server.next(500 if lost else 401, _code(1000 if lost else 57))
    if refusal == "400":
        server.next(400, _code(15))
    elif refusal == "401":
        server.next(401, _code(57), times=2)
    elif refusal == "day":
        server.next(429, _code(45))
    elif refusal == "no turn":
        wiring.max_wait_seconds = 30
        wiring.throttle = LocalThrottle(calls_per_minute=1, clock=wiring.clock)
    else:
        server.next_token(200, {"access_token": "1000.first"})
        server.next_token(200, {"error": "invalid_code"})
        server.next(401, _code(57))

    error = _failure(wiring, PUT, REFUSALS[refusal])

    assert error.maybe_done is lost
    assert ("may have been carried out" in str(error)) is lost


def test_an_error_of_a_call_that_only_reads_has_done_nothing(
    server: Scripted, wiring: Wiring
) -> None:
    server.next(500, _code(1000), times=11)

    assert not _failure(wiring, GET, ServerError).maybe_done


def test_a_lost_create_may_have_been_done(server: Scripted, wiring: Wiring) -> None:
    server.next(500, _code(1000))

    assert _failure(wiring, POST, OutcomeUnknown).maybe_done


@pytest.mark.parametrize(("status", "code"), [(429, 44), (503, 1000)])
def test_a_call_that_rests_on_something_seen_is_not_sent_again_after_a_wait(
    server: Scripted, wiring: Wiring, clock: ManualClock, status: int, code: int
) -> None:
    server.next(status, _code(code))

    error = _failure(wiring, attrs.evolve(PUT, send_before=clock.now()), TooLate)

    assert error.maybe_done is (status == 503)
    assert (error.method, error.path, error.attempts) == ("PUT", "/invoices/1", 1)
    assert len(server.calls) == 1
    assert clock.now() > 0


def test_a_fault_within_an_attempt_leaves_a_write_in_doubt(wiring: Wiring) -> None:
    class Failing(LocalThrottle):
        @contextmanager
        def slot(self, *_: object, **__: object) -> Iterator[None]:
            yield
            raise MinuteLimit("the store of the pace is gone")

    wiring.throttle = Failing(clock=wiring.clock)

    assert _failure(wiring, PUT, MinuteLimit).maybe_done
    assert not _failure(wiring, GET, MinuteLimit).maybe_done


def test_a_call_whose_turn_came_in_time_is_sent(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    _send(wiring, attrs.evolve(PUT, send_before=clock.now()))

    assert len(server.calls) == 1


# Refusals.


@pytest.mark.parametrize("code", [b'""', b"true", b"[]", b"{}", b"null", b"0.5", b"1e20000"])
def test_an_odd_code_is_no_success(server: Scripted, wiring: Wiring, code: bytes) -> None:
    wiring.retry = RetryPolicy(max_retries=0)
    server.next(200, b'{"code":' + code + b"}", headers=JSON, times=2)
    server.next(400, b'{"code":' + code + b"}", headers=JSON)

    read = _failure(wiring, GET, MalformedReply)
    create = _failure(wiring, POST, OutcomeUnknown)
    refused = _failure(wiring, POST, ValidationError)

    assert all(len(str(error)) < 400 for error in (read, create, refused))
    assert not refused.maybe_done


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 1002, NotFound),
        (404, 5, NotFound),
        (400, 1001, Duplicate),
        (400, 3062, Duplicate),
        (400, 6041, WrongOrganization),
        (400, 15, ValidationError),
        (200, 15, ValidationError),
        (200, "15", ValidationError),
        (405, 37, errors.ReplyError),
    ],
)
@pytest.mark.parametrize("call", [GET, POST])
def test_a_readable_refusal_is_definite(
    server: Scripted, wiring: Wiring, call: Call, status: int, code: object, kind: type[ZohoError]
) -> None:
    server.next(status, _code(code, "because"), headers=_quota_headers(7))

    error = _failure(wiring, call, kind)

    assert (error.method, error.path) == (call.method, call.path)
    assert (error.status, error.code) == (status, int(str(code)))
    assert (error.service_message, error.attempts, error.calls_remaining) == ("because", 1, 7)
    assert len(server.calls) == 1


# Time.


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(429, 44, MinuteLimit), (503, 1000, ServerError)]
)
def test_a_wait_that_would_outlast_the_call_is_not_begun(
    server: Scripted,
    wiring: Wiring,
    clock: ManualClock,
    status: int,
    code: int,
    kind: type[ZohoError],
) -> None:
    wiring.max_wait_seconds = 30
    server.next(status, _code(code), headers={"Retry-After": "60"})

    error = _failure(wiring, GET, kind)

    assert "max_wait_seconds" in str(error)
    assert error.out_of_time
    assert (clock.now(), len(server.calls)) == (0, 1)


def test_the_whole_call_keeps_its_time_however_many_tries_are_left(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.max_wait_seconds = 20
    wiring.retry = RetryPolicy(max_retries=1000)
    server.next(500, _code(1000), times=1000)

    _failure(wiring, GET, ServerError)

    assert clock.now() < 20
    assert 3 < len(server.calls) < 10


def test_an_attempt_waits_no_longer_than_the_call_may(server: Scripted, wiring: Wiring) -> None:
    wiring.first_token = Token("1000.given")
    wiring.max_wait_seconds = 0.2
    wiring.timeout = (60, 60)
    wiring.retry = RetryPolicy(max_retries=0)
    server.hold()

    _failure(wiring, GET, Timeout)


@pytest.mark.parametrize("fault", ["drip", "drip-headers"])
def test_a_call_answered_in_drops_ends_in_time(
    server: Scripted, wiring: Wiring, fault: Fault
) -> None:
    wiring.first_token = Token("1000.given")
    wiring.max_wait_seconds = 0.3
    wiring.retry = RetryPolicy(max_retries=0)
    server.next(fault=fault)

    _failure(wiring, GET, Timeout)


def test_a_call_whose_time_is_over_is_not_sent(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    class Slow:
        def grant(self, deadline: float | None) -> Token:
            clock.move(seconds=31)
            return Token("1000.late")

        def close(self) -> None: ...

    wiring.max_wait_seconds = 30
    wiring.token = TokenSource(Slow(), clock=clock)

    _failure(wiring, POST, Timeout)

    assert server.calls == []


def test_a_refusal_that_comes_late_is_not_taken_for_want_of_time(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    """Whoever calls again because there was no time would be refused again."""

    class Late(RequestsTransport):
        def send(
            self,
            request: Request,
            timeout: tuple[float, float],
            *,
            fresh: bool,
            total_seconds: float | None = None,
        ) -> Reply:
            reply = super().send(request, timeout, fresh=fresh, total_seconds=total_seconds)
            clock.move(seconds=31)
            return reply

    wiring.first_token = Token("1000.given")
    wiring.max_wait_seconds = 30
    wiring.transport = Late(clock=clock)
    server.next(404, _code(1002))

    error = _failure(wiring, GET, NotFound)

    assert not error.out_of_time
    assert len(server.calls) == 1


def test_a_turn_that_comes_too_late_is_refused_with_the_name_of_the_call(
    server: Scripted, wiring: Wiring, clock: ManualClock
) -> None:
    wiring.max_wait_seconds = 30
    wiring.throttle = LocalThrottle(clock=clock)
    wiring.throttle.penalty(ORGANIZATION, 31)

    error = _failure(wiring, GET, MinuteLimit)

    assert (error.method, error.path, error.attempts) == ("GET", "/invoices", 0)
    assert error.out_of_time
    assert (server.calls, server.token_calls, clock.now()) == ([], [], 0)


# What is told, and what is not.


def test_one_line_is_logged_for_each_call_and_one_for_each_wait(
    server: Scripted, wiring: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="zohorm.http")
    server.next(503, PAGE)
    server.next(fault="drop")
    server.next(headers=_quota_headers(99))

    _send(wiring, GET)

    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in lines] == ["DEBUG", "INFO", "DEBUG", "INFO", "DEBUG"]
    assert "GET /invoices -> 503 in " in lines[0][1]
    assert "attempt 1, calls remaining: unknown" in lines[0][1]
    assert "again in 0.5 s" in lines[1][1]
    assert "the connection broke" in lines[2][1]
    assert lines[4][1].endswith("attempt 3, calls remaining: 99")


def test_no_secret_and_no_customer_is_told_by_errors_logs_reprs_and_pickles(
    server: Scripted, wiring: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hidden = [*SECRETS.values(), "1000.token-1", "1000.token-2", "zoe@example.org", "Zoe"]
    call = Call("POST", "/contacts", (("email", "zoe@example.org"),), b'{"name":"Zoe"}')
    wiring.timeout = (5, 0.2)
    wiring.retry = RetryPolicy(max_retries=0)
    told: list[str] = []

    with wiring.open() as connection:
        for step in (
            {"status": 400, "body": _code(15)},
            {"status": 401, "body": PAGE},
            {"status": 500, "body": PAGE},
            {"fault": "drop"},
            {"fault": "hang"},
        ):
            server.next(**step, times=1)
            if step.get("status") == 401:
                server.next(401, PAGE)
            with pytest.raises(ZohoError) as caught:
                connection.send(call)
            told += traceback.format_exception(caught.value)
            told += [repr(caught.value), repr(pickle.dumps(caught.value))]
        answer = connection.send(call)
        told += [repr(connection), repr(call), repr(answer), caplog.text]

    assert server.calls
    assert [word for word in hidden if any(word in text for text in told)] == []


def test_no_value_in_the_frames_of_a_failed_call_shows_data(
    server: Scripted, wiring: Wiring
) -> None:
    """Services that collect errors keep the reprs of what the functions held."""
    server.next(400, {"code": 15, "contact": {"name": "Zoe"}}, headers={"X-Name": "Zoe"})
    call = Call("POST", "/contacts", (("name", "Zoe"),), b'{"name":"Zoe"}', {"X-Mine": "Zoe"})

    error = _failure(wiring, call, ValidationError)

    held = {
        repr(value)
        for frame, _ in traceback.walk_tb(error.__traceback__)
        for value in frame.f_locals.values()
        if type(value).__module__.startswith("zohorm.")
    }
    assert {"Call", "Request", "Course", "Attempt"} <= {text.partition("(")[0] for text in held}
    assert [text for text in held if "Zoe" in text or "1000.token" in text] == []


def test_four_forked_children_get_their_own_answers_on_their_own_connections(
    server: Scripted, wiring: Wiring
) -> None:
    with wiring.open() as connection:
        connection.send(GET)
        children = [_fork(connection, number) for number in range(4)]
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        connection.send(GET)

    assert statuses == [0, 0, 0, 0]
    sockets = {seen.path: seen.connection for seen in server.calls[1:-1]}
    assert set(sockets) == {f"/books/v3/child/{number}" for number in range(4)}
    assert len(set(sockets.values()) - {server.calls[0].connection}) == 4
    assert server.calls[-1].connection == server.calls[0].connection
    assert len(server.token_calls) == 1


def _fork(connection: Connection, number: int) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            connection.send(Call("GET", f"/child/{number}"))
            status = 0
        finally:
            os._exit(status)
    return child
