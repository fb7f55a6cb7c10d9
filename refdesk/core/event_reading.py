"""How are consultations and their logs read? (Who may see them: `authorise`.)"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from refdesk.core.consultation_rows import (
    BY_ID,
    EVENTS_AFTER,
    IS_OPEN,
    consultation_from,
    event_from,
)
from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.tables import ConsultationRow
from refdesk.storage import Database, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
MOST_LISTED = 500

_OPEN_ID = prepare(
    select(_C.c.id).where(
        _C.c.library == bindparam("library"),
        _C.c.account == bindparam("account"),
        _C.c.rid == bindparam("rid"),
        IS_OPEN,
    )
)
_BY_STATE = prepare(
    select(_C)
    .where(_C.c.library == bindparam("library"), _C.c.state == bindparam("state"))
    .order_by(_C.c.since)
    .limit(MOST_LISTED)
)
_COUNT = prepare(
    select(func.count().label("number"))
    .select_from(_C)
    .where(_C.c.library == bindparam("library"), _C.c.state == bindparam("state"))
)


class EventReading:
    """Reads one library's consultations."""

    def __init__(self, database: Database, library: str) -> None:
        """Read from `database`."""
        self._database = database
        self._library = library

    async def consultation(self, consultation: str) -> Consultation | None:
        """Return the consultation as it stands, or None."""
        row = await self._database.read(
            lambda tx: tx.one(BY_ID, library=self._library, id=consultation)
        )
        return consultation_from(row) if row else None

    async def open_consultation(self, account: str, rid: str) -> str | None:
        """Return the number of a reader's open consultation, or None."""
        row = await self._database.read(
            lambda tx: tx.one(_OPEN_ID, library=self._library, account=account, rid=rid)
        )
        return row["id"] if row else None

    async def events(self, consultation: str, after: int) -> list[Event]:
        """Return the log after number `after`, in order, staff's notes included."""
        rows = await self._database.read(
            lambda tx: tx.all(EVENTS_AFTER, consultation=consultation, after=after)
        )
        return [event_from(row) for row in rows]

    async def in_states(self, states: Sequence[State]) -> list[Consultation]:
        """Return consultations in these states, the longest waiting first, at most 500 each."""

        def work(tx: Transaction) -> list[Consultation]:
            found = []
            for state in states:
                found += tx.all(_BY_STATE, library=self._library, state=state.value)
            return [consultation_from(row) for row in found]

        return sorted(await self._database.read(work), key=lambda one: one.since)

    async def number_in(self, state: State) -> int:
        """Return how many consultations are in a state."""
        row = await self._database.read(
            lambda tx: tx.one(_COUNT, library=self._library, state=state.value)
        )
        return row["number"] if row else 0
