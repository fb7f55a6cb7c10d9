"""What is a message made of, on every platform?

A message is a sequence of parts. Adapters translate their platform's format into parts and back;
nothing above them knows a platform.
"""

from dataclasses import dataclass, field
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; line breaks are kept, nothing in it is markup."""

    text: str


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


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from: a title, and an address when there is one."""

    title: str
    url: str = ""
    entry: str = ""


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

    @classmethod
    def of(cls, text: str) -> "Reply":
        """Return a reply of one text."""
        return cls((Text(text),))
