"""Which questions are about opening hours, and what do they ask? (The calendar is invented.)"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.calendar.settings import HoursSettings
from refdesk.plugins.opening_hours.question import HoursQuestion, understand

# A Wednesday.
TODAY = date(2026, 9, 23)

HOURS = HoursSettings.model_validate(
    {
        "time_zone": "Asia/Shanghai",
        "places": {
            "library": {
                "names": {"en": ["library", "main library"], "zh": ["图书馆", "总馆"]},
                "weekly": {"monday": ["08:00-22:00"]},
                "exceptions": [
                    {
                        "from": "2027-01-18",
                        "to": "2027-02-04",
                        "hours": ["09:00-17:00"],
                        "reason": {"en": "Winter break", "zh": "寒假"},
                    }
                ],
            },
            "law_library": {
                "names": {"en": ["law library"], "zh": ["法学图书馆", "法学馆"]},
                "weekly": {"monday": ["09:00-17:00"]},
            },
            "circulation": {
                "names": {"en": ["circulation desk", "circulation"], "zh": ["流通台", "借还书处"]},
                "weekly": {"monday": ["09:00-17:00"]},
            },
        },
        "exceptions": [
            {
                "from": "2026-10-01",
                "to": "2026-10-03",
                "closed": True,
                "reason": {"en": "National Day", "zh": "国庆节"},
                "also_called": {"en": ["Golden Week"], "zh": ["十一"]},
            },
            {
                "from": "2026-10-04",
                "to": "2026-10-07",
                "hours": ["09:00-17:00"],
                "reason": {"en": "National Day holiday", "zh": "国庆节假期"},
                "also_called": {"en": ["Golden Week"]},
            },
            {"date": "2026-10-10", "as": "thursday", "reason": {"en": "Make-up day", "zh": "调休"}},
            {
                "from": "2026-02-15",
                "to": "2026-02-23",
                "closed": True,
                "reason": {"en": "Spring Festival", "zh": "春节"},
            },
            {
                "from": "2027-02-05",
                "to": "2027-02-11",
                "closed": True,
                "reason": {"en": "Spring Festival", "zh": "春节"},
                "also_called": {"en": ["Chinese New Year"]},
            },
        ],
    }
)


def days(first: str, last: str | None = None) -> tuple[date, ...]:
    """Dates from `first` to `last`, written as month-day of 2026 or with a year."""
    begin, end = (
        date.fromisoformat(text if len(text) > 5 else f"2026-{text}")
        for text in (first, last or first)
    )
    return tuple(begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1))


NOW = days("09-23")
SUNDAY = days("09-27")
WEEKEND = days("09-26", "09-27")
GOLDEN_WEEK = days("10-01", "10-07")

# Question, what it asks, period, days.
ABOUT_THE_LIBRARY = [
    ("are you open on Sunday?", "status", "days", SUNDAY),
    ("Are you guys open Sundays?", "status", "days", SUNDAY),
    ("is the library open this sunday", "status", "days", SUNDAY),
    ("Hi, is the main library open on Saturday or Sunday?", "status", "days", WEEKEND),
    ("library open sat", "status", "days", days("09-26")),
    ("what time do you close today", "closing", "days", NOW),
    ("When does the library close?", "closing", "days", NOW),
    ("What’s your closing time tonight?", "closing", "days", NOW),
    ("how late are you open tonight", "closing", "days", NOW),
    ("How late is the library open tomorrow night?", "closing", "days", days("09-24")),
    ("until when are you open on friday", "closing", "days", days("09-25")),
    ("Until what time is the library open today please", "closing", "days", NOW),
    ("when do you open", "opening", "days", NOW),
    ("What time does the library open tomorrow morning?", "opening", "days", days("09-24")),
    ("When do you open the day after tomorrow?", "opening", "days", days("09-25")),
    ("when are you open tomorrow", "hours", "days", days("09-24")),
    ("What time do you open and close on Saturday", "hours", "days", days("09-26")),
    ("opening hours", "hours", "week", NOW),
    ("What are the library's opening hours?", "hours", "week", NOW),
    ("What are your hours?", "hours", "week", NOW),
    ("Could you please tell me the opening times?", "hours", "week", NOW),
    ("Hello, I would like to know your opening hours. Thank you very much!", "hours", "week", NOW),
    ("hours today", "hours", "days", NOW),
    ("today's hours", "hours", "days", NOW),
    ("weekend hours", "hours", "days", WEEKEND),
    ("are you open this weekend", "status", "days", WEEKEND),
    ("Weekday opening hours?", "hours", "days", days("09-23", "09-25")),
    ("opening hours next week", "hours", "days", days("09-28", "10-04")),
    ("Are you open Monday to Friday?", "status", "days", days("09-28", "10-02")),
    ("are you open next monday", "status", "days", days("09-28")),
    ("Are you open next Friday", "status", "days", (*days("09-25"), *days("10-02"))),
    ("open now?", "status", "now", NOW),
    ("open?", "status", "now", NOW),
    ("Is the library open right now?", "status", "now", NOW),
    ("are you still open", "status", "now", NOW),
    ("Are you closed?", "status", "now", NOW),
    ("Are you open 24/7?", "status", "week", NOW),
    ("Is the library open every day?", "status", "week", NOW),
    ("are you open on Oct 1", "status", "days", days("10-01")),
    ("Are you open on Thursday, October 1st?", "status", "days", days("10-01")),
    ("hours 1 October 2026", "hours", "days", days("10-01")),
    ("open 2026-10-01?", "status", "days", days("10-01")),
    ("Are you open on the 1st of October?", "status", "days", days("10-01")),
    ("opening hours from Oct 1 to Oct 7", "hours", "days", GOLDEN_WEEK),
    ("opening hours October 1-7", "hours", "days", GOLDEN_WEEK),
    ("Hours on the 30th", "hours", "days", days("09-30")),
    ("is the library closed on 31/12", "status", "days", days("12-31")),
    ("hours during Golden Week", "hours", "days", GOLDEN_WEEK),
    ("Is the library open during the National Day holiday?", "status", "days", GOLDEN_WEEK),
    ("hours during spring festival", "hours", "days", days("2027-02-05", "2027-02-11")),
    ("Are you open at Chinese New Year?", "status", "days", days("2027-02-05", "2027-02-11")),
    ("winter break hours", "hours", "days", days("2027-01-18", "2027-02-04")),
    ("Are you open on Christmas Day?", "status", "days", days("12-25")),
    (
        "Are you open on public holidays?",
        "status",
        "days",
        (*GOLDEN_WEEK, *days("10-10"), *days("2027-01-18", "2027-02-11")),
    ),
    ("why are you closed today", "status", "days", NOW),
    ("周日开门吗", "status", "days", SUNDAY),
    ("请问图书馆周日开门吗？", "status", "days", SUNDAY),
    ("星期天开不开", "status", "days", SUNDAY),
    ("礼拜天开馆么", "status", "days", SUNDAY),
    ("這個週日開門嗎", "status", "days", SUNDAY),
    ("明天几点关门", "closing", "days", days("09-24")),
    ("你们今天几点闭馆呀", "closing", "days", NOW),
    ("今晚开到几点？", "closing", "days", NOW),
    ("图书馆最晚开到几点", "closing", "days", NOW),
    ("闭馆时间", "closing", "days", NOW),
    ("明早几点开门", "opening", "days", days("09-24")),
    ("图书馆什么时候开馆", "opening", "days", NOW),
    ("后天从几点开到几点", "hours", "days", days("09-25")),
    ("现在开着吗", "status", "now", NOW),
    ("现在还开门吗？", "status", "now", NOW),
    ("图书馆关门了吗", "status", "now", NOW),
    ("你好，请问开门了没有", "status", "now", NOW),
    ("开馆时间是什么", "hours", "week", NOW),
    ("请问图书馆的开放时间？谢谢老师", "hours", "week", NOW),
    ("我想了解一下你们的营业时间", "hours", "week", NOW),
    ("图书馆每天几点关门", "closing", "week", NOW),
    ("平时开放时间", "hours", "week", NOW),
    ("24小时开放吗", "status", "week", NOW),
    ("下周三开门吗", "status", "days", days("09-30")),
    ("下下周三呢，开吗", "status", "days", days("10-07")),
    ("这周五开放吗", "status", "days", days("09-25")),
    ("周末开放吗", "status", "days", WEEKEND),
    ("周六日开馆吗", "status", "days", WEEKEND),
    ("下周末几点开门", "opening", "days", days("10-03", "10-04")),
    ("周一到周五的开放时间", "hours", "days", days("09-28", "10-02")),
    ("工作日几点开门", "opening", "days", days("09-23", "09-25")),
    ("10月1日开吗", "status", "days", days("10-01")),
    ("十月一号开馆吗", "status", "days", days("10-01")),
    ("2026年10月1日开放吗", "status", "days", days("10-01")),
    ("2026-10-01 开馆吗", "status", "days", days("10-01")),
    ("10/1开门吗", "status", "days", days("10-01")),
    ("10月1日到7日开放时间", "hours", "days", GOLDEN_WEEK),
    ("30号开门吗", "status", "days", days("09-30")),
    ("十二月三十一日几点闭馆", "closing", "days", days("12-31")),
    ("国庆节开馆吗", "status", "days", GOLDEN_WEEK),
    ("国庆期间图书馆开放吗", "status", "days", GOLDEN_WEEK),
    ("图书馆国庆假期怎么开放", "hours", "days", GOLDEN_WEEK),
    ("十一放假吗", "status", "days", days("10-01", "10-03")),
    ("春节开门吗", "status", "days", days("2027-02-05", "2027-02-11")),
    ("寒假开放时间安排", "hours", "days", days("2027-01-18", "2027-02-04")),
    ("元旦休息吗", "status", "days", days("2027-01-01")),
    ("调休那天开门吗", "status", "days", days("10-10")),
    ("今天为什么没开门", "status", "days", NOW),
    ("library 今天几点关门", "closing", "days", NOW),
    ("Do you open on weekends?", "status", "days", WEEKEND),
    ("Are you open late tonight?", "status", "days", NOW),
    ("do you close early on fridays", "status", "days", days("09-25")),
    ("Which days is the library closed?", "status", "week", NOW),
    ("When is closing time?", "closing", "days", NOW),
    ("are u open rn", "status", "now", NOW),
    (
        "When will the library reopen after the national day holiday?",
        "opening",
        "days",
        GOLDEN_WEEK,
    ),
    ("图书馆周末几点开门几点关门", "hours", "days", WEEKEND),
    ("图书馆开放时间是几点到几点", "hours", "week", NOW),
    ("明后天开馆吗", "status", "days", days("09-24", "09-25")),
    ("国庆放假图书馆开吗", "status", "days", GOLDEN_WEEK),
    ("中午休息吗", "status", "now", NOW),
    ("闭馆了吗", "status", "now", NOW),
]

ABOUT_OTHER_PLACES = [
    ("until when is the law library open tomorrow", ("law_library",), "closing"),
    ("When does the Law Library close today?", ("law_library",), "closing"),
    ("circulation desk hours", ("circulation",), "hours"),
    ("法学图书馆周日开门吗", ("law_library",), "status"),
    ("法学馆开放时间", ("law_library",), "hours"),
    ("图书馆流通台几点关门", ("circulation",), "closing"),
    ("借还书处几点下班", ("circulation",), "closing"),
    ("Are the library and the law library open on Monday?", ("library", "law_library"), "status"),
    ("hours of the circulation desk in the library", ("circulation",), "hours"),
    ("总馆和法学馆今天几点关门", ("library", "law_library"), "closing"),
]

NOT_ABOUT_HOURS = [
    "Can I renew a book on Sunday?",
    "open access journals",
    "Is the library open access?",
    "how do I open a PDF",
    "How can I open the file you sent?",
    "open a new account",
    "Can you open it for me",
    "please open the file",
    "closed reserve books",
    "closed stacks",
    "Are the closed stacks open on Sunday?",
    "open educational resources",
    "open source software",
    "When is the open day?",
    "open house on Saturday",
    "Where can I return books after hours?",
    "How many hours can I borrow a laptop?",
    "credit hours for the information literacy course",
    "office hours of Professor Li",
    "Is there a study room open for booking on Friday?",
    "When does the Art Library close?",
    "is the gym open today",
    "my account was closed",
    "how do I close my account",
    "close this chat",
    "the window on the third floor is open",
    "When is the deadline for opening a thesis?",
    "Sunday",
    "next wednesday?",
    "What time is it?",
    "When can I visit?",
    "opening remarks of the exhibition today",
    "are you open to alumni",
    "Do you have The Hours by Michael Cunningham",
    "Is the library open on Sunday, and can I bring my child?",
    "hours during Easter",
    "are you open on 10/1",
    "are you open on 2026-02-30",
    "open on February 30",
    "are you open on October 1, 2099",
    "did you open yesterday",
    "开放获取",
    "什么是开放获取期刊",
    "开题报告",
    "开题报告怎么写",
    "下周三呢？",
    "周日能还书吗",
    "周日可以续借吗",
    "如何开通校外访问",
    "开通借阅证",
    "怎么打开PDF",
    "这个文件打不开",
    "开卷考试可以带书吗",
    "开发票",
    "开具借阅证明",
    "公开课什么时候开始",
    "今天开会吗",
    "新学期什么时候开学",
    "什么时候放假",
    "体育馆几点关门",
    "食堂周末开门吗",
    "闭架书库的书怎么借",
    "开架阅览室在哪",
    "关于论文格式",
    "相关数据库有哪些",
    "无线网关闭了怎么办",
    "我的账号被关闭了",
    "今天几号",
    "周末有讲座吗",
    "学校开放日是哪天",
    "清明节开馆吗",
    "2月30日开门吗",
    "请开门",
    "开机密码是多少",
    "空调开得太冷了",
    "展览开幕时间",
    "馆际互借要多长时间",
    "培训几点开始",
    "开馆时间内可以带电脑吗",
    "Is the reading room open on Sunday?",
    "open book exam on Friday",
    "opening ceremony time",
    "When is the job opening closing date?",
    "Is JSTOR open now",
    "why was my ticket closed today",
    "are there any open computers",
    "is there an open seat in the library",
    "schedule",
    "can I get the schedule of workshops this week",
    "open",
    "close",
    "close it",
    "open library",
    "24 hours loan",
    "when did the library first open",
    "is the book return open at night",
    "预约什么时候开放",
    "座位预约系统几点开放",
    "自习室开放吗",
    "图书馆什么时候开建的",
    "关注公众号",
    "图书馆休息区在哪",
    "怎么开门",
    "开放科学是什么",
    "放假可以借几本",
    "10月1日有什么活动",
    "please " * 1000 + "opening hours",
    "ok",
    "",
]


def ask(text: str) -> HoursQuestion | None:
    language = "zh" if any(character >= "\u4e00" for character in text) else "en"
    return understand(text, TODAY, HOURS, language)


@pytest.mark.parametrize(("text", "asks", "period", "expected"), ABOUT_THE_LIBRARY)
def test_a_question_about_hours_is_understood(text, asks, period, expected):
    question = ask(text)
    assert question is not None
    assert (question.asks, question.period, question.days) == (asks, period, expected)
    assert question.places == ("library",)


@pytest.mark.parametrize(("text", "places", "asks"), ABOUT_OTHER_PLACES)
def test_a_place_is_found_by_its_name(text, places, asks):
    question = ask(text)
    assert question is not None
    assert (question.places, question.asks) == (places, asks)


@pytest.mark.parametrize("text", NOT_ABOUT_HOURS)
def test_other_questions_are_left_to_others(text):
    assert ask(text) is None


TIMES = [
    ("are you open at 9pm on saturday", days("09-26"), 21 * 60),
    ("Is the library open at 21:30 tomorrow", days("09-24"), 21 * 60 + 30),
    ("open at 8:15 am?", NOW, 8 * 60 + 15),
    ("are you open at noon", NOW, 12 * 60),
    ("晚上九点还开着吗", NOW, 21 * 60),
    ("今晚10点半还开门吗", NOW, 22 * 60 + 30),
    ("明天早上8点开门吗", days("09-24"), 8 * 60),
    ("10月1日20:00开吗", days("10-01"), 20 * 60),
    ("are you open at 8 tomorrow", days("09-24"), None),
    ("明天8点开门吗", days("09-24"), None),
]


@pytest.mark.parametrize(("text", "expected", "at"), TIMES)
def test_a_time_is_understood_unless_it_could_be_either_half_of_the_day(text, expected, at):
    question = ask(text)
    assert question is not None
    assert (question.days, question.at) == (expected, at)


def test_a_slashed_date_is_month_first_in_chinese_and_refused_in_english():
    chinese = understand("10/1 open?", TODAY, HOURS, "zh")
    assert chinese is not None
    assert chinese.days == days("10-01")
    assert understand("10/1 open?", TODAY, HOURS, "en") is None


@pytest.mark.parametrize(
    ("today", "text", "expected"),
    [
        ("2026-12-31", "open tomorrow?", "2027-01-01"),
        ("2026-12-31", "1月1日开门吗", "2027-01-01"),
        ("2026-10-02", "are you open on Oct 1", "2027-10-01"),
        ("2026-10-01", "are you open on Oct 1", "2026-10-01"),
        ("2026-03-01", "2月29日开门吗", "2028-02-29"),
        ("2028-02-28", "明天开门吗", "2028-02-29"),
        ("2026-09-27", "周日开门吗", "2026-09-27"),
        ("2026-09-27", "下周日开门吗", "2026-10-04"),
        ("2026-09-27", "next Monday open?", "2026-09-28"),
        ("2026-02-28", "30号开门吗", "2026-03-30"),
    ],
)
def test_days_are_counted_from_today(today, text, expected):
    language = "en" if text.isascii() else "zh"
    question = understand(text, date.fromisoformat(today), HOURS, language)
    assert question is not None
    assert question.days == (date.fromisoformat(expected),)


def test_on_a_sunday_this_weekend_is_what_is_left_of_it():
    question = understand("open this weekend?", date(2026, 9, 27), HOURS, "en")
    assert question is not None
    assert question.days == (date(2026, 9, 27),)


def test_an_occasion_that_is_over_is_unknown():
    assert understand("春节开门吗", date(2027, 3, 1), HOURS, "zh") is None


def test_a_well_known_holiday_that_the_library_has_not_listed_is_marked():
    christmas, golden_week = ask("open on Christmas?"), ask("open during Golden Week?")
    assert christmas is not None
    assert golden_week is not None
    assert (christmas.holiday, golden_week.holiday) == ("unlisted", "listed")


PIECES = [
    *("are you", "open", "on", "Sunday", "the library", "now", "at", "9", "pm", "closed", "hours"),
    *("until", "to", "2026-10-01", "2026-99-99", "99/99", "24:99", "Oct", "32", "next", "'", "\0"),
    *(
        "10月1日",
        "0月0日",
        "三十二号",
        "开馆",
        "几点",
        "周日",
        "下周",
        "国庆节",
        "十一",
        "点",
        "到",
        "？",
    ),
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12),
    st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    st.sampled_from(["en", "zh"]),
)
def test_any_heap_of_words_is_either_understood_or_left_alone(words, today, language):
    for separator in (" ", ""):
        question = understand(separator.join(words), today, HOURS, language)
        assert question is None or question.days
        assert question is None or list(question.days) == sorted(set(question.days))


@given(st.text(max_size=300), st.sampled_from(["en", "zh"]))
def test_any_text_is_either_understood_or_left_alone(text, language):
    question = understand(text, TODAY, HOURS, language)
    assert question is None or question.days
