"""How is an event said on a platform that cannot show all of it? (pure)

Buttons become numbered lines, files and pictures become links, and where a text is too long for
one message its short form is said, if somebody has written one. Adapters call this from `encode`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.channels.message_splitting import measure, split
from refdesk.core.consultations import Event
from refdesk.core.messages import Choice, File, Image, Link, Option, Part, Quote, Source, Text

Form = Literal["whole", "short"]
# What a cut text ends with: the rest is where its source is.
_MORE = " …"
# Of a message, for what an adapter adds of its own.
_ROOM = 0.9


def as_texts(event: Event, capabilities: Capabilities) -> list[str]:
    """Return the messages that say an event as plain text, each within the platform's limit."""
    whole = said(event)
    limit, unit = capabilities.text_limit, capabilities.text_unit
    if limit and measure(whole, unit) > limit:
        whole = said(with_short_texts(event))
    return split(whole, limit, unit)


def said(event: Event) -> str:
    """Return everything an event says: a librarian's name, the parts, the sources."""
    speaker = [f"{event.alias}:"] if event.sender == "librarian" and event.alias else []
    lines = [*speaker, *_lines(event.parts), *(_source(source) for source in event.sources)]
    return "\n".join(line for line in lines if line)


def buttons_of(parts: Iterable[Part]) -> tuple[Option, ...]:
    """Return all buttons, in the order in which they are numbered."""
    return tuple(option for part in parts if isinstance(part, Choice) for option in part.options)


def numbered(options: Sequence[Option], first: int = 1) -> list[str]:
    """Return buttons as lines; what readers type is the number or the label."""
    return [f"{number}. {option.label}" for number, option in enumerate(options, first)]


def with_short_texts(event: Event) -> Event:
    """Return the event with the short form of each text that has one."""
    parts = tuple(
        Text(part.short) if isinstance(part, Text) and part.short else part for part in event.parts
    )
    return event if parts == event.parts else replace(event, parts=parts)


def fitted(event: Event, capabilities: Capabilities) -> Event:
    """Return the event so short that one message says it, as far as cutting texts can do that.

    The longest text is cut at the end of a sentence; the sources lead to the whole of it.
    """
    event = with_short_texts(event)
    limit, unit = int(capabilities.text_limit * _ROOM), capabilities.text_unit
    while limit and (excess := measure(said(event), unit) - limit) > 0:
        texts = [part for part in event.parts if isinstance(part, Text)]
        if not texts:
            break
        longest = max(texts, key=lambda part: measure(part.text, unit))
        room = measure(longest.text, unit) - excess - measure(_MORE, unit)
        cut = split(longest.text, room, unit)[0] + _MORE if room >= limit // 8 else ""
        if cut and measure(cut, unit) >= measure(longest.text, unit):
            break
        parts = (Text(cut) if part is longest else part for part in event.parts)
        event = replace(event, parts=tuple(part for part in parts if part != Text("")))
    return event


def _lines(parts: Iterable[Part]) -> Iterator[str]:
    """Yield what parts say; buttons are numbered through, as the reader's answer is understood."""
    number = 1
    for part in parts:
        match part:
            case Text(text=text) | Quote(text):
                yield text
            case Link(url, label):
                yield f"{label}: {url}" if label and label != url else url
            case Choice(prompt, options):
                yield from [prompt, *numbered(options, number)]
                number += len(options)
            case File(name, url):
                yield f"{name}: {url}"
            case Image(url, description):
                yield f"{description}: {url}" if description else url


def _source(source: Source) -> str:
    return f"[{source.title} {source.url}]" if source.url else f"[{source.title}]"
