"""How much waits to be sent, for how long, and what has come of the rest? (For metrics.)"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select, text

from refdesk.core.outbox.channel_watch import ChannelWatch
from refdesk.core.outbox.tables import OutboxRow
from refdesk.core.tables import InboxRow
from refdesk.storage import Transaction, prepare

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_I: Any = InboxRow.__table__  # type: ignore[attr-defined]
# Each counts what a partial index holds: open rows, and those that need somebody.
_OPEN = prepare(
    select(_O.c.account, func.count().label("number"), func.min(_O.c.queued_at).label("oldest"))
    .where(_O.c.library == bindparam("library"), text("outbox.state IN ('queued', 'sending')"))
    .group_by(_O.c.account)
)
_ATTENTION = prepare(
    select(_O.c.account, _O.c.state, func.count().label("number"))
    .where(
        _O.c.library == bindparam("library"),
        text("outbox.state IN ('failed', 'unknown') AND outbox.dismissed_by IS NULL"),
    )
    .group_by(_O.c.account, _O.c.state)
)
_LAST_INBOUND = prepare(
    select(func.max(_I.c.accepted_at).label("at")).where(
        _I.c.library == bindparam("library"), _I.c.account == bindparam("account")
    )
)


@dataclass(frozen=True, slots=True)
class SendingStatistics:
    """One account.

    `queued` messages wait, the oldest for `oldest_age` seconds; `failed` and `unknown` ones wait
    for somebody. `sent` payloads got through since this server started, the last at
    `last_success`.
    """

    account: str
    queued: int
    oldest_age: float
    sent: int
    failed: int
    unknown: int
    last_success: float | None


def statistics(
    tx: Transaction, library: str, accounts: Iterable[str], watch: ChannelWatch, now: float
) -> list[SendingStatistics]:
    """Return the statistics of each account that sends, or that has something left to send."""
    waiting = {row["account"]: row for row in tx.all(_OPEN, library=library)}
    left = {
        (row["account"], row["state"]): row["number"] for row in tx.all(_ATTENTION, library=library)
    }
    names = {*accounts, *waiting, *(account for account, _state in left)}
    return [
        SendingStatistics(
            account,
            waiting[account]["number"] if account in waiting else 0,
            max(now - waiting[account]["oldest"], 0.0) if account in waiting else 0.0,
            watch.number_sent(account),
            left.get((account, "failed"), 0),
            left.get((account, "unknown"), 0),
            watch.last_success(account),
        )
        for account in sorted(names)
    ]


def last_inbound(tx: Transaction, library: str, account: str) -> float | None:
    """Return when the last message came in over an account, on whichever server."""
    row = tx.one(_LAST_INBOUND, library=library, account=account)
    return row["at"] if row else None
