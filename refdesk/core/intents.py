"""What can a plugin want to happen? Everything is collected and written in one transaction."""

from dataclasses import dataclass
from typing import Any, Literal

from refdesk.core.messages import Reply
from refdesk.core.offers import HandoffReason
from refdesk.storage import Prepared


@dataclass(frozen=True, slots=True)
class Say:
    """Send a reply to the reader."""

    reply: Reply
    sender: Literal["bot", "system"] = "bot"


@dataclass(frozen=True, slots=True)
class HandOff:
    """Put the consultation on the waiting list, for this reason."""

    reason: HandoffReason


@dataclass(frozen=True, slots=True)
class ReturnToSelfService:
    """Take the consultation off the waiting list: the reader changed their mind."""


@dataclass(frozen=True, slots=True)
class EndConsultation:
    """Close the consultation: the reader says that it is over."""


@dataclass(frozen=True, slots=True)
class WriteRow:
    """Run a prepared statement on one of the plugin's own tables."""

    statement: Prepared
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Perform:
    """Have another system do something, once: a declared effect with its arguments as JSON."""

    plugin: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Set a reminder of this reader, in place of one with the same name and reference.

    `at` is in seconds since the epoch, `data` JSON.
    """

    plugin: str
    name: str
    reference: str
    at: float
    data: str


@dataclass(frozen=True, slots=True)
class Unschedule:
    """Drop a reminder of this reader, if it is there."""

    plugin: str
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class BeginDialogue:
    """Let the reader fill in a form; some fields may be answered already."""

    dialogue: str
    answers: dict[str, str | int | None]


Intent = (
    Say
    | HandOff
    | ReturnToSelfService
    | EndConsultation
    | WriteRow
    | Perform
    | Schedule
    | Unschedule
    | BeginDialogue
)
