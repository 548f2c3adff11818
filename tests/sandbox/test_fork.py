"""Forked children: connections and records of their own, the token of the parent."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from zohorm.books import Contact, Item, ZohoBooks
from zohorm.query import Query
from zohorm.sandbox import Sandbox

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

CHILDREN = 4


class Child:
    """A forked child that runs one function and sends back what it returns as JSON."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._end, theirs = os.pipe()
        self._id = os.fork()
        if self._id == 0:
            self._live(act, theirs)
        os.close(theirs)

    def _live(self, act: Callable[[], object], out: int) -> None:
        status = 1
        try:
            os.write(out, json.dumps(act()).encode())
            status = 0
        except BaseException:  # noqa: BLE001 (nothing of the child may run on in the test runner)
            traceback.print_exc()
        finally:
            os._exit(status)

    def answer(self) -> Any:
        """Wait for the child's end and return what it sent."""
        with os.fdopen(self._end, "rb") as pipe:
            sent = pipe.read()
        _, status = os.waitpid(self._id, 0)
        assert status == 0, "the child failed"
        return json.loads(sent)


class Connects:
    """Counts the connections that this process makes from now on.

    The hook cannot be removed, so it is set in children alone, and they end soon.
    """

    def __init__(self) -> None:
        self.count = 0
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect":
            self.count += 1


@pytest.fixture
def bound(sandbox: Sandbox) -> Iterator[ZohoBooks]:
    """A session bound as the default, with a token and a connection that is kept open."""
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock).bind()) as books:
        list(Contact.iterate())
        sandbox.forget()
        yield books


def items(sandbox: Sandbox, count: int) -> list[str]:
    return [sandbox.insert("Item", {"name": f"Item {n}", "rate": n}) for n in range(count)]


def test_four_children_share_no_connection_and_get_their_own_answers(
    sandbox: Sandbox, bound: ZohoBooks
) -> None:
    ids = items(sandbox, 5 * (CHILDREN + 1))

    def read(place: int) -> list[object]:
        connects = Connects()
        mine = ids[5 * place : 5 * place + 5]
        return [connects.count, *(Item.get(one).name for one in mine), connects.count]

    children = [Child(partial(read, place)) for place in range(CHILDREN)]
    # The parent goes on over its own connection meanwhile.
    own = [Item.get(one).name for one in ids[-5:]]
    answers = [child.answer() for child in children]

    for place, (before, *names, after) in enumerate(answers):
        assert names == [f"Item {5 * place + n}" for n in range(5)]
        assert (before, after) == (0, 1), "one new connection, kept for all five calls"
    assert own == [f"Item {n}" for n in range(5 * CHILDREN, 5 * CHILDREN + 5)]
    assert sorted(call.path for call in sandbox.calls) == sorted(f"/items/{one}" for one in ids)
    assert {call.status for call in sandbox.calls} == {200}


def test_a_child_keeps_the_token(sandbox: Sandbox, bound: ZohoBooks) -> None:
    tea = items(sandbox, 1)[0]

    answers = [Child(lambda: Item.get(tea).name).answer() for _ in range(CHILDREN)]

    assert answers == ["Item 0"] * CHILDREN
    assert sandbox.token_calls == []


def test_a_child_renews_a_token_that_died(sandbox: Sandbox, bound: ZohoBooks) -> None:
    tea = items(sandbox, 1)[0]
    sandbox.expire_tokens()

    assert Child(lambda: Item.get(tea).name).answer() == "Item 0"

    assert len(sandbox.token_calls) == 1


def test_a_child_has_an_identity_map_of_its_own(sandbox: Sandbox, bound: ZohoBooks) -> None:
    tea = items(sandbox, 1)[0]
    mine = Item.get(tea)
    mine.name = "half-made edit of the parent"

    def look() -> list[object]:
        again = Item.get(tea)
        return [again is mine, again is Item.get(tea), again.name, again.is_changed]

    assert Child(look).answer() == [False, True, "Item 0", False]


