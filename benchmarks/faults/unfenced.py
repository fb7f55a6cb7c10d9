"""What would happen without fencing? (Only the bench has this store: its run has to fail.)"""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from refdesk.core.log.consultation_rows import consultation_from
from refdesk.core.tables import ConsultationRow
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.store import Finished, Outcome, Turn, Unfinished
from refdesk.storage import Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_AS_IT_IS = prepare(select(_C).where(_C.c.id == bindparam("key")))
_SET_DONE = prepare(
    update(_C).where(_C.c.id == bindparam("key")).values(done_seq=bindparam("done_seq"))
)


class Unfenced(ConsultationStore):
    """Believes whoever comes: asks neither for the epoch nor whether it is done already."""

    async def finish(self, turn: Turn, outcome: Outcome) -> Finished | Unfinished:
        """Write an outcome whatever has happened since the turn began."""
        return await self._database.write(lambda tx: self._write_anyway(tx, turn, outcome))

    def _write_anyway(self, tx: Transaction, turn: Turn, outcome: Outcome) -> Finished | Unfinished:
        key = turn.consultation.id
        row = tx.one(_AS_IT_IS, key=key)
        assert row is not None
        tx.run(_SET_DONE, key=key, done_seq=turn.follows)
        as_it_is = replace(turn, consultation=consultation_from(row))
        finished = self._finishing.finish(tx, as_it_is, outcome, self._clock())
        tx.run(_SET_DONE, key=key, done_seq=max(turn.seq, row["done_seq"]))
        return finished
