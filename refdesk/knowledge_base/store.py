"""How are entries, their versions and the numbered changes read and written?

Every function here is a unit of work on a transaction. A change gets the next number; the index
asks for everything after the last number it has applied.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import bindparam, func, insert, select, update

from refdesk.knowledge_base.entries import Entry
from refdesk.knowledge_base.tables import ChangeRow, EntryRow, VersionRow
from refdesk.storage import Row, Transaction, prepare
from refdesk.storage.listed_values import listed_values

State = Literal["published", "withdrawn"]

_E: Any = EntryRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_V: Any = VersionRow.__table__  # type: ignore[attr-defined]
_C: Any = ChangeRow.__table__  # type: ignore[attr-defined]

_LISTED: Any = listed_values(bindparam("ids"))
_IN_LIBRARY = _E.c.library == bindparam("library")

_FIND = prepare(select(_E).where(_IN_LIBRARY, _E.c.id.in_(_LISTED)))
_FIND_GROUPS = prepare(
    select(_E).where(_IN_LIBRARY, _E.c.translation_of.in_(_LISTED), _E.c.state == "published")
)
_PUBLISHED = prepare(select(_E).where(_IN_LIBRARY, _E.c.state == "published").order_by(_E.c.change))
_SINCE = prepare(
    select(_E).where(_IN_LIBRARY, _E.c.change > bindparam("number")).order_by(_E.c.change)
)
_PUBLISHED_IDS = prepare(select(_E.c.id).where(_IN_LIBRARY, _E.c.state == "published"))
_COUNT = prepare(select(func.count()).select_from(_E).where(_IN_LIBRARY, _E.c.state == "published"))
_INSERT = prepare(insert(_E))
_UPDATE = prepare(
    update(_E)
    .where(_IN_LIBRARY, _E.c.id == bindparam("id"))
    .values({name: bindparam(name) for name in set(EntryRow.model_fields) - {"library", "id"}})
)
_KEEP_VERSION = prepare(insert(_V))
_VERSIONS = prepare(
    select(_V)
    .where(_V.c.library == bindparam("library"), _V.c.entry == bindparam("entry"))
    .order_by(_V.c.version)
)
_LOG = prepare(insert(_C))
_LAST_CHANGE = prepare(
    select(_C.c.number, _C.c.entry, _C.c.at)
    .where(_C.c.library == bindparam("library"))
    .order_by(_C.c.number.desc())
    .limit(1)
)
_CHANGE = prepare(
    select(_C.c.number, _C.c.entry, _C.c.at).where(
        _C.c.library == bindparam("library"), _C.c.number == bindparam("number")
    )
)


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with the number of the change that made it what it is."""

    entry: Entry
    state: State
    version: int
    change: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the numbered log; `stamp` tells logs of different databases apart."""

    number: int
    stamp: str


START = Position(0, "")


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the entries given."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """Who changes the base, why and when (seconds since the epoch)."""

    library: str
    author: str
    reason: str
    at: float


def last_position(tx: Transaction, library: str) -> Position:
    """Return the place of the newest change."""
    return _position(tx.one(_LAST_CHANGE, library=library))


def position_of(tx: Transaction, library: str, number: int) -> Position:
    """Return the place of change `number`, or the start when there is none."""
    return _position(tx.one(_CHANGE, library=library, number=number))


def find(tx: Transaction, library: str, ids: Iterable[str]) -> dict[str, StoredEntry]:
    """Return the named entries that exist, withdrawn ones included."""
    rows = tx.all(_FIND, library=library, ids=json.dumps(list(ids)))
    return {row["id"]: _stored(row) for row in rows}


def translations_of(tx: Transaction, library: str, originals: Sequence[str]) -> list[StoredEntry]:
    """Return published translations of the named originals."""
    rows = tx.all(_FIND_GROUPS, library=library, ids=json.dumps(originals))
    return [_stored(row) for row in rows]


def published(tx: Transaction, library: str) -> Iterator[StoredEntry]:
    """Yield every published entry in the order of changes."""
    return (_stored(row) for row in tx.each(_PUBLISHED, library=library))


def changed_since(tx: Transaction, library: str, number: int) -> Iterator[StoredEntry]:
    """Yield entries whose last change is newer than `number`, withdrawn ones included."""
    return (_stored(row) for row in tx.each(_SINCE, library=library, number=number))


def count(tx: Transaction, library: str) -> int:
    """Return how many entries are published."""
    row = tx.one(_COUNT, library=library)
    return int(row[0]) if row else 0


def versions(tx: Transaction, library: str, entry: str) -> list[Row]:
    """Return earlier versions of an entry, oldest first."""
    return tx.all(_VERSIONS, library=library, entry=entry)


def put(
    tx: Transaction, signature: Signature, entries: Sequence[Entry], *, replace: bool = False
) -> Tally:
    """Add or change the entries by id; `replace` withdraws every entry that is not among them.

    What is equal already is not written again.
    """
    library = signature.library
    known = find(tx, library, (entry.id for entry in entries))
    number = last_position(tx, library).number
    fresh, changed, unchanged = [], [], 0
    for entry in entries:
        old = known.get(entry.id)
        if old is not None and old.state == "published" and old.entry == entry:
            unchanged += 1
            continue
        number += 1
        if old is None:
            fresh.append(StoredEntry(entry, "published", 1, number))
        else:
            changed.append((old, StoredEntry(entry, "published", old.version + 1, number)))
    _write(tx, signature, fresh, changed)
    withdrawn = 0
    if replace:
        keep = {entry.id for entry in entries}
        lacking = [
            row["id"] for row in tx.each(_PUBLISHED_IDS, library=library) if row["id"] not in keep
        ]
        withdrawn = withdraw(tx, signature, lacking)
    came_back = sum(old.state == "withdrawn" for old, _ in changed)
    return Tally(len(fresh) + came_back, len(changed) - came_back, unchanged, withdrawn)


def withdraw(tx: Transaction, signature: Signature, ids: Iterable[str]) -> int:
    """Take published entries out of sight; return how many."""
    known = find(tx, signature.library, ids)
    number = last_position(tx, signature.library).number
    gone = []
    for old in known.values():
        if old.state == "published":
            number += 1
            gone.append((old, StoredEntry(old.entry, "withdrawn", old.version + 1, number)))
    _write(tx, signature, [], gone)
    return len(gone)


def content_json(entry: Entry) -> dict[str, Any]:
    """Return the columns that hold an entry's content."""
    return {
        "title": entry.title,
        "text": entry.text,
        "short_answer": entry.short_answer,
        "language": entry.language,
        "translation_of": entry.translation_of,
        "level": entry.level,
        "source": entry.source,
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else None,
        "kind": entry.kind,
        "tags": json.dumps(entry.tags, ensure_ascii=False),
        "variants": json.dumps(entry.variants, ensure_ascii=False),
    }


