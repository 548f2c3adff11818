"""E-mail that the service would have sent: recorded in `sandbox.mails`, never sent."""

from __future__ import annotations

import threading
from collections import deque

import attrs

MAIL_ENDS = ("email", "paymentreminder")
"""The last steps of the paths of actions that mail."""


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
    """The mails so far, oldest first; the last `most`, or all of them."""

    def __init__(self, most: int | None = None) -> None:
        self._lock = threading.Lock()
        self._mails: deque[Mail] = deque(maxlen=most)

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
