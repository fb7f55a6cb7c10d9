"""What do a plugin's intents write, in the transaction that sends its reply?"""

from collections.abc import Iterable

from refdesk.core.effects.reminders import set_reminder
from refdesk.core.effects.rows import INSERT_EFFECT, key_of, place_of
from refdesk.core.intents import Intent, Perform, Schedule, Unschedule, WriteRow
from refdesk.core.turns.store import Turn
from refdesk.storage import Transaction


def write_intents(
    tx: Transaction, library: str, turn: Turn, intents: Iterable[Intent], now: float
) -> None:
    """Write what is no event; an error of a row refuses the whole outcome."""
    for number, intent in enumerate(intents):
        if isinstance(intent, WriteRow):
            tx.run(intent.statement, **intent.values)
        elif isinstance(intent, Perform):
            _write_effect(tx, library, turn, number, intent, now)
        elif isinstance(intent, Schedule | Unschedule):
            set_reminder(tx, library, turn.consultation, intent)


def _write_effect(
    tx: Transaction, library: str, turn: Turn, number: int, wish: Perform, now: float
) -> None:
    consultation = turn.consultation
    tx.run(
        INSERT_EFFECT,
        id=key_of(library, consultation.id, turn.seq, number),
        library=library,
        consultation=consultation.id,
        account=consultation.account,
        rid=consultation.rid,
        plugin=wish.plugin,
        name=wish.name,
        place=place_of(turn.seq, number),
        arguments=wish.arguments,
        state="waiting",
        attempts=0,
        unclear="no",
        next_try=now,
        node=None,
        data="{}",
        reason="",
        round=1,
        told="no",
        settled_by=None,
        created_at=now,
        changed_at=now,
    )
