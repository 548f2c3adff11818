"""Sends one call of a session until it is answered, refused or hopeless.

The session calls it. In order: read-only check, quota and slot (throttle), token, transport, the
answer's headers, a decision (retry), and then an answer, a wait or an error.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Callable, Mapping

import attrs

from zohorm import reading
from zohorm.calls import Answer as Answer  # whoever sends a call finds its parts here
from zohorm.calls import Call as Call
from zohorm.calls import Selector as Selector
from zohorm.clock import Clock
from zohorm.errors import (
    Circumstances,
    DayLimit,
    InFlightLimit,
    LimitError,
    MinuteLimit,
    NotAuthorized,
    NotFound,
    ReadOnlySession,
    Timeout,
    TooLate,
    ZohoError,
)
from zohorm.retry import Decision, Outcome, RetryPolicy
from zohorm.throttle import Quota, Throttle
from zohorm.token import TokenSource
from zohorm.transport import MaybeSent, NotSent, Reply, Request, Transport

_NO_SUCH_ADDRESS = 5
_DAY_SECONDS = 86400.0

_log = logging.getLogger("zohorm.http")
_log.addHandler(logging.NullHandler())


@attrs.define
class _Course:
    """The course of one call.

    Attributes:
        lost: an earlier attempt may have been carried out.
        under_way: an attempt was begun and not judged yet, as when a part of ours fails in it.
    """

    call: Call
    request: Request = attrs.field(repr=False)
    deadline: float | None
    attempt: int = 0
    under_way: bool = False
    renewed: bool = False
    lost: bool = False


@attrs.frozen
class _Attempt:
    """One attempt and what came of it."""

    outcome: Outcome
    token: str = attrs.field(repr=False)
    reply: Reply | None = None
    body: Mapping[str, object] | None = attrs.field(default=None, repr=False)
    failure: NotSent | MaybeSent | None = None


class Connection:
    """The way to one organization of one product; safe for threads.

    It holds no lock and no state of its own: pace, quota, token and sockets belong to its parts.
    """

    def __init__(
        self,
        *,
        root: str,
        organization_id: str,
        selector: Selector,
        token: TokenSource,
        throttle: Throttle,
        transport: Transport,
        retry: RetryPolicy,
        timeout: tuple[float, float],
        clock: Clock,
        max_wait_seconds: float | None = None,
        min_calls_remaining: int = 1,
        read_only: bool = False,
        rng: Callable[[], float] = random.random,
    ) -> None:
        """`root` is the address of the product, for example https://www.zohoapis.com/books/v3."""
        self._root = root
        self._organization = organization_id
        self._selector = selector
        self._token = token
        self._throttle = throttle
        self._transport = transport
        self._retry = retry
        self._timeout = timeout
        self._clock = clock
        self._max_wait_seconds = max_wait_seconds
        self._reserve = min_calls_remaining
        self._read_only = read_only
        self._rng = rng

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._root} {self._organization}>"

    @property
    def quota(self) -> Quota | None:
        """The calls of the day as the service last told them, None if it has not."""
        return self._throttle.quota(self._organization)

    def send(self, call: Call) -> Answer:
        """Send the call, again where that is safe and useful, and return the successful answer.

        A DELETE that finds nothing, after an attempt without an answer, has succeeded.

        Raises:
            ReadOnlySession: the call writes and the session may not; nothing was sent.
            InvalidValue: the call cannot be written as a request; nothing was sent.
            LimitError: there is no turn for the call in time, or the service refuses more calls.
            AuthError: no access token can be had.
            OutcomeUnknown: the call is not repeatable, and may have been carried out.
            TooLate: the turn of an attempt came after `call.send_before`.
            TransportError: the service did not answer.
            ReplyError: the service refused the call, or failed.
        """
        if call.writes and self._read_only:
            raise ReadOnlySession(
                "this session only reads",
                advice="Open another one without read_only=True",
                method=call.method,
                path=call.path,
            )
        request = call.request(self._root, self._selector, self._organization)
        deadline = None
        if self._max_wait_seconds is not None:
            deadline = self._clock.now() + self._max_wait_seconds
        course = _Course(call, request, deadline)
        try:
            return self._run(course)
        except ZohoError as error:
            # Told of each error, for one from a shared part may have been told of another call.
            lost = (course.lost or course.under_way) and call.writes
            error.maybe_done = lost or type(error).maybe_done
            raise

    def _run(self, course: _Course) -> Answer:
        """Send until the call is answered or given up."""
        while True:
            tried = self._attempt(course)
            decision = self._retry.decide(
                tried.outcome, attempt=course.attempt - course.renewed, chance=self._rng()
            )
            if tried.reply is not None and _successful(decision, tried, course):
                return Answer(
                    tried.reply.status,
                    tried.reply.headers,
                    tried.reply.content,
                    tried.body,
                    course.attempt,
                )
            course.lost = course.lost or decision.rule.unsettled
            course.under_way = False
            self._tell_throttle(decision, tried)
            self._prepare(decision, tried, course)

    def _attempt(self, course: _Course) -> _Attempt:
        """Send once, when it is the call's turn."""
        call, deadline = course.call, course.deadline
        try:
            with self._throttle.slot(self._organization, deadline, reserve=self._reserve):
                token = self._token.value(deadline)
                request = course.request.with_header("Authorization", f"Zoho-oauthtoken {token}")
                left = None if deadline is None else deadline - self._clock.now()
                self._require_time(course, left)
                course.attempt += 1
                course.under_way = True
                began = self._clock.now()
                try:
                    reply = self._transport.send(
                        request, self._timeout, fresh=not call.repeatable, total_seconds=left
                    )
                except NotSent as error:
                    tried = _not_sent(error, token, call)
                except MaybeSent as error:
                    tried = _maybe_sent(error, token, call)
                else:
                    tried = self._received(reply, token, call)
        except LimitError as error:
            error.method, error.path = call.method, call.path
            error.attempts = course.attempt
            raise
        self._log(tried, course, self._clock.now() - began)
        return tried

    def _received(self, reply: Reply, token: str, call: Call) -> _Attempt:
        now = self._clock.time()
        quota = reading.quota_of(reply, now)
        if quota is not None:
            self._throttle.remember(self._organization, quota)
        body, readable = reading.body_of(reply)
        code, known = reading.code_of(body)
        outcome = Outcome(
            reply.status,
            code=code,
            # A refusal is one by its status, whatever stands beside it.
            readable=readable and (known or reply.status >= 300),
            repeatable=call.repeatable,
            retry_after=reading.retry_after_of(reply, now)
            if code or not known or reply.status >= 300
            else None,
        )
        return _Attempt(outcome, token, reply, body)

    def _tell_throttle(self, decision: Decision, tried: _Attempt) -> None:
        """Let all callers of the organization know what the service said about its limits."""
        error = decision.rule.error
        if error is MinuteLimit:
            policy = self._retry
            seconds = decision.wait_seconds or policy.minute_seconds
            # One odd header must not stop every caller of the organization for a day.
            most = max(policy.minute_seconds, policy.max_retry_after_seconds)
            self._throttle.penalty(self._organization, min(seconds, most))
        elif error is InFlightLimit:
            self._throttle.crowded(self._organization)
        elif error is DayLimit:
            known = self.quota
            resets_at = None if known is None else known.resets_at
            if resets_at is None and tried.outcome.retry_after is not None:
                seconds = min(tried.outcome.retry_after, _DAY_SECONDS)
                resets_at = _instant(self._clock.time() + seconds)
            limit = None if known is None else known.limit
            self._throttle.remember(self._organization, Quota(limit, 0, resets_at))

    def _prepare(self, decision: Decision, tried: _Attempt, course: _Course) -> None:
        """Return when the call may be sent again; raise if it may not. No slot is held."""
        if decision.verdict == "renew" and not course.renewed and self._token.renewable:
            course.renewed = True
            self._token.refused(tried.token)
            return
        seconds = decision.wait_seconds
        ends = self._clock.now() + seconds
        call = course.call
        in_time = course.deadline is None or ends < course.deadline
        if decision.verdict == "again" and in_time and not call.spent:
            what = decision.rule.what
            _log.info("%s %s: %s; again in %.1f s", call.method, call.path, what, seconds)
            self._clock.sleep(seconds)
            return
        raise self._error(decision, tried, course) from tried.failure

    def _error(self, decision: Decision, tried: _Attempt, course: _Course) -> ZohoError:
        kind, advice = decision.rule.error, decision.rule.advice
        call, quota = course.call, self.quota
        if kind is NotAuthorized:
            needed = f"the scope {call.scope}" if call.scope else "a scope that it lacks"
            advice = f"The call needs {needed}, and a user who may do this; authorize the client"
            advice += " for the scope" if self._token.renewable else " or pass another token"
        elif decision.verdict == "again" and call.spent:
            advice = "Part of it went to the stream already: begin anew with another one"
        elif decision.verdict == "again":
            advice = f"{advice}, or allow more time (max_wait_seconds)"
        elif decision.wait_seconds > self._retry.max_retry_after_seconds:
            advice = f"The service asks for a wait of {decision.wait_seconds:.0f} s, which is more"
            advice += " than max_retry_after allows"
        message = None if tried.body is None else tried.body.get("message")
        circumstances = Circumstances(
            advice=advice,
            method=call.method,
            path=call.path,
            status=tried.outcome.status or None,
            code=tried.outcome.code,
            service_message=message if isinstance(message, str) else None,
            attempts=course.attempt,
            calls_remaining=None if quota is None else quota.remaining,
        )
        if not issubclass(kind, LimitError):
            return kind(decision.rule.what, **circumstances)
        resets_at = _instant(self._clock.time() + decision.wait_seconds)
        if kind is DayLimit:
            until = None if quota is None else quota.resets_at
            circumstances["advice"] = _day_advice(until)
            return kind(decision.rule.what, resets_at=until, **circumstances)
        return kind(decision.rule.what, resets_at=resets_at, **circumstances)

    def _require_time(self, course: _Course, left: float | None) -> None:
        """Raise if the attempt comes too late."""
        call = course.call
        kind: type[ZohoError] = Timeout
        what = "the time of the call was over before it could be sent"
        advice = "Allow it more time (max_wait_seconds)"
        if left is None or left > 0:
            if call.send_before is None or self._clock.now() <= call.send_before:
                return
            kind, advice = TooLate, ""
            what = "what the call rests on was too old when its turn came"
        raise kind(what, advice=advice, method=call.method, path=call.path, attempts=course.attempt)

    def _log(self, tried: _Attempt, course: _Course, seconds: float) -> None:
        if not _log.isEnabledFor(logging.DEBUG):
            return
        quota = self.quota
        _log.debug(
            "%s %s -> %s in %d ms, attempt %d, calls remaining: %s",
            course.call.method,
            course.call.path,
            tried.failure or tried.outcome.status,
            seconds * 1000,
            course.attempt,
            "unknown" if quota is None else quota.remaining,
        )


def _not_sent(error: NotSent, token: str, call: Call) -> _Attempt:
    outcome = Outcome(
        left=False,
        repeatable=call.repeatable,
        timed_out=error.timed_out,
        permanent=error.permanent,
    )
    return _Attempt(outcome, token, failure=error)


def _maybe_sent(error: MaybeSent, token: str, call: Call) -> _Attempt:
    outcome = Outcome(repeatable=call.repeatable, timed_out=error.timed_out)
    return _Attempt(outcome, token, failure=error)


def _successful(decision: Decision, tried: _Attempt, course: _Course) -> bool:
    if decision.verdict == "accept":
        return True
    return (
        course.lost
        and course.call.method == "DELETE"
        and decision.rule.error is NotFound
        and tried.outcome.code != _NO_SUCH_ADDRESS
    )


def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _day_advice(until: dt.datetime | None) -> str:
    if until is None:
        return (
            "The service did not say when the count starts anew; calls are refused here meanwhile"
        )
    return f"Go on at {until:%Y-%m-%d %H:%M:%S} UTC, when the count starts anew"
