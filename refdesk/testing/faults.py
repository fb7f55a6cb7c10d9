"""How does a test fill the disk, or kill the program at a chosen write?"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, NoReturn, TypeVar

from refdesk.errors import StorageError
from refdesk.storage import Database, Transaction
from refdesk.storage.schema import Migrations

Result = TypeVar("Result")
_NEVER = -1


class Faults:
    """What goes wrong in one library, and when. Everything is counted in writes from now on.

    A killed program does nothing more: it writes nothing, hears of nothing that was committed, and
    sends nothing that hangs on a write. `await library.restarted()` starts it anew.
    """

    def __init__(self) -> None:
        """Begin without faults."""
        self._refusals = 0
        self._writes_left = _NEVER
        self._moment: Literal["before", "after"] = "before"
        self._death = asyncio.Event()

    def disk_full(self, writes: int = 1) -> None:
        """Let the next writes fail as on a full disk; after those there is room again."""
        self._refusals = writes

    def disk_has_room(self) -> None:
        """End a full disk before its time."""
        self._refusals = 0

    def killed_before(self, write: int = 1) -> None:
        """Kill the program right before it commits this write; 1 is the next one."""
        self._writes_left, self._moment = write - 1, "before"

    def killed_after(self, write: int = 1) -> None:
        """Kill the program right after this write is committed; nobody hears that it was."""
        self._writes_left, self._moment = write, "after"

    def kill(self) -> None:
        """Kill it now."""
        self._death.set()

    @property
    def killed(self) -> bool:
        """Whether the program is dead."""
        return self._death.is_set()

    async def death(self) -> None:
        """Return when the program is killed."""
        await self._death.wait()

    def around(self, database: Database) -> Database:
        """Return the database as the app sees it."""
        return _FaultyDatabase(database, self)

    def before_write(self) -> Literal["go on", "die"]:
        """Count a write that is about to begin; raises `StorageError` when the disk is full."""
        if self._death.is_set():
            return "die"
        if self._refusals > 0:
            self._refusals -= 1
            raise StorageError("There is no room on the disk.")
        if self._writes_left == 0 and self._moment == "before":
            self.kill()
            return "die"
        if self._writes_left > 0:
            self._writes_left -= 1
        return "go on"

    def after_write(self) -> Literal["go on", "die"]:
        """Say whether whoever asked for a write lives to hear that it is durable."""
        if self._writes_left == 0 and self._moment == "after":
            self.kill()
        return "die" if self._death.is_set() else "go on"


class _FaultyDatabase(Database):
    """A real database, until something goes wrong."""

    def __init__(self, real: Database, faults: Faults) -> None:
        self._real = real
        self._faults = faults
        self.engine = real.engine

    def __getattr__(self, name: str) -> Any:
        """Have what its engine has besides, such as the path of a file."""
        return getattr(self._real, name)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        if self._faults.before_write() == "die":
            await _for_ever()
        result = await self._real.write(work)
        if self._faults.after_write() == "die":
            await _for_ever()
        return result

    def write_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        if self._faults.before_write() == "die":
            raise StorageError("the program is dead")
        result = self._real.write_blocking(work)
        if self._faults.after_write() == "die":
            raise StorageError("the program is dead")
        return result

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        if self._faults.killed:
            await _for_ever()
        return await self._real.read(work)

    def read_blocking(self, work: Callable[[Transaction], Result]) -> Result:
        if self._faults.killed:
            raise StorageError("the program is dead")
        return self._real.read_blocking(work)

    def migrate(self, migrations: Migrations) -> None:
        self._real.migrate(migrations)

    def hints(
        self,
        channel: str,
        node: str,
        hear: Callable[[list[str]], None],
        missed: Callable[[], None],
    ) -> Any:
        return self._real.hints(channel, node, hear, missed)

    def close(self) -> None:
        self._real.close()


async def _for_ever() -> NoReturn:
    """Wait as a dead process waits: until its task is thrown away."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError
