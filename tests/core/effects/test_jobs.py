"""Does a job run once for each due time, whatever the clock does and however many servers?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk import Job, PluginContext, hookimpl
from refdesk.core.effects.job_times import due, newest_due
from refdesk.core.effects.jobs import Jobs
from refdesk.errors import PluginError
from refdesk.testing import FakeClock, Library, MakeLibrary

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SETTINGS = """
[hours]
time_zone = "Asia/Shanghai"
[hours.places.library]
names = { en = ["Library"], zh = ["图书馆"] }
weekly = { monday = ["08:00-20:00"] }
"""


async def nothing(_context: PluginContext) -> None:
    return None


@dataclass
class Counting:
    """A plugin with two jobs that count."""

    __name__ = "counting"
    ran: list[str] = field(default_factory=list)
    breaks: bool = False
    fills_the_disk: Callable[[], None] | None = None

    @hookimpl
    def register_jobs(self) -> list[Job]:
        return [Job("hourly", self.hourly, minutes=60), Job("daily", self.daily, daily_at="07:00")]

    async def hourly(self, context: PluginContext) -> None:
        self.ran.append(f"hourly {context.local_moment:%H:%M}")
        if self.breaks:
            raise RuntimeError
        if self.fills_the_disk is not None:
            self.fills_the_disk()

    async def daily(self, context: PluginContext) -> None:
        self.ran.append(f"daily {context.local_moment:%d %H:%M}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
async def willow(library: MakeLibrary, counting: Counting, clock: FakeClock) -> Library:
    """A library that has seen its jobs: they are due at their next time."""
    made = library(counting, settings=SETTINGS, clock=clock)
    await made.advance()
    return made


async def test_register_jobs_runs_each_at_its_times(willow: Library, counting: Counting) -> None:
    for _ in range(4):
        await willow.advance(minutes=30)
    assert counting.ran == ["hourly 11:00", "hourly 12:00"]
    await willow.advance(hours=19, minutes=30)
    assert counting.ran[2:] == ["hourly 07:30", "daily 17 07:30"]


async def test_missed_times_are_made_up_for_once(willow: Library, counting: Counting) -> None:
    await willow.restarted()
    await willow.advance(days=3)
    assert counting.ran == ["hourly 10:00", "daily 19 10:00"]
    await willow.advance(minutes=1)
    assert len(counting.ran) == 2


async def test_a_clock_set_back_runs_nothing_twice(
    willow: Library, counting: Counting, clock: FakeClock
) -> None:
    await willow.advance(hours=1)
    clock.jump(-1800)
    await willow.advance(minutes=29)
    assert counting.ran == ["hourly 11:00"]
    await willow.advance(minutes=61)
    assert len(counting.ran) == 2


async def test_a_clock_that_was_far_ahead_for_a_while_stops_no_job(
    willow: Library, counting: Counting, clock: FakeClock
) -> None:
    clock.jump(30 * 24 * 3600)
    await willow.advance()
    clock.jump(-30 * 24 * 3600)
    counting.ran.clear()
    await willow.advance(hours=1)
    await willow.advance(hours=1)
    assert [one.split()[0] for one in counting.ran].count("hourly") >= 2


async def test_of_two_servers_one_runs_it(
    willow: Library, counting: Counting, clock: FakeClock
) -> None:
    app = willow.app
    other = Jobs(
        app.deployment.database,
        "main",
        app.host,
        app.jobs._surroundings,
        "another",
        app.clock,
    )
    clock.advance(hours=1)
    assert await other.run_due() == ["counting/hourly"]
    assert await app.jobs.run_due() == []
    assert counting.ran == ["hourly 11:00"]


async def test_a_job_whose_server_died_runs_again(willow: Library, clock: FakeClock) -> None:
    app = willow.app
    other = Jobs(
        app.deployment.database,
        "main",
        app.host,
        app.jobs._surroundings,
        "one that dies",
        app.clock,
    )
    clock.advance(hours=1)
    rows = await other._known()
    await other._take("counting/hourly", rows["counting/hourly"]["taken"], clock.now())
    assert await app.jobs.run_due() == ["counting/hourly"]
    assert await app.jobs.run_due() == []


async def test_a_job_during_which_the_disk_was_full_runs_again_soon(
    willow: Library, counting: Counting, clock: FakeClock
) -> None:
    clock.advance(hours=1)
    # There is room when it is taken up, and none when it is finished.
    counting.fills_the_disk = willow.faults.disk_full
    assert await willow.app.jobs.run_due() == ["counting/hourly"]
    counting.fills_the_disk = None
    assert await willow.app.jobs.run_due() == [], "not at once"
    clock.advance(minutes=2)
    assert await willow.app.jobs.run_due() == ["counting/hourly"]
    clock.advance(minutes=2)
    assert await willow.app.jobs.run_due() == []


async def test_a_job_that_fails_runs_again_at_its_next_time(
    willow: Library, counting: Counting
) -> None:
    counting.breaks = True
    await willow.advance(hours=1)
    await willow.advance(minutes=5)
    assert len(counting.ran) == 1
    await willow.advance(minutes=55)
    assert len(counting.ran) == 2


@pytest.mark.parametrize(
    "options", [{}, {"minutes": 5, "daily_at": "07:00"}, {"daily_at": "25:00"}, {"minutes": -1}]
)
def test_a_job_that_nobody_can_tell_when_to_run_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(PluginError, match="The job x"):
        Job("x", nothing, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-03-28T08:00+01:00", "2026-03-28T02:30+01:00"),
        # The night in which 02:30 does not exist: an hour later by the clock on the wall.
        ("2026-03-29T08:00+02:00", "2026-03-29T03:30+02:00"),
        # The night in which it comes twice: the first time.
        ("2026-10-25T08:00+01:00", "2026-10-25T02:30+02:00"),
        ("2026-10-25T01:00+02:00", "2026-10-24T02:30+02:00"),
    ],
)
def test_daily_jobs_follow_the_clock_on_the_wall(now: str, newest: str) -> None:
    job = Job("x", nothing, daily_at="02:30")
    found = newest_due(job, datetime.fromisoformat(now).timestamp(), BERLIN)
    assert datetime.fromtimestamp(found, UTC) == datetime.fromisoformat(newest)


JOBS = st.sampled_from(
    [
        Job("m", nothing, minutes=7),
        Job("h", nothing, minutes=60),
        Job("d", nothing, daily_at="23:59"),
    ]
)


@given(
    JOBS,
    st.lists(st.floats(0, 90_000), min_size=1, max_size=30),
    st.sampled_from([SHANGHAI, BERLIN]),
)
def test_as_time_passes_every_due_time_is_run_for_at_most_once(
    job: Job, steps: list[float], zone: ZoneInfo
) -> None:
    now = 1_774_600_000.0
    taken = newest_due(job, now, zone)
    ran: list[float] = []
    for step in steps:
        now += step
        at = due(job, taken, now, zone)
        if at is None:
            assert newest_due(job, now, zone) == taken, "nothing that was due is left out"
        else:
            assert taken < at <= now
            ran.append(at)
            taken = at
    assert ran == sorted(set(ran))
