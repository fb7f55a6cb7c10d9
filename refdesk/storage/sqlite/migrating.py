"""How does Alembic migrate a SQLite file in one transaction?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from refdesk.storage.sqlite.connections import BUSY_TIMEOUT_SECONDS


def migrate(path: Path, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction; somebody else who writes is waited for."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
    )
    # Python's driver begins no transaction before CREATE TABLE: we begin it ourselves.
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        work(connection)
    engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
