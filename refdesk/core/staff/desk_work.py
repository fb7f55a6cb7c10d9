"""What does a librarian do with a consultation: claim, reply, return, close, wrap up, merge?

Each verb is one transaction that checks the state again, writes its events and tells the outcome
in a word. Pages and the staff API both call this.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import bindparam, select

from refdesk.core.consultations import CLAIMABLE, Consultation, State
from refdesk.core.dialogues.forms import for_staff, put_aside
from refdesk.core.lifecycle.endings import awaits_wrap_up, end
from refdesk.core.lifecycle.merging import fit, merge
from refdesk.core.lifecycle.rules import ConsultationSettings
from refdesk.core.lifecycle.wrapping_up import WrapUp, count_again, wrap_up
from refdesk.core.log.consultation_rows import FIND_INBOX, INSERT_INBOX
from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.event_reading import EventReading
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.messages import Text
from refdesk.core.staff.authorise import Action, StaffActor, answers, authorise
from refdesk.core.staff.desk_lists import DeskLists
from refdesk.core.tables import StaffRow
from refdesk.core.translations import translate
from refdesk.storage import Transaction, prepare

_STAFF: Any = StaffRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time

LONGEST_REPLY_CHARACTERS = 8_000
_ALIAS = prepare(select(_STAFF.c.alias).where(_STAFF.c.name == bindparam("name")))

Word = Literal[
    "done", "repeat", "not_found", "refused", "taken", "wrong_state", "not_the_same_reader"
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


class Desk:
    """The librarians' verbs."""

    def __init__(self, changes: LogChanges, settings: ConsultationSettings | None = None) -> None:
        """Work on the consultations of one library."""
        self._library = changes.library
        self._clock = changes.clock
        self._settings = settings or ConsultationSettings()
        self._changes = changes
        self.reading = EventReading(changes.database, changes.library)
        self.lists = DeskLists(changes.database, changes.library, changes.clock)

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
            end(writer, self._settings, staff.alias)
            return Done("done")

        return await self._carry_out(staff, "close", consultation, work)

    async def wrap_up(self, staff: StaffActor, consultation: str, notes: WrapUp) -> Done:
        """Note how it ended; counted once, without the reader.

        A reader who has written again meanwhile is not disturbed: the follow-up goes on.
        """

        def work(writer: LogWriter, tx: Transaction) -> Done:
            if not awaits_wrap_up(writer.consultation):
                return Done("wrong_state")
            wrap_up(tx, self._library, writer, notes, staff.alias)
            return Done("done")

        return await self._carry_out(staff, "wrap_up", consultation, work)

    async def merge(self, staff: StaffActor, away: str, into: str) -> Done:
        """Let `away` go on in `into`, another one of the same reader."""

        def unit(tx: Transaction) -> tuple[Done, tuple[LogWriter, ...]]:
            left, kept = self._changes.open(tx, away), self._changes.open(tx, into)
            if left is None or kept is None:
                return Done("not_found"), ()
            for writer in (left, kept):
                if authorise(staff, "merge", writer.consultation) == "refused":
                    return _refusal(tx, staff, "merge", writer.consultation), ()
            fits = fit(left.consultation, kept.consultation)
            if fits != "fits":
                return Done(fits), ()
            merge(tx, self._library, left, kept, staff.alias)
            self._changes.save(tx, left)
            self._changes.save(tx, kept)
            count_again(tx, self._library, kept)
            return Done("done", kept.consultation), (left, kept)

        done, changed = await self._changes.database.write(unit)
        for writer in changed:
            self._changes.announce(writer)
        return done

    async def _carry_out(
        self,
        staff: StaffActor,
        action: Action,
        consultation: str,
        work: Callable[[LogWriter, Transaction], Done],
    ) -> Done:
        """Authorise and run a verb on a consultation, in one transaction."""

        def unit(writer: LogWriter, tx: Transaction) -> Done:
            if authorise(staff, action, writer.consultation) == "refused":
                return _refusal(tx, staff, action, writer.consultation)
            return work(writer, tx)

        changed = await self._changes.change(consultation, unit)
        if changed is None:
            return Done("not_found")
        done, writer = changed
        if done.word == "repeat":
            # The first time it may have been stored although its answer got lost.
            self._changes.live.look_again(consultation)
        return replace(done, consultation=writer.consultation) if done.word == "done" else done


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
