"""Does a calendar know when a place is open, also over midnights, years and clock changes?"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.calendar.calendar import (
    OPENING_HORIZON,
    Calendar,
    DatedException,
    Interval,
    Reason,
    hours_on,
    status_at,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NATIONAL_DAY = Reason("National Day", "国庆节")

SPLIT = (Interval(8 * 60, 12 * 60), Interval(14 * 60, 22 * 60))
DAY = (Interval(8 * 60, 22 * 60),)
NIGHT = (Interval(22 * 60, 26 * 60),)
WHOLE_DAY = (Interval(0, 24 * 60),)
CLOSED: tuple[Interval, ...] = ()


def calendar(*weekly, exceptions=(), zone=SHANGHAI):
    """A calendar of seven days; the last one given is repeated."""
    days = (*weekly, *[weekly[-1]] * (7 - len(weekly)))
    return Calendar("library", zone, days, tuple(exceptions))


def at(text, zone=SHANGHAI, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("moment", "state", "until"),
    [
        # 2026-11-23 is a Monday.
        ("2026-11-23 07:59:59", "closed", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "open", "2026-11-23 12:00"),
        ("2026-11-23 11:59:59", "open", "2026-11-23 12:00"),
        ("2026-11-23 12:00", "closed", "2026-11-23 14:00"),
        ("2026-11-23 21:00", "open", "2026-11-23 22:00"),
        ("2026-11-23 22:00", "closed", "2026-11-24 08:00"),
        ("2026-11-28 12:00", "closed", "2026-11-30 08:00"),
    ],
)
def test_split_shifts_open_and_close_to_the_minute(moment, state, until):
    library = calendar(SPLIT, SPLIT, SPLIT, SPLIT, SPLIT, CLOSED)
    status = status_at(library, at(moment))
    assert (status.state, status.until) == (state, at(until))


def test_the_moment_may_come_in_any_time_zone_and_the_answer_is_in_the_librarys():
    status = status_at(calendar(DAY), datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert status.state == "open"
    assert str(status.until) == "2026-11-23 22:00:00+08:00"


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        status_at(calendar(DAY), datetime(2026, 11, 23))  # noqa: DTZ001  # that is the point


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    library = calendar(CLOSED, CLOSED, CLOSED, CLOSED, NIGHT, CLOSED)
    assert hours_on(library, date(2026, 11, 27)).intervals == NIGHT
    assert hours_on(library, date(2026, 11, 28)).intervals == CLOSED
    assert status_at(library, at("2026-11-28 01:59")).until == at("2026-11-28 02:00")
    assert status_at(library, at("2026-11-28 02:00")).state == "closed"


def test_hours_that_touch_at_midnight_are_one_stretch():
    library = calendar(WHOLE_DAY, (Interval(0, 6 * 60),), CLOSED)
    assert status_at(library, at("2026-11-23 12:00")).until == at("2026-11-24 06:00")


def test_a_place_open_around_the_clock_never_closes():
    assert status_at(calendar(WHOLE_DAY), at("2026-11-23 12:00")).until is None


def test_a_place_open_around_the_clock_closes_for_a_holiday_that_is_near():
    christmas = DatedException(date(2026, 12, 25), date(2026, 12, 25), reason=NATIONAL_DAY)
    library = calendar(WHOLE_DAY, exceptions=[christmas])
    assert status_at(library, at("2026-12-20 12:00")).until == at("2026-12-25 00:00")


def test_a_place_that_never_opens_has_no_next_opening():
    status = status_at(calendar(CLOSED), at("2026-11-23 12:00"))
    assert (status.state, status.until) == ("closed", None)


def test_a_place_closed_until_further_notice_has_no_next_opening():
    renovation = DatedException(date(2026, 11, 1), date(9999, 12, 31), reason=Reason("Renovation"))
    status = status_at(calendar(DAY, exceptions=[renovation]), at("2026-11-23 12:00"))
    assert (status.state, status.until) == ("closed", None)
    assert status.reason == Reason("Renovation")


def test_a_long_closure_ends_with_the_first_opening_after_it():
    months = DatedException(date(2026, 7, 1), date(2027, 6, 30))
    status = status_at(calendar(DAY, exceptions=[months]), at("2026-07-01 12:00"))
    assert status.until == at("2027-07-01 08:00")


def test_an_exception_closes_a_day_and_says_why():
    holiday = DatedException(date(2026, 10, 1), date(2026, 10, 7), reason=NATIONAL_DAY)
    library = calendar(DAY, exceptions=[holiday])
    for day in (date(2026, 10, 1), date(2026, 10, 7)):
        hours = hours_on(library, day)
        assert (hours.intervals, hours.reason, hours.source) == (CLOSED, NATIONAL_DAY, "exception")
    assert hours_on(library, date(2026, 9, 30)).source == "weekly"
    assert hours_on(library, date(2026, 10, 8)).source == "weekly"
    status = status_at(library, at("2026-10-03 12:00"))
    assert (status.until, status.reason) == (at("2026-10-08 08:00"), NATIONAL_DAY)


def test_an_exception_gives_other_hours():
    short = DatedException(date(2026, 10, 4), date(2026, 10, 4), SPLIT, reason=NATIONAL_DAY)
    status = status_at(calendar(DAY, exceptions=[short]), at("2026-10-04 09:00"))
    assert (status.state, status.until, status.reason) == (
        "open",
        at("2026-10-04 12:00"),
        NATIONAL_DAY,
    )


def test_a_make_up_working_day_has_the_hours_of_another_weekday():
    # 2026-10-10 is a Saturday.
    make_up = DatedException(date(2026, 10, 10), date(2026, 10, 10), follows=3)
    library = calendar(DAY, DAY, DAY, SPLIT, DAY, CLOSED, exceptions=[make_up])
    hours = hours_on(library, date(2026, 10, 10))
    assert (hours.intervals, hours.follows, hours.source) == (SPLIT, 3, "exception")
    assert hours_on(library, date(2026, 10, 17)).intervals == CLOSED


def test_the_first_exception_that_matches_holds():
    day = DatedException(date(2026, 1, 5), date(2026, 1, 5), SPLIT)
    break_ = DatedException(date(2026, 1, 1), date(2026, 1, 31))
    library = calendar(DAY, exceptions=[day, break_])
    assert hours_on(library, date(2026, 1, 5)).intervals == SPLIT
    assert hours_on(library, date(2026, 1, 6)).intervals == CLOSED


def test_the_night_before_a_closed_day_ends_as_it_began():
    holiday = DatedException(date(2026, 10, 1), date(2026, 10, 1), reason=NATIONAL_DAY)
    library = calendar(NIGHT, exceptions=[holiday])
    status = status_at(library, at("2026-10-01 01:00"))
    assert (status.state, status.until, status.reason) == ("open", at("2026-10-01 02:00"), None)


def test_the_year_ends_without_a_gap():
    status = status_at(calendar(NIGHT), at("2026-12-31 23:30"))
    assert status.until == at("2027-01-01 02:00")
    assert status_at(calendar(DAY), at("2026-12-31 22:00")).until == at("2027-01-01 08:00")


def test_a_leap_day_is_a_day():
    leap = DatedException(date(2028, 2, 29), date(2028, 2, 29), SPLIT)
    library = calendar(CLOSED, exceptions=[leap])
    assert status_at(library, at("2028-02-28 12:00")).until == at("2028-02-29 08:00")
    assert status_at(calendar(DAY), at("2028-02-28 23:00")).until == at("2028-02-29 08:00")


@pytest.mark.parametrize(
    ("moment", "fold", "until", "hours_left"),
    [
        # Clocks jump from 02:00 to 03:00 on 2026-03-08 and fall back at 02:00 on 2026-11-01.
        ("2026-03-07 22:00", 0, "2026-03-08 04:00", 5),
        ("2026-10-31 22:00", 0, "2026-11-01 04:00", 7),
        ("2026-11-01 01:30", 0, "2026-11-01 04:00", 3.5),
        ("2026-11-01 01:30", 1, "2026-11-01 04:00", 2.5),
    ],
)
def test_closing_times_are_those_on_the_wall_when_clocks_change(moment, fold, until, hours_left):
    library = calendar((Interval(20 * 60, 28 * 60),), zone=NEW_YORK)
    status = status_at(library, at(moment, NEW_YORK, fold))
    assert status.until is not None
    assert status.until.replace(tzinfo=None) == datetime.fromisoformat(until)
    left = status.until.astimezone(UTC) - at(moment, NEW_YORK, fold).astimezone(UTC)
    assert left == timedelta(hours=hours_left)


def test_an_hour_that_comes_twice_is_open_once():
    # Open 01:15 to 01:45: the first time the clock shows it.
    library = calendar((Interval(75, 105),), zone=NEW_YORK)
    assert status_at(library, at("2026-11-01 01:30", NEW_YORK, fold=0)).state == "open"
    again = status_at(library, at("2026-11-01 01:30", NEW_YORK, fold=1))
    assert (again.state, again.until) == ("closed", at("2026-11-02 01:15", NEW_YORK))


def test_an_opening_in_the_skipped_hour_comes_as_much_later_as_the_clock_jumps():
    library = calendar((Interval(2 * 60 + 30, 5 * 60),), zone=NEW_YORK)
    status = status_at(library, at("2026-03-08 01:00", NEW_YORK))
    assert status.until is not None
    assert status.until.astimezone(UTC) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_reason_without_the_readers_language_is_told_in_the_other():
    assert NATIONAL_DAY.text("zh") == "国庆节"
    assert NATIONAL_DAY.text("en") == "National Day"
    assert Reason("Renovation").text("zh") == "Renovation"
    assert Reason(zh="装修").text("en") == "装修"


# Properties over arbitrary calendars.


@st.composite
def days_of_hours(draw):
    """Hours of one day that do not overlap; the last may go over midnight."""
    marks = sorted(draw(st.sets(st.integers(0, 24 * 4), max_size=6)))
    pairs = [(a * 15, b * 15) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if pairs and draw(st.booleans()):
        opens, _ = pairs.pop()
        pairs.append((opens, draw(st.integers(opens + 1, opens + 24 * 60))))
    return tuple(Interval(opens, closes) for opens, closes in pairs if opens < 24 * 60)


@st.composite
def calendars(draw):
    zone = ZoneInfo(draw(st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London"])))
    weekly = tuple(draw(days_of_hours()) for _ in range(7))
    exceptions = []
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
        last = first + timedelta(days=draw(st.integers(0, 20)))
        follows = draw(st.none() | st.integers(0, 6))
        exceptions.append(DatedException(first, last, draw(days_of_hours()), follows))
    return Calendar("library", zone, weekly, tuple(exceptions))


MOMENTS = st.integers(
    int(datetime(2025, 12, 20, tzinfo=UTC).timestamp()) // 60,
    int(datetime(2027, 1, 10, tzinfo=UTC).timestamp()) // 60,
).map(lambda minutes: datetime.fromtimestamp(minutes * 60, UTC))


def is_open_by_the_clock(library, moment):
    """The plain truth, for moments away from clock changes: compare the clock with the hours."""
    local = moment.astimezone(library.zone)
    minutes = local.hour * 60 + local.minute
    today = hours_on(library, local.date()).intervals
    yesterday = hours_on(library, local.date() - timedelta(days=1)).intervals
    return any(one.opens <= minutes < one.closes for one in today) or any(
        minutes + 24 * 60 < one.closes for one in yesterday
    )


def clocks_change_near(library, moment):
    around = (moment + timedelta(hours=hours) for hours in (-49, -25, 0, 25, 49))
    return len({one.astimezone(library.zone).utcoffset() for one in around}) > 1


@given(calendars(), MOMENTS)
def test_the_status_agrees_with_the_hours_of_the_day(library, moment):
    if not clocks_change_near(library, moment):
        is_open = status_at(library, moment).state == "open"
        assert is_open == is_open_by_the_clock(library, moment)


@given(calendars(), MOMENTS)
def test_the_state_holds_until_it_is_said_to_end_and_ends_then(library, moment):
    status = status_at(library, moment)
    if status.until is None:
        return
    assert status.until > moment
    assert status_at(library, status.until).state != status.state
    minutes = int((status.until - moment).total_seconds() // 60)
    for ahead in {0, minutes - 1, *range(0, minutes, max(1, minutes // 50))}:
        assert status_at(library, moment + timedelta(minutes=ahead)).state == status.state


@given(calendars(), MOMENTS)
def test_without_a_next_opening_no_day_of_the_horizon_has_hours(library, moment):
    status = status_at(library, moment)
    if status.state == "closed" and status.until is None:
        tomorrow = moment.astimezone(library.zone).date() + timedelta(days=1)
        for ahead in range(OPENING_HORIZON.days - 1):
            day = hours_on(library, tomorrow + timedelta(days=ahead))
            # Hours within a skipped hour have no length.
            assert not day.intervals or day.day.month in (3, 4)


@given(calendars(), st.integers(0, 240))
def test_around_clock_changes_nothing_breaks(library, hours):
    start = datetime(2026, 3, 6, tzinfo=UTC) if hours % 2 else datetime(2026, 10, 23, tzinfo=UTC)
    moment = start + timedelta(hours=hours)
    status = status_at(library, moment)
    assert status.until is None or status_at(library, status.until).state != status.state
