"""Does the database have the schema this program needs, and how does it get it?

A set of migrations is a folder of Alembic scripts with a version table of its own: the program's
is here, each plugin may bring one; the same scripts run on both engines. At start one query
compares versions; Alembic (0.3 s of CPU) is imported only when something has to change.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from refdesk.errors import DataError, SchemaError
from refdesk.storage.sqlite.upgrade_copies import copy_before_upgrade
from refdesk.storage.sqlite.versions import applied_version


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of Alembic scripts: `head` is the newest, `version_table` holds the applied one."""

    folder: Path
    head: str
    version_table: str


CORE_MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "0008", "alembic_version")


def bring_up_to_date(database: Path | str, migrations: Migrations) -> None:
    """Apply what is missing to a SQLite file (a path) or on a PostgreSQL server (a dsn).

    A file is created when absent, readable by its owner only; on a server there has to be an
    empty database. Of several nodes that start at once one migrates and the others wait. A file
    that has tables is copied before they are changed. Raises
    `SchemaError` when the database was made by a newer program, `DataError` when it is none or
    cannot be reached.
    """
    if isinstance(database, Path):
        applied, name = _applied_in_file(database, migrations.version_table), str(database)
    else:
        applied, name = _applied_on_server(database, migrations.version_table), "The database"
    if applied == migrations.head:
        return
    if applied is not None and applied not in _known_versions(migrations.folder):
        raise SchemaError(
            f"{name} has schema {applied}, this program knows {migrations.head}. "
            "Install the newer refdesk again, or restore a backup made before the upgrade."
        )
    if isinstance(database, Path) and applied is not None:
        copy_before_upgrade(database, migrations.version_table, applied, migrations.head)
    # In a thread of its own, since PostgreSQL needs an event loop and one may be running here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_upgrade, database, migrations).result()


def _applied_in_file(path: Path, version_table: str) -> str | None:
    if not path.exists():
        path.touch(mode=0o600)
    try:
        return applied_version(path, version_table)
    except sqlite3.DatabaseError as error:
        raise DataError(
            f"{path} cannot be read as a database ({error}). Restore it from a backup."
        ) from error


def _applied_on_server(dsn: str, version_table: str) -> str | None:
    from refdesk.storage.postgresql import versions  # noqa: PLC0415 - an optional extra

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(versions.applied_version, dsn, version_table).result()


def _known_versions(folder: Path) -> set[str]:
    return {file.stem.partition("_")[0] for file in (folder / "versions").glob("*.py")}


def _upgrade(database: Path | str, migrations: Migrations) -> None:
    from alembic import command  # noqa: PLC0415 - costs 0.3 s of CPU, needed only to migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.attributes["database"] = database
    config.attributes["version_table"] = migrations.version_table
    command.upgrade(config, "head")
