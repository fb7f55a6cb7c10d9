"""What may a unit of work do inside a transaction?"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from refdesk.storage.statements import Prepared

Row = sqlite3.Row


class Transaction:
    """Runs prepared statements on one connection; commit and roll-back belong to its owner."""

    __slots__ = ("_cursor",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on `connection`, whose rows are `sqlite3.Row`."""
        self._cursor = connection.cursor()

    def run(self, statement: Prepared, **values: Any) -> int:
        """Execute and return how many rows changed."""
        return self._cursor.execute(statement.sql, statement.bind(values)).rowcount

    def run_many(self, statement: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """Execute once for each row of values."""
        self._cursor.executemany(statement.sql, (statement.bind(row) for row in rows))

    def insert(self, statement: Prepared, **values: Any) -> int:
        """Execute an insert and return the new row's integer key."""
        return self._cursor.execute(statement.sql, statement.bind(values)).lastrowid or 0

    def one(self, statement: Prepared, **values: Any) -> Row | None:
        """Return the first row, or None."""
        row: Row | None = self._cursor.execute(statement.sql, statement.bind(values)).fetchone()
        return row

    def all(self, statement: Prepared, **values: Any) -> list[Row]:
        """Return every row."""
        return self._cursor.execute(statement.sql, statement.bind(values)).fetchall()

    def each(self, statement: Prepared, **values: Any) -> Iterator[Row]:
        """Yield rows one at a time, for results too large to hold."""
        yield from self._cursor.connection.cursor().execute(statement.sql, statement.bind(values))
