"""Which version of a set of tables does a SQLite file have?"""

from contextlib import closing
from pathlib import Path

from refdesk.storage.sqlite.connections import connect


def applied_version(path: Path, version_table: str) -> str | None:
    """Return the applied version, or None; raises `sqlite3.DatabaseError` for another file."""
    with closing(connect(path, "read")) as connection:
        exists = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (version_table,)
        ).fetchone()
        if exists is None:
            return None
        name = version_table.replace('"', '""')
        row = connection.execute(f'SELECT version_num FROM "{name}"').fetchone()  # noqa: S608 - quoted
    return row[0] if row else None
