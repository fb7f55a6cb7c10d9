"""How are messages accepted, claimed and finished?"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from refdesk.core.consultation_rows import (
    FIND_INBOX,
    INSERT_INBOX,
    IS_OPEN,
    consultation_from,
    insert_event,
)
from refdesk.core.consultations import Consultation, Event, EventKind, State, allows
from refdesk.core.event_log import LogWriter
from refdesk.core.intents import Say, WriteRow
from refdesk.core.messages import InboundMessage, Text
from refdesk.core.outbox_rows import queue_sending
from refdesk.core.parts_json import dump_options, load_parts, plain_text
from refdesk.core.store import Accepted, Finished, Outcome, Overtaken, Turn
from refdesk.core.tables import ConsultationRow, EventRow, ReaderRow
from refdesk.core.translations import translate
from refdesk.storage import Database, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_R: Any = ReaderRow.__table__  # type: ignore[attr-defined]

_ASK = prepare(
    update(_C)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.account == bindparam("account"),
        _C.c.rid == bindparam("rid"),
        IS_OPEN,
    )
    .values(next_seq=_C.c.next_seq + 1, asked_seq=_C.c.next_seq)
    .returning(*_C.c)
)
_FINISH = prepare(
    update(_C)
    .where(
        _C.c.id == bindparam("key"),
        _C.c.version == bindparam("expected"),
        _C.c.done_seq < bindparam("done_seq"),
    )
    .values(
        next_seq=_C.c.next_seq + bindparam("said"),
        done_seq=bindparam("done_seq"),
        **{name: bindparam(name) for name in ("version", "language", "misses", "offered")},
    )
    .returning(_C.c.next_seq)
)
_INSERT_READER = prepare(upsert(_R).on_conflict_do_nothing())
_INSERT_CONSULTATION = prepare(insert(_C))
_DONE = prepare(
    update(_C)
    .where(_C.c.id == bindparam("key"), _C.c.done_seq < bindparam("done_seq"))
    .values(done_seq=bindparam("done_seq"))
)
_UNFINISHED = prepare(
    select(_C, _E.c.seq, _E.c.action, _E.c.parts, _E.c.at)
    .join(_E, _E.c.consultation == _C.c.id)
    .where(
        _C.c.library == bindparam("library"),
        # Literally as in the index `consultation_with_work`, so that SQLite uses it.
        text("consultation.done_seq < consultation.asked_seq"),
        _E.c.seq > _C.c.done_seq,
        _E.c.kind == "message",
    )
    .order_by(_E.c.id)
)


class ConsultationStore:
    """The core's store on a database."""

    def __init__(
        self,
        database: Database,
        library: str,
        needs_outbox: Callable[[str], bool] = lambda _account: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep consultations of `library`; `needs_outbox` tells for which accounts to queue."""
        self._database = database
        self._library = library
        self._needs_outbox = needs_outbox
        self._clock = clock

    async def accept(self, message: InboundMessage) -> Accepted:
        """Store a message once, durably; the first of a reader opens a consultation."""
        return await self._database.write(lambda tx: self._accept(tx, message))

    async def claim(self) -> list[Turn]:
        """Return accepted messages that have not been finished, oldest first."""
        return await self._database.read(self._unfinished)

    async def finish(self, turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        """Write replies, state and rows of plugins, once, unless somebody was faster."""
        return await self._database.write(lambda tx: self._finish(tx, turn, outcome))

    def _accept(self, tx: Transaction, message: InboundMessage) -> Accepted:
        earlier = tx.one(
            FIND_INBOX,
            library=self._library,
            account=message.account,
            event_key=message.event_key,
        )
        if earlier is not None:
            return Accepted("repeat", earlier["consultation"], earlier["seq"], None, ())
        now = self._clock()
        row = tx.one(_ASK, library=self._library, account=message.account, rid=message.rid)
        if row is None:
            consultation, seq = self._open(tx, message, now), 1
        else:
            consultation, seq = consultation_from(row), row["asked_seq"]
        parts = message.parts or (Text(message.text),)
        event = Event(consultation.id, seq, now, "message", "reader", parts, action=message.action)
        insert_event(tx, self._library, event)
        tx.run(
            INSERT_INBOX,
            library=self._library,
            account=message.account,
            event_key=message.event_key,
            consultation=consultation.id,
            seq=seq,
            accepted_at=now,
        )
        return Accepted("new", consultation.id, seq, Turn(consultation, message, seq), (event,))

    def _open(self, tx: Transaction, message: InboundMessage, now: float) -> Consultation:
        language = message.language or "en"
        tx.run(
            _INSERT_READER,
            rid=message.rid,
            library=self._library,
            language=language,
            created_at=now,
        )
        consultation = Consultation(
            id=_new_id(now),
            account=message.account,
            rid=message.rid,
            state=State.SELF_SERVICE,
            language=language,
            version=1,
            opened_at=now,
            since=now,
        )
        tx.run(
            _INSERT_CONSULTATION,
            id=consultation.id,
            library=self._library,
            account=message.account,
            rid=message.rid,
            state=consultation.state.value,
            owner=None,
            language=language,
            next_seq=2,
            asked_seq=1,
            done_seq=0,
            version=1,
            misses=0,
            offered="[]",
            handoff_reason=None,
            queue=None,
            opened_at=now,
            since=now,
        )
        return consultation

    def _unfinished(self, tx: Transaction) -> list[Turn]:
        turns = []
        for row in tx.all(_UNFINISHED, library=self._library):
            consultation = consultation_from(row)
            parts = load_parts(row["parts"])
            message = InboundMessage(
                account=consultation.account,
                rid=consultation.rid,
                event_key=f"{consultation.id}:{row['seq']}",
                text=plain_text(parts),
                sent_at=row["at"],
                language=consultation.language,
                action=row["action"],
                parts=parts,
            )
            turns.append(Turn(consultation, message, row["seq"]))
        return turns

    def _finish(self, tx: Transaction, turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        if outcome.waiting is None and outcome.returned == "no":
            finished = self._finish_in_place(tx, turn, outcome)
            if finished is not None:
                return finished
        return self._finish_moving(tx, turn, outcome)

    def _finish_in_place(self, tx: Transaction, turn: Turn, outcome: Outcome) -> Finished | None:
        """Write replies that change no state, with one statement on the consultation.

        Return None, with nothing written, when somebody was faster or it is written already.
        """
        before = turn.consultation
        after = _remembering(before, outcome)
        says = [intent for intent in outcome.intents if isinstance(intent, Say)]
        row = tx.one(
            _FINISH,
            key=before.id,
            expected=before.version,
            version=after.version,
            said=len(says),
            language=after.language,
            misses=after.misses,
            offered=dump_options(after.offered),
            done_seq=turn.seq,
        )
        if row is None:
            return None
        now, first = self._clock(), row["next_seq"] - len(says)
        events = tuple(_said(say, before.id, first + n, now) for n, say in enumerate(says))
        for event in events:
            insert_event(tx, self._library, event)
        for intent in outcome.intents:
            if isinstance(intent, WriteRow):
                tx.run(intent.statement, **intent.values)
        if self._needs_outbox(before.account):
            queue_sending(tx, self._library, before.account, events)
        return Finished(after, events)

    def _finish_moving(self, tx: Transaction, turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        """Write an outcome that moves the consultation to another state."""
        before = turn.consultation
        writer = LogWriter.open(tx, self._library, before.id, self._clock())
        if writer is None:
            raise LookupError(f"consultation {before.id} is gone")
        if writer.consultation.version != before.version:
            return Overtaken(writer.consultation)
        if tx.run(_DONE, key=before.id, done_seq=turn.seq) == 0:
            return Finished(writer.consultation, ())
        self._write_outcome(tx, writer, outcome)
        writer.update(language=outcome.language, misses=outcome.misses, offered=outcome.offered)
        writer.save()
        if self._needs_outbox(before.account):
            queue_sending(tx, self._library, before.account, writer.events)
        return Finished(writer.consultation, tuple(writer.events))

    def _write_outcome(self, tx: Transaction, writer: LogWriter, outcome: Outcome) -> None:
        for intent in outcome.intents:
            if isinstance(intent, Say):
                kind: EventKind = "reply" if intent.sender == "bot" else "notice"
                writer.append(kind, intent.sender, intent.reply.parts, intent.reply.sources)
            elif isinstance(intent, WriteRow):
                tx.run(intent.statement, **intent.values)
        waiting, language = outcome.waiting, outcome.language
        if waiting is not None:
            state = State(waiting.choice.wait)
            if allows(writer.consultation.state, state):
                writer.update(handoff_reason=waiting.reason, queue=waiting.choice.queue)
                writer.change_state(state, waiting.choice.promise)
            else:
                writer.append("notice", "system", (Text(waiting.choice.promise),))
        elif outcome.returned == "to self-service" and allows(
            writer.consultation.state, State.SELF_SERVICE
        ):
            notice = translate("You are talking with the automatic assistant again.", language)
            writer.change_state(State.SELF_SERVICE, notice)


def _remembering(before: Consultation, outcome: Outcome) -> Consultation:
    """Return the consultation with what it now remembers, under a new version if it differs."""
    known = (before.language, before.misses, before.offered)
    if known == (outcome.language, outcome.misses, outcome.offered):
        return before
    return replace(
        before,
        version=before.version + 1,
        language=outcome.language,
        misses=outcome.misses,
        offered=outcome.offered,
    )


def _said(say: Say, consultation: str, seq: int, now: float) -> Event:
    kind: EventKind = "reply" if say.sender == "bot" else "notice"
    return Event(consultation, seq, now, kind, say.sender, say.reply.parts, say.reply.sources)


def _new_id(now: float) -> str:
    """Return a random name that begins with the time, so that new ones lie together on disk."""
    return f"{int(now * 1000):011x}{secrets.token_urlsafe(12)}"
