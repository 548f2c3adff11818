"""Faults that a test asks for: `sandbox.next(status=429, code=44, times=2)`.

The application takes the fault of a call before it does anything else, and asks it at each step.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase

import attrs

from zohorm.sandbox import exact
from zohorm.sandbox.reply import JSON_TYPE, Reply, page_of_html

FAULTS = {
    # What happens to the connection.
    "drop-before-commit": "the connection closes before anything is done",
    "drop-after-commit": "the call is carried out, then the connection closes",
    "hang": "no answer until `release()`; then the call is carried out",
    "hang-after-commit": "the call is carried out; no answer until `release()`",
    "slow": "the call waits `seconds` (real ones) and is carried out",
    "drip": "the call is carried out; the answer comes in drops, over `seconds` (real ones)",
    "cut": "the call is carried out; the connection closes in the middle of the answer",
    # What the answer looks like.
    "truncate": "the call is carried out; the JSON of the answer ends in the middle",
    "oversize": "the call is carried out; the answer is padded to `size` bytes",
    "html": "a gateway's page with status 502, or the given one; nothing is carried out",
    "redirect": "status 302 to another address; nothing is carried out",
    "missing-key": "the call is carried out; the answer lacks the member with the record or rows",
    # What the service does.
    "expire-token": "the token of the call is dead from now on",
    "duplicate-row": "a list page repeats a row of the page before, or its own last one",
    "shift-rows": "somebody creates a record just before the list page is made",
    "ignore-filters": "the list is made as if it had no filters",
    "ignore-write": "an update answers the record as it was",
}

_MESSAGES = {
    43: "The maximum number of requests has been exceeded.",
    44: (
        "For security reasons your organization has been blocked as it have exceeded the maximum "
        "number of requests per minute that can originate from an organization."
    ),
    45: "The API call for this organization has exceeded the maximum call rate limit of 1,000.",
    57: "You are not authorized to perform this operation",
    1000: "Internal error",
    1070: (
        "You have reached the maximum number of in process requests allowed. "
        "Kindly try again after some time."
    ),
}

_CODES_OF_STATUS = {401: 57, 404: 5, 405: 37, 429: 44, 500: 1000}
# What shapes an answer, which a fault may take as well, and what else faults take.
_SHAPING = ("status", "code", "message", "body", "headers", "retry_after")
_TAKEN: Mapping[str | None, tuple[str, ...]] = {
    None: _SHAPING,
    "html": ("status", "headers", "retry_after"),
    "redirect": ("status", "headers", "retry_after"),
    "slow": ("seconds",),
    "drip": ("seconds",),
    "oversize": ("size",),
}
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_GATEWAY = {502: "502 Bad Gateway", 503: "503 Service Unavailable", 504: "504 Gateway Time-out"}


@attrs.define
class Fault:
    """What the next calls that match meet."""

    name: str | None
    status: int | None
    code: int | str | None
    message: str | None
    body: object
    headers: Mapping[str, str]
    retry_after: int | str | None
    path: str | None
    method: str | None
    seconds: float | None
    size: int | None
    after: int
    times: int

    @property
    def wait_seconds(self) -> float:
        """How long `slow` and `drip` take."""
        return 0.2 if self.seconds is None else self.seconds

    @property
    def answer_size(self) -> int:
        """How many bytes the answer of `oversize` has at least."""
        return 100_000_000 if self.size is None else self.size

    def matches(self, method: str, paths: tuple[str, ...]) -> bool:
        """Tell whether a call is one of those meant. Paths are the whole one and the one below the
        product root; those of the accounts server must be named to be meant.
        """
        if self.method is not None and self.method.upper() != method:
            return False
        if self.path is None:
            return not paths[0].startswith("/oauth/")
        return any(fnmatchcase(path, self.path) for path in paths)

    def answer(self, url: str) -> Reply | None:
        """Return the answer given in place of the service's; None if the call is carried out."""
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.name == "redirect":
            headers.setdefault("Location", f"{url}/moved")
            return Reply(self.status or 302, b"", headers)
        status = self.status or (502 if self.name == "html" else None)
        said = (self.body, self.code, self.message)
        if self.name == "html" or (status in _GATEWAY and all(each is None for each in said)):
            page = page_of_html(status or 502, _GATEWAY.get(status or 502, "Error"))
            return attrs.evolve(page, headers=headers)
        if self.name is not None:
            return None
        return self._made_up(headers)

    def _made_up(self, headers: dict[str, str]) -> Reply:
        if isinstance(self.body, bytes):
            content = self.body
        elif isinstance(self.body, str):
            content = self.body.encode()
        elif self.body is not None:
            content = exact.write(self.body).encode()
        else:
            content = exact.write({"code": self._code(), "message": self._message()}).encode()
        content_type = headers.pop("Content-Type", JSON_TYPE)
        return Reply(self._status(), content, headers, content_type)

    def _status(self) -> int:
        if self.status is not None:
            return self.status
        if self.code is None or self.code in (0, "0"):
            return 200
        return 429 if self.code in (43, 44, 45, 1070) else 401 if self.code == 57 else 400

    def _code(self) -> int | str:
        if self.code is not None:
            return self.code
        status = self._status()
        return 0 if status < 300 else _CODES_OF_STATUS.get(status, 2 if status < 500 else 1000)

    def _message(self) -> str:
        if self.message is not None:
            return self.message
        code = self._code()
        return _MESSAGES.get(code, "Invalid value passed") if isinstance(code, int) else str(code)


