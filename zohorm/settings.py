"""The settings of a session: names, defaults, checks, and the environment variables behind them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, TypedDict, cast

import attrs

from zohorm import bounding, coordinating
from zohorm.clock import Clock, SystemClock
from zohorm.coordinating import Coordinator
from zohorm.errors import InvalidValue, MissingSetting, UnknownSetting, WrongType
from zohorm.events import RequestEvent, ResponseEvent, RetryEvent, WaitEvent
from zohorm.hooks import OneOrMore
from zohorm.throttle import Throttle
from zohorm.token import TokenStore
from zohorm.transport import Transport

Auth = str | Callable[[], str] | TokenStore


class SettingsDict(TypedDict, total=False):
    """The keyword arguments of a session."""

    access_token: str | None
    expires_in: float | None
    client_id: str | None
    client_secret: str | None
    refresh_token: str | None
    redirect_url: str | None
    auth: Auth | None
    intercall_delay: float
    max_retries: int
    max_retry_after: float
    min_calls_remaining: int
    retry_backoff_seconds: float
    calls_per_minute: int
    max_in_flight: int
    timeout: tuple[float, float]
    max_wait_seconds: float
    max_reply_bytes: int
    cache_seconds: float
    cache_rows: int
    lazy_limit: int
    read_only: bool
    coordinator: Coordinator | str | None
    throttle: Throttle | None
    transport: Transport | None
    clock: Clock
    on_request: OneOrMore[RequestEvent]
    on_response: OneOrMore[ResponseEvent]
    on_wait: OneOrMore[WaitEvent]
    on_retry: OneOrMore[RetryEvent]
    api_url: str | None
    api_root: str | None
    accounts_url: str | None


Check = Callable[[str, object], None]

_ROOT = re.compile(r"(/(?!\.+(/|\Z))[\w.~-]+)+", re.ASCII)


def _number(low: float, high: float = math.inf) -> Check:
    def check(name: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongType(f"{name} takes a number, not {type(value).__name__}")
        if not value >= low:
            raise InvalidValue(f"{name} must be at least {low:g}")
        if value > high:
            raise InvalidValue(f"{name} must be at most {high:g}")

    return check


def _having(*methods: str) -> Check:
    def check(name: str, value: object) -> None:
        # A class has the methods, too, but nobody can call them.
        if isinstance(value, type) or not all(callable(getattr(value, m, None)) for m in methods):
            raise WrongType(
                f"{name} takes an object with {', '.join(methods)}, not {type(value).__name__}"
            )

    return check


def _none_or(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


def _above_zero(name: str, value: object) -> None:
    _number(0)(name, value)
    if value == 0:
        raise InvalidValue(f"{name} must be above 0")


def _whole(low: int) -> Check:
    def check(name: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongType(f"{name} takes a whole number, not {type(value).__name__}")
        if value < low:
            raise InvalidValue(f"{name} must be at least {low}")

    return check


def _text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise WrongType(f"{name} takes text, not {type(value).__name__}")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise WrongType(f"{name} takes True or False, not {type(value).__name__}")


def _two_times(name: str, value: object) -> None:
    if not isinstance(value, tuple) or len(value) != 2:
        raise WrongType(f"{name} takes (connect seconds, read seconds)")
    for part in value:
        _above_zero(name, part)


def _url(name: str, value: object) -> None:
    _text(name, value)
    if isinstance(value, str) and not value.startswith(("http://", "https://")):
        raise InvalidValue(f"{name} must begin with https:// or http://")
    # It is shown in reprs and told to hooks.
    if isinstance(value, str) and "@" in value:
        raise InvalidValue(f"{name} may not hold a user or a password")


def _coordinator(name: str, value: object) -> None:
    if isinstance(value, str):
        coordinating.check_name(value)
    else:
        _none_or(_having("throttle", "tokens"))(name, value)


def _hooks(name: str, value: object) -> None:
    several = value if isinstance(value, list | tuple) else [value]
    if not all(callable(hook) for hook in several):
        raise WrongType(f"{name} takes a function of one event, or a list of them")


def _root(name: str, value: object) -> None:
    _text(name, value)
    if isinstance(value, str) and not _ROOT.fullmatch(value):
        raise InvalidValue(f"{name} is a path such as /books/v3: a slash before each step")


_CHECKS: dict[str, Check] = {
    "access_token": _text,
    "expires_in": _none_or(_number(0)),
    "client_id": _text,
    "client_secret": _text,
    "refresh_token": _text,
    "redirect_url": _text,
    "intercall_delay": _number(0, 86400),
    "max_retries": _whole(0),
    "max_retry_after": _number(0),
    "min_calls_remaining": _whole(0),
    "retry_backoff_seconds": _number(0),
    "calls_per_minute": _whole(1),
    "max_in_flight": _whole(1),
    "timeout": _two_times,
    "max_wait_seconds": _above_zero,
    "max_reply_bytes": _whole(1),
    "cache_seconds": _number(0),
    "cache_rows": _whole(0),
    "lazy_limit": _whole(0),
    "read_only": _flag,
    "coordinator": _coordinator,
    "throttle": _none_or(_having("slot", "quota", "remember", "penalty", "crowded")),
    "transport": _none_or(_having("send", "close")),
    "clock": _having("now", "time", "sleep", "wait"),
    **dict.fromkeys(("on_request", "on_response", "on_wait", "on_retry"), _hooks),
    "api_url": _url,
    "api_root": _root,
    "accounts_url": _url,
}


@attrs.frozen(kw_only=True)
class Settings:
    """How a session reaches the service; times in seconds, limits in calls or rows."""

    access_token: str | None = attrs.field(default=None, repr=False)
    expires_in: float | None = None
    client_id: str | None = attrs.field(default=None, repr=False)
    client_secret: str | None = attrs.field(default=None, repr=False)
    refresh_token: str | None = attrs.field(default=None, repr=False)
    redirect_url: str | None = None
    auth: Auth | None = attrs.field(default=None, repr=False)
    intercall_delay: float = 0.0
    max_retries: int = 10
    max_retry_after: float = 180.0
    min_calls_remaining: int = 1
    retry_backoff_seconds: float = 0.5
    calls_per_minute: int = 100
    max_in_flight: int = 10
    timeout: tuple[float, float] = (10.0, 60.0)
    max_wait_seconds: float = 600.0
    max_reply_bytes: int = bounding.REPLY_BYTES
    cache_seconds: float = 60.0
    cache_rows: int = 1000
    lazy_limit: int = 100
    read_only: bool = False
    # Its text may be an address with a password.
    coordinator: Coordinator | str | None = attrs.field(default=None, repr=False)
    throttle: Throttle | None = None
    transport: Transport | None = None
    clock: Clock = attrs.field(factory=SystemClock)
    # A hook may be a partial function that holds the key of a service of its own.
    on_request: OneOrMore[RequestEvent] = attrs.field(default=(), repr=False)
    on_response: OneOrMore[ResponseEvent] = attrs.field(default=(), repr=False)
    on_wait: OneOrMore[WaitEvent] = attrs.field(default=(), repr=False)
    on_retry: OneOrMore[RetryEvent] = attrs.field(default=(), repr=False)
    api_url: str | None = None
    api_root: str | None = None
    accounts_url: str | None = None

    def __attrs_post_init__(self) -> None:
        for name, check in _CHECKS.items():
            check(name, getattr(self, name))

    @classmethod
    def checked(cls, given: Mapping[str, object]) -> Settings:
        """Return the settings that `given` and the environment's two addresses make.

        Raises:
            UsageError: a name is unknown; the error lists those there are.
            WrongType, InvalidValue: a value cannot be.
        """
        names = [field.name for field in attrs.fields(cls)]
        for name in given:
            if name not in names:
                raise UnknownSetting(
                    f"a session has no setting {name!r}", advice=f"It has {', '.join(names)}"
                )
        values = dict(given)
        for name, variable in _ADDRESSES.items():
            if values.get(name) is None:
                values[name] = os.environ.get(variable) or None
        return cls(**cast("SettingsDict", values))  # The checks see each of them.


_ADDRESSES = {"api_url": "ZOHORM_API_URL", "accounts_url": "ZOHORM_ACCOUNTS_URL"}
_CREDENTIALS = {
    "client_id": "ZOHO_CLIENT_ID",
    "client_secret": "ZOHO_CLIENT_SECRET",
    "refresh_token": "ZOHO_REFRESH_TOKEN",
}


def environment(
    given: SettingsDict | None = None,
    organization_id: str | None = None,
    region: str | None = None,
) -> tuple[str, str, SettingsDict]:
    """Return organization id, region and those credentials from the environment that are not given.

    Raises:
        MissingSetting: a variable is missing; the error names every missing one.
    """
    passed = given or {}
    credentials = {n: v for n, v in _CREDENTIALS.items() if n not in passed}
    wanted = dict(credentials)
    if organization_id is None:
        wanted["organization_id"] = "ZOHO_ORGANIZATION_ID"
    found = {name: os.environ.get(variable, "") for name, variable in wanted.items()}
    owns_token = passed.get("auth") or passed.get("access_token")
    needed = [name for name in wanted if not owns_token or name not in credentials]
    missing = [wanted[name] for name in needed if not found[name]]
    if missing:
        raise MissingSetting(
            f"the environment lacks {', '.join(missing)}",
            advice="Set them, or pass the settings to the session itself",
        )
    named = found.pop("organization_id", "") if organization_id is None else organization_id
    settings = cast("SettingsDict", {name: value for name, value in found.items() if value})
    return named, region or os.environ.get("ZOHO_REGION") or "us", settings


class _Profile(Protocol):
    """What `zohorm login` has stored under a name."""

    @property
    def organization_id(self) -> str | None: ...
    @property
    def region(self) -> str: ...
    @property
    def settings(self) -> SettingsDict: ...


# Not imported by name: the core must not need its optional parts.
_PROFILES = "zohorm.extras.profiles"


def profile(
    name: str, organization_id: str | None = None, region: str | None = None
) -> tuple[str, str, SettingsDict]:
    """Return organization id, region and credentials of a profile; what is passed goes first.

    Raises:
        MissingSetting: there is no such profile, or it names no organization.
        ImportError: the extra `cli` is not installed.
    """
    load = cast("Callable[[str], _Profile]", import_module(_PROFILES).load)
    found = load(name)
    named = organization_id or found.organization_id
    if named is None:
        raise MissingSetting(
            f"the profile {name!r} names no organization",
            advice=f"`zohorm organization --profile {name}` lists them and sets one; or pass"
            " organization_id",
        )
    return named, region or found.region, found.settings
