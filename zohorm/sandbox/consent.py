"""Consent of a user: the page that asks for it, and the codes that stand for it.

A code is exchanged once for tokens. Source: Books v3, OAuth; the limits are those of Zoho CRM's
page on the validity of tokens.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import threading
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import attrs

from zohorm.sandbox.reply import Reply

CODE_SECONDS = 60
MOST_CODES = 10
WINDOW_SECONDS = 600
_HTML = "text/html;charset=UTF-8"
_MISTAKES = {
    "client_id": "Invalid Client Id",
    "redirect_uri": "Invalid Redirect Uri",
    "response_type": "Invalid Response Type",
    "scope": "Invalid OAuth Scope",
}


@attrs.frozen
class Consent:
    """What a code stands for."""

    scopes: tuple[str, ...]
    ends: float
    redirect_uri: str | None = None
    """Where the code was sent to; None for a self client, which has no such address."""
    is_lasting: bool = True
    """Whether a refresh token comes with the first access token."""
    challenge: str | None = None
    """What the verifier that comes with the code must lead to; None if the client sent none."""
    is_hashed: bool = False
    """Whether the challenge is the verifier's digest, and not the verifier itself."""

    def is_proved_by(self, verifier: str) -> bool:
        """Tell whether who brings the code is who asked for it. Source: accounts, mobile and
        desktop apps, PKCE.
        """
        if self.challenge is None:
            return True
        digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
        hashed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self.challenge == (hashed if self.is_hashed else verifier)


class Codes:
    """The codes that wait to be exchanged. Times are seconds of the clock."""

    def __init__(self) -> None:
        # Guards the codes; held for a few instructions.
        self._lock = threading.Lock()
        self._codes: dict[str, Consent] = {}
        self._made: deque[float] = deque()

    def make(self, consent: Consent, *, now: float) -> str | None:
        """Return a new code; None if it is one too many in ten minutes."""
        with self._lock:
            while self._made and self._made[0] <= now - WINDOW_SECONDS:
                self._made.popleft()
            if len(self._made) >= MOST_CODES:
                return None
            self._made.append(now)
            code = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
            self._codes[code] = consent
            return code

    def take(self, code: str, *, now: float) -> Consent | None:
        """Return what a code stands for, and forget it; None for a used, old or unknown one."""
        with self._lock:
            consent = self._codes.pop(code, None)
        return consent if consent is not None and consent.ends > now else None

    def clear(self) -> None:
        """Forget every code."""
        with self._lock:
            self._codes.clear()
            self._made.clear()


def scopes_of(text: str) -> tuple[str, ...]:
    """Return the scopes of a text that separates them by commas or blanks."""
    return tuple(text.replace(",", " ").split())


def mistake(parameters: Mapping[str, str], *, client_id: str) -> str | None:
    """Return what is wrong with the address of a consent page; None if nothing is."""
    wrong = {
        "client_id": parameters.get("client_id") != client_id,
        "redirect_uri": not _is_address(parameters.get("redirect_uri", "")),
        "response_type": parameters.get("response_type") != "code",
        "scope": not scopes_of(parameters.get("scope", "")),
    }
    return next((_MISTAKES[name] for name, is_wrong in wrong.items() if is_wrong), None)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isascii()


def refusal(text: str) -> Reply:
    """Return the page that says what is wrong; nobody is sent back to the client."""
    return html_page("Error", f"<p>{html.escape(text)}</p>", status=400)


def page(parameters: Mapping[str, str]) -> Reply:
    """Return the page on which a user accepts or rejects what a client asks for."""
    scopes = scopes_of(parameters.get("scope", ""))
    return html_page("Consent", question(scopes, parameters, action="/oauth/v2/auth"))


def question(scopes: tuple[str, ...], kept: Mapping[str, str], *, action: str) -> str:
    """Return the form that asks whether scopes are given; it sends `kept` back to `action`."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in kept.items()
    )
    listed = "".join(f"<li>{html.escape(each)}</li>" for each in scopes)
    return (
        f"<p>The client asks for</p><ul>{listed}</ul>"
        f'<form method="post" action="{action}">{hidden}'
        '<button name="consent" value="accept">Accept</button> '
        '<button name="consent" value="reject">Reject</button></form>'
    )


def back(redirect_uri: str, answer: Mapping[str, str]) -> Reply:
    """Return the answer that sends the browser back to the client."""
    joint = "&" if urlsplit(redirect_uri).query else "?"
    safe = redirect_uri.translate({ord(character): None for character in "\r\n"})
    return Reply(302, b"", {"Location": f"{safe}{joint}{urlencode(answer)}"}, _HTML)


def html_page(title: str, body: str, *, status: int = 200) -> Reply:
    """Return a page of the accounts server."""
    head = f"<!doctype html><html lang=en><head><title>{title}</title></head>"
    text = f"{head}<body><h1>{title}</h1>{body}</body></html>"
    return Reply(status, text.encode(), content_type=_HTML)
