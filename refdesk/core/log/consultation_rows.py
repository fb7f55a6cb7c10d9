"""How do rows of the log become consultations and events, and the other way round?"""

from typing import Any

from sqlalchemy import bindparam, insert, select, text, update

from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.log.parts_json import (
    dump_options,
    dump_parts,
    dump_sources,
    load_options,
    load_parts,
    load_sources,
)
from refdesk.core.tables import ConsultationRow, EventRow, InboxRow
from refdesk.storage import Prepared, Row, Transaction, prepare

_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_I: Any = InboxRow.__table__  # type: ignore[attr-defined]

# Literally as in the unique index `one_open_consultation`, so that SQLite uses it.
IS_OPEN = text("consultation.state NOT IN ('closed', 'wrapped_up')")
BY_ID = prepare(select(_C).where(_C.c.library == bindparam("library"), _C.c.id == bindparam("id")))
# As `most` in the statements below: no limit.
ALL_EVENTS = 1_000_000_000
_events_after = (
    select(_E)
    .where(
        _E.c.consultation == bindparam("consultation"),
        _E.c.seq > bindparam("after"),
        _E.c.audience != "program",
    )
    .order_by(_E.c.seq)
    .limit(bindparam("most"))
)
EVENTS_AFTER = prepare(_events_after)
READERS_EVENTS_AFTER = prepare(_events_after.where(_E.c.audience == "everybody"))
_INSERT_EVENT = prepare(
    insert(_E).values({c.name: bindparam(c.name) for c in _E.c if c.name != "id"})
)
INSERT_INBOX = prepare(insert(_I))
FIND_INBOX = prepare(
    select(_I.c.consultation, _I.c.seq).where(
        _I.c.library == bindparam("library"),
        _I.c.account == bindparam("account"),
        _I.c.event_key == bindparam("event_key"),
    )
)
_MEMORY = ("language", "next_seq", "version", "misses", "offered", "dialogue")
_ENDING = ("due_at", "reopen_until", "follow_ups", "merged_into", "statistics_row")
_PLACE = ("state", "owner", "handoff_reason", "queue", "since", *_ENDING)


def _save(*columns: str) -> Prepared:
    changes: dict[str, Any] = {name: bindparam(name) for name in columns}
    return prepare(update(_C).where(_C.c.id == bindparam("key")).values(changes))


# Most messages change no state: the indexes on it then stay untouched.
_SAVE_MEMORY = _save(*_MEMORY)
_SAVE_ALL = _save(*_MEMORY, *_PLACE)


def consultation_from(row: Row) -> Consultation:
    """Return the consultation of a row."""
    return Consultation(
        id=row["id"],
        account=row["account"],
        rid=row["rid"],
        state=State(row["state"]),
        language=row["language"],
        version=row["version"],
        misses=row["misses"],
        offered=load_options(row["offered"]),
        owner=row["owner"],
        handoff_reason=row["handoff_reason"],
        queue=row["queue"],
        opened_at=row["opened_at"],
        since=row["since"],
        epoch=row["epoch"],
        dialogue=row["dialogue"],
        due_at=row["due_at"],
        reopen_until=row["reopen_until"],
        follow_ups=row["follow_ups"],
        merged_into=row["merged_into"],
        statistics_row=row["statistics_row"],
    )


def event_from(row: Row) -> Event:
    """Return the event of a row."""
    return Event(
        consultation=row["consultation"],
        seq=row["seq"],
        at=row["at"],
        kind=row["kind"],
        sender=row["sender"],
        parts=load_parts(row["parts"]),
        sources=load_sources(row["sources"]),
        audience=row["audience"],
        state=State(row["state"]) if row["state"] else None,
        alias=row["alias"],
        action=row["action"],
    )


def insert_event(tx: Transaction, library: str, event: Event) -> None:
    """Append an event to the log; its number must be the consultation's next."""
    tx.run(
        _INSERT_EVENT,
        consultation=event.consultation,
        seq=event.seq,
        library=library,
        at=event.at,
        kind=event.kind,
        sender=event.sender,
        audience=event.audience,
        parts=dump_parts(event.parts),
        sources=dump_sources(event.sources),
        state=event.state.value if event.state else None,
        alias=event.alias,
        action=event.action,
    )


def save(tx: Transaction, before: Consultation, after: Consultation, next_seq: int) -> None:
    """Write a consultation back."""
    memory = {
        "key": after.id,
        "language": after.language,
        "next_seq": next_seq,
        "version": after.version,
        "misses": after.misses,
        "offered": dump_options(after.offered),
        "dialogue": after.dialogue,
    }
    place = {name: getattr(after, name) for name in _PLACE}
    if place == {name: getattr(before, name) for name in _PLACE}:
        tx.run(_SAVE_MEMORY, **memory)
    else:
        tx.run(_SAVE_ALL, **memory, **place | {"state": after.state.value})
