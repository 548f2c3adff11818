"""What an answer says: its JSON, its code, and its headers about limits. The connection reads it.

Source: Books v3, response and errors; headers and odd forms as clients have seen them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from zohorm import streams, wire
from zohorm.throttle import Quota

if TYPE_CHECKING:
    from zohorm.transport import Reply

_MOST_SECONDS = 366 * 86400.0
"""More than any wait that can be meant."""
_MOST_RESET_SECONDS = 25 * 3600.0
"""The longest day, one on which clocks are set back. The quota is that of a day.

Source: Books v3, introduction, API limits.
"""
_MOST_CODE = 10**18
_LONGEST_CODE = 40


def body_of(reply: Reply) -> tuple[Mapping[str, object] | None, bool]:
    """Return the JSON object of the answer, and whether the answer is of a form that the API gives.

    The content type tells JSON from a file; a file is a success, for refusals are JSON. One that
    goes by the type of a file is known by its members.
    """
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    text = not kind or kind.startswith("text/")
    if not reply.complete:
        return None, False
    if reply.status == 204:
        return None, True
    if (
        "json" in kind
        or (text and reply.content.lstrip().startswith(b"{"))
        or streams.is_refusal(reply.content)
    ):
        try:
            body = wire.decode(reply.content)
        # Deep nesting and absurd exponents are no ValueError.
        except (ValueError, ArithmeticError, RecursionError):
            return None, False
        return (body, True) if isinstance(body, Mapping) else (None, False)
    whole = bool(reply.content or reply.streamed)
    return None, 200 <= reply.status < 300 and whole and (
        not text or streams.is_file(reply.headers)
    )


def code_of(body: Mapping[str, object] | None) -> tuple[int | str | None, bool]:
    """Return the service's code, a number also if it came as text, and whether it can be one.

    A member `code` that is neither a whole number nor a word says neither success nor refusal.
    """
    if body is None or "code" not in body:
        return None, True
    code = body["code"]
    if isinstance(code, str):
        try:
            number = int(code)
        except ValueError:
            return code[:_LONGEST_CODE] or None, bool(code)
        return _number(number)
    if isinstance(code, int | Decimal) and not isinstance(code, bool):
        return _number(code)
    return None, False


def _number(code: int | Decimal) -> tuple[int | str, bool]:
    # Compared before anything is computed: written out, an absurd exponent would fill the memory.
    if -_MOST_CODE < code < _MOST_CODE and code == int(code):
        return int(code), True
    # In hexadecimal, for Python refuses to write a very long number in decimal.
    text = hex(code) if isinstance(code, int) else str(code)
    return text[:_LONGEST_CODE], False


def quota_of(reply: Reply, now: float) -> Quota | None:
    """Return what the headers say about the day; they are not documented and not always there.

    A reset that is no time within a day counts as not told.
    """
    if "X-Rate-Limit-Remaining" not in reply.headers:
        return None
    remaining = _seconds(reply.headers["X-Rate-Limit-Remaining"])
    if remaining is None:
        return None
    limit = _seconds(reply.headers.get("X-Rate-Limit-Limit"))
    reset = _seconds(reply.headers.get("X-Rate-Limit-Reset"))
    if reset is not None and reset > _MOST_RESET_SECONDS:
        reset = None
    resets_at = None if reset is None else dt.datetime.fromtimestamp(now + reset, dt.UTC)
    return Quota(None if limit is None else int(limit), int(remaining), resets_at)


def retry_after_of(reply: Reply, now: float) -> float | None:
    """Return the seconds of Retry-After, which is a number or a date."""
    text = reply.headers.get("Retry-After")
    seconds = _seconds(text)
    if seconds is not None or text is None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # Dates of HTTP are UTC, also where a server writes the offset as unknown.
    instant = date if date.tzinfo is not None else date.replace(tzinfo=dt.UTC)
    return min(max(0.0, instant.timestamp() - now), _MOST_SECONDS)


def _seconds(text: str | None) -> float | None:
    try:
        number = float((text or "").replace(",", ""))
    except ValueError:
        return None
    # This also keeps out what is not a number.
    return number if 0 <= number <= _MOST_SECONDS else None
