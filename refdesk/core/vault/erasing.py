"""What does the erasure of a reader delete, what does it redact, and what stays?

Everything that names the reader or bears their words goes. Numbers, kinds, states and times of
consultations stay, so that logs and statistics remain whole; they then belong to nobody, and no
two of them to the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.consultations import Consultation, State
from refdesk.core.effects.undertaking_tables import EffectRow, ReminderRow
from refdesk.core.log.consultation_rows import consultation_from
from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.parts_json import dump_parts
from refdesk.core.messages import Text
from refdesk.core.outbox.tables import OutboxRow, SendingWindowRow
from refdesk.core.tables import ConsultationRow, EventRow, InboxRow, ReaderRow
from refdesk.core.translations import translate
from refdesk.core.vault.erasure_journal import Erasure
from refdesk.core.vault.tables import ErasureRow, IdentityRow
from refdesk.storage import Prepared, Transaction, prepare

# Rows that go: what names the reader, and what belongs to one of their consultations.
DELETED_BY_READER: tuple[Any, ...] = (
    IdentityRow, OutboxRow, SendingWindowRow, EffectRow, ReminderRow, ReaderRow
)  # fmt: skip
DELETED_BY_CONSULTATION: tuple[Any, ...] = (InboxRow,)

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_R: Any = ReaderRow.__table__  # type: ignore[attr-defined]
_D: Any = ErasureRow.__table__  # type: ignore[attr-defined]
_OPEN = frozenset(State) - {State.CLOSED, State.WRAPPED_UP}

# Whoever works on one of their messages right now holds an older epoch and writes nothing.
_TAKE_AWAY = prepare(
    update(_C)
    .where(_C.c.library == bindparam("in_library"), _C.c.rid == bindparam("of_rid"))
    .values(epoch=_C.c.epoch + 1, version=_C.c.version + 1, done_seq=_C.c.asked_seq)
    .values(offered="[]", dialogue="", reopen_until=None, merged_into=None)
    .returning(*_C.c)
)
_REDACT = prepare(
    update(_E)
    .where(_E.c.consultation == bindparam("of_consultation"))
    .values(parts=bindparam("erased"), sources="[]", action="")
)
_GIVE_TO_NOBODY = prepare(
    update(_C)
    .where(_C.c.library == bindparam("in_library"), _C.c.rid == bindparam("of_rid"))
    .values(rid=bindparam("nobody"))
)
_INSERT_NOBODY = prepare(upsert(_R).on_conflict_do_nothing())
_LAST_NUMBER = prepare(
    select(func.max(_D.c.number).label("number")).where(_D.c.library == bindparam("library"))
)
_INSERT = prepare(insert(_D))
_FIND = prepare(
    select(_D.c.number).where(_D.c.library == bindparam("library"), _D.c.id == bindparam("id"))
)
_OF_READER = prepare(
    select(_D.c.at)
    .where(_D.c.library == bindparam("library"), _D.c.rid == bindparam("rid"))
    .order_by(_D.c.number.desc())
    .limit(1)
)
_AFTER = prepare(
    select(_D)
    .where(_D.c.library == bindparam("library"), _D.c.number > bindparam("number"))
    .order_by(_D.c.number)
)


_THEIRS = select(_C.c.id).where(_C.c.library == bindparam("library"), _C.c.rid == bindparam("key"))
_DELETE_BY_CONSULTATION = tuple(
    prepare(
        delete(one).where(one.c.library == bindparam("library"), one.c.consultation.in_(_THEIRS))
    )
    for one in (model.__table__ for model in DELETED_BY_CONSULTATION)
)
_DELETE_BY_READER = tuple(
    prepare(delete(one).where(one.c.library == bindparam("library"), one.c.rid == bindparam("key")))
    for one in (model.__table__ for model in DELETED_BY_READER)
)
_COUNTS = tuple(
    prepare(
        select(func.count())
        .select_from(one)
        .where(one.c.library == bindparam("library"), one.c.rid == bindparam("rid"))
    )
    for one in (_R, IdentityRow.__table__)  # type: ignore[attr-defined]  # as above
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was found of a reader."""

    consultations: int = 0
    events: int = 0
    other_rows: int = 0


def nobody(library: str) -> str:
    """Return to whom consultations belong whose reader was erased."""
    return f"erased-{library}"


def is_known(tx: Transaction, library: str, rid: str) -> bool:
    """Say whether there is such a reader."""
    counts = (tx.one(statement, library=library, rid=rid) for statement in _COUNTS)
    return rid != nobody(library) and any(row is not None and row[0] for row in counts)


def erase_reader(
    tx: Transaction, erasure: Erasure, of_plugins: Sequence[Prepared], now: float
) -> Erased:
    """Erase a reader in one transaction, once for each erasure; `of_plugins` clear their tables."""
    library, rid = erasure.library, erasure.rid
    if tx.one(_FIND, library=library, id=erasure.id) is not None:
        return Erased()
    events = others = 0
    rows = tx.all(_TAKE_AWAY, in_library=library, of_rid=rid)
    for consultation in [consultation_from(row) for row in rows]:
        events += _redact(tx, library, consultation, now)
    others += sum(tx.run(one, library=library, key=rid) for one in _DELETE_BY_CONSULTATION)
    others += sum(tx.run(one, library=library, rid=rid) for one in of_plugins)
    if rows:
        values = {"library": library, "language": "", "created_at": 0.0}
        tx.run(_INSERT_NOBODY, rid=nobody(library), **values)
        tx.run(_GIVE_TO_NOBODY, in_library=library, of_rid=rid, nobody=nobody(library))
    others += sum(tx.run(one, library=library, key=rid) for one in _DELETE_BY_READER)
    last = tx.one(_LAST_NUMBER, library=library)
    number = ((last["number"] if last else None) or 0) + 1
    tx.run(_INSERT, library=library, number=number, id=erasure.id, rid=rid, at=erasure.at)
    return Erased(len(rows), events, others)


def erased_at(tx: Transaction, library: str, rid: str) -> float | None:
    """Return when a reader was erased last, or None."""
    row = tx.one(_OF_READER, library=library, rid=rid)
    return row["at"] if row else None


def erasures_after(tx: Transaction, library: str, number: int) -> list[tuple[int, str]]:
    """Return number and rid of each erasure after `number`, in order."""
    return [(row["number"], row["rid"]) for row in tx.all(_AFTER, library=library, number=number)]


def all_erasures(tx: Transaction, library: str) -> list[Erasure]:
    """Return every erasure that this database has done."""
    rows = tx.all(_AFTER, library=library, number=0)
    return [Erasure(row["id"], row["library"], row["rid"], row["at"]) for row in rows]


def _redact(tx: Transaction, library: str, consultation: Consultation, now: float) -> int:
    language = consultation.language
    erased = dump_parts((Text(translate("(deleted)", language)),))
    count = tx.run(_REDACT, of_consultation=consultation.id, erased=erased)
    if consultation.state in _OPEN:
        writer = LogWriter.open(tx, library, consultation.id, now)
        if writer is not None:
            notice = translate("Everything here was deleted at the reader's request.", language)
            writer.change_state(State.CLOSED, notice)
            writer.save()
    return count
