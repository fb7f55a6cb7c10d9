"""By when is an answer promised? (Hours in UTC: Monday and Tuesday from 9 to 17.)"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from refdesk.core.calendar.calendar import Calendar, Interval
from refdesk.plugins.handoff.promises import Situation, answer_by, promise, promise_later

NINE_TO_FIVE = (Interval(9 * 60, 17 * 60),)
ALWAYS = (Interval(0, 24 * 60),)
DESK = Calendar("desk", ZoneInfo("UTC"), (NINE_TO_FIVE, NINE_TO_FIVE, (), (), (), (), ()))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of the week that begins on Monday, 16 March 2026."""
    return datetime(2026, 3, 15 + day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        (at(1, 9), at(1, 17)),
        (at(1, 15), at(1, 17)),
        (at(1, 15, 1), at(2, 17)),
        (at(1, 18), at(2, 17)),
        (at(2, 8), at(2, 17)),
        (at(2, 16), at(8, 17)),
        (at(3, 12), at(8, 17)),
    ],
)
def test_an_answer_is_promised_by_the_end_of_an_opening(
    asked: datetime, promised: datetime
) -> None:
    assert answer_by(DESK, asked) == promised


def test_a_desk_that_never_opens_or_never_closes_promises_no_time() -> None:
    assert answer_by(Calendar("desk", ZoneInfo("UTC"), ((),) * 7), at(1, 9)) is None
    assert answer_by(Calendar("desk", ZoneInfo("UTC"), (ALWAYS,) * 7), at(1, 9)) is None


def test_the_time_that_is_told_is_the_time_that_is_kept() -> None:
    situation = Situation(None, 1, 0, answer_by=at(2, 17))
    choice = promise_later(situation, _in_english, "en")
    assert choice.wait == "asynchronous"
    assert choice.due_at == at(2, 17).timestamp()
    assert choice.promise.endswith("You will have an answer by Tuesday, 17 March, 17:00.")


def test_without_hours_nothing_is_promised_that_nobody_can_keep() -> None:
    choice = promise_later(Situation(None, 0, 0), _in_english, "en")
    assert (choice.wait, choice.due_at) == ("asynchronous", None)
    assert "You will have an answer by" not in choice.promise


def test_whoever_can_be_helped_now_gets_no_promise_for_later() -> None:
    choice = promise(Situation(None, 1, 0, answer_by=at(2, 17)), _in_english, "en")
    assert (choice.wait, choice.due_at) == ("waiting", None)


def _in_english(text: str, **values: object) -> str:
    return text.format(**values) if values else text
