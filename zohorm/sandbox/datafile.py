"""The file that a sandbox keeps its records in: opened, told from other files, filled at once.

Used by the store alone. SQLite's log of writes makes a file outlive a killed process: a call is
answered after its changes are in the log, and whoever opens the file next takes them over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

# Both stand in the header of the file. The first says whose it is ("Zorm"), the second how it is
# laid out.
_OURS = 0x5A6F726D
_LAYOUT = 1
_BEGIN = b"SQLite format 3\0"
# Kept free of the project's names for resources, which begin with a product.
STATE_SQL = "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT)"


class WrongDataFile(Exception):
    """A data file cannot be used; the text says which and why. The file is left as it was."""


def connect(path: str) -> sqlite3.Connection:
    """Open a data file, or make an empty one, and keep every other process out.

    Raises:
        WrongDataFile: it is no file of a sandbox, is damaged, or is in use.
    """
    _check_begin(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        _check_whose(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        # Safe against the end of the process; only a power cut may lose the last calls.
        connection.execute("PRAGMA synchronous = NORMAL")
        # The first write takes the lock, which is then held until the end.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
        _check_whole(connection, path)
    except (sqlite3.Error, WrongDataFile) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, WrongDataFile):
            raise
        raise WrongDataFile(_said(path, error)) from error
    return connection


def is_empty(connection: sqlite3.Connection) -> bool:
    """Tell whether nothing was ever stored."""
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not count


def fill(connection: sqlite3.Connection, snapshot: bytes, state: Mapping[str, str]) -> None:
    """Put a snapshot in place of all that a file holds; all of it or, if interrupted, nothing."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    try:
        made.deserialize(snapshot)
        made.execute(f"PRAGMA application_id = {_OURS}")
        made.execute(f"PRAGMA user_version = {_LAYOUT}")
        made.execute(STATE_SQL)
        made.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", state.items())
        made.backup(connection)
    finally:
        made.close()


def _check_begin(path: str) -> None:
    """Refuse what SQLite would take for an empty database: it overwrites very short files."""
    try:
        with open(path, "rb") as file:
            begin = file.read(len(_BEGIN))
    except FileNotFoundError:
        return
    except OSError as error:
        raise WrongDataFile(f"{path} cannot be read ({error.strerror})") from error
    if begin not in (b"", _BEGIN):
        raise WrongDataFile(f"{path} is no data file of a sandbox")


def _check_whose(connection: sqlite3.Connection, path: str) -> None:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if is_empty(connection):
        return
    if owner != _OURS:
        raise WrongDataFile(f"{path} is a database of another program")
    if layout != _LAYOUT:
        raise WrongDataFile(f"{path} was written by another version of zohorm; name a new file")


def _check_whole(connection: sqlite3.Connection, path: str) -> None:
    """Refuse a file that was cut short; what is wrong inside a page shows when it is read."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    if Path(path).stat().st_size < pages * size:
        raise WrongDataFile(f"{path} is damaged: its end is missing")


def _said(path: str, error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return f"{path} is in use, perhaps by another sandbox"
    if "not a database" in text or "malformed" in text:
        return f"{path} is no data file of a sandbox, or is damaged ({text})"
    if "readonly" in text:
        return f"{path} cannot be written"
    return f"{path} cannot be opened ({text})"
