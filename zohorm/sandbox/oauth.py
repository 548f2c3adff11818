"""The accounts server: client, refresh token, access tokens, and the answers of the token endpoint.

Refused grants answer status 200 with an error body, as seen by clients. Source of the rest: Books
v3, OAuth.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, TypedDict

import attrs

from zohorm.sandbox import consent
from zohorm.sandbox.consent import Consent
from zohorm.sandbox.devices import LIFE_SECONDS as DEVICE_SECONDS
from zohorm.sandbox.devices import PAGE_PATH, Devices, LetIn
from zohorm.sandbox.reply import Reply, envelope
from zohorm.sandbox.switches import Switches

LIFE_SECONDS = 3600
REFRESHES = 10
LEAST_LIVE = 15
MOST_REFRESH_TOKENS = 20
WINDOW_SECONDS = 600

_THROTTLED = {
    "error_description": (
        "You have made too many requests continuously. Please try again after some time."
    ),
    "error": "Access Denied",
    "status": "failure",
}


class Credentials(TypedDict):
    """What a session needs to reach the sandbox."""

    organization_id: str
    api_url: str
    accounts_url: str
    client_id: str
    client_secret: str
    refresh_token: str


@attrs.frozen
class GrantState:
    """A consent as it may be shown: without its tokens."""

    scopes: tuple[str, ...]
    is_lasting: bool
    seconds_left: tuple[float, ...]
    """How long each of its access tokens still lives, the oldest first."""
    refreshes: int
    """How many there were in the window that is counted."""


@attrs.define
class _Grant:
    """One consent: what it allows and the access tokens made from it, oldest first."""

    scopes: tuple[str, ...]
    is_lasting: bool = True
    """Whether its owner has the refresh token, or only one access token."""
    tokens: dict[str, float] = attrs.Factory(dict)
    refreshed: deque[float] = attrs.Factory(deque)


def _token() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


class Accounts:
    """Hands out access tokens and says which of them live. Times are seconds of the clock."""

    def __init__(self, switches: Switches, *, scope: str) -> None:
        self.client_id = f"1000.{secrets.token_hex(15).upper()}"
        self.client_secret = secrets.token_hex(21)
        self.refresh_token = _token()
        self._switches = switches
        self._scopes = consent.scopes_of(scope)
        self._codes = consent.Codes()
        self.devices = Devices()
        self._has_consent = False
        # Guards the tokens; held for a few instructions.
        self._lock = threading.Lock()
        self._grants = {self.refresh_token: _Grant(self._scopes)}

    def reset(self) -> None:
        """Kill every token and code but keep the client and its refresh token."""
        with self._lock:
            self._grants = {self.refresh_token: _Grant(self._scopes)}
            self._has_consent = False
        self._codes.clear()
        self.devices.clear()

    def state(self) -> dict[str, object]:
        """Return the client and every grant, for a sandbox that is to go on with them."""
        with self._lock:
            grants = {
                key: {
                    "scopes": grant.scopes,
                    "is_lasting": grant.is_lasting,
                    "tokens": grant.tokens,
                    "refreshed": list(grant.refreshed),
                }
                for key, grant in self._grants.items()
            }
            return {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "refresh_token": self.refresh_token,
                "has_consent": self._has_consent,
                "grants": grants,
            }

    def overview(self, *, now: float) -> list[GrantState]:
        """Return the state of every consent, the oldest first."""
        with self._lock:
            return [
                GrantState(
                    scopes=grant.scopes,
                    is_lasting=grant.is_lasting,
                    seconds_left=tuple(end - now for end in grant.tokens.values() if end > now),
                    refreshes=sum(moment > now - WINDOW_SECONDS for moment in grant.refreshed),
                )
                for grant in self._grants.values()
            ]

    def take_over(self, state: Mapping[str, Any]) -> None:
        """Go on with the client and the grants of an earlier sandbox."""
        with self._lock:
            self.client_id = state["client_id"]
            self.client_secret = state["client_secret"]
            self.refresh_token = state["refresh_token"]
            self._has_consent = state["has_consent"]
            self._grants = {
                key: _Grant(
                    tuple(each["scopes"]),
                    is_lasting=each["is_lasting"],
                    tokens=dict(each["tokens"]),
                    refreshed=deque(each["refreshed"]),
                )
                for key, each in state["grants"].items()
            }

    def answer(self, parameters: Mapping[str, str], *, now: float, api_domain: str) -> Reply:
        """Answer a call to the token endpoint."""
        error = self._client_error(parameters)
        if error is not None:
            return self._refused(error)
        grants = {
            "refresh_token": self._refreshed,
            "authorization_code": self._exchanged,
            "client_credentials": self._trusted,
        }
        grant = grants.get(parameters.get("grant_type", ""))
        if grant is None:
            return self._refused("unsupported_grant_type")
        return grant(parameters, now, api_domain)

    def consent(self, parameters: Mapping[str, str], *, now: float, url: str, sent: bool) -> Reply:
        """Answer a browser: show the page that asks, or, `sent` back by its form, go on.

        Who has consented once is asked again with `prompt=consent` alone.
        """
        wrong = consent.mistake(parameters, client_id=self.client_id)
        if wrong is not None:
            return consent.refusal(wrong)
        is_asked = parameters.get("prompt") == "consent" or not self._has_consent
        if is_asked and not sent:
            return consent.page({n: v for n, v in parameters.items() if n != "consent"})
        kept = {"state": parameters["state"]} if "state" in parameters else {}
        if is_asked and parameters.get("consent") != "accept":
            return consent.back(parameters["redirect_uri"], {"error": "access_denied", **kept})
        self._has_consent = True
        given = consent.Consent(
            scopes=consent.scopes_of(parameters["scope"]),
            ends=now + consent.CODE_SECONDS,
            redirect_uri=parameters["redirect_uri"],
            is_lasting=is_asked and parameters.get("access_type") == "offline",
            challenge=parameters.get("code_challenge"),
            is_hashed=parameters.get("code_challenge_method") == "S256",
        )
        code = self._codes.make(given, now=now)
        if code is None:
            return consent.refusal(_THROTTLED["error_description"])
        found = {"code": code, "location": "us", "accounts-server": url}
        return consent.back(parameters["redirect_uri"], {**kept, **found})

    def code(self, scope: str, *, now: float, seconds: float) -> str:
        """Return a code for a self client, as the console makes it.

        Raises:
            ValueError: there were ten codes in the last ten minutes.
        """
        given = consent.Consent(scopes=consent.scopes_of(scope), ends=now + seconds)
        made = self._codes.make(given, now=now)
        if made is None:
            raise ValueError("ten codes were made in the last ten minutes; move the clock")
        return made

    def _refreshed(self, parameters: Mapping[str, str], now: float, api_domain: str) -> Reply:
        with self._lock:
            grant = self._grants.get(parameters.get("refresh_token", ""))
            if grant is None or not grant.is_lasting:
                return self._refused("invalid_code")
            if not _counted(grant, now):
                return envelope(_THROTTLED, status=self._switches.refresh_throttle_status)
            body = self._body(self._issue(grant, now), grant, api_domain)
        if not self._switches.refresh_api_domain:
            del body["api_domain"]
        return envelope(body)

    def _exchanged(self, parameters: Mapping[str, str], now: float, api_domain: str) -> Reply:
        given = self._codes.take(parameters.get("code", ""), now=now)
        if given is None:
            return self._refused("invalid_code")
        if given.redirect_uri not in (None, parameters.get("redirect_uri")):
            return self._refused("invalid_redirect_uri")
        if not given.is_proved_by(parameters.get("code_verifier", "")):
            return self._refused("invalid_code")
        return self._consented(given, now, api_domain)

    def _consented(self, given: Consent | LetIn, now: float, api_domain: str) -> Reply:
        with self._lock:
            key, grant = self._granted(given.scopes, is_lasting=given.is_lasting)
            body = self._body(self._issue(grant, now), grant, api_domain)
        return envelope({**body, "refresh_token": key} if given.is_lasting else body)

    def device_codes(self, parameters: Mapping[str, str], *, now: float, url: str) -> Reply:
        """Answer a device that asks to be let in. Times are milliseconds there."""
        if parameters.get("client_id") != self.client_id:
            return self._refused("invalid_client")
        if parameters.get("grant_type") != "device_request":
            return self._refused("unsupported_grant_type")
        if not consent.scopes_of(parameters.get("scope", "")):
            return self._refused("invalid_scope")
        started = self.devices.start(parameters, now=now)
        page = f"{url}{PAGE_PATH}"
        return envelope(
            {
                "user_code": started.user_code,
                "device_code": started.device_code,
                "interval": self._switches.device_interval,
                "verification_url": page,
                "verification_uri_complete": f"{page}?user_code={started.user_code}",
                "expires_in": DEVICE_SECONDS * 1000,
            }
        )

    def device_token(self, parameters: Mapping[str, str], *, now: float, api_domain: str) -> Reply:
        """Answer a device that asks whether its user has let it in."""
        error = self._client_error(parameters)
        if error is None and parameters.get("grant_type") != "device_token":
            error = "unsupported_grant_type"
        if error is not None:
            return self._refused(error)
        every = self._switches.device_interval / 1000
        found = self.devices.poll(parameters.get("code", ""), now=now, every=every)
        if not isinstance(found, LetIn):
            return self._refused(found)
        return self._consented(found, now, api_domain)

    def _trusted(self, parameters: Mapping[str, str], now: float, api_domain: str) -> Reply:
        """Answer a client that acts for itself. Source: accounts, client credentials flow."""
        scopes = consent.scopes_of(parameters.get("scope", ""))
        if not scopes:
            return self._refused("invalid_scope")
        if not parameters.get("soid"):
            return self._refused("missing_org_info")
        with self._lock:
            _, grant = self._granted(scopes, is_lasting=False)
            return envelope(self._body(self._issue(grant, now), grant, api_domain))

    def _granted(self, scopes: tuple[str, ...], *, is_lasting: bool) -> tuple[str, _Grant]:
        """Make a grant; the 21st refresh token of the user takes the place of the first."""
        key, grant = _token(), _Grant(scopes, is_lasting=is_lasting)
        self._grants[key] = grant
        lasting = [key for key, each in self._grants.items() if each.is_lasting]
        for old in lasting[: max(0, len(lasting) - MOST_REFRESH_TOKENS)]:
            del self._grants[old]
        return key, grant

    def _body(self, token: str, grant: _Grant, api_domain: str) -> dict[str, object]:
        milliseconds = self._switches.expires_in == "milliseconds"
        return {
            "access_token": token,
            "scope": " ".join(grant.scopes),
            "api_domain": api_domain,
            "token_type": "Bearer",
            "expires_in": LIFE_SECONDS * (1000 if milliseconds else 1),
        }

    def revoke(self, token: str) -> Reply:
        """Answer a call to the revoke endpoint; a refresh token takes its access tokens along."""
        with self._lock:
            known = self._grants.pop(token, None) is not None
            for grant in self._grants.values():
                known = grant.tokens.pop(token, None) is not None or known
        return envelope({"status": "success"}) if known else self._refused("invalid_code", 400)

    def scopes_of(self, token: str, *, now: float) -> tuple[str, ...] | None:
        """Return the scopes of a live token; None for a dead or unknown one."""
        with self._lock:
            for grant in self._grants.values():
                if grant.tokens.get(token, 0) > now:
                    return grant.scopes
        return None

    def kill(self, token: str) -> None:
        """End the life of one access token."""
        with self._lock:
            for grant in self._grants.values():
                grant.tokens.pop(token, None)

    def kill_all(self) -> None:
        """End the life of every access token."""
        with self._lock:
            for grant in self._grants.values():
                grant.tokens.clear()

    def issue(self, *, now: float) -> str:
        """Return a new access token without a call to the endpoint, not counted as a refresh."""
        with self._lock:
            grant = self._grants.get(self.refresh_token)
            if grant is None:
                # Revoked, or pushed out by twenty others; tests still need a way in.
                _, grant = self._granted(self._scopes, is_lasting=False)
            return self._issue(grant, now)

    def _issue(self, grant: _Grant, now: float) -> str:
        grant.tokens = {token: end for token, end in grant.tokens.items() if end > now}
        while len(grant.tokens) >= LEAST_LIVE and len(grant.tokens) >= self._switches.live_tokens:
            del grant.tokens[next(iter(grant.tokens))]
        token = _token()
        grant.tokens[token] = now + LIFE_SECONDS
        return token

    def _client_error(self, parameters: Mapping[str, str]) -> str | None:
        if parameters.get("client_id") != self.client_id:
            return "invalid_client"
        if parameters.get("client_secret") != self.client_secret:
            return "invalid_client_secret"
        return None

    def _refused(self, error: str, status: int | None = None) -> Reply:
        return envelope({"error": error}, status=status or self._switches.oauth_error_status)


def _counted(grant: _Grant, now: float) -> bool:
    """Count a refresh; false if it is the eleventh in ten minutes."""
    while grant.refreshed and grant.refreshed[0] <= now - WINDOW_SECONDS:
        grant.refreshed.popleft()
    if len(grant.refreshed) >= REFRESHES:
        return False
    grant.refreshed.append(now)
    return True


def allows(scopes: tuple[str, ...], needed: str, *, prefix: str) -> bool:
    """Tell whether scopes cover one: the scope itself, `ALL` of its module, or full access.

    A call whose scope nobody documents is open to every token of its product, `prefix`.
    """
    if "all" in scopes:
        return True
    if not needed:
        return any(scope.startswith(f"{prefix}.") for scope in scopes)
    prefix, _, rest = needed.partition(".")
    module = rest.partition(".")[0]
    return not {needed, f"{prefix}.{module}.ALL", f"{prefix}.fullaccess.all"}.isdisjoint(scopes)
