"""How does one open desk page follow the lists and the consultation it shows?"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from aiohttp import WSCloseCode, WSMsgType, web

from refdesk.core.consultations import Consultation, Event, State
from refdesk.core.log.event_reading import EventReading
from refdesk.core.outbox.desk import OutboxDesk
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.staff.authorise import authorise
from refdesk.core.staff.desk_lists import DeskLists, ListName
from refdesk.core.staff.desk_work import Desk
from refdesk.core.staff.duty import Duty
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.core.web.outgoing import Outgoing
from refdesk.core.web.staff_session import SignedIn
from refdesk.logs import get_logger
from refdesk.plugins.desk import frames
from refdesk.plugins.desk.frames import Problem, Unwatch, Watch
from refdesk.plugins.desk.sending_news import SendingNews

log = get_logger(__name__)
# How soon a session that was ended by a command loses its live page.
SESSION_CHECK_SECONDS = 3.0
# Changes that follow each other closely are shown together.
LIST_PAUSE_SECONDS = 0.1
# A long log is sent in portions: a page that only needs a moment is not taken for a dead one.
EVENTS_AT_ONCE = 100
# Private code of the WebSocket protocol (4000-4999): sign in again, reconnecting is useless.
SIGNED_OUT = 4401
_LISTS: tuple[ListName, ...] = get_args(ListName)
_Hint = tuple[Consultation | None, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Office:
    """The services that a desk page needs."""

    lists: DeskLists
    reading: EventReading
    accounts: StaffAccounts
    duty: Duty
    outbox: Outbox
    unsent: OutboxDesk

    @classmethod
    def of(cls, services: Mapping[type[Any], Any]) -> "Office":
        """Pick them from all services of the server."""
        desk: Desk = services[Desk]
        return cls(
            desk.lists,
            desk.reading,
            services[StaffAccounts],
            services[Duty],
            services[Outbox],
            services[OutboxDesk],
        )


class DeskConnection:
    """One socket of a librarian: always the lists, and at most one consultation."""

    def __init__(self, office: Office, who: SignedIn, socket: web.WebSocketResponse) -> None:
        """Serve `socket`, which has been prepared, for a librarian."""
        self.who = who
        self._office = office
        self._socket = socket
        self._outgoing = Outgoing(socket)
        self._watched: str | None = None
        self._last_seq = 0
        # While the log is read, live hints wait here.
        self._held_back: list[_Hint] | None = None
        self._listed: set[str] = set()
        self._shown: dict[str, Any] | None = None
        self._changed = asyncio.Event()
        self._sending = SendingNews(
            who.actor, office.outbox, office.unsent, self._outgoing.push, lambda: self._watched
        )

    async def serve(self) -> None:
        """Handle frames until the page goes away or the session ends."""
        name = self.who.actor.name
        self._office.duty.page_opened(name)
        self._changed.set()
        beside = [
            asyncio.create_task(self._keep_lists()),
            asyncio.create_task(self._check_session()),
            asyncio.create_task(self._sending.keep()),
        ]
        for task in beside:
            task.add_done_callback(self._ended)
        try:
            async for frame in self._socket:
                if frame.type is WSMsgType.TEXT:
                    await self._handle(frame.data)
                elif frame.type is WSMsgType.BINARY:
                    problem = Problem("binary_frame", "Only text frames are understood.")
                    self._outgoing.push(frames.error(problem))
        finally:
            self._watched = None
            for task in beside:
                task.cancel()
            self._office.duty.page_closed(name)

    def hang_up(self) -> None:
        """Tell the page that its session has ended; nothing reaches it from now on."""
        self._watched = None
        self._outgoing.hang_up(SIGNED_OUT, b"signed out")

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Send the page away when something that keeps it up to date has failed: it comes back."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("desk_page_sent_away", problem=type(error).__name__)
            self._watched = None
            self._outgoing.hang_up(WSCloseCode.INTERNAL_ERROR, b"please come back in a moment")

    def hear(self, consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        """Take in what has been committed, of whichever consultation."""
        key = consultation.id if consultation else events[0].consultation if events else ""
        if key and key == self._watched:
            if self._held_back is not None:
                self._held_back.append((consultation, events))
            else:
                self._show(consultation, events)
        came_to_desk = consultation is not None and consultation.state is not State.SELF_SERVICE
        if came_to_desk or key in self._listed:
            self._changed.set()

    async def _handle(self, text: str) -> None:
        match frames.decode(text):
            case Watch() as watch:
                await self._watch(watch)
            case Unwatch():
                self._watched = None
            case Problem() as problem:
                self._outgoing.push(frames.error(problem))

    async def _watch(self, watch: Watch) -> None:
        """Show a log from the number last seen, then what happens from now on."""
        self._watched, self._last_seq, self._held_back = watch.consultation, watch.last_seen, []
        # The log is read before the state that decides: a claim meanwhile keeps it shut.
        missed = await self._office.reading.events(watch.consultation, watch.last_seen)
        listed = await self._office.lists.one(self.who.actor, watch.consultation)
        if self._watched is not None:
            if listed is None or self._may_not_read(listed.consultation):
                await self._tell_why_not(watch.consultation)
            elif not self._is_revoked():
                seq = missed[-1].seq if missed else watch.last_seen
                self._outgoing.push(frames.watching(listed, self.who.actor, seq))
                await self._show_missed(missed)
                self._sending.look()
        hints, self._held_back = self._held_back, None
        for consultation, events in hints:
            self._show(consultation, events)

    async def _show_missed(self, missed: Sequence[Event]) -> None:
        """Show a log in portions, each when the page has taken in the one before."""
        for start in range(0, len(missed), EVENTS_AT_ONCE):
            if self._is_revoked():
                return
            self._show(None, tuple(missed[start : start + EVENTS_AT_ONCE]))
            await self._outgoing.drained()

    def _is_revoked(self) -> bool:
        """Say whether a claim that was heard of meanwhile has closed the log to these eyes."""
        heard = [one for one, _events in self._held_back or () if one is not None]
        return bool(heard) and self._may_not_read(heard[-1])

    async def _tell_why_not(self, consultation: str) -> None:
        self._watched = None
        winner = await self._office.lists.winner(consultation)
        told = frames.taken(consultation, winner) if winner else frames.gone(consultation)
        self._outgoing.push(told)

    def _show(self, consultation: Consultation | None, events: tuple[Event, ...]) -> None:
        if self._watched is None:
            return
        if consultation is not None and self._may_not_read(consultation):
            self._lose(consultation, events)
            return
        for event in events:
            if event.seq > self._last_seq:
                self._last_seq = event.seq
                self._outgoing.push(frames.event(event))

    def _lose(self, consultation: Consultation, events: tuple[Event, ...]) -> None:
        """Revoke the view: what is still on its way out is forgotten too."""
        self._watched = None
        self._outgoing.drop()
        self._shown = None
        self._changed.set()
        winners = [event.alias for event in events if event.state is State.WITH_LIBRARIAN]
        told = frames.taken(consultation.id, winners[-1]) if winners and winners[-1] else None
        self._outgoing.push(told or frames.gone(consultation.id))

    def _may_not_read(self, consultation: Consultation) -> bool:
        return authorise(self.who.actor, "read_log", consultation) == "refused"

    async def _keep_lists(self) -> None:
        """Send the lists whenever they have changed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            found = await self._office.lists.several(self.who.actor, _LISTS)
            shown = frames.lists(list(zip(_LISTS, found, strict=True)), self.who.actor)
            self._listed = {one.consultation.id for group in found for one in group}
            if shown != self._shown:
                self._shown = shown
                self._outgoing.push(frames.list_frame(shown, time.time()))
            await asyncio.sleep(LIST_PAUSE_SECONDS)

    async def _check_session(self) -> None:
        """Hang up soon after the session has ended, wherever it was ended."""
        while True:
            await asyncio.sleep(SESSION_CHECK_SECONDS)
            if await self._office.accounts.who(self.who.token) is None:
                self.hang_up()
                return
