"""How is what a commit has overwritten taken out of the write-ahead log at once?"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from refdesk.storage.sqlite.connections import BUSY_TIMEOUT_SECONDS, connect


def empty_write_ahead_log(
    path: Path, patience_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Literal["emptied", "in use"]:
    """Write the log of a SQLite file back into it and cut it to nothing.

    Waits for those who still read an older state; "in use" when they go on longer.
    """
    with closing(connect(path, "write")) as connection:
        connection.execute(f"PRAGMA busy_timeout = {patience_seconds * 1000:.0f}")
        try:
            busy, _pages, _written = connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            ).fetchone()
        except sqlite3.OperationalError:
            return "in use"
    return "in use" if busy else "emptied"
