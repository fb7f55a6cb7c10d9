"""How does a conversation look on paper, and how is it played again?

A transcript is a text file. Lines that somebody says or does are played; what follows from them is
written below them, as the reader sees it:

    reader: Where can I print?          what a reader types
    reader presses: Yes                 a button shown last, by its label
    librarian claims                    and: gives back, closes
    librarian: Good morning             a reply of the librarian
    desk: somebody is there             a librarian has opened the desk's page
    time passes: 10 minutes             also seconds, hours, days; needs a FakeClock
    program: killed and started again   as after a power cut

    bot: Beside the stairs.             what the reader then sees; further lines are indented
    button: Yes                         a button under it
    link: Map (https://...)             an address to follow
    source: Map (https://...)           what it rests on
    system: You are next.               a notice or a change of state ...
    state: waiting                      ... and to which state
    (silence)                           nobody answers a reader

`#` begins a remark. A blank line is kept. A reader may have a name, `reader anna: ...`; what is
seen below a line is what that reader sees, and `librarian anna: ...` is said to her.
"""

import difflib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import Choice, Link
from refdesk.testing.library import Library

_FOLLOWS = re.compile(r"(bot|system|button|link|source|state): |    |\(silence\)$")
_VERBS = "presses|claims|gives back|closes"
_ACTS = re.compile(
    rf"(?P<role>reader|librarian)(?: (?P<name>(?!(?:{_VERBS})$)\w+))?(?: (?P<verb>{_VERBS}))?$"
)
_SPAN = re.compile(r"(?P<number>\d+) (?P<unit>second|minute|hour|day)s?$")


async def check_transcript(library: Library, file: Path, *, update: bool = False) -> None:
    """Play a transcript; raise `AssertionError` with the difference when it goes otherwise now.

    With `update` the file is written as it goes now. Raises `AssertionError` also for a line that
    nobody understands, and for a button that is not there.
    """
    __tracebackhide__ = True
    written = _read(file)
    said = await _Play(library).of(written)
    if update:
        _write(file, said)
    elif said != written:
        names = (f"{file.name}, as written", "as it goes now")
        lines = difflib.unified_diff(written.splitlines(), said.splitlines(), *names, lineterm="")
        told = "\n".join(lines)
        raise AssertionError(f"{told}\n\nIf this is right: pytest --update-transcripts, then read.")


def _read(file: Path) -> str:
    return file.read_text("utf-8")


def _write(file: Path, said: str) -> None:
    file.write_text(said, "utf-8")


class _Play:
    """One conversation on a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._reader = library.reader("reader")
        self._librarian = library.librarian("li", alias="Ms Li")
        self._seen: dict[str, int] = {}

    async def of(self, script: str) -> str:
        """Play what is said and done; return the whole transcript."""
        lines: list[str] = []
        for line in script.splitlines():
            if _FOLLOWS.match(line):
                continue
            lines.append(line)
            if line and not line.startswith("#"):
                await self._do(line)
                shown = [shown async for shown in self._news()]
                silent = line.startswith("reader") and not shown
                lines += ["(silence)"] if silent else shown
        return "\n".join(lines) + "\n"

    async def _do(self, line: str) -> None:
        who, _, words = line.partition(": ")
        acts = _ACTS.match(who)
        if acts is not None:
            self._reader = self._library.reader(acts["name"] or "reader")
            await self._act(acts["role"], acts["verb"] or "", words)
        elif who == "desk" and words == "somebody is there":
            self._librarian.arrives()
        elif who == "time passes" and (span := _SPAN.match(words)):
            await self._library.advance(**{f"{span['unit']}s": int(span["number"])})
        elif line == "program: killed and started again":
            await self._library.restarted()
        else:
            raise AssertionError(f"nobody knows what this line means: {line}")

    async def _act(self, role: str, verb: str, words: str) -> None:
        reader, librarian = self._reader, self._librarian
        match role, verb:
            case "reader", "":
                await reader.says(words)
            case "reader", "presses":
                await reader.presses(words)
            case "librarian", "":
                await librarian.says(words, to=reader)
            case "librarian", "claims":
                await librarian.claims(reader)
            case "librarian", "gives back":
                await librarian.gives_back(reader)
            case "librarian", "closes":
                await librarian.closes(reader)
            case _:
                raise AssertionError(f"a {role} does not do this: {verb}")

    async def _news(self) -> AsyncIterator[str]:
        """Yield what the reader of the last line now sees."""
        reading, consultation = self._library.app.desk.reading, self._reader.consultation
        for event in await reading.readers_events(consultation, self._seen.get(consultation, 0)):
            self._seen[consultation] = event.seq
            if event.sender not in ("reader", "librarian"):
                for line in _shown(event):
                    yield line


def _shown(event: Event) -> Iterator[str]:
    speaker = "bot" if event.sender == "bot" else "system"
    for part in event.parts:
        if isinstance(part, Choice):
            yield _block(speaker, part.prompt)
            yield from (f"button: {option.label}" for option in part.options)
        elif isinstance(part, Link):
            yield f"link: {part.label} ({part.url})"
        else:
            yield _block(speaker, plain_text((part,)))
    for source in event.sources:
        yield f"source: {source.title}" + (f" ({source.url})" if source.url else "")
    if event.state is not None:
        yield f"state: {event.state.value}"


def _block(speaker: str, text: str) -> str:
    return f"{speaker}: " + text.replace("\n", "\n    ")
