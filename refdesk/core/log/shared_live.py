"""How do pages learn of what another server on the same database has committed?

Servers tell each other only that a consultation has news; what it is stands in the log. Pages skip
what they have seen, so nothing may be shown before what stands in front of it: unless an event
follows the last one known here, the log is read from there on.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from refdesk.core.consultations import Consultation, Event
from refdesk.core.log.event_reading import EventReading
from refdesk.core.log.live import Live, Topic
from refdesk.errors import StorageError
from refdesk.logs import get_logger

log = get_logger(__name__)
MOST_REMEMBERED = 20_000
# For a consultation not seen before: pages that listen already have what is older.
READ_BACK_EVENTS = 50
PAUSE_SECONDS = 1.0


class Hints(Protocol):
    """Tells the other servers a word, soon; `run` hears theirs."""

    def tell(self, word: str) -> None:
        """Tell it."""

    async def run(self) -> None:
        """Listen and speak until cancelled."""


OpenHints = Callable[[Callable[[list[str]], None], Callable[[], None]], Hints]


class SharedLive(Live):
    """Listeners of this server, and hints from and to the others."""

    def __init__(self, reading: EventReading, open_hints: OpenHints) -> None:
        """Read logs with `reading`; `open_hints` gets what to do with words, and when missed."""
        super().__init__()
        self._reading = reading
        self._hints = open_hints(self._hear, self._look_everywhere)
        self._known: OrderedDict[Topic, int] = OrderedDict()
        self._behind: dict[Topic, str] = {}
        self._queue: asyncio.Queue[Topic] = asyncio.Queue()
        # Somebody may have left work here: told by the same hint.
        self.on_hint: Callable[[Topic], None] = lambda _topic: None

    async def run(self) -> None:
        """Hear hints and read what they point to, until cancelled."""
        # What was being read when an earlier run broke off is looked at again.
        self._queue = asyncio.Queue()
        for topic in self._behind:
            self._queue.put_nowait(topic)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hints.run())
            tasks.create_task(self._catch_up())

    def publish(
        self, topic: Topic, events: tuple[Event, ...], consultation: Consultation | None = None
    ) -> None:
        """Announce committed events here and to the other servers."""
        self._hints.tell(topic)
        if not self.listens(topic):
            return
        follows = events and events[0].seq == self._known.get(topic, -1) + 1
        if topic in self._behind or (events and not follows):
            self._look(topic)
            return
        if events:
            self._remember(topic, events[-1].seq)
        super().publish(topic, events, consultation)

    def look_again(self, topic: Topic) -> None:
        """Read the log: a commit whose confirmation got lost was announced to nobody."""
        if self.listens(topic):
            self._look(topic)
        self._hints.tell(topic)

    def _hear(self, topics: list[Topic]) -> None:
        for topic in topics:
            self.on_hint(topic)
            if self.listens(topic):
                self._look(topic)

    def _look_everywhere(self) -> None:
        """Hints may have got lost: look at whatever a page follows here."""
        for topic in {*self.topics(), *self._known}:
            self._look(topic)

    def _look(self, topic: Topic) -> None:
        if topic in self._behind:
            self._behind[topic] = "more"
        else:
            self._behind[topic] = "queued"
            self._queue.put_nowait(topic)

    async def _catch_up(self) -> None:
        while True:
            topic = await self._queue.get()
            self._behind[topic] = "queued"
            try:
                await self._read(topic)
            except StorageError as error:
                log.warning("news_not_read", problem=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                self._queue.put_nowait(topic)
                continue
            if self._behind[topic] == "more":
                self._queue.put_nowait(topic)
            else:
                del self._behind[topic]

    async def _read(self, topic: Topic) -> None:
        consultation = await self._reading.consultation(topic)
        if consultation is None:
            return
        after = self._known.get(topic)
        if after is None:
            after = max(await self._reading.newest_number(topic) - READ_BACK_EVENTS, 0)
        events = tuple(await self._reading.events(topic, after))
        if events:
            self._remember(topic, events[-1].seq)
        super().publish(topic, events, consultation)

    def _remember(self, topic: Topic, seq: int) -> None:
        self._known[topic] = seq
        self._known.move_to_end(topic)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
