"""Devices without a browser: their codes, and the page on which a user lets them in.

A device asks for two codes, shows the short one to its user, and polls with the long one until the
user has entered the short one in a browser somewhere else. Source: accounts, non-browser
applications: initiation request, polling request.
"""

from __future__ import annotations

import html
import secrets
import threading
from collections.abc import Mapping
from typing import Literal

import attrs

from zohorm.sandbox import consent
from zohorm.sandbox.reply import Reply

LIFE_SECONDS = 300
PAGE_PATH = "/oauth/v3/device"
# Without those that look like others.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"

Poll = Literal["authorization_pending", "slow_down", "access_denied", "expired", "invalid_code"]


@attrs.define
class _Device:
    """One device that waits to be let in. Times are seconds of the clock."""

    user_code: str
    scopes: tuple[str, ...]
    is_lasting: bool
    ends: float
    is_allowed: bool | None = None
    """What the user answered; None before."""
    polled: float | None = None


@attrs.frozen
class Started:
    """What a device is told when it asks for codes."""

    device_code: str = attrs.field(repr=False)
    user_code: str = attrs.field(repr=False)


@attrs.frozen
class LetIn:
    """What the user has allowed to a device."""

    scopes: tuple[str, ...]
    is_lasting: bool


class Devices:
    """The devices that wait."""

    def __init__(self) -> None:
        # Guards the devices; held for a few instructions.
        self._lock = threading.Lock()
        self._devices: dict[str, _Device] = {}

    def start(self, parameters: Mapping[str, str], *, now: float) -> Started:
        """Remember a device that asks to be let in, and return its codes."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
        device = _Device(
            user_code=f"{letters[:4]}-{letters[4:]}",
            scopes=consent.scopes_of(parameters.get("scope", "")),
            is_lasting=parameters.get("access_type") == "offline",
            ends=now + LIFE_SECONDS,
        )
        code = f"1004.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        with self._lock:
            self._devices[code] = device
        return Started(code, device.user_code)

    def poll(self, code: str, *, now: float, every: float) -> LetIn | Poll:
        """Return what a device may do, once; or why it may not, or not yet.

        `every` is how many seconds must lie between two polls.
        """
        with self._lock:
            device = self._devices.get(code)
            if device is None:
                return "invalid_code"
            is_early = device.polled is not None and now < device.polled + every
            device.polled = now
            if device.is_allowed is None and device.ends <= now:
                del self._devices[code]
                return "expired"
            if is_early:
                return "slow_down"
            if device.is_allowed is None:
                return "authorization_pending"
            del self._devices[code]
            if not device.is_allowed:
                return "access_denied"
            return LetIn(device.scopes, device.is_lasting)

    def clear(self) -> None:
        """Forget every device."""
        with self._lock:
            self._devices.clear()

    def answer(self, parameters: Mapping[str, str], *, now: float, sent: bool) -> Reply:
        """Answer a browser: ask for the code of a device, then whether it may in.

        `sent` says that a form of these pages comes back, and not an address that was typed.
        """
        typed = parameters.get("user_code", "")
        if not sent:
            return _page_for_code(typed)
        with self._lock:
            device = self._waiting(typed, now)
            if device is None:
                return _page_for_code(typed, error="No device waits with this code.")
            said = parameters.get("consent")
            if said is not None:
                device.is_allowed = said == "accept"
        if said is None:
            return _page_for_consent(device)
        done = "The device may go on." if said == "accept" else "The device was refused."
        return _page(f"<p>{done} You may close this page.</p>")

    def _waiting(self, typed: str, now: float) -> _Device | None:
        wanted = typed.strip().upper()
        for device in self._devices.values():
            if device.user_code == wanted and device.is_allowed is None and device.ends > now:
                return device
        return None


def _page_for_code(typed: str, *, error: str = "") -> Reply:
    said = f"<p>{html.escape(error)}</p>" if error else ""
    return _page(
        f'{said}<form method="post" action="{PAGE_PATH}"><label>The code that your device shows '
        f'<input name="user_code" value="{html.escape(typed)}"></label> '
        "<button>Verify</button></form>",
        status=400 if error else 200,
    )


def _page_for_consent(device: _Device) -> Reply:
    return _page(consent.question(device.scopes, {"user_code": device.user_code}, action=PAGE_PATH))


def _page(body: str, *, status: int = 200) -> Reply:
    return consent.html_page("Device", body, status=status)
