"""How are external effects kept, so that each is tried by one server at a time and told once?"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import bindparam, delete, exists, insert, null, or_, select, text, update

from refdesk.core.effects.effects import Ending
from refdesk.core.effects.rules import Doubt, Following
from refdesk.core.effects.undertaking_tables import EffectRow
from refdesk.core.log.parts_json import to_json
from refdesk.core.tables import NodeRow
from refdesk.core.turns.triggers import load_data
from refdesk.storage import Row, Transaction, prepare

_F: Any = EffectRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_N: Any = NodeRow.__table__  # type: ignore[attr-defined]
_EARLIER = _F.alias("earlier")
# More intents than that of one turn may pass each other.
_PLACES_OF_A_TURN = 1000
_OURS = _F.c.library == bindparam("library")
# Literally as in the indexes `effect_open` and `effect_untold`, so that SQLite uses them.
_OPEN = text("effect.state IN ('waiting', 'running')")
_ENDED_UNTOLD = text("effect.told = 'no' AND effect.state NOT IN ('waiting', 'running')")

INSERT_EFFECT = prepare(insert(_F))
_DUE = prepare(
    select(_F)
    .where(
        _OURS,
        _OPEN,
        _F.c.state == "waiting",
        _F.c.next_try <= bindparam("now"),
        ~exists().where(
            _EARLIER.c.consultation == _F.c.consultation,
            _EARLIER.c.place < _F.c.place,
            or_(_EARLIER.c.state == "waiting", _EARLIER.c.state == "running"),
        ),
    )
    .order_by(_F.c.next_try)
    .limit(bindparam("most"))
)
_TAKE = prepare(
    update(_F)
    .where(_F.c.id == bindparam("key"), _F.c.state == "waiting")
    .values(state="running", node=bindparam("me"), attempts=_F.c.attempts + 1)
)
_ABANDONED = prepare(
    select(_F).where(
        _OURS,
        _OPEN,
        _F.c.state == "running",
        or_(
            _F.c.node.is_(None),
            _F.c.node.not_in(select(_N.c.id)),
            _F.c.node == bindparam("me"),
        ),
    )
)
_FOLLOW = prepare(
    update(_F)
    .where(
        _F.c.id == bindparam("key"),
        _F.c.state == "running",
        _F.c.attempts == bindparam("seen_attempts"),
        _F.c.node.is_not_distinct_from(bindparam("holder")),
    )
    .values(
        state=bindparam("to"),
        unclear=bindparam("doubt"),
        next_try=bindparam("at"),
        data=bindparam("new_data"),
        reason=bindparam("why"),
        changed_at=bindparam("now"),
    )
)
_PUT_OFF = prepare(
    update(_F)
    .where(
        _F.c.id == bindparam("key"),
        _F.c.state == "running",
        _F.c.node.is_not_distinct_from(bindparam("holder")),
    )
    .values(state="waiting", attempts=_F.c.attempts - 1, next_try=bindparam("at"))
)
_UNTOLD = prepare(
    select(_F)
    .where(_OURS, _ENDED_UNTOLD)
    .order_by(_F.c.consultation, _F.c.place)
    .limit(bindparam("most"))
)
_TOLD = prepare(
    update(_F)
    .where(_F.c.id == bindparam("key"), _F.c.round == bindparam("seen_round"))
    .values(told="yes")
)
_ATTENTION = prepare(
    select(_F)
    .where(
        _OURS,
        or_(
            _F.c.state == "failed",
            _F.c.state == "unknown",
            (_F.c.state == "waiting") & (_F.c.created_at < bindparam("overdue")),
        ),
    )
    .order_by(_F.c.changed_at)
    .limit(bindparam("most"))
)
_ONE = prepare(select(_F).where(_OURS, _F.c.id == bindparam("key")))
_DECIDE = prepare(
    update(_F)
    .where(_OURS, _F.c.id == bindparam("key"), or_(_F.c.state == "failed", _F.c.state == "unknown"))
    .values(
        state=bindparam("to"),
        round=_F.c.round + 1,
        attempts=0,
        unclear="no",
        told="no",
        node=null(),
        next_try=bindparam("now"),
        changed_at=bindparam("now"),
        settled_by=bindparam("by"),
    )
)
_FORGET = prepare(
    delete(_F).where(
        _OURS,
        or_(_F.c.state == "done", _F.c.state == "refused"),
        _F.c.told == "yes",
        _F.c.changed_at < bindparam("before"),
    )
)


@dataclass(frozen=True, slots=True)
class Undertaking:
    """One effect as it stands."""

    id: str
    consultation: str
    account: str
    rid: str
    plugin: str
    name: str
    arguments: dict[str, Any]
    state: str
    attempts: int
    unclear: Doubt
    data: dict[str, Any]
    reason: str
    round: int
    node: str | None
    created_at: float
    changed_at: float


def key_of(library: str, consultation: str, seq: int, number: int) -> str:
    """Return the key of an effect: the same each time its turn is decided, and nobody's secret."""
    return sha256(f"{library}\0{consultation}\0{seq}\0{number}".encode()).hexdigest()[:40]