class Faults:
    """The faults still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Ask for a fault.

        Raises:
            ValueError: nothing is to happen, no fault has this name or takes what is given, no call
                can be meant, or a number makes no sense.
        """
        _check_meant(fault)
        _check_given(fault)
        if fault.status is not None and not 200 <= fault.status <= 599:
            raise ValueError("a status is from 200 to 599")
        if not all(
            map(_is_line, (*fault.headers, *fault.headers.values(), fault.retry_after or ""))
        ):
            raise ValueError("a header is text of one line, in Latin-1")
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, paths: tuple[str, ...]) -> Fault | None:
        """Return the fault that this call meets, and count it."""
        found: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, paths):
                    continue
                if fault.after:
                    fault.after -= 1
                elif found is None:
                    fault.times -= 1
                    found = fault
            self._faults = [fault for fault in self._faults if fault.times]
        return found

    def waiting(self) -> int:
        """Return how many calls are still to meet a fault."""
        with self._lock:
            return sum(fault.times for fault in self._faults)

    def clear(self) -> None:
        """Drop the faults still to come."""
        with self._lock:
            self._faults.clear()


def _check_meant(fault: Fault) -> None:
    """Check that there can be calls that are meant."""
    if fault.times < 1 or fault.after < 0:
        raise ValueError("times is 1 or more, after is 0 or more")
    if fault.method is not None and fault.method.upper() not in _METHODS:
        there = ", ".join(_METHODS)
        raise ValueError(f"no call has the method {fault.method!r}; there are {there}")
    if fault.path is not None and not fault.path.startswith(("/", "*")):
        raise ValueError(f"no call has the path {fault.path!r}; it begins with / or *")


def _check_given(fault: Fault) -> None:
    """Check that what is given has a say in what happens."""
    if fault.name is not None and fault.name not in FAULTS:
        raise ValueError(f"no fault is called {fault.name!r}; there are {', '.join(FAULTS)}")
    names = (*_SHAPING, "seconds", "size")
    given = [name for name in names if getattr(fault, name) is not None]
    if not fault.headers:
        given.remove("headers")
    taken = _TAKEN.get(fault.name, ())
    if fault.name is None and not set(given) & set(taken):
        raise ValueError(
            "next takes a fault, or an answer: status, code, message, body, headers or "
            f"retry_after; the faults are {', '.join(FAULTS)}"
        )
    for name in given:
        if name not in taken:
            what = "an answer" if fault.name is None else fault.name
            raise ValueError(f"{what} takes no {name}; it takes {', '.join(taken) or 'none'}")
    if fault.body is not None and fault.message is not None:
        raise ValueError("a body is the whole answer; there is no place for a message beside it")


def _is_line(value: object) -> bool:
    """Tell whether a value can stand in the head of an answer."""
    if isinstance(value, int):
        return True
    if not isinstance(value, str) or not value.isprintable():
        return False
    return all(ord(letter) < 256 for letter in value)


def without_key(content: bytes) -> bytes:
    """Return a JSON object with only the members that every answer has."""
    body = exact.load(content.decode())
    kept = {name: body[name] for name in ("code", "message", "page_context") if name in body}
    return exact.write(kept).encode()


def padded(content: bytes, size: int) -> bytes:
    """Return a JSON object with one member more, or a file with more bytes: `size` at least."""
    if not content.startswith(b"{"):
        return content + bytes(size)
    body = exact.load(content.decode())
    return exact.write({**body, "padding": "x" * size}).encode()
