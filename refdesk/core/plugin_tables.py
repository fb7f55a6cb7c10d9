"""How does a plugin bring tables of its own?"""

from dataclasses import dataclass

from sqlalchemy import MetaData

from refdesk.storage import Prepared
from refdesk.storage.schema import Migrations


@dataclass(frozen=True, slots=True)
class PluginTables:
    """Tables apart from the core's: their `MetaData` and the folder of Alembic scripts.

    `erase_reader` are the statements that delete or redact what they hold of one reader. They get
    `library` and `rid` and run in the transaction that erases the reader.
    """

    metadata: MetaData
    migrations: Migrations
    erase_reader: tuple[Prepared, ...] = ()
