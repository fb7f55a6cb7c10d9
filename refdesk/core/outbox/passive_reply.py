"""How does an answer go back on the very request that brought the question?

Some platforms wait a few seconds for their webhook to answer, and show what comes. A copy of the
request waits here until shortly before that; whichever is open when the answer is written carries
it, and every copy of the same request carries the same. An answer that comes later is the
outbox's. Both claim the same rows, so it is sent on one of the two ways only.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any, Literal, Protocol

from sqlalchemy import bindparam, null, select, text, update

from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.consultations import Event
from refdesk.core.log.consultation_rows import FIND_INBOX, event_from
from refdesk.core.log.live import Live
from refdesk.core.messages import InboundMessage
from refdesk.core.outbox.claims import Claimant, lane_of, take
from refdesk.core.outbox.coalescing import coalesced, may_join
from refdesk.core.outbox.planning import Send, Waiting
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.leases import Lease
from refdesk.core.turns.store import Accepted
from refdesk.errors import ConstraintError
from refdesk.logs import get_logger
from refdesk.storage import Database, Transaction, prepare

log = get_logger(__name__)
_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
# Another server may have the turn, and its news may be late.
LOOK_SECONDS = 0.25

_DONE = prepare(
    select(_C.c.done_seq).where(
        _C.c.library == bindparam("library"), _C.c.id == bindparam("consultation")
    )
)
_ON_ROUTE = (
    _O.c.library == bindparam("library"),
    _O.c.consultation == bindparam("in_consultation"),
    _O.c.route == bindparam("by_route"),
)
_GIVEN = prepare(
    select(_E)
    .join(_O, (_O.c.consultation == _E.c.consultation) & (_O.c.seq == _E.c.seq))
    .where(*_ON_ROUTE)
    .order_by(_E.c.seq)
)
_CONFIRM = prepare(
    update(_O)
    .where(*_ON_ROUTE, text("outbox.state IN ('sending', 'unknown')"))
    .values(
        state="accepted",
        reason=null(),
        parts_sent=1,
        changed_at=bindparam("now"),
        node=null(),
        claim=null(),
    )
)
_RELEASE = prepare(
    update(_O)
    .where(
        _O.c.library == bindparam("library"),
        _O.c.consultation == bindparam("in_consultation"),
        _O.c.in_reply_to == bindparam("seq_asked"),
        _O.c.route == "open",
        text("outbox.state = 'queued'"),
    )
    .values(route="push", next_try=bindparam("now"))
)


class Speaking(Protocol):
    """What is needed of an adapter here."""

    capabilities: Capabilities

    def encode(self, event: Event) -> list[Any]:
        """Return the payloads of an event."""
        ...


Look = tuple[Event, ...] | Literal["not yet", "nothing"]


class PassiveReplies:
    """Requests that wait for their answer, on this server."""

    def __init__(
        self,
        database: Database,
        library: str,
        live: Live,
        inbox: Inbox,
        adapters: Mapping[str, Speaking],
        lease: Lease,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Accept into `inbox`; what is shown is what `adapters` make of an event."""
        self._database = database
        self._library = library
        self._live = live
        self._inbox = inbox
        self._adapters = adapters
        self._lease = lease
        self._clock = clock

    async def reply(
        self, message: InboundMessage, deadline: float | None = None
    ) -> list[Event] | None:
        """Accept a message and return what to answer on its request; None: only acknowledge it.

        `deadline` is when the platform gives up, in seconds since the epoch; without one it is
        `passive_reply_seconds` from now. The same message again runs nothing and gets the same
        answer. Raises `DataError` when the message cannot be stored.
        """
        capabilities = self._adapters[message.account].capabilities
        if deadline is None:
            deadline = self._clock() + capabilities.passive_reply_seconds
        until = deadline - capabilities.passive_margin_seconds
        accepted = await self._inbox.accept(message)
        news = asyncio.Event()
        stop = self._live.listen(accepted.consultation, lambda _one, _events: news.set())
        try:
            while True:
                news.clear()
                left = until - self._clock()
                # Looked at before it is claimed: this server may have stood still for a while.
                found = await self._look(message, accepted) if left > 0 else "nothing"
                if not isinstance(found, str):
                    # Claimed and too late: nobody knows what the platform does with it.
                    return list(found) if self._clock() < deadline else None
                if found == "nothing":
                    await self._leave_to_outbox(accepted)
                    return None
                await _first_of(news, min(left, LOOK_SECONDS))
        finally:
            stop()

    async def sent(self, message: InboundMessage) -> None:
        """Note that the answer has been written into the request's response.

        Without that word nobody knows whether it was received, and staff are told so.
        """

        def unit(tx: Transaction) -> int:
            found = tx.one(
                FIND_INBOX,
                library=self._library,
                account=message.account,
                event_key=message.event_key,
            )
            if found is None:
                return 0
            return tx.run(_CONFIRM, **self._on_route(found["consultation"], found["seq"]),
                          now=self._clock())  # fmt: skip

        number = await self._database.write(unit)
        log.info("passive_reply_sent", account=message.account, rows=number)

    async def _look(self, message: InboundMessage, accepted: Accepted) -> Look:
        """Return the answer if there is one, and claim it if nobody has."""
        account, rid, seq = message.account, message.rid, accepted.seq
        done, given, lane = await self._database.read(
            lambda tx: (
                tx.one(_DONE, library=self._library, consultation=accepted.consultation),
                tx.all(_GIVEN, **self._on_route(accepted.consultation, seq)),
                lane_of(tx, self._library, account, rid),
            )
        )
        adapter = self._adapters[account]
        if given:
            return (coalesced([event_from(row) for row in given], adapter.capabilities),)
        if done is None or done["done_seq"] < seq:
            return "not yet"
        rows = _fitting(lane, accepted, adapter)
        if rows == "not yet" or rows == "nothing":  # noqa: PLR1714 - mypy narrows comparisons only
            return rows
        return await self._claim(message, accepted, rows)

    async def _claim(
        self, message: InboundMessage, accepted: Accepted, rows: tuple[Waiting, ...]
    ) -> Look:
        """Claim rows for this request; "not yet" when somebody else has just been faster."""
        capabilities = self._adapters[message.account].capabilities
        # The platform may repeat its request a few times before it is clear that all is lost.
        claimant = Claimant(self._library, self._lease.node, 4 * capabilities.passive_reply_seconds)
        try:
            claim = await self._database.write(
                lambda tx: take(
                    tx, claimant, message.account, message.rid, Send(rows, None, None),
                    self._clock(), f"passive:{accepted.seq}",
                )
            )  # fmt: skip
        except ConstraintError:
            return "not yet"
        if claim is None:
            return "not yet"
        for key in claim.keys:
            log.info("outbox", account=message.account, outbox=key, state="sending", by="reply")
        return (coalesced(claim.events, capabilities),)

    async def _leave_to_outbox(self, accepted: Accepted) -> None:
        """Let the outbox send what is there already; what comes later is not held back either."""
        await self._database.write(
            lambda tx: tx.run(
                _RELEASE,
                library=self._library,
                in_consultation=accepted.consultation,
                seq_asked=accepted.seq,
                now=self._clock(),
            )
        )

    def _on_route(self, consultation: str, seq: int) -> dict[str, str]:
        return {
            "library": self._library,
            "in_consultation": consultation,
            "by_route": f"passive:{seq}",
        }


def _fitting(
    lane: Sequence[Waiting], accepted: Accepted, adapter: Speaking
) -> tuple[Waiting, ...] | Literal["not yet", "nothing"]:
    """Return the rows that go back on the request: as many from the first on as fit in one message.

    What does not fit follows through the outbox, and so does everything when a message before the
    answer still has to be sent by it: order is kept.
    """
    if lane and lane[0].state == "sending":
        return "not yet"
    first = tuple(takewhile(lambda row: _may_go_back(row, accepted), lane))
    replies = [row for row in first if row.in_reply_to == accepted.seq]
    for number in range(len(first), 0, -1):
        rows = first[:number]
        if not any(row in rows for row in replies):
            break
        event = coalesced([row.event for row in rows], adapter.capabilities)
        if len(adapter.encode(event)) == 1:
            return rows
    return "nothing"


def _may_go_back(row: Waiting, accepted: Accepted) -> bool:
    return (
        may_join(row.event.sender)
        and row.state == "queued"
        and not row.attempts
        and row.event.consultation == accepted.consultation
    )


async def _first_of(news: asyncio.Event, seconds: float) -> None:
    """Return on news, or after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return
