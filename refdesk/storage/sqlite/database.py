"""How are rows kept in one SQLite file?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from refdesk.loops import running_loop
from refdesk.storage.database import Database
from refdesk.storage.schema import Migrations, bring_up_to_date
from refdesk.storage.sqlite.commits import SqliteCommits
from refdesk.storage.sqlite.readers import Readers
from refdesk.storage.transaction import Transaction
from refdesk.storage.writer import Writer

Result = TypeVar("Result")

# Two cores: a third reading thread would only wait for the interpreter lock.
READER_THREADS = 2


class SqliteDatabase(Database):
    """One file: many readers, one writer."""

    engine = "sqlite"

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, which must have been migrated."""
        super().__init__(Writer(SqliteCommits(path)))
        self.path = path
        self._reading = ThreadPoolExecutor(READER_THREADS, "refdesk-reader")
        self._readers = Readers(path)

    def migrate(self, migrations: Migrations) -> None:
        """Bring a set of tables up to date."""
        bring_up_to_date(self.path, migrations)

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
