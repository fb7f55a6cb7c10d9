"""Which time of the day does a question name: at 9 pm, 21:00, 晚上九点?"""

import re
from functools import partial

from refdesk.core.dates.remainder import Remainder
from refdesk.core.dates.words import any_of
from refdesk.plugins.opening_hours.wording import EVENING

_NOON = any_of("noon, midday", "正午")
_TIME = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>[ap])\.?m\b\.?"
    r"|(?<![\d.:])(?P<hour24>\d{1,2}):(?P<minute24>\d{2})(?![\d:])"
    r"|(?P<part>上午|早上|早晨|清晨|凌晨|中午)?(?<!\d)(?P<hour_zh>\d{1,2})点(?:(?P<half_zh>半)|"
    r"(?P<minute_zh>\d{1,2})分?|钟|整)?"
    r"|(?<![a-z])(?:at|until|till|after|before|past|by)\s+(?P<bare>\d{1,2})(?:\s*o'clock)?"
    r"(?![\d:/.-]|\s*[ap]\.?m)"
    r"|(?<![\d.:])(?P<oclock>\d{1,2})\s*o'clock"
)
_HOURS = ("hour", "hour24", "hour_zh", "bare", "oclock")
_HALF_A_DAY = 12
_LAST_HOUR, _LAST_MINUTE = 23, 59


def read_time(text: Remainder, whole: str) -> int | None:
    """Take out times; return the only one in minutes after midnight, None if nobody can tell.

    `whole` is the text before anything was taken out. "at 8" alone may be either half of the day:
    it is understood, but no time.
    """
    evening = EVENING.search(whole) is not None
    found = text.read(_TIME, partial(_minutes, evening))
    found += text.read_as(_NOON, _HALF_A_DAY * 60)
    known = [one.value for one in found if one.value >= 0]
    return known[0] if len(found) == len(known) == 1 else None


def _minutes(evening: bool, match: re.Match[str]) -> int | None:
    """Return minutes after midnight, -1 for either half of the day, None for no time at all."""
    hour = int(next(match[name] for name in _HOURS if match[name]))
    minute = int(match["minute"] or match["minute24"] or match["minute_zh"] or 0)
    if match["half_zh"]:
        minute = 30
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        return None
    if match["half"] == "a" and evening:
        # "1 am tonight" is tomorrow for the calendar and today for the reader.
        return -1
    if match["half"]:
        return (hour % _HALF_A_DAY + (_HALF_A_DAY if match["half"] == "p" else 0)) * 60 + minute
    if evening and 0 < hour < _HALF_A_DAY:
        return (hour + _HALF_A_DAY) * 60 + minute
    sure = hour > _HALF_A_DAY or match["part"] or (match["hour24"] or "").startswith("0")
    return hour * 60 + minute if sure else -1
