"""How does Alembic reach the database that refdesk hands it? (Called by each `env.py`.)"""

from pathlib import Path

from alembic import context
from sqlalchemy import Connection

from refdesk.storage.sqlite import migrating as sqlite


def run() -> None:
    """Run the migrations that Alembic has chosen, all in one transaction.

    A process killed on the way leaves the database as it was, and of two that start at the same
    time the second waits and finds nothing left to do.
    """
    database = context.config.attributes["database"]
    if isinstance(database, Path):
        sqlite.migrate(database, _run)
    else:
        from refdesk.storage.postgresql import migrating  # noqa: PLC0415 - an optional extra

        migrating.migrate(database, _run)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        version_table=context.config.attributes["version_table"],
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
