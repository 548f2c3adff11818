"""Real processes, real files and a real server: one pace, one token, whoever dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet import SPEED, Fleet, QuickClock, order

from zohorm.clock import SystemClock
from zohorm.extras.private_files import private_file, try_lock
from zohorm.sandbox import Sandbox

PROCESSES = 4
THREADS = 8


@pytest.fixture
def service() -> Iterator[Sandbox]:
    with Sandbox(clock=QuickClock()) as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "zohorm"


def fleet(service: Sandbox, folder: Path, *, calls: int, count: int = PROCESSES) -> Fleet:
    path = f"/items/{service.insert('Item', {'name': 'Tea', 'rate': 1})}"
    shared = {"kind": "files", "folder": str(folder)}
    return Fleet(count, order(service.credentials, shared, calls=calls, threads=THREADS, path=path))


def until(claim: Callable[[], bool], seconds: float = 30.0) -> None:
    clock = SystemClock()
    late = clock.now() + seconds
    while not claim():
        assert clock.now() < late
        clock.sleep(0.01)


def locked(folder: Path) -> list[Path]:
    """Return the files that some process keeps locked."""
    found = []
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        with private_file(path) as descriptor:
            if not try_lock(path, descriptor):
                found.append(path)
    return found


def tokens_of(seconds: float) -> int:
    """Return how many tokens so long a run takes: one, but on a machine that is very busy."""
    return 1 + int(seconds * SPEED / 3590)


def test_two_thousand_calls_of_four_processes_are_never_refused_and_renew_one_token(
    service: Sandbox, folder: Path
) -> None:
    with fleet(service, folder, calls=2000 // PROCESSES) as started:
        results = [worker.result() for worker in started.workers]

    assert [len(result["statuses"]) for result in results] == [500] * PROCESSES
    assert len(service.calls) == 2000
    assert {call.status for call in service.calls} == {200}
    seconds = [result["seconds"] for result in results]
    assert len(service.token_calls) == tokens_of(max(seconds))
    # Nobody starved: they began together, and the last one had as many calls to make.
    assert min(seconds) > 0.5 * max(seconds)
    assert locked(folder) == []
    assert list((folder / "alive").iterdir()) == []


def test_the_rest_goes_on_when_a_process_is_killed(service: Sandbox, folder: Path) -> None:
    with fleet(service, folder, calls=150) as started:
        victim = started.workers.pop()
        until(lambda: len(service.calls) >= 200)
        victim.process.kill()
        results = [worker.result() for worker in started.workers]
        started.workers.append(victim)

    assert [set(result["statuses"]) for result in results] == [{200}] * (PROCESSES - 1)
    assert 450 <= len(service.calls) < 600
    assert {call.status for call in service.calls} == {200}
    assert len(service.token_calls) == tokens_of(max(result["seconds"] for result in results))
    assert locked(folder) == []


def test_a_process_that_dies_while_it_renews_the_token_leaves_it_to_another(
    service: Sandbox, folder: Path
) -> None:
    service.next(fault="hang", path="/oauth/*")
    with fleet(service, folder, calls=20, count=1) as first:
        service.wait_for_hanging()
        assert [path.suffix for path in locked(folder) if path.parent.name == "tokens"] == [".lock"]
        first.workers[0].process.kill()
        first.workers[0].process.wait()

        with fleet(service, folder, calls=20, count=2) as others:
            results = [worker.result() for worker in others.workers]
        service.release()

    assert [set(result["statuses"]) for result in results] == [{200}] * 2
    assert len(service.token_calls) == 2  # the one that hung, and one that was answered
    assert locked(folder) == []
