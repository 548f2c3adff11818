"""The calls that arrived, for tests to look at: `sandbox.calls` and `sandbox.token_calls`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping

import attrs

from zohorm.sandbox.exact import Json

TOKEN_APART = "<token apart>"
TOKENS = frozenset({"access_token", "authtoken"})
SECRETS = frozenset(
    {"client_secret", "refresh_token", "code", "code_verifier", "token", "access_token"}
)


@attrs.frozen
class SentFile:
    """One file of a multipart call."""

    member: str
    """The name of the form field: `attachment`."""
    name: str
    content_type: str
    content: bytes = attrs.field(repr=False)


@attrs.define
class Call:
    """One HTTP call as it arrived; tokens and secrets are taken out."""

    method: str
    path: str
    """The path below the product root: `/invoices/1`."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names as sent; the token is replaced by a mark."""
    body: Json
    """What the JSON body says; None for an empty or broken body; the pairs of a form."""
    organization_id: str | None
    """The organization that the call names, in its query or a header."""
    url_path: str
    """The whole path: `/books/v3/invoices/1`."""
    product: str = ""
    """The product that the path belongs to: `books`; empty if none."""
    files: tuple[SentFile, ...] = ()
    """The files of a multipart call, in their order."""
    status: int | None = None
    """The status answered; None while the call runs, or when it got no answer."""


def without_token(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers in which the scheme of `Authorization` is left but not its token."""
    kept = dict(headers)
    for name in kept:
        if name.lower() == "authorization":
            kept[name] = f"{kept[name].split(' ')[0]} {TOKEN_APART}"
    return kept


def without_secrets(pairs: Mapping[str, str], secrets: frozenset[str] = SECRETS) -> dict[str, str]:
    """Return the pairs of a call, of a token call by default, with secrets replaced by a mark."""
    return {name: TOKEN_APART if name in secrets else value for name, value in pairs.items()}


class CallLog:
    """Calls in the order of their arrival; the last `most`, or all of them."""

    def __init__(self, most: int | None = None) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=most)
        self._added = 0

    def add(self, call: Call) -> None:
        """Remember one call."""
        with self._lock:
            self._calls.append(call)
            self._added += 1

    def all(self) -> list[Call]:
        """Return the calls so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def numbered(self) -> list[tuple[int, Call]]:
        """Return them with their numbers: the first that arrived is 1, remembered or not."""
        with self._lock:
            return list(enumerate(self._calls, self._added - len(self._calls) + 1))

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._calls.clear()
