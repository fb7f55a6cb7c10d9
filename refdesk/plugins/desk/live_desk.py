"""Which desk pages are open, and how do they hear of what has just happened?"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from refdesk.core.consultations import Consultation, Event
from refdesk.core.log.live import ALL, Live
from refdesk.core.staff.authorise import answers
from refdesk.core.web.headers import comes_from_here
from refdesk.core.web.server import SERVICES, SETTINGS, SOCKETS, service_of
from refdesk.core.web.staff_session import signed_in
from refdesk.plugins.desk.api_answers import refuse
from refdesk.plugins.desk.connection import DeskConnection, Office

# Pages say little: a larger frame is none of ours.
LARGEST_FRAME_BYTES = 16 * 1024
# A browser that has died is noticed after one or two of these.
HEARTBEAT_SECONDS = 20.0
# So long a page may take to say good-bye.
GOODBYE_SECONDS = 2.0


class LiveDesk:
    """The live connections of one server."""

    def __init__(self) -> None:
        """Begin without connections."""
        self._connections: set[DeskConnection] = set()
        self._stop_listening: Callable[[], None] | None = None

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Serve `/desk/ws` for a signed-in librarian."""
        if not comes_from_here(request, request.app[SETTINGS].web.public_url):
            return refuse(request, "wrong_origin")
        who = await signed_in(request)
        if who is None:
            return refuse(request, "not_signed_in")
        if not answers(who.actor):
            return refuse(request, "not_a_librarian")
        socket = web.WebSocketResponse(
            compress=False,
            max_msg_size=LARGEST_FRAME_BYTES,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=GOODBYE_SECONDS,
        )
        await socket.prepare(request)
        request.app[SOCKETS].add(socket)
        services: dict[type[Any], Any] = request.app[SERVICES]
        connection = DeskConnection(Office.of(services), who, socket)
        self._join(connection, service_of(request, Live))
        try:
            await connection.serve()
        finally:
            self._leave(connection)
        return socket

    def end(self, token: str) -> None:
        """Hang up on the pages of a session that has ended."""
        for connection in self._connections:
            if connection.who.token == token:
                connection.hang_up()

    def _join(self, connection: DeskConnection, live: Live) -> None:
        self._connections.add(connection)
        if self._stop_listening is None:
            self._stop_listening = live.listen(ALL, self._hear)

    def _leave(self, connection: DeskConnection) -> None:
        self._connections.discard(connection)
        if not self._connections and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None

    def _hear(self, consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        for connection in self._connections:
            connection.hear(consultation, events)
