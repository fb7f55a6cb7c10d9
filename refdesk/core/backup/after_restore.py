"""What may a restored database not simply go on with?

It is older than the world. What it wants to send may have been sent, what it wants done at other
systems may have been done, and who signed in then may have been switched off since. The numbers
that its logs would give next may have been given: platforms and other systems know them as keys.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, null, update

from refdesk.core.effects.undertaking_tables import EffectRow
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import ConsultationRow, NodeRow, StaffSessionRow
from refdesk.storage import Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_F: Any = EffectRow.__table__  # type: ignore[attr-defined]
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
_S: Any = StaffSessionRow.__table__  # type: ignore[attr-defined]

REASON = "a backup was restored: it may have been sent"
_REASON_OF_EFFECT = "a backup was restored: it may have happened"
_UNSENT = prepare(
    update(_O)
    .where(_O.c.library == bindparam("in_library"), _O.c.state.in_(("queued", "sending")))
    .values(
        state="unknown", reason=REASON, node=null(), claim=null(), changed_at=bindparam("now")
    )
)  # fmt: skip
_UNDONE = prepare(
    update(_F)
    .where(_F.c.library == bindparam("in_library"), _F.c.state.in_(("waiting", "running")))
    .values(
        state="unknown",
        reason=_REASON_OF_EFFECT,
        unclear="yes",
        told="no",
        node=null(),
        changed_at=bindparam("now"),
    )
)
_LEAVE_A_GAP = prepare(
    update(_C)
    .where(_C.c.library == bindparam("in_library"))
    .values(next_seq=_C.c.next_seq + bindparam("gap"))
)
_SIGN_OUT = prepare(delete(_S).where(_S.c.library == bindparam("in_library")))
_NO_NODES = prepare(delete(_N).where(_N.c.library == bindparam("in_library")))
# One number for each second since 2026-01-01: more than any consultation gets.
_GAPS_BEGIN = 1_767_225_600.0


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What staff have to decide on: replies and effects of which nobody knows."""

    replies: int
    effects: int


def hold_back(tx: Transaction, library: str, now: float) -> HeldBack:
    """Mark as unknown what was on its way, and sign every colleague out.

    Logs go on with numbers that were never given: those after the backup are known to readers'
    pages, to platforms and to other systems, which would drop what is new as a repeat. The gap
    grows with the time, so that a second restore of the same backup leaves another one.
    """
    tx.run(_LEAVE_A_GAP, in_library=library, gap=max(int(now - _GAPS_BEGIN), 1))
    replies = tx.run(_UNSENT, in_library=library, now=now)
    effects = tx.run(_UNDONE, in_library=library, now=now)
    tx.run(_SIGN_OUT, in_library=library)
    tx.run(_NO_NODES, in_library=library)
    return HeldBack(replies, effects)
