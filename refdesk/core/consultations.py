"""What is a consultation, which states does it pass through, and what is its log made of?"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from refdesk.core.messages import Language, Option, Part, Source


class State(StrEnum):
    """Who is expected to speak next to the reader (docs/explanation/design.md, section 6)."""

    SELF_SERVICE = "self_service"
    WAITING = "waiting"
    WITH_LIBRARIAN = "with_librarian"
    ASYNCHRONOUS = "asynchronous"
    CLOSED = "closed"
    WRAPPED_UP = "wrapped_up"


_ALLOWED: dict[State, frozenset[State]] = {
    State.SELF_SERVICE: frozenset({State.WAITING, State.ASYNCHRONOUS, State.CLOSED}),
    State.WAITING: frozenset(
        {State.WITH_LIBRARIAN, State.ASYNCHRONOUS, State.SELF_SERVICE, State.CLOSED}
    ),
    State.ASYNCHRONOUS: frozenset(
        {State.WITH_LIBRARIAN, State.WAITING, State.SELF_SERVICE, State.CLOSED}
    ),
    State.WITH_LIBRARIAN: frozenset({State.SELF_SERVICE, State.WAITING, State.CLOSED}),
    # A reader who writes again soon goes on with the same consultation.
    State.CLOSED: frozenset({State.WRAPPED_UP, State.SELF_SERVICE}),
    State.WRAPPED_UP: frozenset({State.SELF_SERVICE}),
}


def allows(current: State, following: State) -> bool:
    """Say whether a consultation may pass from `current` to `following`."""
    return following in _ALLOWED[current]


# The bot answers in these states; in the others it is silent, a person speaks.
BOT_ANSWERS = frozenset({State.SELF_SERVICE, State.ASYNCHRONOUS})
# A librarian may take over from these states.
CLAIMABLE = frozenset({State.WAITING, State.ASYNCHRONOUS})

EventKind = Literal["message", "reply", "state", "notice", "file", "note", "trigger"]
EventSender = Literal["reader", "bot", "librarian", "system"]
# A trigger is for the program only: it keeps its place in the order, nobody is shown it.
Audience = Literal["everybody", "staff", "program"]


@dataclass(frozen=True, slots=True)
class Consultation:
    """One request for help as it stands now.

    `version` rises with each change of state or memory: what was decided on an older one is
    refused. `misses` counts questions in a row that found no answer, `offered` are the buttons
    shown last, so that a typed number or label presses one. `since` is when the state began;
    `epoch` rises when another server takes over the work on it. `dialogue` is the form in progress
    as stored (core/dialogues/forms.py), empty when there is none.

    `due_at` is until when an answer has been promised, `reopen_until` until when the reader's next
    message continues a closed one. `follow_ups` counts how often that has happened, `merged_into`
    is where one goes on that was merged, `statistics_row` the row that counts it.
    """

    id: str
    account: str
    rid: str
    state: State
    language: Language
    version: int
    misses: int = 0
    offered: tuple[Option, ...] = ()
    owner: str | None = None
    handoff_reason: str | None = None
    queue: str | None = None
    opened_at: float = 0.0
    since: float = 0.0
    epoch: int = 0
    dialogue: str = ""
    due_at: float | None = None
    reopen_until: float | None = None
    follow_ups: int = 0
    merged_into: str | None = None
    statistics_row: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered line of a consultation's log. Numbers rise; readers may see gaps.

    `state` is what a state event leads to; `alias` is the librarian's name as readers see it,
    `action` the button that a reader pressed.
    """

    consultation: str
    seq: int
    at: float
    kind: EventKind
    sender: EventSender
    parts: tuple[Part, ...]
    sources: tuple[Source, ...] = ()
    audience: Audience = "everybody"
    state: State | None = None
    alias: str | None = None
    action: str = ""
