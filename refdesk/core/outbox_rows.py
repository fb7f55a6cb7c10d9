"""How are events queued to be sent, in the transaction that writes them?"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert

from refdesk.core.consultations import Event
from refdesk.core.tables import OutboxRow
from refdesk.storage import Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_INSERT = prepare(insert(_O))


def queue_sending(tx: Transaction, library: str, account: str, events: Iterable[Event]) -> None:
    """Queue what a reader may see; the row's id is the idempotency key of its sending."""
    for event in events:
        if event.audience == "everybody":
            tx.run(
                _INSERT,
                id=f"{event.consultation}.{event.seq}",
                library=library,
                account=account,
                consultation=event.consultation,
                seq=event.seq,
                state="queued",
                reason=None,
                attempts=0,
                next_try=event.at,
            )
