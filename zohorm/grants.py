"""The ways to a first token: a code, a consent in a browser, a device; and the way back.

`zohorm login` calls it, as may a program that has users consent on pages of its own. Sessions need
none of it. Source: accounts, protocol, OAuth: web apps, self client, mobile and desktop apps,
non-browser applications, multi-DC, revoking a refresh token; the answers as clients see them.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit

import attrs

from zohorm import refresh, regions, wire
from zohorm.clock import Clock, SystemClock
from zohorm.errors import (
    AuthError,
    MalformedReply,
    Timeout,
    TransportError,
    Unreachable,
    ZohoError,
)
from zohorm.refresh import TOKEN_PATH, Token
from zohorm.transport import MaybeSent, NotSent, Reply, Request, RequestsTransport, Transport

CONSENT_PATH = "/oauth/v2/auth"
REVOKE_PATH = "/oauth/v2/token/revoke"
DEVICE_CODE_PATH = "/oauth/v3/device/code"
DEVICE_TOKEN_PATH = "/oauth/v3/device/token"
SERVERS_PATH = "/oauth/serverinfo"
# Devices count in milliseconds; nothing of theirs lasts for hours, or polls once in ten minutes.
_MOST_LIFE_SECONDS = 10_000
_MOST_INTERVAL_SECONDS = 600
_INTERVAL_SECONDS = 30.0
_DEVICE_SECONDS = 300.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

_ADVICE = {
    "invalid_code": "Codes are used once and live for minutes: make a new one, in the data centre"
    " of the user's account",
    "invalid_client": "Check the client id, and the region: a client may be known to one data"
    " centre, and each way to log in has a type of client of its own",
    "invalid_client_secret": "Check the client secret; a data centre may have one of its own",
    "invalid_redirect_uri": "The address must be the one registered with the client, letter by"
    " letter",
    "invalid_scope": "Check the scopes; each product documents its own",
    "access_denied": "Nothing was stored; start again to ask once more",
    "expired": "Start again, and enter the code within minutes",
}


class _Form(dict[str, str]):
    """What a form says; shows names alone, for services that collect errors keep variables."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self)}>"


@attrs.frozen
class Granted:
    """What a consent has brought; its repr shows no token.

    Attributes:
        token: the first access token.
        refresh_token: None if the service gave none, for it was not asked for lasting access.
        scopes: as the answer names them; empty if it does not.
        accounts_url: the accounts server that knows the refresh token.
    """

    token: Token
    refresh_token: str | None = attrs.field(repr=False)
    scopes: tuple[str, ...]
    accounts_url: str


@attrs.frozen
class DeviceCodes:
    """What a device shows its user, and polls with.

    Attributes:
        user_code: what the user enters at `address`.
        address_with_code: the same page with the code filled in; None if the service names none.
        every_seconds: how long to wait between two polls.
        life_seconds: how long the user has.
    """

    device_code: str = attrs.field(repr=False)
    user_code: str = attrs.field(repr=False)
    address: str
    address_with_code: str | None = attrs.field(repr=False)
    every_seconds: float
    life_seconds: float


