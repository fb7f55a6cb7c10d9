"""What follows from one attempt of an external effect? (pure)"""

from dataclasses import dataclass
from typing import Any, Literal

from refdesk.core.effects.effects import (
    AttemptResult,
    EffectDone,
    EffectRefused,
    EffectRetry,
    Ending,
    Repeatable,
)

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
# None: it raised, was cut off or its server died. Nobody knows whether it happened.
Attempted = AttemptResult | None
# Whether an attempt so far may have happened without anybody knowing.
Doubt = Literal["no", "yes"]


@dataclass(frozen=True, slots=True)
class Following:
    """The effect's next state; `waiting` has `pause_seconds` until the next attempt."""

    state: Literal["waiting"] | Ending
    unclear: Doubt
    data: dict[str, Any]
    reason: str = ""
    pause_seconds: float = 0.0


def after_attempt(
    repeatable: Repeatable,
    most: int,
    attempts: int,
    unclear: Doubt,
    attempted: Attempted,
    chance: float,
) -> Following:
    """Return what follows from attempt number `attempts` of `most`.

    `chance` from 0 to 1 spreads the pauses of many that failed at the same moment.

    What cannot be repeated and may have happened is never tried again.
    """
    match attempted:
        case EffectDone(data):
            return Following("done", unclear, dict(data))
        case EffectRefused(reason, data):
            return Following("refused", unclear, dict(data), reason)
        case EffectRetry(reason, after):
            pause = max(after, 0.0) or pause_before(attempts, chance)
            return _again(attempts < most, unclear, reason, pause)
    if repeatable == "no":
        return Following("unknown", "yes", {}, "It is not known whether it happened.")
    pause = pause_before(attempts, chance)
    return _again(attempts < most, "yes", "It gave no answer.", pause)


def pause_before(attempts: int, chance: float) -> float:
    """Return the seconds until the next attempt: doubled each time, spread by a quarter."""
    doubled = FIRST_PAUSE_SECONDS * 2.0 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_PAUSE_SECONDS) * (0.75 + chance / 2)


def _again(may_try: bool, unclear: Doubt, reason: str, pause: float) -> Following:
    if may_try:
        return Following("waiting", unclear, {}, reason, pause)
    return Following("unknown" if unclear == "yes" else "failed", unclear, {}, reason)
