"""Errors are also the nearest built-in: read by the type checkers, never run."""

from __future__ import annotations

from zohorm import errors


def _also_built_in(
    not_found: errors.NotFound,
    read_only: errors.ReadOnlyField,
    unknown_filter: errors.UnknownFilter,
    unreachable: errors.Unreachable,
    timeout: errors.Timeout,
) -> tuple[LookupError, AttributeError, TypeError, ConnectionError, TimeoutError]:
    return not_found, read_only, unknown_filter, unreachable, timeout
