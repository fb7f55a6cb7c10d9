"""How are rows kept on a PostgreSQL server that several nodes may share?"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from refdesk.loops import running_loop
from refdesk.storage.database import Database
from refdesk.storage.postgresql.commits import PostgresCommits
from refdesk.storage.postgresql.connections import PATIENCE_SECONDS, Connector
from refdesk.storage.postgresql.hints import Hints
from refdesk.storage.postgresql.readers import Readers
from refdesk.storage.schema import Migrations, bring_up_to_date
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import Unit, Writer

Result = TypeVar("Result")

READING_CONNECTIONS = 4


class PostgresDatabase(Database):
    """One connection that writes, a few that read; nothing is opened before it is needed."""

    engine = "postgresql"

    def __init__(self, dsn: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Use the database at `dsn` (postgresql://user:password@host/name).

        Work under way waits for a server that restarts, at most so long.
        """
        super().__init__(Writer(PostgresCommits(Connector(dsn, "write", patience_seconds))))
        self._dsn = dsn
        self._readers = Readers(Connector(dsn, "read", patience_seconds), READING_CONNECTIONS)

    def migrate(self, migrations: Migrations) -> None:
        """Bring a set of tables up to date, one node at a time."""
        bring_up_to_date(self._dsn, migrations)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run a short `work` on a connection that cannot write."""
        loop = running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._readers.submit(Unit(work, future, loop))
        return await future

    def read_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        """Do the same in the calling thread."""
        return self._readers.run(work)

    def hints(
        self,
        channel: str,
        node: str,
        hear: Callable[[list[str]], None],
        missed: Callable[[], None],
    ) -> Hints:
        """Return a way to tell other servers that there is news."""
        return Hints(self._dsn, channel, node, hear, missed)

    def close(self) -> None:
        """Finish queued writes and the units under way, then close every connection."""
        self._readers.close()
        self._writer.close()
