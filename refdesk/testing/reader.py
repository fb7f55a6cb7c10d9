"""How does a reader in a test talk, and what does a test expect them to hear?"""

import re
from typing import TYPE_CHECKING

from refdesk.core.messages import Option
from refdesk.testing.conversation import Line, written_out
from refdesk.testing.lines import Wire

if TYPE_CHECKING:
    from refdesk.testing.library import Library


class Reader:
    """Somebody who asks, on one channel. `library.reader("anna")` makes one.

    Whatever they do waits until the library has answered. `expects` looks at what is new: heard
    since they did something last, and after what an earlier `expects` has found.
    """

    def __init__(self, name: str, library: "Library", wire: Wire) -> None:
        """Talk with a library over `wire`."""
        self.name = name
        self.conversation: list[Line] = []
        self._library = library
        self._wire = wire
        self._new_from = 0
        self._last: tuple[str, str, str] | None = None

    @property
    def heard(self) -> list[str]:
        """Every text that the library has shown to them, oldest first."""
        return [one.text for one in self.conversation if one.by == "the library"]

    @property
    def consultation(self) -> str:
        """The id of the consultation that they have talked in last; empty before the first."""
        return self._wire.consultation

    async def says(self, text: str) -> None:
        """Say something; return when the library has done what it does about it."""
        await self._act(text, "")

    async def presses(self, label: str) -> None:
        """Press a button by its label; of several, the one shown last.

        Where the platform has none, the label is typed. Raises `AssertionError` when no such
        button has been shown.
        """
        __tracebackhide__ = True
        if not self._wire.has_buttons:
            if not any(label in text for text in self.heard):
                raise self._failure(f"{self.name} sees no {label!r} to choose.")
            await self._act(label, "")
            return
        found = [option for option in self._buttons() if option.label == label]
        if not found:
            raise self._failure(f"{self.name} sees no button {label!r}.")
        await self._act(label, found[-1].action)

    async def repeats(self) -> None:
        """Bring the last message again under its key, as a platform that heard no "received"."""
        if self._last is None:
            raise RuntimeError(f"{self.name} has not said anything yet")
        await self._library.unless_killed(self._wire.send(*self._last))
        await self._library.settle()

    def expects(self, words: str | re.Pattern[str]) -> str:
        """Return the new text that has these words, or in which the pattern is found.

        Raises `AssertionError`, with the conversation, when there is none.
        """
        __tracebackhide__ = True
        for place in range(self._new_from, len(self.conversation)):
            line = self.conversation[place]
            if line.by == "the library" and _has(line.shown, words):
                self._new_from = place + 1
                return line.text
        wanted = words if isinstance(words, str) else words.pattern
        raise self._failure(f"{self.name} did not hear {wanted!r}.")

    def expects_no_answer(self) -> None:
        """Raise `AssertionError`, with the conversation, when there is anything new."""
        __tracebackhide__ = True
        if any(line.by == "the library" for line in self.conversation[self._new_from :]):
            raise self._failure(f"{self.name} was to hear nothing.")

    async def listen(self) -> None:
        """Look what is new; the library calls it whenever it has settled."""
        self.conversation += await self._wire.news()

    async def _act(self, text: str, action: str) -> None:
        self.conversation.append(Line(self.name, text, by="the reader"))
        self._new_from = len(self.conversation)
        self._last = (text, action, self._library.new_key(self.name))
        await self._library.unless_killed(self._wire.send(*self._last))
        await self._library.settle()

    def _buttons(self) -> list[Option]:
        return [option for line in self.conversation for option in line.buttons]

    def _failure(self, problem: str) -> AssertionError:
        told = written_out(self.conversation, self._new_from)
        return AssertionError(f"{problem} The conversation so far, > marks what is new:\n{told}")


def _has(text: str, words: str | re.Pattern[str]) -> bool:
    return words in text if isinstance(words, str) else words.search(text) is not None
