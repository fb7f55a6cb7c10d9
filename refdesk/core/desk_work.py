"""What does a librarian do with a consultation: claim, reply, return, close, wrap up?

Each verb is one transaction that checks the state again, writes its events and tells the outcome
in a word. Pages and the staff API both call this.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, func, insert, select

from refdesk.core.authorise import Action, StaffActor, answers, authorise
from refdesk.core.consultation_rows import FIND_INBOX, INSERT_INBOX
from refdesk.core.consultations import CLAIMABLE, Consultation, Event, State
from refdesk.core.desk_lists import DeskLists
from refdesk.core.dialogue_forms import for_staff, put_aside
from refdesk.core.event_log import LogWriter
from refdesk.core.event_reading import EventReading
from refdesk.core.live import Live
from refdesk.core.messages import Text
from refdesk.core.outbox_rows import queue_sending
from refdesk.core.tables import EventRow, StaffRow, StatisticsRow
from refdesk.core.translations import translate
from refdesk.storage import Database, Transaction, prepare

_E: Any = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_S: Any = StatisticsRow.__table__  # type: ignore[attr-defined]
_STAFF: Any = StaffRow.__table__  # type: ignore[attr-defined]

LONGEST_REPLY_CHARACTERS = 8_000
_ALIAS = prepare(select(_STAFF.c.alias).where(_STAFF.c.name == bindparam("name")))
_MESSAGES = prepare(
    select(func.count().label("number")).where(
        _E.c.consultation == bindparam("consultation"), _E.c.kind == "message"
    )
)
_INSERT_STATISTICS = prepare(
    insert(_S).values({c.name: bindparam(c.name) for c in _S.c if c.name != "id"})
)

Word = Literal["done", "repeat", "not_found", "refused", "taken", "wrong_state"]
Outcome = Literal[
    "answered",
    "referred",
    "follow_up",
    "document_delivered",
    "lost_contact",
    "not_a_question",
    "abuse",
]
QuestionType = Literal[
    "directional",
    "policy",
    "known_item",
    "subject_research",
    "technical_access",
    "document_request",
    "other",
]


@dataclass(frozen=True, slots=True)
class Done:
    """How a verb ended.

    `not_found`: no such thing for these eyes; `refused`: seen, but somebody else's to do; `taken`
    names the winner's alias in `by`. `seq` is the new event's number.
    """

    word: Word
    consultation: Consultation | None = None
    by: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What a librarian notes at the end: outcome, question type, READ effort 1-6, subject."""

    outcome: Outcome
    question_type: QuestionType | None = None
    read_effort: int | None = None
    subject: str | None = None


