"""How is a reader erased so that nothing of them stays or comes back? (DESIGN section 4.7)

First a line in the journal, then one transaction, then the traces that a database leaves on the
disk. Whatever the journal has and the database has not is done again: after a kill between the two,
and after an older database was restored.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refdesk.core.vault.erasing import (
    Erased,
    all_erasures,
    erase_reader,
    erased_at,
    erasures_after,
    is_known,
)
from refdesk.core.vault.erasure_journal import Erasure, ErasureJournal
from refdesk.errors import NotFoundError
from refdesk.logs import get_logger
from refdesk.storage import Database, Prepared, SqliteDatabase, Transaction
from refdesk.storage.sqlite.write_ahead_log import empty_write_ahead_log

log = get_logger(__name__)
FOLLOW_SECONDS = 0.5
_ID_BYTES = 12
_READ_BYTES = 1 << 20
_BESIDE = re.compile(r"-(wal|shm|journal)$")


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What an erasure found and removed.

    `disk` says what became of older states of rows on the disk: "overwritten", "in use" while
    somebody still reads one, or "left to the server" where the database is PostgreSQL.
    """

    rid: str
    erased: Erased
    disk: Literal["overwritten", "in use", "left to the server"]
    copies: tuple[str, ...] = ()


class Erasures:
    """Erases readers of one library; `of_plugins` are statements that clear plugins' tables."""

    def __init__(
        self,
        database: Database,
        library: str,
        journal: ErasureJournal,
        of_plugins: Sequence[Prepared] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Write to `journal` first, then to `database`."""
        self.journal = journal
        self._database = database
        self._library = library
        self._of_plugins = of_plugins
        self._clock = clock
        self._followed: int | None = None

    def erase(self, rid: str) -> ErasureReport:
        """Erase a reader; blocks. Raises `NotFoundError` when there is no such reader."""
        known, before = self._database.read_blocking(
            lambda tx: (is_known(tx, self._library, rid), erased_at(tx, self._library, rid))
        )
        if not known:
            when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(before)) if before else ""
            again = f" One with this number was erased on {when}." if before else ""
            raise NotFoundError(f"There is no reader {rid}.{again}")
        erasure = Erasure(secrets.token_urlsafe(_ID_BYTES), self._library, rid, self._clock())
        self.journal.add([erasure])
        return self._carry_out([erasure])[0]

    def catch_up(self) -> list[ErasureReport]:
        """Do what the journal has and the database has not; return what was done."""
        noted = [one for one in self.journal.read() if one.library == self._library]
        if not noted:
            return []
        done = {one.id for one in self._done()}
        return self._carry_out([one for one in noted if one.id not in done])

    def note_what_is_done(self) -> int:
        """Add to the journal what only the database has; return how many lines that were."""
        noted = {one.id for one in self.journal.read()}
        missing = [one for one in self._done() if one.id not in noted]
        self.journal.add(missing)
        return len(missing)

    async def follow(self, forget: Callable[[set[str]], None]) -> None:
        """Let a running server forget whom a command or another server erases, for ever.

        Begun again after a failure, it goes on after the last erasure that it has seen.
        """
        if self._followed is None:
            self._followed = max((number for number, _rid in await self._after(0)), default=0)
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            found = await self._after(self._followed)
            if found:
                forget({rid for _number, rid in found})
                self._followed = found[-1][0]
                log.info("erasures_followed", readers=len(found))

    async def _after(self, number: int) -> list[tuple[int, str]]:
        return await self._database.read(lambda tx: erasures_after(tx, self._library, number))

    def _done(self) -> list[Erasure]:
        return self._database.read_blocking(lambda tx: all_erasures(tx, self._library))

    def _carry_out(self, erasures: Iterable[Erasure]) -> list[ErasureReport]:
        found = [(one, self._database.write_blocking(self._erasing(one))) for one in erasures]
        if not found:
            return []
        if not isinstance(self._database, SqliteDatabase):
            return [ErasureReport(one.rid, what, "left to the server") for one, what in found]
        path = self._database.path
        emptied = empty_write_ahead_log(path)
        disk: Literal["overwritten", "in use"] = "in use" if emptied == "in use" else "overwritten"
        return [
            ErasureReport(one.rid, what, disk, remove_copies_with(path, one.rid))
            for one, what in found
        ]

    def _erasing(self, erasure: Erasure) -> Callable[[Transaction], Erased]:
        return lambda tx: erase_reader(tx, erasure, self._of_plugins, self._clock())


def remove_copies_with(database: Path, rid: str) -> tuple[str, ...]:
    """Remove copies beside the database, kept by an upgrade or restore, that know a reader."""
    groups: dict[str, list[Path]] = {}
    for file in sorted(database.parent.glob(f"{database.name}.*")):
        groups.setdefault(_BESIDE.sub("", file.name), []).append(file)
    removed = []
    for name, files in groups.items():
        if any(_contains(file, rid.encode()) for file in files):
            for file in files:
                file.unlink()
            removed.append(name)
    return tuple(removed)


def _contains(file: Path, needle: bytes) -> bool:
    """Search a file of any size."""
    kept = b""
    with file.open("rb") as content:
        while block := content.read(_READ_BYTES):
            if needle in kept + block:
                return True
            kept = block[-len(needle) :]
    return False
