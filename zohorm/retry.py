"""What to do after one attempt of a call: accept, renew the token, try again, or give up and why.

The connection asks after every attempt. Nothing here waits or remembers.
"""

from __future__ import annotations

from typing import Literal

import attrs

from zohorm.errors import (
    DayLimit,
    Duplicate,
    InFlightLimit,
    MalformedReply,
    MinuteLimit,
    NotAuthorized,
    NotFound,
    OutcomeUnknown,
    ReplyError,
    ServerError,
    Timeout,
    Unreachable,
    ValidationError,
    WrongOrganization,
    ZohoError,
)

NO_ANSWER = 0
_LONGEST_SHORT_SECONDS = 3.0
Verdict = Literal["accept", "again", "renew", "give up"]


@attrs.frozen
class Outcome:
    """What came of one attempt.

    Attributes:
        status: the HTTP status, or NO_ANSWER.
        code: the service's code in the body, a number where it can be read as one.
        left: something of the request may have reached the service.
        readable: the answer is whole, and of a form that the API gives.
        repeatable: sending the call twice does no more than sending it once.
        timed_out: the time ran out, for the connection or for the answer.
        permanent: another try would end the same way, without any answer.
        oversize: the answer is larger than may be taken into memory.
        retry_after: the seconds that the service asks for.
    """

    status: int = NO_ANSWER
    code: int | str | None = None
    left: bool = True
    readable: bool = True
    repeatable: bool = True
    timed_out: bool = False
    permanent: bool = False
    oversize: bool = False
    retry_after: float | None = None


@attrs.frozen
class Rule:
    """One line of the table: the outcomes that it fits, and what follows.

    Attributes:
        what, advice: the first and the last words of the error.
        source: where the service, a standard or its clients say so.
        most: attempts at most, where that is less than the policy's own bound.
        unsettled: after such an outcome the call may have been carried out.
        status, codes: fit one of these; None fits all. `either` asks for one of the two.
        left, readable, repeatable, timed_out, permanent, oversize: fit this; None fits both.
    """

    what: str
    verdict: Verdict
    error: type[ZohoError]
    source: str
    advice: str = attrs.field(default="", kw_only=True)
    wait: Literal["backoff", "minute", "short"] = attrs.field(default="backoff", kw_only=True)
    most: int | None = attrs.field(default=None, kw_only=True)
    unsettled: bool = attrs.field(default=False, kw_only=True)
    status: range | None = attrs.field(default=None, kw_only=True)
    codes: tuple[int | str | None, ...] | None = attrs.field(default=None, kw_only=True)
    either: bool = attrs.field(default=False, kw_only=True)
    left: bool | None = attrs.field(default=None, kw_only=True)
    readable: bool | None = attrs.field(default=None, kw_only=True)
    repeatable: bool | None = attrs.field(default=None, kw_only=True)
    timed_out: bool | None = attrs.field(default=None, kw_only=True)
    permanent: bool | None = attrs.field(default=None, kw_only=True)
    oversize: bool | None = attrs.field(default=None, kw_only=True)

    def fits(self, outcome: Outcome) -> bool:
        """Tell whether this line is about such an outcome."""
        status = self.status is None or outcome.status in self.status
        code = self.codes is None or outcome.code in self.codes
        return (
            ((status or code) if self.either else (status and code))
            and self.left in (None, outcome.left)
            and self.readable in (None, outcome.readable)
            and self.repeatable in (None, outcome.repeatable)
            and self.timed_out in (None, outcome.timed_out)
            and self.permanent in (None, outcome.permanent)
            and self.oversize in (None, outcome.oversize)
        )


@attrs.frozen
class Decision:
    """What follows, and the rule that says so.

    `wait_seconds` is the wait before another try, also where no try is left: then others wait.
    """

    verdict: Verdict
    rule: Rule
    wait_seconds: float = 0.0


_NONE, _SUCCESS, _REDIRECT = range(1), range(200, 300), range(300, 400)
_REFUSED, _FAILED = range(400, 500), range(500, 600)

