"""Can this server take in messages now? (`/readyz`, for load balancers and for people.)

The truth is a row that is really written, and how the last message fared: where only the log has
room left, a row still fits and a message does not.
"""

import asyncio
import time
from collections.abc import Callable

from refdesk.core.turns.leases import Lease, prove_presence
from refdesk.errors import StorageError
from refdesk.loops import running_loop
from refdesk.storage import Database

# Asking often costs nothing more: the answer is this fresh.
FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
# So long a refused message speaks against us; then somebody has to try again to know.
FAILED_SECONDS = 10.0


class Readiness:
    """Answers `ready`, or says in a few words what is missing."""

    def __init__(
        self,
        database: Database,
        library: str,
        lease: Lease,
        condition: Callable[[], str],
        seconds_since_failure: Callable[[], float] = lambda: float("inf"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`condition` says how far the start or the stop has come.

        `seconds_since_failure` is how long ago a message could not be stored.
        """
        self._database = database
        self._library = library
        self._lease = lease
        self._condition = condition
        self._seconds_since_failure = seconds_since_failure
        self._clock = clock
        self._storage = "ready"
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[str] | None = None

    async def __call__(self) -> str:
        """Return `ready`, or what is missing."""
        condition = self._condition()
        if condition != "ready":
            return condition
        if self._seconds_since_failure() < FAILED_SECONDS:
            return "nothing can be stored: the last message was refused"
        if self._clock() - self._looked_at < FRESH_SECONDS:
            return self._storage
        if self._looking is None or self._looking.done():
            self._looking = running_loop().create_task(self._look())
        # One look serves all who ask meanwhile; who goes away does not end it.
        return await asyncio.shield(self._looking)

    async def _look(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._database.write(
                    lambda tx: prove_presence(tx, self._library, self._lease)
                )
        except StorageError as error:
            self._storage = f"nothing can be stored: {error}"
        except TimeoutError:
            self._storage = "nothing can be stored: the database does not answer"
        else:
            self._storage = "ready"
        self._looked_at = self._clock()
        return self._storage
