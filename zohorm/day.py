"""The calls of an organization's day: what the service said is left, and the reserve of it.

The throttles keep a `Day` and pass the time in. Source: the X-Rate-Limit headers as clients have
seen them.
"""

from __future__ import annotations

import datetime as dt

import attrs

from zohorm.errors import DayLimit

# A day limit without a reset time is believed for so long; then one call may find out.
_UNKNOWN_RESET_SECONDS = 900.0


@attrs.frozen
class Quota:
    """The calls of the day, as the service last told them; what it did not tell is None."""

    limit: int | None
    remaining: int
    resets_at: dt.datetime | None


@attrs.define
class Day:
    """The quota of one organization's day, forgotten when it resets.

    Times are readings of the wall clock. `until` is when the quota is forgotten.
    """

    quota: Quota | None = None
    until: float = 0.0

    def known(self, now: float) -> Quota | None:
        """Return what was last told, unless it has reset since."""
        if self.quota is not None and now >= self.until:
            self.quota = None
        return self.quota

    def learn(self, quota: Quota, now: float) -> None:
        """Keep the lower of two counts of one day: answers may come out of order."""
        before = self.known(now)
        if before is not None and _same_day(before, quota):
            quota = attrs.evolve(quota, remaining=min(before.remaining, quota.remaining))
        self.quota = quota
        self.until = now + _UNKNOWN_RESET_SECONDS
        if quota.resets_at is not None:
            self.until = quota.resets_at.timestamp()

    def require(self, reserve: int, *, in_flight: int, now: float) -> None:
        """Refuse a call if the day's calls, less those in flight, are down to the reserve.

        Raises:
            DayLimit: they are, or none are left.
        """
        quota = self.known(now)
        # Without a reserve, too, nothing is gained by sending a call that must be refused.
        if quota is None or quota.remaining - in_flight >= max(reserve, 1):
            return
        raise day_limit(quota, reserve)


def day_limit(quota: Quota, reserve: int) -> DayLimit:
    """Return the error of a call that would go below the reserve of the day."""
    when = "later" if quota.resets_at is None else f"at {quota.resets_at:%Y-%m-%d %H:%M:%S} UTC"
    return DayLimit(
        f"{quota.remaining} calls of the day remain, and min_calls_remaining is {reserve}",
        advice=f"Go on {when}, when the count starts anew, or lower min_calls_remaining",
        resets_at=quota.resets_at,
        calls_remaining=quota.remaining,
    )


def _same_day(one: Quota, other: Quota) -> bool:
    if one.limit != other.limit or one.resets_at is None or other.resets_at is None:
        return False
    return abs(one.resets_at - other.resets_at) < dt.timedelta(hours=1)
