"""How is written what came of a message, once and only by the one who holds the consultation?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select, update

from refdesk.core.consultations import Consultation, Event, EventKind, State, allows
from refdesk.core.intents import Say
from refdesk.core.lifecycle.endings import end_for_reader
from refdesk.core.log.consultation_rows import insert_event
from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.parts_json import dump_options
from refdesk.core.messages import Text
from refdesk.core.outbox.rows import queue_sending
from refdesk.core.tables import ConsultationRow
from refdesk.core.translations import translate
from refdesk.core.turns.intent_writing import write_intents
from refdesk.core.turns.store import (
    Fenced,
    Finished,
    Outcome,
    OutOfTurn,
    Overtaken,
    Turn,
    Unfinished,
)
from refdesk.storage import Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time

_MEMORY = ("version", "language", "misses", "offered", "dialogue")
_FINISH = prepare(
    update(_C)
    .where(
        _C.c.id == bindparam("key"),
        _C.c.version == bindparam("expected"),
        _C.c.epoch == bindparam("epoch"),
        _C.c.done_seq < bindparam("done_seq"),
        _C.c.done_seq >= bindparam("follows"),
    )
    .values(
        next_seq=_C.c.next_seq + bindparam("said"),
        done_seq=bindparam("done_seq"),
        **{name: bindparam(name) for name in _MEMORY},
    )
    .returning(_C.c.next_seq)
)
_DONE = prepare(
    update(_C).where(_C.c.id == bindparam("key")).values(done_seq=bindparam("done_seq"))
)
_HOW_FAR = prepare(select(_C.c.done_seq, _C.c.asked_seq).where(_C.c.id == bindparam("key")))


@dataclass(frozen=True, slots=True)
class Finishing:
    """Finishes turns of one library; `needs_outbox` tells for which accounts to queue."""

    library: str
    needs_outbox: Callable[[str], bool]

    def finish(
        self, tx: Transaction, turn: Turn, outcome: Outcome, now: float
    ) -> Finished | Unfinished:
        """Write replies, state and rows of plugins, unless somebody was faster."""
        if outcome.waiting is None and outcome.returned == "no":
            finished = self._finish_in_place(tx, turn, outcome, now)
            if finished is not None:
                return finished
        return self._finish_moving(tx, turn, outcome, now)

    def _finish_in_place(
        self, tx: Transaction, turn: Turn, outcome: Outcome, now: float
    ) -> Finished | None:
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
            epoch=before.epoch,
            version=after.version,
            said=len(says),
            language=after.language,
            misses=after.misses,
            offered=dump_options(after.offered),
            dialogue=after.dialogue,
            done_seq=turn.seq,
            follows=turn.follows,
        )
        if row is None:
            return None
        first = row["next_seq"] - len(says)
        events = tuple(_said(say, before.id, first + n, now) for n, say in enumerate(says))
        for event in events:
            insert_event(tx, self.library, event)
        write_intents(tx, self.library, turn, outcome.intents, now)
        if self.needs_outbox(before.account):
            queue_sending(tx, self.library, before.account, events)
        return Finished(after, events)

    def _finish_moving(
        self, tx: Transaction, turn: Turn, outcome: Outcome, now: float
    ) -> Finished | Unfinished:
        """Write an outcome that moves the consultation to another state."""
        before = turn.consultation
        writer = LogWriter.open(tx, self.library, before.id, now)
        if writer is None:
            return Fenced()  # erased meanwhile
        if writer.consultation.epoch != before.epoch:
            return Fenced()
        row = tx.one(_HOW_FAR, key=before.id)
        done_seq, asked_seq = (row["done_seq"], row["asked_seq"]) if row else (0, 0)
        if done_seq >= turn.seq:
            return Finished(writer.consultation, ())
        if done_seq < turn.follows:
            return OutOfTurn()
        if writer.consultation.version != before.version:
            return Overtaken(writer.consultation)
        tx.run(_DONE, key=before.id, done_seq=turn.seq)
        write_intents(tx, self.library, turn, outcome.intents, now)
        _write_outcome(writer, outcome)
        # Whoever has written on meanwhile does not want to end.
        if outcome.returned == "ended" and asked_seq == turn.seq:
            _end(tx, self.library, writer)
        writer.update(
            language=outcome.language,
            misses=outcome.misses,
            offered=outcome.offered,
            dialogue=_dialogue(before, outcome),
        )
        writer.save()
        if self.needs_outbox(before.account):
            queue_sending(tx, self.library, before.account, writer.events)
        return Finished(writer.consultation, tuple(writer.events))


def _write_outcome(writer: LogWriter, outcome: Outcome) -> None:
    for intent in outcome.intents:
        if isinstance(intent, Say):
            kind: EventKind = "reply" if intent.sender == "bot" else "notice"
            writer.append(kind, intent.sender, intent.reply.parts, intent.reply.sources)
    waiting, language = outcome.waiting, outcome.language
    if waiting is not None:
        state = State(waiting.choice.wait)
        if allows(writer.consultation.state, state):
            writer.update(handoff_reason=waiting.reason, queue=waiting.choice.queue)
            writer.change_state(state, waiting.choice.promise)
            writer.update(due_at=waiting.choice.due_at)
        else:
            writer.append("notice", "system", (Text(waiting.choice.promise),))
    elif outcome.returned == "to self-service" and allows(
        writer.consultation.state, State.SELF_SERVICE
    ):
        notice = translate("You are talking with the automatic assistant again.", language)
        writer.change_state(State.SELF_SERVICE, notice)


def _end(tx: Transaction, library: str, writer: LogWriter) -> None:
    if allows(writer.consultation.state, State.CLOSED):
        end_for_reader(tx, library, writer)


def _remembering(before: Consultation, outcome: Outcome) -> Consultation:
    """Return the consultation with what it now remembers, under a new version if it differs."""
    dialogue = _dialogue(before, outcome)
    known = (before.language, before.misses, before.offered, before.dialogue)
    if known == (outcome.language, outcome.misses, outcome.offered, dialogue):
        return before
    return replace(
        before,
        version=before.version + 1,
        language=outcome.language,
        misses=outcome.misses,
        offered=outcome.offered,
        dialogue=dialogue,
    )


def _dialogue(before: Consultation, outcome: Outcome) -> str:
    return before.dialogue if outcome.dialogue is None else outcome.dialogue


def _said(say: Say, consultation: str, seq: int, now: float) -> Event:
    kind: EventKind = "reply" if say.sender == "bot" else "notice"
    return Event(consultation, seq, now, kind, say.sender, say.reply.parts, say.reply.sources)