_HTTP = "RFC 9110"
_IDEMPOTENT = "RFC 9110, 9.2.2: only an idempotent call is sent again in doubt"
_LIMITS = "Books v3, introduction, API limits; code 43, and status 200, seen by clients"
_OAUTH = "seen by clients: one code for expiry and for a missing scope, with 401, 400, 403 or 200"
_RESPONSE = "Books v3, response: every answer but a file is a JSON object"
_ERRORS = "Books v3, errors; codes seen by clients"
_GATEWAY = "seen by clients: 502, 503 and 504 are a gateway's, in HTML"
_NO_PAGE = "no page documents redirects; a token must not follow one to another host"

_SETTLE = "Find out before you write again: record.settle() looks the record up"
_LATER = "Try again later, or raise max_retries"
_SLOWER = "Others may call for this organization too: lower calls_per_minute"
_FEWER = "Others may call for this organization too: lower max_in_flight"
_HOST = "Check region and api_url"

# The first line that fits decides. What may have reached the service is sent again only if it is
# repeatable, or if the service itself has refused it.
# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("the call was carried out", "accept", ReplyError, _RESPONSE,
         status=_SUCCESS, codes=(0, None), readable=True),
    Rule("the call cannot be sent", "give up", Unreachable, _HTTP,
         status=_NONE, left=False, permanent=True,
         advice="Check the address, the certificates and the proxy"),
    # A few tries only where each costs a whole timeout.
    Rule("no connection was made in time", "again", Timeout, _HTTP,
         status=_NONE, left=False, timed_out=True, most=4,
         advice="Check the network, or allow more seconds to connect (timeout)"),
    Rule("the service cannot be reached", "again", Unreachable, _HTTP,
         status=_NONE, left=False, advice="Check the network, the address and the proxy"),
    Rule("the call was sent and no answer came; it may have been carried out",
         "give up", OutcomeUnknown, _IDEMPOTENT,
         status=_NONE, repeatable=False, unsettled=True, advice=_SETTLE),
    Rule("the service did not answer in time", "again", Timeout, _IDEMPOTENT,
         status=_NONE, timed_out=True, most=3, unsettled=True,
         advice="Try again later, or allow more seconds of silence (timeout)"),
    Rule("the connection broke before an answer came", "again", Unreachable, _IDEMPOTENT,
         status=_NONE, unsettled=True, advice=_LATER),

    # A limit is a refusal, whatever the status: the call was not carried out.
    Rule("the organization's calls of the day are used up", "give up", DayLimit, _LIMITS,
         codes=(45,)),
    Rule("the organization has too many calls in flight", "again", InFlightLimit, _LIMITS,
         codes=(1070,), wait="short", advice=_FEWER),
    Rule("the organization made too many calls in a minute", "again", MinuteLimit, _LIMITS,
         codes=(43, 44), wait="minute", advice=_SLOWER),
    Rule("the service limits the calls", "again", MinuteLimit,
         "seen by clients: a 429 without a readable code",
         status=range(429, 430), wait="minute", advice=_SLOWER),
    Rule("the token is not accepted for this call", "renew", NotAuthorized, _OAUTH,
         status=range(401, 402), codes=(14, 57, "INVALID_TOKEN"), either=True),

    Rule("the service did not receive the whole call in time", "again", Timeout,
         "RFC 9110, 15.5.9: a client may repeat the call",
         status=range(408, 409), repeatable=True, most=3, unsettled=True, advice=_LATER),
    Rule("the service failed, and the call may have been carried out",
         "give up", OutcomeUnknown, _IDEMPOTENT,
         status=_FAILED, codes=(1000,), either=True, repeatable=False, unsettled=True,
         advice=_SETTLE),
    Rule("the service failed", "again", ServerError, _ERRORS,
         status=_FAILED, codes=(1000,), either=True, readable=True, unsettled=True, advice=_LATER),
    Rule("the service failed, and the answer is not the API's", "again", MalformedReply, _GATEWAY,
         status=_FAILED, unsettled=True, advice=_LATER),
    Rule("the service sent a redirect, and the call may have been carried out",
         "give up", OutcomeUnknown, _NO_PAGE,
         status=_REDIRECT, repeatable=False, unsettled=True, advice=_SETTLE),
    Rule("the service sent a redirect, which is never followed", "give up", MalformedReply,
         _NO_PAGE, status=_REDIRECT, advice=_HOST),
    Rule("the answer cannot be read, and the call may have been carried out",
         "give up", OutcomeUnknown, _IDEMPOTENT,
         readable=False, repeatable=False, unsettled=True, advice=_SETTLE),
    Rule("the answer is larger than may be taken into memory", "give up", MalformedReply,
         "no page bounds an answer; one without end must not fill the memory",
         oversize=True, unsettled=True,
         advice="Ask for less, or raise max_reply_bytes"),
    Rule("the answer cannot be read", "again", MalformedReply, _RESPONSE,
         status=_SUCCESS, readable=False, most=4, unsettled=True, advice=_LATER),
    Rule("the answer is not the API's", "give up", MalformedReply, _ERRORS,
         readable=False, unsettled=True, advice=_HOST),

    Rule("there is no such record", "give up", NotFound, _ERRORS,
         codes=(1002,), advice="Check the id, the ids within the record, and the organization"),
    Rule("there is no such address", "give up", NotFound, _ERRORS,
         codes=(5,), advice="Check api_url, and whether the product has this resource"),
    Rule("a record of this name or number exists", "give up", Duplicate, _ERRORS,
         codes=(1001, 3062), advice="Choose another, or load the record there is"),
    Rule("the user of this token does not belong to the organization", "give up",
         WrongOrganization, "Deluge documents; seen by clients",
         codes=(6041,), advice="Check the organization id and the region"),
    Rule("the user may not do this", "give up", NotAuthorized, "Invoice v3 and Billing v1, errors",
         status=range(403, 404)),
    Rule("there is no such record or address", "give up", NotFound, _ERRORS,
         status=range(404, 405), advice="Check the id and the organization"),
    Rule("the service refuses what was sent", "give up", ValidationError, _ERRORS,
         status=range(200, 401)),
    Rule("the service refuses the call", "give up", ReplyError, _ERRORS, status=_REFUSED),
    Rule("the status is none that HTTP knows", "give up", MalformedReply, _HTTP, unsettled=True),
)
# fmt: on


