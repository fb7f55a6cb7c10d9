"""Is a text a question about opening hours, of which places and which days?"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.dates.remainder import Remainder
from refdesk.core.dates.words import normalised
from refdesk.core.dates.written_dates import Days, with_digits
from refdesk.plugins.opening_hours import wording
from refdesk.plugins.opening_hours.clock import read_time
from refdesk.plugins.opening_hours.days import NamedDays, read_days
from refdesk.plugins.opening_hours.places import read_places
from refdesk.plugins.opening_hours.topic import (
    Asks,
    may_be_about_hours,
    names_day_off_only,
    read_topic,
)

# Whoever writes more than this has more to ask than the hours.
_LONGEST_QUESTION = 160
_MOST_DAYS = 62

Period = Literal["now", "days", "week"]


@dataclass(frozen=True, slots=True)
class HoursQuestion:
    """What somebody wants to know about opening hours.

    `places` are keys of the settings. `days` are in order and never empty: for a `period` of
    "now" or "week" (the usual hours) they are today. `at` is a time of the day in minutes after
    midnight. `holiday` is "unlisted" for one that the library's calendar does not name.
    """

    places: tuple[str, ...]
    asks: Asks
    period: Period
    days: Days
    at: int | None = None
    holiday: Literal["listed", "unlisted"] | None = None


def understand(text: str, today: date, hours: HoursSettings, language: str) -> HoursQuestion | None:
    """Return what `text` asks about opening hours; None if it is about anything else, or more.

    `today` is the date where the library is; `language` ("en" or "zh") tells how to read 10/1.
    """
    if len(text) > _LONGEST_QUESTION:
        return None
    whole = with_digits(normalised(text))
    if not may_be_about_hours(whole):
        return None
    rest = Remainder(whole)
    always = rest.take(wording.AROUND_THE_CLOCK)
    places = read_places(rest, hours)
    calendars = tuple(hours.calendar(place) for place in places or (hours.default,))
    named = read_days(rest, today, calendars, language)
    at = read_time(rest, whole)
    asks = read_topic(rest, time_given=at is not None)
    sure = bool(named.days) or at is not None or _is_sure(whole, rest, bool(places))
    always = rest.take(wording.ALL_DAYS) or always
    now = rest.take(wording.NOW)
    for words in (wording.SELF, wording.JOINING, wording.FILLERS):
        rest.take(words)
    if asks is None or rest.means_something or len(named.days) > _MOST_DAYS:
        return None
    if asks == "status" and not (sure or always or now):
        return None
    if names_day_off_only(whole) and not named.days:
        return None
    asked = places or (hours.default,)
    return _question(asked, asks, named, at=at, today=today, always=always, now=now)


def _is_sure(whole: str, rest: Remainder, place_named: bool) -> bool:
    """Say whether "open" without a day asks something: "is it open", "library open?", "open?"."""
    if wording.REALLY_ASKING.search(whole):
        return True
    about_us = place_named or wording.SELF.search(rest.text) or not rest.means_something
    return whole.endswith("?") and bool(about_us)


def _question(
    places: tuple[str, ...],
    asks: Asks,
    named: NamedDays,
    *,
    at: int | None,
    today: date,
    always: bool,
    now: bool,
) -> HoursQuestion:
    period: Period = "days"
    if not named.days and at is None:
        if always or (asks == "hours" and not now):
            period = "week"
        elif asks == "status":
            period = "now"
    return HoursQuestion(places, asks, period, named.days or (today,), at, named.holiday)
