"""What does this server still have to do? (After a crash, or when another one has died.)"""

from typing import Any

from sqlalchemy import bindparam, or_, select

from refdesk.core.consultations import Consultation
from refdesk.core.log.consultation_rows import consultation_from
from refdesk.core.log.parts_json import load_parts, plain_text
from refdesk.core.messages import InboundMessage
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.core.turns.accepting import turn_of
from refdesk.core.turns.leases import HAS_WORK, Lease, take_over
from refdesk.core.turns.store import Arriving, Turn
from refdesk.core.turns.triggers import Trigger, load_data
from refdesk.storage import Row, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]

_UNFINISHED = prepare(
    select(_C, _E.c.seq, _E.c.kind, _E.c.action, _E.c.parts, _E.c.at)
    .join(_E, _E.c.consultation == _C.c.id)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.node == bindparam("me"),
        HAS_WORK,
        _E.c.seq > _C.c.done_seq,
        or_(_E.c.kind == "message", _E.c.kind == "trigger"),
    )
    # By number and never by time: a clock may be put back.
    .order_by(_C.c.id, _E.c.seq)
)


def claim(tx: Transaction, library: str, lease: Lease) -> list[Turn]:
    """Take over what nobody living holds; return all work of this server, in order."""
    take_over(tx, library, lease)
    turns: list[Turn] = []
    for row in tx.all(_UNFINISHED, library=library, me=lease.node):
        consultation = consultation_from(row)
        before = turns[-1] if turns and turns[-1].consultation.id == consultation.id else None
        follows = before.seq if before else row["done_seq"]
        arrived = _arrived(row, consultation)
        turns.append(turn_of(arrived, consultation, row["seq"], row["at"], follows))
    return turns


def _arrived(row: Row, consultation: Consultation) -> Arriving:
    key, parts = f"{consultation.id}:{row['seq']}", load_parts(row["parts"])
    if row["kind"] == "trigger":
        plugin, _, name = row["action"].partition(":")
        data = load_data(plain_text(parts))
        return Trigger(key, consultation.account, consultation.rid, plugin, name, data)
    return InboundMessage(
        account=consultation.account,
        rid=consultation.rid,
        event_key=key,
        text=plain_text(parts),
        sent_at=row["at"],
        language=consultation.language,
        action=row["action"],
        parts=parts,
    )
