"""How are times, dates and time zones written in the section `[hours]`?"""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from refdesk.core.calendar.calendar import MINUTES_OF_A_DAY, Interval

# Any dash that people type between two times.
_TIME_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MINUTES_OF_AN_HOUR = 60


def parse_interval(text: object) -> Interval:
    """Read "08:00-12:00"; "22:00-02:00" ends on the next day, "00:00-24:00" is a whole day.

    Raises ValueError with a sentence that says how to write it.
    """
    if isinstance(text, Interval):
        return text
    match = _TIME_RANGE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'{text!r} is not a time range; write it like "08:00-12:00"')
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    opens = from_hour * _MINUTES_OF_AN_HOUR + from_minute
    closes = to_hour * _MINUTES_OF_AN_HOUR + to_minute
    if max(from_minute, to_minute) >= _MINUTES_OF_AN_HOUR or closes > MINUTES_OF_A_DAY:
        raise ValueError(f"{text!r} has a time that no clock shows; use 00:00 to 24:00")
    if opens >= MINUTES_OF_A_DAY:
        raise ValueError(f"{text!r} begins at midnight; write it on the next day, from 00:00")
    if opens == closes:
        raise ValueError(f'{text!r} has no length; write "00:00-24:00" for a whole day')
    return Interval(opens, closes if closes > opens else closes + MINUTES_OF_A_DAY)


def _parse_date(value: object) -> object:
    """Let only dates through: pydantic alone would take 20261001 for seconds since 1970."""
    if type(value) is date:
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is not a date; write it like 2026-10-01")


def _in_order(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    ordered = tuple(sorted(intervals))
    for earlier, later in pairwise(ordered):
        if later.opens < earlier.closes:
            raise ValueError(f"{earlier} and {later} overlap; join them or shorten one")
    return ordered


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'{name!r} is not a time zone; use an IANA name like "Asia/Shanghai"'
        ) from None
    return name


TimeRange = Annotated[
    Interval,
    BeforeValidator(parse_interval),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["08:00-12:00", "22:00-02:00"]}),
]
HoursOfADay = Annotated[tuple[TimeRange, ...], AfterValidator(_in_order)]
Date = Annotated[date, BeforeValidator(_parse_date)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
