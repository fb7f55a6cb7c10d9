"""How do frames leave through a socket, in order and never more than the page takes in?"""

import asyncio

from aiohttp import web

from refdesk.loops import running_loop

# A page that takes nothing in for so long is gone or hostile; it resumes when it comes back.
MOST_UNSENT_FRAMES = 1_000


class Outgoing:
    """What is on its way out of one socket; one task at a time writes."""

    __slots__ = ("_flushing", "_socket", "_unsent")

    def __init__(self, socket: web.WebSocketResponse) -> None:
        """Write to `socket`, which has been prepared."""
        self._socket = socket
        self._unsent: list[str] = []
        self._flushing: asyncio.Task[None] | None = None

    def push(self, frame: str) -> None:
        """Send a frame after those before it; hangs up on a page that takes nothing in."""
        self._unsent.append(frame)
        if self._flushing is None:
            self._flushing = running_loop().create_task(self._flush())
        elif len(self._unsent) > MOST_UNSENT_FRAMES:
            self._unsent.clear()
            self._flushing.cancel()

    def drop(self) -> None:
        """Forget what has not been sent yet: the one who listens may not see it any more."""
        self._unsent.clear()

    async def _flush(self) -> None:
        try:
            while self._unsent:
                frames, self._unsent = self._unsent, []
                for frame in frames:
                    await self._socket.send_str(frame)
        except (ConnectionError, RuntimeError):
            # The page has gone; what it missed is in the log.
            self._unsent.clear()
        except asyncio.CancelledError:
            await self._socket.close(code=1013, message=b"too slow")
        finally:
            self._flushing = None
