"""Does the database have the schema this program needs, and how does it get it?

A set of migrations is a folder of Alembic scripts with a version table of its own: the program's
is here, each plugin may bring one. At start one query compares versions; Alembic (0.3 s of CPU)
is imported only when something has to change.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from refdesk.errors import DataError, SchemaError
from refdesk.storage.sqlite.connections import connect


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of Alembic scripts: `head` is the newest, `version_table` holds the applied one."""

    folder: Path
    head: str
    version_table: str


CORE_MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "0007", "alembic_version")


def bring_up_to_date(database: Path, migrations: Migrations) -> None:
    """Apply what is missing; the file is created when absent, readable by its owner only.

    Raises `SchemaError` when the database was made by a newer program, `DataError` when the file
    is no database.
    """
    if not database.exists():
        database.touch(mode=0o600)
    try:
        applied = _applied_version(database, migrations.version_table)
    except sqlite3.DatabaseError as error:
        raise DataError(
            f"{database} cannot be read as a database ({error}). Restore it from a backup."
        ) from error
    if applied == migrations.head:
        return
    if applied is not None and applied not in _known_versions(migrations.folder):
        raise SchemaError(
            f"{database} has schema {applied}, this program knows {migrations.head}. "
            "Install the newer refdesk again, or restore a backup made before the upgrade."
        )
    _upgrade(database, migrations)


def _applied_version(database: Path, version_table: str) -> str | None:
    with closing(connect(database, "read")) as connection:
        exists = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (version_table,)
        ).fetchone()
        if exists is None:
            return None
        name = version_table.replace('"', '""')
        row = connection.execute(f'SELECT version_num FROM "{name}"').fetchone()  # noqa: S608 - quoted
    return row[0] if row else None


def _known_versions(folder: Path) -> set[str]:
    return {file.stem.partition("_")[0] for file in (folder / "versions").glob("*.py")}


def _upgrade(database: Path, migrations: Migrations) -> None:
    from alembic import command  # noqa: PLC0415 - costs 0.3 s of CPU, needed only to migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.attributes["database"] = database
    config.attributes["version_table"] = migrations.version_table
    command.upgrade(config, "head")
