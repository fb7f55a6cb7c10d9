"""How does Alembic reach the database that refdesk hands it? (Called by each `env.py`.)"""

from typing import Any

from alembic import context
from sqlalchemy import URL, create_engine, event
from sqlalchemy.pool import NullPool

from refdesk.storage.sqlite.connections import BUSY_TIMEOUT_SECONDS


def run() -> None:
    """Run the migrations that Alembic has chosen, all in one transaction.

    A process killed on the way leaves the database as it was, and of two that start at the same
    time the second waits and finds nothing left to do.
    """
    attributes = context.config.attributes
    engine = create_engine(
        URL.create("sqlite", database=str(attributes["database"])),
        poolclass=NullPool,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
    )
    # Python's driver begins no transaction before CREATE TABLE: we begin it ourselves.
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            version_table=attributes["version_table"],
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
