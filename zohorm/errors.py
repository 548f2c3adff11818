"""Every error and warning that zohorm raises; all layers import it, and it imports none of them.

ZohoError
  UsageError                 the program asks for something that cannot be; no call was made
    NotBound                 (RuntimeError)     no session for this record or query
    NotLoaded                (LookupError)      the field was not received and may not be fetched
    ReadOnlyField            (AttributeError)   the service computes this field
    UnknownField             (AttributeError)
    UnknownFilter            (TypeError)
    UnknownRegion            (ValueError)
    WrongRegion              (ValueError)       the token is of another data centre
    UnknownSetting           (TypeError)
    MissingSetting           (ValueError)
    InvalidId                (ValueError)
    WrongType                (TypeError)
    InvalidValue             (ValueError)
    NotSaved                 (RuntimeError)     the record has no id yet
    Deleted                  (RuntimeError)     the record was deleted
    Unsettled                (RuntimeError)     an earlier write of the record is in doubt
    ReadOnlySession          (PermissionError)
    SessionClosed            (RuntimeError)
    NotDetached              (RuntimeError)
    NotPicklable             (TypeError)
    NotSingle                (LookupError)      one() found none, or several
    Unsupported              (TypeError)        the resource documents no such operation
  TransportError             no readable answer came back
    Unreachable              (ConnectionError)
    Timeout                  (TimeoutError)
    OutcomeUnknown           (RuntimeError)     the write may or may not have been done
  AuthError                  (PermissionError)  no valid access token can be had
    RefreshRefused                              the refresh token or the client is not accepted
    RefreshThrottled                            too many tokens asked for; the credentials are good
  LimitError                 (RuntimeError)     too many calls
    MinuteLimit
    InFlightLimit
    DayLimit
    CoordinatorAway                             nobody can say how many calls others have made
  ReplyError                 the service answered, and the answer is no
    NotFound                 (LookupError)
    ValidationError          (ValueError)
      Duplicate
    NotAuthorized            (also an AuthError)
    WrongOrganization        (PermissionError)
    FilterIgnored            (also a ZohoWarning) rows came that a filter should have kept out
    ServerError              (RuntimeError)     the service failed
      MalformedReply                            HTML, truncated JSON, a redirect, a missing key
  Conflict                   (RuntimeError)     somebody else changed what is about to be saved
  TooLate                                       the turn of a call came late; save() checks anew

ZohoWarning                  (UserWarning)
  ManyLoads                  one query's rows are completed one call at a time
  NotApplied                 the service took a change and kept the old value
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar, Unpack

if TYPE_CHECKING:
    from zohorm.declared import Declared

_Error = TypeVar("_Error", bound=BaseException)


class Circumstances(TypedDict, total=False):
    """What an error knows about the call that failed; every member may be left out."""

    advice: str
    method: str | None
    path: str | None
    status: int | None
    code: int | str | None
    service_message: str | None
    attempts: int
    calls_remaining: int | None
    out_of_time: bool


class ZohoError(Exception):
    """Everything that zohorm raises on purpose.

    `str()` says what failed, why, and what to do. No part of it is a token, a secret, a request
    body or a query value.

    Attributes:
        what: what failed, in a sentence of ours.
        advice: what to do next; may be empty.
        method, path: the call, without its query; None when no call was made.
        status: the HTTP status; None when no answer came.
        code: the service's own code, a number but in odd cases.
        service_message: the service's own words; they may name a customer or a record.
        attempts: how many times the call was sent.
        calls_remaining: what is left of the day's quota, when the service said so.
        out_of_time: the call was given up for `max_wait_seconds`; more time might have helped.
        results: what `session.save(records)` had saved before this failure.
        maybe_done: the call that failed may have been carried out, by this or an earlier attempt.
        record: the record whose save is in doubt; its `settle()` looks it up.
    """

    results: tuple[object, ...] = ()
    maybe_done: bool = False
    record: Declared | None = None

    def __init__(self, what: str, **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(what)
        self.what = what
        self.advice = circumstances.get("advice", "")
        self.method = circumstances.get("method")
        self.path = circumstances.get("path")
        self.status = circumstances.get("status")
        self.code = circumstances.get("code")
        self.service_message = circumstances.get("service_message")
        self.attempts = circumstances.get("attempts", 0)
        self.calls_remaining = circumstances.get("calls_remaining")
        self.out_of_time = circumstances.get("out_of_time", False)

    def __str__(self) -> str:
        call = self._call()
        parts = [f"{self.what.rstrip('. ')} ({call})" if call else self.what.rstrip(". ")]
        if self.service_message:
            parts.append(f"The service says: {self.service_message.rstrip('. ')}")
        # An OutcomeUnknown says so in its first words.
        if self.maybe_done and not isinstance(self, OutcomeUnknown):
            parts.append("An attempt of the call may have been carried out")
        if self.advice:
            parts.append(self.advice.rstrip(". "))
        return ". ".join(parts) + "."

    def __repr__(self) -> str:
        # The service's words may name a customer, so they stay out of reprs, which end up in logs.
        return f"<{type(self).__name__}: {self._call() or self.what}>"

    def __reduce__(self) -> tuple[object, ...]:
        # Python would call the class with the positional arguments alone and lose the keywords.
        return (_empty, (type(self), self.args), dict(self.__dict__))

    def copy(self) -> Self:
        """Return an equal error without a traceback, for another thread to raise."""
        again = _empty(type(self), self.args)
        again.__dict__.update(self.__dict__)
        return again

    def _call(self) -> str:
        if self.method is None or self.path is None:
            return ""
        text = f"{self.method} {self.path}"
        if self.status is not None:
            text += f" -> {self.status}"
        if self.code is not None:
            text += f", code {self.code}"
        if self.attempts > 1:
            text += f", {self.attempts} attempts"
        return text


def _empty(kind: type[_Error], arguments: tuple[object, ...]) -> _Error:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class UsageError(ZohoError):
    """The program asks for something that cannot be; no call was made."""


class NotBound(UsageError, RuntimeError):
    """A record or query has no session, and zohorm never guesses an organization."""


class NotLoaded(UsageError, LookupError):
    """The field was not received with this row, and reading it may not fetch the record."""


class ReadOnlyField(UsageError, AttributeError):
    """The service computes this field; it can be read, never set."""


class UnknownField(UsageError, AttributeError):
    """The model declares no field of this name."""


class UnknownFilter(UsageError, TypeError):
    """The resource documents no filter of this name."""


class UnknownRegion(UsageError, ValueError):
    """The region names no data centre; the error lists those there are."""


class WrongRegion(UsageError, ValueError):
    """The access token belongs to another data centre than the session's; no call was made."""


