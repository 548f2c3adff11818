"""The token store on a real Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from traceback import TracebackException
from typing import Any

import pytest
from local_redis import LocalRedis

from zohorm.clock import SystemClock
from zohorm.errors import CoordinatorAway, Timeout
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.extras.redis_tokens import RedisTokenStore
from zohorm.refresh import Token
from zohorm.token import LockingTokenStore

CLOCK = SystemClock()
KEY = "0a1b"
TOKEN = "zohorm:token:" + KEY
LOCK = "zohorm:renewing:" + KEY


class Stores:
    """Stores of one token that know nothing of each other, as those of several processes do."""

    def __init__(self, server: LocalRedis) -> None:
        self._server = server
        self._open = ExitStack()

    def one(self, **settings: Any) -> RedisTokenStore:
        settings = {"lease_seconds": 1.0, **settings}
        coordinator = RedisCoordinator(self._server.url, **settings)
        return self._open.enter_context(closing(coordinator)).tokens(KEY, clock=CLOCK)

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def stores(redis_server: LocalRedis) -> Iterator[Stores]:
    with closing(Stores(redis_server)) as found:
        yield found


def token(value: str = "1000.a", *, life: float | None = 3600, domain: str = "") -> Token:
    ends = None if life is None else CLOCK.time() + life
    return Token(value, ends, domain or None)


def test_it_is_a_store_that_locks(stores: Stores) -> None:
    assert isinstance(stores.one(), LockingTokenStore)


def test_what_one_process_saves_another_loads(stores: Stores) -> None:
    stores.one().save(token(domain="https://www.zohoapis.eu"))

    found = stores.one().load()

    assert found is not None
    assert (found.value, found.api_domain) == ("1000.a", "https://www.zohoapis.eu")
    assert found.expires_at is not None
    assert abs(found.expires_at - CLOCK.time() - 3600) < 5


def test_nothing_is_stored_at_first(stores: Stores) -> None:
    assert stores.one().load() is None


def test_a_token_without_an_end_is_kept(stores: Stores) -> None:
    stores.one().save(token(life=None))

    found = stores.one().load()

    assert found is not None
    assert found.expires_at is None


def test_redis_forgets_a_token_when_it_ends(stores: Stores, redis_server: LocalRedis) -> None:
    stores.one().save(token(life=100))

    assert 95_000 < redis_server.client.pttl(TOKEN) <= 100_000


def test_a_token_that_is_over_is_not_stored(stores: Stores) -> None:
    store = stores.one()
    store.save(token(life=-1))

    assert store.load() is None


def test_the_end_of_a_token_is_counted_on_the_clock_of_redis(
    stores: Stores, redis_server: LocalRedis
) -> None:
    """A machine whose clock is an hour ahead would otherwise never use it."""
    redis_server.client.set(TOKEN, Token("1000.a", CLOCK.time() - 3600).to_text(), px=50_000)

    found = stores.one().load()

    assert found is not None
    assert not found.expired(CLOCK.time())
    assert found.expired(CLOCK.time() + 50)


@pytest.mark.parametrize("text", ["hello", "{}", b"\xff\xfe", '{"value": "two words"}', "[1]"])
def test_a_foreign_text_counts_as_none_and_is_replaced(
    text: Any, stores: Stores, redis_server: LocalRedis
) -> None:
    redis_server.client.set(TOKEN, text)
    store = stores.one()

    assert store.load() is None
    store.save(token())
    found = store.load()
    assert found is not None
    assert found.value == "1000.a"


def test_a_foreign_list_counts_as_none_and_is_replaced(
    stores: Stores, redis_server: LocalRedis
) -> None:
    redis_server.client.rpush(TOKEN, "hello")
    store = stores.one()

    assert store.load() is None
    store.save(token())
    assert store.load() is not None


def test_one_process_renews_and_the_others_wait(stores: Stores) -> None:
    one, other = stores.one(), stores.one()
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait()
        with other.renewing(None):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with one.renewing(None):
        inside.set()
        CLOCK.sleep(1.5)  # longer than a lease, which is renewed meanwhile
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_the_lock_of_a_dead_process_opens(stores: Stores, redis_server: LocalRedis) -> None:
    redis_server.client.set(LOCK, "somebody who died", px=300)

    with stores.one().renewing(CLOCK.now() + 10):
        assert redis_server.client.get(LOCK) != "somebody who died"
    assert redis_server.client.get(LOCK) is None


def test_a_lock_that_opened_meanwhile_is_left_to_its_new_owner(
    stores: Stores, redis_server: LocalRedis
) -> None:
    with stores.one().renewing(None):
        redis_server.client.set(LOCK, "another", px=60_000)

    assert redis_server.client.get(LOCK) == "another"


def test_who_waits_for_a_renewal_gives_up_at_the_deadline(stores: Stores) -> None:
    with (
        stores.one().renewing(None),
        pytest.raises(Timeout, match="still renewing"),
        stores.one().renewing(CLOCK.now() + 0.2),
    ):
        pass


def test_a_renewal_that_fails_lets_the_next_one_try(stores: Stores) -> None:
    with pytest.raises(RuntimeError), stores.one().renewing(None):
        raise RuntimeError
    with stores.one().renewing(CLOCK.now() + 0.2):
        pass


def test_a_pause_of_the_accounts_server_is_known_to_all(stores: Stores) -> None:
    one, other = stores.one(), stores.one()
    assert other.blocked() == 0

    one.block(60)

    assert 50 < other.blocked() <= 60
    assert 50 < one.blocked() <= 60


def test_a_redis_that_is_away_is_an_error_that_tells_no_token(
    stores: Stores, redis_server: LocalRedis
) -> None:
    store, renewed = stores.one(), token("planted-secret")
    store.save(renewed)
    redis_server.set("requirepass", "x")
    redis_server.client.client_kill_filter(_type="normal", skipme=True)

    with pytest.raises(CoordinatorAway) as caught:
        store.load()
    with pytest.raises(CoordinatorAway) as unsaved:
        store.save(renewed)
    with pytest.raises(CoordinatorAway), store.renewing(None):
        pass

    assert "planted-secret" not in f"{caught.value} {caught.value!r} {store!r}"
    # Services that collect errors keep the variables, too.
    kept = TracebackException.from_exception(unsaved.value, capture_locals=True)
    assert "planted-secret" not in "".join(kept.format())


def test_a_redis_that_comes_back_in_a_moment_is_waited_for(
    stores: Stores, redis_server: LocalRedis
) -> None:
    store = stores.one()
    redis_server.stop()
    starter = threading.Timer(0.3, redis_server.start)
    starter.start()

    store.save(token())

    starter.join()
    assert store.load() is not None


def test_a_redis_that_stays_away_is_given_up(stores: Stores, redis_server: LocalRedis) -> None:
    store = stores.one()
    redis_server.stop()

    with pytest.raises(CoordinatorAway, match="cannot be reached"):
        store.load()
    with pytest.raises(CoordinatorAway), store.renewing(CLOCK.now() + 0.2):
        pass
    store.block(60)
    assert 50 < store.blocked() <= 60


def test_a_redis_without_memory_is_an_error(stores: Stores, redis_server: LocalRedis) -> None:
    store = stores.one()
    redis_server.set("maxmemory", 1)

    with pytest.raises(CoordinatorAway, match="out of memory"):
        store.save(token())


def test_a_process_may_renew_for_itself_while_redis_is_away(
    stores: Stores, redis_server: LocalRedis
) -> None:
    store = stores.one(when_away="share")
    redis_server.stop()

    assert store.load() is None
    with store.renewing(None):
        store.save(token())
    found = store.load()
    assert found is not None
    assert found.value == "1000.a"


def test_a_lock_that_redis_takes_to_its_grave_hides_no_result(
    stores: Stores, redis_server: LocalRedis
) -> None:
    with stores.one().renewing(None):
        redis_server.stop()
