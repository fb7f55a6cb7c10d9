"""Which of the library's places does a question name?"""

import re

from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.dates.remainder import Remainder
from refdesk.core.dates.words import normalised
from refdesk.plugins.opening_hours.wording import JOINING


def read_places(text: Remainder, hours: HoursSettings) -> tuple[str, ...]:
    """Take out the names of places; return their keys in the order of the question.

    In "circulation desk of the library" the library is no second place; in "circulation and
    library" it is.
    """
    keys = {
        normalised(name): key for key, place in hours.places.items() for name in place.names.all
    }
    found = text.read(_pattern(keys), lambda match: keys[match[0]])
    named = tuple(dict.fromkeys(one.value for one in sorted(found, key=lambda one: one.start)))
    if len(named) > 1 and not JOINING.search(text.text):
        return tuple(key for key in named if key != hours.default)
    return named


def _pattern(names: dict[str, str]) -> re.Pattern[str]:
    """Return a pattern of all names, longest first; `re` remembers the compiled ones."""
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(_whole(name) for name in longest_first))


def _whole(name: str) -> str:
    escaped = re.escape(name)
    return rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if name.isascii() else escaped
