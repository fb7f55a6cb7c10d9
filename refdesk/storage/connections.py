"""How is a SQLite file opened so that a commit survives a power cut?"""

import sqlite3
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
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    if purpose == "read":
        connection.execute("PRAGMA query_only=ON")
    return connection
