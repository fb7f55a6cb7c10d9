"""May one more message be sent to a reader, and on account of what they did? (pure)"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from refdesk.core.channels.capabilities import Budget

# A reader may write at any moment: what waits for them is looked at again this often.
LOOK_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """An action of a reader (`occasion`), when it was, and how many messages it has paid for."""

    occasion: str
    opened_at: float
    used: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """One message may be sent, counted for `window`; `left` more after it, None for any number."""

    window: OpenWindow | None
    left: int | None


@dataclass(frozen=True, slots=True)
class UsedUp:
    """The reader has to write first; look again at `look_again_at`, when nothing is heard."""

    look_again_at: float


@dataclass(frozen=True, slots=True)
class TooLate:
    """No window is open: the platform would refuse."""


Allowance = Allowed | UsedUp | TooLate


def allowance(
    windows: Iterable[OpenWindow], budgets: Mapping[str, Budget], sender: str, now: float
) -> Allowance:
    """Decide on account of the window that closes first among those with something left.

    The reserve of a budget is for `sender` "librarian" only. Without budgets anything is allowed.
    """
    if not budgets:
        return Allowed(None, None)
    live = [
        (_end(window, budgets[window.occasion]), window)
        for window in windows
        if window.occasion in budgets and _end(window, budgets[window.occasion]) > now
    ]
    for _, window in sorted(live, key=lambda one: one[0]):
        left = _left(window, budgets[window.occasion], sender)
        if left is None or left > 0:
            return Allowed(window, None if left is None else left - 1)
    if not live:
        return TooLate()
    return UsedUp(min(now + LOOK_AGAIN_SECONDS, max(end for end, _ in live)))


def _end(window: OpenWindow, budget: Budget) -> float:
    return window.opened_at + budget.window_seconds if budget.window_seconds else float("inf")


def _left(window: OpenWindow, budget: Budget, sender: str) -> int | None:
    """Return how many messages are left for this sender, None for any number."""
    if not budget.messages:
        return None
    reserve = 0 if sender == "librarian" else budget.reserve
    return max(budget.messages - reserve - window.used, 0)
