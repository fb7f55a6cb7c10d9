"""How are consultations and their logs read? (Who may see them: `authorise`.)"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.log.consultation_rows import (
    ALL_EVENTS,
    BY_ID,
    EVENTS_AFTER,
    IS_OPEN,
    READERS_EVENTS_AFTER,
    consultation_from,
    event_from,
)
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.storage import Database, Prepared, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
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
_NEWEST = prepare(
    select(func.max(_E.c.seq).label("seq")).where(
        _E.c.consultation == bindparam("consultation"), _E.c.audience == "everybody"
    )
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

    async def events(self, consultation: str, after: int, most: int = ALL_EVENTS) -> list[Event]:
        """Return at most `most` events after number `after`, in order, staff's notes included."""
        return await self._events(EVENTS_AFTER, consultation, after, most)

    async def readers_events(
        self, consultation: str, after: int, most: int = ALL_EVENTS
    ) -> list[Event]:
        """Return the same without staff's notes."""
        return await self._events(READERS_EVENTS_AFTER, consultation, after, most)

    async def newest_number(self, consultation: str) -> int:
        """Return the number of the newest event that is no note among staff, or 0."""
        row = await self._database.read(lambda tx: tx.one(_NEWEST, consultation=consultation))
        return (row["seq"] if row else None) or 0

    async def _events(
        self, statement: Prepared, consultation: str, after: int, most: int
    ) -> list[Event]:
        rows = await self._database.read(
            lambda tx: tx.all(statement, consultation=consultation, after=after, most=most)
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

    async def numbers_by_state(self) -> dict[State, int]:
        """Return how many consultations are in each state that somebody has to do with."""

        def work(tx: Transaction) -> dict[State, int]:
            states = (state for state in State if state is not State.WRAPPED_UP)
            return {state: self._number(tx, state) for state in states}

        return await self._database.read(work)

    async def number_in(self, state: State) -> int:
        """Return how many consultations are in a state."""
        return await self._database.read(lambda tx: self._number(tx, state))

    def _number(self, tx: Transaction, state: State) -> int:
        row = tx.one(_COUNT, library=self._library, state=state.value)
        return row["number"] if row else 0
