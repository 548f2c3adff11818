"""Many threads and one session: one refresh, one fetch, and nobody's half-made edit."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import pytest
from making import rows_of

from zohorm.books import Bill, Contact, Invoice, Item, ZohoBooks
from zohorm.books.bill import BillLineItem
from zohorm.clock import SystemClock
from zohorm.errors import (
    AuthError,
    NotBound,
    NotFound,
    OutcomeUnknown,
    ServerError,
    Timeout,
    Unsettled,
)
from zohorm.sandbox import Sandbox

T = TypeVar("T")
THREADS = 16


def at_once(count: int, act: Callable[[int], T], *, interval: float | None = None) -> list[T]:
    """Run `act` in so many threads that begin together, and return what each returned.

    An `interval` (in seconds) is how soon they take turns, from when all of them have begun: a
    thread that begins under a very short one may end at once, for two tracers cannot be installed
    at the same time.
    """
    usual = sys.getswitchinterval()
    # If one of them never comes, the others must not wait for ever.
    gate = threading.Barrier(
        count, action=lambda: sys.setswitchinterval(interval or usual), timeout=60
    )

    def begin(place: int) -> T:
        gate.wait()
        return act(place)

    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(begin, range(count)))
    finally:
        sys.setswitchinterval(usual)


def items(sandbox: Sandbox, count: int) -> list[str]:
    return [sandbox.insert("Item", {"name": f"Item {n}", "rate": n}) for n in range(count)]


def test_sixteen_threads_and_a_dead_token_make_one_refresh(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    ids = items(sandbox, THREADS)
    list(Item.iterate())
    sandbox.expire_tokens()
    sandbox.forget()

    got = at_once(THREADS, lambda place: Item.using(books).get(ids[place]).name)

    assert got == [f"Item {n}" for n in range(THREADS)]
    assert len(sandbox.token_calls) == 1
    # Nobody was refused twice.
    refused = [call.path for call in sandbox.calls if call.status == 401]
    assert 1 <= len(refused) == len(set(refused))


def test_threads_that_find_no_token_at_all_make_one_refresh(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """The renewal takes its time, so that all of them have to wait for it."""
    ids = items(sandbox, THREADS)
    sandbox.next(fault="hang-after-commit", path="/oauth/*")

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(Item.using(books).get, identifier) for identifier in ids]
        sandbox.wait_for_hanging()
        assert sandbox.calls == []
        sandbox.release()
        got = [one.result().id for one in running]

    assert got == ids
    assert len(sandbox.token_calls) == 1
    assert {call.status for call in sandbox.calls} == {200}


def test_a_refused_refresh_fails_every_thread_that_waits_for_it(sandbox: Sandbox) -> None:
    credentials: Any = {**sandbox.credentials, "refresh_token": "wrong"}
    sandbox.next(fault="hang-after-commit", path="/oauth/*")
    with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:

        def read(identifier: str) -> AuthError:
            with pytest.raises(AuthError) as caught:
                Item.using(books).get(identifier)
            return caught.value

        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(read, str(number)) for number in range(8)]
            sandbox.wait_for_hanging()
            sandbox.release()
            errors = [one.result() for one in running]

    assert len({id(error) for error in errors}) == 8
    # Whoever came after the answer has tried again.
    assert 1 <= len(sandbox.token_calls) <= 8
    assert sandbox.calls == []


def test_sixteen_threads_that_read_one_id_make_one_call_and_share_no_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    tea = sandbox.insert("Item", {"name": "Tea", "rate": 3})
    list(Item.iterate())
    sandbox.forget()
    sandbox.next(fault="hang", path="/items/*")
    # Each thread gets one read: in one thread, an id would rightly give the same object.
    gate = threading.Barrier(THREADS)

    def read() -> Item:
        gate.wait()
        return Item.using(books).get(tea)

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(read) for _ in range(THREADS)]
        sandbox.wait_for_hanging()
        sandbox.release()
        got = [one.result() for one in running]

    assert len({id(item) for item in got}) == THREADS
    assert [call.path for call in sandbox.calls] == [f"/items/{tea}"]
    assert {item.name for item in got} == {"Tea"}
    assert all(item.is_whole for item in got)


def test_threads_that_begin_together_share_no_record(sandbox: Sandbox, books: ZohoBooks) -> None:
    tea = sandbox.insert("Item", {"name": "Tea", "rate": 3})

    got = at_once(THREADS, lambda _: Item.using(books).get(tea))

    assert len({id(item) for item in got}) == THREADS
    assert len(sandbox.calls) == 1


def test_a_failed_fetch_fails_each_waiting_thread_with_an_error_of_its_own(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    list(Item.iterate())
    sandbox.forget()
    sandbox.next(fault="hang", path="/items/*")
    errors: list[NotFound] = []

    def read(_: int) -> None:
        with pytest.raises(NotFound) as caught:
            Item.using(books).get("77")
        errors.append(caught.value)

    with ThreadPoolExecutor(4) as pool:
        for place in range(4):
            pool.submit(read, place)
        sandbox.wait_for_hanging()
        sandbox.release()

    assert len({id(error) for error in errors}) == 4
    assert {error.code for error in errors} == {errors[0].code}


def test_a_thread_does_not_see_the_half_made_edit_of_another(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    tea = sandbox.insert("Item", {"name": "Tea", "rate": 3})
    mine = Item.get(tea)
    mine.name = "Coffee"

    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(Item.using(books).get, tea).result()

    assert theirs is not mine
    assert theirs.name == "Tea"
    assert not theirs.is_changed
    assert mine.name == "Coffee"
    assert len(sandbox.calls) == 1


def test_each_thread_has_one_object_per_id(sandbox: Sandbox) -> None:
    tea = sandbox.insert("Item", {"name": "Tea", "rate": 3})
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock).bind()):

        def twice(_: int) -> Item:
            one, other = Item.get(tea), Item.get(tea)
            assert one is other
            return one

        got = at_once(4, twice)

        assert len({id(item) for item in got}) == 4
        assert all(Item.get(tea) is not item for item in got)
    assert len(sandbox.calls) == 1


def test_a_block_is_not_seen_by_a_thread_that_the_caller_starts(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(NotBound):
        pool.submit(Item.get, "1").result()

    assert sandbox.calls == []


def test_a_thread_that_is_given_the_context_works_in_the_block(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """Then the block's records are its records, too."""
    tea = sandbox.insert("Item", {"name": "Tea", "rate": 3})
    mine = Item.get(tea)

    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(contextvars.copy_context().run, Item.get, tea).result()

    assert theirs is mine


