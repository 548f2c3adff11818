"""The row cache by itself: what waits for whom, and since when a row is fresh."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from zohorm import wire
from zohorm.clock import ManualClock
from zohorm.errors import NotFound
from zohorm.rows import RowCache, Writes


class Model:
    """Stands for a class of records."""


class Interrupted(BaseException):
    """As KeyboardInterrupt is: no error of the fetch itself."""


KEY = (Model, "5")
OLD: wire.Row = {"name": "old"}
NEW: wire.Row = {"name": "new"}


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def cache(writes: Writes) -> RowCache:
    return RowCache(rows=10, seconds=60, clock=ManualClock(), writes=writes)


def test_a_fetched_row_is_held(cache: RowCache) -> None:
    assert cache.held(KEY) is None

    assert cache.fetch(KEY, lambda: OLD) is OLD

    assert cache.held(KEY) is OLD
    assert cache.fetch(KEY, lambda: NEW) is OLD


@pytest.mark.parametrize("again", [True, False])
def test_a_row_is_held_no_more_once_a_write_began(
    cache: RowCache, writes: Writes, again: bool
) -> None:
    cache.fetch(KEY, lambda: OLD)

    with writes.noting():
        assert cache.held(KEY) is None
        if again:
            cache.fetch(KEY, lambda: OLD)

    assert cache.held(KEY) is None


def test_the_answer_of_a_write_is_fresh_unless_another_write_overlapped(writes: Writes) -> None:
    with writes.noting() as alone:
        pass
    with writes.noting() as outer, writes.noting() as inner:
        pass

    assert alone() == 2
    assert outer() is None
    assert inner() == writes.moment - 1 != writes.moment


def test_the_answer_of_a_write_is_held(cache: RowCache, writes: Writes) -> None:
    with writes.noting() as fresh_since:
        pass

    cache.keep(KEY, NEW, fresh_since())

    assert cache.held(KEY) is NEW


def test_a_row_of_an_unknown_moment_is_not_held(cache: RowCache) -> None:
    cache.keep(KEY, NEW, None)

    assert cache.held(KEY) is None


def test_a_forgotten_row_is_not_held(cache: RowCache) -> None:
    cache.fetch(KEY, lambda: OLD)
    cache.forget(KEY)
    cache.forget(KEY)

    assert cache.held(KEY) is None


def test_an_error_is_told_to_the_next_who_asks_only_if_it_happens_again(cache: RowCache) -> None:
    def fail() -> wire.Row:
        raise NotFound("gone")

    with pytest.raises(NotFound):
        cache.fetch(KEY, fail)

    assert cache.fetch(KEY, lambda: NEW) is NEW


def test_a_thread_whose_fetcher_was_interrupted_fetches_by_itself(cache: RowCache) -> None:
    began, go_on, comes = threading.Event(), threading.Event(), threading.Event()

    def interrupted() -> wire.Row:
        began.set()
        go_on.wait(60)
        raise Interrupted

    def wait_for_it() -> wire.Row:
        comes.set()
        return cache.fetch(KEY, lambda: NEW)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.fetch, KEY, interrupted)
        began.wait(60)
        second = pool.submit(wait_for_it)
        comes.wait(60)
        go_on.set()

        assert isinstance(first.exception(), Interrupted)
        assert second.result() is NEW


def test_hits_and_misses_are_logged_by_model_and_id_alone(
    cache: RowCache, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "zohorm.cache")

    cache.fetch(KEY, lambda: {"customer_name": "Zoe"})
    cache.fetch(KEY, lambda: {"customer_name": "Zoe"})

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", f"{KEY[0].__name__} {KEY[1]}: miss"),
        ("DEBUG", f"{KEY[0].__name__} {KEY[1]}: hit"),
    ]
