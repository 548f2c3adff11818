"""Sends one call of a session until it is answered, refused or hopeless.

The session calls it. In order: read-only check, quota and slot (throttle), token, transport, the
answer's headers, a decision (retry), and then an answer, a wait or an error (failing).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from zohorm import attempts, reading, regions
from zohorm.attempts import Attempt, Course
from zohorm.calls import Answer as Answer  # whoever sends a call finds its parts here
from zohorm.calls import Call as Call
from zohorm.calls import Selector as Selector
from zohorm.clock import Clock
from zohorm.errors import (
    DayLimit,
    InFlightLimit,
    LimitError,
    MinuteLimit,
    ReadOnlySession,
    ZohoError,
)
from zohorm.failing import Failures, instant, too_late
from zohorm.retry import Decision, RetryPolicy
from zohorm.throttle import Quota, Throttle
from zohorm.token import TokenSource
from zohorm.transport import MaybeSent, NotSent, Reply, Transport

_DAY_SECONDS = 86400.0

_log = logging.getLogger("zohorm.http")
_log.addHandler(logging.NullHandler())


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
        self._failures = Failures(
            renewable=token.renewable, longest_wait_seconds=retry.max_retry_after_seconds
        )

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
            WrongRegion: the token is of another data centre; the call was not sent.
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
        course = Course(call, request, deadline)
        try:
            return self._run(course)
        except ZohoError as error:
            # Told of each error, for one from a shared part may have been told of another call.
            lost = (course.lost or course.under_way) and call.writes
            error.maybe_done = lost or type(error).maybe_done
            raise

    def _run(self, course: Course) -> Answer:
        """Send until the call is answered or given up."""
        while True:
            tried = self._attempt(course)
            decision = self._retry.decide(
                tried.outcome, attempt=course.attempt - course.renewed, chance=self._rng()
            )
            if tried.reply is not None and tried.succeeded(decision, course):
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

    def _attempt(self, course: Course) -> Attempt:
        """Send once, when it is the call's turn."""
        call, deadline = course.call, course.deadline
        try:
            with self._throttle.slot(self._organization, deadline, reserve=self._reserve):
                token = self._token.value(deadline)
                regions.require_same(self._root, self._token.api_domain)
                request = course.request.with_header("Authorization", f"Zoho-oauthtoken {token}")
                left = None if deadline is None else deadline - self._clock.now()
                late = too_late(course, left=left, now=self._clock.now())
                if late is not None:
                    raise late
                course.attempt += 1
                course.under_way = True
                began = self._clock.now()
                try:
                    reply = self._transport.send(
                        request, self._timeout, fresh=not call.repeatable, total_seconds=left
                    )
                except NotSent as error:
                    tried = attempts.not_sent(error, token, call)
                except MaybeSent as error:
                    tried = attempts.maybe_sent(error, token, call)
                else:
                    tried = self._received(reply, token, call)
        except LimitError as error:
            error.method, error.path = call.method, call.path
            error.attempts = course.attempt
            raise
        self._log(tried, course, self._clock.now() - began)
        return tried

    def _received(self, reply: Reply, token: str, call: Call) -> Attempt:
        now = self._clock.time()
        quota = reading.quota_of(reply, now)
        if quota is not None:
            self._throttle.remember(self._organization, quota)
        return attempts.received(reply, token, call, now)

    def _tell_throttle(self, decision: Decision, tried: Attempt) -> None:
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
                resets_at = instant(self._clock.time() + seconds)
            limit = None if known is None else known.limit
            self._throttle.remember(self._organization, Quota(limit, 0, resets_at))

    def _prepare(self, decision: Decision, tried: Attempt, course: Course) -> None:
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
        now = self._clock.time()
        error = self._failures.given_up(decision, tried, course, quota=self.quota, now=now)
        raise error from tried.failure

    def _log(self, tried: Attempt, course: Course, seconds: float) -> None:
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
