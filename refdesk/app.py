"""How does a deployment start, run and stop?"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from refdesk.core.hosting.plugin_tasks import tell_whose_tasks
from refdesk.core.web.server import send_pages_away
from refdesk.deployment import Deployment
from refdesk.errors import StorageError
from refdesk.logs import get_logger
from refdesk.parts import Extras, Parts

__all__ = ["App", "Extras"]
log = get_logger(__name__)
FOLLOW_SECONDS = 0.5
DRAIN_SECONDS = 10.0
PAUSE_SECONDS = 1.0


class App(Parts):
    """One running deployment."""

    def __init__(self, deployment: Deployment, extras: Extras | None = None) -> None:
        """Put the parts together; nothing runs before `start`."""
        super().__init__(deployment, extras)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take the lock, take up unfinished work, begin to follow the knowledge base.

        Raises `DeploymentBusyError` when another server runs on this folder.
        """
        if self.deployment.database.engine == "sqlite":  # PostgreSQL serves several
            await asyncio.to_thread(self._lock.acquire)
        tell_whose_tasks(asyncio.get_running_loop())
        self.watchdog.start()
        recovered = await self.take_up()
        self._begin(self._follow_knowledge_base)
        for work in self.background:
            self._begin(work)
        for adapter in self._adapters.values():
            if adapter.runs == "with the server":
                self._begin(adapter.run)
        self.condition = "ready"
        log.info("started", recovered=recovered, plugins=len(self.host.names()))

    async def take_up(self) -> int:
        """Take up what the program before left unfinished; return how many messages."""
        repeated = await asyncio.to_thread(self.erasures.catch_up)
        if repeated:
            log.warning("erasures_repeated", readers=len(repeated))
        recovered = await self.turns.recover()
        await self.outbox.recover()
        return recovered

    async def stop(self) -> None:
        """Send pages away, finish the work in hand, close the files."""
        self.condition = "stopping"
        for adapter in self._adapters.values():
            await adapter.close()
        await send_pages_away(self.server)
        await self.turns.drain(DRAIN_SECONDS)
        await self.effects.drain(DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._leave()
        await self.host.close()
        self.watchdog.stop()
        await self.http.close()
        self._lock.release()
        log.info("stopped")

    async def _leave(self) -> None:
        """Free the work that is left for another server, which otherwise waits a few seconds."""
        try:
            await self.store.leave()
        except StorageError as error:
            log.warning("work_not_given_back", problem=str(error))

    async def break_off(self) -> None:
        """End as in a crash: nothing is finished, nobody is told. (Tests of restarts do this.)"""
        self.condition = "stopping"
        self.outbox.abandon()
        for task in self._tasks:
            task.cancel()
        await self.turns.drain(0.0)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.host.close()
        self.watchdog.stop()
        await self.http.close()
        self._lock.release()

    async def settle(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until accepted messages are worked on and their replies sent, at most so long."""
        deadline = time.monotonic() + seconds
        await self.turns.settle(seconds)
        # What an effect has brought may begin a turn, and that one another effect.
        while (await self.effects.perform_due() or self.turns.in_hand) and (
            left := deadline - time.monotonic()
        ) > 0:
            await self.turns.settle(left)
        await self.outbox.send_due()

    def _begin(self, work: Callable[[], Any]) -> None:
        self._tasks.append(asyncio.create_task(_forever(work)))

    async def _follow_knowledge_base(self) -> None:
        """Let the index follow entries that a command has changed beside this server."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            following = asyncio.ensure_future(
                asyncio.to_thread(self.deployment.knowledge_base.follow)
            )
            try:
                await asyncio.shield(following)
            except asyncio.CancelledError:
                # The thread goes on by itself: nobody may close its files before it has ended.
                await asyncio.wait({following})
                raise


async def _forever(work: Callable[[], Any]) -> None:
    """Run a background loop again when it fails: the border of loops."""
    while True:
        try:
            await work()
        except StorageError as error:  # it passes, and is no fault of the loop's
            log.warning("background_work_waits", problem=str(error))
            await asyncio.sleep(PAUSE_SECONDS)
        except Exception as error:  # the border of background loops
            log.exception("background_work_failed", problem=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
