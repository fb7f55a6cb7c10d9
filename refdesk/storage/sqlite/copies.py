"""How is a consistent copy of a SQLite file made while it is in use?"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from refdesk.errors import DataError, StorageError
from refdesk.storage.sqlite.connections import connect

# One step copies 4 MiB, then says how far it is.
_PAGES_AT_ONCE = 1024

Progress = Callable[[int, int], None]


def copy_database(
    source: Path, target: Path, progress: Progress = lambda _done, _all: None
) -> None:
    """Copy the rows of one moment into `target`, one file that only its owner may read.

    Writers go on meanwhile; what they commit is not in the copy. `progress` is told pages done and
    pages in all. The copy is checked and on the disk when this returns. Raises `StorageError` when
    there is no room, `DataError` when the source is damaged; nothing is then left of the copy.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(connect(source, "read")) as original, closing(_opened(target)) as copy:
            # Held until the end: without it the copy would begin anew whenever somebody commits.
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_master").fetchone()
            original.backup(
                copy,
                pages=_PAGES_AT_ONCE,
                progress=lambda _status, left, pages: progress(pages - left, pages),
            )
            check(copy, source)
        _force_to_disk(target)
    except sqlite3.DatabaseError as error:
        target.unlink()
        if isinstance(error, sqlite3.OperationalError):
            raise StorageError(f"{target} could not be written ({error}).") from error
        raise DataError(f"{source} is damaged ({error}). Restore an older backup.") from error
    except BaseException:
        target.unlink()
        raise


def check(connection: sqlite3.Connection, name: Path) -> None:
    """Raise `DataError` when the pages of a database do not hang together."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        raise DataError(f"{name} is damaged. Restore an older backup.")


def check_file(path: Path) -> None:
    """Check a database that nobody uses; raises `DataError` when it is damaged or none."""
    try:
        with closing(_opened(path)) as connection:
            check(connection, path)
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path.name} is no database, or damaged ({error}).") from error


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file of its own, without a write-ahead log beside it."""
    return sqlite3.connect(path, isolation_level=None)


def _force_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
