"""How do coroutines and threads read from PostgreSQL over a few connections?

One thread runs an event loop that owns the connections. A coroutine's unit runs there, in a
greenlet. A thread's unit runs in that thread, which may be busy with it for long (building an
index), and only its statements go to the loop.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.util import await_only, greenlet_spawn

from refdesk.errors import StorageError
from refdesk.storage.postgresql.commits import hang_up
from refdesk.storage.postgresql.connections import Connector, new_loop
from refdesk.storage.postgresql.failures import asked
from refdesk.storage.postgresql.transaction import PostgresTransaction
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import Unit, report

Result = TypeVar("Result")

TURN_SECONDS = 30.0


class Readers:
    """The reading connections of this process."""

    def __init__(self, connector: Connector, most: int) -> None:
        """Open at most `most` connections by `connector`, when they are needed."""
        self._connector = connector
        self._most = most
        self._free = asyncio.Semaphore(most)
        self._idle: list[Any] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._loop = new_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="refdesk-reader", daemon=True
        )
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Begin to run a unit; its outcome is reported."""
        self._refuse_when_closed()
        self._loop.call_soon_threadsafe(self._begin, unit)

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in the calling thread; it sees one moment of the database."""
        self._refuse_when_closed()
        connection = self._wait(self._take())
        try:
            return work(PostgresTransaction(connection, self._wait))
        finally:
            self._wait(self._give_back(connection))

    def close(self) -> None:
        """Wait for the units under way, then close every connection."""
        if not self._closed:
            self._closed = True
            self._wait(self._hang_up_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _begin(self, unit: Unit) -> None:
        task = self._loop.create_task(self._answer(unit))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, unit: Unit) -> None:
        try:
            connection = await self._take()
            try:
                transaction = PostgresTransaction(connection, await_only)
                unit.result = await greenlet_spawn(unit.work, transaction)
            finally:
                await self._give_back(connection)
        except Exception as error:  # handed on to whoever waits, never dropped
            unit.error = error
        report([unit])

    async def _take(self) -> Any:
        """Return a connection with a transaction begun."""
        try:
            await asyncio.wait_for(self._free.acquire(), TURN_SECONDS)
        except TimeoutError:
            raise StorageError("Too many are reading at once. Try again later.") from None
        connection = None
        try:
            connection = await self._begun()
        finally:
            if connection is None:
                self._free.release()
        return connection

    async def _begun(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            try:
                await asked(connection.execute("BEGIN"))
            except StorageError:
                connection.terminate()  # it has died since it was used last
            else:
                return connection
        connection = await self._connector.connect()
        await asked(connection.execute("BEGIN"))
        return connection

    async def _give_back(self, connection: Any) -> None:
        try:
            await asked(connection.execute("COMMIT"))  # nothing was written: this ends the view
            self._idle.append(connection)
        except StorageError:
            connection.terminate()
        finally:
            self._free.release()

    async def _hang_up_all(self) -> None:
        for _ in range(self._most):
            await self._free.acquire()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for connection in self._idle:
            await hang_up(connection)
