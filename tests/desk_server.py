"""How do tests get a running server with librarians and readers? (All of it real, on loopback.)"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from refdesk.app import App, Extras
from refdesk.core.channels.adapter import Adapter
from refdesk.core.staff.authorise import Role
from refdesk.deployment import open_deployment

PASSWORD = "a long enough password"
STAFF = {
    "mei": ("Li Mei", Role.LIBRARIAN),
    "tom": ("Tom Hale", Role.LIBRARIAN),
    "sue": ("Sue Park", Role.SUPERVISOR),
    "ed": ("Ed Moss", Role.EDITOR),
}
# Long enough for a loaded machine; a test that waits so long fails.
PATIENCE_SECONDS = 20.0


@dataclass
class Answer:
    """What the server said."""

    status: int
    body: Any
    headers: Any


@dataclass
class Script:
    """Somebody who calls the staff API; `token` empty means nobody has signed in."""

    http: ClientSession
    address: str
    token: str = ""

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request and read the JSON that comes back."""
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        headers |= options.pop("headers", {})
        address = f"{self.address}/api/v1{path}"
        async with self.http.request(method, address, headers=headers, **options) as response:
            return Answer(response.status, json.loads(await response.text()), response.headers)

    async def get(self, path: str) -> Answer:
        """Read something."""
        return await self.call("GET", path)

    async def post(self, path: str, body: Any = None) -> Answer:
        """Do something."""
        return await self.call("POST", path, json={} if body is None else body)

    async def write(self, consultation: str, text: str, client_id: str = "") -> Answer:
        """Write to a reader."""
        body = {"text": text, "client_id": client_id or str(uuid.uuid4())}
        return await self.post(f"/consultations/{consultation}/messages", body)

    async def ids(self, state: str) -> list[str]:
        """Return who is on a list."""
        answer = await self.get(f"/consultations?state={state}")
        assert answer.status == 200
        return [item["id"] for item in answer.body["items"]]


@dataclass
class Socket:
    """A live connection, of a reader's page or of the desk's."""

    socket: ClientWebSocketResponse
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def next(self, frame_type: str, **fields: Any) -> dict[str, Any]:
        """Return the next frame of this type, with these fields; others are kept in `seen`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, message
                frame = json.loads(message.data)
                self.seen.append(frame)
                wanted = {"type": frame_type, **fields}
                if all(frame.get(name) == value for name, value in wanted.items()):
                    return frame

    async def closed(self) -> int | None:
        """Wait until the server hangs up; return its code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.socket.closed:
                message = await self.socket.receive()
                if message.type is WSMsgType.TEXT:
                    self.seen.append(json.loads(message.data))
        return self.socket.close_code

    async def watch(self, consultation: str, last_seen: int = 0) -> None:
        """Open a consultation at the desk."""
        await self.socket.send_json(
            {"type": "watch", "consultation": consultation, "last_seen": last_seen}
        )


@dataclass
class Reader(Socket):
    """A reader at the web chat."""

    consultation: str = ""

    async def say(self, text: str) -> dict[str, Any]:
        """Write, and return once it is accepted."""
        client_id = str(uuid.uuid4())
        await self.socket.send_json({"type": "message", "client_id": client_id, "text": text})
        accepted = await self.next("accepted", client_id=client_id)
        self.consultation = accepted["consultation"]
        return accepted

    async def wait_for_person(self, *texts: str) -> str:
        """Say these things, ask for a librarian, and wait for one; return the consultation."""
        for text in (*texts, "librarian"):
            await self.say(text)
        await self.next("event", state="waiting")
        return self.consultation


@dataclass
class Desk:
    """A running server."""

    address: str
    app: App
    http: ClientSession

    def nobody(self) -> Script:
        """Return somebody who has not signed in."""
        return Script(self.http, self.address)

    async def signed_in(self, name: str) -> Script:
        """Return a colleague who has."""
        body = {"name": name, "password": PASSWORD}
        answer = await self.nobody().post("/session", body)
        assert answer.status == 200, answer
        return Script(self.http, self.address, answer.body["token"])

    async def reader(self, language: str = "en") -> Reader:
        """Return a new reader."""
        socket = await self.http.ws_connect(f"{self.address}/chat/ws")
        hello = {"type": "hello", "token": None, "consultation": None, "last_seen": 0}
        await socket.send_json({**hello, "language": language})
        reader = Reader(socket)
        await reader.next("welcome")
        return reader

    async def live(self, who: Script) -> Socket:
        """Open a colleague's live desk page."""
        headers = {"Authorization": f"Bearer {who.token}"}
        return Socket(await self.http.ws_connect(f"{self.address}/desk/ws", headers=headers))


@asynccontextmanager
async def running_desk(
    folder: Path, settings: str = "", adapters: Mapping[str, type[Adapter]] | None = None
) -> AsyncIterator[Desk]:
    """Run a server with the accounts of `STAFF`, an empty knowledge base and these channels."""
    (folder / "refdesk.toml").write_text(settings, "utf-8")
    deployment = open_deployment(folder)
    app = App(deployment, Extras(adapters=adapters or {}))
    for name, (alias, role) in STAFF.items():
        app.staff.add(name, alias, role, PASSWORD)
    await app.start()
    runner = web.AppRunner(app.server, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with ClientSession() as http:
            yield Desk(f"http://127.0.0.1:{port}", app, http)
    finally:
        await app.stop()
        await runner.cleanup()
        deployment.close()
