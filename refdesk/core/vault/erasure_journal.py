"""Where is written which readers were erased, so that no restored database brings them back?

A file beside the database, one JSON line for each erasure: its id, the library, the reader's random
number, the time. No address, no text. A line counts once it is whole and on the disk.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from refdesk.core.private_files import sync_folder
from refdesk.errors import DataError, StorageError

JOURNAL_FILE = "erasures.jsonl"
_FIELDS = {"id": str, "library": str, "rid": str, "at": float}


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure of one reader; `at` is in seconds since the epoch, UTC."""

    id: str
    library: str
    rid: str
    at: float


class ErasureJournal:
    """One journal file; lines are only ever added."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, made with the first line."""
        self.path = path

    def read(self) -> list[Erasure]:
        """Return every erasure, in order; raises `DataError` naming a line that is none.

        What a power cut left of a last line is passed over: that erasure was never confirmed.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror}.") from error
        whole = content[: content.rfind(b"\n") + 1]
        return [self._parsed(number, line) for number, line in enumerate(whole.splitlines(), 1)]

    def add(self, erasures: Iterable[Erasure]) -> None:
        """Add lines and return when they are on the disk.

        Raises `StorageError` when that fails; nothing may be erased then.
        """
        lines = "".join(f"{json.dumps(asdict(one))}\n" for one in erasures)
        if not lines:
            return
        try:
            self._append(lines.encode())
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was erased."
            ) from error

    def _append(self, lines: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A new line must not be glued to the torn one that a power cut left.
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)

    def _parsed(self, number: int, line: bytes) -> Erasure:
        try:
            data = json.loads(line)
            values = {name: kind(data[name]) for name, kind in _FIELDS.items()}
            return Erasure(**values)
        except (ValueError, TypeError, KeyError):
            raise DataError(
                f"{self.path}, line {number}, is no erasure. Nothing was changed: restore the "
                "file from a copy, or take the line out if you know what it was."
            ) from None
