"""How are messages of one consultation worked on one at a time, in order?

Each consultation with work has one task; different consultations run side by side. After a crash
`recover` finds what was accepted and not finished.
"""

import asyncio
import sqlite3
from collections import deque
from dataclasses import replace

from refdesk.core.intents import Say, WriteRow
from refdesk.core.live import Live
from refdesk.core.messages import Reply
from refdesk.core.pipeline import Pipeline
from refdesk.core.store import Finished, Outcome, Overtaken, Store, Turn
from refdesk.core.translations import translate
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
# A librarian's click overtakes an answer once; more often is a fault worth a log line.
MOST_ATTEMPTS = 5


class Turns:
    """The work in hand, by consultation."""

    def __init__(self, store: Store, pipeline: Pipeline, live: Live) -> None:
        """Work with `pipeline` and write to `store`."""
        self._store = store
        self._pipeline = pipeline
        self._live = live
        self._waiting: dict[str, deque[Turn]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_hand(self) -> int:
        """How many consultations have work now."""
        return len(self._waiting)

    async def recover(self) -> int:
        """Take up what was accepted before a crash; return how many messages."""
        turns = await self._store.claim()
        for turn in turns:
            self.begin(turn)
        return len(turns)

    def begin(self, turn: Turn) -> None:
        """Work on an accepted message after those before it in its consultation."""
        key = turn.consultation.id
        queue = self._waiting.get(key)
        if queue is not None:
            queue.append(turn)
            return
        self._waiting[key] = deque([turn])
        task = running_loop().create_task(self._work(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Wait for the work in hand, at most so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def drain(self, seconds: float) -> None:
        """Wait for the work in hand, then end; what is left is taken up at the next start."""
        await self.settle(seconds)
        for task in tuple(self._tasks):
            task.cancel()

    async def _work(self, key: str) -> None:
        queue = self._waiting[key]
        consultation = queue[0].consultation
        try:
            while queue:
                turn = queue[0]
                if turn.consultation.version < consultation.version:
                    turn = replace(turn, consultation=consultation)
                finished = await self._settle(turn)
                if finished is not None:
                    consultation = finished.consultation
                queue.popleft()
        finally:
            del self._waiting[key]

    async def _settle(self, turn: Turn) -> Finished | None:
        """Decide and write; decide again when a librarian was faster."""
        for _attempt in range(MOST_ATTEMPTS):
            outcome = await self._pipeline.handle(turn)
            result = await self._write(turn, outcome)
            if isinstance(result, Finished):
                self._live.publish(turn.consultation.id, result.events, result.consultation)
                return result
            turn = replace(turn, consultation=result.consultation)
        log.error("turn_given_up", consultation=turn.consultation.id, seq=turn.seq)
        return None

    async def _write(self, turn: Turn, outcome: Outcome) -> Finished | Overtaken:
        try:
            return await self._store.finish(turn, outcome)
        except sqlite3.IntegrityError as error:
            # A plugin's row broke its own table's rule: its wishes are dropped, the reader hears.
            if not any(isinstance(intent, WriteRow) for intent in outcome.intents):
                raise
            log.warning("plugin_row_refused", problem=type(error).__name__)
            sorry = translate("Sorry, that did not work just now.", outcome.language)
            return await self._store.finish(
                turn, Outcome(outcome.language, (Say(Reply.of(sorry)),))
            )
