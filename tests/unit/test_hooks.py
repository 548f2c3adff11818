"""What watches a session hears of each call, when, and what it can never do to one."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
from scripted import Scripted
from wiring import ORGANIZATION, Wiring

from zohorm.clock import ManualClock
from zohorm.connection import Call
from zohorm.counting import CallCount
from zohorm.errors import (
    DayLimit,
    InFlightLimit,
    NotFound,
    OutcomeUnknown,
    RefreshRefused,
    TooLate,
    UsageError,
    ZohoError,
)
from zohorm.events import CallEvent, RequestEvent, ResponseEvent, RetryEvent, WaitEvent
from zohorm.hooks import Hooks
from zohorm.refresh import Token
from zohorm.throttle import LocalThrottle, Quota
from zohorm.transport import Reply, Request

E = TypeVar("E", bound=CallEvent)

GET = Call("GET", "/invoices/460000017", (("email", "zoe@example.org"),))
POST = Call("POST", "/invoices", body=b'{"name":"Zoe"}', repeatable=False)
LIMITED = {"code": 44, "message": "too many"}
LEFT = {"X-Rate-Limit-Remaining": "812", "X-Rate-Limit-Limit": "1000", "X-Rate-Limit-Reset": "60"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(patience_seconds=10)


@pytest.fixture
def heard() -> list[CallEvent]:
    return []


@pytest.fixture
def wiring(server: Scripted, clock: ManualClock, heard: list[CallEvent]) -> Wiring:
    """A connection that has its token, and one function for all hooks."""
    hear = heard.append
    return Wiring(
        url=server.url,
        clock=clock,
        first_token=Token("1000.first"),
        hooks=Hooks(on_request=hear, on_response=hear, on_wait=hear, on_retry=hear),
    )


def _names(events: list[CallEvent]) -> list[str]:
    return [f"{type(event).__name__.removesuffix('Event')} {event.attempt}" for event in events]


def _only(events: list[CallEvent], kind: type[E]) -> E:
    (found,) = (event for event in events if isinstance(event, kind))
    return found


def _send(wiring: Wiring, call: Call = GET) -> None:
    with wiring.open() as connection:
        connection.send(call)


# What is told.


def test_a_call_is_told_before_it_is_sent_and_after_its_answer(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    server.next(headers=LEFT)
    arrived: list[int] = []
    wiring.hooks = Hooks(
        on_request=[heard.append, lambda _: arrived.append(len(server.calls))],
        on_response=(heard.append, lambda _: arrived.append(len(server.calls))),
    )

    _send(wiring)

    assert arrived == [0, 1]
    asked, answered = heard
    assert asked == RequestEvent(
        method="GET",
        path="/invoices/460000017",
        template="/invoices/{id}",
        url=f"{server.url}/books/v3/invoices/460000017",
        organization_id=ORGANIZATION,
        attempt=1,
    )
    assert isinstance(answered, ResponseEvent)
    assert (answered.status, answered.code, answered.error) == (200, 0, None)
    assert (answered.url, answered.organization_id) == (asked.url, ORGANIZATION)
    assert (answered.attempt, answered.calls_remaining) == (1, 812)


def test_the_template_names_the_ids_where_the_facts_do(
    wiring: Wiring, heard: list[CallEvent]
) -> None:
    _send(wiring, Call("GET", "/invoices/9", template="/invoices/{invoice_id}"))

    assert [event.template for event in heard] == ["/invoices/{invoice_id}"] * 2


def test_the_seconds_are_those_between_sending_and_answer(
    server: Scripted, wiring: Wiring, clock: ManualClock, heard: list[CallEvent]
) -> None:
    """Neither the wait for the turn nor what hooks take is the service's."""

    class Slow:
        def send(self, request: Request, *_: object, **__: object) -> Reply:
            clock.move(seconds=3)
            return Reply(200, {}, b'{"code":0}')

        def close(self) -> None: ...

    wiring.hooks = Hooks(on_request=lambda _: clock.move(seconds=50), on_response=heard.append)
    wiring.transport = Slow()

    _send(wiring)

    assert isinstance(heard[0], ResponseEvent)
    assert heard[0].seconds == pytest.approx(3)


