"""How does a test get a database of its own, on either engine?

The fixture `place` gives one on each engine in turn; `place.open()` opens it, a second time as
another server on the same database would (on SQLite: as a command beside the server).
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from refdesk.storage import Database, SqliteDatabase
from refdesk.storage.postgresql.database import PostgresDatabase
from refdesk.storage.schema import CORE_MIGRATIONS, bring_up_to_date
from tests.postgres_server import PostgresServer

_DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Place:
    """Where a database is: a path or a dsn. It has the core's tables."""

    where: Path | str
    server: PostgresServer | None = None

    @property
    def engine(self) -> Engine:
        """Return which engine this is."""
        return "postgresql" if self.server else "sqlite"

    def open(self) -> Database:
        """Open it; whoever opens it closes it."""
        if isinstance(self.where, Path):
            return SqliteDatabase(self.where)
        return PostgresDatabase(self.where)

    def create(self, table: Table) -> None:
        """Make a table that no migration makes."""
        self.execute(str(CreateTable(table).compile(dialect=_DIALECTS[self.engine])))

    def execute(self, statement: str) -> None:
        """Run one statement past refdesk, durably."""
        if isinstance(self.where, Path):
            with closing(sqlite3.connect(self.where)) as connection:
                connection.execute(statement)
                connection.commit()
        elif self.server is not None:
            self.server.execute(statement, self.where)


def sqlite_place(folder: Path, template: Path | None = None) -> Place:
    """Make a migrated SQLite file in `folder`, quickly when there is one to copy."""
    path = folder / "refdesk.db"
    if template is not None:
        shutil.copyfile(template, path)
        path.chmod(0o600)
    else:
        bring_up_to_date(path, CORE_MIGRATIONS)
    return Place(path)


def postgres_place(server: PostgresServer) -> Place:
    """Make a migrated database on the server."""
    return Place(server.database(), server)
