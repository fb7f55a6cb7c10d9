"""How does refdesk speak with the three platforms of the bench? (Adapters like anybody's.)"""

import asyncio
import time
from dataclasses import replace
from typing import Any

from aiohttp import (
    ClientConnectionResetError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    web,
)
from pydantic import BaseModel, Field

from refdesk.core.channels.adapter import Adapter, Capabilities, SendResult
from refdesk.core.consultations import Event
from refdesk.core.log.parts_json import plain_text
from refdesk.core.messages import InboundMessage
from refdesk.errors import RefdeskError

SEND_SECONDS = 3.0


class PlatformSettings(BaseModel, extra="forbid"):
    """Section `[adapters.NAME]` of each."""

    platform: str = Field("", description="Address of the platforms' process.")


class BenchAdapter(Adapter):
    """What the three have in common: their words on the wire."""

    settings_model = PlatformSettings

    def __init__(self, account: str, settings: Any, gateway: Any) -> None:
        super().__init__(account, settings, gateway)
        self._session: ClientSession | None = None

    def decode(self, raw: Any) -> InboundMessage | None:
        """Read `{"id", "reader", "text"}`; the reader is still the platform's address."""
        key, text = raw["id"], raw["text"]
        return InboundMessage(self.account, raw["reader"], key, text, time.time(), "en")

    def encode(self, event: Event) -> list[Any]:
        """Return the text of an event as one message."""
        return [plain_text(event.parts)]

    async def of_reader(self, raw: Any) -> InboundMessage | None:
        """Return the message with the reader's rid; None when it has to come again later.

        Raises `DataError` when the vault cannot be used now.
        """
        message = self.decode(raw)
        assert message is not None
        rid = await self.gateway.reader_at(self.account, message.rid)
        wait = self.gateway.seconds_to_wait(rid)
        return replace(message, rid=rid) if wait == 0 else None

    async def take_in(self, raw: Any) -> bool:
        """Store one event of the platform; say whether the platform may be told so."""
        try:
            message = await self.of_reader(raw)
            if message is None:
                return False
            await self.gateway.accept(message)
        except RefdeskError:
            return False
        return True

    async def post(self, what: dict[str, Any], headers: dict[str, str]) -> SendResult:
        """Send to the platform and read its verdict."""
        try:
            address = f"{self.settings.platform}/{self.account}/send"
            async with self.session.post(address, json=what, headers=headers) as answer:
                if answer.status == 200:
                    return SendResult("accepted")
                pause = float(answer.headers.get("Retry-After", 0.3))
                return SendResult("retry", pause, f"the platform answered {answer.status}")
        except ClientConnectorError:
            return SendResult("retry", 0.3, "the platform cannot be reached")
        except (ClientError, OSError, TimeoutError):
            return SendResult("unknown", reason="the line broke")

    @property
    def session(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(SEND_SECONDS))
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class WebhookAdapter(BenchAdapter):
    """A platform that calls `/channels/ACCOUNT`."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"/channels/{self.account}", self.receive)]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Answer 200 only when the message is durable."""
        if not await self.take_in(await request.json()):
            return web.Response(status=503, headers={"Retry-After": "1"})
        return web.Response()


class Plain(WebhookAdapter):
    """No keys: what is sent twice is shown twice. The answer may go back on the request."""

    capabilities = Capabilities(send_seconds=SEND_SECONDS, passive_reply_seconds=2.0)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Answer with the reply if there is one in time."""
        try:
            raw = await request.json()
            message = await self.of_reader(raw)
            # From when the platform says that it asked: this server may have stood still since.
            deadline = raw["requested_at"] + self.capabilities.passive_reply_seconds
            events = await self.gateway.passive_reply(message, deadline) if message else None
        except RefdeskError:
            message = None
        if message is None:
            return web.Response(status=503, headers={"Retry-After": "1"})
        if not events:
            return web.Response()
        response = web.Response(text="\n".join(plain_text(event.parts) for event in events))
        try:
            await response.prepare(request)
            await response.write_eof()
        except ClientConnectionResetError:
            return response  # the platform has gone; it comes again, or staff are told
        await self.gateway.passive_reply_sent(message)
        return response

    async def send(self, target: str, payload: Any, key: str) -> SendResult:
        del key
        return await self.post({"to": target, "text": payload}, {})


class Keyed(WebhookAdapter):
    """`Idempotency-Key` in a header."""

    capabilities = Capabilities(send_seconds=SEND_SECONDS, idempotent_send="by key")

    async def send(self, target: str, payload: Any, key: str) -> SendResult:
        return await self.post({"to": target, "text": payload}, {"Idempotency-Key": key})


class Polling(BenchAdapter):
    """Has to be asked; keeps no cursor, since the platform knows what was confirmed."""

    capabilities = Capabilities(send_seconds=SEND_SECONDS, idempotent_send="by key")

    async def run(self) -> None:
        """Ask for events for ever; a page is confirmed once all of it is durable."""
        query: dict[str, str] = {}
        while True:
            address = f"{self.settings.platform}/polling/events"
            try:
                async with self.session.get(address, params=query) as answer:
                    page = await answer.json() if answer.status == 200 else None
            except (ClientError, OSError, TimeoutError):
                page = None
            query = {}
            if page is None:
                await asyncio.sleep(0.2)
            elif await self._take_in_page(page["events"]):
                query = {"cursor": str(page["cursor"])}

    async def _take_in_page(self, events: list[Any]) -> bool:
        for event in events:
            if not await self.take_in(event):
                return False
        return True

    async def send(self, target: str, payload: Any, key: str) -> SendResult:
        return await self.post({"to": target, "text": payload, "key": key}, {})
