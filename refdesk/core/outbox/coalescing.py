"""How do several replies become one message, where a platform counts messages? (pure)"""

from collections.abc import Sequence
from dataclasses import replace

from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.consultations import Event
from refdesk.core.messages import Choice, Option, Part, Text

# More in one message than anybody reads.
MOST_TOGETHER = 10


def coalesced(events: Sequence[Event], capabilities: Capabilities) -> Event:
    """Return one event that says what all of them say, in order, under the first one's number.

    Buttons come last. On a platform that shows buttons all of them are kept. Elsewhere a typed
    number presses one of the newest reply's buttons: these are numbered, older ones only named.
    """
    if len(events) == 1:
        return events[0]
    newest = max((n for n, event in enumerate(events) if _choices(event)), default=-1)
    parts: list[Part] = []
    buttons: list[Option] = []
    prompt = ""
    for number, event in enumerate(events):
        for part in event.parts:
            if not isinstance(part, Choice):
                parts.append(part)
            elif number == newest or capabilities.buttons == "shown":
                buttons += [one for one in part.options if one not in buttons]
                parts += [Text(prompt)] if prompt else []
                prompt = part.prompt
            else:
                parts.append(Text("\n".join([part.prompt, *_named(part.options)]).strip()))
    if prompt or buttons:
        parts.append(Choice(prompt, tuple(buttons)))
    by_bot = any(event.sender == "bot" for event in events)
    sources = dict.fromkeys(source for event in events for source in event.sources)
    return replace(
        events[0],
        kind="reply" if by_bot else events[0].kind,
        sender="bot" if by_bot else events[0].sender,
        parts=tuple(parts),
        sources=tuple(sources),
        state=events[-1].state,
    )


def may_join(sender: str) -> bool:
    """Say whether this sender's words may stand in one message with others'.

    A librarian's never do: their name stands on what they wrote, and on nothing else.
    """
    return sender in ("bot", "system")


def _choices(event: Event) -> list[Choice]:
    return [part for part in event.parts if isinstance(part, Choice)]


def _named(options: Sequence[Option]) -> list[str]:
    return [f"· {option.label}" for option in options]