def test_threads_that_the_library_starts_see_the_context_of_the_caller(sandbox: Sandbox) -> None:
    for place in range(900):
        sandbox.insert("Item", {"name": f"Item {place}", "rate": place})
    whose = contextvars.ContextVar("whose", default="nobody's")
    seen: list[tuple[str, bool]] = []

    def ask() -> str:
        seen.append((whose.get(), threading.current_thread() is threading.main_thread()))
        return sandbox.access_token()

    credentials: Any = {**sandbox.credentials, "auth": ask}
    with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books, books:
        whose.set("mine")
        assert len(list(Item.iterate().ahead(3))) == 900

    assert {value for value, _ in seen} == {"mine"}
    assert {in_main for _, in_main in seen} == {True, False}


def test_threads_that_write_and_read_lose_nothing(sandbox: Sandbox, books: ZohoBooks) -> None:
    sandbox.limits(per_minute=100_000)
    ids = items(sandbox, THREADS)

    def edit(place: int) -> None:
        bound = Item.using(books)
        for turn in range(3):
            item = bound.get(ids[place])
            item.description = f"{place}.{turn}"
            item.save()
            assert bound.get(ids[place]).description == f"{place}.{turn}"

    at_once(THREADS, edit)

    assert [row["description"] for row in sandbox.rows("Item")] == [
        f"{place}.2" for place in range(THREADS)
    ]
    assert sum(call.method == "PUT" for call in sandbox.calls) == 3 * THREADS


def test_no_more_calls_are_in_flight_than_the_session_allows(sandbox: Sandbox) -> None:
    ids = items(sandbox, 8)
    sandbox.limits(in_flight=2)
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock, max_in_flight=2)) as books:
        got = at_once(8, lambda place: Item.using(books).get(ids[place]).id)

    assert got == ids
    assert {call.status for call in sandbox.calls} == {200}


def test_a_failing_server_fails_threads_and_not_the_session(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    ids = items(sandbox, 4)
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock, max_retries=0)) as hasty:
        sandbox.next(status=500, times=4)

        def fail(place: int) -> None:
            with pytest.raises(ServerError):
                Item.using(hasty).get(ids[place])

        at_once(4, fail)
        got = at_once(4, lambda place: Item.using(hasty).get(ids[place]).id)

    assert got == ids
    assert Invoice.iterate().count() == 0


def close(session: ZohoBooks, place: int) -> None:
    session.close()


def test_threads_that_close_one_session_release_it_once(sandbox: Sandbox) -> None:
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as kept:
        list(Item.using(kept).iterate())
        for _ in range(5):
            other = ZohoBooks(**credentials, clock=sandbox.clock)
            at_once(8, partial(close, other))
        with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as late:
            list(Item.using(late).iterate())

    assert len(sandbox.token_calls) == 1


