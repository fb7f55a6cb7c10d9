"""What becomes of a consultation by itself, and when? (pure)

Nobody is made to close what has ended on its own, and nobody waits for ever without being told:
docs/explanation/consultation-states.md.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from refdesk.core.consultations import Consultation, State

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

Change = Literal["unclaimed", "quiet", "owner_gone", "not_wrapped_up"]


class ConsultationSettings(BaseModel):
    """Section `[consultations]`: what happens when nobody does anything, and when."""

    model_config = ConfigDict(extra="forbid")

    unclaimed_minutes: float = Field(
        default=10.0,
        gt=0,
        description="A reader who has waited so long for a librarian is told that the answer "
        "comes later; the automatic assistant speaks again.",
    )
    owner_gone_minutes: float = Field(
        default=10.0,
        gt=0,
        description="A reader waits for an answer, and their librarian has been away from the "
        "desk for so long: the consultation goes back to the list.",
    )
    quiet_hours: float = Field(
        default=24.0,
        gt=0,
        description="A consultation with the automatic assistant ends when the reader has "
        "written nothing for so long.",
    )
    reopen_hours: float = Field(
        default=24.0,
        ge=0,
        description="Whoever writes again within this time after the end goes on with the same "
        "consultation; 0: always a new one.",
    )
    wrap_up_days: float = Field(
        default=7.0,
        gt=0,
        description="What has been closed for so long without a wrap-up is counted without one.",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consultation stands with everybody in it; times are seconds since the epoch.

    `asked_at` is the time of the newest message, `work` says whether it is still being worked on.
    `owner_seen_at` is when its librarian was last seen at the desk, None: not in memory.
    """

    consultation: Consultation
    asked_at: float
    work: Literal["none", "in hand"]
    last_word: Literal["reader", "librarian"]
    owner_seen_at: float | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What comes next by itself, and when."""

    change: Change
    at: float


def due(
    standing: Standing, settings: ConsultationSettings, counted_from: float = 0.0
) -> Due | None:
    """Return the change that comes by itself if nobody does anything, or None.

    No span begins before `counted_from`, the moment since which the clock is known to be right.
    """
    begun = max(standing.consultation.since, counted_from)
    match standing.consultation.state:
        case State.WAITING:
            return Due("unclaimed", begun + span("unclaimed", settings))
        case State.SELF_SERVICE if standing.work == "none":
            return Due("quiet", max(begun, standing.asked_at) + span("quiet", settings))
        case State.WITH_LIBRARIAN if standing.last_word == "reader":
            seen = max(begun, standing.owner_seen_at or 0.0)
            return Due("owner_gone", seen + span("owner_gone", settings))
        case State.CLOSED:
            return Due("not_wrapped_up", begun + span("not_wrapped_up", settings))
    return None


def span(change: Change, settings: ConsultationSettings) -> float:
    """Return how many seconds nothing has to happen before this change."""
    match change:
        case "unclaimed":
            return settings.unclaimed_minutes * _MINUTE
        case "quiet":
            return settings.quiet_hours * _HOUR
        case "owner_gone":
            return settings.owner_gone_minutes * _MINUTE
        case "not_wrapped_up":
            return settings.wrap_up_days * _DAY


def reopens_until(settings: ConsultationSettings, closed_at: float) -> float | None:
    """Return until when the reader's next message continues it; None: it opens a new one."""
    return closed_at + settings.reopen_hours * _HOUR if settings.reopen_hours else None
