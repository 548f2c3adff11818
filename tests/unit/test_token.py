from __future__ import annotations

import logging
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from scripted import Scripted
from wiring import SECRETS, Wiring

from zohorm.clock import ManualClock, SystemClock
from zohorm.errors import (
    AuthError,
    MissingSetting,
    NotPicklable,
    RefreshRefused,
    RefreshThrottled,
    ServerError,
    Timeout,
    Unreachable,
    WrongType,
    ZohoError,
)
from zohorm.refresh import Token
from zohorm.settings import Settings
from zohorm.token import LockingTokenStore, TokenSource, TokenStore
from zohorm.transport import RequestsTransport


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(patience_seconds=10)


@pytest.fixture
def source(server: Scripted, clock: ManualClock) -> Iterator[TokenSource]:
    source = Wiring(url=server.url, clock=clock).tokens()
    yield source
    source.close()


@attrs.define
class Memory:
    """A token store, as several processes would share it."""

    token: Token | None = None
    saved: int = 0

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token = token
        self.saved += 1


class WatchedClock(ManualClock):
    """Opens a gate when so many threads wait for another one."""

    def __init__(self, gate: threading.Event, *, waiting: int) -> None:
        super().__init__(patience_seconds=30)
        self.gate = gate
        self.still = waiting

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.still -= 1
        if self.still == 0:
            self.gate.set()
        super().wait(condition, seconds)


@attrs.define
class Granter:
    """Gives tokens as told, and counts."""

    give: Callable[[], Token]
    asked: int = 0
    closed: int = 0

    def grant(self, deadline: float | None) -> Token:
        self.asked += 1
        return self.give()

    def close(self) -> None:
        self.closed += 1


