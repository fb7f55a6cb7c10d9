"""How do replies reach a platform that has to be called, each at least once and in order?

A row is marked `sending` before the call and gets the platform's verdict after it. After a crash a
`sending` row is `unknown`: it may have been sent, so it is not sent again by itself.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select, text, update

from refdesk.core.adapter import Adapter, SendResult
from refdesk.core.consultation_rows import event_from
from refdesk.core.consultations import Consultation, Event
from refdesk.core.live import ALL, Live
from refdesk.core.outbox_tables import OutboxRow
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.logs import get_logger
from refdesk.storage import Database, Row, prepare

log = get_logger(__name__)
_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
MOST_ATTEMPTS = 8
_AT_ONCE = 100

_QUEUED = prepare(
    select(_E, _O.c.id.label("key"), _O.c.account, _O.c.attempts, _O.c.next_try, _C.c.rid)
    .join(_E, (_E.c.consultation == _O.c.consultation) & (_E.c.seq == _O.c.seq))
    .join(_C, _C.c.id == _O.c.consultation)
    .where(_O.c.library == bindparam("library"), text("outbox.state IN ('queued', 'sending')"))
    .order_by(_O.c.consultation, _O.c.seq)
    .limit(_AT_ONCE)
)
_MARK = prepare(
    update(_O)
    .where(_O.c.id == bindparam("key"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        attempts=bindparam("attempts"),
        next_try=bindparam("next_try"),
    )
)
_INTERRUPTED = prepare(
    update(_O)
    .where(_O.c.library == bindparam("in_library"), _O.c.state == "sending")
    .values(state=bindparam("new_state"), reason=bindparam("new_reason"))
)


class Outbox:
    """Sends what has been queued, one message of a consultation at a time."""

    def __init__(
        self,
        database: Database,
        library: str,
        live: Live,
        adapters: Mapping[str, Adapter],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Send through `adapters`, which are found by account."""
        self._database = database
        self._library = library
        self._adapters = adapters
        self._clock = clock
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._stop_listening = live.listen(ALL, self._hear)

    async def run(self) -> None:
        """Send until cancelled."""
        reason = "the program ended while this was being sent"
        await self._database.write(
            lambda tx: tx.run(
                _INTERRUPTED,
                in_library=self._library,
                new_state="unknown",
                new_reason=reason,
            )
        )
        self._news.set()
        while True:
            await self.wait_for_work()
            await self.send_due()

    def _hear(self, consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        """Wake up for what a platform has to be sent; most channels show the log themselves."""
        if consultation is None or not events:
            return
        adapter = self._adapters.get(consultation.account)
        if adapter is None or adapter.capabilities.delivery == "outbox":
            self._news.set()

    async def wait_for_work(self) -> None:
        """Return on news, and every second for retries that have become due."""
        try:
            async with asyncio.timeout(1.0):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    async def send_due(self) -> None:
        """Send what is due; a message that has to wait holds back later ones of its reader."""
        async with self._sending:  # two at once would send the same rows
            await self._send_due()

    async def _send_due(self) -> None:
        rows = await self._database.read(lambda tx: tx.all(_QUEUED, library=self._library))
        held_back: set[str] = set()
        for row in rows:
            consultation = row["consultation"]
            if consultation in held_back:
                continue
            if row["next_try"] > self._clock() or await self._send(row) == "held back":
                held_back.add(consultation)

    async def _send(self, row: Row) -> str:
        adapter = self._adapters.get(row["account"])
        attempts = row["attempts"] + 1
        if adapter is None:
            await self._mark(row["key"], "failed", attempts, "this channel is switched off")
            return "settled"
        await self._mark(row["key"], "sending", attempts)
        result = SendResult("accepted")
        for number, payload in enumerate(adapter.encode(event_from(row))):
            result = await adapter.send(row["rid"], payload, f"{row['key']}.{number}")
            if result.result != "accepted":
                break
        if result.result == "accepted":
            await self._mark(row["key"], "accepted", attempts)
        elif result.result == "retry" and attempts < MOST_ATTEMPTS:
            pause = result.retry_seconds or min(2.0**attempts, 300.0)
            await self._mark(row["key"], "queued", attempts, result.reason, pause)
            return "held back"
        else:
            log.warning("sending_failed", account=row["account"], reason=result.result)
            await self._mark(row["key"], "failed", attempts, result.reason or result.result)
        return "settled"

    async def _mark(
        self, key: str, state: str, attempts: int, reason: str = "", pause: float = 0.0
    ) -> None:
        await self._database.write(
            lambda tx: tx.run(
                _MARK,
                key=key,
                state=state,
                reason=reason or None,
                attempts=attempts,
                next_try=self._clock() + pause,
            )
        )
