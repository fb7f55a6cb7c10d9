"""What do tests of sending share? A platform that does as told, and a library that writes to it.

Every line of a text is a mark such as "r1:3", rising per reader: by them the order of arrival, what
is missing and what came twice can be seen from outside.
"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import select

from refdesk import Reply, Text
from refdesk.core.channels.adapter import Adapter, Capabilities, Health, SendResult
from refdesk.core.channels.gateway import Gateway
from refdesk.core.consultations import Event
from refdesk.core.intents import Say
from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.live import Live
from refdesk.core.messages import InboundMessage
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.outbox.rows import queue_sending
from refdesk.core.outbox.sending_windows import SendingWindows
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.leases import Lease, take_over
from refdesk.core.turns.store import Finished, Outcome
from refdesk.storage import Database, Row, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
ROWS = prepare(select(_O).order_by(_O.c.consultation, _O.c.seq))
ACCOUNT = "platform"


@dataclass
class Time:
    """A clock that a test moves."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Arrival:
    """What has arrived at a reader: the marks of one payload, and when."""

    reader: str
    marks: tuple[str, ...]
    key: str
    at: float


@dataclass
class Platform:
    """A platform; `answers` are those of the next sends, each is accepted after them.

    An answer is a `SendResult`, an error to raise, "silence" (accepted, and nobody is told),
    "death" (accepted, and the program dies before it hears of it), or an event to wait for.
    """

    capabilities: Capabilities
    clock: Time
    marks_per_payload: int = 1
    answers: list[Any] = field(default_factory=list)
    arrived: list[Arrival] = field(default_factory=list)
    tried: list[Arrival] = field(default_factory=list)
    health: Health = field(default_factory=lambda: Health("working"))
    died: asyncio.Event = field(default_factory=asyncio.Event)
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    sends_under_way: int = 0
    most_under_way: int = 0

    def arrived_at(self, reader: str) -> list[str]:
        return [mark for one in self.arrived if one.reader == reader for mark in one.marks]

    def has(self, key: str) -> bool:
        return any(one.key == key for one in self.arrived)


class PlatformAdapter(Adapter):
    def __init__(self, platform: Platform) -> None:
        super().__init__(ACCOUNT, None, cast("Gateway", None))
        self.platform = platform
        self.capabilities = platform.capabilities

    def decode(self, raw: Any) -> InboundMessage | None:
        raise AssertionError(raw)

    def encode(self, event: Event) -> list[tuple[str, ...]]:
        texts = [part.text for part in event.parts if isinstance(part, Text)]
        marks = [mark for text in texts for mark in text.split("\n")]
        size = self.platform.marks_per_payload
        return [tuple(marks[start : start + size]) for start in range(0, len(marks), size)]

    async def send(self, target: str, payload: tuple[str, ...], key: str) -> SendResult:
        platform = self.platform
        arrival = Arrival(target, payload, key, platform.clock.now)
        platform.tried.append(arrival)
        platform.sends_under_way += 1
        platform.most_under_way = max(platform.most_under_way, platform.sends_under_way)
        try:
            await asyncio.sleep(0)
            answer = platform.answers.pop(0) if platform.answers else SendResult("accepted")
            if isinstance(answer, asyncio.Event):
                platform.waits.set()
                await answer.wait()
                answer = SendResult("accepted")
            if isinstance(answer, Exception):
                raise answer
            taken = not isinstance(answer, SendResult) or answer.result in ("accepted", "delivered")
            by_key = self.capabilities.idempotent_send == "by key"
            if taken and not (by_key and platform.has(key)):
                platform.arrived.append(arrival)
            if answer == "death":
                platform.died.set()
                await asyncio.get_running_loop().create_future()
            if answer == "silence":
                return SendResult("unknown")
            return answer
        finally:
            platform.sends_under_way -= 1

    async def health(self) -> Health:
        return self.platform.health


class Post:
    """A library with one channel account on a platform."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        platform: Platform,
        clock: Time,
        beside: "Post | None" = None,
    ) -> None:
        """Begin without readers; `beside` is another server on the same database."""
        self.platform = platform
        self.clock = clock
        self.database = open_database()
        self.marks: dict[str, list[str]] = {}
        self._numbers = itertools.count(1)
        self.consultations: dict[str, str] = {}
        self.start(beside)

    def windows(self) -> SendingWindows:
        return SendingWindows(self.database, "main", self.clock)

    def start(self, beside: "Post | None" = None) -> None:
        """Start a new server; what the one before had in hand is lost."""
        self.lease = Lease(silence_seconds=3600.0) if beside else Lease()
        self.live = Live()
        self.store = ConsultationStore(
            self.database, "main", lambda _account: True, self.clock, self.lease
        )
        self.outbox = Outbox(
            self.database,
            "main",
            self.live,
            {ACCOUNT: PlatformAdapter(self.platform)},
            self.clock,
            lease=self.lease,
            monotonic=self.clock,
            jitter=lambda: 0.5,
        )
        self.database.write_blocking(lambda tx: take_over(tx, "main", self.lease))

    def new_mark(self, reader: str) -> str:
        marks = self.marks.setdefault(reader, [])
        marks.append(f"{reader}:{len(marks) + 1}")
        return marks[-1]

    async def reader_says(self, reader: str, *replies: int) -> None:
        """Let a reader ask; the program answers with so many lines in each of its replies."""
        self.clock.now += 0.01  # consultations are sorted by when they began
        key = f"{reader}:{next(self._numbers)}"
        message = InboundMessage(ACCOUNT, reader, key, "question", self.clock(), "en")
        accepted = await self.store.accept(message)
        assert accepted.turn is not None
        self.consultations[reader] = accepted.consultation
        says = tuple(Say(self._reply(reader, lines)) for lines in replies)
        finished = await self.store.finish(accepted.turn, Outcome("en", says))
        assert isinstance(finished, Finished)
        self.live.publish(accepted.consultation, finished.events, finished.consultation)
        await asyncio.sleep(0)

    async def librarian_says(self, reader: str, lines: int = 1) -> None:
        """Let a librarian write to a reader who has written before."""
        reply, consultation = self._reply(reader, lines), self.consultations[reader]

        def unit(tx: Any) -> None:
            writer = LogWriter.open(tx, "main", consultation, self.clock())
            assert writer is not None
            writer.append("reply", "librarian", reply.parts, alias="Ms Li")
            writer.save()
            queue_sending(tx, "main", ACCOUNT, writer.events)

        await self.database.write(unit)

    def _reply(self, reader: str, lines: int) -> Reply:
        return Reply((Text("\n".join(self.new_mark(reader) for _ in range(lines))),))

    async def send(self) -> None:
        """Send what is due; when the program dies on the way, start it anew."""
        sending = asyncio.ensure_future(self.outbox.send_due())
        dying = asyncio.ensure_future(self.platform.died.wait())
        await asyncio.wait({sending, dying}, return_when=asyncio.FIRST_COMPLETED)
        if self.platform.died.is_set():
            await self.outbox.break_off()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            self.platform.died.clear()
            self.start()
            await self.outbox.recover()
        else:
            dying.cancel()
            await sending

    def rows(self) -> list[Row]:
        return self.database.read_blocking(lambda tx: tx.all(ROWS))

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows()]

    def reasons(self) -> list[str | None]:
        return [row["reason"] for row in self.rows()]
