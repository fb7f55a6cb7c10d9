"""How does a group of units of work become one durable commit in a SQLite file?"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from refdesk.storage.sqlite.connections import connect
from refdesk.storage.sqlite.failures import explained
from refdesk.storage.sqlite.transaction import SqliteTransaction
from refdesk.storage.writer import Work


class SqliteCommits:
    """The only connection that writes; used by the writer's thread alone."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises `StorageError` when that is not possible."""
        try:
            self._connection = connect(path, "write")
        except sqlite3.Error as error:
            raise explained(error) from error

    def commit(self, works: Sequence[Work]) -> list[Any]:
        """Run the units in one transaction; on failure nothing of it remains."""
        connection = self._connection
        # A cursor for this group only: a result that was not read to its end would hold the
        # write-ahead log, and the file after its closing.
        transaction = SqliteTransaction(connection)
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [work(transaction) for work in works]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explained(error) from error
        finally:
            self._roll_back()
        return results

    def close(self) -> None:
        """Close the file; the last one to do so empties the write-ahead log."""
        self._connection.close()

    def _roll_back(self) -> None:
        """End what has not been committed, if there is such."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                # SQLite has already rolled back by itself (disk full, I/O error).
                if self._connection.in_transaction:
                    raise
