"""What does a librarian's list show: who waits, who is theirs, what is left to wrap up?"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, func, or_, select, text

from refdesk.core.consultations import CLAIMABLE, Consultation, State
from refdesk.core.log.consultation_rows import BY_ID, consultation_from
from refdesk.core.log.parts_json import load_parts, plain_text
from refdesk.core.offers import HandoffReason
from refdesk.core.staff.authorise import StaffActor, authorise, oversees
from refdesk.core.tables import ConsultationRow, EventRow, StaffRow
from refdesk.storage import Database, Prepared, Row, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_STAFF: Any = StaffRow.__table__  # type: ignore[attr-defined]

ListName = Literal["waiting", "with_librarian", "closed"]
MOST_LISTED = 500
MOST_EARLIER = 20
LONGEST_PREVIEW_CHARACTERS = 240
# What led to a person is among the last few messages before; a bare "librarian" ends them.
_MESSAGES_BEFORE = 5

_WITH_ALIAS = select(_C, _STAFF.c.alias.label("owner_alias")).outerjoin(
    _STAFF, _STAFF.c.name == _C.c.owner
)
_IN_STATE = prepare(
    _WITH_ALIAS.where(_C.c.library == bindparam("library"), _C.c.state == bindparam("state"))
    .order_by(_C.c.since)
    .limit(MOST_LISTED)
)
_OF_OWNER = prepare(
    _WITH_ALIAS.where(
        _C.c.library == bindparam("library"),
        _C.c.state == bindparam("state"),
        _C.c.owner == bindparam("owner"),
    )
    .order_by(_C.c.since)
    .limit(MOST_LISTED)
)
# Those a reader continues with the assistant before their librarian has wrapped them up.
_REOPENED = prepare(
    _WITH_ALIAS.where(
        _C.c.library == bindparam("library"),
        # Literally as in the index `consultation_reopened`, so that SQLite uses it.
        text("consultation.state = 'self_service'"),
        _C.c.owner == bindparam("owner"),
        _C.c.statistics_row.is_(None),
    )
    .order_by(_C.c.since)
    .limit(MOST_LISTED)
)
_OF_READER = prepare(
    _WITH_ALIAS.where(
        _C.c.library == bindparam("library"),
        _C.c.rid == bindparam("rid"),
        _C.c.id != bindparam("but"),
    )
    .order_by(_C.c.opened_at.desc())
    .limit(MOST_EARLIER)
)
_ANSWERED = prepare(
    select(func.min(_E.c.at).label("at")).where(
        _E.c.consultation == bindparam("consultation"),
        _E.c.seq > bindparam("after"),
        _E.c.sender == "librarian",
    )
)
_ALIAS = prepare(select(_STAFF.c.alias).where(_STAFF.c.name == bindparam("name")))
_FIRST = prepare(
    select(_E.c.parts)
    .where(_E.c.consultation == bindparam("consultation"), _E.c.sender == "reader")
    .order_by(_E.c.seq)
    .limit(1)
)
_HANDED_OVER = (
    select(func.max(_E.c.seq))
    .where(
        _E.c.consultation == bindparam("consultation"),
        or_(*(_E.c.state == state.value for state in sorted(CLAIMABLE))),
    )
    .scalar_subquery()
)
_BEFORE = prepare(
    select(_E.c.parts)
    .where(
        _E.c.consultation == bindparam("consultation"),
        _E.c.sender == "reader",
        _E.c.seq < _HANDED_OVER,
    )
    .order_by(_E.c.seq.desc())
    .limit(_MESSAGES_BEFORE)
)
# Whoever asks for a person first says afterwards what it is about.
_AFTER = prepare(
    select(_E.c.parts)
    .where(
        _E.c.consultation == bindparam("consultation"),
        _E.c.sender == "reader",
        _E.c.seq > _HANDED_OVER,
    )
    .order_by(_E.c.seq)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A consultation as lists show it.

    `first_text` is the reader's first message, `question` the longest of the last five before a
    person was needed, both shortened; where the first message asked for a person, the one after
    it counts as well. `reader_seq` is the number of the reader's newest message, for unread
    marks. `quiet_since` is when the librarian answered, if the reader has written nothing since;
    `overdue` says that the time of a promised answer has passed.
    """

    consultation: Consultation
    owner_alias: str
    first_text: str
    question: str
    reader_seq: int
    quiet_since: float | None = None
    overdue: bool = False