def place_of(seq: int, number: int) -> int:
    """Return the place of an effect among those of its consultation."""
    return seq * _PLACES_OF_A_TURN + min(number, _PLACES_OF_A_TURN - 1)


def anything_due(tx: Transaction, library: str, now: float) -> bool:
    """Say whether there is something to take up."""
    return tx.one(_DUE, library=library, now=now, most=1) is not None


def take_due(tx: Transaction, library: str, me: str, now: float, most: int) -> list[Undertaking]:
    """Take up what is due, for this server only; the next one of a consultation has to wait."""
    return [
        _read(row, attempts=row["attempts"] + 1, node=me)
        for row in tx.all(_DUE, library=library, now=now, most=most)
        if tx.run(_TAKE, key=row["id"], me=me) == 1
    ]


def abandoned(
    tx: Transaction, library: str, me: str, in_hand: AbstractSet[str] = frozenset()
) -> list[Undertaking]:
    """Return what servers that have died were doing, and what `me` has without knowing it."""
    rows = tx.all(_ABANDONED, library=library, me=me)
    return [_read(row) for row in rows if row["id"] not in in_hand]


def follow(tx: Transaction, one: Undertaking, following: Following, now: float) -> int:
    """Write what came of an attempt; 0 when another server has taken it over meanwhile."""
    return tx.run(
        _FOLLOW,
        key=one.id,
        seen_attempts=one.attempts,
        holder=one.node,
        to=following.state,
        doubt=following.unclear,
        at=now + following.pause_seconds,
        new_data=to_json(following.data),
        why=following.reason,
        now=now,
    )


def put_off(tx: Transaction, one: Undertaking, until: float) -> int:
    """Give back what was taken and not tried; it is due again at `until`."""
    return tx.run(_PUT_OFF, key=one.id, holder=one.node, at=until)


def untold(tx: Transaction, library: str, most: int) -> list[Undertaking]:
    """Return what has ended and not been told, in order."""
    return [_read(row) for row in tx.all(_UNTOLD, library=library, most=most)]


def mark_told(tx: Transaction, one: Undertaking) -> None:
    """Note that the ending of this round is in the reader's turn."""
    tx.run(_TOLD, key=one.id, seen_round=one.round)


def needing_attention(
    tx: Transaction, library: str, overdue: float, most: int
) -> list[Undertaking]:
    """Return what staff have to look at: failed, unknown, or waiting since before `overdue`."""
    return [_read(row) for row in tx.all(_ATTENTION, library=library, overdue=overdue, most=most)]


def decide(
    tx: Transaction, library: str, key: str, ending: Ending | None, by: str, now: float
) -> Undertaking | None:
    """Let staff settle an effect as `ending`, or (None) have it run again; None if it cannot be."""
    changed = tx.run(_DECIDE, library=library, key=key, to=ending or "waiting", by=by, now=now)
    row = tx.one(_ONE, library=library, key=key) if changed else None
    return _read(row) if row else None


def forget(tx: Transaction, library: str, before: float) -> int:
    """Drop what went well and was told before a moment; return how many."""
    return tx.run(_FORGET, library=library, before=before)


def _read(row: Row, **changes: Any) -> Undertaking:
    names = Undertaking.__dataclass_fields__
    values = {name: row[name] for name in names} | changes
    values["arguments"] = load_data(cast("str", values["arguments"]))
    values["data"] = load_data(cast("str", values["data"]))
    return Undertaking(**values)
