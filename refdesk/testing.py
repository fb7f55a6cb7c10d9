"""What does a plugin's own test need? A small library to ask. (pytest finds this by entry point.)

    import refdesk_greeting

    async def test_greets(library):
        assert "Hello" in await library(refdesk_greeting).ask("hello")

The program itself is imported only when a test makes a library.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from refdesk.core.consultations import Event
    from refdesk.knowledge_base import Entry

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
        entries: "Sequence[Entry]" = (),
        settings: str = "",
    ) -> None:
        """Open the library; `settings` is the text of its refdesk.toml."""
        from refdesk.app import App, Extras  # noqa: PLC0415 - costs a second, needed by few tests
        from refdesk.deployment import SETTINGS_FILE, open_deployment  # noqa: PLC0415

        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS_FILE).write_text(settings, "utf-8")
        self.deployment = open_deployment(folder)
        if entries:
            self.deployment.knowledge_base.put(entries, author="test")
        self.app = App(self.deployment, Extras(plugins=plugins))
        self._numbers = itertools.count(1)

    async def ask(self, text: str, reader: str = "reader") -> str:
        """Say something as a reader; return what is answered, as plain text."""
        from refdesk.core.parts_json import plain_text  # noqa: PLC0415

        return "\n".join(plain_text(event.parts) for event in await self.say(text, reader))

    async def say(self, text: str, reader: str = "reader", action: str = "") -> "list[Event]":
        """Say something, or press the button with this action; return the events that follow."""
        from refdesk.core.messages import InboundMessage  # noqa: PLC0415

        key = f"{reader}:{next(self._numbers)}"
        gateway = self.app.gateway
        message = InboundMessage(_ACCOUNT, reader, key, text, gateway.now(), action=action)
        accepted = await gateway.accept(message)
        await self.app.settle(PATIENCE_SECONDS)
        return await gateway.events_after(reader, accepted.consultation, accepted.seq) or []

    def close(self) -> None:
        """Close its files."""
        self.deployment.close()


class MakeLibrary(Protocol):
    """What the fixture `library` is: `library(plugin, ..., entries=(), settings="")`."""

    def __call__(
        self, *plugins: object, entries: "Sequence[Entry]" = (), settings: str = ""
    ) -> Library:
        """Return a new library with these plugins registered before the built-in ones."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[MakeLibrary]:
    """Make libraries for this test; they are closed after it."""
    with ExitStack() as stack:
        numbers = itertools.count(1)

        def make(*plugins: object, entries: "Sequence[Entry]" = (), settings: str = "") -> Library:
            made = Library(tmp_path / f"library-{next(numbers)}", plugins, entries, settings)
            stack.callback(made.close)
            return made

        yield make


__all__ = ["Library", "MakeLibrary", "library"]
