"""The table of one resource: its SQL, and the values that a record has in it.

Names in the SQL come from the fact files only. Used by the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.columns import Column, columns_of
from zohorm.sandbox.exact import Row
from zohorm.sandbox.rows import list_row

# A record with the text of its list row and its own.
Written: TypeAlias = tuple[Row, str, str]
_RENEWED = 200
"""How many rows are read at once when a table is made anew."""


class Table:
    """How the records of a resource lie in the database."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._columns: Sequence[Column] = columns_of(resource)
        self.name = f'"{resource.table}"'
        # The wide texts come last: SQLite reads a row from its beginning, and only so far.
        written = ("id", *(column.name for column in self._columns), "row", "body")
        self._names = ("seq", "organization", "parent", *written)
        indexed = [column.name for column in self._columns if column.is_indexed]
        parents = () if resource.parent is None else ("parent",)
        names = ("id", *parents, *indexed)
        self._indexes = {f"{resource.table}_{name}": name for name in names}
        self.insert_sql = self._insert_sql(self.name, self._names[1:])
        changes = ", ".join(f'"{name}" = ?' for name in written)
        self.update_sql = f"UPDATE {self.name} SET {changes} WHERE organization = ? AND id = ?"

    def make(self, connection: sqlite3.Connection) -> None:
        """Make the table if it is not there; bring one of older facts to the columns of today."""
        held = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({self.name})")]
        if not held:
            connection.execute(self._create_sql(self.name))
        elif held != list(self._names):
            self._renew(connection)
        self._make_indexes(connection)

    def fill(self, connection: sqlite3.Connection, values: Iterable[Sequence[str | None]]) -> None:
        """Put thousands of rows into the table; to index them all at the end is quicker."""
        for name in self._indexes:
            connection.execute(f'DROP INDEX "{name}"')
        connection.executemany(self.insert_sql, values)
        self._make_indexes(connection)

    def values(self, row: Row) -> tuple[str | None, ...]:
        """Return what a record has in the columns from `id` on."""
        short = exact.write(list_row(self._resource, row))
        return self.written_values((row, short, exact.write(row)))

    def written_values(self, written: Written) -> tuple[str | None, ...]:
        """Return the same of a record whose texts are known."""
        row, short, body = written
        extracted = [column.extract(row) for column in self._columns]
        return (str(row[self._resource.id]), *extracted, short, body)

    def _renew(self, connection: sqlite3.Connection) -> None:
        new = f'"{self._resource.table} new"'
        connection.execute(self._create_sql(new))
        sql = f"SELECT seq, organization, parent, body FROM {self.name} ORDER BY seq"
        rows = connection.execute(sql)
        while found := rows.fetchmany(_RENEWED):
            values = ((*head, *self.values(exact.load(body))) for *head, body in found)
            connection.executemany(self._insert_sql(new, self._names), values)
        # The old indexes go with the old table.
        connection.execute(f"DROP TABLE {self.name}")
        connection.execute(f"ALTER TABLE {new} RENAME TO {self.name}")

    def _insert_sql(self, table: str, names: Sequence[str]) -> str:
        listed = ", ".join(f'"{name}"' for name in names)
        return f"INSERT INTO {table} ({listed}) VALUES ({', '.join('?' * len(names))})"

    def _create_sql(self, table: str) -> str:
        more = "".join(f', "{name}" TEXT' for name in self._names[1:])
        return f"CREATE TABLE {table} (seq INTEGER PRIMARY KEY AUTOINCREMENT{more})"

    def _make_indexes(self, connection: sqlite3.Connection) -> None:
        for name, column in self._indexes.items():
            kind = "UNIQUE INDEX" if column == "id" else "INDEX"
            connection.execute(
                f'CREATE {kind} IF NOT EXISTS "{name}" ON {self.name} (organization, "{column}")'
            )
