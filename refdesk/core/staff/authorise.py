"""May this one see or do this? Every row, frame and file is asked about here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from refdesk.core.consultations import CLAIMABLE, Consultation, State


class Role(StrEnum):
    """What a staff account is for."""

    LIBRARIAN = "librarian"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class ReaderActor:
    """A reader, who has shown a token for this `rid`."""

    rid: str


@dataclass(frozen=True, slots=True)
class StaffActor:
    """A signed-in colleague; `alias` is the name readers see."""

    name: str
    alias: str
    role: Role


Actor = ReaderActor | StaffActor
Action = Literal["see", "read_log", "claim", "reply", "close", "return", "wrap_up", "merge"]
Verdict = Literal["allowed", "refused"]

_ANSWERING = frozenset({Role.LIBRARIAN, Role.SUPERVISOR, Role.ADMINISTRATOR})
_OVERSEEING = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
_OWNERS_WORK = frozenset({"reply", "close", "return", "wrap_up"})


def authorise(actor: Actor, action: Action, consultation: Consultation) -> Verdict:
    """Decide by need to know.

    A reader sees their own consultations. A librarian previews those that wait, and reads and
    works on those they own; supervisors read all that came to the desk. What a reader does with
    the automatic assistant alone is nobody's business.
    """
    if isinstance(actor, ReaderActor):
        own = actor.rid == consultation.rid and action == "read_log"
        return "allowed" if own else "refused"
    if not answers(actor):
        return "refused"
    return "allowed" if _staff_may(actor, action, consultation) else "refused"


def answers(staff: StaffActor) -> bool:
    """Say whether this colleague talks with readers; editors do not."""
    return staff.role in _ANSWERING


def oversees(staff: StaffActor) -> bool:
    """Say whether this colleague may read what others answer."""
    return staff.role in _OVERSEEING


def administers(staff: StaffActor) -> bool:
    """Say whether this colleague may change how the program works."""
    return staff.role is Role.ADMINISTRATOR


def _staff_may(actor: StaffActor, action: Action, consultation: Consultation) -> bool:
    waits = consultation.state in CLAIMABLE
    owns = consultation.owner == actor.name
    if action == "claim":
        return waits or owns
    if action in _OWNERS_WORK:
        return owns
    if owns or waits:
        return True
    came_to_desk = (
        consultation.state is not State.SELF_SERVICE and consultation.handoff_reason is not None
    )
    return came_to_desk and oversees(actor)
