"""Which verbs does the core need from whatever keeps its messages?

`accept` takes a message in, `claim` gives what still has to be worked on, `finish` writes what
came of it; each is one transaction. (The fourth verb, `wake`, is `Live` within one process:
docs/explanation/design.md, section 9.)
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from refdesk.core.consultations import Consultation, Event
from refdesk.core.intents import Intent
from refdesk.core.messages import InboundMessage, Language, Option
from refdesk.core.queues import QueueChoice


@dataclass(frozen=True, slots=True)
class Turn:
    """One accepted message and the consultation it belongs to, as it stood then."""

    consultation: Consultation
    message: InboundMessage
    seq: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is stored durably. A `repeat` was stored earlier and starts nothing."""

    arrival: Literal["new", "repeat"]
    consultation: str
    seq: int
    turn: Turn | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The consultation goes on the waiting list."""

    choice: QueueChoice
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the pipeline made of a message; `finish` writes it, all or nothing.

    `confidence` is that of the answer given: 1 for a command, 0 when there was none.
    """

    language: Language
    intents: tuple[Intent, ...] = ()
    misses: int = 0
    offered: tuple[Option, ...] = ()
    waiting: Waiting | None = None
    returned: Literal["no", "to self-service"] = "no"
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """The outcome is written; `events` are what readers and desks now see."""

    consultation: Consultation
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody changed the consultation meanwhile; nothing was written. Decide again."""

    consultation: Consultation


class Store(Protocol):
    """Keeps consultations; implemented once per database engine, judged by one contract suite."""

    async def accept(self, message: InboundMessage) -> Accepted:
        """Store a message once, durably."""

    async def claim(self) -> list[Turn]:
        """Return accepted messages that have not been finished, oldest first."""

    async def finish(self, turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        """Write what came of a message, once: a second time changes nothing and has no events.

        Messages of one consultation are finished in the order of their numbers.
        """
