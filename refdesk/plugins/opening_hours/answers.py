"""What is a reader told about the hours that were asked for?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from refdesk.core.calendar.calendar import Calendar, DayHours, clock_time, hours_on, status_at
from refdesk.core.calendar.settings import HoursSettings
from refdesk.plugins.opening_hours import formats
from refdesk.plugins.opening_hours.phrases import PHRASES, Phrases
from refdesk.plugins.opening_hours.question import HoursQuestion

# Libraries announce their holidays about this long before.
_ANNOUNCED = timedelta(days=60)
# How far ahead the usual hours mention days that differ.
_SOON = 30


@dataclass(frozen=True, slots=True)
class _Scene:
    """One place as it is seen at one moment."""

    name: str
    calendar: Calendar
    now: datetime
    phrases: Phrases

    @property
    def today(self) -> date:
        return self.now.date()


def compose(question: HoursQuestion, hours: HoursSettings, now: datetime, language: str) -> str:
    """Answer in `language` ("en" or "zh"), one paragraph for each place; `now` has a time zone."""
    return "\n\n".join(
        _about_place(question, _scene(hours, place, now, PHRASES[language]), hours)
        for place in question.places
    )


def _scene(hours: HoursSettings, place: str, now: datetime, phrases: Phrases) -> _Scene:
    calendar = hours.calendar(place)
    name = hours.places[place].names.shown(phrases.language)
    return _Scene(name[0].upper() + name[1:], calendar, now.astimezone(calendar.zone), phrases)


def _about_place(question: HoursQuestion, scene: _Scene, hours: HoursSettings) -> str:
    phrases = scene.phrases
    days = [hours_on(scene.calendar, day) for day in question.days]
    lines: list[str] = []
    if question.period == "week":
        lines = _usual_week(scene)
    elif len(days) > 1:
        lines = [phrases.several.format(place=scene.name), *_lines(days, scene)]
    last = [_about_day(question, days[0], scene)] if len(days) == 1 else []
    last += _remarks(question, days, scene)
    if scene.calendar.zone.key != hours.time_zone:
        last.append(phrases.time_zone.format(zone=scene.calendar.zone.key))
    if last:
        lines.append(phrases.between_sentences.join(last))
    return "\n".join(lines)


def _about_day(question: HoursQuestion, day: DayHours, scene: _Scene) -> str:
    phrases = scene.phrases
    frame, at = phrases.open_on, ""
    if not day.intervals:
        frame = phrases.closed_on
    elif question.asks == "closing":
        frame, at = phrases.closes_on, formats.closing_text(day.intervals[-1], phrases)
    elif question.asks == "opening":
        frame, at = phrases.opens_on, clock_time(day.intervals[0].opens)
    elif question.at is not None:
        moment = datetime.combine(day.day, _time(question.at), scene.calendar.zone)
        is_open = status_at(scene.calendar, moment).state == "open"
        frame, at = phrases.open_at if is_open else phrases.closed_at, clock_time(question.at)
    statement = frame.format(
        place=scene.name,
        day=formats.day_text(day.day, scene.today, phrases),
        time=at,
        hours=formats.hours_text(day.intervals, phrases),
    )
    return statement + _note(day, scene) + phrases.stop


def _usual_week(scene: _Scene) -> list[str]:
    """Return the week, the exceptions of the next days, and today."""
    phrases, weekly = scene.phrases, scene.calendar.weekly
    lines = [phrases.usual.format(place=scene.name)]
    for hours, group in groupby(range(7), key=lambda weekday: weekly[weekday]):
        weekdays = list(group)
        lines.append(
            phrases.line.format(
                day=formats.weekdays_text(weekdays[0], weekdays[-1], phrases),
                hours=formats.hours_text(hours, phrases),
            )
        )
    coming = (
        hours_on(scene.calendar, scene.today + timedelta(days=ahead)) for ahead in range(_SOON)
    )
    exceptions = [day for day in coming if day.source == "exception"]
    if exceptions:
        lines += [phrases.coming_exceptions, *_lines(exceptions, scene)]
    return lines


def _lines(days: Iterable[DayHours], scene: _Scene) -> list[str]:
    """Return a line for each day, one for days in a row that are alike."""
    return [
        scene.phrases.line.format(
            day=formats.range_text(alike[0].day, alike[-1].day, scene.phrases),
            hours=formats.hours_text(alike[0].intervals, scene.phrases)
            + _note(alike[0], scene, several=len(alike) > 1),
        )
        for alike in _in_a_row(days)
    ]


def _in_a_row(days: Iterable[DayHours]) -> list[list[DayHours]]:
    rows: list[list[DayHours]] = []
    for day in days:
        if rows and rows[-1][-1] == replace(day, day=day.day - timedelta(days=1)):
            rows[-1].append(day)
        else:
            rows.append([day])
    return rows


def _note(day: DayHours, scene: _Scene, several: bool = False) -> str:
    """Say that a day is exceptional, why, and what would usually hold on it."""
    phrases = scene.phrases
    if day.source == "weekly":
        return ""
    reason = day.reason.text(phrases.language) if day.reason else ""
    notes = [phrases.exception_for.format(reason=reason) if reason else phrases.exception]
    if day.follows is not None:
        notes.append(phrases.follows.format(weekday=phrases.weekdays[day.follows]))
    usual = scene.calendar.weekly[day.day.weekday()]
    if not several and usual != day.intervals:
        notes.append(phrases.usually.format(hours=formats.hours_text(usual, phrases)))
    return phrases.note.format(notes=phrases.between_notes.join(notes))


def _remarks(question: HoursQuestion, days: Sequence[DayHours], scene: _Scene) -> list[str]:
    remarks = []
    if scene.today in question.days and question.at is None:
        remarks.append(_right_now(scene))
    elif len(days) == 1 and not days[0].intervals and (again := _opening_after(days[0], scene)):
        remarks.append(scene.phrases.opens_again.format(time=again))
    usual = [day for day in days if day.source == "weekly"]
    far_ahead = usual and usual[-1].day - scene.today > _ANNOUNCED
    if far_ahead or (usual and question.holiday == "unlisted"):
        remarks.append(scene.phrases.may_change)
    return remarks


def _opening_after(day: DayHours, scene: _Scene) -> str | None:
    """Return when the place opens after a day on which it is closed."""
    end = datetime.combine(day.day, time.max, scene.calendar.zone)
    opening = status_at(scene.calendar, end).until
    return formats.moment_text(opening, scene.today, scene.phrases) if opening else None


def _right_now(scene: _Scene) -> str:
    phrases, status = scene.phrases, status_at(scene.calendar, scene.now)
    if status.until is None:
        return phrases.open_always if status.state == "open" else phrases.closed_long
    frame = phrases.open_now if status.state == "open" else phrases.closed_now
    return frame.format(time=formats.moment_text(status.until, scene.today, phrases))


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
