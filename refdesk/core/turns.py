"""How are messages of one consultation worked on one at a time, in order?

Each consultation with work has one task; different consultations run side by side. After a crash
`recover` finds what was accepted and not finished.
"""

import asyncio
from collections import deque
from dataclasses import replace

from refdesk.core.consultations import BOT_ANSWERS
from refdesk.core.intents import Say, WriteRow
from refdesk.core.live import Live
from refdesk.core.messages import Reply
from refdesk.core.pipeline import Pipeline
from refdesk.core.store import Fenced, Finished, Outcome, Overtaken, Store, Turn
from refdesk.core.translations import translate
from refdesk.errors import StorageError
from refdesk.logs import get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


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
        """Take up what was accepted and is not in hand, as after a crash; return how many."""
        turns = [turn for turn in await self._store.claim() if not self._has(turn)]
        for turn in turns:
            self.begin(turn)
        return len(turns)

    def _has(self, turn: Turn) -> bool:
        queue = self._waiting.get(turn.consultation.id, ())
        return any(one.seq == turn.seq for one in queue)

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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, key: str) -> None:
        queue = self._waiting[key]
        consultation = queue[0].consultation
        try:
            while queue:
                turn = queue[0]
                if turn.consultation.version < consultation.version:
                    # What was accepted later knows the newer lease.
                    epoch = max(turn.consultation.epoch, consultation.epoch)
                    turn = replace(turn, consultation=replace(consultation, epoch=epoch))
                finished = await self._settle(turn)
                if isinstance(finished, Fenced):
                    log.warning("turn_fenced", consultation=key, seq=turn.seq)
                    return
                consultation = finished.consultation
                queue.popleft()
        finally:
            del self._waiting[key]

    async def _settle(self, turn: Turn) -> Finished | Fenced:
        """Decide and write; decide again when a librarian was faster.

        While nothing can be written (the disk is full) the message waits, and those behind it.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                result = await self._write(turn, await self._decide(turn))
            except Exception as error:  # the border of turns: other consultations go on
                key, problem = turn.consultation.id, type(error).__name__
                log.error("turn_put_off", consultation=key, seq=turn.seq, problem=problem)  # noqa: TRY400 - no texts
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            if isinstance(result, Finished):
                self._live.publish(turn.consultation.id, result.events, result.consultation)
                return result
            if isinstance(result, Fenced):
                return result
            turn = replace(turn, consultation=result.consultation)

    async def _decide(self, turn: Turn) -> Outcome:
        try:
            return await self._pipeline.handle(turn)
        except Exception as error:  # the border, as above: the reader hears that it failed
            log.exception("message_failed", seq=turn.seq, problem=type(error).__name__)
            return _apology(turn)

    async def _write(self, turn: Turn, outcome: Outcome) -> Finished | Overtaken | Fenced:
        try:
            return await self._store.finish(turn, outcome)
        except Exception as error:  # the border, as above
            has_rows = any(isinstance(intent, WriteRow) for intent in outcome.intents)
            if isinstance(error, StorageError) and not has_rows:
                raise  # the disk's fault, not the answer's: it is given later
            # A plugin's row broke its own table's rule, or its reply cannot be stored.
            log.warning("outcome_refused", seq=turn.seq, problem=type(error).__name__)
            return await self._store.finish(turn, _apology(turn))


def _apology(turn: Turn) -> Outcome:
    """Say that it failed; to a reader who talks with a person, nothing."""
    consultation = turn.consultation
    language = consultation.language
    if consultation.state not in BOT_ANSWERS:
        return Outcome(language, (), consultation.misses, consultation.offered)
    sorry = translate("Sorry, that did not work just now.", language)
    return Outcome(language, (Say(Reply.of(sorry)),))
