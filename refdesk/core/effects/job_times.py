"""When is a scheduled job due? (pure)"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from refdesk.errors import PluginError

if TYPE_CHECKING:
    from refdesk.core.plugin_context import PluginContext

_DAY = timedelta(days=1)
JobHandler = Callable[["PluginContext"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done again and again, without a reader.

    Either every so many `minutes`, or `daily_at` a time of the day ("07:00", where the library
    is). `handler` may write rows of its plugin's own tables; they are written with the note that
    the job has run. A due time that was missed is made up for once, however many there were.
    """

    name: str
    handler: JobHandler
    minutes: float = 0
    daily_at: str = ""
    seconds: float = 60.0

    def __post_init__(self) -> None:
        """Refuse a job that nobody can tell when to run."""
        if (self.minutes > 0) == bool(self.daily_at):
            raise PluginError(f"The job {self.name} needs minutes or daily_at, and only one.")
        if self.daily_at:
            _clock_time(self)


def newest_due(job: Job, now: float, zone: tzinfo) -> float:
    """Return the newest moment at or before `now` at which the job was due.

    A time that a change of the clocks leaves out is taken an hour later, one that comes twice the
    first time (PEP 495, fold 0).
    """
    if job.minutes > 0:
        span = job.minutes * 60
        return now // span * span
    at = _clock_time(job)
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    for day in (today, today - _DAY):
        moment = datetime.combine(day, at, zone).astimezone(UTC).timestamp()
        if moment <= now:
            return moment
    return moment - _DAY.total_seconds()


def due(job: Job, taken: float, now: float, zone: tzinfo) -> float | None:
    """Return the due time to run for, or None; `taken` is the one that was run for last.

    The clock set back runs nothing twice, set forward it runs once. A `taken` further ahead than
    one span was written while the clock was wrong: the next due time counts again.
    """
    newest = newest_due(job, now, zone)
    span = job.minutes * 60 if job.minutes > 0 else _DAY.total_seconds()
    if taken > newest + span * 2:
        return newest
    return newest if newest > taken else None


def _clock_time(job: Job) -> time:
    try:
        return time.fromisoformat(job.daily_at).replace(tzinfo=None)
    except ValueError as error:
        raise PluginError(
            f"The job {job.name}: {job.daily_at!r} is no time of the day, such as 07:00."
        ) from error
