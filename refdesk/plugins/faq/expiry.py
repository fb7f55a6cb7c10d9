"""Which entries no longer answer, or soon will not, because their last day has come?

A search leaves them out from the day after, so nobody notices; once a day the log says so.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from refdesk import PluginContext
from refdesk.knowledge_base import Entry, KnowledgeBase
from refdesk.logs import get_logger

log = get_logger(__name__)
# Enough time for somebody to look at an entry and give it another date.
SOON = timedelta(days=7)
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Expiry:
    """The ids of entries past their last day, and of those within a week of it."""

    expired: tuple[str, ...]
    soon: tuple[str, ...]


def expiry(entries: Iterable[Entry], today: date) -> Expiry:
    """Sort out the entries with a last day; one still holds on the day itself."""
    dated = sorted((one.valid_until, one.id) for one in entries if one.valid_until is not None)
    return Expiry(
        tuple(name for until, name in dated if until < today),
        tuple(name for until, name in dated if today <= until <= today + SOON),
    )


async def report_expiry(context: PluginContext) -> None:
    """Say in the log which entries somebody has to look at."""
    knowledge_base = context.service(KnowledgeBase)
    stored = await asyncio.to_thread(knowledge_base.entries)
    found = expiry((one.entry for one in stored), context.local_moment.date())
    if found.expired or found.soon:
        log.warning(
            "entries_expire",
            expired=len(found.expired),
            soon=len(found.soon),
            entries=[*found.expired, *found.soon][:MOST_NAMED],
        )
