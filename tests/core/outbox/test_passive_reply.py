"""Does an answer go back on the request that asked, in time, once, and on every copy of it?

Over real HTTP on loopback. The platform's five seconds are half a second here, and two where a test
must not be late on a busy machine. With the real times: benchmarks/passive_reply.py.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import select

from refdesk import Choice, Offer, Option, Question, Text, hookimpl
from refdesk.core.channels.adapter import Adapter, Capabilities, SendResult
from refdesk.core.channels.degrading import as_texts
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.core.outbox.tables import OutboxRow
from refdesk.storage import prepare
from refdesk.testing import Library, MakeLibrary
from tests.reader_page import serving

_O: Any = OutboxRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it at run time
ROWS = prepare(select(_O).order_by(_O.c.seq))
WINDOW = 0.5
CONFIRMS = {"confirms": True}
PUSHED: list[str] = []


def platform(window: float) -> type[Adapter]:
    """Return a platform that waits so long for its webhook, and can be called as well."""

    class OfWindow(Passive):
        capabilities = Capabilities(
            text_limit=200,
            passive_reply_seconds=window,
            passive_margin_seconds=window * 0.14,
            messages_per_inbound=5,
            push_window_seconds=3600.0,
        )

    return OfWindow


class Passive(Adapter):
    def decode(self, raw: Any) -> InboundMessage | None:
        return InboundMessage(
            self.account, raw["from"], raw["id"], raw["text"], self.gateway.now(), "en"
        )

    def encode(self, event: Event) -> list[str]:
        return [] if event.sender == "reader" else as_texts(event, self.capabilities)

    async def send(self, target: str, payload: str, key: str) -> SendResult:
        del target, key
        PUSHED.append(payload)
        return SendResult("accepted")

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"/channels/{self.account}", self.receive)]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        deadline = self.gateway.now() + self.capabilities.passive_reply_seconds
        message = self.decode(await request.json())
        assert message is not None
        rid = await self.gateway.reader_at(self.account, message.rid)
        message = replace(message, rid=rid)
        events = await self.gateway.passive_reply(message, deadline)
        words = [text for event in events or [] for text in self.encode(event)]
        response = web.json_response({"reply": words})
        await response.prepare(request)
        await response.write_eof()
        if events and CONFIRMS["confirms"]:
            await self.gateway.passive_reply_sent(message)
        return response


@dataclass
class Slow:
    """A plugin that takes its time, and counts how often it is asked."""

    seconds: float
    asked: list[str] = field(default_factory=list)
    answer: tuple[Any, ...] = (Text("It is on the third floor."),)

    def module(self) -> ModuleType:
        @hookimpl
        async def answer_question(question: Question) -> Offer:
            self.asked.append(question.text)
            await asyncio.sleep(self.seconds)
            return Offer(self.answer, 0.9)

        made = ModuleType("slow")
        made.answer_question = answer_question  # type: ignore[attr-defined]
        return made


@dataclass
class Asked:
    library: Library
    session: ClientSession
    address: str

    async def webhook(self, key: str = "m1", text: str = "Where is the map room?") -> list[str]:
        """Deliver a message as the platform does; it gives up after its window."""
        raw = {"id": key, "from": "openid-1", "text": text}
        async with asyncio.timeout(20):
            started = asyncio.get_running_loop().time()
            async with self.session.post(self.address, json=raw) as answer:
                assert answer.status == 200
                replied: list[str] = (await answer.json())["reply"]
                self.took = asyncio.get_running_loop().time() - started
                return replied

    async def all_sent(self) -> None:
        """Wait for the turn and what has to be held, and let the outbox send."""
        await self.library.app.settle()
        await asyncio.sleep(WINDOW)
        await self.library.app.settle()

    async def becomes(self, rows: list[tuple[str, str]]) -> None:
        """Wait for what is noted only after the platform has its answer."""
        for _ in range(1000):
            if self.rows() == rows:
                return
            await asyncio.sleep(0.02)
        assert self.rows() == rows

    def rows(self) -> list[tuple[str, str]]:
        found = self.library.deployment.database.read_blocking(lambda tx: tx.all(ROWS))
        return [(row["state"], row["route"]) for row in found]


Ask = Callable[..., Any]


@pytest.fixture
async def ask(library: MakeLibrary) -> AsyncIterator[Ask]:
    PUSHED.clear()
    CONFIRMS["confirms"] = True
    stack: list[Any] = []

    async def make(slow: Slow, window: float = WINDOW) -> Asked:
        made = library(
            slow.module(),
            adapters={"passive": platform(window)},
            settings="[plugins]\ndeadline_seconds = 15\n[answers]\nfragment_seconds = 0\n",
        )
        pages = serving(made.app.server)
        stack.append(pages)
        served = await pages.__aenter__()
        return Asked(made, served.session, f"{served.address}/channels/passive")

    yield make
    for pages in stack:
        await pages.__aexit__(None, None, None)


async def test_a_quick_answer_goes_back_on_the_request(ask: Ask) -> None:
    slow = Slow(0.01)
    asked = await ask(slow)
    assert await asked.webhook() == ["It is on the third floor."]
    await asked.becomes([("accepted", "passive:1")])
    await asked.all_sent()
    assert PUSHED == []


@pytest.mark.parametrize("seconds", [0.01, 0.6])
async def test_three_overlapping_copies_run_it_once_and_all_get_it(
    ask: Ask, seconds: float
) -> None:
    slow = Slow(seconds)
    asked = await ask(slow, window=2.0)

    async def later(pause: float) -> list[str]:
        await asyncio.sleep(pause)
        return await asked.webhook()

    replies = await asyncio.gather(later(0), later(0.02), later(0.04))
    assert replies == [["It is on the third floor."]] * 3
    await asked.all_sent()
    assert len(slow.asked) == 1
    assert PUSHED == []
    assert asked.rows() == [("accepted", "passive:1")]


async def test_a_late_answer_is_sent_and_every_copy_acknowledged(ask: Ask) -> None:
    slow = Slow(1.5)
    asked = await ask(slow)
    replies = await asyncio.gather(asked.webhook(), asked.webhook(), asked.webhook())
    assert replies == [[], [], []]
    await asked.all_sent()
    assert PUSHED == ["It is on the third floor."]
    assert len(slow.asked) == 1
    assert asked.rows() == [("accepted", "push")]
    assert await asked.webhook() == [], "a copy after that is not answered a second time"


async def test_a_copy_that_comes_after_the_answer_gets_it_again(ask: Ask) -> None:
    slow = Slow(0.01)
    asked = await ask(slow)
    first = await asked.webhook()
    assert await asked.webhook() == first
    await asked.library.restarted()
    await asked.all_sent()
    assert len(slow.asked) == 1
    assert PUSHED == []


async def test_a_copy_still_open_carries_an_answer_too_late_for_the_first(ask: Ask) -> None:
    slow = Slow(WINDOW + 0.05)
    asked = await ask(slow)

    async def later() -> list[str]:
        await asyncio.sleep(WINDOW - 0.15)
        return await asked.webhook()

    first, second = await asyncio.gather(asked.webhook(), later())
    await asked.all_sent()
    assert first == []
    assert [*second, *PUSHED] == ["It is on the third floor."], "on one way, whichever is faster"


async def test_an_answer_too_long_for_one_message_is_sent(ask: Ask) -> None:
    slow = Slow(0.01, answer=(Text("A sentence of some length. " * 20),))
    asked = await ask(slow)
    assert await asked.webhook() == []
    await asked.all_sent()
    assert len(PUSHED) > 1
    assert asked.rows() == [("accepted", "push")]


async def test_buttons_of_an_answer_on_the_request_are_numbered(ask: Ask) -> None:
    choice = Choice("Which floor?", (Option("Third", "a:1"), Option("Fourth", "a:2")))
    slow = Slow(0.01, answer=(choice,))
    asked = await ask(slow)
    (reply,) = await asked.webhook()
    assert "1. Third\n2. Fourth" in reply


async def test_an_answer_that_nobody_confirmed_is_unknown(ask: Ask) -> None:
    CONFIRMS["confirms"] = False
    asked = await ask(Slow(0.01))
    assert await asked.webhook() == ["It is on the third floor."]
    await asyncio.sleep(WINDOW * 4)
    await asked.library.app.outbox.recover()
    assert asked.rows() == [("unknown", "passive:1")]
    CONFIRMS["confirms"] = True
    assert await asked.webhook() == ["It is on the third floor."], "the platform asks again"
    await asked.becomes([("accepted", "passive:1")])


async def test_the_request_is_answered_before_the_platform_gives_up(ask: Ask) -> None:
    asked = await ask(Slow(3))
    async with asyncio.timeout(3):
        assert await asked.webhook() == []
    assert asked.rows() == [], "the plugin still thinks"
