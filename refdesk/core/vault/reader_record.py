"""What does the library have of one reader, as they may see it themselves?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from refdesk.core.consultations import Consultation, Event
from refdesk.core.log.consultation_rows import (
    ALL_EVENTS,
    READERS_EVENTS_AFTER,
    consultation_from,
    event_from,
)
from refdesk.core.log.event_json import event_to_json
from refdesk.core.tables import ConsultationRow
from refdesk.storage import Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_CONSULTATIONS = prepare(
    select(_C)
    .where(_C.c.library == bindparam("library"), _C.c.rid == bindparam("rid"))
    .order_by(_C.c.opened_at, _C.c.id)
)
Log = tuple[Consultation, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class ReaderRecord:
    """A reader's own record: addresses by account, and logs without what only staff see."""

    rid: str
    addresses: Mapping[str, str]
    logs: tuple[Log, ...]


def logs_of(tx: Transaction, library: str, rid: str) -> tuple[Log, ...]:
    """Return the reader's consultations, the oldest first, each with the events they may see."""
    return tuple(
        (consultation, tuple(event_from(event) for event in _events(tx, consultation.id)))
        for consultation in map(consultation_from, tx.all(_CONSULTATIONS, library=library, rid=rid))
    )


def record_to_json(record: ReaderRecord) -> dict[str, Any]:
    """Return the record as one JSON document; events look as in the web-chat protocol."""
    return {
        "rid": record.rid,
        "addresses": dict(record.addresses),
        "consultations": [
            {
                "id": consultation.id,
                "account": consultation.account,
                "language": consultation.language,
                "state": consultation.state.value,
                "opened_at": consultation.opened_at,
                "events": [event_to_json(event) for event in events],
            }
            for consultation, events in record.logs
        ],
    }


def _events(tx: Transaction, consultation: str) -> list[Any]:
    return tx.all(READERS_EVENTS_AFTER, consultation=consultation, after=0, most=ALL_EVENTS)
