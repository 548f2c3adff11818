"""The token of one user in a file of several processes."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from zohorm.clock import ManualClock
from zohorm.errors import CoordinatorAway, Timeout
from zohorm.extras.file_tokens import FileTokenStore
from zohorm.refresh import Token
from zohorm.token import LockingTokenStore

TOKEN = Token("1000.hush", 1750003600.5, "https://www.zohoapis.eu")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stores(tmp_path: Path, clock: ManualClock) -> list[FileTokenStore]:
    """Two stores, as two processes have them."""
    return [FileTokenStore(tmp_path, "ab12", clock=clock) for _ in range(2)]


def test_one_saves_and_the_other_loads(stores: list[FileTokenStore], tmp_path: Path) -> None:
    one, other = stores
    assert other.load() is None

    one.save(TOKEN)

    assert other.load() == TOKEN
    assert isinstance(one, LockingTokenStore)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_shorter_token_replaces_a_longer_one(stores: list[FileTokenStore]) -> None:
    stores[0].save(TOKEN)
    stores[0].save(Token("1"))
    stores[0].save(Token("2"))

    assert stores[1].load() == Token("2")


@pytest.mark.parametrize("content", [b"", b"1000.hush", b'{"value": "1000.hu', b"\xff\xfe", b"[]"])
def test_a_damaged_file_counts_as_empty_and_is_not_quoted(
    stores: list[FileTokenStore],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
) -> None:
    stores[0].save(TOKEN)
    (tmp_path / "ab12.token").write_bytes(content)

    with caplog.at_level(logging.DEBUG):
        assert stores[1].load() is None

    assert "damaged" in caplog.text
    assert "hu" not in caplog.text.replace(str(tmp_path), "")
    stores[1].save(TOKEN)
    assert stores[0].load() == TOKEN


def test_a_token_that_others_may_read_is_refused(
    stores: list[FileTokenStore], tmp_path: Path
) -> None:
    stores[0].save(TOKEN)
    (tmp_path / "ab12.token").chmod(0o640)

    with pytest.raises(CoordinatorAway, match="chmod 600"):
        stores[1].load()


@pytest.mark.parametrize("in_the_way", ["ab12.new", "ab12.token"])
def test_a_token_that_cannot_be_stored_is_not_lost_for_who_got_it(
    stores: list[FileTokenStore],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    in_the_way: str,
) -> None:
    (tmp_path / in_the_way).mkdir()

    stores[0].save(TOKEN)

    assert "was not stored" in caplog.text
    assert "hush" not in caplog.text


def test_one_renews_at_a_time(stores: list[FileTokenStore]) -> None:
    order: list[str] = []

    def renew(store: FileTokenStore) -> None:
        with store.renewing(None):
            order.append("in")
            order.append("out")

    threads = [threading.Thread(target=renew, args=(store,)) for store in stores * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert order == ["in", "out"] * 6


def test_who_waits_for_another_to_renew_gives_up_in_time(
    stores: list[FileTokenStore], clock: ManualClock
) -> None:
    one, other = stores

    with one.renewing(None), pytest.raises(Timeout), other.renewing(clock.now() + 5):
        pass

    assert clock.now() == pytest.approx(5)


def test_a_pause_is_known_to_all_until_it_is_over(
    stores: list[FileTokenStore], clock: ManualClock
) -> None:
    one, other = stores
    assert other.blocked() == 0

    one.block(60)
    assert other.blocked() == pytest.approx(60, abs=0.01)
    clock.move(seconds=61)

    assert other.blocked() == 0


@pytest.mark.parametrize("content", ["", "soon", "99999999999.000", "nan"])
def test_a_pause_that_cannot_be_is_none(
    stores: list[FileTokenStore], tmp_path: Path, content: str
) -> None:
    stores[0].block(60)
    (tmp_path / "ab12.pause").write_text(content)

    assert stores[1].blocked() == 0


def test_no_repr_shows_a_token(stores: list[FileTokenStore]) -> None:
    stores[0].save(TOKEN)

    assert "hush" not in repr(stores)
