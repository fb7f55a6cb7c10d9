"""Which version of a set of tables does a PostgreSQL database have?"""

import asyncio

from refdesk.errors import DataError
from refdesk.storage.postgresql.commits import hang_up
from refdesk.storage.postgresql.connections import Connector
from refdesk.storage.postgresql.failures import asked


def applied_version(dsn: str, version_table: str) -> str | None:
    """Return the applied version, or None.

    Raises `StorageError` when it cannot be reached, `DataError` when it cannot hold every text.
    Not to be called where an event loop runs.
    """
    return asyncio.run(_applied_version(dsn, version_table))


async def _applied_version(dsn: str, version_table: str) -> str | None:
    connection = await Connector(dsn, "read").connect()
    try:
        encoding = connection.get_settings().server_encoding
        if encoding != "UTF8":
            raise DataError(
                f"The database has the encoding {encoding}. Make it anew with UTF8: "
                "createdb --encoding=UTF8 --template=template0 NAME."
            )
        name = '"' + version_table.replace('"', '""') + '"'
        if await asked(connection.fetchval("SELECT to_regclass($1)", name)) is None:
            return None
        version: str | None = await asked(
            connection.fetchval(f"SELECT version_num FROM {name}")  # noqa: S608 - quoted
        )
        return version
    finally:
        await hang_up(connection)
