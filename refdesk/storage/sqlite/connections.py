"""How is a SQLite file opened so that a commit survives a power cut?"""

import sqlite3
import time
from pathlib import Path
from typing import Literal

# A command beside the running server waits this long for its turn to write.
BUSY_TIMEOUT_SECONDS = 10.0


def connect(path: Path, purpose: Literal["write", "read"]) -> sqlite3.Connection:
    """Open the database file; the caller owns the connection and its transactions.

    `synchronous=FULL` makes a commit durable, `secure_delete` overwrites what is deleted,
    and foreign keys are enforced. A connection to read cannot change anything.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    if purpose == "read":
        connection.execute("PRAGMA query_only=ON")
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, once for each file.

    SQLite does not wait by itself while somebody else makes the same switch.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
