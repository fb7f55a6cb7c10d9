"""How do the verbs of a transaction run on SQLite?"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from refdesk.storage.statements import Prepared
from refdesk.storage.transaction import Row


class SqliteTransaction:
    """Runs prepared statements on one connection; commit and roll-back belong to its owner."""

    __slots__ = ("_cursor",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on `connection`, whose rows are `sqlite3.Row`."""
        self._cursor = connection.cursor()

    def run(self, statement: Prepared, **values: Any) -> int:
        """Execute and return how many rows changed."""
        compiled = statement.sqlite
        return self._cursor.execute(compiled.sql, compiled.bind(values)).rowcount

    def run_many(self, statement: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """Execute once for each row of values."""
        compiled = statement.sqlite
        self._cursor.executemany(compiled.sql, (compiled.bind(row) for row in rows))

    def insert(self, statement: Prepared, **values: Any) -> int:
        """Execute an insert and return the new row's integer key."""
        compiled = statement.sqlite
        return self._cursor.execute(compiled.sql, compiled.bind(values)).lastrowid or 0

    def one(self, statement: Prepared, **values: Any) -> Row | None:
        """Return the first row, or None."""
        compiled = statement.sqlite
        row: Row | None = self._cursor.execute(compiled.sql, compiled.bind(values)).fetchone()
        return row

    def all(self, statement: Prepared, **values: Any) -> list[Row]:
        """Return every row."""
        compiled = statement.sqlite
        return self._cursor.execute(compiled.sql, compiled.bind(values)).fetchall()

    def each(self, statement: Prepared, **values: Any) -> Iterator[Row]:
        """Yield rows one at a time, for results too large to hold."""
        compiled = statement.sqlite
        own_cursor = self._cursor.connection.cursor()
        yield from own_cursor.execute(compiled.sql, compiled.bind(values))
