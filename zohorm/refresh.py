"""One way to a new access token: the refresh-token grant. The token source asks for it.

Source: OAuth documents, access token from refresh token; the answers as clients have seen them.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Never, Self
from urllib.parse import urlencode, urlsplit

import attrs

from zohorm import hooks, wire
from zohorm.clock import Clock
from zohorm.errors import (
    AuthError,
    InvalidValue,
    MalformedReply,
    NotPicklable,
    RefreshRefused,
    RefreshThrottled,
    ZohoError,
)
from zohorm.events import RequestEvent
from zohorm.retry import Decision, Outcome, RetryPolicy
from zohorm.transport import MaybeSent, NotSent, Reply, Request, Transport

TOKEN_PATH = "/oauth/v2/token"
# A token that ends while the call is under way would cost a second call.
_MARGIN_SECONDS = 10.0
_LIFE_SECONDS = 3600.0
# Some answers count in milliseconds, and no token lives for a day.
_MOST_SECONDS = 100_000
# Hammering prolongs the block, so nobody asks again before this has passed.
COOL_DOWN_SECONDS = 60.0
_ONE_WORD = re.compile(r"[!-~]+")

_log = logging.getLogger("zohorm.auth")
_log.addHandler(logging.NullHandler())

_NOTHING: Mapping[str, object] = MappingProxyType({})

# Source: help.zoho.com, OAuth questions; the same names seen by clients.
_ADVICE = {
    "invalid_code": "The refresh token is wrong, revoked, or of another data centre: check the"
    " region, or authorize the client again",
    "invalid_client": "Check client_id, and the region: a client may be known to one data centre",
    "invalid_client_secret": "Check client_secret; a data centre may have a secret of its own",
    "invalid_redirect_uri": "Check redirect_url against the client's registration",
    "invalid_scope": "Authorize the client again, for scopes that exist",
}


@attrs.frozen
class Token:
    """An access token. Its repr does not show it, and it cannot be pickled; store its text.

    Attributes:
        value: what the Authorization header carries.
        expires_at: seconds since 1970; None when nobody said.
        api_domain: the API host of the user's data centre, if the answer named one.
    """

    value: str = attrs.field(repr=False)
    expires_at: float | None = None
    api_domain: str | None = None

    def __attrs_post_init__(self) -> None:
        # Anything else would break the header, in an error that quotes it.
        if not _ONE_WORD.fullmatch(self.value):
            raise AuthError("an access token is one word of ASCII, and this one is not")

    def expired(self, now: float) -> bool:
        """Tell whether it is over, or nearly so."""
        return self.expires_at is not None and now >= self.expires_at - _MARGIN_SECONDS

    def to_text(self) -> str:
        """Return all of it as text, for a place where a secret may be kept."""
        ends = None if self.expires_at is None else Decimal(repr(float(self.expires_at)))
        members = {"value": self.value, "expires_at": ends, "api_domain": self.api_domain}
        return wire.encode(members).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the token that `to_text()` wrote.

        Raises:
            InvalidValue: the text is something else; it is not quoted.
        """
        try:
            members = wire.decode(text.encode())
        except (ValueError, ArithmeticError, RecursionError):
            members = None
        found = members if isinstance(members, Mapping) else {}
        value, ends, domain = (found.get(n) for n in ("value", "expires_at", "api_domain"))
        try:
            if not isinstance(value, str) or not isinstance(domain, str | None):
                raise TypeError
            return cls(value, None if ends is None else float(str(ends)), domain)
        except (TypeError, ValueError, AuthError):
            message = "what is stored as an access token is none"
        raise InvalidValue(message, advice="Remove it; the next call gets a new one")

    def __reduce__(self) -> Never:
        raise NotPicklable(
            "a token is a secret and cannot be pickled", advice="Store its to_text()"
        )


def life_seconds(expires_in: object) -> float:
    """Return the life of a token in seconds, from whatever unit and type an answer gives it in."""
    try:
        seconds = float(expires_in) if isinstance(expires_in, int | float | str | Decimal) else 0.0
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        return _LIFE_SECONDS
    return seconds / 1000 if seconds > _MOST_SECONDS else seconds


def throttled(
    status: int | None = None, body: Mapping[str, object] = _NOTHING, *, attempts: int = 0
) -> RefreshThrottled:
    """Return the error of a pause that the accounts server wants; no attempt if it was known."""
    return RefreshThrottled(
        "the accounts server gives no more access tokens for a while",
        advice="The credentials are good. Wait some minutes; let processes share one token"
        " (coordinator, or a token store in auth)",
        method="POST",
        path=TOKEN_PATH,
        status=status,
        service_message=str(body.get("error_description") or "") or None,
        attempts=attempts,
    )


def refused(status: int | None, error: str, *, attempts: int) -> RefreshRefused:
    """Return the error of credentials that the accounts server does not accept."""
    return RefreshRefused(
        "the accounts server refuses the credentials",
        advice=_ADVICE.get(error, "Check client_id, client_secret, refresh_token and region"),
        method="POST",
        path=TOKEN_PATH,
        status=status,
        code=error,
        attempts=attempts,
    )