def _at_once(count: int, work: Callable[[], object]) -> list[object]:
    """Run `work` in threads and return what each got, or the error that it met."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except ZohoError as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# One token, one renewal.


def test_a_token_is_got_once_and_kept_until_shortly_before_its_end(
    server: Scripted, source: TokenSource, clock: ManualClock
) -> None:
    assert [source.value(), source.value()] == ["1000.token-1"] * 2
    clock.move(seconds=3589)
    assert source.value() == "1000.token-1"
    clock.move(seconds=2)
    assert source.value() == "1000.token-2"

    assert len(server.token_calls) == 2


def test_16_threads_without_a_token_get_one(server: Scripted, source: TokenSource) -> None:
    gate = server.hold()
    threading.Timer(0.1, gate.set).start()

    assert _at_once(16, source.value) == ["1000.token-1"] * 16
    assert len(server.token_calls) == 1


def test_those_who_wait_get_the_failure_and_those_who_come_later_try_again(
    server: Scripted,
) -> None:
    gate = server.hold()
    clock = WatchedClock(gate, waiting=7)
    source = Wiring(url=server.url, clock=clock).tokens()
    server.next_token(200, {"error": "invalid_code"})

    found = _at_once(8, source.value)

    assert {type(error) for error in found} == {RefreshRefused}
    assert len({id(error) for error in found}) == 8
    assert len(server.token_calls) == 1
    assert source.value() == "1000.token-1"
    source.close()


def test_those_who_wait_try_by_themselves_if_the_renewal_was_interrupted(
    clock: ManualClock,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def give() -> Token:
        if granter.asked == 1:
            begun.set()
            go_on.wait()
            raise KeyboardInterrupt
        return Token("1000.second")

    granter = Granter(give)
    source = TokenSource(granter, clock=clock)
    interrupted: list[bool] = []

    def first() -> None:
        try:
            source.value()
        except KeyboardInterrupt:
            interrupted.append(True)

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait()
    threading.Timer(0.05, go_on.set).start()

    assert source.value() == "1000.second"
    thread.join()
    assert interrupted == [True]


def test_no_lock_is_held_while_the_token_is_renewed(clock: ManualClock) -> None:
    """The granter itself uses the source, which would lock up."""

    def give() -> Token:
        renewing.refused("1000.other")
        return Token(f"1000.{renewing.api_domain}")

    renewing = TokenSource(Granter(give), clock=clock)

    assert renewing.value() == "1000.None"


def test_a_wait_for_the_renewal_ends_with_the_time_of_the_call() -> None:
    clock = ManualClock(patience_seconds=0)
    begun, go_on = threading.Event(), threading.Event()

    def give() -> Token:
        begun.set()
        go_on.wait()
        return Token("1000.late")

    source = TokenSource(Granter(give), clock=clock)
    thread = threading.Thread(target=source.value)
    thread.start()
    begun.wait()

    with pytest.raises(Timeout):
        source.value(deadline=clock.now() + 5)

    go_on.set()
    thread.join()
    assert clock.now() == 5
    assert source.value() == "1000.late"


# Callers with different times.


class Waiters:
    """Threads that ask one source for the token, each until a time of its own."""

    def __init__(self, source: TokenSource, clock: WaitedClock) -> None:
        self._source = source
        self._clock = clock
        self._pool = ThreadPoolExecutor(16)

    def ask(self, seconds: float | None) -> Future[str]:
        """Ask, and return when the thread waits for another."""
        deadline = None if seconds is None else self._clock.now() + seconds
        asked = self._pool.submit(self._source.value, deadline)
        assert self._clock.waiting.acquire(timeout=30)
        return asked

    def lead(self, seconds: float, begun: threading.Event) -> Future[str]:
        """Ask, and return when the thread leads the renewal."""
        asked = self._pool.submit(self._source.value, self._clock.now() + seconds)
        assert begun.wait(30)
        return asked


class WaitedClock(ManualClock):
    """Stands still while somebody waits, and counts those who do."""

    def __init__(self) -> None:
        super().__init__(patience_seconds=60)
        self.waiting = threading.Semaphore(0)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waiting.release()
        super().wait(condition, seconds)


@attrs.define
class Relay:
    """Gives no token in the time of the first so many who ask; notes the time of each."""

    clock: ManualClock
    failures: int = 1
    deadlines: list[float | None] = attrs.field(factory=list)
    begun: threading.Event = attrs.field(factory=threading.Event)
    go_on: threading.Event = attrs.field(factory=threading.Event)

    def grant(self, deadline: float | None) -> Token:
        self.deadlines.append(deadline)
        self.begun.set()
        assert self.go_on.wait(30)
        if len(self.deadlines) > self.failures:
            return Token("1000.late")
        if deadline is not None:
            self.clock.move(seconds=deadline - self.clock.now())
        raise Unreachable("no answer", out_of_time=True)

    def close(self) -> None:
        pass


def test_who_has_the_most_time_goes_on_with_a_renewal_that_another_had_no_time_for() -> None:
    clock = WaitedClock()
    relay = Relay(clock)
    waiters = Waiters(TokenSource(relay, clock=clock), clock)
    first = waiters.lead(5, relay.begun)
    others = [waiters.ask(seconds) for seconds in (20, 60, 40)]

    relay.go_on.set()

    assert isinstance(first.exception(30), Unreachable)
    assert [other.result(30) for other in others] == ["1000.late"] * 3
    assert relay.deadlines == [5, 60]


def test_a_caller_without_a_limit_has_the_most_time() -> None:
    clock = WaitedClock()
    relay = Relay(clock)
    waiters = Waiters(TokenSource(relay, clock=clock), clock)
    first = waiters.lead(5, relay.begun)
    others = [waiters.ask(seconds) for seconds in (500, None, 600)]

    relay.go_on.set()

    assert isinstance(first.exception(30), Unreachable)
    assert [other.result(30) for other in others] == ["1000.late"] * 3
    assert relay.deadlines == [5, None]


def test_a_renewal_fails_each_who_has_no_time_left_and_asks_once_for_all_of_them() -> None:
    """If the one with the most time got no token, no other one of them would have."""
    clock = WaitedClock()
    relay = Relay(clock, failures=9)
    waiters = Waiters(TokenSource(relay, clock=clock), clock)
    first = waiters.lead(5, relay.begun)
    others = [waiters.ask(seconds) for seconds in (6, 7, 8, 9, 9)]

    relay.go_on.set()

    errors = [asked.exception(30) for asked in (first, *others)]
    assert sorted(type(error).__name__ for error in errors) == ["Timeout"] * 4 + ["Unreachable"] * 2
    assert relay.deadlines == [5, 9]


def test_a_caller_whose_time_is_nearly_over_spends_no_token() -> None:
    clock = WaitedClock()
    relay = Relay(clock)
    waiters = Waiters(TokenSource(relay, clock=clock), clock)
    first = waiters.lead(5, relay.begun)
    other = waiters.ask(5.05)

    relay.go_on.set()

    assert isinstance(first.exception(30), Unreachable)
    assert isinstance(other.exception(30), Timeout)
    assert relay.deadlines == [5]


def test_who_comes_after_such_a_failure_tries_again() -> None:
    clock = WaitedClock()
    relay = Relay(clock)
    source = TokenSource(relay, clock=clock)
    relay.go_on.set()
    with pytest.raises(Unreachable):
        source.value(5)

    assert source.value(10) == "1000.late"
    assert relay.deadlines == [5, 10]


@pytest.mark.parametrize(("seconds", "is_final"), [(5, False), (600, True)])
def test_only_a_failure_that_more_time_might_have_mended_is_tried_again_by_those_who_wait(
    server: Scripted, seconds: float, is_final: bool
) -> None:
    clock = WaitedClock()
    gate = server.hold()
    server.next_token(503, times=4 if is_final else 1)
    source = Wiring(url=server.url, clock=clock).tokens(backoff_seconds=15)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(source.value, seconds)
        while not server.token_calls and not first.done():
            SystemClock().sleep(0.005)
        other = pool.submit(source.value, 900)
        assert clock.waiting.acquire(timeout=30)
        gate.set()

        error = first.exception(30)
        found = other.exception(30) or other.result()

    assert isinstance(error, ServerError)
    assert error.out_of_time is not is_final
    assert isinstance(found, ServerError) if is_final else found == "1000.token-1"
    assert len(server.token_calls) == (4 if is_final else 2)
    source.close()


def test_so_it_is_where_the_answer_takes_longer_and_no_clock_tells(server: Scripted) -> None:
    """The time of an answer is real, whatever clock the session has."""
    clock = WaitedClock()
    server.next_token(fault="hang")
    source = Wiring(url=server.url, clock=clock).tokens(max_retries=0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(source.value, 1.0)
        while not server.token_calls and not first.done():
            SystemClock().sleep(0.005)
        other = pool.submit(source.value, 900)

        error = first.exception(30)

        assert isinstance(error, Timeout)
        assert error.out_of_time
        assert other.result(30) == "1000.token-1"
    source.close()


class Full(Memory):
    """A store that has no room for a token."""

    def save(self, token: Token) -> None:
        self.saved += 1
        raise OSError("no room")


def test_a_token_that_could_not_be_stored_is_used_by_those_who_waited() -> None:
    """Each new one counts against ten per ten minutes."""
    clock = WaitedClock()
    relay, store = Relay(clock, failures=0), Full()
    source = TokenSource(relay, clock=clock, store=store)
    waiters = Waiters(source, clock)
    first = waiters.lead(60, relay.begun)
    others = [waiters.ask(seconds) for seconds in (60, None, 20)]

    relay.go_on.set()

    assert isinstance(first.exception(30), OSError)
    assert [other.result(30) for other in others] == ["1000.late"] * 3
    assert source.value() == "1000.late"
    assert (relay.deadlines, store.saved) == ([60], 1)


# Refused tokens.


def test_a_refused_token_is_dropped(server: Scripted, source: TokenSource) -> None:
    source.refused(source.value())

    assert source.value() == "1000.token-2"


def test_a_complaint_about_a_token_that_is_gone_changes_nothing(
    server: Scripted, source: TokenSource
) -> None:
    old = source.value()
    source.refused(old)
    new = source.value()

    source.refused(old)

    assert source.value() == new
    assert len(server.token_calls) == 2


def test_the_api_host_is_kept_where_a_later_answer_omits_it(
    server: Scripted, source: TokenSource
) -> None:
    source.refused(source.value())
    server.next_token(200, {"access_token": "1000.next", "expires_in": 3600})

    assert source.value() == "1000.next"
    assert source.api_domain == server.url


# Where tokens come from.


class Plain:
    pass


def _settings(**given: Any) -> Settings:
    return Settings(**{"clock": ManualClock(), **given})


@pytest.fixture
def open_source(server: Scripted) -> Iterator[Callable[[Settings], TokenSource]]:
    opened: list[TokenSource] = []

    def open_one(settings: Settings) -> TokenSource:
        source = TokenSource.from_settings(
            settings, accounts_url=server.url, transport=RequestsTransport()
        )
        opened.append(source)
        return source

    yield open_one
    for source in opened:
        source.close()


Open = Callable[[Settings], TokenSource]


def test_a_given_token_is_used_until_it_is_refused(server: Scripted, open_source: Open) -> None:
    source = open_source(_settings(access_token="1000.given"))

    assert source.value() == "1000.given"
    assert not source.renewable
    source.refused("1000.given")

    with pytest.raises(AuthError, match="no credentials to renew"):
        source.value()
    assert server.token_calls == []


@pytest.mark.parametrize("expires_in", [600, 600_000])
def test_a_given_token_is_renewed_when_it_ends_if_there_are_credentials(
    open_source: Open, expires_in: int
) -> None:
    clock = ManualClock()
    settings = _settings(clock=clock, access_token="1000.given", expires_in=expires_in, **SECRETS)
    source = open_source(settings)

    assert source.renewable
    clock.move(seconds=589)
    assert source.value() == "1000.given"
    clock.move(seconds=2)
    assert source.value() == "1000.token-1"


def test_the_redirect_address_is_sent_along(server: Scripted, open_source: Open) -> None:
    open_source(_settings(redirect_url="https://me.example/back", **SECRETS)).value()

    assert b"redirect_uri=https%3A%2F%2Fme.example%2Fback" in server.token_calls[0].body


def test_auth_may_be_a_token(open_source: Open) -> None:
    source = open_source(_settings(auth="1000.mine"))

    assert source.value() == "1000.mine"
    assert not source.renewable


def test_auth_may_be_a_function_which_is_asked_each_time(open_source: Open) -> None:
    tokens = iter(["1000.a", "1000.b"])
    source = open_source(_settings(auth=lambda: next(tokens)))

    assert [source.value(), source.value()] == ["1000.a", "1000.b"]
    assert source.renewable


def test_a_function_that_returns_no_token_is_named(open_source: Open) -> None:
    source = open_source(_settings(auth=lambda: None))

    with pytest.raises(WrongType, match="NoneType"):
        source.value()


def test_a_stored_token_saves_the_renewal(server: Scripted, open_source: Open) -> None:
    store = Memory(Token("1000.stored"))
    source = open_source(_settings(auth=store, **SECRETS))

    assert source.value() == "1000.stored"
    assert (server.token_calls, store.saved) == ([], 0)


def test_a_new_token_is_stored_for_the_others(server: Scripted, open_source: Open) -> None:
    store = Memory()
    source = open_source(_settings(auth=store, **SECRETS))
    other = open_source(_settings(auth=store, **SECRETS))

    assert [source.value(), other.value()] == ["1000.token-1"] * 2
    assert (len(server.token_calls), store.saved) == (1, 1)


def test_a_refused_token_is_not_taken_from_the_store_again(
    server: Scripted, open_source: Open
) -> None:
    store = Memory(Token("1000.stored"))
    source = open_source(_settings(auth=store, **SECRETS))

    source.refused(source.value())
    assert source.value() == "1000.token-1"
    store.token = Token("1000.of-another-process")
    source.refused("1000.token-1")

    assert source.value() == "1000.of-another-process"
    assert len(server.token_calls) == 1


def test_a_store_without_credentials_waits_for_others_to_renew(open_source: Open) -> None:
    store = Memory(Token("1000.old", expires_at=1.0))
    source = open_source(_settings(auth=store))

    with pytest.raises(AuthError):
        source.value()
    store.token = Token("1000.new")

    assert source.value() == "1000.new"
    assert source.renewable


def test_a_store_is_known_by_its_two_methods() -> None:
    assert isinstance(Memory(), TokenStore)
    assert not isinstance(Plain(), TokenStore)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "client_id, client_secret and refresh_token"),
        ({"refresh_token": "r"}, "client_id and client_secret"),
        ({"refresh_token": "r", "client_id": "c"}, "client_secret"),
    ],
)
def test_missing_credentials_are_named_before_any_call(
    server: Scripted, open_source: Open, given: dict[str, str], missing: str
) -> None:
    with pytest.raises(MissingSetting, match=missing):
        open_source(_settings(**given))

    assert server.token_calls == []


def test_anything_else_as_auth_is_refused(open_source: Open) -> None:
    with pytest.raises(WrongType, match="token store"):
        open_source(_settings(auth=Plain()))


# What is told, and what survives.


def test_a_source_can_be_neither_pickled_nor_read(source: TokenSource) -> None:
    token = source.value()

    with pytest.raises(NotPicklable):
        pickle.dumps(source)
    with pytest.raises(NotPicklable):
        pickle.dumps(Token(token))
    told = repr(source) + repr(Token(token, 1.0, "https://x"))
    assert [word for word in (token, *SECRETS.values()) if word in told] == []


@pytest.mark.parametrize("value", ["", "two words", "1000.x\r\nX-Other: 1", "schlüssel"])
def test_what_cannot_be_a_token_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(AuthError) as caught:
        Token(value)

    assert not value or value not in str(caught.value)


def test_a_forked_child_keeps_the_token_and_renews_by_itself(
    server: Scripted, clock: ManualClock
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def give() -> Token:
        if os.getpid() == parent:
            begun.set()
            go_on.wait()
        return Token("1000.new")

    parent = os.getpid()
    source = TokenSource(Granter(give), clock=clock)
    thread = threading.Thread(target=source.value)
    thread.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if source.value() == "1000.new" else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    go_on.set()
    thread.join()

    assert status == 0


def test_closing_the_source_closes_what_gives_tokens(clock: ManualClock) -> None:
    granter = Granter(lambda: Token("1000.x"))

    TokenSource(granter, clock=clock).close()
    TokenSource(None, clock=clock, token=Token("1000.x")).close()

    assert granter.closed == 1


def test_a_failure_that_is_not_ours_reaches_the_one_who_met_it(clock: ManualClock) -> None:
    def give() -> Token:
        raise ZeroDivisionError

    source = TokenSource(Granter(give), clock=clock)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            source.value()


def test_a_renewal_is_logged_without_the_token(
    source: TokenSource, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    token = source.value()

    assert {record.name for record in caplog.records} == {"zohorm.auth"}
    assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO"]
    assert "POST /oauth/v2/token -> 200 in " in caplog.text
    assert token not in caplog.text


def test_a_dead_accounts_server_is_no_revoked_credential(clock: ManualClock) -> None:
    with Scripted() as server:
        source = Wiring(url=server.url, clock=clock).tokens()

    with pytest.raises(Unreachable) as caught:
        source.value()

    assert not isinstance(caught.value, AuthError)
    assert (caught.value.attempts, caught.value.path) == (4, "/oauth/v2/token")


# Stores that let one process at a time renew.


@attrs.define
class Locked(Memory):
    """A store with a lock, and a note of what was asked of it."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    blocked_for: float = 0.0
    deadlines: list[float | None] = attrs.field(factory=list)
    arrives: Token | None = None

    @contextmanager
    def renewing(self, deadline: float | None) -> Iterator[None]:
        self.deadlines.append(deadline)
        with self.lock:
            if self.arrives is not None:
                self.token, self.arrives = self.arrives, None
            yield

    def block(self, seconds: float) -> None:
        self.blocked_for = seconds

    def blocked(self) -> float:
        return self.blocked_for


