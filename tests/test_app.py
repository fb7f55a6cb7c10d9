"""Do the parts work together: start, stop, health, and what happens beside a running server?"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from aiohttp import WSMsgType, web
from sqlalchemy import select

import refdesk.app
from refdesk import Offer, Question, hookimpl
from refdesk.app import App, Extras
from refdesk.core.channels.adapter import Adapter, Capabilities
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.core.outbox.tables import OutboxRow
from refdesk.deployment import open_deployment
from refdesk.errors import DeploymentBusyError, NotFoundError, PluginError
from refdesk.knowledge_base import make_entry
from refdesk.storage import ServerLock, prepare
from refdesk.testing import FakeChannel, FakeClock, Library, MakeLibrary
from tests.reader_page import said, serving

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
SENT = prepare(select(_O.c.state, _O.c.reason).order_by(_O.c.seq))
PRINTING = make_entry("print", "Where can I print?", "Beside the stairs.", language="en")


async def status(library: Library, path: str) -> tuple[int, str]:
    async with serving(library.app.server) as pages:
        answer = await pages.session.get(pages.address + path)
        return answer.status, await answer.text()


async def test_health_says_how_far_the_start_has_come(library: MakeLibrary) -> None:
    asked = library()
    assert (await status(asked, "/readyz"))[0] == 503
    assert (await status(asked, "/healthz"))[0] == 200
    await asked.app.start()
    assert await asked.app.readiness() == "ready"
    await asked.app.stop()
    assert await asked.app.readiness() == "stopping"


async def test_health_and_metrics_answer_scripts(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    assert await status(asked, "/readyz") == (200, '{"status": "ready"}')
    assert "python_info" in (await status(asked, "/metrics"))[1]
    await asked.app.stop()


async def test_a_second_server_on_the_same_folder_is_refused(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire = ServerLock.acquire
    monkeypatch.setattr(ServerLock, "acquire", lambda lock: acquire(lock, patience_seconds=0.0))
    first = library()
    await first.app.start()
    second = refdesk.app.App(first.deployment)
    with pytest.raises(DeploymentBusyError):
        await second.start()
    await first.app.stop()
    await second.start()
    await second.stop()


async def test_a_base_path_stands_before_every_address(library: MakeLibrary) -> None:
    asked = library(settings='[web]\npublic_url = "https://library.example.edu/ask"\n')
    code, page = await status(asked, "/ask/chat")
    assert code == 200
    assert "/ask/static/" in page
    assert (await status(asked, "/chat"))[0] == 404
    assert (await status(asked, "/healthz"))[0] == 200


def test_two_components_on_one_address_stop_the_start(library: MakeLibrary) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response()

    @hookimpl
    def register_routes() -> list[web.RouteDef]:
        return [web.get("/chat", page)]

    twin = ModuleType("twin")
    twin.register_routes = register_routes  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="Two components serve GET /chat"):
        library(twin)


def test_a_channel_that_is_switched_off_says_so(library: MakeLibrary) -> None:
    asked = library(settings='[adapters]\ndisabled = ["console"]\n')
    with pytest.raises(NotFoundError, match="console does not run: switched off"):
        asked.app.adapter("console")


async def test_pages_are_told_to_come_back_when_the_server_stops(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.start()
    async with serving(asked.app.server) as pages:
        page = await pages.open()
        await page.hello()
        stopping = asyncio.create_task(asked.app.stop())
        message = await page.socket.receive()
        assert message.type is WSMsgType.CLOSE
        assert page.socket.close_code == 1012
        await stopping


async def test_stopping_waits_for_the_answers_under_way(library: MakeLibrary) -> None:
    @hookimpl
    async def answer_question(question: Question) -> Offer:
        await asyncio.sleep(0.05)
        return Offer(f"answer to {question.text}", 0.9)

    slow = ModuleType("slow")
    slow.answer_question = answer_question  # type: ignore[attr-defined]
    asked = library(slow)
    await asked.app.start()
    message = InboundMessage("web_chat", "r1", "k1", "a question", 0.0, "en")
    accepted = await asked.app.gateway.accept(message)
    await asked.app.stop()
    events = await asked.app.desk.reading.events(accepted.consultation, 1)
    assert [event.sender for event in events] == ["bot"]


async def test_entries_changed_by_a_command_are_found_by_the_running_server(
    library: MakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refdesk.app, "FOLLOW_SECONDS", 0.01)
    asked = library()
    await asked.app.start()
    assert "found no answer" in await asked.ask("Where can I print?")
    beside = await asyncio.to_thread(open_deployment, asked.deployment.folder)
    await asyncio.to_thread(beside.knowledge_base.put, [PRINTING], "a command")
    await asyncio.to_thread(beside.close)
    async with asyncio.timeout(20):
        while "Beside the stairs" not in await asked.ask("Where can I print?", "another reader"):
            await asked.ask("back", "another reader")
    await asked.app.stop()


async def test_a_background_loop_that_fails_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def failing_twice() -> None:
        tries.append("tried")
        if len(tries) < 3:
            raise OSError

    sleep = asyncio.sleep
    monkeypatch.setattr(refdesk.app.asyncio, "sleep", lambda _seconds: sleep(0))
    await refdesk.app._forever(failing_twice)
    assert len(tries) == 3


def sent(library: Library) -> list[tuple[str, str | None]]:
    rows = library.deployment.database.read_blocking(lambda tx: tx.all(SENT))
    return [(row["state"], row["reason"]) for row in rows]


async def test_a_channel_without_a_log_of_its_own_is_sent_to(
    library: MakeLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = library()
    console = asked.app.adapter("console")
    message = console.decode("hello")
    assert message is not None
    await asked.app.gateway.accept(message)
    await asked.app.settle()
    assert sent(asked) == [("accepted", None)]
    assert "Hello!" in capsys.readouterr().out
    await asked.app.settle()
    assert capsys.readouterr().out == "", "nothing is sent twice"


async def test_a_reader_who_is_gone_is_an_honest_failure(library: MakeLibrary) -> None:
    asked = library()
    await asked.app.gateway.accept(InboundMessage("console", "gone", "k", "hello", 0.0, "en"))
    await asked.app.settle()
    assert sent(asked) == [("failed", "this reader's terminal is closed")]


async def test_what_was_being_sent_in_a_crash_is_unknown_and_not_sent_again(
    library: MakeLibrary,
) -> None:
    kiosk = FakeChannel()
    asked = library(adapters={"kiosk": kiosk}, clock=FakeClock())
    kiosk.answers("accepted, then silence")
    talking = asyncio.create_task(asked.reader("anna", channel="kiosk").says("hello"))
    await until(lambda: bool(kiosk.attempts))
    asked.faults.kill()
    await talking
    await asked.restarted()
    await asked.advance(hours=1)
    ((state, reason),) = sent(asked)
    assert (state, bool(reason)) == ("unknown", True)
    assert len(kiosk.attempts) == 1


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - the platform is only looked at
            await asyncio.sleep(0.01)


async def test_a_reader_and_a_server_that_has_been_restarted(library: MakeLibrary) -> None:
    asked = library(entries=[PRINTING])
    await asked.app.start()
    async with serving(asked.app.server) as pages:
        page = await pages.open()
        await page.hello()
        await page.say("hello")
        await page.event("bot")
    await asked.app.stop()
    again = refdesk.app.App(asked.deployment)
    await again.start()
    async with serving(again.server) as pages:
        returned = await pages.open()
        welcome = await returned.hello(page.token, page.consultation, page.last_seen)
        assert welcome["consultation"] == page.consultation
        await returned.say("Where can I print?")
        assert said(await returned.event("bot")).startswith("Beside the stairs")
        assert [event["seq"] for event in returned.events] == [3, 4]
    await again.stop()


class Asking(Adapter):
    """A platform that has to be asked, and whose line breaks once."""

    capabilities = Capabilities(delivery="event log")
    asked: ClassVar[list[str]] = []
    arrived: ClassVar[asyncio.Event]

    def decode(self, raw: Any) -> InboundMessage:
        return InboundMessage(self.account, "somebody", str(raw), str(raw), self.gateway.now())

    def encode(self, event: Event) -> list[Any]:
        return [event]

    async def run(self) -> None:
        self.asked.append(self.account)
        if len(self.asked) == 1:
            raise ConnectionError("the line broke")
        await self.gateway.accept(self.decode("hello"))
        self.arrived.set()


async def test_the_server_asks_platforms_that_have_to_be_asked_and_does_so_again_after_a_failure(
    tmp_path: Path,
) -> None:
    Asking.arrived = asyncio.Event()
    deployment = open_deployment(tmp_path)
    app = App(deployment, Extras(adapters={"asking": Asking}))
    await app.start()
    async with asyncio.timeout(30):
        await Asking.arrived.wait()
    assert await app.desk.reading.open_consultation("asking", "somebody")
    assert Asking.asked == ["asking", "asking"]
    await app.stop()
    deployment.close()


@hookimpl
async def ask_the_living_source(question: Question) -> Offer | None:
    return Offer("Printer 3 is broken today.", 0.9) if question.mentions("print") else None


async def test_a_plugin_that_asks_a_living_source_goes_before_a_written_entry(
    library: MakeLibrary,
) -> None:
    living = ModuleType("living")
    living.answer_question = ask_the_living_source  # type: ignore[attr-defined]
    assert "Beside the stairs." in await library(entries=[PRINTING]).ask("Where can I print?")
    both = library(living, entries=[PRINTING])
    assert "Printer 3 is broken today." in await both.ask("Where can I print?")


async def test_below_a_base_path_the_address_without_its_slash_leads_to_the_start_page(
    library: MakeLibrary,
) -> None:
    asked = library(settings='[web]\npublic_url = "https://library.example.edu/ask"\n')
    async with serving(asked.app.server) as pages:
        answer = await pages.session.get(f"{pages.address}/ask", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (308, "/ask/")