class RefreshGrant:
    """Asks the accounts server for a new access token, with a refresh token that stays valid.

    A server that fails is asked a few times more; one that refuses is not.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        *,
        accounts_url: str,
        transport: Transport,
        retry: RetryPolicy,
        timeout: tuple[float, float],
        clock: Clock,
    ) -> None:
        """`parameters` are the client's id and secret, the refresh token, and a redirect_uri."""
        self._accounts_url = accounts_url
        # In the body, never in the URL, which servers and proxies write into their logs.
        self._request = Request(
            "POST",
            accounts_url + TOKEN_PATH,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"grant_type": "refresh_token", **parameters}).encode(),
        )
        self._transport = transport
        self._retry = retry
        self._timeout = timeout
        self._clock = clock
        self._blocked_until = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {urlsplit(self._accounts_url).netloc}>"

    def grant(self, deadline: float | None) -> Token:
        """Return a new token; one call, and a few more only while the server fails.

        Raises:
            RefreshRefused: the credentials are not accepted.
            RefreshThrottled: too many tokens were asked for, now or within the last minute.
            TransportError, ServerError: no usable answer came.
        """
        if self._clock.now() < self._blocked_until:
            raise throttled()
        attempt = 1
        while True:
            left = None if deadline is None else deadline - self._clock.now()
            found, status = self._try(left, attempt)
            if isinstance(found, Token):
                _log.info("renewed the access token, attempt %d", attempt)
                return found
            # The module's own generator starts anew in a forked child, unlike one of ours.
            decision = self._retry.decide(found, attempt=attempt, chance=random.random())
            was_cut = found.timed_out and left is not None and left < max(self._timeout)
            self._wait(decision, status, attempt, deadline, was_cut=was_cut)
            attempt += 1

    def close(self) -> None:
        """Close the connection to the accounts server."""
        self._transport.close()

    def _try(self, left: float | None, attempt: int) -> tuple[Token | Outcome, int | None]:
        """Ask once, and tell of it; return the token or how to judge the attempt, and the status.

        Raises:
            RefreshRefused, RefreshThrottled: the answer is a refusal.
        """
        began, status, failed = self._clock.now(), None, ""
        try:
            reply, outcome = self._ask(left)
            status = outcome.status or None
            if reply is None or not outcome.readable:
                failed = "Timeout" if outcome.timed_out else "Unreachable"
                return outcome, status
            found = self._read(reply, attempt)
            failed = "" if isinstance(found, Token) else "MalformedReply"
            return found, status
        except BaseException as error:
            failed = type(error).__name__
            raise
        finally:
            self._tell(status, attempt, failed, self._clock.now() - began)

    def _tell(self, status: int | None, attempt: int, failed: str, seconds: float) -> None:
        """Tell the log of one attempt, and whoever watches the call that needs the token."""
        came = status or failed
        _log.debug("POST %s -> %s in %d ms, attempt %d", TOKEN_PATH, came, seconds * 1000, attempt)
        asked = RequestEvent(
            method="POST",
            path=TOKEN_PATH,
            template=TOKEN_PATH,
            url=self._request.url,
            organization_id=None,
            attempt=attempt,
        )
        hooks.note_renewal(asked, seconds=seconds, status=status, error=failed or None)

    def _ask(self, left: float | None) -> tuple[Reply | None, Outcome]:
        try:
            reply = self._transport.send(
                self._request, self._timeout, fresh=False, total_seconds=left
            )
        except NotSent as error:
            outcome = Outcome(left=False, timed_out=error.timed_out, permanent=error.permanent)
            return None, outcome
        except MaybeSent as error:
            return None, Outcome(timed_out=error.timed_out)
        return reply, Outcome(reply.status, readable=reply.complete)

    def _read(self, reply: Reply, attempt: int) -> Token | Outcome:
        """Return the token of the answer; if it has neither token nor refusal, how to judge it.

        The status tells nothing: refused grants come with 200.
        """
        try:
            body = wire.decode(reply.content)
        except (ValueError, ArithmeticError, RecursionError):
            body = None
        if not isinstance(body, Mapping):
            body = {}
        value, error, domain = (body.get(name) for name in ("access_token", "error", "api_domain"))
        if isinstance(value, str) and value:
            ends = self._clock.time() + life_seconds(body.get("expires_in"))
            return Token(value, ends, domain if isinstance(domain, str) else None)
        if error == "general_error":
            return Outcome(200, readable=False)  # A fault of the server also under status 400.
        if reply.status >= 500:
            return Outcome(reply.status, readable=False)
        description = str(body.get("error_description", ""))
        if reply.status == 429 or error == "Access Denied" or "too many" in description:
            self._blocked_until = self._clock.now() + COOL_DOWN_SECONDS
            _log.info("too many access tokens were asked for")
            raise throttled(reply.status, body, attempts=attempt)
        if isinstance(error, str) and error:
            _log.info("the access token was not renewed: %s", error)
            raise refused(reply.status, error, attempts=attempt)
        return Outcome(reply.status, readable=False)

    def _wait(
        self,
        decision: Decision,
        status: int | None,
        attempt: int,
        deadline: float | None,
        *,
        was_cut: bool,
    ) -> None:
        seconds = decision.wait_seconds if decision.verdict == "again" else 0.0
        in_time = deadline is None or self._clock.now() + seconds < deadline
        if decision.verdict == "again" and in_time:
            _log.info("asking again for an access token in %.1f s", seconds)
            self._clock.sleep(seconds)
            return
        kind: type[ZohoError] = decision.rule.error
        if decision.verdict == "renew":  # status 401 without a readable refusal
            kind = MalformedReply
        raise kind(
            f"no access token could be had: {decision.rule.what}",
            advice=decision.rule.advice,
            method="POST",
            path=TOKEN_PATH,
            status=status,
            attempts=attempt,
            out_of_time=was_cut or not in_time,
        )
