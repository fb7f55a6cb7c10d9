"""Do the people who keep the entries hear that one stops answering?"""

from datetime import date

import pytest
import structlog

from refdesk.knowledge_base import make_entry
from refdesk.plugins.faq.expiry import Expiry, expiry
from refdesk.testing import FakeClock, MakeLibrary

# The fake clock begins on Monday, 16 March 2026.
ENTRIES = [
    make_entry("old", "Winter hours?", "Closed at 18:00.", valid_until=date(2026, 3, 1)),
    make_entry("today", "Is the fair open?", "Yes.", valid_until=date(2026, 3, 17)),
    make_entry("later", "Summer hours?", "Open until 20:00.", valid_until=date(2026, 9, 30)),
    make_entry("always", "Where can I print?", "Beside the stairs."),
]


@pytest.mark.parametrize(
    ("today", "expired", "soon"),
    [
        (date(2026, 3, 1), (), ("old",)),
        (date(2026, 3, 2), ("old",), ()),
        (date(2026, 3, 17), ("old",), ("today",)),
        (date(2026, 10, 1), ("old", "today", "later"), ()),
    ],
)
def test_an_entry_holds_on_its_last_day_and_not_after_it(
    today: date, expired: tuple[str, ...], soon: tuple[str, ...]
) -> None:
    assert expiry(ENTRIES, today) == Expiry(expired, soon)


async def test_every_morning_the_log_names_what_somebody_has_to_look_at(
    library: MakeLibrary,
) -> None:
    willow = library(entries=ENTRIES, clock=FakeClock())
    await willow.advance()
    with structlog.testing.capture_logs() as lines:
        await willow.advance(days=1)
    (told,) = [line for line in lines if line["event"] == "entries_expire"]
    assert (told["expired"], told["soon"], told["entries"]) == (1, 1, ["old", "today"])
