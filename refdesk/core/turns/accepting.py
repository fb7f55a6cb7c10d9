"""How is a message or trigger stored once, and in which consultation?"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.lifecycle.endings import go_on
from refdesk.core.log.consultation_rows import (
    FIND_INBOX,
    INSERT_INBOX,
    IS_OPEN,
    consultation_from,
    insert_event,
)
from refdesk.core.log.event_log import LogWriter
from refdesk.core.messages import InboundMessage, Text
from refdesk.core.outbox.rows import queue_sending
from refdesk.core.tables import ConsultationRow, ReaderRow
from refdesk.core.turns.leases import taken_by
from refdesk.core.turns.store import Accepted, Arriving, Turn
from refdesk.core.turns.triggers import Trigger, dump_data
from refdesk.storage import Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_R: Any = ReaderRow.__table__  # type: ignore[attr-defined]

_ASK = prepare(
    update(_C)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.account == bindparam("account"),
        _C.c.rid == bindparam("rid"),
        IS_OPEN,
    )
    .values(next_seq=_C.c.next_seq + 1, asked_seq=_C.c.next_seq, follows_seq=_C.c.asked_seq)
    .values(taken_by(bindparam("me", String)))
    .returning(*_C.c)
)
_MAY_GO_ON = prepare(
    select(_C)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.account == bindparam("account"),
        _C.c.rid == bindparam("rid"),
        _C.c.reopen_until > bindparam("now"),
    )
    .order_by(_C.c.opened_at.desc())
    .limit(1)
)
_KNOWN = prepare(
    select(_R.c.rid).where(_R.c.library == bindparam("library"), _R.c.rid == bindparam("rid"))
)
_INSERT_READER = prepare(upsert(_R).on_conflict_do_nothing())
_INSERT_CONSULTATION = prepare(insert(_C))


@dataclass(frozen=True, slots=True)
class Accepting:
    """Accepts for one library, as one server; `needs_outbox` tells for which accounts to queue."""

    library: str
    node: str
    needs_outbox: Callable[[str], bool]

    def accept(self, tx: Transaction, arriving: Arriving, now: float) -> Accepted:
        """Store it unless it is there already; the first of a reader opens a consultation.

        Whoever writes soon after the end goes on with the last one. A trigger opens nothing for a
        reader who has been erased meanwhile: nobody is there any more.
        """
        key = arriving.key if isinstance(arriving, Trigger) else arriving.event_key
        account = arriving.account
        inbox = {"library": self.library, "account": account, "event_key": key}
        earlier = tx.one(FIND_INBOX, **inbox)
        if earlier is not None:
            return Accepted("repeat", earlier["consultation"], earlier["seq"], None, ())
        reader = {"library": self.library, "account": account, "rid": arriving.rid}
        row = tx.one(_ASK, **reader, me=self.node)
        told: tuple[Event, ...] = ()
        if row is None and isinstance(arriving, InboundMessage):
            # Only what a reader says goes on with a closed one; a reminder begins the next.
            told = self._go_on(tx, reader, now)
            row = tx.one(_ASK, **reader, me=self.node) if told else None
        if row is None and isinstance(arriving, Trigger) and not self._knows(tx, arriving.rid):
            return Accepted("nobody", "", 0, None, ())
        ours = row is None or row["node"] == self.node
        if row is None:
            consultation, seq, follows = self._open(tx, arriving, now), 1, 0
        else:
            consultation, seq = consultation_from(row), row["asked_seq"]
            follows = row["follows_seq"]
        event = event_of(arriving, consultation.id, seq, now)
        insert_event(tx, self.library, event)
        tx.run(INSERT_INBOX, **inbox, consultation=consultation.id, seq=seq, accepted_at=now)
        turn = turn_of(arriving, consultation, seq, now, follows) if ours else None
        return Accepted("new", consultation.id, seq, turn, (*told, event))

    def _knows(self, tx: Transaction, rid: str) -> bool:
        return tx.one(_KNOWN, library=self.library, rid=rid) is not None

    def _go_on(self, tx: Transaction, reader: dict[str, str], now: float) -> tuple[Event, ...]:
        """Reopen what this reader may still continue; return the events that say so."""
        found = tx.one(_MAY_GO_ON, **reader, now=now)
        if found is None:
            return ()
        writer = LogWriter(tx, self.library, consultation_from(found), found["next_seq"], now)
        go_on(writer)
        writer.save()
        if self.needs_outbox(reader["account"]):
            queue_sending(tx, self.library, reader["account"], writer.events)
        return tuple(writer.events)

    def _open(self, tx: Transaction, arriving: Arriving, now: float) -> Consultation:
        language = (arriving.language if isinstance(arriving, InboundMessage) else None) or "en"
        tx.run(
            _INSERT_READER,
            rid=arriving.rid,
            library=self.library,
            language=language,
            created_at=now,
        )
        consultation = Consultation(
            id=_new_id(now),
            account=arriving.account,
            rid=arriving.rid,
            state=State.SELF_SERVICE,
            language=language,
            version=1,
            opened_at=now,
            since=now,
            epoch=1,
        )
        tx.run(
            _INSERT_CONSULTATION,
            id=consultation.id,
            library=self.library,
            account=arriving.account,
            rid=arriving.rid,
            state=consultation.state.value,
            owner=None,
            language=language,
            next_seq=2,
            asked_seq=1,
            follows_seq=0,
            done_seq=0,
            version=1,
            misses=0,
            offered="[]",
            handoff_reason=None,
            queue=None,
            opened_at=now,
            since=now,
            node=self.node,
            epoch=1,
            dialogue="",
            due_at=None,
            reopen_until=None,
            follow_ups=0,
            merged_into=None,
            statistics_row=None,
        )
        return consultation


def event_of(arriving: Arriving, consultation: str, seq: int, now: float) -> Event:
    """Return the line of the log that keeps what arrived."""
    if isinstance(arriving, Trigger):
        parts = (Text(dump_data(arriving.data)),)
        action = f"{arriving.plugin}:{arriving.name}"
        return Event(
            consultation, seq, now, "trigger", "system", parts, audience="program", action=action
        )
    parts_of_message = arriving.parts or (Text(arriving.text),)
    return Event(
        consultation, seq, now, "message", "reader", parts_of_message, action=arriving.action
    )


def turn_of(
    arriving: Arriving, consultation: Consultation, seq: int, at: float, follows: int
) -> Turn:
    """Return the work that what arrived under the number `seq` gives."""
    if isinstance(arriving, InboundMessage):
        return Turn(consultation, arriving, seq, follows=follows)
    nothing_said = InboundMessage(
        arriving.account, arriving.rid, arriving.key, "", at, consultation.language
    )
    return Turn(consultation, nothing_said, seq, arriving, follows)


def _new_id(now: float) -> str:
    """Return a random name that begins with the time, so that new ones lie together on disk."""
    return f"{int(now * 1000):011x}{secrets.token_urlsafe(12)}"
