"""How is the terminal a platform like any other? (`refdesk chat`)"""

import asyncio
import io
import itertools
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar, Literal, TextIO

from refdesk.core.channels.adapter import Adapter, Capabilities, SendResult
from refdesk.core.channels.gateway import Gateway
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.core.turns.inbox import LONGEST_MESSAGE_CHARACTERS

# A terminal interprets escape sequences: what others wrote must not move its cursor.
_ESCAPES = dict.fromkeys((*range(9), *range(11, 32), 127, *range(128, 160)))


class Console(Adapter):
    """Standard input and output; one reader, known for as long as the program runs."""

    runs: ClassVar[Literal["with the server", "by its command"]] = "by its command"
    capabilities: Capabilities = Capabilities(delivery="outbox")

    def __init__(self, account: str, settings: Any, gateway: Gateway) -> None:
        """Begin a conversation with an unknown reader."""
        super().__init__(account, settings, gateway)
        self._rid = secrets.token_urlsafe(16)
        self._numbers = itertools.count(1)

    def decode(self, raw: str) -> InboundMessage | None:
        """Return the message in a line; None for an empty one."""
        text = raw.strip()[:LONGEST_MESSAGE_CHARACTERS]
        if not text:
            return None
        key = f"{self._rid}:{next(self._numbers)}"
        return InboundMessage(self.account, self._rid, key, text, self.gateway.now())

    def encode(self, event: Event) -> list[str]:
        """Return the lines to print: who speaks, the words, numbered buttons, the sources."""
        if event.sender == "reader":
            return []
        speaker = event.alias or {"bot": "refdesk", "system": "·"}.get(event.sender, event.sender)
        lines = [f"{speaker}: {plain_text(event.parts)}"]
        lines += [f"   [{source.title}{' ' + source.url if source.url else ''}]"
                  for source in event.sources]  # fmt: skip
        return ["\n".join(lines).translate(_ESCAPES)]

    async def send(self, target: str, payload: Any, key: str) -> SendResult:
        """Print to standard output."""
        del key
        if target != self._rid:
            return SendResult("permanent", reason="this reader's terminal is closed")
        print(payload, flush=True)  # noqa: T201 - the terminal is the platform here
        return SendResult("accepted")

    async def run(self) -> None:
        """Read lines until the end of input; return when the reader has left."""
        lines = _typed_lines()
        while line := await lines.get():
            message = self.decode(line.encode("utf-8", "replace").decode("utf-8"))
            if message is not None:
                await self.gateway.accept(message)


def _typed_lines() -> asyncio.Queue[str]:
    """Return a queue that gets each line typed, and an empty text at the end.

    The thread waits for the terminal even when the program is told to end: as a daemon, and
    without the lock of `sys.stdin`, it holds nobody up.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody listens any more
            for line in _lines_of(sys.stdin):
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="console", daemon=True).start()
    return lines


def _lines_of(stream: TextIO) -> Iterator[str]:
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        yield from stream  # no file of the system, but a text in memory
        return
    with io.FileIO(descriptor, closefd=False) as raw:
        for line in iter(raw.readline, b""):
            yield line.decode(stream.encoding, "replace")
