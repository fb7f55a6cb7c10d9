"""Can a library write down its hours, and is it told what is wrong with them?"""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from refdesk.core.calendar.calendar import Interval, Reason, hours_on
from refdesk.core.calendar.notation import parse_interval
from refdesk.core.calendar.sections import (
    ExceptionSettings,
    NamesSettings,
    PlaceSettings,
    ReasonSettings,
    WeeklySettings,
)
from refdesk.core.calendar.settings import HoursSettings
from refdesk.errors import SettingsError

SECTION = """
time_zone = "Asia/Shanghai"

[places.library]
names = { en = ["library", "main library"], zh = ["图书馆", "总馆"] }
weekly = { monday = ["14:00-22:00", "08:00-12:00"], thursday = ["10:00-18:00"] }

[[places.library.exceptions]]
from = 2026-10-01
to = "2026-10-07"
closed = true
reason = { en = "National Day", zh = "国庆节" }

[[places.library.exceptions]]
date = "2026-10-04"
hours = ["10:00-16:00"]

[[places.library.exceptions]]
date = "2026-10-10"
as = "thursday"
reason = { zh = "调休" }

[places.law_library]
names = { en = ["law library"] }
weekly = { friday = ["22:00-02:00"] }
time_zone = "Europe/London"
"""


def read(text: str = SECTION) -> HoursSettings:
    return HoursSettings.model_validate(tomllib.loads(text))


def complaint(text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        read(text)
    return str(caught.value)


def test_the_week_is_read_in_the_order_of_the_clock():
    calendar = read().calendar("library")
    assert calendar.weekly[0] == (Interval(480, 720), Interval(840, 1320))
    assert calendar.weekly[1] == ()
    assert calendar.zone.key == "Asia/Shanghai"


def test_a_place_may_lie_in_another_time_zone():
    assert read().calendar("law_library").zone.key == "Europe/London"


def test_the_first_place_is_the_default_unless_another_is_named():
    assert read().calendar(None).place == "library"
    assert read('default_place = "law_library"\n' + SECTION).calendar().place == "law_library"


def test_the_reference_desk_has_the_hours_of_the_default_place_until_it_has_its_own():
    assert read().reference_desk().place == "library"
    desk = (
        '[places.reference_desk]\nnames = { en = ["desk"] }\nweekly = { monday = ["09:00-17:00"] }'
    )
    assert read(SECTION + desk).reference_desk().weekly[0] == (Interval(540, 1020),)


def test_an_unknown_place_is_a_settings_error_that_lists_the_known_ones():
    with pytest.raises(SettingsError, match="library, law_library"):
        read().calendar("cinema")


def test_a_day_inside_a_range_wins_whatever_the_order():
    calendar = read().calendar()
    assert hours_on(calendar, date(2026, 10, 3)).reason == Reason("National Day", "国庆节")
    assert hours_on(calendar, date(2026, 10, 4)).intervals == (Interval(600, 960),)


def test_a_make_up_day_follows_another_weekday():
    day = hours_on(read().calendar(), date(2026, 10, 10))
    assert (day.intervals, day.follows) == ((Interval(600, 1080),), 3)


def test_exceptions_of_the_library_hold_at_every_place_and_those_of_a_place_come_first():
    shared = 'exceptions = [{ from = "2026-10-02", to = "2026-10-04", closed = true }]\n'
    settings = read(shared + SECTION)
    assert hours_on(settings.calendar("law_library"), date(2026, 10, 2)).source == "exception"
    assert hours_on(settings.calendar("library"), date(2026, 10, 2)).reason is not None


def test_names_are_shown_in_the_readers_language_if_there_are_any():
    places = read().places
    assert places["library"].names.shown("zh") == "图书馆"
    assert places["law_library"].names.shown("zh") == "law library"


def test_settings_can_be_written_and_read_again():
    written = read().model_dump(mode="json", by_alias=True, exclude_none=True)
    assert written["places"]["law_library"]["weekly"]["friday"] == ["22:00-02:00"]
    assert HoursSettings.model_validate(written) == read()


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('"08:00-12:00"', '"8am-12"', "write it like"),
        ('"08:00-12:00"', '"08:00-12:60"', "no clock shows"),
        ('"08:00-12:00"', '"08:00-25:00"', "no clock shows"),
        ('"08:00-12:00"', '"08:00-08:00"', "has no length"),
        ('"08:00-12:00"', '"24:00-02:00"', "on the next day"),
        ('"08:00-12:00"', "800", "write it like"),
        ('"08:00-12:00"', '"08:00-15:00"', "08:00-15:00 and 14:00-22:00 overlap"),
        ("Asia/Shanghai", "Asia/Peking", "not a time zone"),
        ("Asia/Shanghai", "../../etc/passwd", "not a time zone"),
        ("Asia/Shanghai", "", "not a time zone"),
        ('to = "2026-10-07"', 'to = "2026-09-07"', "is after"),
        ('to = "2026-10-07"\n', "", "go together"),
        ('to = "2026-10-07"', 'to = "2026-10-7"', "is not a date"),
        ('to = "2026-10-07"', "to = 20261007", "is not a date"),
        ('to = "2026-10-07"', "to = 2026-10-07T00:00:00", "is not a date"),
        ('to = "2026-10-07"', 'to = "2026-10-32"', "date"),
        ('to = "2026-10-07"', 'to = "2026-10-07"\ndate = "2026-10-01"', 'either "date"'),
        ("closed = true\n", "", "exactly one of"),
        ("closed = true", 'closed = true\nas = "monday"', "exactly one of"),
        ("closed = true", "closed = false", "closed"),
        ('hours = ["10:00-16:00"]', "hours = []", "closed = true"),
        ('as = "thursday"', 'as = "someday"', "thursday"),
        ('"2026-10-10"', '"2026-10-04"', "two exceptions of library hold on 2026-10-04"),
        ("monday =", "mondy =", "mondy"),
        ('en = ["law library"]', "en = []", "at least one name"),
        ('"law library"', '"Library"', "library and law_library are both called 'Library'"),
        ("places.law_library", '"places"."Law Library"', "pattern"),
        ("time_zone", "timezone", "timezone"),
    ],
)
def test_a_mistake_is_refused_with_a_sentence_that_helps(wrong, right, says):
    assert wrong in SECTION
    assert says in complaint(SECTION.replace(wrong, right, 1))


