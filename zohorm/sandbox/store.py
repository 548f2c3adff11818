"""Records in SQLite: one table per resource, the record as JSON text, columns to find it by.

The text of the whole record and the text of its list row are stored as they are answered, so that
reading costs no conversion. Used by the resources, by the seed, and by `sandbox.insert`.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future

import attrs

from zohorm.sandbox import datafile, exact
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.exact import Row
from zohorm.sandbox.tables import Table, Written

# Nineteen digits, beyond what a float can hold: clients that read ids as numbers must fail here.
_FIRST_ID = 4815000000000100000
IDS = "ids"
"""The series of ids, which all organizations share."""


_ASSUMED = (
    "CREATE TABLE IF NOT EXISTS assumed (organization TEXT, resource TEXT, id TEXT, names TEXT, "
    "PRIMARY KEY (organization, resource, id))"
)


def id_number(count: int) -> str:
    """Return an id of the series."""
    return str(_FIRST_ID + count)


@attrs.frozen
class Where:
    """A condition on rows, as SQL with its values."""

    sql: str = ""
    values: tuple[str | int, ...] = ()


@attrs.frozen
class StoredFile:
    """One file of a record: `kind` is what it is to the record, such as its image."""

    id: str
    kind: str
    name: str
    content_type: str
    content: bytes = attrs.field(repr=False)


Follower = Callable[["Store", Resource, str, str, "Row | None"], None]
"""Is told of a record (resource, organization, id, row) before it is written, or removed (None)."""


class Store:
    """Keeps the records of all organizations. Each call runs inside `transaction()`."""

    def __init__(self, path: str | None = None, *, followers: Sequence[Follower] = ()) -> None:
        """Without the path of a file, records are in memory and gone when the store is closed."""
        self._followers = followers
        # One connection, one thread at a time: a memory database has no second one.
        self._lock = threading.RLock()
        self._path = path
        self._tables: dict[str, Table] = {}
        self._coming: Future[bytes] | None = None
        self._is_closed = True

    @property
    def is_lasting(self) -> bool:
        """Whether what is stored is in a file, and there at the next start."""
        return self._path is not None

    @property
    def is_coming(self) -> bool:
        """Whether what was to be put back is still being made; whoever needs it waits."""
        return self._coming is not None

    def open(self) -> bool:
        """Open the store; returns whether it holds what an earlier one has stored.

        Raises:
            WrongDataFile: its file cannot be used.
        """
        with self._lock:
            if self._path is None:
                self._connection = _memory()
            else:
                self._connection = datafile.connect(self._path)
            self._is_closed = False
            self._tables.clear()
            held = not datafile.is_empty(self._connection)
            if not held and self._path is None:
                self._create()
            elif held:
                # A file of an earlier version may know nothing of assumptions.
                self._connection.execute(_ASSUMED)
            return held

    def _create(self) -> None:
        self._connection.execute(
            "CREATE TABLE counters "
            "(organization TEXT, name TEXT, value INTEGER, PRIMARY KEY (organization, name))"
        )
        self._connection.execute(
            "CREATE TABLE files (organization TEXT, owner TEXT, kind TEXT, id TEXT, "
            "name TEXT, content_type TEXT, content BLOB, PRIMARY KEY (organization, id))"
        )
        self._connection.execute(_ASSUMED)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Let one thread in; what it wrote is undone if it raises. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._arrive()
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                # The tables made since are gone as well.
                self._tables.clear()
                raise
            self._connection.execute("COMMIT")

    def analyze(self) -> None:
        """Let SQLite count, so that it knows which index finds few rows; after a large insert."""
        with self._lock:
            self._connection.execute("ANALYZE")

    def snapshot(self) -> bytes:
        """Return everything stored, for `restore`."""
        with self._lock:
            return self._connection.serialize()

    def restore(self, snapshot: Future[bytes], state: Mapping[str, str]) -> None:
        """Put back everything as it was when the snapshot was taken.

        A file gets all of it and what `state` says, or nothing if the process ends meanwhile. For
        the memory, the first transaction waits until the snapshot is made.
        """
        with self._lock:
            self._tables.clear()
            if self._path is not None:
                datafile.fill(self._connection, snapshot.result(), state)
                return
            self._coming = snapshot
            if snapshot.done():
                self._arrive()

    def _arrive(self) -> None:
        """Put in place what was being made."""
        if self._coming is None:
            return
        made = self._coming.result()
        # A connection knows its tables by heart; a new one reads those of the snapshot.
        self._connection.close()
        self._connection = _memory()
        self._connection.deserialize(made)
        self._coming = None

    def state(self, name: str) -> str | None:
        """Return what is kept beside the records under a name; None if nothing is."""
        found = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,))
        row = found.fetchone()
        return None if row is None else str(row[0])

    def set_state(self, name: str, text: str) -> None:
        """Keep a text beside the records."""
        self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, text))

    def close(self) -> None:
        """Close the database; that of the memory is gone."""
        with self._lock:
            self._coming = None
            if not self._is_closed:
                self._connection.close()
            self._is_closed = True

    def next_id(self) -> str:
        """Return an id that no record has had."""
        return id_number(self.next_value("", IDS))

    def next_value(self, organization: str, name: str) -> int:
        """Count up a series and return its new value; the first is 1."""
        sql = (
            "INSERT INTO counters VALUES (?, ?, 1) "
            "ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value"
        )
        (value,) = self._connection.execute(sql, (organization, name)).fetchone()
        return int(value)

    def value(self, organization: str, name: str) -> int:
        """Return the value of a series, 0 if it has none."""
        sql = "SELECT value FROM counters WHERE organization = ? AND name = ?"
        found = self._connection.execute(sql, (organization, name)).fetchone()
        return 0 if found is None else int(found[0])

    def series(self, organization: str, prefix: str) -> list[tuple[str, int]]:
        """Return name and value of the series whose names begin like this."""
        sql = "SELECT name, value FROM counters WHERE organization = ? AND substr(name, 1, ?) = ?"
        found = self._connection.execute(sql, (organization, len(prefix), prefix))
        return [(str(name), int(value)) for name, value in found]

    def set_value(self, organization: str, name: str, value: int) -> None:
        """Set the value of a series."""
        sql = "INSERT OR REPLACE INTO counters VALUES (?, ?, ?)"
        self._connection.execute(sql, (organization, name, value))

    def insert(self, resource: Resource, organization: str, row: Row, parent: str = "") -> None:
        """Store a new record."""
        self.insert_many(resource, organization, [(row, parent)])

    def insert_many(
        self, resource: Resource, organization: str, rows: Iterable[tuple[Row, str]]
    ) -> None:
        """Store new records, each with the id of its parent or `""`."""
        table = self._table(resource)
        given = list(rows)
        for row, _ in given:
            self._tell(resource, organization, str(row[resource.id]), row)
        values = ((organization, parent, *table.values(row)) for row, parent in given)
        self._connection.executemany(table.insert_sql, values)

    def insert_written(
        self, resource: Resource, organization: str, rows: Iterable[Written]
    ) -> None:
        """Store thousands of new records without a parent, whose texts their maker knows."""
        table = self._table(resource)
        values = ((organization, "", *table.written_values(each)) for each in rows)
        table.fill(self._connection, values)

    def replace(self, resource: Resource, organization: str, row: Row) -> None:
        """Store a record in place of the one with the same id."""
        table = self._table(resource)
        self._tell(resource, organization, str(row[resource.id]), row)
        values = (*table.values(row), organization, str(row[resource.id]))
        self._connection.execute(table.update_sql, values)

    def delete(self, resource: Resource, organization: str, record_id: str) -> None:
        """Remove a record."""
        self._tell(resource, organization, record_id, None)
        sql = f"DELETE FROM {self._table(resource).name} WHERE organization = ? AND id = ?"
        self._connection.execute(sql, (organization, record_id))

    def text(self, resource: Resource, organization: str, record_id: str) -> str | None:
        """Return a whole record as JSON text; None if there is none with this id."""
        sql = f"SELECT body FROM {self._table(resource).name} WHERE organization = ? AND id = ?"
        found = self._connection.execute(sql, (organization, record_id)).fetchone()
        return None if found is None else str(found[0])

    def get(self, resource: Resource, organization: str, record_id: str) -> Row | None:
        """Return a whole record; None if there is none with this id."""
        text = self.text(resource, organization, record_id)
        return None if text is None else exact.load(text)

    def parent_of(self, resource: Resource, organization: str, record_id: str) -> str:
        """Return the id of the parent of a child record, `""` if it has none."""
        sql = f"SELECT parent FROM {self._table(resource).name} WHERE organization = ? AND id = ?"
        found = self._connection.execute(sql, (organization, record_id)).fetchone()
        return "" if found is None else str(found[0])

    def rows(self, resource: Resource, organization: str, where: Where | None = None) -> list[Row]:
        """Return whole records, oldest first."""
        return [exact.load(text) for text in self.texts(resource, organization, where, whole=True)]

    def texts(
        self,
        resource: Resource,
        organization: str,
        where: Where | None = None,
        *,
        whole: bool = False,
        order: str = "seq",
        limit: int = -1,
        offset: int = 0,
    ) -> list[str]:
        """Return records or their list rows as JSON text, in the given order."""
        where = where or Where()
        name = self._table(resource).name
        # The inner query sorts only keys; the wide rows are read for one page.
        sql = (
            f"SELECT {'body' if whole else 'row'} FROM {name} WHERE seq IN (SELECT seq FROM {name} "
            f"WHERE organization = ?{where.sql} ORDER BY {order} LIMIT ? OFFSET ?) ORDER BY {order}"
        )
        values = (organization, *where.values, limit, offset)
        return [text for (text,) in self._connection.execute(sql, values)]

    def count(self, resource: Resource, organization: str, where: Where | None = None) -> int:
        """Return how many records there are."""
        where = where or Where()
        sql = f"SELECT count(*) FROM {self._table(resource).name} WHERE organization = ?{where.sql}"
        (number,) = self._connection.execute(sql, (organization, *where.values)).fetchone()
        return int(number)

    def counts(self) -> list[tuple[str, str, int]]:
        """Return how many records each table has of each organization; empty ones are left out."""
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%\"body\" TEXT%'"
        names = [str(name) for (name,) in self._connection.execute(sql)]
        return [
            (name, str(organization), int(count))
            for name in names
            for organization, count in self._connection.execute(
                f'SELECT organization, count(*) FROM "{name}" GROUP BY organization'
            )
        ]

    def children(self, resource: Resource, organization: str, parent: str) -> list[Row]:
        """Return the child records of one parent, oldest first."""
        return self.rows(resource, organization, Where(" AND parent = ?", (parent,)))

    def ids(self, resource: Resource) -> list[tuple[str, str]]:
        """Return organization and id of every record, oldest first."""
        sql = f"SELECT organization, id FROM {self._table(resource).name} ORDER BY seq"
        return [
            (str(organization), str(key)) for organization, key in self._connection.execute(sql)
        ]

    def set_assumed(
        self, resource: Resource, organization: str, record_id: str, names: str
    ) -> None:
        """Keep by which assumed rules a record was computed, `""` for none."""
        key = (organization, resource.table, record_id)
        if names:
            sql = "INSERT OR REPLACE INTO assumed VALUES (?, ?, ?, ?)"
            self._connection.execute(sql, (*key, names))
        else:
            sql = "DELETE FROM assumed WHERE organization = ? AND resource = ? AND id = ?"
            self._connection.execute(sql, key)

    def assumed(
        self,
        resource: Resource,
        organization: str,
        where: Where | None = None,
        *,
        order: str = "seq",
        limit: int = -1,
        offset: int = 0,
    ) -> list[str]:
        """Return what is kept so of these records, each once."""
        there = "FROM assumed WHERE organization = ? AND resource = ?"
        key = (organization, resource.table)
        if self._connection.execute(f"SELECT 1 {there} LIMIT 1", key).fetchone() is None:
            return []
        where = where or Where()
        sql = (
            f"SELECT DISTINCT names {there} AND id IN (SELECT id FROM {self._table(resource).name} "
            f"WHERE organization = ?{where.sql} ORDER BY {order} LIMIT ? OFFSET ?)"
        )
        values = (*key, organization, *where.values, limit, offset)
        return [names for (names,) in self._connection.execute(sql, values)]

    def add_file(self, organization: str, owner: str, file: StoredFile) -> None:
        """Store a file of a record; ids are those of all products, so `owner` says it all."""
        values = (organization, owner, *attrs.astuple(file))
        sql = (
            "INSERT OR REPLACE INTO files "
            "(organization, owner, id, kind, name, content_type, content) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        self._connection.execute(sql, values)

    def files(self, organization: str, owner: str) -> list[StoredFile]:
        """Return the files of a record, oldest first."""
        sql = (
            "SELECT id, kind, name, content_type, content FROM files "
            "WHERE organization = ? AND owner = ? ORDER BY rowid"
        )
        return [StoredFile(*row) for row in self._connection.execute(sql, (organization, owner))]

    def delete_file(self, organization: str, file_id: str) -> None:
        """Remove a file."""
        sql = "DELETE FROM files WHERE organization = ? AND id = ?"
        self._connection.execute(sql, (organization, file_id))

    def _tell(self, resource: Resource, organization: str, key: str, row: Row | None) -> None:
        for follow in self._followers:
            follow(self, resource, organization, key, row)

    def _table(self, resource: Resource) -> Table:
        table = self._tables.get(resource.table)
        if table is None:
            table = Table(resource)
            table.make(self._connection)
            self._tables[resource.table] = table
        return table


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
