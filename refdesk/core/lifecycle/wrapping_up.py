"""How is a consultation counted, once, without its reader?

A consultation has one row of statistics, written when it is wrapped up first. A follow-up is
counted in that row: the same question is not counted twice.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, bindparam, case, delete, func, insert, or_, select, update

from refdesk.core.consultations import CLAIMABLE, State
from refdesk.core.log.event_log import LogWriter
from refdesk.core.messages import Text
from refdesk.core.tables import ConsultationRow, EventRow, StatisticsRow
from refdesk.storage import Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_S: Any = StatisticsRow.__table__  # type: ignore[attr-defined]

Outcome = Literal[
    "answered",
    "referred",
    "follow_up",
    "document_delivered",
    "lost_contact",
    "not_a_question",
    "abuse",
    "not_recorded",
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
AnsweredBy = Literal["librarian", "bot", "nobody"]

_merged_here = select(_C.c.id).where(_C.c.merged_into == bindparam("consultation"))
_MESSAGES = prepare(
    select(func.count().label("number")).where(
        or_(_E.c.consultation == bindparam("consultation"), _E.c.consultation.in_(_merged_here)),
        _E.c.kind == "message",
    )
)


def _newest(*conditions: Any) -> Any:
    return func.coalesce(func.max(case((and_(*conditions), _E.c.seq))), 0)


# Where the log shows an answer of either side, and where a person was last asked for.
_COURSE = prepare(
    select(
        _newest(_E.c.sender == "librarian", _E.c.kind == "reply").label("librarian"),
        _newest(_E.c.sender == "bot", _E.c.sources != "[]").label("bot"),
        _newest(or_(*(_E.c.state == state.value for state in sorted(CLAIMABLE)))).label("asked"),
    ).where(_E.c.consultation == bindparam("consultation"))
)
_COUNT = prepare(insert(_S).values({c.name: bindparam(c.name) for c in _S.c if c.name != "id"}))
_NOTED = ("outcome", "question_type", "read_effort", "subject")
_counted = update(_S).where(_S.c.id == bindparam("key"), _S.c.library == bindparam("here"))
_COUNT_AGAIN = prepare(
    _counted.values({name: bindparam(name) for name in ("messages", "follow_ups")})
)
_NOTE_AGAIN = prepare(_counted.values({name: bindparam(name) for name in ("answered_by", *_NOTED)}))
_COUNT_NO_MORE = prepare(
    delete(_S).where(_S.c.id == bindparam("key"), _S.c.library == bindparam("here"))
)


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What a librarian notes at the end: outcome, question type, READ effort 1-6, subject."""

    outcome: Outcome
    question_type: QuestionType | None = None
    read_effort: int | None = None
    subject: str | None = None


def wrap_up(
    tx: Transaction, library: str, writer: LogWriter, notes: WrapUp | None, alias: str | None = None
) -> None:
    """Count a closed consultation, or the end of its follow-up.

    Without `notes` the log itself says how it ended; what a librarian has noted earlier stays.
    A follow-up that still goes on is only counted: it is wrapped up when it has ended.
    """
    row = _count(tx, library, writer, notes)
    outcome = notes.outcome if notes else row
    if writer.consultation.state is State.CLOSED:
        writer.change_state(State.WRAPPED_UP, outcome, alias, "staff")
    else:
        writer.append("note", "system", (Text(outcome),), audience="staff", alias=alias)


def count_no_more(tx: Transaction, library: str, writer: LogWriter) -> None:
    """Take a consultation out of the statistics: it is counted with another one."""
    if writer.consultation.statistics_row is not None:
        tx.run(_COUNT_NO_MORE, key=writer.consultation.statistics_row, here=library)
        writer.update(statistics_row=None)


def count_again(tx: Transaction, library: str, writer: LogWriter) -> None:
    """Bring the row of a counted consultation up to date with its log."""
    one = writer.consultation
    if one.statistics_row is not None:
        tx.run(
            _COUNT_AGAIN,
            key=one.statistics_row,
            here=library,
            messages=_messages(tx, one.id),
            follow_ups=one.follow_ups,
        )


def _count(tx: Transaction, library: str, writer: LogWriter, notes: WrapUp | None) -> Outcome:
    """Write the row, or bring it up to date; return the outcome as far as it is known here."""
    one = writer.consultation
    answered_by, ended = _course(tx, one.id, one.misses)
    noted = notes or WrapUp("not_recorded" if one.owner else ended)
    values = {name: getattr(noted, name) for name in _NOTED}
    if one.statistics_row is not None:
        count_again(tx, library, writer)
        if notes is not None:
            at = {"key": one.statistics_row, "here": library}
            tx.run(_NOTE_AGAIN, **at, answered_by=answered_by, **values)
        return noted.outcome
    key = tx.insert(
        _COUNT,
        library=library,
        account=one.account,
        language=one.language,
        opened_at=one.opened_at,
        wrapped_up_at=writer.now,
        messages=_messages(tx, one.id),
        answered_by=answered_by,
        handoff_reason=one.handoff_reason,
        follow_ups=one.follow_ups,
        **values,
    )
    writer.update(statistics_row=key)
    return noted.outcome


def _course(tx: Transaction, consultation: str, misses: int) -> tuple[AnsweredBy, Outcome]:
    """Read from a log who has answered last, and how it ended.

    Only an answer that names its sources counts as one. Who asked for a person in vain, or whose
    last question found nothing, has gone without an answer.
    """
    row = tx.one(_COURSE, consultation=consultation)
    if row is not None and row["librarian"]:
        return "librarian", "not_recorded"
    answered = row["bot"] if row is not None else 0
    if misses or (row is not None and row["asked"] > answered):
        return "bot" if answered else "nobody", "lost_contact"
    return ("bot", "answered") if answered else ("nobody", "not_recorded")


def _messages(tx: Transaction, consultation: str) -> int:
    row = tx.one(_MESSAGES, consultation=consultation)
    return row["number"] if row else 0
