"""Which rows may be sent now, and how does one server get them for itself?

A reader's messages on an account form a lane: only its first open row can be claimed, so a message
that has to wait holds back the later ones of that reader and nobody else's. A unique index lets no
lane have two rows on their way, whatever the number of servers.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, text, update

from refdesk.core.channels.capabilities import Capabilities
from refdesk.core.channels.degrading import Form
from refdesk.core.consultations import Event
from refdesk.core.log.consultation_rows import event_from
from refdesk.core.outbox.planning import Hold, Plan, Send, Waiting, plan
from refdesk.core.outbox.sending_windows import count, windows_of
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import EventRow
from refdesk.storage import Row, Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_E: Any = EventRow.__table__  # type: ignore[attr-defined]
_LONGEST_LANE = 50

_earlier = _O.alias("earlier")
_asked = _E.alias("asked")
# The states stand literally as in the partial indexes, so that SQLite uses them.
_HEADS = prepare(
    select(_O.c.rid)
    .where(
        _O.c.library == bindparam("library"),
        _O.c.account == bindparam("account"),
        text("outbox.state = 'queued'"),
        _O.c.next_try <= bindparam("now"),
        ~select(_earlier.c.id)
        .where(
            *(_earlier.c[name] == _O.c[name] for name in ("library", "account", "rid")),
            text("earlier.state IN ('queued', 'sending')"),
            or_(
                text("earlier.state = 'sending'"),
                _earlier.c.consultation < _O.c.consultation,
                and_(
                    _earlier.c.consultation == _O.c.consultation,
                    _earlier.c.seq < _O.c.seq,
                ),
            ),
        )
        .exists(),
    )
    .order_by(_O.c.next_try, _O.c.consultation, _O.c.seq)
    .limit(bindparam("most"))
)
_LANE = prepare(
    select(
        _E,
        *(_O.c[name].label(f"row_{name}") for name in OutboxRow.model_fields),
        _asked.c.at.label("asked_at"),
    )
    .join(_E, (_E.c.consultation == _O.c.consultation) & (_E.c.seq == _O.c.seq))
    .outerjoin(
        _asked,
        (_asked.c.consultation == _O.c.consultation)
        & (_asked.c.seq == _O.c.in_reply_to)
        & (_asked.c.kind == "message"),
    )
    .where(
        *(_O.c[name] == bindparam(name) for name in ("library", "account", "rid")),
        text("outbox.state IN ('queued', 'sending')"),
    )
    .order_by(_O.c.consultation, _O.c.seq)
    .limit(_LONGEST_LANE)
)
_TAKE = prepare(
    update(_O)
    .where(_O.c.id == bindparam("key"), _O.c.state == "queued")
    .values(
        state="sending",
        attempts=_O.c.attempts + 1,
        **{
            name: bindparam(name)
            for name in ("joined", "route", "node", "claim", "claimed_until", "billed")
        },
        changed_at=bindparam("now"),
    )
)
_HOLD = prepare(
    update(_O)
    .where(_O.c.id == bindparam("key"), _O.c.state == "queued")
    .values(next_try=bindparam("until"), reason=bindparam("why"))
)
_GIVE_UP = prepare(
    update(_O)
    .where(_O.c.id == bindparam("key"), _O.c.state == "queued")
    .values(state="failed", reason=bindparam("why"), changed_at=bindparam("now"))
)
_DUE_ACCOUNTS = prepare(
    select(_O.c.account, func.count().label("number"))
    .where(
        _O.c.library == bindparam("library"),
        text("outbox.state = 'queued'"),
        _O.c.next_try <= bindparam("now"),
    )
    .group_by(_O.c.account)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows that this server alone may send now, as one message; `token` proves it.

    `left` is how many more messages the reader may be sent after the first part, None: any number.
    """

    token: str
    account: str
    rid: str
    keys: tuple[str, ...]
    events: tuple[Event, ...]
    attempts: int
    parts_sent: int
    form: Form
    left: int | None

    @property
    def consultation(self) -> str:
        """Return the consultation of the first row."""
        return self.events[0].consultation


@dataclass(frozen=True, slots=True)
class Claimant:
    """The server that claims: rows are its for `seconds`."""

    library: str
    node: str
    seconds: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Rows that could not be sent any more, and why."""

    keys: tuple[str, ...]
    reason: str


def due_accounts(tx: Transaction, library: str, now: float) -> list[str]:
    """Return the accounts that have something to send."""
    return [row["account"] for row in tx.all(_DUE_ACCOUNTS, library=library, now=now)]


def claim_due(
    tx: Transaction,
    claimant: Claimant,
    account: str,
    capabilities: Capabilities,
    now: float,
    most: int,
) -> list[Claim | GivenUp]:
    """Claim what an account may send now, for at most `most` readers."""
    done: list[Claim | GivenUp] = []
    heads = tx.all(_HEADS, library=claimant.library, account=account, now=now, most=most)
    for head in heads:
        lane = lane_of(tx, claimant.library, account, head["rid"])
        windows = []
        if capabilities.budgets():
            windows = windows_of(tx, claimant.library, account, head["rid"])
        # Another server may have been faster since the heads were read.
        if lane and all(row.state == "queued" for row in lane):
            decided = plan(lane, windows, capabilities, now)
            done += _carry_out(tx, claimant, account, head["rid"], lane[0], decided, now)
    return done


def lane_of(tx: Transaction, library: str, account: str, rid: str) -> list[Waiting]:
    """Return a reader's open rows, in order."""
    return [_waiting(row) for row in tx.all(_LANE, library=library, account=account, rid=rid)]


def take(
    tx: Transaction,
    claimant: Claimant,
    account: str,
    rid: str,
    sending: Send,
    now: float,
    route: str = "push",
) -> Claim | None:
    """Claim rows to be sent together; None when another server was faster."""
    token, head = secrets.token_urlsafe(12), sending.rows[0]
    occasion = sending.window.occasion if sending.window else ""
    taken = []
    for row in sending.rows:
        changed = tx.run(
            _TAKE,
            key=row.key,
            joined=None if row is head else head.key,
            route=route,
            node=claimant.node,
            claim=token,
            claimed_until=now + claimant.seconds,
            billed=occasion or None,
            now=now,
        )
        if changed:
            taken.append(row)
        elif row is head:
            return None
    if sending.window is not None:
        count(tx, claimant.library, account, rid, sending.window)
    return Claim(
        token,
        account,
        rid,
        tuple(row.key for row in taken),
        tuple(row.event for row in taken),
        head.attempts + 1,
        head.parts_sent,
        head.form,
        sending.left,
    )


def _carry_out(
    tx: Transaction,
    claimant: Claimant,
    account: str,
    rid: str,
    head: Waiting,
    decided: Plan,
    now: float,
) -> list[Claim | GivenUp]:
    if isinstance(decided, Send):
        claim = take(tx, claimant, account, rid, decided, now)
        return [claim] if claim else []
    if isinstance(decided, Hold):
        tx.run(_HOLD, key=head.key, until=decided.until, why=decided.reason or None)
        return []
    for row in decided.rows:
        tx.run(_GIVE_UP, key=row.key, why=decided.reason, now=now)
    return [GivenUp(tuple(row.key for row in decided.rows), decided.reason)]


def _waiting(row: Row) -> Waiting:
    return Waiting(
        row["row_id"],
        event_from(row),
        row["row_state"],
        row["row_attempts"],
        row["row_next_try"],
        row["row_parts_sent"],
        row["row_form"],
        row["row_joined"],
        row["row_route"],
        row["row_in_reply_to"],
        row["asked_at"] or 0.0,
    )
