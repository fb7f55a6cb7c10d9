"""Which days does a question name, in all the ways together?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from refdesk.core.calendar.calendar import Calendar
from refdesk.core.dates.remainder import Found, Remainder
from refdesk.core.dates.spoken_days import read_near_days, read_weekdays
from refdesk.core.dates.written_dates import (
    Days,
    days_between,
    read_fixed_holidays,
    read_written_dates,
)
from refdesk.plugins.opening_hours.occasions import coming_exceptions, read_occasions
from refdesk.plugins.opening_hours.wording import HOLIDAYS

_WEEK = timedelta(days=7)
_LONGEST_RANGE = timedelta(days=31)
_UP_TO = re.compile(r"\s*(?:to|through|thru|until|till|-|–|~|到|至)\s*")


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Days in order, each once; none if the text names none.

    `holiday` is "unlisted" for a well-known one that the library's calendar does not name.
    """

    days: Days
    holiday: Literal["listed", "unlisted"] | None = None


def read_days(
    text: Remainder, today: date, calendars: tuple[Calendar, ...], language: str
) -> NamedDays:
    """Take out all days that `text` names, seen from `today`."""
    whole = text.text
    written = read_written_dates(text, today, language)
    listed = read_occasions(text, today, calendars)
    unlisted = read_fixed_holidays(text, today)
    weekdays = read_weekdays(text, today)
    found = written + listed + unlisted + read_near_days(text, today)
    if not written + listed + unlisted:
        # Beside a date, "Thursday" says the same again.
        found += weekdays
    asks_for_holidays = text.take(HOLIDAYS)
    if asks_for_holidays and not found:
        return NamedDays(coming_exceptions(today, calendars), "listed")
    days = tuple(sorted(set(_with_ranges(whole, found))))
    return NamedDays(days, "listed" if listed else "unlisted" if unlisted else None)


def _with_ranges(text: str, found: list[Found[Days]]) -> Iterator[date]:
    """Return the days found, and those between two that are joined by "to"."""
    in_order = sorted(found, key=lambda one: one.start)
    for number, one in enumerate(in_order):
        before = in_order[number - 1] if number else None
        if before and _UP_TO.fullmatch(text, before.end, one.start):
            yield from _up_to(before.value[-1], one.value)
        else:
            yield from one.value


def _up_to(first: date, days: Days) -> Days:
    """Return the days from `first` to the last of `days`; "Friday to Monday" ends after it."""
    last = days[-1]
    if first - _WEEK < last < first:
        last += _WEEK
    return days_between(first, last) if first <= last <= first + _LONGEST_RANGE else days
