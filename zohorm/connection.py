"""Sends one call of a session until it is answered, refused or hopeless.

The session calls it. In order: read-only check, quota and slot (throttle), token, transport, the
answer's headers, a decision (retry), and then an answer, a wait or an error (failing). What is done
is told to logs and hooks (reporting).
"""

from __future__ import annotations

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
from zohorm.hooks import Hooks
from zohorm.reporting import LEAST_WAIT_SECONDS, Reporter
from zohorm.retry import Decision, RetryPolicy
from zohorm.stopping import Stop
from zohorm.throttle import Quota, Throttle
from zohorm.token import TokenSource
from zohorm.transport import MaybeSent, NotSent, Reply, Transport

_DAY_SECONDS = 86400.0


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
        hooks: Hooks | None = None,
        stop: Stop | None = None,
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
        self._hooks = Hooks() if hooks is None else hooks
        self._stop = Stop() if stop is None else stop
        self._report = Reporter(organization_id, hooks=self._hooks, quota=lambda: self.quota)
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
            SessionClosed: the session was closed while the call waited.
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
        if not self._hooks.active:
            return self._finish(course)
        with self._hooks.watching():
            try:
                return self._finish(course)
            except BaseException as error:
                self._report.interrupted(course, error)
                raise

    def _finish(self, course: Course) -> Answer:
        """Bring the call to its end; say of what it raises whether it may have been done."""
        try:
            with self._stop.watched(self._left_of(course)):
                return self._run(course)
        except ZohoError as error:
            # Told of each error, for one from a shared part may have been told of another call.
            lost = (course.lost or course.under_way) and course.call.writes
            error.maybe_done = lost or type(error).maybe_done
            raise

    def _left_of(self, course: Course) -> Callable[[], float] | None:
        deadline = course.deadline
        return None if deadline is None else lambda: deadline - self._clock.now()

    def _run(self, course: Course) -> Answer:
        """Send until the call is answered or given up."""
        while True:
            tried = self._attempt(course)
            decision = self._retry.decide(
                tried.outcome, attempt=course.attempt - course.renewed, chance=self._rng()
            )
            succeeded = tried.succeeded(decision, course)
            self._report.answered(course, tried, None if succeeded else decision.rule.error)
            if succeeded and tried.reply is not None:
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
        asked, turn = self._clock.now(), None
        try:
            with self._throttle.slot(self._organization, course.deadline, reserve=self._reserve):
                turn = self._clock.now()
                if turn - asked >= LEAST_WAIT_SECONDS:
                    self._report.waited(course, "turn", turn - asked)
                    turn = self._clock.now()
                course.token = self._token.value(course.deadline)
                regions.require_same(self._root, self._token.api_domain)
                ready = self._clock.now()
                if ready - turn >= LEAST_WAIT_SECONDS:
                    self._report.waited(course, "token", ready - turn)
                return self._exchange(course)
        except LimitError as error:
            call = course.call
            if turn is None:
                self._report.waited(course, "turn", self._clock.now() - asked)
            error.method, error.path = call.method, call.path
            error.attempts = course.attempt
            raise

    def _exchange(self, course: Course) -> Attempt:
        """Send now, and take what comes."""
        began = self._ready(course)
        if self._hooks.active:
            self._report.asking(course)
            began = self._ready(course)  # A hook may have taken its time.
        call, deadline = course.call, course.deadline
        request = course.request.with_header("Authorization", f"Zoho-oauthtoken {course.token}")
        left = None if deadline is None else deadline - began
        course.attempt += 1
        course.under_way = True
        try:
            reply = self._transport.send(
                request, self._timeout, fresh=not call.repeatable, total_seconds=left
            )
        except NotSent as error:
            return attempts.not_sent(error, call)
        except MaybeSent as error:
            return attempts.maybe_sent(error, call)
        finally:
            course.seconds = self._clock.now() - began
        return self._received(reply, call)

    def _ready(self, course: Course) -> float:
        """Return the time by the clock; raise if the attempt comes too late."""
        now = self._clock.now()
        late = too_late(course, now=now)
        if late is not None:
            raise late
        return now

    def _received(self, reply: Reply, call: Call) -> Attempt:
        now = self._clock.time()
        quota = reading.quota_of(reply, now)
        if quota is not None:
            self._throttle.remember(self._organization, quota)
        return attempts.received(reply, call, now)

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
        if decision.verdict == "renew" and self._token.renewable:
            if course.renewed:
                self._token.refused_anew(course.token)
            elif self._token.refused(course.token):
                course.renewed = True
                self._report.again(course, decision, tried, 0.0)
                return
        seconds = decision.wait_seconds if decision.verdict == "again" else 0.0
        ends = self._clock.now() + seconds
        call = course.call
        in_time = course.deadline is None or ends < course.deadline
        if decision.verdict == "again" and in_time and not call.spent:
            self._report.again(course, decision, tried, seconds)
            self._clock.sleep(seconds)
            self._report.waited(course, "retry", seconds)
            return
        now = self._clock.time()
        error = self._failures.given_up(decision, tried, course, quota=self.quota, now=now)
        # An answer stands, however late it came.
        error.out_of_time = not in_time and (decision.verdict == "again" or tried.outcome.timed_out)
        raise error from tried.failure
