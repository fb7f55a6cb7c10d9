"""How does a group of units of work become one durable commit on a PostgreSQL server?

Transactions are SERIALIZABLE: a unit that looks and then writes means the same as on SQLite, also
when other nodes write at the same time. The server ends one of two that are in each other's way.
That one is tried again alone: it waits for its turn and lets no other node write meanwhile. While
there is a crowd a node goes on like that: two that run twice get less done than two that wait.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy.util import await_only, greenlet_spawn

from refdesk.errors import ConstraintError, StorageError
from refdesk.storage.postgresql.connections import Connector, new_loop
from refdesk.storage.postgresql.failures import (
    ConnectionLostError,
    NotUniqueError,
    OvertakenError,
    asked,
)
from refdesk.storage.postgresql.transaction import PostgresTransaction
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import GroupError, Work

MOST_TRIES = 8
ALONE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 0.2
CLOSE_SECONDS = 5.0

Company = Literal["beside others", "alone"]
# A table that every migrated database has, locked only to take turns: LOCK is the one statement
# that waits before the transaction's view of the rows is taken. Nobody else locks it so.
_TURNS = "alembic_version"
_BEGIN: dict[Company, str] = {
    "beside others": f"BEGIN; LOCK TABLE {_TURNS} IN ROW SHARE MODE",
    "alone": f"BEGIN; LOCK TABLE {_TURNS} IN EXCLUSIVE MODE",
}


class PostgresCommits:
    """The connection of this node that writes, on an event loop of the writer's thread."""

    def __init__(self, connector: Connector) -> None:
        """Connect by `connector` when there is something to write."""
        self._connector = connector
        self._connection: Any = None
        self._alone_until = 0.0
        self._loop = new_loop()

    def commit(self, works: Sequence[Work]) -> list[Any]:
        """Run the units in one transaction, again when others were faster."""
        return self._loop.run_until_complete(self._commit(works))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._loop.run_until_complete(hang_up(self._connection))
        self._loop.close()

    async def _commit(self, works: Sequence[Work]) -> list[Any]:
        races, losses = 0, 0
        for attempt in range(1, MOST_TRIES + 1):
            try:
                return await self._try(works, self._company())
            except OvertakenError:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                if attempt == MOST_TRIES:
                    raise
                continue
            except NotUniqueError:
                # Another node may have written that row since the unit looked: look again, once.
                races += 1
                if len(works) > 1 or races > 1:
                    raise
            except ConnectionLostError as error:
                # Nothing was committed: the server rolls back what a lost connection has begun.
                losses += 1
                if losses > 1:
                    raise GroupError(str(error)) from None
            longest = min(0.002 * 2**attempt, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(random.uniform(0.0, longest))  # noqa: S311 - no secret
        raise AssertionError("the last try returns or raises")

    async def _try(self, works: Sequence[Work], company: Company) -> list[Any]:
        connection = await self._begin(company)
        try:
            results = await greenlet_spawn(
                _run_all, works, PostgresTransaction(connection, await_only)
            )
            await self._seal(connection)
        finally:
            if connection is self._connection and connection.is_in_transaction():
                await self._roll_back(connection)
        return results

    async def _begin(self, company: Company) -> Any:
        """Begin a transaction; a connection that has died since the last one is replaced."""
        if self._connection is not None:
            try:
                await asked(self._connection.execute(_BEGIN[company]))
            except StorageError as error:
                self._drop()
                if not isinstance(error, ConnectionLostError):
                    raise GroupError(str(error)) from None
            else:
                return self._connection
        try:
            self._connection = await self._connector.connect()
            await asked(self._connection.execute(_BEGIN[company]))
        except StorageError as error:
            self._drop()
            raise GroupError(str(error)) from None
        return self._connection

    def _company(self) -> Company:
        return "alone" if time.monotonic() < self._alone_until else "beside others"

    async def _seal(self, connection: Any) -> None:
        try:
            tag = await asked(connection.execute("COMMIT"))
        except ConnectionLostError:
            self._drop()
            raise GroupError(
                "The connection to the database was lost during the commit: it is not known "
                "whether it was stored. Try again under the same key."
            ) from None
        if tag != "COMMIT":  # the server rolled back
            raise ConstraintError("A unit of work went on after one of its statements had failed.")

    async def _roll_back(self, connection: Any) -> None:
        try:
            await asked(connection.execute("ROLLBACK"))
        except StorageError:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _run_all(works: Sequence[Work], transaction: Transaction) -> list[Any]:
    return [work(transaction) for work in works]


async def hang_up(connection: Any) -> None:
    """Close a connection politely, or at once when the server does not answer."""
    try:
        await asked(connection.close(timeout=CLOSE_SECONDS))
    except StorageError:
        connection.terminate()
