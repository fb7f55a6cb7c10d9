"""Can a plugin be switched off and on while the program runs, with all that it has left behind?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from refdesk import Command, Offer, PluginContext, hookimpl
from refdesk.errors import NotFoundError, RefusedError
from refdesk.testing import FakeChannel, FakeClock, MakeLibrary
from refdesk.testing.library import Library

Zoo = Callable[[str], ModuleType]
Logged = list[dict[str, object]]


def plugin(name: str, *hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType(name)
    for hook in hooks:
        setattr(module, hook.__name__, hookimpl(hook))
    return module


def seats() -> ModuleType:
    """A plugin with an offer, a command, a button and a page."""

    async def show(_call: object, _context: object) -> str:
        return "Seats: 12."

    async def page(_request: web.Request) -> web.Response:
        return web.json_response({"free": 12})

    async def live(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _message in socket:
            await socket.send_str("12")
        return socket

    async def answer_question() -> Offer:
        return Offer("12 seats are free.", 0.9)

    def register_commands() -> list[Command]:
        return [Command("seats.show", show, {"en": ("/seats",)})]

    def register_routes() -> list[web.RouteDef]:
        return [web.get("/seats", page), web.get("/seats/live", live)]

    return plugin("seats", answer_question, register_commands, register_routes)


@asynccontextmanager
async def running(library: Library) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    await library.app.start()
    try:
        async with TestClient(TestServer(library.app.server)) as client:
            yield client
    finally:
        await library.app.stop()


async def test_everything_of_a_plugin_is_gone_at_once_and_back_again(
    library: MakeLibrary,
) -> None:
    asked = library(seats())
    host = asked.app.host
    async with running(asked) as client:
        assert await asked.ask("Is there a seat?") == "12 seats are free."
        assert await asked.ask("/seats") == "Seats: 12."
        await host.switch("seats", "off")
        assert host.condition("seats") == "off"
        assert "seats are free" not in await asked.ask("Is there a seat?", reader="two")
        assert "Seats: 12" not in await asked.ask("/seats", reader="three")
        (pressed,) = await asked.say("", reader="four", action="seats.show")
        assert "no longer works" in str(pressed.parts)
        assert (await client.get("/seats")).status == 404
        await host.switch("seats", "on")
        assert await asked.ask("Is there a seat?", reader="five") == "12 seats are free."
        assert (await client.get("/seats")).status == 200


async def test_a_plugin_can_be_off_for_one_channel_account_only(library: MakeLibrary) -> None:
    phone = FakeChannel()
    asked = library(seats(), adapters={"phone": phone})
    await asked.app.host.switch("seats", "off", account="phone")
    assert asked.app.host.condition("seats") == "working"
    assert await asked.ask("Is there a seat?") == "12 seats are free."
    lin = asked.reader("lin", channel="phone")
    await lin.says("Is there a seat?")
    assert "seats are free" not in repr(lin.heard)


async def test_an_open_page_of_a_plugin_ends_when_it_is_switched_off(
    library: MakeLibrary,
) -> None:
    asked = library(seats())
    async with running(asked) as client:
        socket = await client.ws_connect("/seats/live")
        await socket.send_str("?")
        assert await socket.receive_str(timeout=10) == "12"
        await asked.app.host.switch("seats", "off")
        assert (await socket.receive(timeout=10)).type.name in {"CLOSE", "CLOSED", "ERROR"}


async def test_a_leaked_task_ends_with_its_plugin_and_is_named(
    library: MakeLibrary, zoo: Zoo, logged: Logged
) -> None:
    animal = zoo("leaks_a_task")
    asked = library(animal)
    async with running(asked):
        assert await asked.ask("Is there a seat?") == "Polling."
        assert len(asked.app.host.work_of("leaks_a_task").tasks) == 1
        await asked.app.host.switch("leaks_a_task", "off")
        (task,) = animal.tasks
        assert task.cancelled()
        assert {"plugin": "leaks_a_task", "task": "poll"}.items() <= next(
            line for line in logged if line["event"] == "plugin_task_ended"
        ).items()


async def test_leaked_tasks_end_when_the_program_stops(library: MakeLibrary, zoo: Zoo) -> None:
    animal = zoo("leaks_a_task")
    asked = library(animal)
    async with running(asked):
        await asked.ask("Is there a seat?")
    (task,) = animal.tasks
    assert task.cancelled()


async def test_a_task_that_tries_to_end_the_program_ends_only_itself(
    library: MakeLibrary, zoo: Zoo
) -> None:
    animal = zoo("ends_the_program_in_a_task")
    asked = library(animal)
    async with running(asked):
        assert await asked.ask("Is there a seat?") == "Leaving."
        (task,) = animal.tasks
        await asyncio.wait({task})
        assert type(task.exception()).__name__ == "PluginError"
        assert await asked.ask("hello", reader="two")


async def test_what_a_plugin_keeps_open_is_opened_once_and_closed_with_it(
    library: MakeLibrary,
) -> None:
    happened: list[str] = []

    @asynccontextmanager
    async def connection() -> AsyncIterator[str]:
        happened.append("opened")
        async with asyncio.TaskGroup():  # must be left by the task that entered it
            yield "line"
        happened.append("closed")

    async def answer_question(context: PluginContext) -> Offer:
        return Offer(f"On the {await context.opened(connection)}.", 0.9)

    asked = library(plugin("catalogue", answer_question))
    async with running(asked):
        assert await asked.ask("Is there a seat?") == "On the line."
        assert await asked.ask("And here?") == "On the line."
        assert happened == ["opened"]
        await asked.app.host.switch("catalogue", "off")
        assert happened == ["opened", "closed"]
        await asked.app.host.switch("catalogue", "on")
        assert await asked.ask("And now?") == "On the line."
    assert happened == ["opened", "closed", "opened", "closed"]


async def test_an_opening_that_fails_costs_the_answer_and_is_tried_again(
    library: MakeLibrary,
) -> None:
    broken = [True]

    @asynccontextmanager
    async def connection() -> AsyncIterator[str]:
        if broken:
            raise OSError
        yield "line"

    async def answer_question(context: PluginContext) -> Offer:
        return Offer(f"On the {await context.opened(connection)}.", 0.9)

    asked = library(plugin("catalogue", answer_question))
    async with running(asked):
        assert "line" not in await asked.ask("Is there a seat?")
        broken.clear()
        assert await asked.ask("Is there a seat?", reader="two") == "On the line."


async def test_what_does_not_close_is_named_and_left_behind(
    library: MakeLibrary, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refdesk.core.hosting.plugin_resources.CLOSE_SECONDS", 0.02)
    released = asyncio.Event()

    @asynccontextmanager
    async def stubborn() -> AsyncIterator[str]:
        yield "line"
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async def answer_question(context: PluginContext) -> Offer:
        return Offer(await context.opened(stubborn), 0.9)

    asked = library(plugin("catalogue", answer_question))
    async with running(asked):
        await asked.ask("Is there a seat?")
        await asked.app.host.switch("catalogue", "off")
        named = [line for line in logged if line["event"] == "plugin_resource_does_not_close"]
        assert named[0]["plugin"] == "catalogue"
        released.set()


async def test_switches_are_kept_over_a_restart(library: MakeLibrary) -> None:
    asked = library(seats(), clock=FakeClock())
    await asked.app.switches.turn("seats", "off", "", by="ada")
    await asked.advance(seconds=1)
    assert asked.app.host.condition("seats") == "off"
    await asked.restarted()
    assert asked.app.host.condition("seats") == "off"
    await asked.app.switches.turn("seats", "on", "", by="ada")
    await asked.advance(seconds=1)
    assert await asked.ask("Is there a seat?") == "12 seats are free."


@pytest.mark.parametrize("indispensable", ["desk", "handoff"])
async def test_what_readers_and_librarians_cannot_do_without_stays_on(
    indispensable: str, library: MakeLibrary
) -> None:
    with pytest.raises(RefusedError, match="stays on"):
        await library().app.switches.turn(indispensable, "off", "", by="ada")


async def test_switching_what_is_not_there_is_an_error(library: MakeLibrary) -> None:
    with pytest.raises(NotFoundError, match="no plugin pigeon"):
        await library().app.host.switch("pigeon", "off")


async def test_switching_on_forgives_earlier_failures(library: MakeLibrary, zoo: Zoo) -> None:
    asked = library(zoo("raises"))
    host = asked.app.host
    for _ in range(5):
        await asked.ask("Is there a seat?", reader=str(_))
    assert host.condition("raises") == "set aside"
    await host.switch("raises", "off")
    await host.switch("raises", "on")
    assert host.condition("raises") == "working"


async def test_a_page_of_a_plugin_that_hangs_is_given_up(
    library: MakeLibrary, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refdesk.core.hosting.plugin_requests.ANSWER_SECONDS", 0.05)

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    def register_routes() -> list[web.RouteDef]:
        return [web.get("/hangs", hang)]

    async with running(library(plugin("hangs", register_routes))) as client:
        answer = await client.get("/hangs")
        assert (answer.status, (await answer.json())["error"]) == (503, "not_now")
    failed = next(line for line in logged if line["event"] == "plugin_failed")
    assert (failed["plugin"], failed["hook"]) == ("hangs", "GET /hangs")


@pytest.mark.parametrize("error", [ValueError, SystemExit, RecursionError])
async def test_a_page_of_a_plugin_that_fails_costs_only_itself_and_is_named(
    error: type[BaseException], library: MakeLibrary, logged: Logged
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        raise error("secret words")

    def register_routes() -> list[web.RouteDef]:
        return [web.get("/fails", fail)]

    asked = library(plugin("fails", register_routes))
    async with running(asked) as client:
        for _ in range(6):
            answer = await client.get("/fails")
            assert answer.status == 500
        assert "secret" not in await answer.text()
        assert (await client.get("/healthz")).status == 200
        assert asked.app.host.condition("fails") == "working", "visitors set no plugin aside"
        (count,) = asked.app.host.statistics()
        assert (count.hook, count.calls, count.failures) == ("GET /fails", 6, 6)
    assert {line["plugin"] for line in logged if line["event"] == "request_failed"} == {"fails"}


async def test_the_names_of_switched_off_plugins_from_another_server_do_no_harm(
    library: MakeLibrary,
) -> None:
    asked = library(seats())
    await asked.app.switches.turn("elsewhere", "off", "", by="ada")
    await asked.app.switches.apply(asked.app.host)
    assert await asked.ask("Is there a seat?") == "12 seats are free."
