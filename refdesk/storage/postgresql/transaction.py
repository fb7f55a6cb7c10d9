"""How do the verbs of a transaction, which do not wait, run on a driver that does?

`wait` turns the driver's coroutine into its result: in a greenlet the event loop goes on
meanwhile (`sqlalchemy.util.await_only`), in a thread the thread stands still.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from refdesk.storage.postgresql.failures import asked
from refdesk.storage.statements import Compiled, Prepared
from refdesk.storage.transaction import Row

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
ROWS_AT_ONCE = 500


class PostgresTransaction:
    """Runs prepared statements on one connection; commit and roll-back belong to its owner."""

    __slots__ = ("_connection", "_wait")

    def __init__(self, connection: Any, wait: Wait) -> None:
        """Work on an asyncpg `connection` with a transaction begun."""
        self._connection = connection
        self._wait = wait

    def run(self, statement: Prepared, **values: Any) -> int:
        """Execute and return how many rows changed."""
        compiled = statement.postgresql
        tag = self._wait(asked(self._connection.execute(compiled.sql, *_bound(compiled, values))))
        number = tag.rpartition(" ")[2]  # "INSERT 0 1", "UPDATE 3"
        return int(number) if number.isdigit() else 0

    def run_many(self, statement: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """Execute once for each row of values."""
        compiled = statement.postgresql
        values = [_bound(compiled, row) for row in rows]
        if values:
            self._wait(asked(self._connection.executemany(compiled.sql, values)))

    def insert(self, statement: Prepared, **values: Any) -> int:
        """Execute an insert and return the new row's integer key."""
        compiled = statement.postgresql  # SQLAlchemy has added RETURNING with the key
        key = self._wait(asked(self._connection.fetchval(compiled.sql, *_bound(compiled, values))))
        return key or 0

    def one(self, statement: Prepared, **values: Any) -> Row | None:
        """Return the first row, or None."""
        compiled = statement.postgresql
        row: Row | None = self._wait(
            asked(self._connection.fetchrow(compiled.sql, *_bound(compiled, values)))
        )
        return row

    def all(self, statement: Prepared, **values: Any) -> list[Row]:
        """Return every row."""
        compiled = statement.postgresql
        rows: list[Row] = self._wait(
            asked(self._connection.fetch(compiled.sql, *_bound(compiled, values)))
        )
        return rows

    def each(self, statement: Prepared, **values: Any) -> Iterator[Row]:
        """Yield rows one at a time, for results too large to hold."""
        compiled = statement.postgresql
        cursor = self._wait(asked(self._connection.cursor(compiled.sql, *_bound(compiled, values))))
        while rows := self._wait(asked(cursor.fetch(ROWS_AT_ONCE))):
            yield from rows


def _bound(compiled: Compiled, values: dict[str, Any]) -> list[Any]:
    """Return the parameters; PostgreSQL has no NUL, so what has one is kept and found without."""
    return [
        one.replace("\x00", "\ufffd") if isinstance(one, str) and "\x00" in one else one
        for one in compiled.bind(values)
    ]