def test_a_retry_is_told_with_its_reason_and_then_its_wait(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    server.next(503, b"<html>")

    _send(wiring)

    assert _names(heard) == [
        "Request 1",
        "Response 1",
        "Retry 1",
        "Wait 2",
        "Request 2",
        "Response 2",
    ]
    retry, wait = _only(heard, RetryEvent), _only(heard, WaitEvent)
    assert (retry.status, retry.error) == (503, "MalformedReply")
    assert retry.reason == "the service failed, and the answer is not the API's"
    assert (wait.why, wait.seconds) == ("retry", retry.wait_seconds)


def test_a_failure_says_which_error_fits(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    server.next(404, {"code": 1002, "message": "Zoe is not there"})

    with pytest.raises(NotFound):
        _send(wiring)

    assert isinstance(heard[1], ResponseEvent)
    assert (heard[1].status, heard[1].code, heard[1].error) == (404, 1002, "NotFound")


def test_a_call_without_an_answer_has_a_response_without_a_status(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    server.next(fault="drop")

    with pytest.raises(OutcomeUnknown):
        _send(wiring, POST)

    assert _names(heard) == ["Request 1", "Response 1"]
    assert isinstance(heard[1], ResponseEvent)
    assert (heard[1].status, heard[1].error) == (None, "OutcomeUnknown")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_ends_the_attempt_for_those_who_watch(
    wiring: Wiring, heard: list[CallEvent], kind: type[BaseException]
) -> None:
    class Interrupted:
        def send(self, request: Request, *_: object, **__: object) -> Reply:
            raise kind

        def close(self) -> None: ...

    wiring.transport = Interrupted()

    with pytest.raises(kind):
        _send(wiring)

    assert _names(heard) == ["Request 1", "Response 1"]
    assert isinstance(heard[1], ResponseEvent)
    assert (heard[1].status, heard[1].error) == (None, kind.__name__)


def test_a_wait_for_the_pace_is_told_when_it_is_over(
    server: Scripted, wiring: Wiring, clock: ManualClock, heard: list[CallEvent]
) -> None:
    wiring.throttle = LocalThrottle(clock=clock, intercall_delay_seconds=2.0)

    with wiring.open() as connection:
        connection.send(GET)
        connection.send(GET)

    wait = _only(heard, WaitEvent)
    assert (wait.why, wait.seconds, wait.attempt) == ("turn", pytest.approx(2.0, abs=0.01), 1)
    assert heard.index(wait) == 2


def test_a_wait_that_led_to_nothing_is_told_as_well(
    server: Scripted, wiring: Wiring, clock: ManualClock, heard: list[CallEvent]
) -> None:
    class Late:
        """A throttle whose turns never come."""

        def slot(self, *_: object, **__: object) -> object:
            clock.move(seconds=4)
            raise InFlightLimit("too many")

        def quota(self, organization: str) -> None: ...

    wiring.throttle = Late()  # type: ignore[assignment]  # what a call needs of it

    with pytest.raises(InFlightLimit):
        _send(wiring)

    assert [(type(event), getattr(event, "seconds", 0)) for event in heard] == [(WaitEvent, 4)]


def test_a_refusal_of_ours_is_no_request(wiring: Wiring, heard: list[CallEvent]) -> None:
    wiring.min_calls_remaining = 10
    with wiring.open() as connection:
        connection._throttle.remember(ORGANIZATION, Quota(1000, 3, None))
        with pytest.raises(DayLimit):
            connection.send(GET)

    assert heard == []


# Renewals of the token.


def test_a_renewal_is_told_as_a_call_of_no_organization(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.first_token = None

    _send(wiring)

    assert [(event.path, event.organization_id) for event in heard] == [
        ("/oauth/v2/token", None),
        ("/oauth/v2/token", None),
        ("/invoices/460000017", ORGANIZATION),
        ("/invoices/460000017", ORGANIZATION),
    ]
    assert heard[0].url == f"{server.url}/oauth/v2/token"
    assert isinstance(heard[1], ResponseEvent)
    assert (heard[1].status, heard[1].error) == (200, None)


def test_a_refused_renewal_is_told_as_such(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.first_token = None
    server.next_token(200, {"error": "invalid_code"})

    with pytest.raises(RefreshRefused):
        _send(wiring)

    assert _names(heard) == ["Request 1", "Response 1"]
    assert isinstance(heard[1], ResponseEvent)
    assert (heard[1].status, heard[1].error) == (200, "RefreshRefused")


def test_attempts_of_a_renewal_are_told_one_by_one(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.first_token = None
    server.next_token(fault="drop")
    server.next_token(503, b"<html>")

    _send(wiring)

    ended = [event for event in heard if isinstance(event, ResponseEvent)]
    assert [(event.attempt, event.status, event.error) for event in ended] == [
        (1, None, "Unreachable"),
        (2, 503, "MalformedReply"),
        (3, 200, None),
        (1, 200, None),
    ]
    waits = [event for event in heard if isinstance(event, WaitEvent)]
    assert [wait.why for wait in waits] == ["token"]
    assert heard[-3] is waits[0]


def test_a_refused_token_is_a_retry_with_a_renewal_between(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    server.next(401, {"code": 57, "message": "no"})

    _send(wiring)

    assert _names(heard) == [
        *("Request 1", "Response 1", "Retry 1"),
        *("Request 1", "Response 1"),  # of the token
        *("Request 2", "Response 2"),
    ]
    retry = _only(heard, RetryEvent)
    assert (retry.error, retry.wait_seconds) == ("NotAuthorized", 0.0)


def test_a_renewal_is_told_to_the_call_that_made_it_alone(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.first_token = None
    source = wiring.tokens()

    source.value()

    assert len(server.token_calls) == 1
    assert heard == []
    source.close()


# What a hook can never do.


def _failing(_: object) -> None:
    raise KeyError("zohorm must go on")


def _all(hook: Callable[[object], object]) -> Hooks:
    return Hooks(on_request=hook, on_response=hook, on_wait=hook, on_retry=hook)


@pytest.mark.parametrize("call", [GET, POST])
def test_what_a_hook_raises_does_not_reach_the_call(
    server: Scripted, wiring: Wiring, caplog: pytest.LogCaptureFixture, call: Call
) -> None:
    wiring.hooks = _all(_failing)
    server.next(429, LIMITED)

    with wiring.open() as connection:
        assert connection.send(call).attempts == 2
        assert connection.send(call).attempts == 1

    assert len(server.calls) == 3
    (told,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert told.name == "zohorm"
    assert told.getMessage() == (
        "the hook _failing raised KeyError; the call goes on, and this is said once"
    )
    assert told.exc_info is not None


def test_a_hook_that_fails_does_not_stop_the_next_one(
    wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.hooks = Hooks(on_response=[_failing, heard.append])

    _send(wiring)

    assert _names(heard) == ["Response 1"]


def test_each_hook_that_fails_is_named_once(
    wiring: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    class Meter:
        def __call__(self, _: object) -> None:
            raise ValueError

    wiring.hooks = Hooks(on_request=[_failing, Meter()], on_response=_failing)

    with wiring.open() as connection:
        connection.send(GET)
        connection.send(GET)

    words = [r.getMessage().split()[2] for r in caplog.records if r.levelno == logging.WARNING]
    assert words == ["_failing", "Meter"]


def test_an_interrupt_within_a_hook_is_not_held_back(server: Scripted, wiring: Wiring) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    wiring.hooks = Hooks(on_response=interrupt)

    with pytest.raises(KeyboardInterrupt):
        _send(wiring)

    assert len(server.calls) == 1


def test_a_hook_that_calls_is_refused_and_the_call_goes_on(
    server: Scripted, wiring: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    """It would wait for a turn that it may hold itself."""
    caught: list[ZohoError] = []
    wiring.throttle = LocalThrottle(clock=wiring.clock, max_in_flight=1)
    with wiring.open() as connection:

        def call_again(_: object) -> None:
            try:
                connection.send(GET)
            except ZohoError as error:
                caught.append(error)
                raise

        connection._hooks._on_request = (call_again,)
        connection.send(GET)

    assert len(server.calls) == 1
    assert [type(error) for error in caught] == [UsageError]
    assert "a hook may not make calls" in str(caught[0])
    assert "the hook" in caplog.text


def test_a_hook_may_count_and_wait_but_not_outlast_what_the_call_rests_on(
    server: Scripted, wiring: Wiring, clock: ManualClock, heard: list[CallEvent]
) -> None:
    """A save that was checked long ago would write over a colleague's change."""
    wiring.hooks = Hooks(
        on_request=[heard.append, lambda _: clock.move(seconds=60)], on_response=heard.append
    )

    with pytest.raises(TooLate):
        _send(wiring, Call("PUT", "/invoices/1", body=b"{}", send_before=30.0))

    assert server.calls == []
    assert _names(heard) == ["Request 1", "Response 1"]


def test_hooks_run_in_the_thread_of_the_call(wiring: Wiring) -> None:
    threads: list[int] = []
    wiring.hooks = _all(lambda _: threads.append(threading.get_ident()))

    _send(wiring)

    assert threads == [threading.get_ident()] * 2


def test_no_lock_of_ours_is_held_while_a_hook_runs(server: Scripted, wiring: Wiring) -> None:
    """Another thread gets on with a call, a renewal and a look at the quota meanwhile."""
    wiring.first_token = None
    done: list[object] = []

    def meanwhile(event: CallEvent) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(60)
        done.append(thread.is_alive())

    with wiring.open() as connection:

        def other() -> None:
            connection._token.refused(connection._token.value())
            connection.send(GET)
            connection._throttle.remember(ORGANIZATION, Quota(1000, 900, None))

        connection._hooks._on_request = connection._hooks._on_response = (meanwhile,)
        connection._hooks._on_retry = connection._hooks._on_wait = (meanwhile,)
        server.next(503, b"<html>")
        connection.send(GET)

    assert done
    assert not any(done)


def test_nobody_is_asked_for_anything_while_nobody_watches(wiring: Wiring) -> None:
    wiring.hooks = Hooks()

    _send(wiring)

    assert not wiring.hooks.active


# What events hold.


def test_no_event_holds_a_secret_or_customer_data(
    server: Scripted, wiring: Wiring, heard: list[CallEvent]
) -> None:
    wiring.first_token = None
    server.next(400, {"code": 15, "message": "zoe@example.org is no address of Zoe"})

    with pytest.raises(ZohoError):
        _send(wiring, Call("POST", "/contacts", GET.query, POST.body))

    assert len(heard) == 4
    text = repr(heard)
    words = [*wiring.secrets.values(), "1000.token", "Zoe", "zoe@example.org", "zoe%40"]
    assert [word for word in words if word in text] == []


# Counts.


def test_a_block_counts_its_calls(server: Scripted, wiring: Wiring) -> None:
    wiring.first_token = None
    wiring.hooks = Hooks()
    server.next(429, LIMITED)

    with wiring.open() as connection:
        connection.send(GET)
        with wiring.hooks.count() as calls:
            connection.send(GET)
            connection.send(POST)
        connection.send(GET)

    assert (calls.made, calls.by_method, calls.retries) == (2, {"GET": 1, "POST": 1}, 0)
    assert (calls.refreshes, calls.wait_seconds) == (0, 0)
    assert not wiring.hooks.active
    assert repr(calls) == "<CallCount made=2, retries=0, wait_seconds=0.0>"


def test_a_count_holds_attempts_renewals_and_waits(server: Scripted, wiring: Wiring) -> None:
    wiring.first_token = None
    server.next(429, LIMITED)

    with wiring.open() as connection, wiring.hooks.count() as calls:
        connection.send(GET)

    assert (calls.made, calls.retries, calls.refreshes) == (2, 1, 1)
    assert calls.wait_seconds == pytest.approx(60.0, abs=0.1)


def test_blocks_may_be_within_each_other_and_end_in_any_order(wiring: Wiring) -> None:
    with wiring.open() as connection:
        outer, inner = wiring.hooks.count(), wiring.hooks.count()
        first = outer.__enter__()
        connection.send(GET)
        second = inner.__enter__()
        connection.send(GET)
        outer.__exit__(None, None, None)
        connection.send(GET)
        inner.__exit__(None, None, None)
        connection.send(GET)

    assert (first.made, second.made) == (2, 2)


def test_a_block_counts_neither_another_thread_nor_another_session(wiring: Wiring) -> None:
    others = Hooks()
    with wiring.open() as connection, wiring.hooks.count() as calls, others.count() as none:
        thread = threading.Thread(target=connection.send, args=(GET,))
        thread.start()
        thread.join()
        connection.send(GET)

    assert (calls.made, none.made) == (1, 0)


def test_a_refusal_in_time_counts_as_no_call(server: Scripted, wiring: Wiring) -> None:
    wiring.clock.sleep(40)
    with wiring.open() as connection, wiring.hooks.count() as calls, pytest.raises(TooLate):
        connection.send(Call("PUT", "/invoices/1", body=b"{}", send_before=30.0))

    assert (server.calls, calls.made) == ([], 0)


def test_threads_count_together() -> None:
    calls = CallCount()

    def add() -> None:
        for _ in range(2000):
            calls.add(method="GET", retries=1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (calls.made, calls.retries) == (8000, 8000)


def test_a_child_forked_while_a_count_is_locked_counts_on(wiring: Wiring) -> None:
    calls = CallCount()
    with calls._lock, wiring.hooks._lock:
        child = os.fork()
        if child == 0:
            calls.add(method="GET")
            with wiring.hooks.count():
                os._exit(calls.made)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert calls.made == 0
