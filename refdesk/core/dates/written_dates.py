"""Which dates are written in a question: 2026-10-01, Oct 1, 1-7 October, 10月1日, 十月一号?"""

import re
from datetime import date, timedelta
from functools import partial

from refdesk.core.dates.remainder import Found, Remainder
from refdesk.core.dates.words import any_of

Days = tuple[date, ...]

# Nobody has set hours for times further away; nobody asks about times longer ago.
_YEARS_AHEAD = 2
_YEARS_AGO = 1
_LONGEST_RANGE = timedelta(days=31)
_TWO_MONTHS = timedelta(days=62)

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?<![a-z])(?P<name>january|february|march|april|may|june|july|august|september|october|"
    r"november|december|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)(?![a-z])"
)
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_LAST = r"(?:\s*(?:-|–|to|until|through)\s*(?P<last>\d{1,2})(?:st|nd|rd|th)?)?"
_NOT_A_TIME = r"(?![\d:]|\s*[ap]\.?m)"
_YEAR = r"(?:,?\s*(?P<year>\d{4}))?(?!\d)"

_ISO = r"(?<!\d)(?P<year>\d{4})(?P<by>[-/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})(?!\d)"
_CHINESE = (
    r"(?:(?P<year>(?<!\d)\d{4})年\s*)?(?<!\d)(?P<month>\d{1,2})月(?P<day>\d{1,2})(?!\d)[日号]?"
    r"(?:\s*(?:-|–|~|到|至)\s*(?:(?P<last_month>\d{1,2})月)?(?P<last>\d{1,2})[日号])?"
)
_MONTH_FIRST = rf"{_MONTH}\s*(?:the\s+)?{_DAY}{_LAST}{_NOT_A_TIME}{_YEAR}"
_DAY_FIRST = rf"{_DAY}{_LAST}\s*(?:of\s+)?{_MONTH}{_YEAR}"
_WRITTEN = tuple(re.compile(way) for way in (_ISO, _CHINESE, _MONTH_FIRST, _DAY_FIRST))
_SLASHED = re.compile(r"(?<![\d./])(\d{1,2})([/.])(\d{1,2})(?![\d/.]|\s*[ap]m)")
_DAY_OF_MONTH = re.compile(
    r"(?<![\d月周期拜])(\d{1,2})[日号]|(?<![a-z])the (\d{1,2})(?:st|nd|rd|th)\b"
)

_CHINESE_NUMBER = re.compile(
    r"(?<![周期拜一二三四五六七八九十两])[一二三四五六七八九十两]{1,3}(?=[月日号点])"
)
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)} | {"两": 2}

# For libraries that have not listed these days themselves.
_FIXED_HOLIDAYS = (
    (1, 1, any_of("new years? day, new years?", "元旦节?")),
    (5, 1, any_of("may day, international (?:labou?r|workers) day", "五一劳动节 五一 劳动节")),
    (10, 1, any_of("(?:chinese )?national day", "国庆节? 十一")),
    (12, 24, any_of("christmas eve", "平安夜")),
    (12, 25, any_of("christmas day, christmas, xmas", "圣诞节?")),
    (12, 26, any_of("boxing day")),
    (12, 31, any_of("new years? eve", "跨年夜?")),
)


def with_digits(text: str) -> str:
    """Write Chinese numbers of dates and times in digits: 十一月三日 becomes 11月3日."""
    return _CHINESE_NUMBER.sub(lambda match: _in_digits(match[0]), text)


def read_written_dates(text: Remainder, today: date, language: str) -> list[Found[Days]]:
    """Take out written dates; one without a year is the next of its kind, from today.

    "3/4" is a date in Chinese only: in English nobody knows which of the two is the month.
    """
    found: list[Found[Days]] = []
    for pattern in _WRITTEN:
        found += text.read(pattern, partial(_written, today))
    found += text.read(_SLASHED, partial(_slashed, today, language))
    found += text.read(_DAY_OF_MONTH, partial(_day_of_month, today))
    return found


def read_fixed_holidays(text: Remainder, today: date) -> list[Found[Days]]:
    """Take out the names of holidays that have the same date every year."""
    found: list[Found[Days]] = []
    for month, day, names in _FIXED_HOLIDAYS:
        found += text.read_as(names, _next(today, month, day) or ())
    return found


def days_between(first: date, last: date) -> Days:
    """Return all days from `first` to `last`, both included."""
    return tuple(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def _written(today: date, match: re.Match[str]) -> Days | None:
    parts = match.groupdict()
    name = parts.get("name")
    month = _MONTH_NAMES.index(name[:3]) + 1 if name else int(parts["month"])
    first = _next(today, month, int(parts["day"]), parts.get("year"))
    if first is None or not parts.get("last"):
        return first
    last_month = int(parts.get("last_month") or month)
    last = _next(first[0], last_month, int(parts["last"]))
    # A range longer than a month is a misreading, such as "Oct 9-5" for hours.
    if last is None or last[0] - first[0] > _LONGEST_RANGE:
        return None
    return days_between(first[0], last[0])


def _slashed(today: date, language: str, match: re.Match[str]) -> Days | None:
    first, separator, second = int(match[1]), match[2], int(match[3])
    if language == "zh":
        return _next(today, first, second)
    readings = {_next(today, first, second), _next(today, second, first)} - {None}
    return readings.pop() if separator == "/" and len(readings) == 1 else None


def _day_of_month(today: date, match: re.Match[str]) -> Days | None:
    day = int(match[1] or match[2])
    # Every day of a month comes again within two months.
    return next(
        ((near,) for near in days_between(today, today + _TWO_MONTHS) if near.day == day), None
    )


def _next(today: date, month: int, day: int, year: str | None = None) -> Days | None:
    """Return the date in `year`, else the next one from today; None if there is no such date."""
    if year is not None:
        near = today.year - _YEARS_AGO <= int(year) <= today.year + _YEARS_AHEAD
        exact = _date(int(year), month, day) if near else None
        return (exact,) if exact else None
    # A leap day is at most eight years away.
    candidates = (_date(today.year + ahead, month, day) for ahead in range(9))
    return next(((found,) for found in candidates if found and found >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in_digits(number: str) -> str:
    """Return 十一 as 11; what is no number below 100 stays as it is."""
    tens, ten, ones = number.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return number
    value = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
    return str(value)
