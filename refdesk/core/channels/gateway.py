"""What does the core offer to an adapter?

Adapters bring messages in and, where the platform shows the event log itself, read it for the
reader whose it is. They see neither tables nor plugins.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from refdesk.core.consultations import Event
from refdesk.core.log.consultation_rows import ALL_EVENTS
from refdesk.core.log.event_reading import EventReading
from refdesk.core.log.live import EventListener, Live
from refdesk.core.messages import InboundMessage, Language
from refdesk.core.outbox.passive_reply import PassiveReplies
from refdesk.core.outbox.sending_windows import SendingWindows
from refdesk.core.reader_tokens import ReaderTokens
from refdesk.core.staff.authorise import ReaderActor, Verdict, authorise
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.store import Accepted
from refdesk.core.vault.identity_vault import IdentityVault


@dataclass(frozen=True, slots=True)
class LibraryIdentity:
    """How the library presents itself to readers."""

    names: Mapping[Language, str]
    default_language: Language
    public_url: str


class Gateway:
    """One for each app, shared by its adapters."""

    def __init__(
        self,
        inbox: Inbox,
        reading: EventReading,
        live: Live,
        tokens: ReaderTokens,
        vault: IdentityVault,
        passive: PassiveReplies,
        windows: SendingWindows,
        library: LibraryIdentity,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Bring messages to `inbox`."""
        self._inbox = inbox
        self._reading = reading
        self._live = live
        self.tokens = tokens
        self._vault = vault
        self._passive = passive
        self._windows = windows
        self.library = library
        self.now = clock

    async def reader_at(self, account: str, address: str) -> str:
        """Return the `rid` of whoever writes from this address, new at first sight.

        Nothing else of the program gets the address; `Adapter.send` gets it back as its target.
        """
        return await self._vault.rid_for(account, address)

    async def accept(self, message: InboundMessage) -> Accepted:
        """Return once the message is durable; only then may the platform be told."""
        return await self._inbox.accept(message)

    async def passive_reply(
        self, message: InboundMessage, deadline: float | None = None
    ) -> list[Event] | None:
        """Accept a message and return what to answer on its own request; None: acknowledge it.

        For platforms with `passive_reply_seconds`. `deadline` is when the platform gives up, in
        seconds since the epoch; without one it is so many seconds from now. The answer comes back
        before, or goes through the outbox. Copies of the same request all get the same answer.
        When it has been written, say so: `passive_reply_sent`.
        """
        return await self._passive.reply(message, deadline)

    async def passive_reply_sent(self, message: InboundMessage) -> None:
        """Note that the answer has been written into the response of the request."""
        await self._passive.sent(message)

    async def window_opened(self, account: str, rid: str, occasion: str) -> None:
        """Note an action that allows messages, named in `Capabilities.windows`: a menu tap."""
        await self._windows.open(account, rid, occasion)

    def seconds_to_wait(self, rid: str, address: str = "") -> float:
        """Return how long this reader has to wait before the next message; 0 is at once."""
        return self._inbox.seconds_to_wait(rid, address)

    async def current_consultation(self, account: str, rid: str) -> str | None:
        """Return the reader's open consultation on this channel account, if there is one."""
        return await self._reading.open_consultation(account, rid)

    async def newest_number(self, rid: str, consultation: str) -> int | None:
        """Return the number of the newest event of a log; None when it is not this reader's."""
        if await self._may_read(rid, consultation) == "refused":
            return None
        return await self._reading.newest_number(consultation)

    async def events_after(
        self, rid: str, consultation: str, seq: int, most: int = ALL_EVENTS
    ) -> list[Event] | None:
        """Return what the reader may see of a log after `seq`, at most `most` events.

        None when it is not theirs.
        """
        if await self._may_read(rid, consultation) == "refused":
            return None
        return await self._reading.readers_events(consultation, seq, most)

    def listen(self, consultation: str, listener: EventListener) -> Callable[[], None]:
        """Call `listener` on news of a consultation of this reader, until the result is called."""
        return self._live.listen(consultation, listener)

    async def _may_read(self, rid: str, consultation: str) -> Verdict:
        found = await self._reading.consultation(consultation)
        return authorise(ReaderActor(rid), "read_log", found) if found else "refused"