@attrs.frozen
class Proof:
    """A proof key: the challenge goes along when consent is asked for, the verifier with the code.

    Source: accounts, mobile and desktop apps, which document it for clients of that type alone.
    """

    verifier: str = attrs.field(repr=False, factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The digest of the verifier, as `code_challenge_method=S256` writes it."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class AccountsServer:
    """The accounts server of one data centre, asked on behalf of one client.

    Each method but `consent_address` is one call, never repeated, for a code is good for one.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        accounts_url: str,
        transport: Transport | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        clock: Clock | None = None,
    ) -> None:
        self.url = accounts_url.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._transport = RequestsTransport(pool_size=1) if transport is None else transport
        self._timeout = timeout
        self._clock = SystemClock() if clock is None else clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {urlsplit(self.url).netloc}>"

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def at(self, url: str) -> AccountsServer:
        """Return the same client at another accounts server; they share connections."""
        return AccountsServer(
            self._client_id,
            self._client_secret,
            accounts_url=url,
            transport=self._transport,
            timeout=self._timeout,
            clock=self._clock,
        )

    def consent_address(
        self, redirect_url: str, scopes: Iterable[str], *, state: str, proof: Proof | None = None
    ) -> str:
        """Return the page on which a user is asked for lasting access; no call."""
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "scope": ",".join(scopes),
            "redirect_uri": redirect_url,
            # Without these two, a second consent would bring no refresh token.
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
        }
        if proof is not None:
            parameters |= {"code_challenge": proof.challenge, "code_challenge_method": "S256"}
        return f"{self.url}{CONSENT_PATH}?{urlencode(parameters)}"

    def exchange(
        self, code: str, *, redirect_url: str | None = None, proof: Proof | None = None
    ) -> Granted:
        """Exchange a code for tokens: of a self client, or of a consent at `redirect_url`.

        Raises:
            AuthError: the code or the client is not accepted; `code` of the error names the reason.
            RefreshThrottled: too many codes or tokens were asked for.
            TransportError, MalformedReply: no usable answer came.
        """
        parameters = _Form(grant_type="authorization_code", **self._client(), code=code.strip())
        if redirect_url is not None:
            parameters["redirect_uri"] = redirect_url
        if proof is not None:
            parameters["code_verifier"] = proof.verifier
        return self._granted(TOKEN_PATH, self._post(TOKEN_PATH, parameters))

    def renew(self, refresh_token: str) -> Granted:
        """Get an access token of a refresh token, to see whether this server accepts it.

        Sessions renew their tokens by themselves. It is one of ten that ten minutes allow.

        Raises:
            RefreshRefused: the refresh token or the client is not accepted here.
            RefreshThrottled: too many tokens were asked for.
            TransportError, MalformedReply: no usable answer came.
        """
        parameters = _Form(grant_type="refresh_token", **self._client())
        answer = self._post(TOKEN_PATH, _Form(parameters, refresh_token=refresh_token))
        try:
            return self._granted(TOKEN_PATH, answer)
        except AuthError as error:
            if error.code is None:  # A throttle, which refuses nothing.
                raise
            raise refresh.refused(error.status, str(error.code), attempts=1) from None

    def ask_device(self, scopes: Iterable[str]) -> DeviceCodes:
        """Ask for the codes with which a user lets this machine in from another one.

        Raises:
            AuthError: the client is not accepted.
            TransportError, MalformedReply: no usable answer came.
        """
        path = DEVICE_CODE_PATH
        reply, body = self._post(
            path,
            {
                "grant_type": "device_request",
                "client_id": self._client_id,
                "scope": ",".join(scopes),
                "access_type": "offline",
                "prompt": "consent",
            },
        )
        names = ("device_code", "user_code", "verification_url")
        device, user, address = (_text(body.get(name)) for name in names)
        if device is None or user is None or address is None:
            raise _failure(path, reply, body)
        return DeviceCodes(
            device,
            user,
            address,
            _text(body.get("verification_uri_complete")),
            _seconds(body.get("interval"), _INTERVAL_SECONDS, most=_MOST_INTERVAL_SECONDS),
            _seconds(body.get("expires_in"), _DEVICE_SECONDS, most=_MOST_LIFE_SECONDS),
        )

    def await_device(self, codes: DeviceCodes) -> Granted:
        """Return the tokens once the user has let the device in; one call each time it asks.

        Raises:
            AuthError: the user refused, or the code is over.
            TransportError: the accounts server was not reached before the code was over.
        """
        path, server = DEVICE_TOKEN_PATH, self
        ends = self._clock.now() + codes.life_seconds
        every = codes.every_seconds
        failure: TransportError | None = None
        while self._clock.now() + every < ends:
            self._clock.sleep(every)
            parameters = _Form(self._client(), grant_type="device_token")
            try:
                answer = server._post(path, _Form(parameters, code=codes.device_code))
            except TransportError as error:
                failure = error  # The next poll may do better.
                continue
            error_name = answer[1].get("error")
            if error_name == "slow_down":
                every = max(every, _INTERVAL_SECONDS)
            elif error_name == "other_dc":
                server = self._of_user(str(answer[1].get("user_location")))
            elif error_name != "authorization_pending":
                return server._granted(path, answer)
        if failure is not None:
            raise failure
        raise _refusal("the user did not enter the code in time", path, code="expired")

    def revoke(self, token: str) -> bool:
        """End the life of a refresh token and of its access tokens; False if it had none.

        Raises:
            TransportError, MalformedReply: no usable answer came.
        """
        path = REVOKE_PATH
        reply, body = self._post(path, _Form(token=token))
        if body.get("status") == "success":
            return True
        if reply.status == 400 or body.get("error") == "invalid_code":
            return False
        raise _failure(path, reply, body)

    def locations(self) -> dict[str, str]:
        """Return the accounts servers by the codes of their data centres, as this one lists them.

        Raises:
            TransportError, MalformedReply: no usable answer came.
        """
        reply, body = self._send(Request("GET", self.url + SERVERS_PATH))
        found = body.get("locations")
        if not isinstance(found, Mapping):
            raise _failure(SERVERS_PATH, reply, body)
        return {str(code): url for code, url in found.items() if isinstance(url, str)}

    def of_user(self, url: str) -> AccountsServer:
        """Return the server that a redirect names as the user's; it is shown the secret.

        Raises:
            AuthError: it is neither this one, nor one of Zoho's, nor listed by this one.
        """
        url = url.rstrip("/")
        is_known = url in [known.accounts_url for known in regions.REGIONS]
        if url == self.url or is_known or url in self.locations().values():
            return self.at(url)
        raise AuthError(
            "the redirect names an accounts server that is none of Zoho's",
            advice="Nothing was sent there. Start again, and open the address from here",
        )

    def _of_user(self, location: str) -> AccountsServer:
        try:
            known = self.locations()
        except (TransportError, MalformedReply):
            known = {}
        return self.at(known.get(location) or regions.region(location).accounts_url)

    def _client(self) -> dict[str, str]:
        return {"client_id": self._client_id, "client_secret": self._client_secret}

    def _post(self, path: str, parameters: Mapping[str, str]) -> tuple[Reply, Mapping[str, object]]:
        # In the body, never in the URL, which servers and proxies write into their logs.
        request = Request("POST", self.url + path, (), _FORM, urlencode(parameters).encode())
        return self._send(request)

    def _send(self, request: Request) -> tuple[Reply, Mapping[str, object]]:
        """Send once; return the answer and the object that it says, empty if it says none."""
        try:
            reply = self._transport.send(request, self._timeout, fresh=True, total_seconds=None)
        except (NotSent, MaybeSent) as error:
            kind = Timeout if error.timed_out else Unreachable
            raise kind(
                f"the accounts server {urlsplit(self.url).netloc} did not answer",
                advice="Check the region and the network, and start again",
                method=request.method,
                path=urlsplit(request.url).path,
            ) from error
        try:
            body = wire.decode(reply.content)
        except (ValueError, ArithmeticError, RecursionError):
            body = None
        return reply, body if isinstance(body, Mapping) else {}

    def _granted(self, path: str, answer: tuple[Reply, Mapping[str, object]]) -> Granted:
        """Read tokens from an answer. The status tells nothing: refusals come with 200."""
        reply, body = answer
        value = _text(body.get("access_token"))
        if value is None:
            raise _failure(path, reply, body)
        ends = self._clock.time() + refresh.life_seconds(body.get("expires_in"))
        return Granted(
            Token(value, ends, _text(body.get("api_domain"))),
            _text(body.get("refresh_token")),
            tuple((_text(body.get("scope")) or "").replace(",", " ").split()),
            self.url,
        )


def _failure(path: str, reply: Reply, body: Mapping[str, object]) -> ZohoError:
    """Return what an answer says that holds nothing that was asked for."""
    error = _text(body.get("error"))
    if reply.status == 429 or error == "Access Denied":
        return refresh.throttled(reply.status, body, attempts=1)
    if error is None or reply.status >= 500 or error == "general_error":
        return MalformedReply(
            "the accounts server gave no answer that can be read",
            advice="Check the region, and start again later",
            method="POST",
            path=path,
            status=reply.status,
        )
    what = "the accounts server refuses the code or the client"
    if error == "access_denied":
        what = "the user refused consent"
    return _refusal(what, path, code=error, status=reply.status)


def _refusal(what: str, path: str, *, code: str, status: int | None = None) -> AuthError:
    advice = _ADVICE.get(code, "Check client id, client secret, scopes and region")
    return AuthError(what, advice=advice, method="POST", path=path, status=status, code=code)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: object, default: float, *, most: float) -> float:
    """Return a span of a device's answer in seconds; what is above `most` are milliseconds."""
    try:
        found = float(str(value))
    except ValueError:
        return default
    if not 0 < found < float("inf"):
        return default
    return found / 1000 if found > most else found
