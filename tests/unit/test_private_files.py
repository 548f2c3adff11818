"""Files that others must not see, locks that end with their holder, and signs of life."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from zohorm.errors import CoordinatorAway
from zohorm.extras.private_files import (
    Presence,
    locked_file,
    private_file,
    private_folder,
    read_all,
    try_lock,
    write_all,
)

# Locks a file, or appears in a folder, says so, and stays until it is killed.
_HOLDER = """
import sys, threading
from pathlib import Path
from zohorm.extras.private_files import Presence, locked_file
path = Path(sys.argv[2])
if sys.argv[1] == "lock":
    with locked_file(path):
        print("held", flush=True)
        threading.Event().wait()
presence = Presence(path)
print(presence.name, flush=True)
threading.Event().wait()
"""


@contextmanager
def _process(what: str, path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the holder; yield what it says. It is killed at the end, if it was not before."""
    command = [sys.executable, "-c", _HOLDER, what, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_made_belongs_to_its_user_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "data" / "zohorm")
    with private_file(folder / "file"):
        pass

    assert (_mode(folder), _mode(folder / "file")) == (0o700, 0o600)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o702])
def test_a_folder_that_others_see_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)

    with pytest.raises(CoordinatorAway, match=f"chmod 700 {tmp_path}"):
        private_folder(tmp_path)


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o606])
def test_a_file_that_others_see_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)

    with pytest.raises(CoordinatorAway, match=f"chmod 600 {path}"), private_file(path):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "x")
    os.chown(folder, 12345, -1)

    with pytest.raises(CoordinatorAway, match="another user"):
        private_folder(folder)


def test_what_the_system_refuses_is_told_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o600)

    with pytest.raises(CoordinatorAway, match="file"):
        private_folder(tmp_path / "file" / "folder")
    with pytest.raises(CoordinatorAway, match=str(tmp_path)), private_file(tmp_path):
        pass


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(CoordinatorAway), private_file(tmp_path / "link"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_was_tidied_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"

    with locked_file(path) as descriptor:
        write_all(path, descriptor, b"here")

    assert path.read_bytes() == b"here"
    assert _mode(path.parent) == 0o700


def test_a_shorter_text_leaves_the_rest(tmp_path: Path) -> None:
    with private_file(tmp_path / "file") as descriptor:
        write_all(tmp_path / "file", descriptor, b"long text")
        write_all(tmp_path / "file", descriptor, b"s")

        assert read_all(descriptor) == b"song text"


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    order: list[str] = []

    def work() -> None:
        with locked_file(path):
            order.append("in")
            order.append("out")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert order == ["in", "out"] * 8


def test_a_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "file"

    with _process("lock", path) as (said, process):
        assert said == "held"
        with private_file(path) as descriptor:
            assert not try_lock(path, descriptor)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with private_file(path) as descriptor:
            assert try_lock(path, descriptor)


def test_a_lock_that_another_keeps_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "file"

    with (
        locked_file(path),
        pytest.raises(CoordinatorAway, match="was stopped"),
        locked_file(path, seconds=0.01),
    ):
        pass


def test_who_waits_for_a_lock_may_give_up(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    tries = iter([None, None])

    def wait() -> None:
        if next(tries, Enough) is Enough:
            raise Enough

    with (
        locked_file(tmp_path / "file"),
        pytest.raises(Enough),
        locked_file(tmp_path / "file", wait=wait),
    ):
        pass


def test_a_file_that_is_removed_while_it_is_waited_for_is_not_locked_in_vain(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    held = locked_file(path)
    held.__enter__()

    def wait() -> None:
        path.unlink()
        held.__exit__(None, None, None)

    with locked_file(path, wait=wait) as descriptor:
        assert os.fstat(descriptor).st_ino == path.stat().st_ino


def test_a_child_that_is_forked_meanwhile_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    read, write = os.pipe()
    with locked_file(path):
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)  # until the parent closes its end
            os._exit(0)

    with private_file(path) as descriptor:
        assert try_lock(path, descriptor)
    os.close(read)
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_is_known_to_live_until_it_dies(tmp_path: Path) -> None:
    mine = Presence(private_folder(tmp_path / "alive"))

    with _process("appear", tmp_path / "alive") as (name, process):
        assert mine.lives(name)
        assert mine.lives(mine.name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not mine.lives(name)

    assert [path.name for path in (tmp_path / "alive").iterdir()] == [mine.name]
    assert not mine.lives("of-nobody")


def test_what_the_dead_left_is_swept_by_who_comes_next(tmp_path: Path) -> None:
    with _process("appear", tmp_path / "alive") as (_, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    name = Presence(tmp_path / "alive").name

    assert [path.name for path in (tmp_path / "alive").iterdir()] in ([name], [])


def test_a_presence_ends_with_its_object(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "alive")
    assert presence.name

    del presence

    assert list((tmp_path / "alive").iterdir()) == []


def test_a_sign_of_life_that_was_removed_is_given_anew(tmp_path: Path) -> None:
    mine, other = (Presence(tmp_path / "alive") for _ in range(2))
    before = mine.name
    (tmp_path / "alive" / before).unlink()

    assert mine.name != before
    assert other.lives(mine.name)
    assert not other.lives(before)


def test_threads_that_ask_at_once_get_one_name(tmp_path: Path) -> None:
    """One with a name that nobody goes by any more would hold its places for ever."""
    for attempt in range(20):
        presence = Presence(tmp_path / str(attempt))
        start = threading.Barrier(4)
        names: list[str] = []

        def ask(
            names: list[str] = names,
            presence: Presence = presence,
            start: threading.Barrier = start,
        ) -> None:
            start.wait(60)
            names.append(presence.name)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert names == [presence.name] * 4
        assert [path.name for path in (tmp_path / str(attempt)).iterdir()] == [presence.name]


def test_a_forked_child_has_a_name_of_its_own_and_leaves_that_of_its_parent(
    tmp_path: Path,
) -> None:
    mine, other = (Presence(tmp_path / "alive") for _ in range(2))
    name = mine.name

    child = os.fork()
    if child == 0:
        told = mine.name != name and mine.lives(name)
        del mine
        os._exit(0 if told else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert other.lives(name)