@attrs.frozen
class RetryPolicy:
    """How long to go on trying.

    Attributes:
        max_retries: how many times a call is tried again at most, whatever the reasons.
        max_retry_after_seconds: a longer wait that the service asks for is not waited at all.
        backoff_seconds: the first wait; each further one doubles, up to `longest_backoff_seconds`.
    """

    max_retries: int = attrs.field(default=10, validator=attrs.validators.ge(0))
    max_retry_after_seconds: float = 180.0
    backoff_seconds: float = 0.5
    longest_backoff_seconds: float = 15.0
    minute_seconds: float = 60.0

    def decide(self, outcome: Outcome, *, attempt: int, chance: float = 0.5) -> Decision:
        """Return what follows from the outcome of the `attempt`-th try; the first is number 1.

        `chance`, between 0 and 1, spreads the waits of callers that failed together.
        """
        rule = next(rule for rule in RULES if rule.fits(outcome))
        # A new token is asked for once; the connection knows whether it was.
        if rule.verdict != "again":
            return Decision(rule.verdict, rule)
        most = self.max_retries + 1 if rule.most is None else min(self.max_retries + 1, rule.most)
        wait_seconds = outcome.retry_after
        if wait_seconds is None:
            wait_seconds = self._wait(rule, attempt, chance)
        elif wait_seconds > self.max_retry_after_seconds:
            return Decision("give up", rule, wait_seconds)
        return Decision("again" if attempt < most else "give up", rule, wait_seconds)

    def _wait(self, rule: Rule, attempt: int, chance: float) -> float:
        if rule.wait == "minute":
            return self.minute_seconds
        longest = self.longest_backoff_seconds
        # A slot becomes free as soon as some other call ends.
        longest = min(longest, _LONGEST_SHORT_SECONDS) if rule.wait == "short" else longest
        doubled = self.backoff_seconds * 2.0 ** min(attempt - 1, 30)
        return min(doubled, longest) * (0.5 + chance)
