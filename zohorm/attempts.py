"""One call on its way, and what came of each attempt; the connection makes and judges them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from zohorm import reading
from zohorm.calls import Call
from zohorm.errors import NotFound
from zohorm.events import RequestEvent
from zohorm.retry import Decision, Outcome
from zohorm.transport import MaybeSent, NotSent, Reply, Request

_NO_SUCH_ADDRESS = 5


@attrs.define
class Course:
    """The course of one call.

    Attributes:
        lost: an earlier attempt may have been carried out.
        token: the one that the present attempt carries. Here and in no variable of a function, for
            services that collect errors keep the values of those.
        seconds: how long the last attempt took, without any wait before.
        told: what was said of an attempt that has not ended, to those who watch.
        under_way: an attempt was begun and not judged yet, as when a part of ours fails in it.
    """

    call: Call
    request: Request = attrs.field(repr=False)
    deadline: float | None
    token: str = attrs.field(default="", repr=False)
    attempt: int = 0
    seconds: float = 0.0
    told: RequestEvent | None = None
    under_way: bool = False
    renewed: bool = False
    lost: bool = False


@attrs.frozen
class Attempt:
    """One attempt and what came of it."""

    outcome: Outcome
    reply: Reply | None = None
    body: Mapping[str, object] | None = attrs.field(default=None, repr=False)
    failure: NotSent | MaybeSent | None = None

    def succeeded(self, decision: Decision, course: Course) -> bool:
        """Tell whether it ends the call well, alone or with an earlier one that got no answer."""
        if decision.verdict == "accept":
            return True
        return (
            course.lost
            and course.call.method == "DELETE"
            and decision.rule.error is NotFound
            and self.outcome.code != _NO_SUCH_ADDRESS
        )


def received(reply: Reply, call: Call, now: float) -> Attempt:
    """Return the attempt that brought this reply; `now` is the wall clock."""
    body, readable = reading.body_of(reply)
    code, known = reading.code_of(body)
    outcome = Outcome(
        reply.status,
        code=code,
        # A refusal is one by its status, whatever stands beside it.
        readable=readable and (known or reply.status >= 300),
        repeatable=call.repeatable,
        oversize=reply.oversize,
        retry_after=reading.retry_after_of(reply, now)
        if code or not known or reply.status >= 300
        else None,
    )
    return Attempt(outcome, reply, body)


def not_sent(error: NotSent, call: Call) -> Attempt:
    """Return the attempt of which nothing left this machine."""
    outcome = Outcome(
        left=False,
        repeatable=call.repeatable,
        timed_out=error.timed_out,
        permanent=error.permanent,
    )
    return Attempt(outcome, failure=error)


def maybe_sent(error: MaybeSent, call: Call) -> Attempt:
    """Return the attempt that may have arrived and brought no reply."""
    outcome = Outcome(repeatable=call.repeatable, timed_out=error.timed_out)
    return Attempt(outcome, failure=error)
