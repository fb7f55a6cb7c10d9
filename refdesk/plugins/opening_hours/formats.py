"""How are days and hours written for people: Thursday, 1 October 2026; 2026年10月1日 星期四?"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from refdesk.core.calendar.calendar import MINUTES_OF_A_DAY, Interval, clock_time
from refdesk.plugins.opening_hours.phrases import Phrases


def date_text(day: date, phrases: Phrases) -> str:
    """Write a date with its weekday."""
    return phrases.date.format(
        weekday=phrases.weekdays[day.weekday()],
        day=day.day,
        month=phrases.months[day.month - 1],
        year=day.year,
    )


def day_text(day: date, today: date, phrases: Phrases) -> str:
    """Write a date as part of a sentence, seen from today."""
    ahead = (day - today).days
    frame = {0: phrases.today, 1: phrases.tomorrow}.get(ahead, phrases.other_day)
    return frame.format(date=date_text(day, phrases))


def range_text(first: date, last: date, phrases: Phrases) -> str:
    """Write one date, or the first and the last of a range."""
    if first == last:
        return date_text(first, phrases)
    return phrases.up_to.format(first=date_text(first, phrases), last=date_text(last, phrases))


def weekdays_text(first: int, last: int, phrases: Phrases) -> str:
    """Write one weekday, or the first and the last of a range (Monday is 0)."""
    if first == last:
        return phrases.weekdays[first]
    return phrases.up_to.format(first=phrases.weekdays[first], last=phrases.weekdays[last])


def hours_text(intervals: Sequence[Interval], phrases: Phrases) -> str:
    """Write hours such as 08:00–12:00 and 14:00–22:00; without any, that it is closed."""
    if not intervals:
        return phrases.closed
    *others, last = (
        f"{clock_time(interval.opens)}–{closing_text(interval, phrases)}" for interval in intervals
    )
    return phrases.and_.join((phrases.comma.join(others), last)) if others else last


def closing_text(interval: Interval, phrases: Phrases) -> str:
    """Write when an interval ends, and that it is the next day if it is."""
    time = clock_time(interval.closes)
    return phrases.next_day.format(time=time) if interval.ends_next_day else time


def moment_text(moment: datetime, today: date, phrases: Phrases) -> str:
    """Write a coming moment: the time alone if it is today, else with its date."""
    time = f"{moment:%H:%M}"
    if moment.date() == today:
        return time
    if moment.date() == today + timedelta(days=1) and time == "00:00":
        return clock_time(MINUTES_OF_A_DAY)
    return phrases.later.format(time=time, day=day_text(moment.date(), today, phrases))
