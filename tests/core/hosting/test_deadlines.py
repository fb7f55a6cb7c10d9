"""Does a call get its time limit, whatever the coroutine does?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdesk.core.hosting import deadlines
from refdesk.core.hosting.deadlines import within

Step = Callable[[], Awaitable[None]]


class PlannedError(Exception):
    pass


@dataclass(frozen=True)
class Plan:
    """What a coroutine does: wait so many times, perhaps inside its own timeout, then end."""

    waits: int
    own_timeouts: bool
    ending: str

    async def __call__(self) -> str:
        for _ in range(self.waits):
            if self.own_timeouts:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0):
                        await asyncio.sleep(3600)
            else:
                await asyncio.sleep(0)
        if self.ending == "raises":
            raise PlannedError
        if self.ending == "cancels itself":
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.cancel()
            await waiting
        if self.ending == "hangs":
            await asyncio.sleep(3600)
        return "result"


PLANS = st.builds(
    Plan,
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from(["returns", "raises", "cancels itself", "hangs"]),
)
ENDS = {
    "returns": "result",
    "raises": PlannedError,
    "cancels itself": asyncio.CancelledError,
    "hangs": TimeoutError,
}


async def outcome(plan: Plan) -> Any:
    try:
        # Only what hangs is to meet its deadline, however slow this machine is today.
        return await within(0.005 if plan.ending == "hangs" else 3600, plan())
    except (PlannedError, TimeoutError, asyncio.CancelledError) as error:
        return type(error)


@given(st.lists(PLANS, min_size=1, max_size=8))
def test_every_mix_ends_as_each_coroutine_would_alone(plans: list[Plan]) -> None:
    async def all_of_them() -> tuple[list[Any], int]:
        task = asyncio.current_task()
        assert task is not None
        one_after_the_other = [await outcome(plan) for plan in plans]
        side_by_side = await asyncio.gather(*(outcome(plan) for plan in plans))
        assert side_by_side == one_after_the_other
        return one_after_the_other, task.cancelling()

    ends, cancelling = asyncio.run(all_of_them())
    assert ends == [ENDS[plan.ending] for plan in plans]
    assert cancelling == 0, "the task is left as it was"


async def test_what_does_not_wait_needs_no_timer() -> None:
    async def at_once() -> int:
        return 5

    assert await within(0, at_once()) == 5


async def test_a_cancelled_coroutine_may_close_what_it_has_opened() -> None:
    closed = []

    async def careful() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            closed.append("connection")

    with pytest.raises(TimeoutError):
        await within(0.01, careful())
    assert closed == ["connection"]


async def test_one_that_ignores_its_cancellation_is_abandoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadlines, "GRACE_SECONDS", 0.02)
    cancellations = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancellations.append("ignored")

    with pytest.raises(TimeoutError):
        await within(0.01, stubborn())
    assert cancellations == ["ignored"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_cancelling_from_outside_reaches_the_coroutine() -> None:
    heard = []

    async def listening() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    task = asyncio.create_task(within(3600, listening()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard == ["cancelled"]
