"""Sessions that share pace and token by files, and a process that was stopped with a lock."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from zohorm.books import ZohoBooks
from zohorm.clock import SystemClock
from zohorm.errors import CoordinatorAway, LimitError, Timeout
from zohorm.events import RequestEvent
from zohorm.extras.file_coordinator import FileCoordinator
from zohorm.sandbox import Sandbox

# Locks the files, says so, and lets them go only when it is ended: as one that was stopped.
_KEEPER = """
import sys
from contextlib import ExitStack
from pathlib import Path
from zohorm.extras.private_files import locked_file
with ExitStack() as kept:
    for path in sys.argv[1:]:
        kept.enter_context(locked_file(Path(path)))
    print("kept", flush=True)
    sys.stdin.read()
"""
Keep = Callable[[str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "zohorm"


@pytest.fixture
def keep(folder: Path) -> Iterator[Keep]:
    """Let another process keep the files of this pattern locked until the test is over."""
    started: list[subprocess.Popen[str]] = []

    def start(pattern: str) -> None:
        command = [sys.executable, "-c", _KEEPER, *map(str, folder.glob(pattern))]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("pattern", "error"), [("pace/*", CoordinatorAway), ("tokens/*.lock", Timeout)]
)
def test_a_lock_that_another_process_keeps_holds_a_call_no_longer_than_it_may_take(
    pattern: str, error: type[Exception], sandbox: Sandbox, folder: Path, keep: Keep
) -> None:
    clock = SystemClock()
    settings: Any = {**sandbox.credentials, "coordinator": FileCoordinator(folder)}
    with closing(ZohoBooks(**settings, max_wait_seconds=1.5)) as books:
        books.request("GET", "/items")
        sandbox.expire_tokens()
        sandbox.forget()
        keep(pattern)
        began = clock.now()

        with pytest.raises(error):
            books.request("GET", "/items")
        seconds = clock.now() - began

    assert seconds < 3
    # That of the token is asked for only when the service has refused the old one.
    assert [call.status for call in sandbox.calls] == ([401] if error is Timeout else [])


def test_an_answer_is_had_though_its_end_cannot_be_written_down(
    sandbox: Sandbox, folder: Path, keep: Keep
) -> None:
    clock = SystemClock()
    keeping: list[bool] = []

    def stop(_: RequestEvent) -> None:
        if any(keeping):
            keep("pace/*")
            keeping[:] = [False]
            began.append(clock.now())

    began: list[float] = []
    settings: Any = {**sandbox.credentials, "coordinator": FileCoordinator(folder)}
    with closing(ZohoBooks(**settings, on_request=stop, max_wait_seconds=2)) as books:
        books.request("GET", "/items")
        keeping.append(True)

        assert books.request("GET", "/items").status == 200

        assert clock.now() - began[0] < 3


def test_a_thread_that_has_long_does_not_hold_up_one_that_has_not(
    sandbox: Sandbox, folder: Path, keep: Keep
) -> None:
    """They take turns at the file; the patient one waits for it for five seconds."""
    clock = SystemClock()
    settings: Any = {**sandbox.credentials, "coordinator": FileCoordinator(folder)}
    refused: list[str] = []

    def ask(books: ZohoBooks, name: str) -> None:
        with pytest.raises(LimitError):
            books.request("GET", "/items")
        refused.append(name)

    with (
        closing(ZohoBooks(**settings, max_wait_seconds=5)) as patient,
        closing(ZohoBooks(**settings, max_wait_seconds=1)) as hasty,
    ):
        patient.request("GET", "/items")
        keep("pace/*")
        thread = threading.Thread(target=ask, args=(patient, "patient"))
        thread.start()
        clock.sleep(0.2)
        began = clock.now()
        ask(hasty, "hasty")
        seconds = clock.now() - began
        thread.join()

    assert refused == ["hasty", "patient"]
    assert seconds < 3
