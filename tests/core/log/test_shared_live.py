"""Do pages go on hearing of what other servers commit after the connection for hints has broken?"""

import asyncio
from collections.abc import Callable
from typing import cast

from refdesk.app import _forever
from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.log.event_reading import EventReading
from refdesk.core.log.shared_live import Hints, SharedLive
from refdesk.core.messages import Text
from refdesk.errors import StorageError


def event(seq: int) -> Event:
    return Event("c1", seq, 0.0, "message", "reader", (Text("x"),))


class Reading:
    """A log that another server writes; a reading waits until the test lets it go on."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def consultation(self, topic: str) -> Consultation:
        self.asked.set()
        await self.goes_on.wait()
        return Consultation(topic, "web_chat", "r1", State.SELF_SERVICE, "en", 1, epoch=1)

    async def newest_number(self, _topic: str) -> int:
        return len(self.log)

    async def events(self, _topic: str, after: int) -> list[Event]:
        return [one for one in self.log if one.seq > after]


class BreakingHints:
    """A connection that a test breaks."""

    def __init__(self, hear: Callable[[list[str]], None], _missed: Callable[[], None]) -> None:
        self.hear = hear
        self.breaks = asyncio.Event()
        self.broke = asyncio.Event()

    def tell(self, word: str) -> None:
        """Nobody else is there."""

    async def run(self) -> None:
        await self.breaks.wait()
        self.breaks.clear()
        self.broke.set()
        raise StorageError("The connection to the database is lost.")


async def test_a_page_still_hears_after_the_hints_broke_while_its_log_was_read() -> None:
    reading, opened = Reading(), []

    def open_hints(hear: Callable[[list[str]], None], missed: Callable[[], None]) -> Hints:
        opened.append(BreakingHints(hear, missed))
        return opened[0]

    live = SharedLive(cast("EventReading", reading), open_hints)
    shown: asyncio.Queue[int] = asyncio.Queue()

    def page(_consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        for one in events:
            shown.put_nowait(one.seq)

    live.listen("c1", page)
    running = asyncio.create_task(_forever(live.run))
    try:
        async with asyncio.timeout(20):
            reading.log.append(event(1))
            opened[0].hear(["c1"])
            await reading.asked.wait()
            opened[0].breaks.set()  # in the middle of the reading
            await opened[0].broke.wait()
            reading.goes_on.set()
            assert await shown.get() == 1
            reading.log.append(event(2))
            opened[0].hear(["c1"])
            assert await shown.get() == 2
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
