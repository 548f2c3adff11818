"""Files that only this user may read and write, and locks on them that end with their process.

What processes of one machine share lies in them: the pace and the tokens of `FileCoordinator`.
"""

from __future__ import annotations

import os
import secrets
import stat
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zohorm import forking, stopping
from zohorm.clock import SystemClock
from zohorm.errors import CoordinatorAway
from zohorm.extras import MissingExtra

try:
    from filelock import lock_descriptor, unlock_descriptor
except ImportError as error:
    raise MissingExtra("a coordinator of files", extra="files") from error

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
# A lock is held for a fraction of a millisecond; its holder is a real process, so the time is real.
_real = SystemClock()
_LOCK_POLL_SECONDS = 0.0005


def private_folder(path: Path) -> Path:
    """Return the folder, made if it is not there.

    Raises:
        CoordinatorAway: others than this user may read it or write to it, or it cannot be made.
    """
    with _told(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(path, path.stat(), mode=0o700)
    return path


@contextmanager
def private_file(path: Path) -> Iterator[int]:
    """Open the file, made if it is not there; yield its descriptor.

    Raises:
        CoordinatorAway: others than this user may read it or write to it, or it cannot be opened.
    """
    with _told(path):
        try:
            descriptor = os.open(path, _FLAGS, 0o600)
        except FileNotFoundError:  # Somebody tidied up; who lives goes on.
            private_folder(path.parent)
            descriptor = os.open(path, _FLAGS, 0o600)
    try:
        with _told(path):
            _check(path, os.fstat(descriptor), mode=0o600)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked_file(
    path: Path, *, wait: Callable[[], None] | None = None, seconds: float = 10.0
) -> Iterator[int]:
    """Open the file as `private_file` does, and hold its lock, which ends with the process.

    `wait` is called between attempts and may raise; without it another process is waited for
    that can hold the lock for a moment only, at most so many `seconds` of real time.

    Raises:
        CoordinatorAway: so, or another process keeps the lock, as one that was stopped does.
    """
    pause = wait or _Pause(path, seconds)
    while True:
        with private_file(path) as descriptor:
            while not try_lock(path, descriptor):
                pause()
            _locked.add(descriptor)
            try:
                # One that was removed meanwhile is not the file that the next process will open.
                if os.fstat(descriptor).st_nlink:
                    yield descriptor
                    return
            finally:
                _locked.remove(descriptor)
                # Closing is not enough where a child was forked meanwhile: it has the file, too.
                with suppress(OSError):
                    unlock_descriptor(descriptor)


@contextmanager
def own_turn(lock: threading.Lock, path: Path, *, seconds: float = 10.0) -> Iterator[None]:
    """Hold the lock by which the threads of this process take turns at a file.

    One that another process holds up does not hold up the rest for longer than their own calls
    may take.

    Raises:
        CoordinatorAway: so, after so many `seconds` of real time, or what the call has left.
    """
    if not lock.acquire(timeout=_patience(seconds)):
        raise _kept(path)
    try:
        yield
    finally:
        lock.release()


def try_lock(path: Path, descriptor: int) -> bool:
    """Take the lock of an open file unless another holds it; tell whether it was taken."""
    with _told(path):
        return lock_descriptor(descriptor, blocking=False)


def read_all(descriptor: int) -> bytes:
    """Return what the file holds."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 16):
        parts.append(part)
    return b"".join(parts)


def write_all(path: Path, descriptor: int, content: bytes) -> None:
    """Write from the beginning; what the file held beyond stays.

    Raises:
        CoordinatorAway: the disk is full, or has failed.
    """
    with _told(path):
        os.lseek(descriptor, 0, os.SEEK_SET)
        while content:
            content = content[os.write(descriptor, content) :]


class _Locked:
    """The descriptors that hold locks; a forked child closes them, or it would hold them, too."""

    def __init__(self) -> None:
        self._descriptors: set[int] = set()
        forking.register(self)

    def add(self, descriptor: int) -> None:
        self._descriptors.add(descriptor)

    def remove(self, descriptor: int) -> None:
        self._descriptors.discard(descriptor)

    def renew_after_fork(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()


_locked = _Locked()


class Presence:
    """Shows other processes that this one lives, by the lock of a file that it holds until it ends.

    Unlike a process id it cannot be mistaken for that of a later process, or of one in a
    container beside this one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # guards the three below: ledgers ask from several threads
        self._descriptor: int | None = None
        self._name = ""
        self._end: weakref.finalize[[Path, int, int], Presence] | None = None
        forking.register(self)

    @property
    def name(self) -> str:
        """The name that others know this process by; a forked child has its own."""
        with self._lock:
            if self._descriptor is None or not os.fstat(self._descriptor).st_nlink:
                self._appear()
            return self._name

    def lives(self, name: str) -> bool:
        """Tell whether the process of that name lives; what a dead one left is removed."""
        path = self._folder / name
        if name == self._name:
            return True
        if not path.exists():
            return False
        with private_file(path) as descriptor:
            if not try_lock(path, descriptor):
                return True
            with suppress(FileNotFoundError):
                path.unlink()
        return False

    def renew_after_fork(self) -> None:
        """Take another name; the parent keeps its own."""
        self._lock = threading.Lock()
        if self._end is not None:
            self._end.detach()
        self._descriptor = self._end = None

    def _appear(self) -> None:
        if self._end is not None:
            self._end()
        private_folder(self._folder)
        for left in list(self._folder.iterdir()):
            self.lives(left.name)
        while True:
            name = secrets.token_hex(8)
            path = self._folder / name
            with _told(path):
                descriptor = os.open(path, _FLAGS, 0o600)
            # Another process may have found it before it was locked, and removed it.
            if try_lock(path, descriptor) and os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)
        _locked.add(descriptor)
        self._name, self._descriptor = name, descriptor
        self._end = weakref.finalize(self, _vanish, path, descriptor, os.getpid())


class _Pause:
    """Waits a moment between two attempts to lock, and not for ever."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self._ends = _real.now() + _patience(seconds)

    def __call__(self) -> None:
        if _real.now() > self._ends:
            raise _kept(self._path)
        # Not on a clock: the end of a call must be written down, also of a closed session.
        threading.Event().wait(_LOCK_POLL_SECONDS)


def _patience(seconds: float) -> float:
    """Return how long this thread may wait for a lock, in real seconds."""
    # Also who has no time left tells of its end: the holder needs but a moment.
    return max(0.1, min(seconds, stopping.seconds_left()))


def _kept(path: Path) -> CoordinatorAway:
    return CoordinatorAway(
        f"another process keeps {path} locked",
        advice="Look for one that was stopped, and let it go on or end it",
    )


def _vanish(path: Path, descriptor: int, process: int) -> None:
    # A forked child that ends must not make its parent look dead.
    if os.getpid() == process:
        with suppress(OSError):
            path.unlink()
        _locked.remove(descriptor)
        os.close(descriptor)


def _check(path: Path, found: os.stat_result, *, mode: int) -> None:
    """Refuse what others may read or write, where the system tells."""
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise CoordinatorAway(
            f"{path} belongs to another user",
            advice="Choose another folder: FileCoordinator(folder)",
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise CoordinatorAway(
            f"others than you may read {path} or write to it",
            advice=f"See who can have done so, then: chmod {mode:o} {path}",
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in an error of ours what the system refused."""
    try:
        yield
    except OSError as error:
        raise CoordinatorAway(
            f"{path} cannot be used: {error.strerror}",
            advice="Mend it, or choose another folder: FileCoordinator(folder)",
        ) from error
