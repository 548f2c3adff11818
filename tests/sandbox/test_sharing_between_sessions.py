"""What sessions share (token, pace, the count of writes), and what each has to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from zohorm.books import Item, ZohoBooks
from zohorm.clock import ManualClock
from zohorm.errors import DayLimit, MinuteLimit, ServerError
from zohorm.products import ZohoExpense, ZohoInventory
from zohorm.sandbox import Sandbox
from zohorm.session import Session

# Every session of one sandbox has the same accounts host, client and refresh token.


@pytest.fixture
def opened(sandbox: Sandbox) -> Iterator[Any]:
    """Open sessions of the sandbox that are closed at the end."""
    with ExitStack() as stack:

        def make(kind: type[Session] = ZohoBooks, **settings: Any) -> Session:
            given = {**sandbox.credentials, "clock": sandbox.clock, **settings}
            session = kind(**given)
            stack.callback(session.close)
            return session

        yield make


def ask(session: Session) -> None:
    list(Item.using(session).iterate())


def test_sessions_of_one_user_refresh_once(sandbox: Sandbox, opened: Any) -> None:
    first, second = opened(), opened()

    ask(first)
    ask(second)

    assert len(sandbox.token_calls) == 1
    assert [call.status for call in sandbox.calls] == [200, 200]


def test_the_token_is_shared_between_products(sandbox: Sandbox, opened: Any) -> None:
    ask(opened())
    sandbox.next(status=200, body={"code": 0})

    opened(ZohoExpense).call(Item._needed_operation("list"), {})

    assert sandbox.calls[-1].url_path == "/expense/v1/items"
    assert len(sandbox.token_calls) == 1


def test_a_token_that_one_session_finds_dead_is_renewed_for_both(
    sandbox: Sandbox, opened: Any
) -> None:
    first, second = opened(), opened()
    ask(first)
    sandbox.expire_tokens()

    ask(second)
    ask(first)

    assert len(sandbox.token_calls) == 2
    assert [call.status for call in sandbox.calls] == [200, 401, 200, 200]


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "another"},
        {"refresh_token": "another"},
    ],
)
def test_another_client_or_refresh_token_is_another_source(
    other: dict[str, str], sandbox: Sandbox, opened: Any
) -> None:
    ask(opened())

    with pytest.raises(PermissionError):
        ask(opened(**other))

    assert len(sandbox.token_calls) == 2
    assert len(sandbox.calls) == 1


def test_another_accounts_host_is_another_source(sandbox: Sandbox, opened: Any) -> None:
    with Sandbox() as elsewhere:
        ask(opened())
        with pytest.raises(PermissionError):
            # Its token comes from there and is unknown here.
            ask(opened(accounts_url=elsewhere.url))

        assert len(sandbox.token_calls) == 1
        assert len(elsewhere.token_calls) >= 1


def test_the_token_is_kept_until_the_last_session_is_closed(sandbox: Sandbox, opened: Any) -> None:
    first, second = opened(), opened()
    ask(first)
    first.close()
    first.close()
    ask(second)
    assert len(sandbox.token_calls) == 1

    second.close()
    ask(opened())

    assert len(sandbox.token_calls) == 2


def test_an_access_token_of_its_own_is_not_shared(sandbox: Sandbox, opened: Any) -> None:
    ask(opened(refresh_token=None, access_token=sandbox.access_token()))
    assert sandbox.token_calls == []

    ask(opened())

    assert len(sandbox.token_calls) == 1


def test_two_sessions_of_one_organization_keep_one_pace(sandbox: Sandbox, opened: Any) -> None:
    first, second = opened(calls_per_minute=4), opened(calls_per_minute=4)
    began = sandbox.clock.now()

    for session in (first, second, first, second):
        ask(session)
    assert sandbox.clock.now() == began
    ask(second)

    # The fifth call waited until the first was a minute ago.
    assert sandbox.clock.now() - began >= 60
    assert [call.status for call in sandbox.calls] == [200] * 5


def test_the_pace_of_an_organization_is_shared_between_products(
    sandbox: Sandbox, opened: Any
) -> None:
    sandbox.next(status=200, body={"code": 0}, times=2)
    began = sandbox.clock.now()
    inventory = opened(ZohoInventory, calls_per_minute=2)
    books = opened(calls_per_minute=2)

    inventory.call(Item._needed_operation("list"), {})
    inventory.call(Item._needed_operation("list"), {})
    ask(books)

    assert sandbox.clock.now() - began >= 60


def test_the_narrower_pace_counts(sandbox: Sandbox, opened: Any) -> None:
    wide = opened(calls_per_minute=100)
    opened(calls_per_minute=2)
    began = sandbox.clock.now()

    for _ in range(3):
        ask(wide)

    assert sandbox.clock.now() - began >= 60


def test_two_organizations_have_a_pace_each() -> None:
    with Sandbox(organizations=2, clock=ManualClock()) as sandbox, ExitStack() as stack:
        sessions = []
        for organization in sandbox.organization_ids:
            credentials: Any = {**sandbox.credentials, "organization_id": organization}
            session = ZohoBooks(**credentials, clock=sandbox.clock, calls_per_minute=2)
            stack.callback(session.close)
            sessions.append(session)
        began = sandbox.clock.now()

        for session in sessions * 2:
            ask(session)

        assert sandbox.clock.now() == began
        assert len(sandbox.token_calls) == 1


@pytest.mark.switched(
    quota_headers="never",
    raises=AssertionError,
    match="3 == 2",
    because="the service alone knows that no call is left",
)
def test_the_quota_that_one_session_learns_stops_the_other(sandbox: Sandbox, opened: Any) -> None:
    sandbox.limits(per_day=2)
    first, second = opened(min_calls_remaining=1), opened(min_calls_remaining=1)
    ask(first)

    ask(first)
    with pytest.raises(DayLimit):
        ask(second)

    assert len(sandbox.calls) == 2


def test_a_minute_limit_that_one_session_meets_holds_the_other_back(
    sandbox: Sandbox, opened: Any
) -> None:
    first, second = opened(max_retries=0), opened()
    sandbox.next(status=429, code=44)
    with pytest.raises(MinuteLimit):
        ask(first)
    began = sandbox.clock.now()

    ask(second)

    assert sandbox.clock.now() - began > 0
    assert [call.status for call in sandbox.calls] == [429, 200]


def test_the_pace_is_dropped_when_the_last_session_is_closed(sandbox: Sandbox, opened: Any) -> None:
    first = opened(calls_per_minute=2)
    ask(first)
    ask(first)
    first.close()
    began = sandbox.clock.now()

    ask(opened())

    assert sandbox.clock.now() == began


def test_retry_is_each_sessions_own(sandbox: Sandbox, opened: Any) -> None:
    impatient, patient = opened(max_retries=0), opened(max_retries=2)

    sandbox.next(status=500)
    with pytest.raises(ServerError):
        ask(impatient)
    sandbox.next(status=500, times=2)
    ask(patient)

    assert [call.status for call in sandbox.calls] == [500, 500, 500, 200]


def test_one_sessions_transport_outlives_the_close_of_the_other(
    sandbox: Sandbox, opened: Any
) -> None:
    first, second = opened(), opened()
    ask(first)
    ask(second)

    first.close()
    ask(second)

    assert [call.status for call in sandbox.calls] == [200] * 3


def test_read_only_is_each_sessions_own(sandbox: Sandbox, opened: Any) -> None:
    opened(read_only=True)
    writer = opened()

    with writer:
        Item(name="Tea", rate=Decimal(3)).save()

    assert [call.method for call in sandbox.calls] == ["POST"]


def test_rows_and_records_are_each_sessions_own(sandbox: Sandbox, opened: Any) -> None:
    identifier = sandbox.insert("Item", {"name": "Tea", "rate": 3})
    first, second = opened(), opened()

    one = Item.using(first).get(identifier)
    other = Item.using(second).get(identifier)

    assert one is not other
    assert one.key == other.key
    assert len(sandbox.calls) == 2
