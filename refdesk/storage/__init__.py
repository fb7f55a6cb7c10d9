"""Where rows are kept: the engines, the one writer, migrations. Knows no domain."""

from refdesk.storage.database import Database
from refdesk.storage.lock import ServerLock
from refdesk.storage.sqlite.database import SqliteDatabase
from refdesk.storage.statements import Prepared, prepare
from refdesk.storage.transaction import Row, Transaction

__all__ = [
    "Database",
    "Prepared",
    "Row",
    "ServerLock",
    "SqliteDatabase",
    "Transaction",
    "prepare",
]
