"""What is a library in a test, and how is it asked?"""

import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from refdesk.app import App, Extras
from refdesk.core.adapter import Adapter
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.core.parts_json import plain_text
from refdesk.deployment import SETTINGS_FILE, open_deployment
from refdesk.knowledge_base import Entry
from refdesk.testing.fake_channel import FakeChannel
from refdesk.testing.fake_clock import FakeClock

PATIENCE_SECONDS = 10.0
_ACCOUNT = "web_chat"


class Library:
    """A library on a temporary folder, with every built-in plugin and those under test.

    Readers are named freely; each has a conversation of their own.
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
        self.deployment = open_deployment(folder)
        if entries:
            self.deployment.knowledge_base.put(entries, author="test")
        found = {
            account: one.adapter if isinstance(one, FakeChannel) else one
            for account, one in (adapters or {}).items()
        }
        tells = clock.now if clock else time.time
        self.app = App(self.deployment, Extras(plugins=plugins, adapters=found, clock=tells))
        self._numbers = itertools.count(1)

    async def ask(self, text: str, reader: str = "reader") -> str:
        """Say something as a reader; return what is answered, as plain text."""
        return "\n".join(plain_text(event.parts) for event in await self.say(text, reader))

    async def say(self, text: str, reader: str = "reader", action: str = "") -> list[Event]:
        """Say something, or press the button with this action; return the events that follow."""
        key = f"{reader}:{next(self._numbers)}"
        gateway = self.app.gateway
        message = InboundMessage(_ACCOUNT, reader, key, text, gateway.now(), action=action)
        accepted = await gateway.accept(message)
        await self.app.settle(PATIENCE_SECONDS)
        return await gateway.events_after(reader, accepted.consultation, accepted.seq) or []

    def close(self) -> None:
        """Close its files."""
        self.deployment.close()
