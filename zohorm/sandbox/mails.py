"""E-mail that the service would have sent: recorded in `sandbox.mails`, never sent."""

from __future__ import annotations

import threading

import attrs


@attrs.frozen
class Mail:
    """One e-mail: what was asked for, by which operation, about which record."""

    organization_id: str
    resource: str
    record_id: str
    operation: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str


class Outbox:
    """The mails so far, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: list[Mail] = []

    def add(self, mail: Mail) -> None:
        """Record a mail."""
        with self._lock:
            self._mails.append(mail)

    def all(self) -> list[Mail]:
        """Return the mails so far."""
        with self._lock:
            return list(self._mails)

    def clear(self) -> None:
        """Forget every mail."""
        with self._lock:
            self._mails.clear()
