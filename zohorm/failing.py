"""What a call that is given up raises: the error of the rule, with what is known of the call.

The connection asks once it has decided that there is no further attempt.
"""

from __future__ import annotations

import datetime as dt

from zohorm.attempts import Attempt, Course
from zohorm.errors import (
    Circumstances,
    DayLimit,
    LimitError,
    NotAuthorized,
    Timeout,
    TooLate,
    ZohoError,
)
from zohorm.retry import Decision
from zohorm.throttle import Quota


class Failures:
    """Makes the errors of one connection."""

    def __init__(self, *, renewable: bool, longest_wait_seconds: float) -> None:
        """`renewable` says that another token could be had; the wait is the policy's."""
        self._renewable = renewable
        self._longest_wait_seconds = longest_wait_seconds

    def given_up(
        self, decision: Decision, tried: Attempt, course: Course, *, quota: Quota | None, now: float
    ) -> ZohoError:
        """Return the error of the last attempt; `now` is the wall clock."""
        kind, call = decision.rule.error, course.call
        message = None if tried.body is None else tried.body.get("message")
        circumstances = Circumstances(
            advice=self._advice(decision, course),
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
        resets_at: dt.datetime | None = instant(now + decision.wait_seconds)
        if kind is DayLimit:
            resets_at = None if quota is None else quota.resets_at
            circumstances["advice"] = _day_advice(resets_at)
        return kind(decision.rule.what, resets_at=resets_at, **circumstances)

    def _advice(self, decision: Decision, course: Course) -> str:
        call, advice = course.call, decision.rule.advice
        if decision.rule.error is NotAuthorized:
            needed = f"the scope {call.scope}" if call.scope else "a scope that it lacks"
            advice = f"The call needs {needed}, and a user who may do this; authorize the client"
            return advice + (" for the scope" if self._renewable else " or pass another token")
        if decision.verdict == "again" and call.spent:
            return "Part of it went to the stream already: begin anew with another one"
        if decision.verdict == "again":
            return f"{advice}, or allow more time (max_wait_seconds)"
        if decision.wait_seconds > self._longest_wait_seconds:
            wait = f"The service asks for a wait of {decision.wait_seconds:.0f} s, which is more"
            return wait + " than max_retry_after allows"
        return advice


def too_late(course: Course, *, now: float) -> ZohoError | None:
    """Return what an attempt raises instead of being sent now, None if there is time for it.

    `now` is a reading of the clock of its deadlines.
    """
    call, deadline = course.call, course.deadline
    kind: type[ZohoError] = Timeout
    what = "the time of the call was over before it could be sent"
    advice = "Allow it more time (max_wait_seconds)"
    if deadline is None or now < deadline:
        if call.send_before is None or now <= call.send_before:
            return None
        kind, advice = TooLate, ""
        what = "what the call rests on was too old when its turn came"
    return kind(
        what,
        advice=advice,
        method=call.method,
        path=call.path,
        attempts=course.attempt,
        out_of_time=kind is Timeout,
    )


def instant(seconds: float) -> dt.datetime:
    """Return a reading of the wall clock as an aware instant."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _day_advice(until: dt.datetime | None) -> str:
    if until is None:
        return (
            "The service did not say when the count starts anew; calls are refused here meanwhile"
        )
    return f"Go on at {until:%Y-%m-%d %H:%M:%S} UTC, when the count starts anew"
