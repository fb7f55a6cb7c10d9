"""How does a library write down its opening hours, in the section `[hours]` of refdesk.toml?"""

from collections.abc import Iterable
from itertools import combinations
from types import MappingProxyType
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainSerializer, PrivateAttr, model_validator

from refdesk.core.calendar.calendar import Calendar, DatedException
from refdesk.core.calendar.notation import ZoneName
from refdesk.core.calendar.sections import ExceptionSettings, PlaceSettings, Section
from refdesk.errors import SettingsError

# The place whose hours say when a librarian can be reached, if the library lists it.
REFERENCE_DESK = "reference_desk"

PlaceKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class HoursSettings(Section):
    """Opening hours of the library's places and services."""

    time_zone: ZoneName = Field(description='IANA name of the time zone, e.g. "Asia/Shanghai".')
    default_place: str | None = Field(
        None, description="The place meant when a reader names none; the first one if left out."
    )
    # Read-only: every plugin is handed this one.
    places: Annotated[
        dict[PlaceKey, PlaceSettings], AfterValidator(MappingProxyType), PlainSerializer(dict)
    ] = Field(
        min_length=1, description="Places and services by a short key, e.g. library, law_library."
    )
    exceptions: tuple[ExceptionSettings, ...] = Field(
        (), description="Days with other hours at every place, e.g. public holidays."
    )

    _calendars: dict[str, Calendar] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _names_lead_to_one_place(self) -> Self:
        if self.default_place is not None and self.default_place not in self.places:
            raise ValueError(
                f'"default_place" {self.default_place!r} is not among the places: '
                + ", ".join(self.places)
            )
        owners: dict[str, str] = {}
        for key, place in self.places.items():
            for name in place.names.all:
                owner = owners.setdefault(name.casefold(), key)
                if owner != key:
                    raise ValueError(f"{owner} and {key} are both called {name!r}; rename one")
        return self

    def model_post_init(self, _context: Any, /) -> None:
        """Build the calendars once; they are asked for with every question.

        Raises ValueError when two exceptions contradict each other.
        """
        shared = _narrowest_first(self.exceptions, "hours")
        for key, place in self.places.items():
            own = _narrowest_first(place.exceptions, key)
            zone = ZoneInfo(place.time_zone or self.time_zone)
            self._calendars[key] = Calendar(key, zone, place.weekly.days, own + shared)

    @property
    def default(self) -> str:
        """The key of the place meant when none is named."""
        return self.default_place or next(iter(self.places))

    def calendar(self, place: str | None = None) -> Calendar:
        """Return the calendar of `place` (a key), of the default place for None.

        Raises SettingsError when there is no such place.
        """
        try:
            return self._calendars[self.default if place is None else place]
        except KeyError:
            raise SettingsError(
                f"[hours.places] has no {place!r}. Add it, or use one of: {', '.join(self.places)}."
            ) from None

    def reference_desk(self) -> Calendar:
        """Return when a librarian can be reached: `reference_desk`, else the default place."""
        return self.calendar(REFERENCE_DESK if REFERENCE_DESK in self.places else None)


def _narrowest_first(
    exceptions: Iterable[ExceptionSettings], owner: str
) -> tuple[DatedException, ...]:
    """Sort so that a single day inside a winter break wins over the break.

    Raises ValueError when two exceptions of the same width share a day.
    """
    rules = [exception.rule for exception in exceptions]
    for one, other in combinations(rules, 2):
        same_width = one.last - one.first == other.last - other.first
        if same_width and max(one.first, other.first) <= min(one.last, other.last):
            raise ValueError(
                f"two exceptions of {owner} hold on {max(one.first, other.first)}; "
                "make one of them narrower or join them"
            )
    return tuple(sorted(rules, key=lambda rule: (rule.last - rule.first, rule.first)))
