"""Which verbs does the core need from whatever keeps its messages?

`accept` takes a message in, `claim` gives what still has to be worked on, `finish` writes what
came of it; each is one transaction. (The fourth verb, `wake`, is `Live`:
docs/explanation/design.md, section 9.)

Of several servers on one database each works on the consultations that it holds: a consultation
with work names its `node`, and its `epoch` rises whenever another one takes it over. `finish` with
an older epoch is refused: whoever was frozen or cut off cannot write what it decided back then.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from refdesk.core.consultations import Consultation, Event
from refdesk.core.intents import Intent
from refdesk.core.messages import InboundMessage, Language, Option
from refdesk.core.queues import QueueChoice
from refdesk.core.turns.triggers import Trigger

Arriving = InboundMessage | Trigger


@dataclass(frozen=True, slots=True)
class Turn:
    """One accepted message and the consultation it belongs to, as it stood then.

    With a `trigger` the message is empty. `seq` is its number in the log, `follows` the number of
    the message or trigger before it, which has to be finished first.
    """

    consultation: Consultation
    message: InboundMessage
    seq: int
    trigger: Trigger | None = None
    follows: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message is stored durably. A `repeat` was stored earlier and starts nothing.

    `nobody`: a trigger for a reader who has been erased; nothing is stored.

    `turn` is None also when another server has the consultation: that one works on it.
    """

    arrival: Literal["new", "repeat", "nobody"]
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

    `confidence` is that of the answer given: 1 for a command, 0 when there was none. `dialogue` is
    the form in progress from now on, empty for none; None leaves it as it is.
    """

    language: Language
    intents: tuple[Intent, ...] = ()
    misses: int = 0
    offered: tuple[Option, ...] = ()
    waiting: Waiting | None = None
    returned: Literal["no", "to self-service", "ended"] = "no"
    confidence: float = 0.0
    dialogue: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The outcome is written; `events` are what readers and desks now see."""

    consultation: Consultation
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody changed the consultation meanwhile; nothing was written. Decide again."""

    consultation: Consultation


@dataclass(frozen=True, slots=True)
class Fenced:
    """Another server has taken the consultation over; nothing was written. Leave it alone."""


@dataclass(frozen=True, slots=True)
class OutOfTurn:
    """A message before this one is not finished; nothing was written. Claim, and finish that."""


Unfinished = Overtaken | Fenced | OutOfTurn


class Store(Protocol):
    """Keeps consultations, on any database engine; judged by one contract suite."""

    async def accept(self, arriving: Arriving) -> Accepted:
        """Store a message or trigger once, durably."""

    async def claim(self) -> list[Turn]:
        """Take over what nobody living holds; return all that this server has to do, in order."""

    async def finish(self, turn: Turn, outcome: Outcome) -> Finished | Unfinished:
        """Write what came of a message, once: a second time changes nothing and has no events.

        Messages of one consultation are finished in the order of their numbers.
        """
