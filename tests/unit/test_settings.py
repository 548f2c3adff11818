"""The settings of a session: every name, its default, and what each refuses."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest

from zohorm.clock import ManualClock, SystemClock
from zohorm.errors import InvalidValue, MissingSetting, UnknownSetting, UsageError, WrongType
from zohorm.settings import Settings, SettingsDict, environment

DEFAULTS: dict[str, object] = {
    "access_token": None,
    "expires_in": None,
    "client_id": None,
    "client_secret": None,
    "refresh_token": None,
    "redirect_url": None,
    "auth": None,
    "intercall_delay": 0,
    "max_retries": 10,
    "max_retry_after": 180,
    "min_calls_remaining": 1,
    "retry_backoff_seconds": 0.5,
    "calls_per_minute": 100,
    "max_in_flight": 10,
    "timeout": (10, 60),
    "max_wait_seconds": 600,
    "max_reply_bytes": 64 * 1024 * 1024,
    "cache_seconds": 60,
    "cache_rows": 1000,
    "lazy_limit": 100,
    "read_only": False,
    "coordinator": None,
    "throttle": None,
    "transport": None,
    "on_request": (),
    "on_response": (),
    "on_wait": (),
    "on_retry": (),
    "api_url": None,
    "api_root": None,
    "accounts_url": None,
}
SECRETS = ("access_token", "client_id", "client_secret", "refresh_token")
TEXTS = (*SECRETS, "redirect_url", "api_url", "api_root", "accounts_url")
NUMBERS = (
    "expires_in",
    "intercall_delay",
    "max_retry_after",
    "retry_backoff_seconds",
    "max_wait_seconds",
    "cache_seconds",
)
WHOLE_NUMBERS = (
    "max_retries",
    "min_calls_remaining",
    "calls_per_minute",
    "max_in_flight",
    "cache_rows",
    "lazy_limit",
)
VARIABLES = (
    "ZOHO_CLIENT_ID",
    "ZOHO_CLIENT_SECRET",
    "ZOHO_REFRESH_TOKEN",
    "ZOHO_ORGANIZATION_ID",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "ZOHO_REGION", "ZOHORM_API_URL", "ZOHORM_ACCOUNTS_URL"):
        monkeypatch.delenv(name, raising=False)


def checked(**given: Any) -> Settings:
    return Settings.checked(given)


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_has_its_default(name: str) -> None:
    assert getattr(checked(), name) == DEFAULTS[name]


def test_the_clock_is_the_real_one_unless_another_is_given() -> None:
    clock = ManualClock()

    assert isinstance(checked().clock, SystemClock)
    assert checked(clock=clock).clock is clock


def test_the_editor_knows_the_same_names_as_the_check() -> None:
    names = {field.name for field in attrs.fields(Settings)}

    assert names == {*DEFAULTS, "clock"} == set(SettingsDict.__annotations__)


@pytest.mark.parametrize("seconds", [float("inf"), 1e12])
def test_a_delay_between_calls_without_an_end_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidValue, match="at most 86400"):
        checked(intercall_delay=seconds)

    assert checked(intercall_delay=86400).intercall_delay == 86400


def test_settings_cannot_be_changed() -> None:
    settings: Any = checked()

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings.max_retries = 3


def test_an_unknown_setting_names_those_there_are() -> None:
    with pytest.raises(UnknownSetting, match="max_retrys") as caught:
        checked(max_retrys=3)

    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, TypeError)
    assert all(name in str(caught.value) for name in (*DEFAULTS, "clock"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_setting_refuses_a_number(name: str) -> None:
    with pytest.raises(WrongType, match=name):
        checked(**{name: 5})


@pytest.mark.parametrize("value", ["5", True])
@pytest.mark.parametrize("name", [*NUMBERS, *WHOLE_NUMBERS])
def test_a_number_setting_refuses_text_and_truth(name: str, value: object) -> None:
    with pytest.raises(WrongType, match=name):
        checked(**{name: value})


@pytest.mark.parametrize("name", sorted({*NUMBERS, *WHOLE_NUMBERS} - {"expires_in"}))
def test_a_number_setting_refuses_none(name: str) -> None:
    with pytest.raises(WrongType, match=name):
        checked(**{name: None})


@pytest.mark.parametrize("name", [*NUMBERS, *WHOLE_NUMBERS])
def test_a_number_setting_refuses_what_is_below_zero(name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        checked(**{name: -1})


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_setting_refuses_nan(name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        checked(**{name: math.nan})


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
def test_a_count_refuses_a_fraction(name: str) -> None:
    with pytest.raises(WrongType, match=name):
        checked(**{name: 1.5})


@pytest.mark.parametrize("name", ["calls_per_minute", "max_in_flight"])
def test_a_pace_of_no_call_at_all_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        checked(**{name: 0})


@pytest.mark.parametrize(
    "value", [30, None, "5,5", (5,), (5, 5, 5), [5, 5], (None, 5), (5, "5"), (True, 5)]
)
def test_timeout_takes_two_numbers(value: object) -> None:
    with pytest.raises(WrongType, match="timeout"):
        checked(timeout=value)


@pytest.mark.parametrize("value", [(0, 5), (5, 0), (-1, 5), (5, math.nan)])
def test_timeout_refuses_no_time_at_all(value: object) -> None:
    with pytest.raises(InvalidValue, match="timeout"):
        checked(timeout=value)


@pytest.mark.parametrize("value", [1, 0, None, "yes"])
def test_read_only_is_true_or_false(value: object) -> None:
    with pytest.raises(WrongType, match="read_only"):
        checked(read_only=value)


@pytest.mark.parametrize("name", ["on_request", "on_response", "on_wait", "on_retry"])
@pytest.mark.parametrize("value", [None, "print", 5, [print, None], {print}])
def test_a_hook_is_a_function_or_a_list_of_functions(name: str, value: object) -> None:
    with pytest.raises(WrongType, match=f"{name} takes a function of one event"):
        checked(**{name: value})

    assert getattr(checked(**{name: [print, repr]}), name) == [print, repr]


@pytest.mark.parametrize("name", ["clock", "throttle", "transport"])
def test_a_part_must_have_the_methods_that_are_called(name: str) -> None:
    with pytest.raises(WrongType, match=name):
        checked(**{name: object()})


@pytest.mark.parametrize("root", ["/books/v4", "/checkout/v1", "/api"])
def test_a_root_is_a_path(root: str) -> None:
    assert checked(api_root=root).api_root == root


@pytest.mark.parametrize(
    "root",
    ["", "/", "books/v3", "/books/v3/", "//evil.example/v3", "/books/../v3", "/books?x", "/a b"],
)
def test_a_root_that_is_no_path_is_refused(root: str) -> None:
    with pytest.raises(InvalidValue, match="api_root"):
        checked(api_root=root)


@pytest.mark.parametrize("name", ["api_url", "accounts_url"])
@pytest.mark.parametrize("value", ["books.example", "ftp://books.example", "//books.example"])
def test_an_address_begins_with_its_scheme(name: str, value: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        checked(**{name: value})


@pytest.mark.parametrize(
    ("name", "variable"),
    [("api_url", "ZOHORM_API_URL"), ("accounts_url", "ZOHORM_ACCOUNTS_URL")],
)
def test_an_address_may_come_from_the_environment_and_the_setting_wins(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")

    assert getattr(checked(), name) == "http://127.0.0.1:1"
    assert getattr(checked(**{name: "http://127.0.0.1:2"}), name) == "http://127.0.0.1:2"


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOHORM_API_URL", "")

    assert checked().api_url is None


def test_a_bad_address_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOHORM_API_URL", "books.example")

    with pytest.raises(InvalidValue, match="api_url"):
        checked()


def test_repr_shows_no_secret() -> None:
    settings = checked(**dict.fromkeys(SECRETS, "hidden"), auth="hidden")

    assert "hidden" not in repr(settings)


def test_an_error_about_a_secret_does_not_show_it() -> None:
    with pytest.raises(WrongType) as caught:
        checked(refresh_token=b"hidden")

    assert "hidden" not in str(caught.value)


def test_the_environment_gives_organization_region_and_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("ZOHO_REGION", "eu")

    organization, region, credentials = environment()

    assert (organization, region) == ("zoho_organization_id", "eu")
    assert credentials == {
        "client_id": "zoho_client_id",
        "client_secret": "zoho_client_secret",
        "refresh_token": "zoho_refresh_token",
    }


def test_the_region_is_us_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "x")

    assert environment()[1] == "us"


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        if name != missing:
            monkeypatch.setenv(name, "hidden")

    with pytest.raises(MissingSetting) as caught:
        environment()

    assert [name for name in VARIABLES if name in str(caught.value)] == [missing]
    assert "hidden" not in str(caught.value)


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(MissingSetting) as caught:
        environment()

    assert all(name in str(caught.value) for name in VARIABLES)


@pytest.mark.parametrize("text", ["files", "redis://127.0.0.1:6379/0", "rediss://u:hush@host"])
def test_a_coordinator_may_be_named_and_is_not_shown(text: str) -> None:
    settings = Settings(coordinator=text)

    assert settings.coordinator == text
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("text", ["", "file", "files://x", "redis", "http://u:hush@host"])
def test_any_other_text_is_no_coordinator_and_is_not_quoted(text: str) -> None:
    with pytest.raises(InvalidValue, match="files") as caught:
        Settings(coordinator=text)

    assert "hush" not in str(caught.value)


def test_a_coordinator_has_a_throttle_and_tokens() -> None:
    with pytest.raises(WrongType, match="throttle, tokens"):
        Settings(coordinator=object())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["api_url", "accounts_url"])
def test_an_address_may_not_hold_a_password(name: str) -> None:
    """Addresses are in reprs and logs of a program."""
    with pytest.raises(InvalidValue, match=f"{name} may not hold a user") as caught:
        checked(**{name: "https://me:hush-hush@www.zohoapis.com"})

    assert "hush" not in str(caught.value)
