"""Tells of a call what is done: to the loggers always, to hooks and counts if somebody watches.

The connection reports each step. No query value and no body is told of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypedDict

from zohorm.attempts import Attempt, Course
from zohorm.errors import ZohoError
from zohorm.events import RequestEvent, RetryEvent, WaitEvent, Why, ended, template_of
from zohorm.hooks import Hooks
from zohorm.retry import Decision
from zohorm.throttle import Quota

# Less is the work of taking a turn, and no wait.
LEAST_WAIT_SECONDS = 0.001
_LOGGED_WAIT_SECONDS = 1.0

_log = logging.getLogger("zohorm.http")
_log.addHandler(logging.NullHandler())
_pace_log = logging.getLogger("zohorm.throttle")


class _About(TypedDict):
    method: str
    path: str
    template: str
    url: str
    organization_id: str | None
    attempt: int


class Reporter:
    """Reports the calls of one connection."""

    def __init__(
        self, organization_id: str, *, hooks: Hooks, quota: Callable[[], Quota | None]
    ) -> None:
        self._organization = organization_id
        self._hooks = hooks
        self._quota = quota

    def waited(self, course: Course, why: Why, seconds: float) -> None:
        """Report a wait that is over, if it was one."""
        if seconds < LEAST_WAIT_SECONDS:
            return
        call = course.call
        if seconds >= _LOGGED_WAIT_SECONDS and why == "turn":
            _pace_log.info("%s %s waited %.1f s for its turn", call.method, call.path, seconds)
        if self._hooks.active:
            about = self._about(course, course.attempt + 1)
            self._hooks.waited(WaitEvent(**about, why=why, seconds=seconds))

    def asking(self, course: Course) -> None:
        """Report to whoever watches that an attempt is about to be sent."""
        self._hooks.tell_renewals()
        course.seconds = 0.0
        course.told = RequestEvent(**self._about(course, course.attempt + 1))
        self._hooks.requested(course.told)

    def interrupted(self, course: Course, error: BaseException) -> None:
        """Report to whoever watches that an attempt ended with an error that is not its own."""
        told, course.told = course.told, None
        if told is not None:
            event = ended(told, seconds=course.seconds, error=type(error).__name__)
            self._hooks.responded(event)

    def answered(self, course: Course, tried: Attempt, error: type[ZohoError] | None) -> None:
        """Report the end of an attempt: what came, or that nothing did; `error` if it failed."""
        debug, told = _log.isEnabledFor(logging.DEBUG), course.told
        if not debug and told is None:
            return
        course.told = None
        quota, outcome, call = self._quota(), tried.outcome, course.call
        remaining = None if quota is None else quota.remaining
        if debug:
            _log.debug(
                "%s %s -> %s in %d ms, attempt %d, calls remaining: %s",
                call.method,
                call.path,
                tried.failure or outcome.status,
                course.seconds * 1000,
                course.attempt,
                "unknown" if remaining is None else remaining,
            )
        if told is not None:
            event = ended(
                told,
                seconds=course.seconds,
                status=outcome.status or None,
                code=outcome.code,
                error=None if error is None else error.__name__,
                calls_remaining=remaining,
            )
            self._hooks.responded(event)

    def again(self, course: Course, decision: Decision, tried: Attempt, seconds: float) -> None:
        """Report that the call will be tried again after so many seconds."""
        call, rule = course.call, decision.rule
        _log.info("%s %s: %s; again in %.1f s", call.method, call.path, rule.what, seconds)
        if self._hooks.active:
            event = RetryEvent(
                **self._about(course, course.attempt),
                reason=rule.what,
                wait_seconds=seconds,
                status=tried.outcome.status or None,
                code=tried.outcome.code,
                error=rule.error.__name__,
            )
            self._hooks.retried(event)

    def _about(self, course: Course, attempt: int) -> _About:
        call = course.call
        return {
            "method": call.method,
            "path": call.path,
            "template": template_of(call.template or call.path),
            "url": course.request.url,
            "organization_id": self._organization,
            "attempt": attempt,
        }