def _write(
    tx: Transaction,
    signature: Signature,
    fresh: Sequence[StoredEntry],
    changed: Sequence[tuple[StoredEntry, StoredEntry]],
) -> None:
    library = signature.library
    tx.run_many(
        _KEEP_VERSION,
        (
            {
                "library": library,
                "entry": old.entry.id,
                "version": old.version,
                "state": old.state,
                "content": json.dumps(content_json(old.entry), ensure_ascii=False),
                "author": signature.author,
                "reason": signature.reason,
                "at": signature.at,
            }
            for old, _ in changed
        ),
    )
    tx.run_many(_INSERT, (_columns(new, signature) for new in fresh))
    tx.run_many(_UPDATE, (_columns(new, signature) for _, new in changed))
    kinds = [("added", new) for new in fresh]
    kinds += [("withdrawn" if n.state == "withdrawn" else "changed", n) for _, n in changed]
    tx.run_many(
        _LOG,
        (
            {
                "library": library,
                "number": new.change,
                "entry": new.entry.id,
                "kind": kind,
                "author": signature.author,
                "reason": signature.reason,
                "at": signature.at,
            }
            for kind, new in kinds
        ),
    )


def _columns(new: StoredEntry, signature: Signature) -> dict[str, Any]:
    return {
        "library": signature.library,
        "id": new.entry.id,
        **content_json(new.entry),
        "state": new.state,
        "version": new.version,
        "change": new.change,
        "updated_at": signature.at,
    }


def _position(row: Row | None) -> Position:
    return Position(row["number"], f"{row['entry']}@{row['at']!r}") if row else START


def _stored(row: Row) -> StoredEntry:
    until = row["valid_until"]
    entry = Entry(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        kind=row["kind"],
        language=row["language"],
        short_answer=row["short_answer"],
        translation_of=row["translation_of"],
        level=row["level"],
        source=row["source"],
        valid_until=date.fromisoformat(until) if until else None,
        tags=tuple(json.loads(row["tags"])),
        variants=tuple(json.loads(row["variants"])),
    )
    return StoredEntry(entry, row["state"], row["version"], row["change"])
