"""What does a plugin say to a reader later, at a time that it has set?

A reminder fires through the reader's turn under a key of its own, so that it comes once, whatever
dies and however many servers look for it; then its row is dropped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from refdesk.core.consultations import Consultation, State
from refdesk.core.dialogues.forms import KEPT_SECONDS
from refdesk.core.effects.undertaking_tables import ReminderRow
from refdesk.core.intents import Schedule, Unschedule
from refdesk.core.messages import Reply
from refdesk.core.tables import ConsultationRow
from refdesk.core.turns.triggers import REMINDER, Trigger, load_data
from refdesk.storage import Database, Row, Transaction, prepare

if TYPE_CHECKING:
    from refdesk.core.plugin_context import PluginContext
    from refdesk.core.turns.inbox import Inbox

LOOK_SECONDS = 1.0
MOST_AT_ONCE = 100
_M: Any = ReminderRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
_C: Any = ConsultationRow.__table__  # type: ignore[attr-defined]
_WHICH = ("library", "account", "rid", "plugin", "name", "reference")
_put = upsert(_M)
_SET = prepare(
    _put.on_conflict_do_update(
        index_elements=list(_WHICH),
        set_={name: _put.excluded[name] for name in ("at", "data", "consultation")},
    )
)
_CANCEL = prepare(delete(_M).where(*(_M.c[name] == bindparam(name) for name in _WHICH)))
_FIRED = prepare(delete(_M).where(*(_M.c[name] == bindparam(name) for name in (*_WHICH, "at"))))
_FORGET_FORM = prepare(
    update(_C)
    .where(_C.c.library == bindparam("in_library"), _C.c.id == bindparam("key"))
    .values(dialogue="")
)
_DUE = prepare(
    select(_M, _C.c.state)
    .outerjoin(_C, _C.c.id == _M.c.consultation)
    .where(_M.c.library == bindparam("library"), _M.c.at <= bindparam("now"))
    .order_by(_M.c.at)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """A reminder whose time has come, with the data that it was given."""

    reference: str
    at: float
    data: Mapping[str, Any]
    consultation: Consultation


ReminderHandler = Callable[[ReminderDue, "PluginContext"], Awaitable[Reply | str | None]]


@dataclass(frozen=True, slots=True)
class Reminder:
    """A kind of reminder: `name` is unique (`plugin.what`), `handler` says it, or returns None."""

    name: str
    handler: ReminderHandler


def set_reminder(
    tx: Transaction, library: str, consultation: Consultation, wish: Schedule | Unschedule
) -> None:
    """Set a reminder, in place of one with the same name and reference, or drop it."""
    which = {
        "library": library,
        "account": consultation.account,
        "rid": consultation.rid,
        "plugin": wish.plugin,
        "name": wish.name,
        # The core's own belong to a consultation, a plugin's to a reader.
        "reference": wish.reference if wish.plugin else consultation.id,
    }
    if isinstance(wish, Unschedule):
        tx.run(_CANCEL, **which)
    else:
        tx.run(_SET, **which, at=wish.at, data=wish.data, consultation=consultation.id)


class Reminders:
    """The reminders of one library."""

    def __init__(
        self,
        database: Database,
        library: str,
        inbox: "Inbox",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Fire into `inbox`."""
        self._database = database
        self._library = library
        self._inbox = inbox
        self._clock = clock

    async def run(self) -> None:
        """Fire what is due, until cancelled."""
        while True:
            await self.fire_due()
            await asyncio.sleep(LOOK_SECONDS)

    async def fire_due(self) -> int:
        """Fire everything that is due now; return how many."""
        count = 0
        while rows := await self._due():
            for row in rows:
                if _still_wanted(row):
                    await self._inbox.trigger(trigger_of(row))
                await self._database.write(partial(_done_with, row=row))
            count += len(rows)
        return count

    async def _due(self) -> list[Row]:
        now = self._clock()
        return await self._database.read(
            lambda tx: tx.all(_DUE, library=self._library, now=now, most=MOST_AT_ONCE)
        )


def _done_with(tx: Transaction, row: Row) -> None:
    """Drop what has fired, unless it has been set anew for another time.

    A form of a consultation that is closed is kept a while, for the reader's return, and then
    forgotten without a word.
    """
    which = {name: row[name] for name in _WHICH}
    tx.run(_FIRED, **which, at=row["at"])
    if _still_wanted(row):
        return
    if load_data(row["data"]).get("then") == "forget":
        tx.run(_FORGET_FORM, in_library=row["library"], key=row["consultation"])
    else:
        later = {"at": row["at"] + KEPT_SECONDS, "data": '{"then":"forget"}'}
        tx.run(_SET, **which, **later, consultation=row["consultation"])


def _still_wanted(row: Row) -> bool:
    """Say whether to fire: what the core itself has set ends with its consultation."""
    return bool(row["plugin"]) or row["state"] not in (None, State.CLOSED, State.WRAPPED_UP)


def trigger_of(row: Row) -> Trigger:
    """Return what brings a reminder into its reader's turn; the same however often it is read."""
    return Trigger(
        key=":".join(["reminder", *(row[name] for name in _WHICH[2:]), repr(row["at"])]),
        account=row["account"],
        rid=row["rid"],
        plugin=row["plugin"],
        name=f"{REMINDER}{row['name']}",
        data={"reference": row["reference"], "at": row["at"], "data": load_data(row["data"])},
    )
