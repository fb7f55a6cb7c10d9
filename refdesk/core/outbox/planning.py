"""What is to be done with the first of a reader's waiting messages? (pure)"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.channels.degrading import Form
from refdesk.core.consultations import Event
from refdesk.core.outbox.budgets import Allowed, OpenWindow, TooLate, allowance
from refdesk.core.outbox.coalescing import MOST_TOGETHER, may_join

BUDGET_USED_UP = "budget used up"
WINDOW_CLOSED = "window closed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of a lane with its event. `replied_at` is when the message it replies to came."""

    key: str
    event: Event
    state: str
    attempts: int
    next_try: float
    parts_sent: int
    form: Form
    joined: str | None
    route: str
    in_reply_to: int
    replied_at: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send these together; count it for `window`, after which `left` more may be sent."""

    rows: tuple[Waiting, ...]
    window: OpenWindow | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Look at the first row again at a time; why is said to staff."""

    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """These cannot be sent any more."""

    rows: tuple[Waiting, ...]
    reason: str


Plan = Send | Hold | GiveUp


def plan(
    lane: Sequence[Waiting],
    windows: Sequence[OpenWindow],
    capabilities: Capabilities,
    now: float,
) -> Plan:
    """Decide on the first of a reader's open rows, all of which are given in order.

    A row that may still go back on the reader's own request waits for that. Where only a
    librarian's reserve is left, what the program wanted to say steps aside for them.
    """
    head = lane[0]
    passive_until = head.replied_at + capabilities.passive_reply_seconds
    # Further ahead than the platform waits: the clock has been set back since.
    waits = now < passive_until <= now + 2 * capabilities.passive_reply_seconds
    if head.route == "open" and may_join(head.event.sender) and waits:
        return Hold(passive_until, "")
    budgets = capabilities.budgets()
    group = together(lane, capabilities, now)
    decision = allowance(windows, budgets, head.event.sender, now)
    if isinstance(decision, Allowed):
        return Send(group, decision.window, decision.left)
    if isinstance(decision, TooLate):
        return GiveUp(group, WINDOW_CLOSED)
    before = tuple(takewhile(lambda row: row.event.sender != "librarian", lane))
    librarian_waits = 0 < len(before) < len(lane)
    if librarian_waits and isinstance(allowance(windows, budgets, "librarian", now), Allowed):
        return GiveUp(before, BUDGET_USED_UP)
    return Hold(decision.look_again_at, BUDGET_USED_UP)


def together(
    lane: Sequence[Waiting], capabilities: Capabilities, now: float
) -> tuple[Waiting, ...]:
    """Return the rows that go out in one message with the first one.

    Once tried, a group stays as it is: the same key always names the same words.
    """
    head = lane[0]
    if head.attempts or head.parts_sent:
        return (head, *(row for row in lane[1:] if row.joined == head.key))
    counted = any(budget.messages for budget in capabilities.budgets().values())
    wanted = capabilities.coalesce == "always" or (
        capabilities.coalesce == "when counted" and counted
    )
    if not wanted:
        return (head,)
    return joinable(lane, now)


def joinable(lane: Sequence[Waiting], now: float) -> tuple[Waiting, ...]:
    """Return the rows from the first on that may stand in one message."""

    def fits(row: Waiting) -> bool:
        due = row.next_try <= now or row is lane[0]
        return may_join(row.event.sender) and row.state == "queued" and due and not row.attempts

    return tuple(takewhile(fits, lane[:MOST_TOGETHER])) or (lane[0],)
