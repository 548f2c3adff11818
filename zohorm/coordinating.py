"""What several processes share: the pace of an organization and the access token of a user.

A session asks the coordinator of its settings for both; without one they are its own process's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from zohorm.clock import Clock
from zohorm.errors import InvalidValue
from zohorm.throttle import Throttle
from zohorm.token import TokenStore


class Coordinator(Protocol):
    """Where processes meet; `settings.coordinator` takes any object with these methods.

    Both may be called several times for one key, by several sessions and in several threads.
    """

    def throttle(
        self,
        key: str,
        *,
        calls_per_minute: int,
        max_in_flight: int,
        intercall_delay_seconds: float,
        clock: Clock,
    ) -> Throttle:
        """Return the pace of the organizations on one API host, whose address is `key`.

        The limits are those of the session that asks; it must never be let beyond them.
        """
        ...

    def tokens(self, key: str, *, clock: Clock) -> TokenStore:
        """Return the place of one user's token; `key` is a digest and tells nothing of secrets."""
        ...


# The texts that the setting takes: scheme, the module of the optional part, and what it makes.
_NAMED = {
    "files": ("zohorm.extras.file_coordinator", "FileCoordinator"),
    "redis": ("zohorm.extras.redis_coordinator", "RedisCoordinator"),
    "rediss": ("zohorm.extras.redis_coordinator", "RedisCoordinator"),
}


def check_name(text: str) -> None:
    """Refuse a text that names no coordinator; it is not quoted, for it may hold a password.

    Raises:
        InvalidValue: it is neither "files" nor an address of Redis.
    """
    scheme, separator, _ = text.partition("://")
    if scheme not in _NAMED or bool(separator) is (scheme == "files"):
        raise InvalidValue('coordinator takes "files", "redis://..." or an object')


def named(text: str) -> Coordinator:
    """Make the coordinator that a text names.

    Raises:
        ImportError: its packages are not installed; the error shows the line that installs them.
    """
    check_name(text)
    module, name = _NAMED[text.partition("://")[0]]
    # Not imported by name: the core must not need its optional parts.
    made = cast("Callable[..., Coordinator]", getattr(import_module(module), name))
    return made() if text == "files" else made(text)