def test_a_night_may_run_into_a_day_that_is_closed():
    night = read(SECTION.replace("10:00-18:00", "22:00-09:00"))
    assert night.calendar().weekly[3] == (Interval(1320, 1980),)


def test_a_sunday_night_may_not_run_into_monday_morning():
    text = SECTION.replace("thursday =", 'sunday = ["20:00-09:00"], thursday =')
    assert "on sunday overlaps 08:00-12:00 on monday" in complaint(text)


def test_a_default_place_that_is_not_listed_is_refused():
    assert "not among the places" in complaint('default_place = "cinema"\n' + SECTION)


def test_at_least_one_place_is_needed():
    assert "places" in complaint('time_zone = "Asia/Shanghai"\nplaces = {}')


@pytest.mark.parametrize(
    "model",
    [
        HoursSettings,
        PlaceSettings,
        ExceptionSettings,
        WeeklySettings,
        NamesSettings,
        ReasonSettings,
    ],
)
def test_every_field_is_described(model: type[BaseModel]):
    assert all(field.description for field in model.model_fields.values())
    assert model.model_config["extra"] == "forbid"


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_hours_are_read_as_they_are_written(opens, length):
    interval = Interval(opens, opens + length)
    # "08:00-08:00" is refused: whoever writes it may also mean no hours at all.
    if length < 1440 or opens == 0:
        assert parse_interval(str(interval)) == interval


@given(st.text(max_size=20))
def test_any_other_text_is_refused_with_a_value_error(text):
    try:
        interval = parse_interval(text)
    except ValueError:
        return
    assert 0 <= interval.opens < 1440
    assert interval.opens < interval.closes <= interval.opens + 1440
