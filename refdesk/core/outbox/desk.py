"""What do staff see of what is being sent, and what can they do about it?

A message that could not be sent, or of which nobody knows whether it arrived, stays on the list
until somebody sends it again or takes it off. Whoever may read the consultation sees its words;
those who oversee the desk see of the others only that something did not get through, and why.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, null, or_, select, text, update

from refdesk.core.consultations import Consultation
from refdesk.core.log.consultation_rows import BY_ID, consultation_from
from refdesk.core.log.parts_json import load_parts, plain_text
from refdesk.core.outbox.marks import SendingState
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.staff.authorise import StaffActor, authorise, oversees
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.logs import get_logger
from refdesk.storage import Database, Transaction, prepare

log = get_logger(__name__)
_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
MOST_LISTED = 200
LONGEST_PREVIEW_CHARACTERS = 120

_ROW = ("id", "sender", "state", "reason", "changed_at", "seq")
# Literally as in the index `outbox_attention`, so that SQLite uses it.
_NEEDS_SOMEBODY = text("outbox.state IN ('failed', 'unknown') AND outbox.dismissed_by IS NULL")
_ATTENTION = prepare(
    select(_C, *(_O.c[name].label(f"row_{name}") for name in _ROW), _E.c.parts)
    .join(_C, _C.c.id == _O.c.consultation)
    .join(_E, (_E.c.consultation == _O.c.consultation) & (_E.c.seq == _O.c.seq))
    .where(_O.c.library == bindparam("in_library"), _NEEDS_SOMEBODY, _O.c.joined.is_(None))
    .order_by(_O.c.changed_at.desc())
    .limit(MOST_LISTED)
)
_ONE = prepare(
    select(_O.c.consultation).where(
        _O.c.library == bindparam("in_library"), _O.c.id == bindparam("key"), _NEEDS_SOMEBODY
    )
)
_THESE = (
    _O.c.library == bindparam("in_library"),
    or_(_O.c.id == bindparam("key"), _O.c.joined == bindparam("key")),
    _O.c.rid == bindparam("of_rid"),
    _NEEDS_SOMEBODY,
)
_RESEND = prepare(
    update(_O)
    .where(*_THESE)
    .values(
        state="queued",
        reason=null(),
        route="push",
        attempts=1,  # more than none: what once went out together stays together
        next_try=bindparam("now"),
        changed_at=bindparam("now"),
    )
)
_DISCARD = prepare(
    update(_O).where(*_THESE).values(dismissed_by=bindparam("by"), changed_at=bindparam("now"))
)
_MARKS = prepare(
    select(_O.c.seq, _O.c.state, _O.c.reason, _O.c.dismissed_by)
    .where(_O.c.library == bindparam("in_library"), _O.c.consultation == bindparam("consultation"))
    .order_by(_O.c.seq)
)

Verb = Literal["resend", "discard"]
Word = Literal["done", "not_found"]


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that needs somebody: why, since when, how its text begins.

    Without `consultation` and text for those who may not read it.
    """

    id: str
    consultation: Consultation | None
    account: str
    seq: int
    sender: str
    state: SendingState
    reason: str
    since: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one message of a consultation has come."""

    seq: int
    state: SendingState
    reason: str
    discarded: bool


class OutboxDesk:
    """The librarians' view of the outbox; `wake` is called when there is something to send."""

    def __init__(
        self,
        database: Database,
        library: str,
        wake: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Look after the outbox of `library`."""
        self._database = database
        self._library = library
        self._wake = wake
        self._clock = clock

    async def attention(self, staff: StaffActor) -> list[Unsent]:
        """Return what this colleague has to see, the newest first."""
        rows = await self._database.read(lambda tx: tx.all(_ATTENTION, in_library=self._library))
        found = []
        for row in rows:
            consultation = consultation_from(row)
            may_read = authorise(staff, "read_log", consultation) == "allowed"
            if may_read or oversees(staff):
                words = plain_text(load_parts(row["parts"])) if may_read else ""
                unsent = Unsent(
                    row["row_id"],
                    consultation if may_read else None,
                    consultation.account,
                    row["row_seq"],
                    row["row_sender"],
                    row["row_state"],
                    row["row_reason"] or "",
                    row["row_changed_at"],
                    words[:LONGEST_PREVIEW_CHARACTERS],
                )
                found.append(unsent)
        return found

    async def marks(self, consultation: str) -> list[Mark]:
        """Return how far each message of a consultation has come; the caller has authorised."""
        rows = await self._database.read(
            lambda tx: tx.all(_MARKS, in_library=self._library, consultation=consultation)
        )
        return [
            Mark(row["seq"], row["state"], row["reason"] or "", bool(row["dismissed_by"]))
            for row in rows
        ]

    async def resend(self, staff: StaffActor, key: str) -> Word:
        """Send a failed or unknown message again, under the same key."""
        return await self._do(staff, key, "resend")

    async def discard(self, staff: StaffActor, key: str) -> Word:
        """Take a failed or unknown message off the list without sending it."""
        return await self._do(staff, key, "discard")

    async def _do(self, staff: StaffActor, key: str, verb: Verb) -> Word:
        now = self._clock()

        def unit(tx: Transaction) -> str:
            row = tx.one(_ONE, in_library=self._library, key=key)
            found = row and tx.one(BY_ID, library=self._library, id=row["consultation"])
            if not found:
                return ""
            consultation = consultation_from(found)
            if authorise(staff, "read_log", consultation) == "refused" and not oversees(staff):
                return ""
            these = {"in_library": self._library, "key": key, "of_rid": consultation.rid}
            if verb == "resend":
                tx.run(_RESEND, **these, now=now)
            else:
                tx.run(_DISCARD, **these, now=now, by=staff.name)
            return consultation.id

        consultation = await self._database.write(unit)
        if not consultation:
            return "not_found"
        log.info("outbox", outbox=key, state="queued" if verb == "resend" else "discarded",
                 by=staff.name)  # fmt: skip
        self._wake(consultation)
        return "done"
