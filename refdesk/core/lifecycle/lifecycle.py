"""Who moves a consultation on when nobody does? (A loop beside the server.)

Each change is a transaction of its own that looks again first: a message, a claim or another
server that came meanwhile wins.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from refdesk.core.consultations import Consultation, State
from refdesk.core.effects.clock_steps import ClockSteps
from refdesk.core.lifecycle.endings import end_quietly
from refdesk.core.lifecycle.finding import (
    CANDIDATES,
    PORTION,
    candidates,
    note_presence,
    present_elsewhere,
    standing,
)
from refdesk.core.lifecycle.handoff_routing import HandoffRouting
from refdesk.core.lifecycle.rules import Change, ConsultationSettings, due, span
from refdesk.core.lifecycle.wrapping_up import wrap_up
from refdesk.core.log.event_log import LogWriter
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.offers import HandoffReason
from refdesk.core.queues import QueueChoice
from refdesk.core.staff.duty import Duty
from refdesk.core.translations import translate
from refdesk.errors import StorageError
from refdesk.logs import get_logger
from refdesk.storage import Transaction

log = get_logger(__name__)
ROUND_SECONDS = 15.0
# Who has been seen by another server so lately is at the desk: two rounds and a little.
PRESENT_SECONDS = 40.0


class Lifecycle:
    """Keeps the consultations of one library from standing still."""

    def __init__(
        self,
        changes: LogChanges,
        duty: Duty,
        routing: HandoffRouting,
        settings: ConsultationSettings,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count; nothing happens before the first round."""
        self._changes = changes
        self._duty = duty
        self._routing = routing
        self._node = secrets.token_urlsafe(9)
        self._settings = settings
        self._clock = ClockSteps(changes.clock, monotonic)
        # Pages need a moment to come back after a restart: until then nobody counts as gone.
        self._started = changes.clock()

    async def run(self) -> None:
        """Do a round again and again."""
        while True:
            try:
                await self.round()
            except StorageError as error:
                # What is due stays due; the next round finds it.
                log.warning("lifecycle_put_off", problem=type(error).__name__)
            await asyncio.sleep(ROUND_SECONDS)

    async def round(self) -> int:
        """Do everything that is due now; return how many consultations have changed."""
        now = self._clock.look()
        await self._share_presence(now)
        changed = 0
        for change in CANDIDATES:
            if now - self._counted_from(change) >= span(change, self._settings):
                changed += await self._do_all(change, now)
        return changed

    async def _share_presence(self, now: float) -> None:
        """Tell the other servers who is at the desk here, and learn who is there."""
        database, library, node = self._changes.database, self._changes.library, self._node
        here = sorted(self._duty.here())
        if here:
            await database.write(lambda tx: note_presence(tx, library, node, here, now))
        since = now - PRESENT_SECONDS
        self._duty.elsewhere = frozenset(
            await database.read(lambda tx: present_elsewhere(tx, library, node, since))
        )

    def _counted_from(self, change: Change) -> float:
        begun = self._clock.counted_from
        return max(begun, self._started) if change == "owner_gone" else begun

    async def _do_all(self, change: Change, now: float) -> int:
        before, library = now - span(change, self._settings), self._changes.library
        done = 0
        while True:
            found = await self._changes.database.read(
                lambda tx: candidates(tx, library, change, before)
            )
            # Together, so that they share their commits.
            results = await asyncio.gather(*(self._do(change, one, now) for one in found))
            done += sum(results)
            if len(found) < PORTION or not any(results):
                return done

    async def _do(self, change: Change, consultation: str, now: float) -> bool:
        """Change one consultation, if that is still due; say whether it was."""
        choice: QueueChoice | None = None
        if change == "unclaimed":
            choice = await self._promise(consultation)
            if choice is None or choice.wait == "waiting":
                return False

        def work(writer: LogWriter, tx: Transaction) -> bool:
            found = standing(tx, self._changes.library, consultation)
            if found is None:
                return False
            if change == "owner_gone":
                seen = max(found.owner_seen_at or 0.0, self._started)
                found = replace(found, owner_seen_at=seen)
            expected = due(found, self._settings, self._clock.counted_from)
            if expected is None or expected.change != change or expected.at > now:
                return False
            self._write(change, tx, writer, choice)
            return True

        changed = await self._changes.change(consultation, work)
        return changed is not None and changed[0]

    def _write(
        self, change: Change, tx: Transaction, writer: LogWriter, choice: QueueChoice | None
    ) -> None:
        match change:
            case "unclaimed" if choice is not None:
                writer.change_state(State.ASYNCHRONOUS, choice.promise)
                writer.update(queue=choice.queue, due_at=choice.due_at)
            case "quiet":
                end_quietly(tx, self._changes.library, writer, self._settings)
            case "not_wrapped_up":
                wrap_up(tx, self._changes.library, writer, None)
            case "owner_gone":
                _back_to_the_list(writer)

    async def _promise(self, consultation: str) -> QueueChoice | None:
        """Ask what a reader for whom nobody came in time may be promised."""

        def look(tx: Transaction) -> Consultation | None:
            stands = standing(tx, self._changes.library, consultation)
            return stands.consultation if stands else None

        found = await self._changes.database.read(look)
        if found is None or found.state is not State.WAITING:
            return None
        return await self._routing.route(found, found.language, HandoffReason.UNCLAIMED)


def _back_to_the_list(writer: LogWriter) -> None:
    notice = translate(
        "Your librarian is not at the desk any more. "
        "Your question is on the librarians' list again.",
        writer.consultation.language,
    )
    writer.update(owner=None)
    writer.change_state(State.WAITING, notice)
