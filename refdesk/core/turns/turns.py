"""How are messages of one consultation worked on one at a time, in order?

Each consultation with work has one task; different consultations run side by side. After a crash
`recover` finds what was accepted and not finished.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from refdesk.core.consultations import BOT_ANSWERS, Consultation
from refdesk.core.health.measures import Spread
from refdesk.core.hosting.deadlines import within
from refdesk.core.intents import Say, WriteRow
from refdesk.core.log.live import Live
from refdesk.core.messages import Reply
from refdesk.core.pipeline import Pipeline
from refdesk.core.translations import translate
from refdesk.core.turns.fragments import read_together
from refdesk.core.turns.store import (
    Fenced,
    Finished,
    Outcome,
    OutOfTurn,
    Overtaken,
    Store,
    Turn,
    Unfinished,
)
from refdesk.errors import StorageError
from refdesk.logs import about, get_logger
from refdesk.loops import running_loop

log = get_logger(__name__)
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# A row that can never be written (a plugin's table is gone) looks like a full disk at first.
TRIES_WITH_ROWS = 5
# How often a server says that it lives; after `SILENCE_SECONDS` others take over its work.
LOOK_SECONDS = 1.0
SILENCE_SECONDS = 5.0
# Several hooks, one after the other, each with a deadline of its own, take less than this.
LONGEST_TURN_SECONDS = 60.0


class _Work:
    """What one consultation has in hand: turns in order, and since when each is here."""

    __slots__ = ("more", "since", "turns")

    def __init__(self) -> None:
        self.turns: deque[Turn] = deque()
        self.since: dict[int, float] = {}
        self.more: asyncio.Event | None = None

    def add(self, turn: Turn) -> None:
        """Put it in its place: one that was found late goes before those that came after it."""
        if self.turns and self.turns[-1].seq > turn.seq:
            later = [one for one in self.turns if one.seq > turn.seq]
            self.turns = deque([*(one for one in self.turns if one.seq < turn.seq), turn, *later])
        else:
            self.turns.append(turn)
        self.since[turn.seq] = time.monotonic()
        if self.more is not None:
            self.more.set()


class Turns:
    """The work in hand, by consultation."""

    def __init__(
        self,
        store: Store,
        pipeline: Pipeline,
        live: Live,
        fragment_seconds: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Work with `pipeline` and write to `store`."""
        self._store = store
        self._pipeline = pipeline
        self._live = live
        self.fragment_seconds = fragment_seconds
        self._clock = clock
        self._in_hand: dict[str, _Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self.waiting = 0
        self.times = Spread()

    @property
    def in_hand(self) -> int:
        """How many consultations have work now."""
        return len(self._in_hand)

    def oldest_seconds(self) -> float:
        """Return how long the oldest message in hand has been there; 0 when there is none."""
        oldest = (min(work.since.values()) for work in self._in_hand.values() if work.since)
        return max(time.monotonic() - min(oldest, default=time.monotonic()), 0.0)

    async def follow(self) -> None:
        """Say that this server lives, and take over the work of those that do not; for ever.

        Only where several servers share a database: one alone has nobody's work to take over.
        """
        while True:
            await self._due_to_look()
            try:
                taken = await self.recover()
            except StorageError as error:
                log.warning("work_not_looked_for", problem=str(error))
                continue
            if taken:
                log.info("work_taken_over", messages=taken)

    def look_soon(self, consultation: str) -> None:
        """Another server has stored something for a consultation that is in hand here."""
        if consultation in self._in_hand:
            self._look.set()

    async def _due_to_look(self) -> None:
        try:
            await asyncio.wait_for(self._look.wait(), LOOK_SECONDS)
        except TimeoutError:
            return
        finally:
            self._look.clear()

    async def recover(self) -> int:
        """Take up what was accepted and is not in hand, as after a crash; return how many."""
        turns = [turn for turn in await self._store.claim() if not self._has(turn)]
        for turn in turns:
            self.begin(turn)
        return len(turns)

    def _has(self, turn: Turn) -> bool:
        work = self._in_hand.get(turn.consultation.id)
        return work is not None and any(one.seq == turn.seq for one in work.turns)

    def begin(self, turn: Turn) -> None:
        """Work on an accepted message after those before it in its consultation."""
        key = turn.consultation.id
        self.waiting += 1
        work = self._in_hand.get(key)
        if work is not None:
            work.add(turn)
            return
        work = self._in_hand[key] = _Work()
        work.add(turn)
        task = running_loop().create_task(self._work(key, work))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of ours. What is accepted is durable: it is taken up again.
            log.error("work_broke_off", problem=type(error).__name__, exc_info=error)
            running_loop().call_later(FIRST_PAUSE_SECONDS, self._begin_again)

    def _begin_again(self) -> None:
        task = running_loop().create_task(self._recover_once())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _recover_once(self) -> None:
        await self.recover()

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

    async def _work(self, key: str, work: _Work) -> None:
        consultation = work.turns[0].consultation
        try:
            while work.turns:
                turn = _as_it_stands(work.turns[0], consultation)
                about(consultation=key, seq=turn.seq)
                if self.fragment_seconds:
                    turn = await self._whole(work, turn)
                finished = await self._settle(turn)
                if isinstance(finished, Fenced):
                    log.warning("turn_fenced")
                    return
                if isinstance(finished, OutOfTurn):
                    await self._find_earlier(work, turn)
                    continue
                consultation = finished.consultation
                self._put_away(work, turn.seq)
        finally:
            self.waiting -= len(work.turns)
            del self._in_hand[key]

    def _put_away(self, work: _Work, seq: int) -> None:
        """Let go of what is finished: everything up to this number."""
        now = time.monotonic()
        while work.turns and work.turns[0].seq <= seq:
            self.times.add(now - work.since.pop(work.turns.popleft().seq))
            self.waiting -= 1

    async def _find_earlier(self, work: _Work, turn: Turn) -> None:
        """Take up a message that was accepted before this one and is not in hand.

        Whoever brought it has gone at that moment, or it came in at another server.
        """
        log.info("earlier_message_missing")
        try:
            await self.recover()
        except StorageError as error:
            log.warning("work_not_looked_for", problem=str(error))
        if work.turns[0].seq >= turn.seq:
            await asyncio.sleep(FIRST_PAUSE_SECONDS)

    async def _whole(self, work: _Work, turn: Turn) -> Turn:
        """Return the turn with what belongs to it: pieces of one thought are read together."""
        read = 1
        while (reading := self._pipeline.reading(turn)) in ("opening", "unfinished"):
            if len(work.turns) == read and not await self._hears_more(work, turn):
                break
            following = _as_it_stands(work.turns[read], turn.consultation)
            if self._pipeline.reading(following) == "command":
                break
            turn, read = read_together(turn, reading, following), read + 1
        return turn

    async def _hears_more(self, work: _Work, turn: Turn) -> bool:
        """Wait a moment for the rest of what a reader has begun to say."""
        left = self.fragment_seconds - max(self._clock() - turn.message.sent_at, 0.0)
        work.more = asyncio.Event()
        try:
            await asyncio.wait_for(work.more.wait(), max(left, 0.0))
        except TimeoutError:
            return False
        finally:
            work.more = None
        return True

    async def _settle(self, turn: Turn) -> Finished | Fenced | OutOfTurn:
        """Decide and write; decide again when a librarian was faster.

        While nothing can be written (the disk is full) the message waits, and those behind it.
        """
        pause, tries = FIRST_PAUSE_SECONDS, 0
        while True:
            tries += 1
            try:
                result = await self._write(turn, await self._decide(turn), tries)
            except Exception as error:  # the border of turns: other consultations go on
                log.error("turn_put_off", problem=type(error).__name__)  # noqa: TRY400 - no texts
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            if isinstance(result, Finished):
                self._live.publish(turn.consultation.id, result.events, result.consultation)
                if tries > 1:
                    # The first try may have been stored although its answer got lost.
                    self._live.look_again(turn.consultation.id)
                return result
            if not isinstance(result, Overtaken):
                return result
            turn = replace(turn, consultation=result.consultation)

    async def _decide(self, turn: Turn) -> Outcome:
        try:
            return await within(LONGEST_TURN_SECONDS, self._pipeline.handle(turn))
        except Exception as error:  # the border, as above: the reader hears that it failed
            log.exception("message_failed", problem=type(error).__name__)
            return _apology(turn)

    async def _write(self, turn: Turn, outcome: Outcome, tries: int) -> Finished | Unfinished:
        try:
            return await self._store.finish(turn, outcome)
        except Exception as error:  # the border, as above
            has_rows = any(isinstance(intent, WriteRow) for intent in outcome.intents)
            if isinstance(error, StorageError) and not (has_rows and tries >= TRIES_WITH_ROWS):
                raise  # the disk's fault, not the answer's: it is given later
            # A plugin's row broke its own table's rule, or its reply cannot be stored.
            log.warning("outcome_refused", problem=type(error).__name__)
            return await self._store.finish(turn, _apology(turn))


def _as_it_stands(turn: Turn, consultation: Consultation) -> Turn:
    """Return the turn with what the ones before it have made of the consultation."""
    if turn.consultation.version >= consultation.version:
        return turn
    # What was accepted later knows the newer lease.
    epoch = max(turn.consultation.epoch, consultation.epoch)
    return replace(turn, consultation=replace(consultation, epoch=epoch))


def _apology(turn: Turn) -> Outcome:
    """Say that it failed; to a reader who talks with a person, nothing."""
    consultation = turn.consultation
    language = consultation.language
    if consultation.state not in BOT_ANSWERS:
        return Outcome(language, (), consultation.misses, consultation.offered)
    sorry = translate("Sorry, that did not work just now.", language)
    return Outcome(language, (Say(Reply.of(sorry)),))
