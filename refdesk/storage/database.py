"""How does the rest of the program read and write rows, whatever the engine?"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Literal, TypeVar

from refdesk.loops import running_loop
from refdesk.storage.schema import Migrations
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import Unit, Writer

Result = TypeVar("Result")


class Database(ABC):
    """Rows, for many readers and one writer in this process.

    A unit of work is a plain function of a `Transaction`. It may run twice, when its commit group
    failed because of another unit or another node was faster, so it must not change anything but
    the database. What fails comes out as `StorageError` (nothing can be read or written now),
    `ConstraintError` (a rule of a table refused a row), or as the unit's own error. After a
    `StorageError` it may be unknown whether a write was committed: whoever tries again does so
    under the same key.
    """

    engine: Literal["sqlite", "postgresql"]

    def __init__(self, writer: Writer) -> None:
        """Write by `writer`."""
        self._writer = writer

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

    @abstractmethod
    def migrate(self, migrations: Migrations) -> None:
        """Bring a set of tables up to date; raises `SchemaError` when they are newer."""

    @abstractmethod
    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run a short `work` that cannot write; it sees one moment of the database."""

    @abstractmethod
    def read_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        """Do the same in the calling thread, which `work` may keep busy for long."""

    def hints(
        self,
        channel: str,
        node: str,
        hear: Callable[[list[str]], None],
        missed: Callable[[], None],
    ) -> Any:
        """Return a way to tell other servers that there is news; None where there are none.

        `hear` is called with their words, `missed` when some may have got lost.
        """
        del channel, node, hear, missed

    @abstractmethod
    def close(self) -> None:
        """Finish queued writes and the units under way, then close every connection."""
