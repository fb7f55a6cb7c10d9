"""Are the hours told completely, in both languages? (The library and its calendar are invented.)"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from refdesk.core.calendar.sections import WEEKDAYS
from refdesk.core.calendar.settings import HoursSettings
from refdesk.plugins.opening_hours.answers import compose
from refdesk.plugins.opening_hours.phrases import PHRASES
from refdesk.plugins.opening_hours.question import understand

SPLIT = ("08:00-12:00", "14:00-22:00")
HOURS = HoursSettings.model_validate(
    {
        "time_zone": "Asia/Shanghai",
        "exceptions": [
            {
                "from": "2026-10-01",
                "to": "2026-10-03",
                "closed": True,
                "reason": {"en": "National Day", "zh": "国庆节"},
            },
            {
                "date": "2026-10-10",
                "as": "thursday",
                "reason": {"en": "make-up working day", "zh": "调休"},
            },
        ],
        "places": {
            "library": {
                "names": {"en": ["library"], "zh": ["图书馆"]},
                "weekly": {
                    **dict.fromkeys(["monday", "tuesday", "wednesday", "thursday"], SPLIT),
                    "friday": ["20:00-02:00"],
                },
                "exceptions": [{"date": "2026-12-12", "hours": ["09:00-12:00"]}],
            },
            "study_hall": {
                "names": {"en": ["study hall"], "zh": ["自习室"]},
                "weekly": dict.fromkeys(WEEKDAYS, ("00:00-24:00",)),
                "exceptions": [{"from": "2026-10-01", "to": "2026-10-03", "as": "monday"}],
            },
            "london": {
                "names": {"en": ["London branch"], "zh": ["伦敦分馆"]},
                "weekly": {"wednesday": ["09:00-17:00"]},
                "time_zone": "Europe/London",
            },
            "attic": {"names": {"en": ["attic"], "zh": ["阁楼"]}, "weekly": {}},
        },
    }
)

# A Wednesday, at lunch time.
NOON = "2026-09-23 12:30"


def answer(text: str, now: str = NOON) -> str:
    language = "zh" if any(character >= "\u4e00" for character in text) else "en"
    moment = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    question = understand(text, moment.date(), HOURS, language)
    assert question is not None, "the question was not understood"
    return compose(question, HOURS, moment, language)


ONE_DAY = [
    (
        "are you open on Monday?",
        "Library: open on Monday, 28 September 2026, 08:00–12:00 and 14:00–22:00.",
    ),
    (
        "周一开门吗",
        "图书馆：2026年9月28日 星期一开放，时间为 08:00–12:00、14:00–22:00。",
    ),
    (
        "are you open on Sunday?",
        (
            "Library: closed on Sunday, 27 September 2026. "
            "Opens again at 08:00 on Monday, 28 September 2026."
        ),
    ),
    ("周日开吗", "图书馆：2026年9月27日 星期日不开放。2026年9月28日 星期一 08:00 恢复开放。"),
    (
        "are you open on Oct 1",
        (
            "Library: closed on Thursday, 1 October 2026 "
            "(special hours: National Day; usually 08:00–12:00 and 14:00–22:00). "
            "Opens again at 08:00 on Monday, 5 October 2026."
        ),
    ),
    (
        "10月1日开吗",
        (
            "图书馆：2026年10月1日 星期四不开放"
            "（特殊安排：国庆节；平时 08:00–12:00、14:00–22:00）。"
            "2026年10月5日 星期一 08:00 恢复开放。"
        ),
    ),
    (
        "are you open on 10 October",
        (
            "Library: open on Saturday, 10 October 2026, 08:00–12:00 and 14:00–22:00 "
            "(special hours: make-up working day; as on a Thursday; usually closed)."
        ),
    ),
    (
        "10月10日开馆吗",
        (
            "图书馆：2026年10月10日 星期六开放，时间为 08:00–12:00、14:00–22:00"
            "（特殊安排：调休；按星期四的时间；平时 不开放）。"
        ),
    ),
    (
        "what time do you close tomorrow",
        (
            "Library: closes at 22:00 tomorrow, Thursday, 24 September 2026; "
            "hours 08:00–12:00 and 14:00–22:00."
        ),
    ),
    (
        "明天几点关门",
        "图书馆：明天（2026年9月24日 星期四） 22:00 关门，开放时间为 08:00–12:00、14:00–22:00。",
    ),
    (
        "when do you close on friday",
        (
            "Library: closes at 02:00 the next day on Friday, 25 September 2026; "
            "hours 20:00–02:00 the next day."
        ),
    ),
    (
        "周五几点开门",
        "图书馆：2026年9月25日 星期五 20:00 开门，开放时间为 20:00–次日 02:00。",
    ),
    (
        "are you open at 9pm tomorrow",
        (
            "Library: open at 21:00 tomorrow, Thursday, 24 September 2026; "
            "hours 08:00–12:00 and 14:00–22:00."
        ),
    ),
    (
        "明天13:00开着吗",
        "图书馆：明天（2026年9月24日 星期四） 13:00 不开放，当天时间为 08:00–12:00、14:00–22:00。",
    ),
    (
        "is the London branch open next wednesday",
        (
            "London branch: open on Wednesday, 30 September 2026, 09:00–17:00. "
            "Times are local times (Europe/London)."
        ),
    ),
    (
        "hours on 12 December",
        "Library: open on Saturday, 12 December 2026, 09:00–12:00 (special hours; usually closed).",
    ),
]


@pytest.mark.parametrize(("text", "told"), ONE_DAY)
def test_one_day_is_told_with_its_date_its_hours_and_why_they_are_special(text, told):
    assert answer(text) == told


RIGHT_NOW = [
    ("2026-09-23 09:00", "Open now, until 12:00.", "现在开放，到 12:00 为止。"),
    ("2026-09-23 12:30", "Closed now; opens at 14:00.", "现在不开放，14:00 开放。"),
    (
        "2026-09-23 22:00",
        "Closed now; opens at 08:00 tomorrow, Thursday, 24 September 2026.",
        "现在不开放，明天（2026年9月24日 星期四） 08:00 开放。",
    ),
    (
        "2026-09-26 12:00",
        "Closed now; opens at 08:00 on Monday, 28 September 2026.",
        "现在不开放，2026年9月28日 星期一 08:00 开放。",
    ),
    (
        "2026-09-25 21:00",
        "Open now, until 02:00 tomorrow, Saturday, 26 September 2026.",
        "现在开放，到 明天（2026年9月26日 星期六） 02:00 为止。",
    ),
    ("2026-09-26 01:00", "Open now, until 02:00.", "现在开放，到 02:00 为止。"),
]


@pytest.mark.parametrize(("now", "english", "chinese"), RIGHT_NOW)
def test_asked_about_now_or_today_it_says_whether_it_is_open_right_now(now, english, chinese):
    for text in ("are you open now?", "are you open today?", "when do you close today"):
        assert answer(text, now).endswith(english)
    for text in ("现在开着吗", "今天开门吗", "今天几点关门"):
        assert answer(text, now).endswith(chinese)


def test_the_state_right_now_is_not_told_when_asked_about_another_day():
    assert "now" not in answer("are you open tomorrow?")
    assert "现在" not in answer("明天开吗")


def test_what_never_closes_and_what_never_opens_is_said_so():
    assert answer("is the study hall open?").endswith("Open now, around the clock.")
    assert answer("自习室现在开着吗").endswith("现在开放，昼夜不关门。")
    assert answer("is the attic open?").endswith("Closed now; no opening is planned yet.")
    assert answer("阁楼开放吗").endswith("现在不开放，暂无开放计划。")


def test_the_usual_week_groups_equal_days_and_adds_special_days_and_today():
    assert answer("opening hours").splitlines() == [
        "Library, usual hours:",
        "- Monday to Thursday: 08:00–12:00 and 14:00–22:00",
        "- Friday: 20:00–02:00 the next day",
        "- Saturday to Sunday: closed",
        "Other hours soon:",
        (
            "- Thursday, 1 October 2026 to Saturday, 3 October 2026: closed "
            "(special hours: National Day)"
        ),
        (
            "- Saturday, 10 October 2026: 08:00–12:00 and 14:00–22:00 "
            "(special hours: make-up working day; as on a Thursday; usually closed)"
        ),
        (
            "Library: open today, Wednesday, 23 September 2026, 08:00–12:00 and 14:00–22:00. "
            "Closed now; opens at 14:00."
        ),
    ]


def test_the_usual_week_is_told_in_chinese():
    assert answer("开放时间").splitlines() == [
        "图书馆的平时开放时间：",
        "- 星期一至星期四：08:00–12:00、14:00–22:00",
        "- 星期五：20:00–次日 02:00",
        "- 星期六至星期日：不开放",
        "近期的特殊安排：",
        "- 2026年10月1日 星期四至2026年10月3日 星期六：不开放（特殊安排：国庆节）",
        (
            "- 2026年10月10日 星期六：08:00–12:00、14:00–22:00"
            "（特殊安排：调休；按星期四的时间；平时 不开放）"
        ),
        (
            "图书馆：今天（2026年9月23日 星期三）开放，时间为 08:00–12:00、14:00–22:00。"
            "现在不开放，14:00 开放。"
        ),
    ]


def test_several_days_have_a_line_each_unless_they_are_alike():
    assert answer("hours next week").splitlines() == [
        "Library:",
        "- Monday, 28 September 2026 to Wednesday, 30 September 2026: 08:00–12:00 and 14:00–22:00",
        (
            "- Thursday, 1 October 2026 to Saturday, 3 October 2026: closed "
            "(special hours: National Day)"
        ),
        "- Sunday, 4 October 2026: closed",
    ]


def test_several_places_have_a_paragraph_each():
    told = answer("are the library and the London branch open on wednesday?")
    library, london = told.split("\n\n")
    assert library.startswith("Library: ")
    assert london.startswith("London branch: ")


def test_it_warns_that_hours_far_ahead_may_change():
    warning = "Special hours for then may still be announced."
    assert answer("are you open on 3 February 2027?").endswith(warning)
    assert answer("are you open on Christmas?").endswith(warning)
    assert warning not in answer("are you open on 12 December 2026?")
    assert answer("元旦开门吗").endswith("届时如有特殊安排，将另行通知。")


def test_names_of_places_are_never_read_as_templates():
    hours = HoursSettings.model_validate(
        {
            "time_zone": "Asia/Shanghai",
            "places": {"odd": {"names": {"en": ["{hours} {0.x}"]}, "weekly": {}}},
        }
    )
    now = datetime.fromisoformat(NOON).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    question = understand("open?", now.date(), hours, "en")
    assert question is not None
    assert compose(question, hours, now, "en").startswith("{hours} {0.x}: closed today")


def test_both_languages_fill_in_the_same_things():
    english, chinese = PHRASES["en"], PHRASES["zh"]
    for name in english.__slots__:
        one, other = getattr(english, name), getattr(chinese, name)
        if isinstance(one, str):
            assert _fields(one) == _fields(other), name
        else:
            assert len(one) == len(other), name


def _fields(template: str) -> set[str]:
    return {piece.partition("}")[0] for piece in template.split("{")[1:]}
