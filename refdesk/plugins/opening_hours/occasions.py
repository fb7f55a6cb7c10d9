"""Which days has the library itself given a name: a holiday, a break, a renovation?"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from refdesk.core.calendar.calendar import Calendar, DatedException
from refdesk.core.dates.remainder import Found, Remainder
from refdesk.core.dates.words import normalised
from refdesk.core.dates.written_dates import Days, days_between

# Exceptions of one name that lie further apart are those of different years.
_ONE_OCCASION = timedelta(days=60)
# What is listed for later is not what somebody means who asks about "the holidays".
_SOON = timedelta(days=180)
# Without these endings 国庆节, 国庆节假期 and 国庆 are one; so are "winter", "winter break".
_ENDING = re.compile(r"(?<=..)(?:(?:假期|长假|假日|假|节)+)$| (?:holidays?|break|vacation|period)$")
_ENDINGS_CHINESE = r"节?(?:小长假|长假|假期|假日|期间|当天)*"
_ENDINGS_ENGLISH = r"(?: (?:holidays?|break|vacation|period|week|term))?(?![a-z0-9])"


def read_occasions(
    text: Remainder, today: date, calendars: tuple[Calendar, ...]
) -> list[Found[Days]]:
    """Take out names of coming exceptions; return their days, those of one year only.

    An occasion that is over is left in the text: nothing is known about the next one.
    """
    occasions: dict[str, list[DatedException]] = {}
    for exception in _coming(today, calendars):
        for name in _names(exception):
            occasions.setdefault(name, []).append(exception)
    found: list[Found[Days]] = []
    for name in sorted(occasions, key=len, reverse=True):
        days = _days_of_first(occasions[name])
        found += text.read_as(_pattern(name), days)
    return found


def coming_exceptions(today: date, calendars: tuple[Calendar, ...]) -> Days:
    """Return all exceptional days of the next months."""
    return tuple(
        sorted(
            {
                day
                for exception in _coming(today, calendars)
                if exception.first <= today + _SOON
                for day in days_between(
                    max(today, exception.first), min(exception.last, today + _SOON)
                )
            }
        )
    )


def _coming(today: date, calendars: tuple[Calendar, ...]) -> Iterator[DatedException]:
    coming = {
        exception
        for calendar in calendars
        for exception in calendar.exceptions
        if exception.last >= today
    }
    return iter(sorted(coming, key=lambda exception: exception.first))


def _names(exception: DatedException) -> set[str]:
    reason = exception.reason
    given = (*((reason.en, reason.zh) if reason else ()), *exception.also_called)
    return {_ENDING.sub("", normalised(name)) for name in given} - {""}


def _days_of_first(exceptions: list[DatedException]) -> Days:
    days: set[date] = set()
    end = exceptions[0].last
    for exception in exceptions:
        if exception.first - end <= _ONE_OCCASION:
            days.update(days_between(exception.first, exception.last))
            end = max(end, exception.last)
    return tuple(sorted(days))


def _pattern(name: str) -> re.Pattern[str]:
    if name.isascii():
        return re.compile(rf"(?<![a-z0-9]){re.escape(name)}{_ENDINGS_ENGLISH}")
    return re.compile(re.escape(name) + _ENDINGS_CHINESE)
