"""What lies in a deployment's folder, and how is it opened?

`refdesk.toml` (optional), `refdesk.db` unless PostgreSQL keeps the rows, `index/`, `secret.key`,
`server.lock`.
"""

from dataclasses import dataclass
from pathlib import Path

from refdesk.core.settings import Settings, load_settings
from refdesk.errors import DataError, SettingsError
from refdesk.knowledge_base import KnowledgeBase
from refdesk.storage import Database, SqliteDatabase
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
from refdesk.storage.sqlite.file_systems import network_file_system

SETTINGS_FILE = "refdesk.toml"
DATABASE_FILE = "refdesk.db"


@dataclass(frozen=True, slots=True)
class Deployment:
    """An opened folder: settings, database and knowledge base."""

    folder: Path
    settings: Settings
    database: Database
    knowledge_base: KnowledgeBase

    def close(self) -> None:
        """Close the files."""
        self.database.close()


def open_deployment(folder: Path, settings_file: Path | None = None) -> Deployment:
    """Open a folder, created if absent; its settings are `refdesk.toml` in it, if there is one.

    Raises `SettingsError` for a wrong configuration, `DataError` for an unusable folder and
    `SchemaError` for a database of another version, `StorageError` when it cannot be reached.
    """
    file = settings_file or folder / SETTINGS_FILE
    settings = load_settings(file) if settings_file or file.exists() else Settings()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be used: {error.strerror}.") from error
    database = _open_database(folder, settings)
    knowledge_base = KnowledgeBase.open(database, folder / "index", library=settings.library.id)
    return Deployment(folder, settings, database, knowledge_base)


def _open_database(folder: Path, settings: Settings) -> Database:
    """Open the database that the settings name, with its tables up to date."""
    if settings.storage.dsn is not None:
        return _open_server(settings.storage.dsn.reveal("[storage] dsn"))
    kind = network_file_system(folder)
    if kind is not None:
        raise DataError(
            f"{folder} lies on a network file system ({kind}), where SQLite loses data. "
            'Use a folder on a local disk, or set [storage] engine = "postgresql".'
        )
    path = folder / DATABASE_FILE
    bring_up_to_date(path, CORE_MIGRATIONS)
    return SqliteDatabase(path)


def _open_server(dsn: str) -> Database:
    try:
        from refdesk.storage.postgresql.database import PostgresDatabase  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError(
            f"[storage] PostgreSQL needs {error.name}: pip install 'refdesk[postgresql]'."
        ) from error
    bring_up_to_date(dsn, CORE_MIGRATIONS)
    return PostgresDatabase(dsn)
