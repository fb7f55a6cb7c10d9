"""How are events queued to be sent, in the transaction that writes them?"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, insert, select

from refdesk.core.consultations import Event
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import ConsultationRow
from refdesk.storage import Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]

_of_consultation = _C.c.id == bindparam("consultation")
_INSERT = prepare(
    insert(_O).values(
        {column.name: bindparam(column.name) for column in _O.c}
        | {
            "rid": select(_C.c.rid).where(_of_consultation).scalar_subquery(),
            "in_reply_to": select(_C.c.done_seq).where(_of_consultation).scalar_subquery(),
        }
    )
)


def queue_sending(tx: Transaction, library: str, account: str, events: Iterable[Event]) -> None:
    """Queue what a reader may see; the row's id begins the idempotency key of its sending.

    The consultation must be written already: what it has worked on is what is replied to.
    """
    for event in events:
        if event.audience == "everybody" and event.sender != "reader":
            tx.run(
                _INSERT,
                id=f"{event.consultation}.{event.seq}",
                library=library,
                account=account,
                consultation=event.consultation,
                seq=event.seq,
                sender=event.sender,
                state="queued",
                reason=None,
                attempts=0,
                next_try=event.at,
                queued_at=event.at,
                changed_at=event.at,
                parts_sent=0,
                form="whole",
                joined=None,
                route="open",
                node=None,
                claim=None,
                claimed_until=0.0,
                billed=None,
                dismissed_by=None,
            )
