"""How is what a commit has overwritten taken out of the write-ahead log at once?"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from refdesk.storage.sqlite.connections import connect


def empty_write_ahead_log(path: Path) -> Literal["emptied", "in use"]:
    """Write the log of a SQLite file back into it and cut it to nothing.

    Waits ten seconds for those who still read an older state; "in use" when they go on longer.
    """
    with closing(connect(path, "write")) as connection:
        try:
            busy, _pages, _written = connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            ).fetchone()
        except sqlite3.OperationalError:
            return "in use"
    return "in use" if busy else "emptied"
