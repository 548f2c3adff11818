"""Pace and token of several processes on one machine; what all throttles do is in test_throttle."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zohorm.books import Item, ZohoBooks
from zohorm.clock import ManualClock, SystemClock
from zohorm.errors import (
    CoordinatorAway,
    DayLimit,
    InFlightLimit,
    MinuteLimit,
    NotPicklable,
    RefreshThrottled,
)
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.sandbox import Sandbox
from zohorm.throttle import LedgerThrottle, Quota

HOST = "https://www.zohoapis.eu"
ORGANIZATION = "10234695"
Open = Callable[..., LedgerThrottle]

# Takes a slot, says so, and holds it until it is killed.
_HOLDER = """
import sys, threading
from zohorm.clock import SystemClock
from zohorm.extras.file_coordinator import FileCoordinator
throttle = FileCoordinator(sys.argv[1]).throttle(
    sys.argv[2], calls_per_minute=100, max_in_flight=1, intercall_delay_seconds=0.0,
    clock=SystemClock(),
)
with throttle.slot(sys.argv[3], None):
    print("held", flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(patience_seconds=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "zohorm"


@pytest.fixture
def opened(folder: Path, clock: ManualClock) -> Open:
    """Make the throttle of one more process."""

    def make(**settings: Any) -> LedgerThrottle:
        limits = {"calls_per_minute": 100, "max_in_flight": 10, "intercall_delay_seconds": 0.0}
        return FileCoordinator(folder).throttle(HOST, **{**limits, "clock": clock, **settings})

    return make


def _call(throttle: LedgerThrottle, deadline: float | None = None) -> None:
    with throttle.slot(ORGANIZATION, deadline):
        pass


def _pace_file(folder: Path) -> Path:
    (path,) = (folder / "pace").iterdir()
    return path


# Where it lies.


def test_the_files_are_private_and_their_names_tell_nothing(opened: Open, folder: Path) -> None:
    throttle = opened()
    _call(throttle)

    paths = [folder, *folder.rglob("*")]
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in paths}
    assert modes == {True: 0o700, False: 0o600}
    assert not [path for path in paths[1:] if ORGANIZATION in path.name or "zoho" in path.name]
    assert str(folder) in repr(FileCoordinator(folder))


def test_a_coordinator_is_not_pickled(folder: Path) -> None:
    with pytest.raises(NotPicklable, match="same folder"):
        pickle.dumps(FileCoordinator(folder))


def test_an_organization_id_cannot_leave_the_folder(opened: Open, folder: Path) -> None:
    with opened().slot("../../elsewhere", None):
        pass

    assert _pace_file(folder).is_file()


def test_without_a_folder_it_is_that_of_the_users_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    session = ZohoBooks(**sandbox.credentials, clock=sandbox.clock, coordinator="files")
    Item.using(session).iterate().first()
    session.close()

    assert sorted(path.name for path in (tmp_path / "zohorm").iterdir()) == [
        "alive",
        "pace",
        "tokens",
    ]


def test_a_folder_that_others_see_stops_the_session_from_opening(
    folder: Path, sandbox: Sandbox
) -> None:
    folder.mkdir()
    folder.chmod(0o755)

    with pytest.raises(CoordinatorAway, match="chmod 700"):
        ZohoBooks(**sandbox.credentials, coordinator=FileCoordinator(folder))


@pytest.mark.parametrize("package", ["filelock", "platformdirs"])
def test_a_missing_package_is_told_with_the_line_that_installs_it(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from zohorm.books import ZohoBooks\n"
        "ZohoBooks('1', access_token='1000.a', coordinator='files')\n"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 'pip install "zohorm[files]"' in ran.stderr.splitlines()[-1]


# What is shared.


def test_calls_of_all_processes_count_for_the_minute(opened: Open, clock: ManualClock) -> None:
    one, other = opened(calls_per_minute=2), opened(calls_per_minute=2)

    _call(one)
    _call(other)
    assert clock.now() == 0
    _call(one)

    assert 60 <= clock.now() < 61


def test_each_process_keeps_its_own_limits(opened: Open, clock: ManualClock) -> None:
    wide, narrow = opened(calls_per_minute=5), opened(calls_per_minute=2)

    _call(wide)
    _call(wide)
    _call(wide)
    with pytest.raises(MinuteLimit):
        _call(narrow, clock.now() + 59)


def test_a_call_in_flight_in_another_process_counts(opened: Open, clock: ManualClock) -> None:
    one, other = opened(max_in_flight=1), opened(max_in_flight=1)

    with one.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        _call(other, clock.now() + 1)
    _call(other, clock.now() + 1)


def test_refusals_are_told_to_all_processes(opened: Open, clock: ManualClock) -> None:
    one, other = opened(max_in_flight=2), opened(max_in_flight=2)

    one.crowded(ORGANIZATION)
    with one.slot(ORGANIZATION, None), pytest.raises(InFlightLimit):
        _call(other, clock.now() + 1)
    other.penalty(ORGANIZATION, 40)
    with pytest.raises(MinuteLimit):
        _call(one, clock.now() + 30)


def test_the_day_is_known_to_all_processes(opened: Open, clock: ManualClock) -> None:
    one, other = opened(), opened()
    resets_at = dt.datetime.fromtimestamp(clock.time() + 3600, dt.UTC)

    with one.slot(ORGANIZATION, None):
        one.remember(ORGANIZATION, Quota(1000, 7, resets_at))
    assert other.quota(ORGANIZATION) == Quota(1000, 7, resets_at)
    with pytest.raises(DayLimit) as caught, other.slot(ORGANIZATION, None, reserve=8):
        pass

    assert caught.value.resets_at == resets_at
    one.remember(ORGANIZATION, Quota(None, 0, None))
    assert other.quota(ORGANIZATION) == Quota(None, 0, None)


def test_throttles_of_one_coordinator_share_a_queue(folder: Path, clock: ManualClock) -> None:
    coordinator = FileCoordinator(folder)
    limits: dict[str, Any] = {"calls_per_minute": 1, "intercall_delay_seconds": 0, "clock": clock}
    one, other = (coordinator.throttle(HOST, max_in_flight=1, **limits) for _ in range(2))

    _call(one)
    with pytest.raises(MinuteLimit):
        _call(other, clock.now() + 59)


# What becomes of the dead.


def _holder(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _HOLDER, str(folder), HOST, ORGANIZATION]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_killed_process_gives_its_slot_back_and_its_call_counts(
    opened: Open, folder: Path
) -> None:
    clock = SystemClock()
    throttle = opened(calls_per_minute=2, max_in_flight=1, clock=clock)

    with _holder(folder) as process:
        with pytest.raises(InFlightLimit):
            _call(throttle, clock.now() + 0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()

    _call(throttle, clock.now() + 5)
    with pytest.raises(MinuteLimit):
        _call(throttle, clock.now() + 5)


def test_who_gave_up_or_was_stopped_is_not_waited_for(opened: Open, clock: ManualClock) -> None:
    first, gone, stopped = (opened(max_in_flight=1) for _ in range(3))
    waiting = threading.Thread(target=_call, args=(stopped,))

    with first.slot(ORGANIZATION, None):
        with pytest.raises(InFlightLimit):
            _call(gone, clock.now() + 0.2)
        ledger, rate = stopped._line(ORGANIZATION).ledger, stopped._rate
        assert ledger.begin(waiting, rate=rate, place=0, reserve=0) is not None
    with pytest.raises(InFlightLimit):
        _call(first, clock.now() + 0.5)  # it is the turn of the one that was stopped
    clock.move(seconds=5)
    _call(first, clock.now() + 0.5)

    assert ledger.begin(waiting, rate=rate, place=0, reserve=0) is None
    ledger.end(waiting)


def test_a_forked_child_counts_as_another_process(opened: Open, clock: ManualClock) -> None:
    throttle = opened(max_in_flight=1)
    slot = throttle.slot(ORGANIZATION, None)
    slot.__enter__()

    child = os.fork()
    if child == 0:
        code = 0
        try:
            _call(throttle, clock.now() + 1)
            code = 1  # the parent's call should have been in the way
        except InFlightLimit:
            slot.__exit__(None, None, None)  # gives nothing back that is the parent's
        try:
            _call(throttle, clock.now() + 1)
            code = 2
        except InFlightLimit:
            pass
        os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    slot.__exit__(None, None, None)
    _call(throttle, clock.now() + 1)


# What becomes of damage.


def _foreign(body: bytes) -> bytes:
    return f"zohorm pace 1 {zlib.crc32(body):08x} {len(body):08d}\n".encode() + body


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-20],
        lambda content: content[:10],
        lambda content: b"\x00" * len(content),
        lambda content: content.replace(b'"calls"', b'"claws"'),
        lambda content: _foreign(b"[1, 2]"),
        lambda content: _foreign(json.dumps({"time": "?"}).encode()),
        lambda content: b"hush" * 1000,
    ],
    ids=["torn", "head only", "zeros", "changed", "list", "foreign", "other"],
)
def test_a_damaged_file_means_a_full_minute_and_then_all_is_well(
    opened: Open,
    folder: Path,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
) -> None:
    throttle = opened(calls_per_minute=3)
    _call(throttle)
    path = _pace_file(folder)
    path.write_bytes(damage(path.read_bytes()))

    with caplog.at_level(logging.WARNING), pytest.raises(MinuteLimit):
        _call(throttle, clock.now() + 59)
    assert "damaged" in caplog.text
    assert "hush" not in caplog.text
    caplog.clear()
    began = clock.now()
    _call(throttle)
    _call(throttle)

    assert 59 < clock.now() - began < 62
    assert caplog.text == ""