class Desk:
    """The librarians' verbs."""

    def __init__(
        self,
        database: Database,
        library: str,
        live: Live,
        needs_outbox: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Work on the consultations of `library`."""
        self._database = database
        self._library = library
        self._live = live
        self._needs_outbox = needs_outbox
        self._clock = clock
        self.reading = EventReading(database, library)
        self.lists = DeskLists(database, library)

    async def claim(self, staff: StaffActor, consultation: str) -> Done:
        """Take a waiting consultation; exactly one of many who try wins."""

        def work(writer: LogWriter, _tx: Transaction) -> Done:
            current = writer.consultation
            if current.state is State.WITH_LIBRARIAN:
                return Done("repeat", current, staff.alias)
            if current.state not in CLAIMABLE:
                return Done("wrong_state")
            notice = translate(
                "{alias} is here and reads your question.", current.language, alias=staff.alias
            )
            writer.update(owner=staff.name, misses=0, offered=())
            writer.change_state(State.WITH_LIBRARIAN, notice, staff.alias)
            filled_in = for_staff(current.dialogue)
            if filled_in:
                writer.append("note", "system", (Text(filled_in),), audience="staff")
                writer.update(dialogue=put_aside(current.dialogue))
            return Done("done")

        return await self._carry_out(staff, "claim", consultation, work)

    async def reply(self, staff: StaffActor, consultation: str, text: str, client_id: str) -> Done:
        """Send a message to the reader; the same `client_id` again sends nothing."""

        def work(writer: LogWriter, tx: Transaction) -> Done:
            # The consultation belongs to the key: the same id elsewhere is another message.
            key = {
                "library": self._library,
                "account": f"desk:{staff.name}",
                "event_key": f"{consultation}:{client_id}",
            }
            earlier = tx.one(FIND_INBOX, **key)
            if earlier is not None:
                return Done("repeat", writer.consultation, seq=earlier["seq"])
            if writer.consultation.state is not State.WITH_LIBRARIAN:
                return Done("wrong_state")
            event = writer.append("reply", "librarian", (Text(text),), alias=staff.alias)
            tx.run(
                INSERT_INBOX,
                **key,
                consultation=consultation,
                seq=event.seq,
                accepted_at=self._clock(),
            )
            return Done("done", seq=event.seq)

        return await self._carry_out(staff, "reply", consultation, work)

    async def give_back(self, staff: StaffActor, consultation: str) -> Done:
        """Return the reader to self-service."""

        def work(writer: LogWriter, _tx: Transaction) -> Done:
            if writer.consultation.state is not State.WITH_LIBRARIAN:
                return Done("wrong_state")
            notice = translate(
                "You are talking with the automatic assistant again.",
                writer.consultation.language,
            )
            writer.update(owner=None)
            writer.change_state(State.SELF_SERVICE, notice, staff.alias)
            return Done("done")

        return await self._carry_out(staff, "return", consultation, work)

    async def close(self, staff: StaffActor, consultation: str) -> Done:
        """End the conversation; the reader is told how to go on."""

        def work(writer: LogWriter, _tx: Transaction) -> Done:
            if writer.consultation.state is not State.WITH_LIBRARIAN:
                return Done("wrong_state")
            notice = translate(
                "This conversation is closed. Write again at any time to begin a new one.",
                writer.consultation.language,
            )
            writer.change_state(State.CLOSED, notice, staff.alias)
            return Done("done")

        return await self._carry_out(staff, "close", consultation, work)

    async def wrap_up(self, staff: StaffActor, consultation: str, notes: WrapUp) -> Done:
        """Write the statistics row, once, without the reader."""

        def work(writer: LogWriter, tx: Transaction) -> Done:
            closed = writer.consultation
            if closed.state is not State.CLOSED:
                return Done("wrong_state")
            number = tx.one(_MESSAGES, consultation=consultation)
            tx.run(
                _INSERT_STATISTICS,
                library=self._library,
                account=closed.account,
                language=closed.language,
                opened_at=closed.opened_at,
                wrapped_up_at=self._clock(),
                messages=number["number"] if number else 0,
                answered_by="librarian",
                handoff_reason=closed.handoff_reason,
                outcome=notes.outcome,
                question_type=notes.question_type,
                read_effort=notes.read_effort,
                subject=notes.subject,
            )
            writer.update(state=State.WRAPPED_UP, since=self._clock())
            writer.append(
                "state",
                "system",
                (Text(notes.outcome),),
                (),
                "staff",
                staff.alias,
                State.WRAPPED_UP,
            )
            return Done("done")

        return await self._carry_out(staff, "wrap_up", consultation, work)

    async def _carry_out(
        self,
        staff: StaffActor,
        action: Action,
        consultation: str,
        work: Callable[[LogWriter, Transaction], Done],
    ) -> Done:
        """Open the log, authorise, run the verb, save; announce what was committed."""

        def unit(tx: Transaction) -> tuple[Done, tuple[Event, ...]]:
            writer = LogWriter.open(tx, self._library, consultation, self._clock())
            if writer is None:
                return Done("not_found"), ()
            if authorise(staff, action, writer.consultation) == "refused":
                return _refusal(tx, staff, action, writer.consultation), ()
            done = work(writer, tx)
            if done.word == "done":
                writer.save()
                if self._needs_outbox(writer.consultation.account):
                    queue_sending(tx, self._library, writer.consultation.account, writer.events)
                done = Done("done", writer.consultation, done.by, done.seq)
            return done, tuple(writer.events)

        done, events = await self._database.write(unit)
        if done.word == "done":
            self._live.publish(consultation, events, done.consultation)
        return done


def _refusal(
    tx: Transaction, staff: StaffActor, action: Action, consultation: Consultation
) -> Done:
    """Tell a loser of a claim who won; tell nobody of what they may not see."""
    lost = action == "claim" and answers(staff) and consultation.state is State.WITH_LIBRARIAN
    if lost:
        row = tx.one(_ALIAS, name=consultation.owner)
        return Done("taken", by=row["alias"] if row else "")
    seen = authorise(staff, "see", consultation) == "allowed"
    return Done("refused" if seen else "not_found")
