"""What is a library in a test, and how is it asked?"""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from refdesk.app import App, Extras
from refdesk.core.channels.adapter import Adapter
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.core.staff.authorise import Role
from refdesk.deployment import SETTINGS_FILE, Deployment, open_deployment
from refdesk.knowledge_base import Entry
from refdesk.testing.fake_channel import FakeChannel
from refdesk.testing.fake_clock import FakeClock
from refdesk.testing.faults import Faults
from refdesk.testing.librarian import Librarian, colleague
from refdesk.testing.lines import Page, Phone, Wire
from refdesk.testing.reader import Reader

PATIENCE_SECONDS = 10.0
_ACCOUNT = "web_chat"
Result = TypeVar("Result")


class Library:
    """A library on a temporary folder, with every built-in plugin and those under test.

    Readers are named freely; each has a conversation of their own. Nothing runs in the background
    unless a test calls `await library.app.start()`: what readers and librarians do is done when
    the call returns, and what waits for its time is done by `advance`.
    """

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[object] = (),
        entries: Sequence[Entry] = (),
        settings: str = "",
        adapters: Mapping[str, type[Adapter] | FakeChannel] | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        """Open the library; `settings` is the text of its refdesk.toml."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS_FILE).write_text(settings, "utf-8")
        self._folder = folder
        self._clock = clock
        self._channels = dict(adapters or {})
        self._extras = Extras(
            plugins=plugins,
            adapters={
                account: one.adapter if isinstance(one, FakeChannel) else one
                for account, one in self._channels.items()
            },
            clock=clock.now if clock else time.time,
            monotonic=clock.monotonic if clock else time.monotonic,
        )
        self._numbers = itertools.count(1)
        self._working = 0
        self._readers: dict[tuple[str, str], Reader] = {}
        self._librarians: dict[str, Librarian] = {}
        self.faults, self.deployment, self.app = self._open()
        if entries:
            self.deployment.knowledge_base.put(entries, author="test")

    def reader(self, name: str, channel: str = _ACCOUNT) -> Reader:
        """Return the reader of this name on a channel account; the same one each time."""
        key = (name, channel)
        if key not in self._readers:
            self._readers[key] = Reader(name, self, self._wire(name, channel))
        return self._readers[key]

    def librarian(self, name: str, alias: str = "", role: Role = Role.LIBRARIAN) -> Librarian:
        """Return the colleague of this name; readers see the alias."""
        if name not in self._librarians:
            self._librarians[name] = Librarian(colleague(name, alias, role), self)
        return self._librarians[name]

    async def ask(self, text: str, reader: str = "reader") -> str:
        """Say something as a reader; return what is answered, as plain text."""
        return "\n".join(plain_text(event.parts) for event in await self.say(text, reader))

    async def say(self, text: str, reader: str = "reader", action: str = "") -> list[Event]:
        """Say something, or press the button with this action; return the events that follow."""
        gateway = self.app.gateway
        key = self.new_key(reader)
        message = InboundMessage(_ACCOUNT, reader, key, text, gateway.now(), action=action)
        accepted = await gateway.accept(message)
        await self.settle()
        return await gateway.events_after(reader, accepted.consultation, accepted.seq) or []

    async def settle(self) -> None:
        """Wait until everything accepted is worked on and sent, and let every reader look."""
        async with self._at_work():
            await self.unless_killed(self.app.settle(PATIENCE_SECONDS))
            if not self.faults.killed:
                for reader in self._readers.values():
                    await reader.listen()

    async def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Let time pass, then do once whatever has become due.

        Raises `RuntimeError` when this library has been given no `FakeClock`.
        """
        if self._clock is None:
            raise RuntimeError("this library keeps the real time: library(clock=FakeClock())")
        self._clock.advance(seconds, minutes=minutes, hours=hours, days=days)
        async with self._at_work():
            for round_ in self.app.rounds:
                await self.unless_killed(round_())
            await self.settle()

    async def restarted(self) -> None:
        """End the app as a crash does, wherever it is, and start it again on the same folder."""
        running = self.app.condition == "ready"
        self.faults.kill()
        await self.app.break_off()
        await asyncio.to_thread(self.deployment.close)
        self.faults, self.deployment, self.app = await asyncio.to_thread(self._open)
        if running:
            await self.app.start()
        else:
            await self.app.take_up()
        await self.settle()

    def close(self) -> None:
        """Close its files."""
        self.deployment.close()

    def new_key(self, sender: str) -> str:
        """Return a name for a message that no other has."""
        return f"{sender}:{next(self._numbers)}"

    async def unless_killed(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Return what the work returns; None when the program is killed before it ends."""
        doing = asyncio.ensure_future(work)
        death = asyncio.ensure_future(self.faults.death())
        await asyncio.wait({doing, death}, return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        if doing.done():
            return doing.result()
        doing.cancel()
        await asyncio.wait({doing})
        return None

    @asynccontextmanager
    async def _at_work(self) -> AsyncGenerator[None, None]:
        """Leave no connection to other systems open behind the last one who is at work."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
        if not self._working and not self.app.turns.in_hand and self.app.condition != "ready":
            await self.app.http.close()

    def _open(self) -> tuple[Faults, Deployment, App]:
        faults = Faults()
        opened = open_deployment(self._folder)
        deployment = replace(opened, database=faults.around(opened.database))
        app = App(deployment, self._extras)
        app.turns.fragment_seconds = 0.0  # a test's reader says what it means at once
        return faults, deployment, app

    def _wire(self, name: str, account: str) -> Wire:
        channel = self._channels.get(account)
        if isinstance(channel, FakeChannel):
            return Phone(channel, name)
        return Page(lambda: self.app, account, name)
