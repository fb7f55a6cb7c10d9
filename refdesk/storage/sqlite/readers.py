"""How does each thread read on a connection of its own, and how are they all closed?"""

import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from refdesk.storage.sqlite.connections import connect
from refdesk.storage.sqlite.failures import explained
from refdesk.storage.sqlite.transaction import SqliteTransaction
from refdesk.storage.transaction import Transaction

Result = TypeVar("Result")


class Readers:
    """The reading connections of one file, by thread; a thread that ends closes its own."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`."""
        self._path = path
        self._local = threading.local()
        self._opening = threading.Lock()
        self._all: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._closed = False

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in the calling thread; it sees one moment of the database."""
        reader: _Reader | None = getattr(self._local, "reader", None)
        try:
            if reader is None:
                reader = self._local.reader = self._open()
            return reader.run(work)
        except sqlite3.Error as error:
            raise explained(error) from error

    def close(self) -> None:
        """Wait for the units under way, then close every connection."""
        with self._opening:
            self._closed = True
            readers = list(self._all)
        for reader in readers:
            reader.close()

    def _open(self) -> "_Reader":
        with self._opening:
            if self._closed:
                raise RuntimeError("the database is closed")
            reader = _Reader(self._path)
            self._all.add(reader)
        return reader


class _Reader:
    """One thread's connection. Closing it while a unit runs would crash the program."""

    __slots__ = ("__weakref__", "_closed", "_connection", "_in_use")

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, "read")
        self._in_use = threading.RLock()
        self._closed = False
        weakref.finalize(self, self._connection.close)

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        with self._in_use:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._connection.execute("BEGIN")
            try:
                return work(SqliteTransaction(self._connection))
            finally:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._in_use:
            self._closed = True
            self._connection.close()
