"""How does a message of any platform come in?"""

import asyncio
import random
import time
from collections.abc import Callable

from refdesk.core.health.measures import Traffic
from refdesk.core.log.live import Live
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.message_limits import MessageLimits
from refdesk.core.turns.store import Accepted, Arriving, Store
from refdesk.core.turns.triggers import Trigger
from refdesk.core.turns.turns import Turns
from refdesk.errors import BusyError, DataError, StorageError
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
LONGEST_MESSAGE_CHARACTERS = 8_000
# A message in hand takes about 2 KiB: a flood costs at most so much memory, then it has to wait.
MOST_IN_HAND = 10_000
BUSY_SECONDS = 5.0
TAKE_UP_PAUSE_SECONDS = 1.0


class Inbox:
    """Stores a message durably, then starts work on it."""

    def __init__(
        self,
        store: Store,
        turns: Turns,
        live: Live,
        limits: MessageLimits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Accept into `store`."""
        self._store = store
        self._turns = turns
        self._live = live
        self._limits = limits
        self._clock = clock
        self._storing = 0
        self.traffic = Traffic()
        self._failed_at = float("-inf")
        self._rescues: set[asyncio.Task[None]] = set()

    def seconds_to_wait(self, rid: str, address: str) -> float:
        """Return how long this reader has to wait before the next message; 0 is at once."""
        return self._limits.seconds_to_wait(rid, address, self._clock())

    def seconds_since(self, account: str) -> float:
        """Return how long ago the last message of this channel account came in."""
        return self._clock() - self.traffic.last_at[account]

    def seconds_since_failure(self) -> float:
        """Return how long ago a message could not be stored; without end when none came after."""
        return self._clock() - self._failed_at

    async def accept(self, message: InboundMessage) -> Accepted:
        """Return once the message is durable; the platform may be told only then.

        A repeat gets the first one's result and runs nothing. Raises `DataError` when nothing can
        be stored now and `BusyError` when too much waits: the sender is told to try again.
        """
        if self._storing + self._turns.waiting >= MOST_IN_HAND:
            self.traffic.refused[message.account] += 1
            log.warning("too_busy", waiting=self._turns.waiting, storing=self._storing)
            raise BusyError(
                "There is a lot to do at the moment. Please send it again soon.",
                # Spread, or everybody who was told to wait comes back at once.
                BUSY_SECONDS * random.uniform(0.5, 1.5),  # noqa: S311 - no secret
            )
        accepted = await self._store_once(message)
        self.traffic.last_at[message.account] = self._clock()
        return accepted

    async def trigger(self, trigger: Trigger) -> Accepted:
        """Do the same with something that is due for a reader; nothing limits how often."""
        return await self._store_once(trigger)

    async def _store_once(self, arriving: Arriving) -> Accepted:
        self._storing += 1
        try:
            accepted = await self._store.accept(arriving)
        except asyncio.CancelledError:
            # Whoever brought it has gone; it is stored all the same, so somebody has to answer it.
            rescue = running_loop().create_task(self._take_up(arriving))
            self._rescues.add(rescue)
            rescue.add_done_callback(self._rescues.discard)
            raise
        except StorageError as error:
            self._failed_at = self._clock()
            log.error("message_not_stored", problem=str(error))  # noqa: TRY400 - the words suffice
            raise DataError("The message could not be stored. Please send it again.") from error
        finally:
            self._storing -= 1
        self._failed_at = float("-inf")
        self.traffic.accepted[arriving.account, accepted.arrival] += 1
        if accepted.events and isinstance(arriving, InboundMessage):
            self._live.publish(accepted.consultation, accepted.events)
        if accepted.arrival == "repeat":
            # The first time it may have been stored although its answer got lost.
            self._live.look_again(accepted.consultation)
        if accepted.turn is not None:
            self._turns.begin(accepted.turn)
        return accepted

    async def _take_up(self, arriving: Arriving) -> None:
        """Begin the turn of a message whose bringer did not wait for its acceptance."""
        while True:
            try:
                await self._store.accept(arriving)  # a repeat: the first one is durable by then
                await self._turns.recover()
            except StorageError as error:
                log.warning("message_not_taken_up", problem=str(error))
                await asyncio.sleep(TAKE_UP_PAUSE_SECONDS)
            else:
                return
