"""How do frames leave through a socket, in order and never more than the page takes in?"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any

from aiohttp import WSCloseCode, web

from refdesk.core.hosting.deadlines import resumed
from refdesk.loops import running_loop

# A page that takes nothing in for so long is gone or hostile; it resumes when it comes back.
MOST_UNSENT_FRAMES = 1_000
MOST_UNSENT_CHARACTERS = 2_000_000


class Outgoing:
    """What is on its way out of one socket.

    Frames of one moment leave together, with one call of the system. What it takes at once needs
    no task; only when the page is slow does one wait.
    """

    __slots__ = ("_due", "_flushing", "_hanging_up", "_size", "_socket", "_unsent")

    def __init__(self, socket: web.WebSocketResponse) -> None:
        """Write to `socket`, which has been prepared."""
        self._socket = socket
        self._unsent: deque[str] = deque()
        self._size = 0
        self._due = False
        self._flushing: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.Task[bool] | None = None

    def push(self, frame: str) -> None:
        """Send a frame after those before it; hangs up on a page that takes nothing in."""
        if self._hanging_up is not None:
            return
        self._unsent.append(frame)
        self._size += len(frame)
        if len(self._unsent) > MOST_UNSENT_FRAMES or self._size > MOST_UNSENT_CHARACTERS:
            self.hang_up(WSCloseCode.TRY_AGAIN_LATER, b"too slow")
        elif self._flushing is None and not self._due:
            self._due = True
            running_loop().call_soon(self._begin)

    def drop(self) -> None:
        """Forget what has not been sent yet: the one who listens may not see it any more."""
        self._forget()

    def hang_up(self, code: int, reason: bytes) -> None:
        """Send nothing more and close; returns at once, whether the page answers or not."""
        self._forget()
        if self._hanging_up is not None:
            return
        if self._flushing is not None:
            self._flushing.cancel()
        closing = self._socket.close(code=code, message=reason)
        self._hanging_up = running_loop().create_task(closing)

    async def drained(self) -> None:
        """Return when the page has taken in what was pushed, or is gone."""
        if self._due:
            self._begin()
        if self._flushing is not None:
            await asyncio.wait({self._flushing})

    def _begin(self) -> None:
        """Send now; what has to wait for the page goes on in a task."""
        if not self._due:
            return
        self._due = False
        sending = self._flush()
        try:
            waiting_for = sending.send(None)
        except StopIteration:
            return
        self._flushing = running_loop().create_task(self._go_on(sending, waiting_for))

    async def _go_on(self, sending: Coroutine[Any, Any, None], waiting_for: Any) -> None:
        try:
            await resumed(sending, waiting_for)
        finally:
            self._flushing = None

    async def _flush(self) -> None:
        try:
            while self._unsent:
                frame = self._unsent.popleft()
                self._size -= len(frame)
                await self._socket.send_str(frame)
        except (ConnectionError, RuntimeError):
            # The page has gone; what it missed is in the log.
            self._forget()

    def _forget(self) -> None:
        self._unsent.clear()
        self._size = 0