def test_threads_of_one_block_get_one_object_of_an_id(sandbox: Sandbox) -> None:
    """A thread that copies the context of a block is in that block."""
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books, books:
        item_id = sandbox.insert("Item", {"name": "Tea"})

        def in_four_threads() -> list[Item]:
            contexts = [contextvars.copy_context() for _ in range(4)]
            get = partial(Item.get, item_id)
            return at_once(4, lambda place: contexts[place].run(get), interval=1e-6)

        for _ in range(50):
            assert len({id(item) for item in in_four_threads()}) == 1


# Saves of one record by several threads.


def bill_of(*names: str) -> str:
    bill = Bill(vendor_id=saved_vendor().id, bill_number="B 1")
    for name in names:
        bill.line_items.append(BillLineItem(name=name, rate=Decimal(1), quantity=Decimal(1)))
    bill.save()
    return bill.id


def saved_vendor() -> Contact:
    vendor = Contact(contact_name="Bär & Søn", contact_type="vendor")
    vendor.save()
    return vendor


def rates(sandbox: Sandbox) -> list[object]:
    return [row["rate"] for row in rows_of(sandbox.rows("Bill")[0]["line_items"])]


def test_threads_that_save_different_lines_of_one_bill_lose_no_edit(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    bill_id = bill_of("Tea", "Cake", "Milk")

    def edit(place: int) -> None:
        bill = Bill.using(books).get(bill_id)
        bill.line_items[place].rate = Decimal(10 + place)
        bill.save()

    at_once(3, edit)

    assert rates(sandbox) == [10, 11, 12]


def test_sessions_of_one_organization_take_turns_as_well(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    bill_id = bill_of("Tea", "Cake", "Milk", "Rice")

    def edit(place: int) -> None:
        with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as mine:
            bill = Bill.using(mine).get(bill_id)
            bill.line_items.add(name=f"New {place}", rate=Decimal(place))
            bill.line_items[place].rate = Decimal(10 + place)
            bill.save()

    at_once(4, edit)

    assert rates(sandbox)[:4] == [10, 11, 12, 13]
    assert {rates(sandbox)[place] for place in range(4, 8)} == {0, 1, 2, 3}


def test_threads_that_save_one_new_object_create_one_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item.using(books)(name="Tea", rate=Decimal(3))

    results = at_once(8, lambda _: item.save().created)

    assert sorted(results) == [False] * 7 + [True]
    assert len(sandbox.rows("Item")) == 1


def test_a_save_in_doubt_stops_the_threads_that_wait_to_save_the_same_object(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    item = Item.using(books)(name="Tea", rate=Decimal(3))
    sandbox.next(fault="drop-after-commit", method="POST")

    def save(_: int) -> str:
        with pytest.raises((OutcomeUnknown, Unsettled)) as caught:
            item.save()
        return caught.type.__name__

    assert sorted(at_once(4, save)) == ["OutcomeUnknown"] + ["Unsettled"] * 3
    assert len(sandbox.rows("Item")) == 1
    assert set(at_once(4, lambda _: item.settle())) == {True}


def test_saves_of_different_records_do_not_wait_for_each_other(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    tea, cake = items(sandbox, 2)
    sandbox.next(fault="hang", method="PUT", path=f"/items/{tea}")

    def rename(identifier: str) -> None:
        item = Item.using(books).get(identifier)
        item.name = f"New {identifier}"
        item.save()

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(rename, tea)
        sandbox.wait_for_hanging()
        pool.submit(rename, cake).result()
        assert not slow.done()
        sandbox.release()
        slow.result()

    assert {row["name"] for row in sandbox.rows("Item")} == {f"New {tea}", f"New {cake}"}


def test_a_save_waits_for_its_turn_no_longer_than_a_call_may_take(sandbox: Sandbox) -> None:
    with closing(
        ZohoBooks(**sandbox.credentials, clock=SystemClock(), max_wait_seconds=0.5)
    ) as hasty:
        item = Item.using(hasty).get(items(sandbox, 1)[0])
        held = threading.Event()
        over = threading.Event()

        def hold() -> None:
            with hasty.writes.savers.turn(item.id, SystemClock(), 1):
                held.set()
                over.wait()

        holder = threading.Thread(target=hold, daemon=True)
        holder.start()
        held.wait()
        item.name = "New"
        with pytest.raises(Timeout, match="another save of this record"):
            item.save()
        over.set()
        holder.join()

        item.save()

    assert [row["name"] for row in sandbox.rows("Item")] == ["New"]
