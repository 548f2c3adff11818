from __future__ import annotations

import traceback
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from scripted import Scripted
from wiring import SECRETS

from zohorm.clock import ManualClock
from zohorm.errors import (
    AuthError,
    InvalidValue,
    MalformedReply,
    RefreshRefused,
    RefreshThrottled,
    ServerError,
    Timeout,
    Unreachable,
    ZohoError,
)
from zohorm.refresh import RefreshGrant, Token, life_seconds
from zohorm.retry import RetryPolicy
from zohorm.transport import RequestsTransport

THROTTLED = {
    "error_description": "You have made too many requests continuously.",
    "error": "Access Denied",
    "status": "failure",
}
PAGE = b"<html>Bad gateway</html>"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def grant(server: Scripted, clock: ManualClock) -> Iterator[RefreshGrant]:
    grant = RefreshGrant(
        SECRETS,
        accounts_url=server.url,
        transport=RequestsTransport(),
        retry=RetryPolicy(max_retries=2),
        timeout=(5.0, 0.2),
        clock=clock,
    )
    yield grant
    grant.close()


def test_the_secrets_go_in_the_body_and_never_into_the_url(
    server: Scripted, grant: RefreshGrant
) -> None:
    grant.grant(None)

    seen = server.token_calls[0]
    assert (seen.method, seen.path, seen.raw_query) == ("POST", "/oauth/v2/token", "")
    assert dict(parse_qsl(seen.body.decode())) == {"grant_type": "refresh_token", **SECRETS}
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_an_answer_is_judged_by_its_token_and_never_by_its_status(
    server: Scripted, grant: RefreshGrant, clock: ManualClock, status: int
) -> None:
    server.next_token(
        status, {"access_token": "1000.x", "expires_in": 3600, "api_domain": "https://api"}
    )

    token = grant.grant(None)

    assert (token.value, token.api_domain) == ("1000.x", "https://api")
    assert token.expires_at == clock.time() + 3600


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (3_600_000, 3600),
        (100_000, 100_000),
        (None, 3600),
        ("soon", 3600),
        (0, 3600),
        (-5, 3600),
        (float("nan"), 3600),
    ],
)
def test_a_life_is_read_in_seconds_and_in_milliseconds(given: object, seconds: float) -> None:
    assert life_seconds(given) == seconds


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("invalid_code", "authorize the client again"),
        ("invalid_client", "client_id"),
        ("invalid_client_secret", "client_secret"),
        ("something_new", "refresh_token"),
    ],
)
def test_refused_credentials_fail_at_once_whatever_the_status(
    server: Scripted, grant: RefreshGrant, status: int, error: str, advice: str
) -> None:
    server.next_token(status, {"error": error})

    with pytest.raises(RefreshRefused) as caught:
        grant.grant(None)

    assert (caught.value.code, caught.value.status) == (error, status)
    assert advice in str(caught.value)
    assert len(server.token_calls) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(400, THROTTLED), (200, THROTTLED), (429, {"error": "x"}), (429, PAGE)]
)
def test_a_throttle_is_no_refusal_and_nobody_asks_again_for_a_minute(
    server: Scripted, grant: RefreshGrant, clock: ManualClock, status: int, body: object
) -> None:
    server.next_token(status, body)

    for _ in range(3):
        with pytest.raises(RefreshThrottled) as caught:
            grant.grant(None)
        assert "The credentials are good" in str(caught.value)
    assert len(server.token_calls) == 1
    clock.move(minutes=1)

    assert grant.grant(None).value == "1000.token-1"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {"error": "server_error"}), (503, PAGE), (200, PAGE), (200, {}), (200, [1])],
)
def test_a_failing_server_is_asked_a_few_times_more(
    server: Scripted, grant: RefreshGrant, status: int, body: object
) -> None:
    server.next_token(status, body, times=2)

    assert grant.grant(None).value == "1000.token-1"
    assert len(server.token_calls) == 3


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {"error": "server_error"}, ServerError),
        (503, PAGE, MalformedReply),
        (200, {"error": "general_error"}, MalformedReply),
        (200, PAGE, MalformedReply),
        (200, {"access_token": ""}, MalformedReply),
    ],
)
def test_a_server_that_goes_on_failing_is_no_matter_of_credentials(
    server: Scripted, grant: RefreshGrant, status: int, body: object, kind: type[ZohoError]
) -> None:
    server.next_token(status, body, times=9)

    with pytest.raises(kind) as caught:
        grant.grant(None)

    assert not isinstance(caught.value, AuthError)
    assert (caught.value.attempts, caught.value.status) == (3, status)
    assert len(server.token_calls) == 3


@pytest.mark.parametrize(
    ("fault", "kind"), [("drop", Unreachable), ("hang", Timeout), ("truncate", MalformedReply)]
)
def test_a_broken_connection_is_tried_again_and_named(
    server: Scripted, grant: RefreshGrant, fault: object, kind: type[ZohoError]
) -> None:
    server.next_token(fault=fault, times=9)  # type: ignore[arg-type]

    with pytest.raises(kind):
        grant.grant(None)

    assert len(server.token_calls) == 3


@pytest.mark.parametrize("status", [302, 401, 404])
def test_an_answer_that_is_not_the_accounts_servers_is_not_asked_for_again(
    server: Scripted, grant: RefreshGrant, status: int
) -> None:
    server.next_token(status, PAGE, headers={"Location": "/elsewhere"})

    with pytest.raises(MalformedReply):
        grant.grant(None)

    assert len(server.token_calls) == 1


def test_no_wait_outlasts_the_call(
    server: Scripted, grant: RefreshGrant, clock: ManualClock
) -> None:
    server.next_token(503, PAGE, times=9)

    with pytest.raises(ServerError):
        grant.grant(deadline=clock.now() + 0.1)

    assert (len(server.token_calls), clock.now()) == (1, 0)


# The text of a token, for stores.


@pytest.mark.parametrize(
    "token",
    [
        Token("1000.a", 1750003600.25, "https://www.zohoapis.eu"),
        Token("1000.a", 5.0),
        Token("1000.a"),
    ],
)
def test_a_token_comes_back_from_its_text(token: Token) -> None:
    assert Token.from_text(token.to_text()) == token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1000.hush",
        '{"value": "1000.hush"',
        "[]",
        "{}",
        '{"value": 1000}',
        '{"value": "1000.hush", "expires_at": "never"}',
        '{"value": "1000.hush", "api_domain": 7}',
        '{"value": "1000.hush two"}',
    ],
)
def test_what_is_no_text_of_a_token_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Token.from_text(text)

    told = "".join(traceback.format_exception(caught.value))
    assert "hush" not in told.replace(f"{text!r}", "")
