"""What do SQLite's errors mean to the rest of the program?"""

import sqlite3

from refdesk.errors import ConstraintError, StorageError
from refdesk.storage.writer import GroupError

# The last two: a value that SQLite has no type for.
_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


def explained(error: sqlite3.Error) -> StorageError | ConstraintError:
    """Return the error as refdesk names it. SQLite's own words name tables, never values."""
    if isinstance(error, _REFUSED):
        return ConstraintError(f"The database refused a row: {error}.")
    kind = GroupError if _is_busy(error) else StorageError
    return kind(f"The database cannot be used now: {error}. Try again when that is over.")


def _is_busy(error: sqlite3.Error) -> bool:
    """Tell whether somebody else keeps the file: every unit would wait as long again."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
