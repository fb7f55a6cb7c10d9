"""How does one open desk page learn what could not be sent, and how far its messages have come?"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from refdesk.core.outbox.desk import OutboxDesk
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.staff.authorise import StaffActor
from refdesk.plugins.desk import frames, sending_json

# Other servers send too, and a channel falls silent without anybody telling.
LOOK_SECONDS = 3.0
# Changes that follow each other closely are shown together.
PAUSE_SECONDS = 0.1


class SendingNews:
    """What one page has been shown; `watched` names the consultation that it may see now."""

    def __init__(
        self,
        staff: StaffActor,
        outbox: Outbox,
        desk: OutboxDesk,
        push: Callable[[str], None],
        watched: Callable[[], str | None],
    ) -> None:
        """Push frames for a colleague."""
        self._staff = staff
        self._outbox = outbox
        self._desk = desk
        self._push = push
        self._watched = watched
        self._changed = asyncio.Event()
        self._attention: dict[str, Any] = sending_json.attention((), ())
        self._marks: dict[str, Any] = {}

    def look(self) -> None:
        """Show the marks of what is watched now."""
        self._marks = {}
        self._changed.set()

    async def keep(self) -> None:
        """Send what has changed, until cancelled."""
        stop = self._outbox.listen(lambda _consultation: self._changed.set())
        try:
            while True:
                await self._show_attention()
                await self._show_marks()
                await asyncio.sleep(PAUSE_SECONDS)
                await self._wait()
        finally:
            stop()

    async def _show_attention(self) -> None:
        found = await self._desk.attention(self._staff)
        shown = sending_json.attention(found, self._outbox.watch.alerts())
        if shown != self._attention:
            self._attention = shown
            self._push(frames.attention(shown, time.time()))

    async def _show_marks(self) -> None:
        consultation = self._watched()
        if consultation is None:
            return
        marks = sending_json.marks(await self._desk.marks(consultation))
        # Somebody may have claimed it meanwhile: then it is not for these eyes any more.
        if marks != self._marks and self._watched() == consultation:
            self._marks = marks
            self._push(frames.delivery(consultation, marks))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self._changed.clear()
