"""How does the rest of the program read and write rows?"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from refdesk.loops import running_loop
from refdesk.storage.readers import Readers
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import Unit, Writer

Result = TypeVar("Result")

# Two cores: a third reading thread would only wait for the interpreter lock.
READER_THREADS = 2


class Database:
    """One SQLite file: many readers, one writer.

    A unit of work is a plain function of a `Transaction`. It may run twice when its commit group
    failed because of another unit, so it must not change anything but the database.
    """

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, which must have been migrated."""
        self.path = path
        self._writer = Writer(path)
        self._reading = ThreadPoolExecutor(READER_THREADS, "refdesk-reader")
        self._readers = Readers(path)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in a transaction; return its result once it is durable."""
        loop = running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._writer.submit(Unit(work, future, loop))
        return await future

    def write_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        """Do the same from a thread or a command without an event loop."""
        future: Future[Result] = Future()
        self._writer.submit(Unit(work, future, None))
        return future.result()

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` on a connection that cannot write, in a reading thread."""
        return await running_loop().run_in_executor(self._reading, self.read_blocking, work)

    def read_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        """Do the same in the calling thread, on a connection of its own."""
        return self._readers.run(work)

    def close(self) -> None:
        """Finish queued writes, empty the write-ahead log and close the file."""
        self._reading.shutdown(wait=True)
        self._readers.close()
        # The last one to close empties the log.
        self._writer.close()