class DeskLists:
    """The lists of one library."""

    def __init__(
        self, database: Database, library: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Read from `database`."""
        self._database = database
        self._library = library
        self._clock = clock

    async def of(self, staff: StaffActor, name: ListName) -> list[Listed]:
        """Return what this librarian may see, the longest waiting first.

        `waiting` is everything that waits for a person, questions taken outside hours included;
        `with_librarian` their own, for supervisors everybody's; `closed` their own to wrap up,
        even if the reader has written again to the assistant.
        """
        return (await self.several(staff, (name,)))[0]

    async def several(self, staff: StaffActor, names: Sequence[ListName]) -> list[list[Listed]]:
        """Return several lists of the same instant."""
        return await self._database.read(lambda tx: [self._list(tx, staff, name) for name in names])

    async def one(self, staff: StaffActor, consultation: str) -> Listed | None:
        """Return one consultation, or None when it is not for these eyes."""

        def work(tx: Transaction) -> Listed | None:
            row = tx.one(BY_ID, library=self._library, id=consultation)
            if row is None:
                return None
            alias = tx.one(_ALIAS, name=row["owner"])
            return self._listed(tx, staff, row, alias["alias"] if alias else "")

        return await self._database.read(work)

    async def earlier(self, staff: StaffActor, consultation: str) -> list[Listed] | None:
        """Return what else the same reader has asked and this librarian may see, newest first.

        None when the consultation itself is not for these eyes.
        """

        def work(tx: Transaction) -> list[Listed] | None:
            row = tx.one(BY_ID, library=self._library, id=consultation)
            if row is None or authorise(staff, "see", consultation_from(row)) == "refused":
                return None
            reader = {"library": self._library, "rid": row["rid"]}
            return self._seen(tx, staff, tx.all(_OF_READER, **reader, but=consultation))

        return await self._database.read(work)

    async def winner(self, consultation: str) -> str:
        """Return the alias of the librarian who has a consultation now, or nothing."""

        def work(tx: Transaction) -> str:
            row = tx.one(BY_ID, library=self._library, id=consultation)
            if row is None or row["state"] != State.WITH_LIBRARIAN:
                return ""
            alias = tx.one(_ALIAS, name=row["owner"])
            return str(alias["alias"]) if alias else ""

        return await self._database.read(work)

    def _list(self, tx: Transaction, staff: StaffActor, name: ListName) -> list[Listed]:
        rows: list[Row]
        if name == "waiting":
            rows = [row for state in sorted(CLAIMABLE) for row in self._in_state(tx, state)]
            rows.sort(key=lambda row: float(row["since"]))
        elif name == "with_librarian" and oversees(staff):
            rows = self._in_state(tx, State.WITH_LIBRARIAN)
        else:
            rows = tx.all(_OF_OWNER, library=self._library, state=name, owner=staff.name)
            if name == "closed":
                rows += tx.all(_REOPENED, library=self._library, owner=staff.name)
        return self._seen(tx, staff, rows)

    def _seen(self, tx: Transaction, staff: StaffActor, rows: Sequence[Row]) -> list[Listed]:
        found = (self._listed(tx, staff, row, row["owner_alias"] or "") for row in rows)
        return [listed for listed in found if listed is not None]

    def _in_state(self, tx: Transaction, state: State) -> list[Row]:
        return tx.all(_IN_STATE, library=self._library, state=state.value)

    def _listed(
        self, tx: Transaction, staff: StaffActor, row: Row, owner_alias: str
    ) -> Listed | None:
        consultation = consultation_from(row)
        if authorise(staff, "see", consultation) == "refused":
            return None
        first = _texts(tx, _FIRST, consultation.id)
        before = _texts(tx, _BEFORE, consultation.id) or first
        if len(before) == 1 and consultation.handoff_reason == HandoffReason.ASKED:
            before = [*before, *_texts(tx, _AFTER, consultation.id)]
        due = consultation.due_at
        return Listed(
            consultation,
            owner_alias,
            _shortened("".join(first)),
            _shortened(max(before, key=len, default="")),
            row["asked_seq"],
            _quiet_since(tx, row),
            overdue=due is not None and due < self._clock(),
        )


def _quiet_since(tx: Transaction, row: Row) -> float | None:
    if row["state"] != State.WITH_LIBRARIAN:
        return None
    answered = tx.one(_ANSWERED, consultation=row["id"], after=row["asked_seq"])
    return answered["at"] if answered else None


def _texts(tx: Transaction, statement: Prepared, consultation: str) -> list[str]:
    rows = tx.all(statement, consultation=consultation)
    return [plain_text(load_parts(row["parts"])) for row in rows]


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= LONGEST_PREVIEW_CHARACTERS:
        return words
    return f"{words[: LONGEST_PREVIEW_CHARACTERS - 1]}…"
