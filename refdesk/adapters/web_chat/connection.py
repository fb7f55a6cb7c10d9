"""How does one open reader page talk with the server?"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from refdesk.adapters.web_chat import frames
from refdesk.adapters.web_chat.frames import Hello, Problem, Said
from refdesk.core.consultations import Consultation, Event
from refdesk.core.messages import InboundMessage, Language
from refdesk.core.web.outgoing import Outgoing
from refdesk.errors import BusyError, DataError, StorageError
from refdesk.logs import get_logger

if TYPE_CHECKING:
    from refdesk.adapters.web_chat import WebChat

log = get_logger(__name__)
# A long log is sent in portions, so that a slow page is waited for and not taken for a dead one.
# Short ones: what waits for a slow page is kept in memory.
EVENTS_AT_ONCE = 20
# Time for a full disk or a busy database to recover, in seconds.
RETRY_SECONDS = 5.0


class Connection:
    """One socket: the reader it speaks for, the log it follows, and what is on its way out."""

    __slots__ = (
        "_address",
        "_channel",
        "_held_back",
        "_language",
        "_last_seq",
        "_outgoing",
        "_push",
        "_socket",
        "_stop_listening",
        "consultation",
        "rid",
    )

    def __init__(self, channel: "WebChat", socket: web.WebSocketResponse, address: str) -> None:
        """Serve `socket` of `address`; nothing is known of the reader before the hello."""
        self._address = address
        self._channel = channel
        self._socket = socket
        self.rid: str | None = None
        self.consultation: str | None = None
        self._language: Language | None = None
        self._last_seq = 0
        self._stop_listening: Callable[[], None] | None = None
        # While the missed events are read from the log, live ones wait here.
        self._held_back: list[Event] | None = None
        self._outgoing = Outgoing(socket)
        self._push = self._outgoing.push

    async def serve(self) -> None:
        """Handle frames until the page goes away; send it away when the log cannot be read."""
        try:
            async for frame in self._socket:
                if frame.type is WSMsgType.TEXT:
                    await self._handle(frame.data)
                elif frame.type is WSMsgType.BINARY:
                    self._push(
                        frames.error(Problem("binary_frame", "Only text frames are understood."))
                    )
        except StorageError as error:
            log.error("log_not_read", problem=type(error).__name__)  # noqa: TRY400 - no texts
            await self._socket.close(code=1011, message=b"please come back in a moment")
        finally:
            self._leave()

    def follow(self, consultation: str) -> None:
        """Show the log of this consultation from its beginning, if it is not shown already."""
        if consultation == self.consultation:
            return
        if self._stop_listening is not None:
            self._stop_listening()
        self.consultation, self._last_seq = consultation, 0
        self._stop_listening = self._channel.gateway.listen(consultation, self._hear)

    async def close(self) -> None:
        """Send the page away; it will come back and resume by number."""
        await self._socket.close(code=1012, message=b"the server restarts")

    async def _handle(self, text: str) -> None:
        match frames.decode(text):
            case Said() as said if self.rid is not None:
                await self._take(said, self.rid)
            case Said(client_id=client_id):
                self._push(frames.error(Problem("hello_first", "Say hello first.", client_id)))
            case Hello() as hello:
                await self._greet(hello)
            case Problem() as problem:
                self._push(frames.error(problem))

    async def _greet(self, hello: Hello) -> None:
        gateway = self._channel.gateway
        tokens, now = gateway.tokens, gateway.now()
        token, rid = hello.token, tokens.read(hello.token, now) if hello.token else None
        self._leave()
        self._language = hello.language
        if rid is None or token is None:
            if token is not None:
                problem = "This page's token is not valid any more. You have been given a new one."
                self._push(frames.error(Problem("invalid_token", problem)))
            self.rid, token = tokens.issue(now)
            self._channel.join(self)
            # Nobody knows this reader yet: there is nothing to look up.
            self._push(frames.welcome(token, None, 0))
            return
        self.rid = rid
        self._channel.join(self)
        # From here on live events wait until the missed ones have been sent.
        self._held_back = []
        try:
            current = await gateway.current_consultation(self._channel.account, rid)
            # Meanwhile another page of this reader may have opened one, and led this one to it.
            await self._resume(
                hello, rid, token, current or self.consultation or hello.consultation
            )
        finally:
            self._held_back = None

    async def _resume(self, hello: Hello, rid: str, token: str, consultation: str | None) -> None:
        """Welcome the page and send what it has missed, then what happens from now on."""
        if consultation is not None:
            self.follow(consultation)
            seen = hello.last_seen if hello.consultation == consultation else 0
            newest = await self._channel.gateway.newest_number(rid, consultation)
            if newest is not None:
                if not await self._is_in_log(rid, consultation, seen):
                    seen = 0
                self._push(frames.welcome(token, consultation, newest))
                if self.consultation == consultation:
                    self._last_seq = seen
                await self._catch_up(rid, consultation)
                return
            # The page named a consultation that is not this reader's: it has none.
            self._stop_following()
        self._push(frames.welcome(token, None, 0))

    async def _is_in_log(self, rid: str, consultation: str, seq: int) -> bool:
        """Say whether a log shows this number; one restored from a backup may not."""
        found = await self._channel.gateway.events_after(rid, consultation, seq - 1, most=1)
        return found is not None and [event.seq for event in found] == [seq]

    async def _catch_up(self, rid: str, consultation: str) -> None:
        """Show the log in portions, each when the page has taken in the one before."""
        events_after = self._channel.gateway.events_after
        # It ends early when another page of this reader has led this one to a new consultation.
        while self.consultation == consultation:
            # What has been heard until now is in the log, which is read next.
            self._held_back = []
            portion = await events_after(rid, consultation, self._last_seq, EVENTS_AT_ONCE) or []
            for event in portion:
                self._show(event)
            if len(portion) < EVENTS_AT_ONCE:
                break
            await self._outgoing.drained()
        for event in self._held_back or ():
            self._show(event)

    async def _take(self, said: Said, rid: str) -> None:
        gateway, channel = self._channel.gateway, self._channel
        wait = gateway.seconds_to_wait(rid, self._address)
        if wait:
            busy = Problem(
                "too_many_messages",
                "That was a lot at once. Please wait a moment; your message is kept here.",
                said.client_id,
            )
            self._push(frames.error(busy, retry_after=max(wait, 0.1)))
            # Whoever floods is heard no faster than told so.
            await self._outgoing.drained()
            return
        message = InboundMessage(
            account=channel.account,
            rid=rid,
            event_key=f"{rid}:{said.client_id}",
            text=said.text,
            sent_at=gateway.now(),
            language=self._language,
            action=said.action,
        )
        try:
            stored = await gateway.accept(message)
        except BusyError as error:
            busy = Problem("busy", str(error), said.client_id)
            self._push(frames.error(busy, retry_after=error.retry_seconds))
            return
        except DataError as error:
            failed = Problem("not_stored", str(error), said.client_id)
            self._push(frames.error(failed, retry_after=RETRY_SECONDS))
            return
        self._push(frames.accepted(said.client_id, stored.consultation, stored.seq))
        if stored.arrival == "new":
            channel.lead(rid, stored.consultation)

    def _hear(self, _consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        for event in events:
            if self._held_back is not None:
                self._held_back.append(event)
            else:
                self._show(event)

    def _show(self, event: Event) -> None:
        mine = event.consultation == self.consultation and event.audience == "everybody"
        if mine and event.seq > self._last_seq:
            self._last_seq = event.seq
            self._push(frames.event(event))

    def _leave(self) -> None:
        self._stop_following()
        self._channel.leave(self)

    def _stop_following(self) -> None:
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        self.consultation, self._last_seq = None, 0
