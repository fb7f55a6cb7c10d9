"""Which parts does the section `[hours]` have: names, the week, exceptions, places?"""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from refdesk.core.calendar.calendar import MINUTES_OF_A_DAY, DatedException, Interval, Reason
from refdesk.core.calendar.notation import Date, HoursOfADay, ZoneName

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\w")]


class Section(BaseModel):
    """What every part has in common: unknown keys are refused, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonSettings(Section):
    """Why a day is different; readers also ask for the day by this name."""

    en: str = Field("", max_length=200, description='In English, e.g. "National Day".')
    zh: str = Field("", max_length=200, description="In Chinese, e.g. 国庆节.")


class NamesSettings(Section):
    """What readers call something; the first name in each language is the one shown to them."""

    en: tuple[Name, ...] = Field((), description='English names, e.g. ["law library"].')
    zh: tuple[Name, ...] = Field((), description='Chinese names, e.g. ["法学图书馆"].')

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, the English ones first."""
        return self.en + self.zh

    def shown(self, language: str) -> str:
        """Return the first name in `language`, else in the other one, else nothing."""
        names = self.zh + self.en if language == "zh" else self.all
        return names[0] if names else ""


class WeeklySettings(Section):
    """The usual hours; a day that is left out is closed."""

    monday: HoursOfADay = Field((), description='Hours of Mondays, e.g. ["08:00-22:00"].')
    tuesday: HoursOfADay = Field((), description="Hours of Tuesdays.")
    wednesday: HoursOfADay = Field((), description="Hours of Wednesdays.")
    thursday: HoursOfADay = Field((), description="Hours of Thursdays.")
    friday: HoursOfADay = Field((), description="Hours of Fridays.")
    saturday: HoursOfADay = Field((), description="Hours of Saturdays.")
    sunday: HoursOfADay = Field((), description="Hours of Sundays.")

    @property
    def days(self) -> tuple[tuple[Interval, ...], ...]:
        """The seven days from Monday."""
        return (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )

    @model_validator(mode="after")
    def _nights_end_before_the_next_day_opens(self) -> Self:
        for day, (tonight, tomorrow) in enumerate(pairwise((*self.days, self.monday))):
            if tonight and tomorrow and tonight[-1].closes > tomorrow[0].opens + MINUTES_OF_A_DAY:
                raise ValueError(
                    f"{tonight[-1]} on {WEEKDAYS[day]} overlaps {tomorrow[0]} on "
                    f"{WEEKDAYS[(day + 1) % 7]}; shorten one of them"
                )
        return self


class ExceptionSettings(Section):
    """One date or a range of dates with other hours than the week has."""

    date: Date | None = Field(None, description="The one day, e.g. 2026-10-01.")
    first: Date | None = Field(None, alias="from", description="First day of a range.")
    last: Date | None = Field(None, alias="to", description="Last day of a range, included.")
    closed: Literal[True] | None = Field(None, description="true: closed all day.")
    hours: HoursOfADay | None = Field(None, description='Other hours, e.g. ["10:00-16:00"].')
    follows: Weekday | None = Field(
        None, alias="as", description="The weekday whose hours hold, for make-up working days."
    )
    reason: ReasonSettings | None = Field(None, description="Why; readers are told.")
    also_called: NamesSettings = Field(
        NamesSettings(), description='Further names, e.g. { en = ["Golden Week"], zh = ["十一"] }.'
    )

    @model_validator(mode="after")
    def _one_time_and_one_rule(self) -> Self:
        if (self.date is None) == (self.first is None and self.last is None):
            raise ValueError('an exception has either "date", or "from" and "to"')
        if (self.first is None) != (self.last is None):
            raise ValueError('"from" and "to" go together; give both')
        if self.first and self.last and self.first > self.last:
            raise ValueError(f'"from" {self.first} is after "to" {self.last}; swap them')
        if sum(rule is not None for rule in (self.closed, self.hours, self.follows)) != 1:
            raise ValueError('an exception has exactly one of "closed", "hours" and "as"')
        if self.hours == ():
            raise ValueError('"hours" is empty; write closed = true instead')
        return self

    @cached_property
    def rule(self) -> DatedException:
        """The same as the calendar uses it."""
        day = self.date
        first, last = self.first or day, self.last or day
        assert first is not None  # noqa: S101  # the validator has refused it
        assert last is not None  # noqa: S101  # same
        return DatedException(
            first=first,
            last=last,
            hours=self.hours or (),
            follows=WEEKDAYS.index(self.follows) if self.follows else None,
            reason=Reason(self.reason.en, self.reason.zh) if self.reason else None,
            also_called=self.also_called.all,
        )


class PlaceSettings(Section):
    """One place or service that has hours."""

    names: NamesSettings = Field(description="What readers call it, in each language.")
    weekly: WeeklySettings = Field(description="The usual hours of each weekday.")
    exceptions: tuple[ExceptionSettings, ...] = Field(
        (), description="Days with other hours; they come before the library's own exceptions."
    )
    time_zone: ZoneName | None = Field(
        None, description="Only where it differs from the library's."
    )

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not self.names.all:
            raise ValueError('"names" is empty; give at least one name that readers use')
        return self
