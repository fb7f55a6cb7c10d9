"""Which change comes next by itself, and when?"""

import pytest

from refdesk import State
from refdesk.core.consultations import Consultation
from refdesk.core.effects.clock_steps import ClockSteps
from refdesk.core.lifecycle.rules import ConsultationSettings, Due, Standing, due, reopens_until
from refdesk.testing import FakeClock

RULES = ConsultationSettings(
    unclaimed_minutes=10, owner_gone_minutes=5, quiet_hours=24, reopen_hours=12, wrap_up_days=7
)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SINCE = 1_000_000.0


def stands(
    state: State,
    asked: float = 0.0,
    work: str = "none",
    last_word: str = "reader",
    seen: float | None = None,
) -> Standing:
    one = Consultation("c", "web", "r", state, "en", 1, since=SINCE)
    return Standing(one, SINCE + asked, work, last_word, seen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (stands(State.WAITING), Due("unclaimed", SINCE + 10 * MINUTE)),
        (stands(State.WAITING, asked=9 * MINUTE), Due("unclaimed", SINCE + 10 * MINUTE)),
        (stands(State.SELF_SERVICE), Due("quiet", SINCE + DAY)),
        (stands(State.SELF_SERVICE, asked=HOUR), Due("quiet", SINCE + HOUR + DAY)),
        (stands(State.SELF_SERVICE, asked=-HOUR), Due("quiet", SINCE + DAY)),
        (stands(State.SELF_SERVICE, work="in hand"), None),
        (stands(State.WITH_LIBRARIAN), Due("owner_gone", SINCE + 5 * MINUTE)),
        (stands(State.WITH_LIBRARIAN, seen=SINCE + HOUR), Due("owner_gone", SINCE + 65 * MINUTE)),
        (stands(State.WITH_LIBRARIAN, last_word="librarian"), None),
        (stands(State.CLOSED), Due("not_wrapped_up", SINCE + 7 * DAY)),
        (stands(State.ASYNCHRONOUS), None),
        (stands(State.WRAPPED_UP), None),
    ],
)
def test_what_comes_next_by_itself(standing: Standing, expected: Due | None) -> None:
    assert due(standing, RULES) == expected


@pytest.mark.parametrize(
    "state", [State.WAITING, State.SELF_SERVICE, State.WITH_LIBRARIAN, State.CLOSED]
)
def test_no_span_begins_before_the_clock_was_right(state: State) -> None:
    usual, later = due(stands(state), RULES), due(stands(state), RULES, SINCE + 3 * DAY)
    assert usual is not None
    assert later is not None
    assert later.at == usual.at + 3 * DAY


def test_how_long_a_closed_one_may_be_continued() -> None:
    assert reopens_until(RULES, SINCE) == SINCE + 12 * HOUR
    assert reopens_until(ConsultationSettings(reopen_hours=0), SINCE) is None


def test_time_that_passes_is_no_step_of_the_clock() -> None:
    clock = FakeClock()
    steps = ClockSteps(clock.now, clock.monotonic)
    for _ in range(3):
        clock.advance(days=2)
        assert steps.look() == clock.now()
    clock.jump(30)
    assert steps.look() == clock.now()
    assert steps.counted_from == 0.0, "thirty seconds are what a clock is corrected by"


@pytest.mark.parametrize("step", [-86_400.0, -90.0, 90.0, 86_400.0])
def test_a_step_of_the_clock_is_noticed_once(step: float) -> None:
    clock = FakeClock()
    steps = ClockSteps(clock.now, clock.monotonic)
    clock.advance(60)
    clock.jump(step)
    noticed = steps.look()
    assert steps.counted_from == noticed
    clock.advance(hours=5)
    steps.look()
    assert steps.counted_from == noticed