def test_an_edit_in_a_child_does_not_reach_the_parent(sandbox: Sandbox, bound: ZohoBooks) -> None:
    tea = items(sandbox, 1)[0]
    mine = Item.get(tea)

    def edit() -> object:
        item = Item.get(tea)
        item.name = "Coffee"
        return item.is_changed

    assert Child(edit).answer() is True

    assert not mine.is_changed
    assert Item.get(tea).name == "Item 0"


def test_a_save_in_a_child_arrives_once(sandbox: Sandbox, bound: ZohoBooks) -> None:
    def create(place: int) -> str:
        contact = Contact(contact_name=f"Contact {place}")
        contact.save()
        return contact.id

    children = [Child(partial(create, place)) for place in range(CHILDREN)]
    made = [child.answer() for child in children]

    stored = {row["contact_id"]: row["contact_name"] for row in sandbox.rows("Contact")}
    assert stored == {made[place]: f"Contact {place}" for place in range(CHILDREN)}


def test_a_child_that_closes_the_session_leaves_the_parents_open(
    sandbox: Sandbox, bound: ZohoBooks
) -> None:
    tea = items(sandbox, 1)[0]

    assert Child(bound.close).answer() is None

    assert Item.get(tea).name == "Item 0"
    assert len(sandbox.calls) == 1


def test_a_child_does_not_wait_for_a_fetch_that_only_the_parent_makes(
    sandbox: Sandbox, bound: ZohoBooks
) -> None:
    tea = items(sandbox, 1)[0]
    sandbox.next(fault="hang", path="/items/*")
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(Item.get, tea)
        sandbox.wait_for_hanging()

        child = Child(lambda: Item.get(tea).name)

        assert child.answer() == "Item 0"
        sandbox.release()
        assert fetching.result().name == "Item 0"


def test_a_child_does_not_wait_for_a_renewal_that_only_the_parent_makes(
    sandbox: Sandbox, bound: ZohoBooks
) -> None:
    ids = items(sandbox, 2)
    sandbox.expire_tokens()
    sandbox.next(fault="hang-after-commit", path="/oauth/*")
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(Item.get, ids[0])
        sandbox.wait_for_hanging()

        assert Child(lambda: Item.get(ids[1]).name).answer() == "Item 1"

        sandbox.release()
        assert renewing.result().name == "Item 0"
    assert len(sandbox.token_calls) == 2


def test_a_child_forked_while_every_place_is_taken_has_places_of_its_own(sandbox: Sandbox) -> None:
    ids = items(sandbox, 3)
    credentials: Any = sandbox.credentials
    with closing(ZohoBooks(**credentials, clock=sandbox.clock, max_in_flight=2).bind()):
        sandbox.next(fault="hang", path="/items/*", times=2)
        with ThreadPoolExecutor(2) as pool:
            hanging = [pool.submit(Item.get, one) for one in ids[:2]]
            sandbox.wait_for_hanging(2)

            assert Child(lambda: Item.get(ids[2]).name).answer() == "Item 2"

            sandbox.release()
            assert [one.result().id for one in hanging] == ids[:2]


def test_a_child_may_use_threads(sandbox: Sandbox, bound: ZohoBooks) -> None:
    ids = items(sandbox, 8)

    def read() -> list[str]:
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda one: Item.get(one).name, ids))

    assert Child(read).answer() == [f"Item {n}" for n in range(8)]


def test_a_child_of_a_block_works_in_the_block(sandbox: Sandbox, books: ZohoBooks) -> None:
    for place in range(450):
        sandbox.insert("Item", {"name": f"Item {place}", "rate": place})

    counts = [Child(lambda: len(list(Item.iterate().ahead(2)))).answer() for _ in range(2)]

    assert counts == [450, 450]


@pytest.mark.parametrize("query", [Item.iterate, lambda: Item.iterate().ahead(2)])
def test_a_fork_in_the_middle_of_a_list_goes_on_in_both(
    query: Callable[[], Query[Item]], sandbox: Sandbox, bound: ZohoBooks
) -> None:
    for place in range(850):
        sandbox.insert("Item", {"name": f"Item {place}", "rate": place})
    rest = iter(query())
    first = next(rest)
    for _ in range(200):
        next(rest)

    child = Child(lambda: [item.id for item in rest])
    mine = [item.id for item in rest]

    assert child.answer() == mine
    assert len(mine) == 649
    assert first.id not in mine
