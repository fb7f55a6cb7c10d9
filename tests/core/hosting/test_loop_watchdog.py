"""Is the one who blocks the event loop named?"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from refdesk import Consultation, Offer, PluginContext, Question, State, hookimpl
from refdesk.core import hookspecs
from refdesk.core.hosting.loop_watchdog import LoopWatchdog
from refdesk.core.hosting.plugin_frames import Standing
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_tasks import tell_whose_tasks
from refdesk.core.plugin_context import Surroundings

Logged = list[dict[str, object]]
Zoo = Callable[[str], ModuleType]
PATIENCE_SECONDS = 20.0


class Watched:
    """A host under a watchdog; `seen` is set in the watchdog's thread, `over` in the loop."""

    def __init__(self) -> None:
        self.host = PluginHost(deadline_seconds=PATIENCE_SECONDS)
        self.seen = threading.Event()
        self.over = asyncio.Event()
        self.seconds = 0.0
        self.dog: LoopWatchdog | None = None

    def watch(self) -> None:
        self.dog = LoopWatchdog(0.05, self.host.files(), self._found, self._ended)
        self.dog.start()
        tell_whose_tasks(asyncio.get_running_loop())

    def _found(self, standing: Standing) -> None:
        self.host.blocking(standing)
        self.seen.set()

    def _ended(self, standing: Standing, seconds: float) -> None:
        self.host.blocked(standing, seconds)
        self.seconds = seconds
        self.over.set()

    async def ask(self) -> list[object]:
        answered = await self.host.ask_all(
            hookspecs.answer_question,
            question=Question("Is it quiet?", "en"),
            consultation=Consultation("c1", "web_chat", "r1", State.SELF_SERVICE, "en", 1),
            context=PluginContext("", "en", 0.0, Surroundings({}, {}, None, {})),
        )
        return [one.value.answer for one in answered]

    async def until_over(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.over.wait()
        self.over.clear()
        self.seen.clear()


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    if made.dog is not None:
        made.dog.stop()


def blocking(watched: Watched, name: str = "slow") -> ModuleType:
    """A plugin that blocks the loop until the watchdog has seen it."""

    @hookimpl
    async def answer_question() -> Offer:
        assert watched.seen.wait(PATIENCE_SECONDS)
        return Offer("At last.", 0.9)

    module = ModuleType(name)
    module.answer_question = answer_question  # type: ignore[attr-defined]
    return module


def lines(logged: Logged, event: str) -> list[dict[str, object]]:
    return [line for line in logged if line["event"] == event]


async def test_the_plugin_that_blocks_the_loop_is_named_with_its_hook_and_line(
    watched: Watched, logged: Logged
) -> None:
    watched.host.register("slow", blocking(watched))
    watched.watch()
    assert await watched.ask() == ["At last."]
    await watched.until_over()
    (blocked,) = lines(logged, "event_loop_blocked")
    assert (blocked["plugin"], blocked["hook"]) == ("slow", "answer_question")
    assert "test_loop_watchdog.py:" in str(blocked["steps"])
    assert "threading.py:" in str(blocked["where"])
    (over,) = lines(logged, "event_loop_goes_on")
    assert over["plugin"] == "slow"
    assert watched.seconds >= 0.05


async def test_blocked_time_is_counted_with_the_hook(watched: Watched) -> None:
    watched.host.register("slow", blocking(watched))
    watched.watch()
    await watched.ask()
    await watched.until_over()
    (count,) = watched.host.statistics()
    assert (count.plugin, count.hook, count.calls, count.failures) == (
        "slow",
        "answer_question",
        1,
        1,
    )
    assert count.blocked_seconds == watched.seconds


async def test_one_that_blocks_again_and_again_is_set_aside(watched: Watched) -> None:
    watched.host.register("slow", blocking(watched))
    watched.watch()
    for _ in range(5):
        assert await watched.ask() == ["At last."]
        await watched.until_over()
    assert watched.host.condition("slow") == "set aside"
    assert await watched.ask() == []


async def test_a_task_that_a_plugin_has_started_is_named_too(
    watched: Watched, logged: Logged
) -> None:
    async def poll_catalogue() -> None:
        watched.seen.wait(PATIENCE_SECONDS)

    @hookimpl
    async def answer_question() -> None:
        module.task = asyncio.create_task(poll_catalogue())  # type: ignore[attr-defined]

    module = ModuleType("polls")
    module.answer_question = answer_question  # type: ignore[attr-defined]
    watched.host.register("polls", module)
    watched.watch()
    await watched.ask()
    await watched.until_over()
    (blocked,) = lines(logged, "event_loop_blocked")
    assert blocked["plugin"] == "polls"
    assert "poll_catalogue" in str(blocked["hook"])


async def test_a_timer_of_a_plugin_is_named_by_the_file_it_comes_from(
    watched: Watched, zoo: Zoo, logged: Logged
) -> None:
    animal = zoo("blocks_in_a_timer")
    animal.seen = watched.seen
    watched.host.register("blocks_in_a_timer", animal)
    watched.watch()
    await watched.ask()
    await watched.until_over()
    (blocked,) = lines(logged, "event_loop_blocked")
    assert (blocked["plugin"], blocked["hook"]) == ("blocks_in_a_timer", "outside its hooks")


async def test_blocking_that_is_nobodys_is_reported_without_a_name(
    watched: Watched, logged: Logged
) -> None:
    watched.watch()
    assert watched.seen.wait(PATIENCE_SECONDS)
    await watched.until_over()
    (blocked,) = lines(logged, "event_loop_blocked")
    assert blocked["plugin"] == ""


async def test_one_that_waits_as_it_should_is_not_accused(watched: Watched, logged: Logged) -> None:
    @hookimpl
    async def answer_question() -> Offer:
        await asyncio.sleep(0.3)  # six times what a blockage takes to be seen
        return Offer("Patiently.", 0.9)

    module = ModuleType("patient")
    module.answer_question = answer_question  # type: ignore[attr-defined]
    watched.host.register("patient", module)
    watched.watch()
    assert await watched.ask() == ["Patiently."]
    assert [line for line in lines(logged, "event_loop_blocked") if line["plugin"]] == []
