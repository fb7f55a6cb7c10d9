"""Does the kit for plugin authors do what its documentation shows?"""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import refdesk.testing
from refdesk import Offer, PluginContext, Question, hookimpl
from refdesk.core.channels.capabilities import Capabilities, SendResult
from refdesk.knowledge_base import make_entry
from refdesk.testing import FakeChannel, FakeClock, MakeLibrary, Sent


@pytest.fixture
def seats() -> ModuleType:
    """A plugin as its author writes it: a module with one hook."""

    @hookimpl
    async def answer_question(question: Question) -> Offer | None:
        if question.mentions("seat", "座位"):
            return Offer("12 seats are free now.", confidence=0.9, source="Seat system")
        return None

    module = ModuleType("refdesk_seats")
    module.answer_question = answer_question
    return module


async def test_a_plugin_is_asked_and_answers(library: MakeLibrary, seats: ModuleType) -> None:
    assert "12 seats" in await library(seats).ask("Is there a free seat?")


async def test_built_in_plugins_answer_beside_it(library: MakeLibrary, seats: ModuleType) -> None:
    entry = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")
    asked = library(seats, entries=[entry])
    assert "Beside the stairs" in await asked.ask("Where can I print?")


async def test_settings_are_those_of_the_test(library: MakeLibrary) -> None:
    asked = library(settings='[library]\nname = { en = "Riverside Library" }\n')
    assert "Riverside Library" in await asked.ask("hello")


def test_the_kit_opens_nothing_before_it_is_used() -> None:
    code = "import refdesk.testing, sys; print(*sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", code], text=True, timeout=60)
    loaded = {name.split(".")[0] for name in printed.split()}
    assert not loaded & {"aiohttp", "sqlalchemy", "pydantic", "whoosh", "hypothesis"}
    assert not [
        name for name in printed.split() if name.startswith(("refdesk.app", "refdesk.core"))
    ]


def test_every_public_name_of_the_kit_has_a_home() -> None:
    for name in refdesk.testing.__all__:
        assert getattr(refdesk.testing, name) is not None
    with pytest.raises(AttributeError, match="no public name 'FakeChanel'"):
        refdesk.testing.FakeChanel  # noqa: B018 - the access is what is tested


async def test_a_fake_channel_delivers_and_is_sent_to(library: MakeLibrary) -> None:
    channel = FakeChannel()
    asked = library(adapters={"kiosk": channel})
    accepted = await channel.delivers("anna", "hello", key="k1")
    await asked.app.settle()
    again = await channel.delivers("anna", "hello", key="k1")
    await asked.app.settle()
    assert accepted is not None
    assert again is not None
    assert (accepted.arrival, again.arrival) == ("new", "repeat")
    (sent,) = channel.sent["anna"]
    assert sent.text.startswith("Hello! I am the automatic assistant")
    assert sent.key


async def test_a_fake_channel_keeps_to_its_capabilities(library: MakeLibrary) -> None:
    small = FakeChannel(Capabilities(text_limit=40, text_unit="bytes"))
    asked = library(adapters={"kiosk": small})
    await small.delivers("anna", "what is the meaning of life?")
    await asked.app.settle()
    assert len(small.sent["anna"]) > 1
    assert all(len(sent.text.encode()) <= 40 for sent in small.sent["anna"])
    assert "1. Ask a librarian" in "".join(sent.text for sent in small.sent["anna"])


async def test_a_fake_channel_says_what_it_is_told(library: MakeLibrary) -> None:
    channel, clock = FakeChannel(), FakeClock()
    asked = library(adapters={"kiosk": channel}, clock=clock)
    channel.answers(SendResult("retry", retry_seconds=30))
    await channel.delivers("anna", "hello")
    await asked.app.settle()
    assert not channel.sent
    clock.advance(31)
    await asked.app.settle()
    assert len(channel.sent["anna"]) == 1
    assert len(channel.attempts) == 2


async def test_a_call_of_another_system_leaves_no_connection_open(library: MakeLibrary) -> None:
    async def tell(_request: web.Request) -> web.Response:
        return web.json_response({"free": 12})

    @hookimpl
    async def answer_question(context: PluginContext) -> Offer:
        told = await context.http.get_json(str(server.make_url("/free")))
        return Offer(f"{told['free']} seats are free now.", 0.9)

    application = web.Application()
    application.router.add_get("/free", tell)
    async with TestServer(application) as server:
        settings = f'[plugins]\nlocal_services = ["127.0.0.1:{server.port}"]\n'
        asked = library(SimpleNamespace(answer_question=answer_question), settings=settings)
        readers = [asked.reader(name) for name in ("anna", "ben")]
        await asyncio.gather(*(reader.says("Is there a free seat?") for reader in readers))
        for reader in readers:
            reader.expects("12 seats")
    # What is left open is a warning at the end, and a warning is an error here.


async def test_a_platform_that_waits_is_answered_on_its_request(library: MakeLibrary) -> None:
    channel = FakeChannel(Capabilities(passive_reply_seconds=5))
    asked = library(adapters={"kiosk": channel})
    raw = channel.written("anna", "hello")
    await asyncio.gather(*(channel.delivers_raw(raw) for _copy in range(3)))
    await asked.settle()
    assert [sent.key for sent in channel.sent["anna"]] == [""], "not by a send"
    assert channel.attempts == []


async def test_what_arrives_again_out_of_order_is_answered_once(library: MakeLibrary) -> None:
    channel = FakeChannel()
    asked = library(adapters={"kiosk": channel})
    first, second = channel.written("anna", "hello"), channel.written("anna", "thanks")
    for raw in (second, first, second):
        await channel.delivers_raw(raw)
        await asked.settle()
    assert [sent.text.split()[0] for sent in channel.sent["anna"]] == ["You", "Hello!"]


async def test_a_send_that_is_never_confirmed_arrives_all_the_same(library: MakeLibrary) -> None:
    channel = FakeChannel(Capabilities(send_seconds=0.05))
    asked = library(adapters={"kiosk": channel})
    channel.answers("accepted, then silence", "silence")
    for reader in ("anna", "ben"):
        await channel.delivers(reader, "hello")
        await asked.settle()
    assert list(channel.sent) == ["anna"]
    assert [one.address for one in channel.attempts] == ["anna", "ben"]


async def test_a_platform_that_knows_keys_shows_a_message_once() -> None:
    channel = FakeChannel(Capabilities(idempotent_send="by key"))
    for _twice in range(2):
        await channel.takes("anna", Sent("hello", key="c1.2"))
    assert len(channel.sent["anna"]) == 1
    assert len(channel.attempts) == 2


def test_time_passes_when_a_test_says_so() -> None:
    clock = FakeClock(datetime(2026, 3, 16, 10, tzinfo=UTC))
    before = (clock.now(), clock.monotonic())
    clock.advance(30, minutes=2, hours=1, days=1)
    span = 30 + 120 + 3600 + 86400
    assert (clock.now(), clock.monotonic()) == (before[0] + span, before[1] + span)


def test_a_clock_that_is_set_measures_spans_as_before() -> None:
    clock = FakeClock(1000.0)
    spans = clock.monotonic()
    clock.jump(-600)
    assert (clock.now(), clock.monotonic()) == (400.0, spans)


def test_time_does_not_run_backwards_and_has_a_zone() -> None:
    with pytest.raises(ValueError, match="jump"):
        FakeClock().advance(-1)
    with pytest.raises(ValueError, match="zone"):
        FakeClock(datetime(2026, 3, 16, 10))  # noqa: DTZ001 - the mistake that is refused
