"""How does a plugin bring tables of its own?"""

from dataclasses import dataclass

from sqlalchemy import MetaData

from refdesk.storage.schema import Migrations


@dataclass(frozen=True, slots=True)
class PluginTables:
    """Tables apart from the core's: their `MetaData` and the folder of Alembic scripts."""

    metadata: MetaData
    migrations: Migrations
