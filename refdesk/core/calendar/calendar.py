"""Is a place open at a given moment, until when, and why?

Everything here is pure: a `Calendar` and a moment go in, a value comes out. Hours belong to the
day on which they begin: "22:00-02:00" on Monday still holds at 01:00 on a Tuesday that is closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

MINUTES_OF_A_DAY = 24 * 60

# A place closed for longer than this has no next opening that anybody could promise.
OPENING_HORIZON = timedelta(days=400)

# A place open for longer than this without a break counts as open around the clock.
CLOSING_HORIZON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a day is different, in the languages the library wrote it in."""

    en: str = ""
    zh: str = ""

    def text(self, language: str) -> str:
        """Return the words in `language` ("en" or "zh"), else in the other one."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Hours of one day on the clock on the wall, in minutes after midnight.

    `0 <= opens < 1440` and `opens < closes <= opens + 1440`; past 1440 it is the next day.
    """

    opens: int
    closes: int

    def __str__(self) -> str:
        return f"{clock_time(self.opens)}-{clock_time(self.closes)}"

    @property
    def ends_next_day(self) -> bool:
        """Whether it goes on after midnight."""
        return self.closes > MINUTES_OF_A_DAY


@dataclass(frozen=True, slots=True)
class DatedException:
    """The days from `first` to `last`, both included, on which the weekly hours do not hold.

    `follows` is the weekday (Monday is 0) whose hours these days borrow; else `hours` holds, and
    no hours means closed. `also_called` are further names of the occasion.
    """

    first: date
    last: date
    hours: tuple[Interval, ...] = ()
    follows: int | None = None
    reason: Reason | None = None
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of one place: seven weekdays from Monday, and exceptions, the first match wins."""

    place: str
    zone: ZoneInfo
    weekly: tuple[tuple[Interval, ...], ...]
    exceptions: tuple[DatedException, ...] = ()


@dataclass(frozen=True, slots=True)
class DayHours:
    """The hours of one date; none means closed all day. `follows` as in `DatedException`."""

    day: date
    intervals: tuple[Interval, ...]
    reason: Reason | None
    source: Literal["weekly", "exception"]
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class OpenStatus:
    """What holds at a moment, and `until` when.

    `until` is the closing time of an open place and the next opening of a closed one, in the
    place's own zone; None when neither lies within the horizons above.
    """

    state: Literal["open", "closed"]
    until: datetime | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class _Span:
    """One interval of one date as two instants in UTC."""

    opens: datetime
    closes: datetime


def hours_on(calendar: Calendar, day: date) -> DayHours:
    """Return the hours that begin on `day`."""
    for exception in calendar.exceptions:
        if exception.first <= day <= exception.last:
            follows = exception.follows
            hours = exception.hours if follows is None else calendar.weekly[follows]
            return DayHours(day, hours, exception.reason, "exception", follows)
    return DayHours(day, calendar.weekly[day.weekday()], None, "weekly")


def status_at(calendar: Calendar, moment: datetime) -> OpenStatus:
    """Return whether the place is open at `moment`, which must know its time zone.

    Raises ValueError for a moment without a zone. Looks a limited number of days ahead only.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone")
    # In UTC throughout: datetimes of one zone are compared by the clock on the wall, which runs
    # backwards for an hour every autumn.
    now = moment.astimezone(UTC)
    today = now.astimezone(calendar.zone).date()
    for day in (today, today - timedelta(days=1)):
        for span in _spans_on(calendar, day):
            if span.opens <= now < span.closes:
                closing = _closing_after(calendar, span.closes)
                return OpenStatus("open", closing, hours_on(calendar, day).reason)
    return OpenStatus("closed", _opening_after(calendar, now), hours_on(calendar, today).reason)


def clock_time(minutes: int) -> str:
    """Write minutes after midnight as on a clock: 480 is 08:00, 1440 is 24:00, 1500 is 01:00."""
    if minutes > MINUTES_OF_A_DAY:
        minutes -= MINUTES_OF_A_DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _closing_after(calendar: Calendar, closing: datetime) -> datetime | None:
    """Return the end of the unbroken stretch in which an interval ends at `closing`."""
    horizon = closing + CLOSING_HORIZON
    while closing < horizon:
        day = closing.astimezone(calendar.zone).date()
        later = max(
            (
                span.closes
                for near in (day - timedelta(days=1), day)
                for span in _spans_on(calendar, near)
                if span.opens <= closing
            ),
            default=closing,
        )
        if later <= closing:
            return closing.astimezone(calendar.zone)
        closing = later
    return None


def _opening_after(calendar: Calendar, now: datetime) -> datetime | None:
    today = now.astimezone(calendar.zone).date()
    for ahead in range(OPENING_HORIZON.days + 1):
        for span in _spans_on(calendar, today + timedelta(days=ahead)):
            if span.opens > now:
                return span.opens.astimezone(calendar.zone)
    return None


def _spans_on(calendar: Calendar, day: date) -> Iterator[_Span]:
    """Return the hours of `day` as instants, earliest first."""
    spans = [
        _Span(
            _instant(calendar.zone, day, interval.opens),
            _instant(calendar.zone, day, interval.closes),
        )
        for interval in hours_on(calendar, day).intervals
    ]
    # Where clocks jump forward, an interval inside the missing hour has no length.
    return iter(sorted((s for s in spans if s.opens < s.closes), key=lambda span: span.opens))


def _instant(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """Return when the clock on the wall shows `minutes` after the midnight that begins `day`.

    A time that comes twice means the first; one that is skipped means as much later as the clock
    jumps.
    """
    days, minutes = divmod(minutes, MINUTES_OF_A_DAY)
    at = time(minutes // 60, minutes % 60)
    return datetime.combine(day + timedelta(days=days), at, zone).astimezone(UTC)
