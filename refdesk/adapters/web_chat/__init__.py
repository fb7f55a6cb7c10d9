"""How do readers chat on the library's own web page? (`/chat`, `/chat/ws`, `/widget.js`)"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from refdesk.adapters.web_chat import frames
from refdesk.adapters.web_chat.connection import Connection
from refdesk.adapters.web_chat.widget import widget_script
from refdesk.core.channels.adapter import Adapter, Capabilities
from refdesk.core.consultations import Event
from refdesk.core.messages import InboundMessage
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.client_address import client_address
from refdesk.core.web.headers import allow_frames, comes_from_here
from refdesk.core.web.server import PAGES, SETTINGS, SOCKETS, refusal

_FOLDER = Path(__file__).parent
# Large enough to tell a reader that a pasted book is too long, instead of hanging up.
LARGEST_FRAME_BYTES = 4 * 1024 * 1024
HEARTBEAT_SECONDS = 45.0
# Scheme, host and port, nothing else: it becomes part of a page's policy.
_ORIGIN = r"^https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?$"


class WebChatSettings(BaseModel):
    """Section `[adapters.web_chat]`."""

    model_config = ConfigDict(extra="forbid")

    embed_origins: list[Annotated[str, Field(pattern=_ORIGIN)]] = Field(
        default_factory=list,
        description="Sites that may show the chat in a frame, such as https://www.example.edu.",
    )


class WebChat(Adapter):
    """The library's own chat page; its event log is its delivery."""

    capabilities: Capabilities = Capabilities(
        buttons="shown", links="labelled", delivery="event log"
    )
    settings_model: ClassVar[type[BaseModel]] = WebChatSettings
    settings: WebChatSettings

    def __init__(self, account: str, settings: Any, gateway: Any) -> None:
        """Begin without connections."""
        super().__init__(account, settings, gateway)
        # Most readers have one page open: a tuple is the smallest group.
        self._readers: dict[str, tuple[Connection, ...]] = {}

    def decode(self, raw: Any) -> InboundMessage | None:
        """Return the message in a text frame of an unknown reader; sockets know theirs."""
        said = frames.decode(str(raw))
        if not isinstance(said, frames.Said):
            return None
        return InboundMessage(
            self.account, "", said.client_id, said.text, self.gateway.now(), action=said.action
        )

    def encode(self, event: Event) -> list[Any]:
        """Return the frame that shows an event."""
        return [frames.event(event)]

    def web_assets(self) -> Sequence[WebAssets]:
        """Return the reader page's templates, script and style."""
        return [WebAssets(_FOLDER / "templates", _FOLDER / "static")]

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the page, the script for other sites, and the socket."""
        return [
            web.get("/chat", self._page),
            web.get("/chat/ws", self._socket),
            web.get("/widget.js", self._widget),
        ]

    async def close(self) -> None:
        """Send every page away; they come back and resume."""
        connections = [one for group in self._readers.values() for one in group]
        await asyncio.gather(*(one.close() for one in connections))

    def join(self, connection: Connection) -> None:
        """Note which reader a connection speaks for."""
        if connection.rid is not None:
            self._readers[connection.rid] = (*self._readers.get(connection.rid, ()), connection)

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        rid = connection.rid or ""
        left = tuple(one for one in self._readers.get(rid, ()) if one is not connection)
        if left:
            self._readers[rid] = left
        else:
            self._readers.pop(rid, None)

    def lead(self, rid: str, consultation: str) -> None:
        """Let all pages of a reader follow the consultation that one of them has opened."""
        for connection in self._readers.get(rid, ()):
            connection.follow(consultation)

    async def _page(self, request: web.Request) -> web.Response:
        embedded = "yes" if request.query.get("embed") == "1" else "no"
        page = request.app[PAGES].render(request, "web_chat/chat.html", embedded=embedded)
        allow_frames(page, self.settings.embed_origins)
        return page

    async def _widget(self, request: web.Request) -> web.StreamResponse:
        response = web.Response(text=widget_script(), content_type="text/javascript")
        response.headers["Cache-Control"] = "public, max-age=300"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.enable_compression()
        del request
        return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not comes_from_here(request, self.gateway.library.public_url):
            return refusal(403, "wrong_origin", "The chat is only for the library's own pages.")
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=LARGEST_FRAME_BYTES, heartbeat=HEARTBEAT_SECONDS
        )
        await socket.prepare(request)
        request.app[SOCKETS].add(socket)
        proxies = request.app[SETTINGS].web.trusted_proxies
        await Connection(self, socket, client_address(request, proxies)).serve()
        return socket
