"""What do a plugin's intents write, in the transaction that sends its reply?"""

from collections.abc import Iterable

from refdesk.core.intents import Intent, WriteRow
from refdesk.core.store import Turn
from refdesk.storage import Transaction


def write_intents(
    tx: Transaction, library: str, turn: Turn, intents: Iterable[Intent], now: float
) -> None:
    """Write what is no event; an error of a row refuses the whole outcome."""
    del library, turn, now
    for intent in intents:
        if isinstance(intent, WriteRow):
            tx.run(intent.statement, **intent.values)
