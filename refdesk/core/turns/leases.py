"""Which server works on a consultation, and what happens to the work of one that has died?

A server is a node with a random name. It holds a consultation from the first unfinished message
until the last is finished. While it lives it says so in the table `node`; what a silent one held is
taken over under a new epoch (core/turns/store.py). A server alone on its database says so once, for
good.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, case, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.tables import ConsultationRow, NodeRow
from refdesk.storage import Transaction, prepare
from refdesk.storage.database_clock import database_now

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
# Literally as in the index `consultation_with_work`, so that SQLite uses it.
HAS_WORK = text("consultation.done_seq < consultation.asked_seq")
# A node alone on its database never falls silent: nobody else may be there.
_FOR_EVER_SECONDS = 1e12

_PRESENT = prepare(
    (_put := upsert(_N))
    .values(id=bindparam("id"), library=bindparam("library"), seen_at=database_now())
    .on_conflict_do_update(index_elements=["id"], set_={"seen_at": _put.excluded.seen_at})
)
_ALONE = prepare(
    (_keep := upsert(_N))
    .values(id=bindparam("id"), library=bindparam("library"), seen_at=bindparam("seen_at"))
    .on_conflict_do_update(index_elements=["id"], set_={"seen_at": _keep.excluded.seen_at})
)
_FORGET_OTHERS = prepare(delete(_N).where(_N.c.id != bindparam("me")))
_FORGET_SILENT = prepare(
    delete(_N).where(
        _N.c.library == bindparam("library"), _N.c.seen_at < database_now() - bindparam("silence")
    )
)
_FORGET = prepare(delete(_N).where(_N.c.id == bindparam("me")))
_TAKE_OVER = prepare(
    update(_C)
    .where(
        _C.c.library == bindparam("library"),
        HAS_WORK,
        or_(_C.c.node.is_(None), _C.c.node.not_in(select(_N.c.id))),
    )
    .values(node=bindparam("me"), epoch=_C.c.epoch + 1)
)


@dataclass(frozen=True, slots=True)
class Lease:
    """How this server holds its work; `silence_seconds` is None when it is alone.

    Otherwise it is how long another server may say nothing before its work is taken over.
    """

    node: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    silence_seconds: float | None = None


def taken_by(node: Any) -> dict[str, Any]:
    """Return what accepting changes: without work in hand the consultation becomes `node`'s."""
    idle = or_(_C.c.node.is_(None), _C.c.done_seq >= _C.c.asked_seq)
    return {
        "node": case((idle, node), else_=_C.c.node),
        "epoch": case(
            (idle & (_C.c.node.is_distinct_from(node)), _C.c.epoch + 1), else_=_C.c.epoch
        ),
    }


def prove_presence(tx: Transaction, library: str, lease: Lease) -> None:
    """Say that this server lives."""
    if lease.silence_seconds is None:
        tx.run(_ALONE, id=lease.node, library=library, seen_at=_FOR_EVER_SECONDS)
    else:
        tx.run(_PRESENT, id=lease.node, library=library)


def take_over(tx: Transaction, library: str, lease: Lease) -> None:
    """Say that this server lives; take what no living one holds."""
    prove_presence(tx, library, lease)
    if lease.silence_seconds is None:
        tx.run(_FORGET_OTHERS, me=lease.node)
    else:
        tx.run(_FORGET_SILENT, library=library, silence=lease.silence_seconds)
    tx.run(_TAKE_OVER, library=library, me=lease.node)


def release(tx: Transaction, lease: Lease) -> None:
    """Leave: what this server has not finished is free at once."""
    tx.run(_FORGET, me=lease.node)
