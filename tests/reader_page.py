"""What does a reader's page do on the wire? (A client of the web-chat protocol for tests.)"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, web
from aiohttp.test_utils import TestServer

Frame = dict[str, Any]
PATIENCE_SECONDS = 20.0


class ReaderPage:
    """One open page: frames in the order they came, and what the page would remember."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.token: str | None = None
        self.consultation: str | None = None
        self.last_seen = 0

    async def hello(
        self,
        token: str | None = None,
        consultation: str | None = None,
        last_seen: int = 0,
        language: str = "en",
    ) -> Frame:
        """Say hello; return the welcome."""
        self.consultation, self.last_seen = consultation, last_seen
        await self.send(type="hello", token=token, consultation=consultation,
                        last_seen=last_seen, language=language)  # fmt: skip
        return await self.next("welcome")

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def say(self, text: str, client_id: str = "", **more: Any) -> Frame:
        """Send a message; return what is said about it."""
        client_id = client_id or str(uuid.uuid4())
        await self.send(type="message", client_id=client_id, text=text, **more)
        return await self.until(
            lambda f: f["type"] in ("accepted", "error") and f.get("client_id") == client_id
        )

    async def next(self, kind: str = "") -> Frame:
        """Return the next frame of this type, or of any."""
        return await self.until(lambda frame: not kind or frame["type"] == kind)

    async def event(self, sender: str = "") -> Frame:
        """Return the next event, or the next one from this sender."""
        return await self.until(
            lambda frame: frame["type"] == "event" and sender in ("", frame["from"])
        )

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frame = await self.receive()
                if wanted(frame):
                    return frame

    async def receive(self) -> Frame:
        """Return the next frame; the page remembers what it says."""
        message = await self.socket.receive()
        assert message.type is WSMsgType.TEXT, (message.type, message.data, message.extra)
        frame: Frame = json.loads(message.data)
        self.frames.append(frame)
        if frame["type"] == "welcome":
            if frame["consultation"] != self.consultation or frame["seq"] < self.last_seen:
                self.last_seen = 0
            self.token, self.consultation = frame["token"], frame["consultation"]
        if frame["type"] == "event":
            if frame["consultation"] != self.consultation:
                self.consultation, self.last_seen = frame["consultation"], 0
            assert frame["seq"] > self.last_seen, "numbers rise"
            self.last_seen = frame["seq"]
        return frame

    async def quiet(self) -> list[Frame]:
        """Return what still comes before the server has nothing more to say."""
        marker = str(uuid.uuid4())
        await self.send(type="message", client_id=marker, text=" ")
        frames = []
        while (frame := await self.next()).get("client_id") != marker:
            frames.append(frame)
        return frames

    @property
    def events(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "event"]


def said(frame: Frame) -> str:
    """The words of an event."""
    return "\n".join(part.get("text") or part.get("prompt", "") for part in frame["parts"])


class Pages:
    """Opens pages on a running server."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self.session = session
        self.address = address.rstrip("/")
        self._open: list[ClientWebSocketResponse] = []

    async def open(self, **headers: str) -> ReaderPage:
        socket = await self.session.ws_connect(
            f"{self.address}/chat/ws", headers=headers, max_msg_size=0
        )
        self._open.append(socket)
        return ReaderPage(socket)

    async def close(self) -> None:
        for socket in self._open:
            await socket.close()


@asynccontextmanager
async def serving(server: web.Application) -> AsyncIterator[Pages]:
    """Serve an application on a free port of this machine."""
    connector = TCPConnector(limit=0)  # a test may open more pages than a browser would
    async with TestServer(server) as running, ClientSession(connector=connector) as session:
        pages = Pages(session, str(running.make_url("/")))
        yield pages
        await pages.close()
