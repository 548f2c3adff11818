"""The accounts server: client, refresh token, access tokens, and the answers of the token endpoint.

Refused grants answer status 200 with an error body, as seen by clients. Source of the rest: Books
v3, OAuth.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Mapping

import attrs

from zohorm.sandbox.reply import Reply, envelope
from zohorm.sandbox.switches import Switches

LIFE_SECONDS = 3600
REFRESHES = 10
WINDOW_SECONDS = 600

_THROTTLED = {
    "error_description": (
        "You have made too many requests continuously. Please try again after some time."
    ),
    "error": "Access Denied",
    "status": "failure",
}


@attrs.define
class _Grant:
    """One refresh token: what it may do and the access tokens made from it, oldest first."""

    scopes: tuple[str, ...]
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
        self._scopes = tuple(scope.replace(",", " ").split())
        # Guards the tokens; held for a few instructions.
        self._lock = threading.Lock()
        self._grants = {self.refresh_token: _Grant(self._scopes)}

    def reset(self) -> None:
        """Kill every token but keep the client and its refresh token."""
        with self._lock:
            self._grants = {self.refresh_token: _Grant(self._scopes)}

    def answer(self, parameters: Mapping[str, str], *, now: float, api_domain: str) -> Reply:
        """Answer a call to the token endpoint."""
        error = self._client_error(parameters)
        if error is not None:
            return self._refused(error)
        if parameters.get("grant_type") != "refresh_token":
            return self._refused("unsupported_grant_type")
        with self._lock:
            grant = self._grants.get(parameters.get("refresh_token", ""))
            if grant is None:
                return self._refused("invalid_code")
            if not _counted(grant, now):
                return envelope(_THROTTLED, status=self._switches.refresh_throttle_status)
            token = self._issue(grant, now)
        milliseconds = self._switches.expires_in == "milliseconds"
        body: dict[str, object] = {
            "access_token": token,
            "scope": " ".join(grant.scopes),
            "api_domain": api_domain,
            "token_type": "Bearer",
            "expires_in": LIFE_SECONDS * (1000 if milliseconds else 1),
        }
        if not self._switches.refresh_api_domain:
            del body["api_domain"]
        return envelope(body)

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
            return self._issue(self._grants[self.refresh_token], now)

    def _issue(self, grant: _Grant, now: float) -> str:
        grant.tokens = {token: end for token, end in grant.tokens.items() if end > now}
        while len(grant.tokens) >= self._switches.live_tokens:
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