def test_calls_in_flight_survive_damage(opened: Open, folder: Path, clock: ManualClock) -> None:
    one, other = opened(max_in_flight=1), opened(max_in_flight=1)

    with one.slot(ORGANIZATION, None):
        _pace_file(folder).write_bytes(b"?")
        one.penalty(ORGANIZATION, 0)
        clock.move(seconds=61)
        with pytest.raises(InFlightLimit):
            _call(other, clock.now() + 1)
    _call(other, clock.now() + 1)


def test_rest_of_a_longer_text_is_no_damage(
    opened: Open, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    throttle = opened()
    for _ in range(50):
        _call(throttle)
    clock.move(seconds=61)
    _call(throttle)
    _call(throttle)

    assert caplog.text == ""


def test_the_end_of_a_call_is_settled_later_if_it_cannot_be_written(
    opened: Open, folder: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer of the call must not be lost over it."""
    throttle = opened(max_in_flight=1)

    with throttle.slot(ORGANIZATION, None):
        _pace_file(folder).chmod(0o644)
    assert "was not written down" in caplog.text
    with pytest.raises(CoordinatorAway, match="chmod 600"):
        _call(throttle)
    assert throttle.quota(ORGANIZATION) is None
    _pace_file(folder).chmod(0o600)

    _call(throttle, clock.now() + 1)


def test_a_folder_that_is_tidied_away_is_made_anew(
    opened: Open, folder: Path, clock: ManualClock
) -> None:
    throttle = opened()
    _call(throttle)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()

    _call(throttle, clock.now() + 1)

    assert _pace_file(folder).stat().st_mode & 0o777 == 0o600


class SetClock(ManualClock):
    """A clock whose wall clock somebody sets."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


@pytest.mark.parametrize("ahead", [7200.0, -7200.0])
def test_a_wall_clock_that_is_set_opens_no_window_and_closes_none(
    opened: Open, ahead: float
) -> None:
    clock = SetClock(patience_seconds=0)
    throttle = opened(calls_per_minute=1, clock=clock)
    _call(throttle)

    clock.ahead = ahead
    with pytest.raises(MinuteLimit):
        _call(throttle, clock.now() + 59)
    _call(throttle)

    assert 60 <= clock.now() < 61


# Sessions on it.


def _session(sandbox: Sandbox, folder: Path, **settings: Any) -> ZohoBooks:
    """Open what stands for the session of another process: its credentials differ in nothing."""
    coordinator = FileCoordinator(folder)
    return ZohoBooks(
        **{**sandbox.credentials, "clock": sandbox.clock, "coordinator": coordinator, **settings}
    )


def test_sessions_of_several_processes_renew_the_token_once(sandbox: Sandbox, folder: Path) -> None:
    sessions = [_session(sandbox, folder) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda s=s: Item.using(s).iterate().first()) for s in sessions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sandbox.token_calls) == 1
    assert [call.status for call in sandbox.calls] == [200] * 4
    for session in sessions:
        session.close()


def test_a_token_that_the_service_refuses_is_renewed_once_for_all(
    sandbox: Sandbox, folder: Path
) -> None:
    one, other = _session(sandbox, folder), _session(sandbox, folder)
    Item.using(one).iterate().first()
    Item.using(other).iterate().first()
    sandbox.expire_tokens()

    Item.using(one).iterate().first()
    Item.using(other).iterate().first()

    assert len(sandbox.token_calls) == 2
    one.close()
    other.close()


def test_a_refresh_throttle_is_known_to_all(sandbox: Sandbox, folder: Path) -> None:
    one, other = _session(sandbox, folder), _session(sandbox, folder)
    for _ in range(10):  # as many as the service gives within ten minutes
        sandbox.expire_tokens()
        Item.using(one).iterate().first()
    sandbox.expire_tokens()

    for session in (one, other):
        with pytest.raises(RefreshThrottled):
            Item.using(session).iterate().first()

    assert len(sandbox.token_calls) == 11
    one.close()
    other.close()


def test_no_file_but_that_of_the_token_holds_a_secret(sandbox: Sandbox, folder: Path) -> None:
    session = _session(sandbox, folder)
    Item.using(session).iterate().first()
    Item.using(session).iterate().first()

    contents = {path.suffix: path.read_text() for path in folder.rglob("*") if path.is_file()}

    assert [suffix for suffix, content in contents.items() if "1000." in content] == [".token"]
    for name in ("client_secret", "refresh_token"):
        assert not [1 for content in contents.values() if sandbox.credentials[name] in content]
    session.close()
