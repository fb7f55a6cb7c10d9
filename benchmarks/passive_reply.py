"""Do answers meet a platform's real five seconds? (python -m benchmarks.passive_reply)

Three overlapping copies of one request, as the platform sends them, against plugins that take 0.1,
4.2 and 30 seconds, over HTTP on loopback. Prints what each copy got, when, and what was sent later.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import ClientSession, web

from refdesk import Offer, Question, hookimpl
from refdesk.core.channels.adapter import Adapter, Capabilities, SendResult
from refdesk.core.channels.degrading import as_texts
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.testing import Library

PLUGINS = (0.1, 4.2, 30.0)
STARTS = (0.0, 1.0, 2.0)


class Platform(Adapter):
    capabilities = Capabilities(
        text_limit=2048, text_unit="bytes", passive_reply_seconds=5.0,
        messages_per_inbound=5, push_window_seconds=48 * 3600.0,
    )  # fmt: skip
    pushed: list[str]

    def decode(self, raw: Any) -> InboundMessage | None:
        now = self.gateway.now()
        return InboundMessage(self.account, raw["from"], raw["id"], raw["text"], now, "en")

    def encode(self, event: Event) -> list[str]:
        return as_texts(event, self.capabilities)

    async def send(self, target: str, payload: str, key: str) -> SendResult:
        del target, key
        self.pushed.append(payload)
        return SendResult("accepted")

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"/channels/{self.account}", self.receive)]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        deadline = self.gateway.now() + 5.0
        message = self.decode(await request.json())
        assert message is not None
        message = replace(message, rid=await self.gateway.reader_at(self.account, message.rid))
        events = await self.gateway.passive_reply(message, deadline)
        response = web.json_response([text for one in events or [] for text in self.encode(one)])
        await response.prepare(request)
        await response.write_eof()
        if events:
            await self.gateway.passive_reply_sent(message)
        return response


def plugin(seconds: float, asked: list[str]) -> ModuleType:
    @hookimpl
    async def answer_question(question: Question) -> Offer:
        asked.append(question.text)
        await asyncio.sleep(seconds)
        return Offer(f"an answer after {seconds:g} s", 0.9)

    made = ModuleType("slow")
    made.answer_question = answer_question  # type: ignore[attr-defined]
    return made


async def run(seconds: float, folder: Path) -> None:
    asked: list[str] = []
    Platform.pushed = []
    library = Library(
        folder, [plugin(seconds, asked)], adapters={"passive": Platform},
        settings="[plugins]\ndeadline_seconds = 60\n",
    )  # fmt: skip
    await library.app.start()
    runner = web.AppRunner(library.app.server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]

    async def copy(session: ClientSession, start: float) -> tuple[float, Any]:
        await asyncio.sleep(start)
        began = time.monotonic()
        raw = {"id": "m1", "from": "openid", "text": "Where is the map room?"}
        async with session.post(f"http://127.0.0.1:{port}/channels/passive", json=raw) as answer:
            return time.monotonic() - began, await answer.json()

    async with ClientSession() as session:
        got = await asyncio.gather(*(copy(session, start) for start in STARTS))
    patience = time.monotonic() + seconds + 10
    while not Platform.pushed and not any(reply for _, reply in got):
        assert time.monotonic() < patience, "the answer is lost"
        await asyncio.sleep(0.1)
    await asyncio.sleep(6)  # whatever is still to come has come
    for start, (took, reply) in zip(STARTS, got, strict=True):
        print(
            f"plugin {seconds:4g} s, copy at {start:g} s: {took:.2f} s, {reply or 'acknowledged'}"
        )
    print(f"plugin {seconds:4g} s: asked {len(asked)} times, sent later: {Platform.pushed}")
    assert len(asked) == 1
    assert bool(Platform.pushed) != any(reply for _, reply in got), "one way, not both"
    assert all(took < 5.0 for took, _ in got)
    await runner.cleanup()
    await library.app.stop()
    library.close()


def main() -> None:
    for seconds in PLUGINS:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(run(seconds, Path(folder)))


if __name__ == "__main__":
    main()
