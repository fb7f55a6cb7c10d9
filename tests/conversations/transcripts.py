"""How does a conversation look on paper, and how is it played again?

Lines that somebody says or does are played; what follows from them is written below them:

    reader: Where can I print?          what a reader types
    reader presses: Yes                 a button shown last, by its label
    librarian claims                    and: gives back, closes
    librarian: Good morning             a reply of the librarian
    desk: somebody is there             a librarian has opened the desk's page

    bot: Beside the stairs.             what the reader then sees; further lines are indented
    button: Yes                         a button under it
    source: Map (https://...)           what it rests on
    system: You are next.               a notice or a change of state ...
    state: waiting                      ... and to which state
    (silence)                           nobody answers

`#` begins a remark. A blank line is kept.
"""

import re
from collections.abc import AsyncIterator, Iterator

from refdesk import Choice, Link, Option, Text
from refdesk.core.authorise import Role, StaffActor
from refdesk.core.consultations import Event
from refdesk.testing import Library

LIBRARIAN = StaffActor("li", "Ms Li", Role.LIBRARIAN)
_FOLLOWS = re.compile(r"(bot|system|button|source|state|link): |    |\(silence\)$")


class Play:
    """One conversation on a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._consultation = ""
        self._seen = 0
        self._buttons: tuple[Option, ...] = ()

    async def of(self, script: str) -> str:
        """Play what is said and done; return the whole transcript."""
        lines: list[str] = []
        for line in script.splitlines():
            if _FOLLOWS.match(line):
                continue
            lines.append(line)
            if line and not line.startswith("#"):
                lines += [one async for one in self._what_follows(line)]
        return "\n".join(lines) + "\n"

    async def _what_follows(self, line: str) -> AsyncIterator[str]:
        before = self._seen
        who, _, words = line.partition(": ")
        await self._do(who, words)
        for event in await self._news():
            for shown in self._shown(event):
                yield shown
        if who.startswith("reader") and self._seen == before + 1:
            yield "(silence)"

    async def _do(self, who: str, words: str) -> None:
        desk = self._library.app.desk
        match who:
            case "reader":
                await self._say(words)
            case "reader presses":
                actions = [one.action for one in self._buttons if one.label == words]
                assert actions, f"there is no button {words!r}"
                await self._say(words, actions[0])
            case "desk":
                self._library.app.duty.page_opened(LIBRARIAN.name)
            case "librarian":
                done = await desk.reply(LIBRARIAN, self._consultation, words, f"{self._seen}")
                assert done.word == "done", done.word
            case "librarian claims" | "librarian gives back" | "librarian closes":
                verbs = {"claims": desk.claim, "gives back": desk.give_back, "closes": desk.close}
                verb = verbs[who.removeprefix("librarian ")]
                done = await verb(LIBRARIAN, self._consultation)
                assert done.word == "done", done.word
            case _:
                raise AssertionError(f"nobody knows what this line means: {who}")

    async def _say(self, words: str, action: str = "") -> None:
        events = await self._library.say(words, action=action)
        said = events[0].consultation if events else self._consultation
        if said != self._consultation:
            self._consultation, self._seen = said, 0

    async def _news(self) -> list[Event]:
        events = await self._library.app.desk.reading.events(self._consultation, self._seen)
        if events:
            self._seen = events[-1].seq
        return [event for event in events if event.sender not in ("reader", "librarian")]

    def _shown(self, event: Event) -> Iterator[str]:
        speaker = "bot" if event.sender == "bot" else "system"
        buttons: list[Option] = []
        for part in event.parts:
            if isinstance(part, Text):
                yield _block(speaker, part.text)
            elif isinstance(part, Choice):
                yield _block(speaker, part.prompt)
                yield from (f"button: {option.label}" for option in part.options)
                buttons += part.options
            elif isinstance(part, Link):
                yield f"link: {part.label} ({part.url})"
        for source in event.sources:
            yield f"source: {source.title}" + (f" ({source.url})" if source.url else "")
        if event.state is not None:
            yield f"state: {event.state.value}"
        self._buttons = tuple(buttons)


def _block(speaker: str, text: str) -> str:
    return f"{speaker}: " + text.replace("\n", "\n    ")
