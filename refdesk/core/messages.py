"""What is a message made of, on every platform?

A message is a sequence of parts. Adapters translate their platform's format into parts and back;
nothing above them knows a platform.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; line breaks are kept, nothing in it is markup.

    `short` says the same for platforms where space is tight; empty when nobody has written it.
    """

    text: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address to follow and the words shown for it."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Option:
    """One button: what it says, and the action it stands for (`command name:argument`)."""

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Buttons under a prompt; platforms without buttons get numbered lines."""

    prompt: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that an authorised address serves."""

    name: str
    url: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Image:
    """A picture with its description for those who cannot see it."""

    url: str
    description: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an earlier message."""

    text: str


Part = Text | Link | Choice | File | Image | Quote
_PARTS = get_args(Part)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from: a title, and an address when there is one."""

    title: str
    url: str = ""
    entry: str = ""


def check_parts(parts: Iterable[object], sources: Iterable[object] = ()) -> None:
    """Raise `TypeError` when something among them is no part, or no source."""
    for part in parts:
        if not isinstance(part, _PARTS):
            raise TypeError(f"a reply is made of parts, not of {type(part).__name__}")
        if isinstance(part, Choice):
            check_options(part.options)
    for source in sources:
        if not isinstance(source, Source):
            raise TypeError(f"a source is a Source, not a {type(source).__name__}")


def check_options(options: Iterable[object]) -> None:
    """Raise `TypeError` when something among them is no button."""
    for option in options:
        if not isinstance(option, Option):
            raise TypeError(f"a button is an Option, not a {type(option).__name__}")


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message of a reader as an adapter hands it to the core.

    `event_key` is the platform's own key of this delivery: a repeat bears the same. `action` is
    what a pressed button stands for. Times are seconds since the epoch, UTC.
    """

    account: str
    rid: str
    event_key: str
    text: str
    sent_at: float
    language: Language | None = None
    action: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the program says to a reader: parts, and the sources of its statements."""

    parts: tuple[Part, ...]
    sources: tuple[Source, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse what is no part before it gets into a log that would never be readable again."""
        check_parts(self.parts, self.sources)

    @classmethod
    def of(cls, text: str) -> "Reply":
        """Return a reply of one text."""
        return cls((Text(text),))
