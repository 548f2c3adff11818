"""Sessions that name a Redis as their coordinator."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Literal

import pytest
from local_redis import LocalRedis

from zohorm.books import Contact, ZohoBooks
from zohorm.clock import SystemClock
from zohorm.errors import CoordinatorAway
from zohorm.events import RequestEvent
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.sandbox import Sandbox


@pytest.fixture
def others(redis_server: LocalRedis) -> Iterator[list[RedisCoordinator]]:
    """Coordinators that know nothing of each other, as those of several processes do."""
    made = [RedisCoordinator(redis_server.url, lease_seconds=1.0) for _ in range(2)]
    yield made
    for each in made:
        each.close()


def test_an_address_as_text_is_enough(sandbox: Sandbox, redis_server: LocalRedis) -> None:
    with closing(ZohoBooks(**sandbox.credentials, coordinator=redis_server.url)) as books:
        assert Contact.using(books).iterate().first() is None

    kinds = {key.split(":")[1] for key in redis_server.client.scan_iter("*")}
    assert kinds >= {"token", "{http"}
    assert all(key.startswith("zohorm:") for key in redis_server.client.scan_iter("*"))


def test_sessions_of_several_processes_renew_one_token_once(
    sandbox: Sandbox, others: list[RedisCoordinator]
) -> None:
    credentials: Any = sandbox.credentials
    for _ in range(2):
        for coordinator in others:
            with closing(ZohoBooks(**credentials, coordinator=coordinator)) as books:
                Contact.using(books).iterate().first()
    assert len(sandbox.token_calls) == 1

    sandbox.expire_tokens()
    for coordinator in others:
        with closing(ZohoBooks(**credentials, coordinator=coordinator)) as books:
            Contact.using(books).iterate().first()

    assert len(sandbox.token_calls) == 2
    # The first one finds out that the token is dead; the second one takes the new one.
    assert [call.status for call in sandbox.calls] == [200] * 4 + [401, 200, 200]


def test_nothing_secret_but_the_token_is_in_redis_and_nothing_at_all_in_the_log(
    sandbox: Sandbox, redis_server: LocalRedis, caplog: pytest.LogCaptureFixture
) -> None:
    session = ZohoBooks(**sandbox.credentials, coordinator=redis_server.url)
    with caplog.at_level(logging.DEBUG, "zohorm"), closing(session) as books:
        Contact.using(books).iterate().first()
        shown = repr(books)

    token = redis_server.client.get(next(redis_server.client.scan_iter("zohorm:token:*")))
    kept = "".join(_everything(redis_server))
    for name in ("client_secret", "refresh_token"):
        assert sandbox.credentials[name] not in kept + shown + caplog.text  # type: ignore[literal-required]
    value = token.split('"')[3]
    assert value.startswith("1000.")
    assert value not in shown + caplog.text


def _everything(redis: LocalRedis) -> Iterator[str]:
    for key in redis.client.scan_iter("*"):
        yield key
        kind = redis.client.type(key)
        if kind == "string":
            yield redis.client.get(key)
        elif kind == "hash":
            yield str(redis.client.hgetall(key))
        else:
            yield str(redis.client.zrange(key, 0, -1))


def test_a_redis_that_is_away_is_told_before_anything_is_sent(
    sandbox: Sandbox, redis_server: LocalRedis
) -> None:
    redis_server.stop()
    with (
        closing(
            ZohoBooks(**sandbox.credentials, coordinator=redis_server.url, max_wait_seconds=0.5)
        ) as books,
        pytest.raises(CoordinatorAway) as caught,
    ):
        Contact.using(books).iterate().first()

    assert caught.value.method == "GET"
    assert caught.value.attempts == 0
    assert not caught.value.maybe_done
    assert sandbox.calls == []
    assert sandbox.token_calls == []


@pytest.mark.switched(
    quota_headers="never",
    raises=AssertionError,
    match="None",
    because="no answer tells what is left of the day",
)
def test_the_quota_is_known_to_a_session_that_has_made_no_call(
    sandbox: Sandbox, others: list[RedisCoordinator]
) -> None:
    credentials: Any = sandbox.credentials
    with (
        closing(ZohoBooks(**credentials, coordinator=others[0])) as one,
        closing(ZohoBooks(**credentials, coordinator=others[1])) as other,
    ):
        assert one.quota is None
        Contact.using(one).iterate().first()

        quota = other.quota

    assert quota is not None
    assert (quota.limit, quota.remaining) == (10_000, 9_999)


@pytest.mark.parametrize("when_away", ["fail", "share"])
@pytest.mark.parametrize("moment", ["at first", "with a token", "in a call"])
def test_a_silent_redis_holds_a_call_no_longer_than_it_may_take(
    moment: str, when_away: Literal["fail", "share"], sandbox: Sandbox, redis_server: LocalRedis
) -> None:
    """It takes the question, as a stopped process does, and never answers."""
    clock = SystemClock()
    coordinator = RedisCoordinator(redis_server.url, when_away=when_away)
    freezing: list[bool] = []

    def freeze(_: RequestEvent) -> None:
        if any(freezing):
            redis_server.freeze()

    settings: Any = {**sandbox.credentials, "coordinator": coordinator, "on_request": freeze}
    with closing(coordinator), closing(ZohoBooks(**settings, max_wait_seconds=1.5)) as books:
        if moment != "at first":
            books.request("GET", "/items")
        sandbox.forget()
        freezing.append(moment == "in a call")
        if moment != "in a call":
            redis_server.freeze()
        began = clock.now()

        error: Exception | None = None
        try:
            books.request("GET", "/items")
        except CoordinatorAway as caught:
            error = caught
        seconds = clock.now() - began
        redis_server.go_on()

    assert seconds < 3
    assert (error is None) is (moment == "in a call")
    assert len(sandbox.calls) == (1 if error is None else 0)
