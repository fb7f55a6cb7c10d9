"""How does a change of a consultation become durable, queued for sending, and known?

Whatever is neither a message nor its answer goes this way: the librarians' verbs, and what happens
by itself. Open the log, change it, save it in one transaction; announce it after the commit.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.live import Live
from refdesk.core.outbox.rows import queue_sending
from refdesk.storage import Database, Transaction

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LogChanges:
    """The consultations of one library, to be changed one at a time."""

    database: Database
    library: str
    live: Live
    needs_outbox: Callable[[str], bool]
    clock: Callable[[], float] = time.time

    async def change(
        self, consultation: str, work: Callable[[LogWriter, Transaction], Result]
    ) -> tuple[Result, LogWriter] | None:
        """Let `work` change a consultation; None when there is none of this number.

        What `work` leaves as it was is not written.
        """

        def unit(tx: Transaction) -> tuple[Result, LogWriter] | None:
            writer = self.open(tx, consultation)
            if writer is None:
                return None
            result = work(writer, tx)
            self.save(tx, writer)
            return result, writer

        changed = await self.database.write(unit)
        if changed is not None:
            self.announce(changed[1])
        return changed

    def open(self, tx: Transaction, consultation: str) -> LogWriter | None:
        """Return the writer of a consultation, or None."""
        return LogWriter.open(tx, self.library, consultation, self.clock())

    def save(self, tx: Transaction, writer: LogWriter) -> None:
        """Write what has changed, and queue what readers are to see."""
        if not writer.has_changed:
            return
        writer.save()
        account = writer.consultation.account
        if self.needs_outbox(account):
            queue_sending(tx, self.library, account, writer.events)

    def announce(self, writer: LogWriter) -> None:
        """Tell open pages of what has been committed."""
        if writer.has_changed:
            one = writer.consultation
            self.live.publish(one.id, tuple(writer.events), one)
