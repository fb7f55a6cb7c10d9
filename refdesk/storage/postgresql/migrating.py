"""How does Alembic, which knows no asyncio, migrate over asyncpg?"""

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from refdesk.storage.postgresql.connections import connect

# Any number that nobody else on this database uses: "refdesk" as letters of the alphabet.
_LOCK = text("SELECT pg_advisory_xact_lock(1856451911)")


def migrate(dsn: str, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction, while no other node does the same."""
    asyncio.run(_migrate(dsn, work))


async def _migrate(dsn: str, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        async_creator=lambda: connect(dsn, "migrate"),
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(_LOCK)
            await connection.run_sync(work)
    finally:
        await engine.dispose()
