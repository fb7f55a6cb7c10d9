"""How are messages accepted, claimed and finished?"""

import time
from collections.abc import Callable

from refdesk.core.turns.accepting import Accepting
from refdesk.core.turns.claiming import claim
from refdesk.core.turns.finishing import Finishing
from refdesk.core.turns.leases import Lease, release
from refdesk.core.turns.store import Accepted, Arriving, Finished, Outcome, Turn, Unfinished
from refdesk.storage import Database


class ConsultationStore:
    """The core's store on a database."""

    def __init__(
        self,
        database: Database,
        library: str,
        needs_outbox: Callable[[str], bool] = lambda _account: False,
        clock: Callable[[], float] = time.time,
        lease: Lease | None = None,
    ) -> None:
        """Keep consultations of `library`; without a `lease` this server is alone."""
        self.lease = lease or Lease()
        self._database = database
        self._library = library
        self._clock = clock
        self._accepting = Accepting(library, self.lease.node, needs_outbox)
        self._finishing = Finishing(library, needs_outbox)

    async def accept(self, arriving: Arriving) -> Accepted:
        """Store a message once, durably; the first of a reader opens a consultation."""
        return await self._database.write(
            lambda tx: self._accepting.accept(tx, arriving, self._clock())
        )

    async def claim(self) -> list[Turn]:
        """Take over what nobody living holds; return all that this server has to do, in order."""
        return await self._database.write(lambda tx: claim(tx, self._library, self.lease))

    async def finish(self, turn: Turn, outcome: Outcome) -> Finished | Unfinished:
        """Write replies, state and rows of plugins, once, unless somebody was faster."""
        return await self._database.write(
            lambda tx: self._finishing.finish(tx, turn, outcome, self._clock())
        )

    async def leave(self) -> None:
        """Give back what is not finished, so that another server need not wait for it."""
        await self._database.write(lambda tx: release(tx, self.lease))