class UnknownSetting(UsageError, TypeError):
    """A session has no setting of this name; the error lists those there are."""


class MissingSetting(UsageError, ValueError):
    """A session lacks a setting that it cannot work without."""


class InvalidId(UsageError, ValueError):
    """The value cannot be the id of a record, so it is not put into a path."""


class WrongType(UsageError, TypeError):
    """A value is of a kind that the field or parameter cannot take."""


class InvalidValue(UsageError, ValueError):
    """A value is of the right kind but cannot be sent."""


class NotSaved(UsageError, RuntimeError):
    """The record has no id yet; save it first."""


class Deleted(UsageError, RuntimeError):
    """The record was deleted and can no longer be saved, loaded or acted on."""


class Unsettled(UsageError, RuntimeError):
    """An earlier write of this record is in doubt; settle() it before the next one."""


class ReadOnlySession(UsageError, PermissionError):
    """The session was made with read_only=True and sends nothing that writes."""


class SessionClosed(UsageError, RuntimeError):
    """The session was closed."""


class NotDetached(UsageError, RuntimeError):
    """The record already belongs to a session and cannot be attached to another."""


class NotPicklable(UsageError, TypeError):
    """The object holds connections or secrets; pass its organization id instead."""


class NotSingle(UsageError, LookupError):
    """one() found no record, or more than one."""


class Unsupported(UsageError, TypeError):
    """The resource documents no such operation."""


class TransportError(ZohoError):
    """No readable answer came back."""


class Unreachable(TransportError, ConnectionError):
    """The service could not be reached, or hung up."""


class Timeout(TransportError, TimeoutError):
    """The service did not answer in time."""


class OutcomeUnknown(TransportError, RuntimeError):
    """The write left this machine and nothing readable came back: it may have been done, or not."""

    maybe_done: bool = True


class AuthError(ZohoError, PermissionError):
    """No valid access token can be had."""


class RefreshRefused(AuthError):
    """The accounts server refuses the refresh token or the client."""


class RefreshThrottled(AuthError):
    """Too many access tokens were asked for; the credentials are good, try again later."""


class LimitError(ZohoError, RuntimeError):
    """Too many calls.

    Attributes:
        resets_at: the instant (UTC) from which calls are accepted again; None when it is not known.
    """

    def __init__(
        self,
        what: str,
        *,
        resets_at: dt.datetime | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(what, **circumstances)
        self.resets_at = resets_at


class MinuteLimit(LimitError):
    """The organization made too many calls within a minute."""


class InFlightLimit(LimitError):
    """Too many calls of the organization are in flight."""


class DayLimit(LimitError):
    """The organization's calls of the day are used up, or down to the session's reserve."""


class CoordinatorAway(LimitError):
    """What processes share pace and token by cannot be used; the service was not asked."""


class ReplyError(ZohoError):
    """The service answered, and the answer is no."""


class NotFound(ReplyError, LookupError):
    """The organization has no such record, or the API no such address."""


class ValidationError(ReplyError, ValueError):
    """The service refuses what was sent, by its form or by a business rule."""


class Duplicate(ValidationError):
    """A record of this name or number exists already."""


class NotAuthorized(ReplyError, AuthError):
    """The token lacks the scope, or the user the permission."""


class WrongOrganization(ReplyError, PermissionError):
    """The user of this token does not belong to the organization."""


class ServerError(ReplyError, RuntimeError):
    """The service failed."""


class MalformedReply(ServerError):
    """The answer is not what the API documents: HTML, truncated JSON, a redirect, a missing key."""


class Conflict(ZohoError, RuntimeError):
    """Somebody else changed what is about to be saved; nothing was sent.

    Attributes:
        mine: what this program would have sent.
        theirs: what the service holds now.
    """

    def __init__(
        self,
        what: str,
        *,
        mine: Mapping[str, object] | None = None,
        theirs: Mapping[str, object] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(what, **circumstances)
        self.mine: Mapping[str, object] = mine if mine is not None else {}
        self.theirs: Mapping[str, object] = theirs if theirs is not None else {}


class TooLate(ZohoError):
    """The call's turn came after what it rests on had grown too old, so it was not sent."""


class ZohoWarning(UserWarning):
    """Every warning that zohorm gives."""


class FilterIgnored(ReplyError, ZohoWarning):
    """The service sent rows that a filter should have kept out; a strict query raises it."""


class ManyLoads(ZohoWarning):
    """The rows of one query are completed one call at a time; `.whole()` says what that costs."""


class NotApplied(ZohoWarning):
    """The service took a change without an error and kept the old value."""
