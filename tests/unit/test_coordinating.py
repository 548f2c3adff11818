"""What a session asks of its coordinator, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import attrs
import pytest

from zohorm.books import Item, ZohoBooks
from zohorm.clock import Clock
from zohorm.coordinating import named
from zohorm.errors import InvalidValue, MissingSetting
from zohorm.refresh import Token
from zohorm.sandbox import Sandbox
from zohorm.throttle import LocalThrottle


@attrs.define
class Memory:
    """A token store in the memory of this process."""

    token: Token | None = None

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token = token


@attrs.define
class Meeting:
    """A coordinator in the memory of this process, and a note of what was asked of it."""

    paces: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    keys: list[str] = attrs.field(factory=list)
    throttles: list[LocalThrottle] = attrs.field(factory=list)
    store: Memory = attrs.field(factory=Memory)

    def throttle(self, key: str, **limits: Any) -> LocalThrottle:
        self.paces.append((key, limits))
        self.throttles.append(LocalThrottle(**limits))
        return self.throttles[-1]

    def tokens(self, key: str, *, clock: Clock) -> Memory:
        self.keys.append(key)
        return self.store


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


@pytest.fixture
def opened(sandbox: Sandbox) -> Iterator[Any]:
    """Open sessions of the sandbox that are closed at the end."""
    with ExitStack() as stack:

        def make(**settings: Any) -> ZohoBooks:
            session = ZohoBooks(**{**sandbox.credentials, "clock": sandbox.clock, **settings})
            stack.callback(session.close)
            return session

        yield make


def test_pace_and_token_come_from_the_coordinator(
    sandbox: Sandbox, opened: Any, meeting: Meeting
) -> None:
    session = opened(coordinator=meeting, calls_per_minute=7, max_in_flight=2, intercall_delay=1)

    Item.using(session).iterate().first()

    limits = {"calls_per_minute": 7, "max_in_flight": 2, "intercall_delay_seconds": 1}
    assert meeting.paces == [(sandbox.url, {**limits, "clock": sandbox.clock})]
    assert meeting.store.token is not None
    assert meeting.throttles[0].quota(session.organization_id) == session.quota is not None


def test_the_key_of_a_token_is_a_digest_and_the_same_for_the_same_user(
    opened: Any, meeting: Meeting
) -> None:
    opened(coordinator=meeting)
    opened(coordinator=meeting)
    opened(coordinator=meeting, client_secret="another")

    first, second, other = meeting.keys
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert first == second != other


def test_sessions_with_and_without_a_coordinator_share_no_token(
    sandbox: Sandbox, opened: Any, meeting: Meeting
) -> None:
    Item.using(opened()).iterate().first()
    Item.using(opened(coordinator=meeting)).iterate().first()

    assert len(sandbox.token_calls) == 2


def test_a_throttle_and_a_store_of_ones_own_win(
    sandbox: Sandbox, opened: Any, meeting: Meeting
) -> None:
    mine = Memory()
    throttle = LocalThrottle(clock=sandbox.clock)

    session = opened(coordinator=meeting, throttle=throttle, auth=mine)
    Item.using(session).iterate().first()

    assert (meeting.paces, meeting.keys) == ([], [])
    assert mine.token is not None
    assert throttle.quota(session.organization_id) is not None


def test_an_access_token_alone_is_not_shared(opened: Any, meeting: Meeting) -> None:
    opened(coordinator=meeting, access_token="1000.mine", refresh_token=None)

    assert meeting.keys == []


def test_a_session_that_cannot_open_holds_nothing(opened: Any, meeting: Meeting) -> None:
    for _ in range(2):
        with pytest.raises(MissingSetting):
            opened(coordinator=meeting, client_secret=None)

    opened(coordinator=meeting)

    assert len(meeting.paces) == 1


@pytest.mark.parametrize("text", ["file", "http://u:hush@host"])
def test_a_text_that_names_no_coordinator_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="files"):
        named(text)
