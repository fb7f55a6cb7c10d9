"""Which words and buttons lead straight to a handler, without asking every plugin?

Commands are found by one look-up in a table, so the cost of a message does not grow with the
number of plugins.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from refdesk.core.consultations import Consultation
from refdesk.core.messages import InboundMessage, Option, Reply
from refdesk.core.offers import Offer
from refdesk.errors import PluginError

if TYPE_CHECKING:
    from refdesk.core.plugin_context import PluginContext

# The button that brings a person; the handoff plugin registers it.
HUMAN_COMMAND = "handoff.human"
_NOT_MEANINGFUL = re.compile(r"[^\w/]+")


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One use of a command: what stood behind it, and in which consultation."""

    argument: str
    consultation: Consultation
    message: InboundMessage


CommandHandler = Callable[[CommandCall, "PluginContext"], Awaitable[Reply | Offer | str | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A word or button with a fixed meaning.

    `name` is unique (`plugin.what`); a button's action is the name, or `name:argument`. `words`
    are the whole messages that mean it, by language; a word that begins with `/` may be followed
    by an argument. A `reserved` one works even while a librarian has the consultation. What `opens`
    a longer message says nothing by itself: it is read together with what follows at once.
    """

    name: str
    handler: CommandHandler
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reserved: bool = False
    opens: bool = False


def normalised(text: str) -> str:
    """Return `text` as commands are compared: one width, one case, no punctuation or spaces."""
    return _NOT_MEANINGFUL.sub("", unicodedata.normalize("NFKC", text).casefold())


class CommandTable:
    """All commands of all plugins."""

    def __init__(self, commands: Iterable[tuple[str, Command]]) -> None:
        """Build from (plugin name, command).

        Raises `PluginError` naming both plugins when two claim the same name or word.
        """
        self._by_name: dict[str, tuple[str, Command]] = {}
        self._by_word: dict[str, tuple[str, Command]] = {}
        for plugin, command in commands:
            if not isinstance(command, Command):
                raise PluginError(f"Plugin {plugin} brings a {type(command).__name__} as command.")
            _claim(self._by_name, command.name, plugin, command)
            for words in command.words.values():
                for word in words:
                    key = normalised(word)
                    if not key:
                        raise PluginError(f"Plugin {plugin}: {command.name} has an empty word.")
                    _claim(self._by_word, key, plugin, command)

    def find(
        self, text: str, action: str, offered: Sequence[Option]
    ) -> tuple[str, Command, str] | None:
        """Return (plugin, command, argument) for what a reader wrote or pressed, or None."""
        if action:
            return self._for_action(action)
        if text[:1] == "/":
            head, _, argument = text.partition(" ")
            found = self._by_word.get(head.casefold())
            return (*found, argument.strip()) if found else None
        key = normalised(text)
        found = self._by_word.get(key)
        if found:
            return (*found, "")
        return self._for_offered(key, offered)

    def _for_action(self, action: str) -> tuple[str, Command, str] | None:
        name, _, argument = action.partition(":")
        found = self._by_name.get(name)
        return (*found, argument) if found else None

    def _for_offered(self, key: str, offered: Sequence[Option]) -> tuple[str, Command, str] | None:
        """Let a typed label or number press one of the buttons shown last."""
        for number, option in enumerate(offered, start=1):
            if key and key in (str(number), normalised(option.label)):
                return self._for_action(option.action)
        return None


def _claim(table: dict[str, tuple[str, Command]], key: str, plugin: str, command: Command) -> None:
    holder = table.get(key)
    if holder and holder[1] is not command:
        raise PluginError(
            f"Plugins {holder[0]} and {plugin} both claim the command {key!r}. "
            "Switch one of them off in refdesk.toml, [plugins] disabled."
        )
    table[key] = (plugin, command)
