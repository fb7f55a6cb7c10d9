"""How is written what became of a sending, by nobody but the one who holds the claim?"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, bindparam, null, or_, select, text, update

from refdesk.core.channels.capabilities import Budget, Capabilities
from refdesk.core.channels.degrading import Form
from refdesk.core.outbox.budgets import Allowed, allowance
from refdesk.core.outbox.claims import Claim
from refdesk.core.outbox.sending_windows import count, give_back, use_up, windows_of
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import NodeRow
from refdesk.core.turns.leases import Lease
from refdesk.storage import Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
SendingState = Literal["queued", "sending", "accepted", "delivered", "failed", "unknown"]
Billing = Literal["keep", "give back", "use up"]
INTERRUPTED = "the program ended while this was being sent"

_OURS = and_(_O.c.id == bindparam("key"), _O.c.claim == bindparam("token"))
_BILLED = prepare(select(_O.c.billed).where(_OURS))
_SETTLE = prepare(
    update(_O)
    .where(_OURS)
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        attempts=bindparam("counted"),
        next_try=bindparam("until"),
        parts_sent=bindparam("parts"),
        changed_at=bindparam("now"),
        node=null(),
        claim=null(),
        billed=null(),
    )
)
_GO_ON = prepare(
    update(_O)
    .where(_OURS)
    .values(
        parts_sent=bindparam("parts"),
        claimed_until=bindparam("until"),
        billed=bindparam("occasion"),
    )
)
_KEEP_FORM = prepare(update(_O).where(_OURS).values(form=bindparam("chosen")))
# Left by a server that has gone, or by ourselves without a word of how it ended.
_LEFT = and_(
    _O.c.library == bindparam("in_library"),
    text("outbox.state = 'sending'"),
    or_(
        _O.c.node.not_in(select(_N.c.id)),
        and_(_O.c.node == bindparam("me"), _O.c.claimed_until < bindparam("now")),
    ),
)
_LEFT_ROWS = prepare(
    select(_O.c.id, _O.c.account, _O.c.consultation, _O.c.route, _O.c.claim).where(_LEFT)
)
_RECOVER = prepare(
    update(_O)
    .where(_LEFT, _O.c.account == bindparam("of_account"), _O.c.id == bindparam("key"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        next_try=bindparam("now"),
        changed_at=bindparam("now"),
        node=null(),
        claim=null(),
        billed=null(),
    )
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sending ended: the new state, why, and when to try again if it is queued.

    `billing` says what becomes of the count for the part that was on its way.
    """

    state: SendingState
    reason: str = ""
    until: float = 0.0
    attempts: Literal["counted", "not counted"] = "counted"
    billing: Billing = "keep"


@dataclass(frozen=True, slots=True)
class Recovered:
    """A row that was on its way when its server ended, and what it is now."""

    key: str
    account: str
    consultation: str
    state: SendingState


def settle(
    tx: Transaction,
    library: str,
    claim: Claim,
    ending: Ending,
    parts_sent: int,
    capabilities: Capabilities,
    now: float,
) -> Literal["written", "lost"]:
    """Write how a sending ended; `lost` when the claim is not ours any more."""
    ours = tx.one(_BILLED, key=claim.keys[0], token=claim.token)
    if ours is None:
        return "lost"
    attempts = claim.attempts if ending.attempts == "counted" else claim.attempts - 1
    for key in claim.keys:
        tx.run(
            _SETTLE,
            key=key,
            token=claim.token,
            new_state=ending.state,
            why=ending.reason or None,
            counted=attempts,
            until=ending.until,
            parts=parts_sent,
            now=now,
        )
    lane = (library, claim.account, claim.rid)
    if ours["billed"] and ending.billing != "keep":
        give_back(tx, *lane, ours["billed"])
    if ending.billing == "use up":
        for window in windows_of(tx, *lane):
            budget = capabilities.budgets().get(window.occasion, Budget())
            use_up(tx, *lane, window, max(budget.messages, window.used))
    return "written"


def go_on(
    tx: Transaction,
    library: str,
    claim: Claim,
    parts_sent: int,
    capabilities: Capabilities,
    until: float,
    now: float,
) -> Literal["go on", "nothing left", "lost"]:
    """Remember a part that has arrived and count the next one, before it is sent."""
    lane = (library, claim.account, claim.rid)
    budgets = capabilities.budgets()
    windows = windows_of(tx, *lane) if budgets else []
    decision = allowance(windows, budgets, claim.events[0].sender, now)
    window = decision.window if isinstance(decision, Allowed) else None
    changed = tx.run(
        _GO_ON,
        key=claim.keys[0],
        token=claim.token,
        parts=parts_sent,
        until=until,
        occasion=window.occasion if window else None,
    )
    if changed == 0:
        return "lost"
    if not isinstance(decision, Allowed):
        return "nothing left"
    if window is not None:
        count(tx, *lane, window)
    return "go on"


def keep_form(tx: Transaction, claim: Claim, form: Form) -> None:
    """Remember in which form it goes out, so that every try says the same."""
    tx.run(_KEEP_FORM, key=claim.keys[0], token=claim.token, chosen=form)


def recover(
    tx: Transaction,
    library: str,
    lease: Lease,
    is_idempotent: dict[str, bool],
    in_hand: AbstractSet[str],
    now: float,
) -> list[Recovered]:
    """Take up what was on its way when its server ended, but for the claims `in_hand` here.

    Where the platform drops repeats it is sent again under its key; elsewhere, and where it was to
    go back on a request, nobody knows whether it was received.
    """
    found = []
    for row in tx.all(_LEFT_ROWS, in_library=library, me=lease.node, now=now):
        if row["claim"] in in_hand:
            continue
        again = row["route"] == "push" and is_idempotent.get(row["account"], False)
        state: SendingState = "queued" if again else "unknown"
        tx.run(
            _RECOVER,
            in_library=library,
            me=lease.node,
            of_account=row["account"],
            key=row["id"],
            new_state=state,
            why=None if again else INTERRUPTED,
            now=now,
        )
        found.append(Recovered(row["id"], row["account"], row["consultation"], state))
    return found
