"""What follows from what a platform has said to a message? (pure)"""

from dataclasses import dataclass

from refdesk.core.channels.capabilities import Capabilities, SendResult
from refdesk.core.outbox.budgets import LOOK_AGAIN_SECONDS
from refdesk.core.outbox.marks import Billing, Ending, SendingState
from refdesk.core.outbox.planning import BUDGET_USED_UP, WINDOW_CLOSED

# With the pauses below a message is tried for about half an hour, then it is for people to see.
MOST_ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
AUTH_REFUSED = "the channel's key was refused"
OUTCOME_UNKNOWN = "the line broke while this was being sent"

_ALWAYS = {
    "accepted": Ending("accepted"),
    "delivered": Ending("delivered"),
    "auth": Ending("queued", AUTH_REFUSED, 0.0, "not counted", "give back"),
    "window_closed": Ending("failed", WINDOW_CLOSED, billing="give back"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a result came: `now`, and `jitter` from 0 to 1, so that many do not return at once."""

    now: float
    jitter: float


def pause_seconds(attempts: int, jitter: float) -> float:
    """Return the pause after so many attempts: doubled each time, half of it by chance."""
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + jitter / 2)


def ending(result: SendResult, attempts: int, capabilities: Capabilities, moment: Moment) -> Ending:
    """Return how a sending ends with this result, the last part being the one that was sent."""
    word = result.result
    if word == "retry":
        return _again(result, attempts, moment, "failed", "give back")
    if word == "unknown":
        if capabilities.idempotent_send == "by key":
            return _again(result, attempts, moment, "unknown", "keep")
        return Ending("unknown", result.reason or OUTCOME_UNKNOWN)
    if word == "permanent":
        return Ending("failed", result.reason or "refused", billing="give back")
    if word == "over_budget":
        until = moment.now + LOOK_AGAIN_SECONDS
        return Ending("queued", BUDGET_USED_UP, until, "not counted", "use up")
    return _ALWAYS[word]


def again_at(result: SendResult, attempts: int, moment: Moment) -> float:
    """Return when to try again: when the platform says, else after a growing pause."""
    if result.retry_at > moment.now:
        return result.retry_at
    if result.retry_seconds > 0:
        return moment.now + result.retry_seconds
    return moment.now + pause_seconds(attempts, moment.jitter)


def _again(
    result: SendResult, attempts: int, moment: Moment, at_last: SendingState, billing: Billing
) -> Ending:
    """Try again, or end in the state `at_last` after too many tries."""
    if attempts >= MOST_ATTEMPTS:
        tries = f"gave up after {attempts} tries"
        reason = f"{result.reason}; {tries}" if result.reason else tries
        return Ending(at_last, reason, billing=billing)
    return Ending("queued", result.reason, again_at(result, attempts, moment), billing=billing)
