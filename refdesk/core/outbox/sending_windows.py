"""Where is it kept how many messages a reader may still be sent? (It survives a restart.)

The window of a message opens by itself: the newest one in the reader's log is what counts. Those
of other actions are opened by the adapter that hears of them. Only one payload for a reader of an
account is on its way at a time, so nobody counts at the same moment.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.channels.capabilities import MESSAGE
from refdesk.core.outbox.budgets import OpenWindow
from refdesk.core.outbox.tables import SendingWindowRow
from refdesk.core.tables import ConsultationRow, EventRow
from refdesk.storage import Database, Transaction, prepare

_W: Any = SendingWindowRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
_E: Any = EventRow.__table__  # type: ignore[attr-defined]

_LANE = tuple(_W.c[name] == bindparam(name) for name in ("library", "account", "rid"))
_WINDOWS = prepare(select(_W).where(*_LANE))
_NEWEST_MESSAGE = prepare(
    select(_E.c.at)
    .join(_C, _C.c.id == _E.c.consultation)
    .where(
        _C.c.library == bindparam("library"),
        _C.c.account == bindparam("account"),
        _C.c.rid == bindparam("rid"),
        _E.c.kind == "message",
        _E.c.sender == "reader",
    )
    .order_by(_E.c.consultation.desc(), _E.c.seq.desc())
    .limit(1)
)
_put = upsert(_W).values({column.name: bindparam(column.name) for column in _W.c})
_PUT = prepare(
    _put.on_conflict_do_update(
        index_elements=["library", "account", "rid", "occasion"],
        set_={"opened_at": _put.excluded.opened_at, "used": _put.excluded.used},
    )
)
_GIVE_BACK = prepare(
    update(_W)
    .where(*_LANE, _W.c.occasion == bindparam("of_occasion"), _W.c.used > 0)
    .values(used=_W.c.used - 1)
)


def windows_of(tx: Transaction, library: str, account: str, rid: str) -> list[OpenWindow]:
    """Return every window that a reader has opened; which still count is for `allowance`."""
    lane = {"library": library, "account": account, "rid": rid}
    found = {
        row["occasion"]: OpenWindow(row["occasion"], row["opened_at"], row["used"])
        for row in tx.all(_WINDOWS, **lane)
    }
    newest = tx.one(_NEWEST_MESSAGE, **lane)
    if newest is None:
        found.pop(MESSAGE, None)
    elif MESSAGE not in found or found[MESSAGE].opened_at != newest["at"]:
        found[MESSAGE] = OpenWindow(MESSAGE, newest["at"], 0)
    return list(found.values())


def count(tx: Transaction, library: str, account: str, rid: str, window: OpenWindow) -> None:
    """Write that one more message has been sent on account of a window."""
    _write(tx, library, account, rid, window, window.used + 1)


def use_up(
    tx: Transaction, library: str, account: str, rid: str, window: OpenWindow, used: int
) -> None:
    """Write that the platform has counted more than we have: nothing is left."""
    _write(tx, library, account, rid, window, used)


def give_back(tx: Transaction, library: str, account: str, rid: str, occasion: str) -> None:
    """Undo one count: the platform has refused the message."""
    tx.run(_GIVE_BACK, library=library, account=account, rid=rid, of_occasion=occasion)


class SendingWindows:
    """Opens windows for actions of readers that are no messages."""

    def __init__(self, database: Database, library: str, clock: Callable[[], float]) -> None:
        """Write to `database`."""
        self._database = database
        self._library = library
        self._clock = clock

    async def open(self, account: str, rid: str, occasion: str) -> None:
        """Note that a reader has done something that allows messages, such as a menu tap."""
        window = OpenWindow(occasion, self._clock(), 0)
        await self._database.write(lambda tx: _write(tx, self._library, account, rid, window, 0))


def _write(
    tx: Transaction, library: str, account: str, rid: str, window: OpenWindow, used: int
) -> None:
    tx.run(
        _PUT,
        library=library,
        account=account,
        rid=rid,
        occasion=window.occasion,
        opened_at=window.opened_at,
        used=used,
    )
