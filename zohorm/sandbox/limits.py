"""The three call limits of an organization: per minute, per day, at once.

The application asks `admit` before a call and gives the place back after it. Times are the
sandbox's clock. Source: Books v3, introduction, API limits.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque

import attrs

from zohorm.sandbox.reply import Refusal

PLANS = {
    # Calls per day, calls at once. Source: Books v3, introduction, API limits.
    "free": (1000, 5),
    "standard": (2000, 10),
    "professional": (5000, 10),
    "premium": (10000, 10),
}

_MINUTE_MESSAGE = (
    "For security reasons your organization has been blocked as it have exceeded the maximum "
    "number of requests per minute that can originate from an organization."
)
_DAY_MESSAGE = "The API call for this organization has exceeded the maximum call rate limit of {}."
_BUSY_MESSAGE = (
    "You have reached the maximum number of in process requests allowed. "
    "Kindly try again after some time."
)


@attrs.define
class Allowance:
    """How many calls an organization may make; a ValueError tells of less than none."""

    per_minute: int = attrs.field(default=100, validator=attrs.validators.ge(0))
    per_day: int = attrs.field(default=10000, validator=attrs.validators.ge(0))
    in_flight: int = attrs.field(default=10, validator=attrs.validators.ge(0))


def allowance(plan: str) -> Allowance:
    """Return what a plan allows.

    Raises:
        ValueError: there is no such plan; the text names those there are.
    """
    if plan not in PLANS:
        raise ValueError(f"no plan is called {plan!r}; there are {', '.join(PLANS)}")
    per_day, in_flight = PLANS[plan]
    return Allowance(per_day=per_day, in_flight=in_flight)


@attrs.frozen
class Quota:
    """What the X-Rate-Limit headers tell: the daily limit, what is left, seconds to the next."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """Return the three headers."""
        return {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.reset_seconds),
        }


class LimitReached(Refusal):
    """A call beyond a limit, with the seconds after which another may pass."""

    def __init__(self, code: int, message: str, *, wait_seconds: int) -> None:
        super().__init__(429, code, message)
        self.wait_seconds = wait_seconds


class _Use:
    """The calls of one organization."""

    def __init__(self) -> None:
        self.minute: deque[float] = deque()
        self.day: dt.date | None = None
        self.today = 0
        self.in_flight = 0


class Limits:
    """Counts the calls of each organization and refuses those beyond its allowance."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        # Guards the counters; held for a few instructions.
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}
        self._first: dict[str, str] = {}

    def first_user(self, organization_id: str, product: str) -> str:
        """Return the product that was called first in an organization: this one, if none was."""
        with self._lock:
            return self._first.setdefault(organization_id, product)

    def admit(self, organization_id: str, now: dt.datetime) -> Quota:
        """Count one call that begins; `leave` must follow.

        Raises:
            LimitReached: the call is one too many, and is not counted.
        """
        with self._lock:
            use = self._uses.setdefault(organization_id, _Use())
            if use.day != now.date():
                use.day, use.today = now.date(), 0
            reset_seconds = _seconds_to_midnight(now)
            self._check(use, now.timestamp(), reset_seconds)
            use.minute.append(now.timestamp())
            use.today += 1
            use.in_flight += 1
            remaining = max(0, self.allowance.per_day - use.today)
            return Quota(self.allowance.per_day, remaining, reset_seconds)

    def leave(self, organization_id: str) -> None:
        """Count one admitted call as over."""
        with self._lock:
            use = self._uses.get(organization_id)
            if use is not None and use.in_flight:
                use.in_flight -= 1

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._uses.clear()
            self._first.clear()

    def _check(self, use: _Use, now: float, reset_seconds: int) -> None:
        while use.minute and use.minute[0] <= now - 60:
            use.minute.popleft()
        if use.today >= self.allowance.per_day:
            message = _DAY_MESSAGE.format(self.allowance.per_day)
            raise LimitReached(45, message, wait_seconds=reset_seconds)
        if len(use.minute) >= self.allowance.per_minute:
            first = use.minute[0] if use.minute else now
            raise LimitReached(44, _MINUTE_MESSAGE, wait_seconds=max(1, round(first + 60 - now)))
        if use.in_flight >= self.allowance.in_flight:
            raise LimitReached(1070, _BUSY_MESSAGE, wait_seconds=1)


def _seconds_to_midnight(now: dt.datetime) -> int:
    tomorrow = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((tomorrow - now).total_seconds()))