def test_a_store_that_locks_is_held_while_the_token_is_renewed(
    server: Scripted, open_source: Open
) -> None:
    store = Locked()
    source = open_source(_settings(auth=store, **SECRETS))

    assert source.value(5.0) == "1000.token-1"

    assert store.deadlines == [5.0]
    assert not store.lock.locked()
    assert isinstance(store, LockingTokenStore)
    assert not isinstance(Memory(), LockingTokenStore)


def test_a_stored_token_is_taken_without_the_lock(server: Scripted, open_source: Open) -> None:
    store = Locked(Token("1000.stored"))

    assert open_source(_settings(auth=store, **SECRETS)).value() == "1000.stored"
    assert store.deadlines == []


def test_a_token_that_came_while_waiting_for_the_lock_saves_the_renewal(
    server: Scripted, open_source: Open
) -> None:
    store = Locked(arrives=Token("1000.of-another-process"))

    assert open_source(_settings(auth=store, **SECRETS)).value() == "1000.of-another-process"
    assert (server.token_calls, store.saved) == ([], 0)


def test_many_sources_on_one_locking_store_renew_once(server: Scripted, open_source: Open) -> None:
    store = Locked()
    sources = [open_source(_settings(auth=store, **SECRETS)) for _ in range(8)]
    given = iter(sources)

    assert _at_once(8, lambda: next(given).value()) == ["1000.token-1"] * 8
    assert len(server.token_calls) == 1


