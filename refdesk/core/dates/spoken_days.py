"""Which days are meant by tomorrow, next Friday, this weekend, 下周三, 周末?"""

import re
from datetime import date, timedelta
from functools import partial

from refdesk.core.dates.remainder import Found, Remainder
from refdesk.core.dates.words import any_of
from refdesk.core.dates.written_dates import Days, days_between

_WEEKDAY = re.compile(
    r"(?<![a-z])(?:(?P<which>next|this|coming|every)\s+(?:coming\s+)?)?"
    r"(?P<name>(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
    r"(?![a-z])\.?"
)
_CHINESE_WEEKDAY = re.compile(
    r"(?P<which>下下个?|下一?个?|这一?个?|本|每个?)?(?:周|星期|礼拜)(?P<name>[一二三四五六日天1-6])"
    r"(?:\s*(?:到|至|-|~)\s*(?:周|星期|礼拜)?(?P<last>[一二三四五六日天1-6]))?"
)
_WEEKDAYS = {
    name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}
_CHINESE_WEEKDAYS = {name: day for day, name in enumerate("一二三四五六日")} | {
    "天": 6,
    **{str(day + 1): day for day in range(6)},
}
_WEEKEND = re.compile(
    r"(?<![a-z])(?:(?P<which>next|this|coming|every)\s+)?weekends?(?![a-z])"
    r"|(?P<chinese>下个?|这个?|本|每个?)?(?:周末|双休日|周六[、和及]?(?:周|星期)?[日天])"
)
_WEEK = re.compile(
    r"(?<![a-z])(?P<which>this|next) week(?![a-z])"
    r"|(?P<chinese>下一?个?|这一?个?|本)(?:周|星期|礼拜)"
)
_WORKING_DAYS = any_of("weekdays?, week days?, working days?", "工作日 平日")
_BOTH_DAYS = any_of(chinese="明后(?:两天|天)")
_AHEAD = (
    (3, any_of(chinese="大后天")),
    (2, any_of("day after tomorrow", "后天 后日")),
    (1, any_of("tomorrow, tmrw?, tomm?orr?ow", "明天 明日 明儿 明晚 明早")),
    (
        0,
        any_of(
            "today, tonight, this (?:morning|afternoon|evening)", "今天 今日 今儿 今晚 今夜 今早"
        ),
    ),
)
_WEEK_LENGTH = timedelta(days=7)
_SATURDAY, _SUNDAY = 5, 6


def read_weekdays(text: Remainder, today: date) -> list[Found[Days]]:
    """Take out weekends and days of the week; a plain one is the next of its kind, from today.

    English speakers do not agree which day "next Friday" is; both are returned where they differ.
    Chinese 下周五 is always that of the next calendar week.
    """
    found = text.read(_WEEKEND, partial(_weekend, today))
    found += text.read(_CHINESE_WEEKDAY, partial(_chinese_weekday, today))
    return found + text.read(_WEEKDAY, partial(_weekday, today))


def read_near_days(text: Remainder, today: date) -> list[Found[Days]]:
    """Take out today, tomorrow, whole weeks and working days."""
    found = text.read_as(_WORKING_DAYS, _working_days(today))
    found += text.read(_WEEK, partial(_week, today))
    found += text.read_as(_BOTH_DAYS, days_between(*(today + timedelta(days=n) for n in (1, 2))))
    for ahead, words in _AHEAD:
        found += text.read_as(words, (today + timedelta(days=ahead),))
    return found


def _weekday(today: date, match: re.Match[str]) -> Days:
    weekday = _WEEKDAYS[match["name"][:3]]
    if match["which"] != "next":
        return (_on_or_after(today, weekday),)
    coming = _on_or_after(today + timedelta(days=1), weekday)
    of_next_week = _monday(today) + timedelta(days=7 + weekday)
    return tuple(sorted({coming, of_next_week}))


def _chinese_weekday(today: date, match: re.Match[str]) -> Days:
    weekday = _CHINESE_WEEKDAYS[match["name"]]
    which = match["which"] or ""
    if which.startswith(("这", "本", "下")):
        weeks = which.count("下")
        first = _monday(today) + weeks * _WEEK_LENGTH + timedelta(days=weekday)
    else:
        first = _on_or_after(today, weekday)
    if not match["last"]:
        return (first,)
    return days_between(first, _on_or_after(first, _CHINESE_WEEKDAYS[match["last"]]))


def _weekend(today: date, match: re.Match[str]) -> Days:
    saturday = _monday(today) + timedelta(days=_SATURDAY)
    this = tuple(day for day in _pair(saturday) if day >= today)
    following = _pair(saturday + _WEEK_LENGTH)
    if (match["chinese"] or "").startswith("下"):
        return following
    if match["which"] == "next":
        return following if today >= saturday else this + following
    return this


def _week(today: date, match: re.Match[str]) -> Days:
    monday = _monday(today)
    if match["which"] == "next" or (match["chinese"] or "").startswith("下"):
        return days_between(monday + _WEEK_LENGTH, monday + timedelta(days=13))
    return days_between(today, monday + timedelta(days=_SUNDAY))


def _working_days(today: date) -> Days:
    monday = _monday(today) if today.weekday() < _SATURDAY else _monday(today) + _WEEK_LENGTH
    return days_between(max(today, monday), monday + timedelta(days=4))


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _pair(saturday: date) -> Days:
    return (saturday, saturday + timedelta(days=1))
