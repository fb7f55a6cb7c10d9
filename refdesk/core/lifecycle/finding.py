"""Which consultations may be due for a change by themselves, and how does each stand?

Found by state and the time since when it holds, which an index knows: the cost is that of what is
due, not of what there is. Whoever changes one looks at it again in the same transaction.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.consultations import State
from refdesk.core.lifecycle.rules import Change, Standing
from refdesk.core.log.consultation_rows import consultation_from
from refdesk.core.tables import ConsultationRow, EventRow, StaffPresenceRow
from refdesk.storage import Prepared, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_P: Any = StaffPresenceRow.__table__  # type: ignore[attr-defined]
# So many are looked up at once; a full portion is followed by the next one.
PORTION = 200
# A server that is gone leaves its rows behind; by then they say nothing any more.
KEPT_SECONDS = 30 * 86_400.0

_newer = _E.alias("newer")
_answered = exists(
    select(_newer.c.id).where(
        _newer.c.consultation == _C.c.id,
        _newer.c.seq > _C.c.asked_seq,
        _newer.c.sender == "librarian",
    )
)
_asked = and_(_E.c.consultation == _C.c.id, _E.c.seq == _C.c.asked_seq)
_seen_at = (
    select(func.coalesce(func.max(_P.c.seen_at), 0.0))
    .where(_P.c.library == _C.c.library, _P.c.staff == _C.c.owner)
    .correlate(_C)
    .scalar_subquery()
)
_STANDING = prepare(
    select(_C, _E.c.at.label("asked_at"), _seen_at.label("seen_at"), _answered.label("answered"))
    .outerjoin(_E, _asked)
    .where(_C.c.library == bindparam("library"), _C.c.id == bindparam("consultation"))
)
_begun = (
    select(_C.c.id)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.state == bindparam("state"),
        _C.c.since <= bindparam("before"),
    )
    .order_by(_C.c.since)
    .limit(PORTION)
)
_BEGUN = prepare(_begun)
_QUIET = prepare(
    _begun.outerjoin(_E, _asked).where(
        _C.c.done_seq >= _C.c.asked_seq,
        func.coalesce(_E.c.at, _C.c.since) <= bindparam("before"),
    )
)
_LEFT = prepare(_begun.where(_seen_at <= bindparam("before"), ~_answered))
CANDIDATES: dict[Change, tuple[State, Prepared]] = {
    "unclaimed": (State.WAITING, _BEGUN),
    "owner_gone": (State.WITH_LIBRARIAN, _LEFT),
    "quiet": (State.SELF_SERVICE, _QUIET),
    "not_wrapped_up": (State.CLOSED, _BEGUN),
}
_seen = upsert(_P).values({c.name: bindparam(c.name) for c in _P.c})
_SEEN = prepare(
    _seen.on_conflict_do_update(
        index_elements=["library", "staff", "node"], set_={"seen_at": _seen.excluded.seen_at}
    )
)
_FORGET = prepare(
    delete(_P).where(_P.c.library == bindparam("here"), _P.c.seen_at < bindparam("before"))
)
_ELSEWHERE = prepare(
    select(_P.c.staff).where(
        _P.c.library == bindparam("library"),
        _P.c.node != bindparam("node"),
        _P.c.seen_at >= bindparam("since"),
    )
)


def candidates(tx: Transaction, library: str, change: Change, before: float) -> list[str]:
    """Return consultations for which this change may be due since `before`, the oldest first."""
    state, statement = CANDIDATES[change]
    rows = tx.all(statement, library=library, state=state.value, before=before)
    return [row["id"] for row in rows]


def standing(tx: Transaction, library: str, consultation: str) -> Standing | None:
    """Return how a consultation stands, or None when there is none."""
    row = tx.one(_STANDING, library=library, consultation=consultation)
    if row is None:
        return None
    one = consultation_from(row)
    return Standing(
        one,
        asked_at=one.since if row["asked_at"] is None else row["asked_at"],
        work="in hand" if row["done_seq"] < row["asked_seq"] else "none",
        last_word="librarian" if row["answered"] else "reader",
        owner_seen_at=row["seen_at"],
    )


def note_presence(
    tx: Transaction, library: str, node: str, staff: Sequence[str], now: float
) -> None:
    """Note for all servers that these librarians are at the desk of this one."""
    for name in sorted(staff):
        tx.run(_SEEN, library=library, staff=name, node=node, seen_at=now)
    tx.run(_FORGET, here=library, before=now - KEPT_SECONDS)


def present_elsewhere(tx: Transaction, library: str, node: str, since: float) -> list[str]:
    """Return who has been seen by another server since then."""
    return [row["staff"] for row in tx.all(_ELSEWHERE, library=library, node=node, since=since)]
