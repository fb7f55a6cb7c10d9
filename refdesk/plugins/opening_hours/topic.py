"""What about the hours does a question ask: whether, from when, until when, or all of it?"""

from typing import Literal

from refdesk.core.dates.remainder import Remainder
from refdesk.plugins.opening_hours import wording

Asks = Literal["status", "opening", "closing", "hours"]

_TOPICS = (
    wording.HOURS,
    wording.CLOSING,
    wording.CLOSED,
    wording.OPENING,
    wording.DAY_OFF,
)


def may_be_about_hours(text: str) -> bool:
    """Say quickly whether a normalised text is worth a closer look."""
    return any(topic.search(text) for topic in _TOPICS) and not wording.OTHER_MEANINGS.search(text)


def read_topic(rest: Remainder, *, time_given: bool) -> Asks | None:
    """Take out what is asked about the hours; None if nothing is."""
    states_being = wording.BEING.search(rest.text) is not None
    hours, closing_time = rest.take(wording.HOURS), rest.take(wording.CLOSING_TIME)
    until, when = rest.take(wording.UNTIL), rest.take(wording.WHEN)
    closing, closed = rest.take(wording.CLOSING), rest.take(wording.CLOSED)
    opening, day_off = rest.take(wording.OPENING), rest.take(wording.DAY_OFF)
    if hours or (until and when) or (opening and (closing or closing_time)):
        return "hours"
    if closing_time or (closing and (when or time_given)) or (until and (opening or closing)):
        return "closing"
    if when and opening:
        # "When are you open?" wants all of it, "when do you open?" the beginning.
        return "hours" if states_being else "opening"
    if opening or closing or closed:
        return "status"
    return "status" if day_off else None


def names_day_off_only(text: str) -> bool:
    """Say whether nothing but a word for days off makes the text a question about hours."""
    return not any(topic.search(text) for topic in _TOPICS[:-1])