def test_a_pause_that_one_process_learnt_keeps_the_others_from_asking(
    server: Scripted, open_source: Open
) -> None:
    store = Locked()
    server.next_token(400, {"error": "Access Denied"})
    one, other = (open_source(_settings(auth=store, **SECRETS)) for _ in range(2))

    for source in (one, other, one):
        with pytest.raises(RefreshThrottled):
            source.value()

    assert store.blocked_for == 60
    assert len(server.token_calls) == 1


def test_a_pause_that_is_known_does_not_grow(server: Scripted, open_source: Open) -> None:
    store = Locked()
    server.next_token(400, {"error": "Access Denied"})
    source = open_source(_settings(auth=store, **SECRETS))
    with pytest.raises(RefreshThrottled):
        source.value()
    store.blocked_for = 0.0

    with pytest.raises(RefreshThrottled):
        source.value()

    assert store.blocked_for == 0
    assert len(server.token_calls) == 1


# A refusal that no token can mend.


def test_a_new_token_that_is_refused_is_kept_for_some_minutes(
    source: TokenSource, clock: ManualClock
) -> None:
    """Else a loop of calls without a scope would use up the ten tokens of ten minutes."""
    assert source.refused(source.value())
    new = source.value()

    source.refused_anew(new)
    assert not source.refused(new)
    assert source.value() == new
    clock.move(minutes=5)

    assert source.refused(new)
    assert source.value() != new


def test_a_function_that_gives_the_refused_token_once_more_is_asked_again(
    open_source: Open,
) -> None:
    tokens = iter(["1000.a", "1000.a", "1000.b"])
    source = open_source(_settings(auth=lambda: next(tokens)))
    source.refused(source.value())

    source.refused_anew(source.value())

    assert source.refused("1000.a")
    assert source.value() == "1000.b"
